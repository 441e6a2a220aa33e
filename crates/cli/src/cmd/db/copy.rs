//! `nightsafe db copy`: a vault moves to another database.

use std::fmt::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use nightsafe_store::Database;
use nightsafe_vault::VaultStore;
use zeroize::Zeroizing;

use crate::keys::now;
use crate::{database_url, term};

/// Copy a whole vault into an empty one, say from SQLite to PostgreSQL
///
/// Stop the vault first: what it takes out of the outbox later is not copied. All is done in one transaction, and the
/// rows are counted before it is committed. The outbox is left alone: what waits there is taken in by the new vault.
/// Admins must sign in again. On PostgreSQL, run `nightsafe db migrate` before; the role may be nightsafe_vault.
/// Afterwards name the new database in nightsafe.toml (`vault_url_file`) and in the vault's configuration.
#[derive(Args, Debug)]
pub(crate) struct CopyArgs {
    #[command(flatten)]
    from: FromArgs,
    #[command(flatten)]
    to: ToArgs,
}

#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct FromArgs {
    /// File whose only line is the URL of the vault to copy, readable by its owner alone
    #[arg(long, value_name = "FILE")]
    from_file: Option<PathBuf>,
    /// The URL itself, as for `db migrate`
    #[arg(long, value_name = "URL")]
    from: Option<Zeroizing<String>>,
}

#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct ToArgs {
    /// The same for the empty vault
    #[arg(long, value_name = "FILE")]
    to_file: Option<PathBuf>,
    /// The URL itself; a SQLite file is made
    #[arg(long, value_name = "URL")]
    to: Option<Zeroizing<String>>,
}

pub(crate) async fn run(args: &CopyArgs) -> Result<()> {
    let from = database(args.from.from_file.as_ref(), args.from.from.as_ref(), "--from-file")?;
    let to = database(args.to.to_file.as_ref(), args.to.to.as_ref(), "--to-file")?;
    let counts = copy(&from, &to).await?;
    let mut text = format!("{from}\n{to}\n");
    for (table, rows) in counts {
        writeln!(text, "{rows:>10}  {table}")?;
    }
    term::print(&text)
}

/// Copies and settles. A source of an older schema is refused, not changed.
pub(crate) async fn copy(from: &Database, to: &Database) -> Result<nightsafe_store::vault::RowCounts> {
    // Neither made nor migrated when it is not there, or not a vault of this version
    VaultStore::open_read_only(from).await.context("the vault to copy")?.close().await;
    let source = VaultStore::open(from).await.context("the vault to copy")?;
    let target = VaultStore::open(to).await.context("the vault to copy to")?;
    let counts = source.copy_to(&target).await;
    source.close().await;
    let settled = match &counts {
        Ok(_) => target.settle(now()).await,
        Err(_) => Ok(()),
    };
    target.close().await;
    let counts = counts?;
    if let Err(error) = settled {
        term::warn(&format!("everything is copied, but not settled yet: run `nightsafe db settle` ({error})"));
    }
    Ok(counts)
}

fn database(file: Option<&PathBuf>, url: Option<&Zeroizing<String>>, instead: &str) -> Result<Database> {
    match (file, url) {
        (Some(file), _) => database_url::from_file(file),
        (None, Some(url)) => database_url::from_argument(url, instead),
        (None, None) => anyhow::bail!("no database is named"),
    }
}
