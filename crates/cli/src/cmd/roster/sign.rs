//! `nightsafe roster sign`: a proposed entry of the roster, on a machine without network.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use nightsafe_core::anchor::TrustAnchor;

use crate::cmd::keys::{ask, check_anchor};
use crate::keys::proposal::MAX_FILE;
use crate::keys::roster_proposal::RosterProposal;
use crate::keys::site_key;
use crate::passphrase::Descriptor;
use crate::{files, term};

/// Signs a proposed entry of the roster with site keys: the second of three steps
///
/// Shows in plain words who comes in, asks, and adds the signatures to the file. Compare the twelve words with those that the
/// person wrote down. This needs no network and no data directory; signers take turns, in any order.
#[derive(clap::Args, Debug)]
pub(crate) struct SignArgs {
    /// The proposal to sign
    #[arg(value_name = "FILE")]
    proposal: PathBuf,
    /// File of a site key
    #[arg(long = "site-key", value_name = "FILE", required = true)]
    site_keys: Vec<PathBuf>,
    /// The trust anchor as it is kept with the site key: a proposal for another one is refused [default: the one in the
    /// proposal, which whoever wrote it could have exchanged]
    #[arg(long, value_name = "FILE")]
    anchor: Option<PathBuf>,
    /// Sign the proposal without asking, as when there is no terminal
    #[arg(long)]
    yes: bool,
    /// Read the site keys' passphrases from this file descriptor: one line each, or a single line for all
    #[arg(long, value_name = "FD")]
    site_passphrase_fd: Option<Descriptor>,
}

pub(super) async fn run(args: &SignArgs) -> Result<()> {
    let mut proposal = read(&args.proposal)?;
    if let Some(path) = &args.anchor {
        let anchor = TrustAnchor::parse(&files::read_text(path)?);
        check_anchor(&proposal.anchor, &anchor.with_context(|| format!("{} is refused", path.display()))?)?;
    }
    let keys = site_key::open_files(&args.site_keys, &proposal.anchor)?;
    term::print(&format!("{}\n", proposal.review()?.join("\n")))?;
    ask(args.yes)?;
    for signer in site_key::unlock(&keys, args.site_passphrase_fd.as_ref(), &proposal.anchor.site.clone()).await? {
        proposal.sign(&signer)?;
    }
    // As a whole or as it was: a medium that is pulled out costs nobody's signature
    files::replace(&args.proposal, proposal.to_text().as_bytes())?;
    let missing = proposal.missing()?;
    term::progress(&match missing {
        0 => "Carry the file back and run `nightsafe roster publish`.".to_owned(),
        missing => format!("{missing} more site keys must sign: carry the file to the next signer."),
    });
    Ok(())
}

/// Reads a proposal.
pub(super) fn read(path: &Path) -> Result<RosterProposal> {
    let length = std::fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?.len();
    // A whole roster is in it
    if length > MAX_FILE.saturating_mul(16) {
        bail!("{} is longer than any proposal", path.display());
    }
    RosterProposal::parse(&files::read_text(path)?).with_context(|| format!("{} is refused", path.display()))
}
