//! `nightsafe db quarantine`: deposits that the vault could not take in.

use std::fmt::Write;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use nightsafe_core::encoding;
use nightsafe_store::vault::{Quarantined, VaultStore};

use super::DatabaseArgs;
use crate::files::{self, Access};
use crate::term;

/// Deposits that the vault could not take in: list them, copy one into a file, drop one
///
/// A quarantined deposit is kept whole, as ciphertext. On PostgreSQL log in as the owner of the database: the vault's own
/// role may not drop anything.
#[derive(Subcommand, Debug)]
pub(crate) enum QuarantineCommand {
    List(ListArgs),
    Show(ShowArgs),
    Drop(DropArgs),
}

/// List them, oldest day first: day of arrival, reason, bytes, id, content
#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// At most so many
    #[arg(long, value_name = "ROWS", default_value_t = 1000)]
    limit: u32,
}

/// Write the body of one, as it came and still sealed, into a new file
#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    row: RowArgs,
    /// The new file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Delete one for good
#[derive(Args, Debug)]
pub(crate) struct DropArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    row: RowArgs,
    /// Really delete it: there may be no other copy
    #[arg(long)]
    yes: bool,
}

/// Which one.
#[derive(Args, Debug)]
struct RowArgs {
    /// The id under which it came
    #[arg(value_name = "ID", value_parser = hash)]
    deposit_id: [u8; 32],
    /// Its content, where several came under one id
    #[arg(long, value_name = "CONTENT", value_parser = hash)]
    content: Option<[u8; 32]>,
}

pub(crate) async fn run(command: &QuarantineCommand) -> Result<()> {
    match command {
        QuarantineCommand::List(args) => list(args).await,
        QuarantineCommand::Show(args) => show(args).await,
        QuarantineCommand::Drop(args) => drop_one(args).await,
    }
}

async fn list(args: &ListArgs) -> Result<()> {
    let store = VaultStore::open_read_only(&args.database.database()?).await?;
    let rows = store.quarantined(args.limit).await;
    store.close().await;
    term::print(&report(&rows?)?)
}

async fn show(args: &ShowArgs) -> Result<()> {
    let store = VaultStore::open_read_only(&args.database.database()?).await?;
    let body = args.row.body(&store).await;
    store.close().await;
    let body = body?;
    files::create_new(&args.out, Access::Owner, &body)?;
    term::print(&format!("{}: {} bytes\n", args.out.display(), body.len()))
}

async fn drop_one(args: &DropArgs) -> Result<()> {
    if !args.yes {
        bail!("nothing was dropped: copy it with `nightsafe db quarantine show` if in doubt, then say --yes");
    }
    let database = args.database.database()?;
    // A file that is not there is not made
    VaultStore::open_read_only(&database).await?.close().await;
    let store = VaultStore::open(&database).await?;
    let dropped = async {
        let content = args.row.content(&store).await?;
        Ok::<_, anyhow::Error>(store.drop_quarantined(&args.row.deposit_id, &content).await?)
    };
    let dropped = dropped.await;
    store.close().await;
    if !dropped? {
        bail!("there is no such row in quarantine");
    }
    term::print("dropped\n")
}

impl RowArgs {
    async fn body(&self, store: &VaultStore) -> Result<Vec<u8>> {
        let content = self.content(store).await?;
        let body = store.quarantined_body(&self.deposit_id, &content).await?;
        body.context("there is no such row in quarantine")
    }

    async fn content(&self, store: &VaultStore) -> Result<[u8; 32]> {
        if let Some(content) = self.content {
            return Ok(content);
        }
        match store.quarantined_under(&self.deposit_id).await?.as_slice() {
            [] => bail!("nothing in quarantine came under this id"),
            [only] => Ok(*only),
            several => bail!("{} rows came under this id: name one with --content", several.len()),
        }
    }
}

fn hash(text: &str) -> Result<[u8; 32], &'static str> {
    encoding::hex_array(text).ok_or("64 hex digits, in lower case")
}

fn report(rows: &[Quarantined]) -> Result<String, std::fmt::Error> {
    if rows.is_empty() {
        return Ok("nothing is in quarantine\n".to_owned());
    }
    let mut text = String::new();
    for row in rows {
        let (id, content) = (encoding::hex(&row.deposit_id), encoding::hex(&row.content));
        // The day is what came: it may be any text
        writeln!(text, "{:10}  {:10}  {:>7}  {id}  {content}", row.day.escape_debug(), row.reason, row.size)?;
    }
    Ok(text)
}
