//! `nightsafe keys`: data keys and the manifest that publishes them.

mod audit;
mod list;
mod log;
mod next;
mod plan;
mod propose;
mod publish;
mod relay;
mod review;
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
    Propose(propose::ProposeArgs),
    Publish(publish::PublishArgs),
    Relay(relay::RelayArgs),
    Sign(sign::SignArgs),
}

pub(crate) async fn run(command: &KeysCommand) -> Result<()> {
    match command {
        KeysCommand::Audit(args) => audit::run(args).await,
        KeysCommand::List(args) => list::run(args).await,
        KeysCommand::Log(args) => log::run(args),
        KeysCommand::Next(args) => next::run(args).await,
        KeysCommand::Propose(args) => propose::run(args).await,
        KeysCommand::Publish(args) => publish::run(args).await,
        KeysCommand::Relay(args) => relay::run(args),
        KeysCommand::Sign(args) => sign::run(args).await,
    }
}
