//! `nightsafe site`: the static files that the fields origin and the admin site serve, as signed releases.

mod build;
mod log;
mod publish;
mod retire;
mod review;
mod sign;
mod verify;

use anyhow::Result;
use clap::Subcommand;

/// The static site of the checkout's frame and of the admins
#[derive(Subcommand, Debug)]
pub(crate) enum SiteCommand {
    Build(build::BuildArgs),
    Log(log::LogArgs),
    Publish(publish::PublishArgs),
    Retire(retire::RetireArgs),
    Sign(sign::SignArgs),
    Verify(verify::VerifyArgs),
}

pub(crate) async fn run(command: &SiteCommand) -> Result<()> {
    match command {
        SiteCommand::Build(args) => build::run(args).await,
        SiteCommand::Log(args) => log::run(args).await,
        SiteCommand::Publish(args) => publish::run(args).await,
        SiteCommand::Retire(args) => retire::run(args).await,
        SiteCommand::Sign(args) => sign::run(args).await,
        SiteCommand::Verify(args) => verify::run(args).await,
    }
}
