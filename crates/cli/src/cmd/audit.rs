//! `nightsafe audit`: a copy of the audit log, and what can be found in it without asking the vault.

mod checkpoint;
mod copy;
mod cosigned;
mod export;
mod findings;
mod key;
mod verify;

use anyhow::Result;
use clap::Subcommand;

/// The audit log: copy it, and check a copy where nobody who runs the vault can interfere
#[derive(Subcommand, Debug)]
pub(crate) enum AuditCommand {
    Checkpoint(checkpoint::CheckpointArgs),
    Export(export::ExportArgs),
    Key(key::KeyArgs),
    Verify(verify::VerifyArgs),
}

pub(crate) async fn run(command: &AuditCommand) -> Result<()> {
    match command {
        AuditCommand::Checkpoint(args) => checkpoint::run(args).await,
        AuditCommand::Export(args) => export::run(args).await,
        AuditCommand::Key(args) => key::run(args).await,
        AuditCommand::Verify(args) => verify::run(args),
    }
}
