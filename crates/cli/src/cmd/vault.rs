//! `nightsafe vault`: how a vault without a certificate of an authority is known.

mod certificate;
mod pin;

use anyhow::Result;
use clap::Subcommand;

/// The vault's own key on an office's network
#[derive(Subcommand, Debug)]
pub(crate) enum VaultCommand {
    Certificate(certificate::CertificateArgs),
    Pin(pin::PinArgs),
}

pub(crate) fn run(command: &VaultCommand) -> Result<()> {
    match command {
        VaultCommand::Certificate(args) => certificate::run(args),
        VaultCommand::Pin(args) => pin::run(args),
    }
}
