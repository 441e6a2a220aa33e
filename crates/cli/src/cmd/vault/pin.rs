//! `nightsafe vault pin`: what `nightsafe admin` is told of the vault.

use std::path::PathBuf;

use anyhow::{Context, Result};
use nightsafe_serve::pin::Pin;

use crate::term;

/// Prints the pin of the key in a certificate: SHA-256 of its SubjectPublicKeyInfo, as `nightsafe admin` takes it
///
/// Run it where the vault is, on the file that `listen.tls` names: what a server shows over the network proves nothing.
#[derive(clap::Args, Debug)]
pub(crate) struct PinArgs {
    /// The certificate, in PEM; of several, the first
    #[arg(value_name = "FILE")]
    certificate: PathBuf,
}

pub(super) fn run(args: &PinArgs) -> Result<()> {
    let path = args.certificate.display();
    let pem = std::fs::read(&args.certificate).with_context(|| format!("cannot read {path}"))?;
    let pin = Pin::of_pem(&pem).with_context(|| format!("{path} is refused"))?;
    term::print(&format!("{pin}\n"))
}
