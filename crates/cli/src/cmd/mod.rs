//! The subcommands: glue between the terminal and the libraries, one file each.

pub(crate) mod admin;
pub(crate) mod audit;
pub(crate) mod db;
pub(crate) mod init;
pub(crate) mod keys;
pub(crate) mod mail;
pub(crate) mod open;
pub(crate) mod roster;
pub(crate) mod site;
pub(crate) mod snippet;
pub(crate) mod up;
pub(crate) mod vault;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Seals a shop's sensitive fields in the shopper's browser, stores ciphertext only, and opens it for people.
#[derive(Parser, Debug)]
#[command(name = "nightsafe", version, propagate_version = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Init(Box<init::InitArgs>),
    #[command(subcommand)]
    Site(site::SiteCommand),
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    #[command(subcommand)]
    Roster(roster::RosterCommand),
    #[command(subcommand)]
    Mail(mail::MailCommand),
    #[command(subcommand)]
    Db(db::DbCommand),
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    Open(open::OpenArgs),
    Snippet(snippet::SnippetArgs),
    Up(up::UpArgs),
    Admin(admin::AdminArgs),
    #[command(subcommand)]
    Vault(vault::VaultCommand),
}

impl Cli {
    /// Runs the subcommand to its end.
    pub(crate) async fn run(self) -> Result<()> {
        match self.command {
            Command::Init(args) => init::run(&args).await,
            Command::Site(command) => site::run(&command).await,
            Command::Keys(command) => keys::run(&command).await,
            Command::Roster(command) => roster::run(&command).await,
            Command::Mail(command) => mail::run(&command).await,
            Command::Db(command) => db::run(&command).await,
            Command::Audit(command) => audit::run(&command).await,
            Command::Open(args) => open::run(&args).await,
            Command::Snippet(args) => snippet::run(&args),
            Command::Up(args) => up::run(&args).await,
            Command::Admin(args) => admin::run(&args).await,
            Command::Vault(command) => vault::run(&command),
        }
    }
}
