//! `nightsafe db`: what the operator of a database does with it.

mod anonymity;
mod migrate;
mod quarantine;
mod settle;

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use nightsafe_serve::config::Secret;
use nightsafe_store::Database;
use zeroize::Zeroizing;

use crate::term;

/// Databases: schema, roles and rights on PostgreSQL; what a copy of the vault's database would show
#[derive(Subcommand, Debug)]
pub(crate) enum DbCommand {
    Migrate(migrate::MigrateArgs),
    Settle(settle::SettleArgs),
    Anonymity(anonymity::AnonymityArgs),
    #[command(subcommand)]
    Quarantine(quarantine::QuarantineCommand),
}

/// Which database.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct DatabaseArgs {
    /// File whose only line is the URL, readable by its owner alone; the place for a URL with a password
    #[arg(long, value_name = "FILE")]
    database_url_file: Option<PathBuf>,
    /// postgres://USER@HOST:PORT/NAME, with ?host=FOLDER for a Unix socket; a password comes from ~/.pgpass then. A SQLite
    /// file is sqlite:PATH
    #[arg(long, value_name = "URL")]
    database_url: Option<Zeroizing<String>>,
}

impl DatabaseArgs {
    /// Reads and parses the URL. A password in an argument is taken, with a warning.
    pub(crate) fn database(&self) -> Result<Database> {
        if let Some(path) = &self.database_url_file {
            let path = std::path::absolute(path).context("cannot find the current folder")?;
            let text = path.to_str().context("the name of the file with the URL is not UTF-8")?;
            return Ok(Secret::parse(text)?.read_text()?.trim().parse()?);
        }
        let url = self.database_url.as_ref().context("no database is named")?;
        if Database::text_holds_password(url) {
            term::warn(
                "every user of this machine can read the password in the arguments of a program: \
                 put the URL into a file and name that with --database-url-file, and change the password",
            );
        }
        Ok(url.parse()?)
    }
}

pub(crate) async fn run(command: &DbCommand) -> Result<()> {
    match command {
        DbCommand::Migrate(args) => migrate::run(args).await,
        DbCommand::Settle(args) => settle::run(args).await,
        DbCommand::Anonymity(args) => anonymity::run(args).await,
        DbCommand::Quarantine(command) => quarantine::run(command).await,
    }
}
