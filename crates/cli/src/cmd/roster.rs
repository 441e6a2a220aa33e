//! `nightsafe roster`: who is an admin.

mod begin;
mod list;
mod propose;
mod publish;
mod sign;

use anyhow::Result;

/// The signed list of admins
#[derive(clap::Subcommand, Debug)]
pub(crate) enum RosterCommand {
    Begin(begin::BeginArgs),
    List(list::ListArgs),
    Propose(propose::ProposeArgs),
    Publish(publish::PublishArgs),
    Sign(sign::SignArgs),
}

pub(crate) async fn run(command: &RosterCommand) -> Result<()> {
    match command {
        RosterCommand::Begin(args) => begin::run(args).await,
        RosterCommand::List(args) => list::run(args).await,
        RosterCommand::Propose(args) => propose::run(args).await,
        RosterCommand::Publish(args) => publish::run(args).await,
        RosterCommand::Sign(args) => sign::run(args).await,
    }
}
