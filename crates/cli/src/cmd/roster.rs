//! `nightsafe roster`: who is an admin.

mod begin;
mod list;

use anyhow::Result;

/// The signed list of admins
#[derive(clap::Subcommand, Debug)]
pub(crate) enum RosterCommand {
    Begin(begin::BeginArgs),
    List(list::ListArgs),
}

pub(crate) async fn run(command: &RosterCommand) -> Result<()> {
    match command {
        RosterCommand::Begin(args) => begin::run(args).await,
        RosterCommand::List(args) => list::run(args).await,
    }
}
