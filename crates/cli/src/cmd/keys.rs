//! `nightsafe keys`: data keys and the manifest that publishes them.

mod audit;
mod list;
mod log;
mod next;
mod relay;
mod sign;

use anyhow::Result;
use clap::Subcommand;

/// Data keys, and the signed manifest that names them
#[derive(Subcommand, Debug)]
pub(crate) enum KeysCommand {
    Audit(audit::AuditKeyArgs),
    List(list::ListArgs),
    Log(log::LogArgs),
    Next(next::NextArgs),
    Relay(relay::RelayArgs),
    Sign(sign::SignArgs),
}

pub(crate) async fn run(command: &KeysCommand) -> Result<()> {
    match command {
        KeysCommand::Audit(args) => audit::run(args).await,
        KeysCommand::List(args) => list::run(args).await,
        KeysCommand::Log(args) => log::run(args),
        KeysCommand::Next(args) => next::run(args).await,
        KeysCommand::Relay(args) => relay::run(args),
        KeysCommand::Sign(args) => sign::run(args).await,
    }
}
