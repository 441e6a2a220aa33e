//! One file that is carried to the site keys and back: reading it, asking, signing, putting copies together. What is in it,
//! and what a signer is shown of it, is the business of each kind of file.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::note::Vkey;

use super::signatures::Signatures;
use super::site_key;
use crate::passphrase::Descriptor;
use crate::{files, term};

/// Something that the site keys sign. The file has all that a signer has to see and to verify, and nothing secret.
pub(crate) trait Carried: Sized {
    /// Longer than any such file.
    const MAX_FILE: u64;
    /// The command that signs it, and the one that publishes it.
    const COMMANDS: [&'static str; 2];

    /// Reads the file; refuses one whose parts do not belong together.
    fn parse(text: &str) -> Result<Self>;
    fn to_text(&self) -> String;
    /// Whose signatures count, as the file says.
    fn anchor(&self) -> &TrustAnchor;
    fn signatures(&self) -> &Signatures;
    fn signatures_mut(&mut self) -> &mut Signatures;
    /// Refuses a copy of another one.
    fn check_same(&self, other: &Self) -> Result<()>;
}

/// What a signer gives besides the file.
#[derive(clap::Args, Debug)]
pub(crate) struct SignerArgs {
    /// File of a site key; in one step as many as must sign
    #[arg(long = "site-key", value_name = "FILE", required = true)]
    pub(crate) site_keys: Vec<PathBuf>,
    /// The trust anchor as it is kept with the site key: a proposal for another one is refused [default: the one in the
    /// proposal, which whoever wrote it could have exchanged]
    #[arg(long, value_name = "FILE", requires = "proposal")]
    pub(crate) anchor: Option<PathBuf>,
    /// Sign the proposal without asking, as when there is no terminal
    #[arg(long, requires = "proposal")]
    pub(crate) yes: bool,
    /// Read the site keys' passphrases from this file descriptor: one line each, or a single line for all
    #[arg(long, value_name = "FD")]
    pub(crate) site_passphrase_fd: Option<Descriptor>,
}

/// Reads such a file.
pub(crate) fn read<C: Carried>(path: &Path) -> Result<C> {
    let length = std::fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?.len();
    if length > C::MAX_FILE {
        bail!("{} is longer than any proposal", path.display());
    }
    C::parse(&files::read_text(path)?).with_context(|| format!("{} is refused", path.display()))
}

/// Shows what is signed, asks, and adds the signatures to the file. `review` says in plain words what is in it, or that
/// it cannot; it is told the signer's key, which is asked for next.
pub(crate) async fn sign<C: Carried>(
    file: &Path,
    args: &SignerArgs,
    review: impl FnOnce(&C, Option<&Vkey>) -> Result<Vec<String>>,
) -> Result<()> {
    let mut carried: C = read(file)?;
    if let Some(path) = &args.anchor {
        let anchor = TrustAnchor::parse(&files::read_text(path)?);
        check_anchor(&carried, &anchor.with_context(|| format!("{} is refused", path.display()))?)?;
    }
    let keys = site_key::open_files(&args.site_keys, carried.anchor())?;
    let own = keys.first().map(|key| key.vkey().clone());
    term::print(&format!("{}\n", review(&carried, own.as_ref())?.join("\n")))?;
    if args.anchor.is_none() {
        term::progress(
            "The site keys are taken from the proposal itself: compare their names, or give your own copy with --anchor.",
        );
    }
    ask(args.yes, "sign this", "nothing was signed")?;
    let site = carried.anchor().site.clone();
    for signer in site_key::unlock(&keys, args.site_passphrase_fd.as_ref(), &site).await? {
        carried.signatures_mut().add(&signer)?;
    }
    carried.signatures().signers(carried.anchor())?;
    // As a whole or as it was: a medium that is pulled out, or a machine that goes off, costs nobody's signature
    files::replace(file, carried.to_text().as_bytes())?;
    tell(&carried)
}

/// Reads the copies of one proposal; refuses it when another site's keys decide on it, or not enough have signed.
pub(crate) fn read_signed<C: Carried>(paths: &[PathBuf], anchor: &TrustAnchor) -> Result<C> {
    let (first, others) = paths.split_first().context("name the proposal")?;
    let mut carried: C = read(first)?;
    for path in others {
        let other: C = read(path)?;
        carried.check_same(&other)?;
        carried.signatures_mut().merge(other.signatures())?;
    }
    check_anchor(&carried, anchor)?;
    match carried.signatures().missing(anchor)? {
        0 => Ok(carried),
        1 => bail!("one more site key must sign: carry the file to it"),
        missing => bail!("{missing} more site keys must sign: carry the file to them"),
    }
}

/// Asks on the terminal; `otherwise` is said when the answer is no.
pub(crate) fn ask(yes: bool, what: &str, otherwise: &str) -> Result<()> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        bail!("there is no terminal to ask at: look at the above, and give --yes");
    }
    term::progress(&format!("Type yes to {what}:"));
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).context("cannot read from the terminal")?;
    if answer.trim() != "yes" {
        bail!("{otherwise}");
    }
    Ok(())
}

/// Refuses a proposal that other site keys decide on than this anchor's.
fn check_anchor(carried: &impl Carried, anchor: &TrustAnchor) -> Result<()> {
    let other = carried.anchor();
    if (&other.site, &other.site_keys, other.threshold, &other.ingest)
        != (&anchor.site, &anchor.site_keys, anchor.threshold, &anchor.ingest)
    {
        bail!("the proposal is for another site, or other site keys decide on it: do not sign or publish it");
    }
    Ok(())
}

fn tell<C: Carried>(carried: &C) -> Result<()> {
    let (signatures, anchor, [sign, publish]) = (carried.signatures(), carried.anchor(), C::COMMANDS);
    let (signed, needed) = (signatures.signers(anchor)?.len(), anchor.threshold);
    term::progress(&format!("{signed} of {needed} signatures that must be there"));
    term::progress(&match signatures.missing(anchor)? {
        0 => format!("Carry the file back and run `{publish}`."),
        _ => format!("Carry the file to the next signer, who runs `{sign}` too."),
    });
    Ok(())
}
