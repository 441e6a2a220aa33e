//! `nightsafe vault certificate`: a key, and the certificate that TLS wants it in.

use std::path::PathBuf;

use anyhow::{Context, Result};
use nightsafe_serve::pin::Pin;
use rcgen::{CertificateParams, DnType, KeyPair};
use zeroize::Zeroizing;

use crate::files::{self, Access};
use crate::term;

/// Makes a key for the vault's listener and a certificate that it signs itself, and prints the pin of the key
///
/// The two files are `listen.tls` of vault.toml. Only clients that pin the key know the vault by it (`nightsafe admin`), so
/// names and dates of the certificate mean nothing, and it needs no renewal.
#[derive(clap::Args, Debug)]
pub(crate) struct CertificateArgs {
    /// File to write the certificate to
    #[arg(long, value_name = "FILE")]
    certificate: PathBuf,
    /// File to write the private key to; its owner alone may read it
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

pub(super) fn run(args: &CertificateArgs) -> Result<()> {
    let key = KeyPair::generate().context("there is no randomness for a key")?;
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "nightsafe vault");
    let certificate = params.self_signed(&key).context("the certificate cannot be made")?;
    let pin = Pin::of(certificate.der())?;
    // The key first: a certificate without its key is of no use to anybody
    files::create_new(&args.key, Access::Owner, Zeroizing::new(key.serialize_pem()).as_bytes())?;
    files::create_new(&args.certificate, Access::Everyone, certificate.pem().as_bytes())?;
    term::print(&format!("{pin}\n"))
}
