//! `nightsafe db`: what the operator of a database does with it.

mod anonymity;
mod backup;
pub(crate) mod copy;
mod migrate;
mod quarantine;
mod settle;

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use nightsafe_store::Database;
use zeroize::Zeroizing;

use crate::database_url;

/// Databases: schema, roles and rights on PostgreSQL; backups; moving a vault; what a copy of its database would show
#[derive(Subcommand, Debug)]
pub(crate) enum DbCommand {
    Migrate(migrate::MigrateArgs),
    Settle(settle::SettleArgs),
    Anonymity(anonymity::AnonymityArgs),
    #[command(subcommand)]
    Quarantine(quarantine::QuarantineCommand),
    Backup(backup::BackupArgs),
    Copy(copy::CopyArgs),
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
            return database_url::from_file(path);
        }
        let url = self.database_url.as_ref().context("no database is named")?;
        database_url::from_argument(url, "--database-url-file")
    }
}

pub(crate) async fn run(command: &DbCommand) -> Result<()> {
    match command {
        DbCommand::Migrate(args) => migrate::run(args).await,
        DbCommand::Settle(args) => settle::run(args).await,
        DbCommand::Anonymity(args) => anonymity::run(args).await,
        DbCommand::Quarantine(command) => quarantine::run(command).await,
        DbCommand::Backup(args) => backup::run(args).await,
        DbCommand::Copy(args) => copy::run(args).await,
    }
}
