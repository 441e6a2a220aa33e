//! `nightsafe keys sign`: a proposed manifest on a machine without network; or, on one machine, the next manifest signed
//! and published in one step.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::manifest;
use nightsafe_store::vault::VaultStore;

use super::plan::{self, Wanted};
use super::review::review;
use crate::data_dir::DataDirArg;
use crate::database_url::VaultArg;
use crate::keys::leavers::Leavers;
use crate::keys::now;
use crate::keys::proposal::{MAX_FILE, Proposal};
use crate::keys::site_key::{self, unlock_signers};
use crate::manifests::{self, Signed};
use crate::passphrase::Descriptor;
use crate::{files, term};

/// Signs a proposed key manifest with site keys, or signs and publishes the next one in one step
///
/// With FILE, which `nightsafe keys propose` wrote: shows in plain words what is signed, asks, and adds the signatures to the
/// file. This needs no network and no data directory; signers take turns, on different machines, in any order. With
/// --data-dir instead, where the site keys are at hand: makes the next manifest, signs and publishes it at once.
#[derive(clap::Args, Debug)]
pub(crate) struct SignArgs {
    /// The proposal to sign
    #[arg(value_name = "FILE", conflicts_with_all = ["data_dir", "vault_url_file", "days", "policy", "parents"])]
    proposal: Option<PathBuf>,
    /// Data directory of the site, as made by `nightsafe init`
    #[arg(long, value_name = "DIR", required_unless_present = "proposal")]
    data_dir: Option<PathBuf>,
    #[command(flatten)]
    vault: VaultArg,
    /// File of a site key; in one step as many as must sign
    #[arg(long = "site-key", value_name = "FILE", required = true)]
    site_keys: Vec<PathBuf>,
    #[command(flatten)]
    wanted: Wanted,
    /// The trust anchor as it is kept with the site key: a proposal for another one is refused [default: the one in the
    /// proposal, which whoever wrote it could have exchanged]
    #[arg(long, value_name = "FILE", requires = "proposal")]
    anchor: Option<PathBuf>,
    /// Sign the proposal without asking, as when there is no terminal
    #[arg(long, requires = "proposal")]
    yes: bool,
    /// Read the site keys' passphrases from this file descriptor: one line each, or a single line for all
    #[arg(long, value_name = "FD")]
    site_passphrase_fd: Option<Descriptor>,
}

pub(super) async fn run(args: &SignArgs) -> Result<()> {
    match (&args.proposal, &args.data_dir) {
        (Some(file), _) => sign_proposal(args, file).await,
        (None, Some(data_dir)) => sign_and_publish(args, data_dir).await,
        (None, None) => bail!("name the proposal to sign, or the data directory"),
    }
}

async fn sign_proposal(args: &SignArgs, file: &Path) -> Result<()> {
    let mut proposal = read(file)?;
    if let Some(path) = &args.anchor {
        let anchor = TrustAnchor::parse(&files::read_text(path)?);
        check_anchor(&proposal.anchor, &anchor.with_context(|| format!("{} is refused", path.display()))?)?;
    }
    let keys = site_key::open_files(&args.site_keys, &proposal.anchor)?;
    let own = keys.first().map(|key| key.vkey().clone());
    term::print(&format!("{}\n", review(&proposal, own.as_ref(), now()).join("\n")))?;
    if args.anchor.is_none() {
        term::progress(
            "The site keys are taken from the proposal itself: compare their names, or give your own copy with --anchor.",
        );
    }
    ask(args.yes)?;
    for signer in site_key::unlock(&keys, args.site_passphrase_fd.as_ref(), &proposal.anchor.site.clone()).await? {
        proposal.sign(&signer)?;
    }
    // As a whole or as it was: a medium that is pulled out, or a machine that goes off, costs nobody's signature
    files::replace(file, proposal.to_text().as_bytes())?;
    tell(&proposal)
}

/// Reads a proposal.
pub(super) fn read(path: &Path) -> Result<Proposal> {
    let length = std::fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?.len();
    if length > MAX_FILE {
        bail!("{} is longer than any proposal", path.display());
    }
    Proposal::parse(&files::read_text(path)?).with_context(|| format!("{} is refused", path.display()))
}

/// Refuses a proposal that other site keys decide on than this anchor's.
pub(crate) fn check_anchor(other: &TrustAnchor, anchor: &TrustAnchor) -> Result<()> {
    if (&other.site, &other.site_keys, other.threshold, &other.ingest)
        != (&anchor.site, &anchor.site_keys, anchor.threshold, &anchor.ingest)
    {
        bail!("the proposal is for another site, or other site keys decide on it: do not sign or publish it");
    }
    Ok(())
}

/// Asks whether to sign what was shown.
pub(crate) fn ask(yes: bool) -> Result<()> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        bail!("there is no terminal to ask at: look at the above, and give --yes");
    }
    term::progress("Type yes to sign this:");
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).context("cannot read from the terminal")?;
    if answer.trim() != "yes" {
        bail!("nothing was signed");
    }
    Ok(())
}

fn tell(proposal: &Proposal) -> Result<()> {
    let (signed, needed) = (proposal.signers()?.len(), proposal.anchor.threshold);
    term::progress(&format!("{signed} of {needed} signatures that must be there"));
    term::progress(match proposal.missing()? {
        0 => "Carry the file back and run `nightsafe keys publish`.",
        _ => "Carry the file to the next signer, who runs `nightsafe keys sign` too.",
    });
    Ok(())
}

async fn sign_and_publish(args: &SignArgs, data_dir: &Path) -> Result<()> {
    let (data, config) = DataDirArg { data_dir: data_dir.to_owned() }.open()?;
    let anchor = manifests::read_anchor(&data)?;
    let history = manifests::all(&data, &anchor)?;
    let store = VaultStore::open(&args.vault.database(&data, &config)?).await?;
    let now = now();
    let leavers = Leavers::read(&store, &anchor).await?;
    let next = plan::next_manifest(&args.wanted, &history, (&store.custody().await?, &leavers), now)?;
    plan::check_any_key(&next)?;
    if let Some(before) = history.last() {
        leavers.told(before.manifest(), now).iter().for_each(|line| term::progress(line));
    }
    for key in &next.data_keys {
        manifests::read_key(&data, key)?;
        if history.iter().all(|signed| signed.manifest().data_key(key.key_id()).is_none()) {
            term::progress(&format!(
                "new data key {}, sealing from {}: compare it with what `nightsafe keys next` printed",
                key.key_id(),
                key.start.to_text()
            ));
        }
    }

    let signers = unlock_signers(&args.site_keys, args.site_passphrase_fd.as_ref(), &config.site()?, &anchor).await?;
    let note = manifest::sign(&next, &signers.iter().collect::<Vec<_>>())?;
    manifest::verify(&note, &anchor, now).context("the new manifest does not verify, so it was not published")?;
    let signed = Signed::verify(note, &anchor)?;
    plan::place(&data, &config, &store, &signed).await?;
    store.close().await;
    plan::tell(&signed)
}
