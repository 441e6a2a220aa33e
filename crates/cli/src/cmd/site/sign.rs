//! `nightsafe site sign`, and signing in one step with building.

use std::path::PathBuf;

use anyhow::Result;

use super::review::review;
use crate::config::Config;
use crate::data_dir::DataDir;
use crate::keys::carried::{self, Carried, SignerArgs};
use crate::keys::now;
use crate::keys::site_key::unlock_signers;
use crate::passphrase::Descriptor;
use crate::site::offered::{self, Outcome};
use crate::site::proposal::SiteProposal;
use crate::site::served::Served;
use crate::{files, manifests, term};

/// Signs a proposed release of the site with site keys
///
/// Shows in plain words what is signed and what changed since the release before, asks, and adds the signatures to the file,
/// which `nightsafe site build` wrote. This needs no network and no data directory; signers take turns, on different
/// machines, in any order.
#[derive(clap::Args, Debug)]
pub(crate) struct SignArgs {
    /// The proposal to sign
    #[arg(value_name = "FILE")]
    proposal: PathBuf,
    #[command(flatten)]
    signer: SignerArgs,
}

pub(super) async fn run(args: &SignArgs) -> Result<()> {
    let said = |proposal: &SiteProposal, own: Option<&_>| Ok(review(proposal, own, now()));
    carried::sign::<SiteProposal>(&args.proposal, &args.signer, said).await
}

/// Where the site keys are at hand: signed and published with the command that made the release.
#[derive(clap::Args, Debug)]
pub(super) struct OneStep {
    /// File of a site key: sign and publish at once, with as many as must sign
    #[arg(long = "site-key", value_name = "FILE")]
    site_keys: Vec<PathBuf>,
    /// Read the site keys' passphrases from this file descriptor: one line each, or a single line for all
    #[arg(long, value_name = "FD", requires = "site_keys")]
    site_passphrase_fd: Option<Descriptor>,
}

impl OneStep {
    /// Signs and publishes what was made, or says what to do with it.
    pub(super) async fn finish(&self, data: &DataDir, config: &Config, outcome: &Outcome) -> Result<()> {
        let (Outcome::AsServed(sequence) | Outcome::Unsigned(sequence) | Outcome::Proposed(sequence)) = *outcome;
        let is_signed = Served::read(&data.served())?.is_some_and(|served| served.note.is_some());
        let is_done = matches!(outcome, Outcome::AsServed(_)) && is_signed;
        if !self.site_keys.is_empty() && !is_done {
            return self.sign(data, config, sequence).await;
        }
        match outcome {
            Outcome::AsServed(sequence) => {
                term::progress(&format!("nothing is new: release {sequence} is what would be made"));
                if !is_signed {
                    warn_unsigned(data, *sequence);
                }
            }
            Outcome::Unsigned(sequence) => {
                term::progress(&format!(
                    "site built below {}; `nightsafe snippet` prints the shop's tag",
                    data.site().display()
                ));
                warn_unsigned(data, *sequence);
            }
            Outcome::Proposed(sequence) => {
                term::progress(&format!(
                    "Release {sequence} is made and not served yet. Carry {} to where the site keys are, and run there:",
                    data.release_proposal(*sequence).display()
                ));
                term::progress("  nightsafe site sign FILE --site-key KEY-FILE --anchor ANCHOR-FILE");
            }
        }
        Ok(())
    }

    async fn sign(&self, data: &DataDir, config: &Config, sequence: u64) -> Result<()> {
        let anchor = manifests::read_anchor(data)?;
        let path = data.release_proposal(sequence);
        let mut proposal: SiteProposal = carried::read(&path)?;
        let signers =
            unlock_signers(&self.site_keys, self.site_passphrase_fd.as_ref(), &config.site()?, &anchor).await?;
        for signer in &signers {
            proposal.signatures_mut().add(signer)?;
        }
        files::replace(&path, proposal.to_text().as_bytes())?;
        let sequence = offered::publish((data, config), &anchor, &proposal, now()).await?;
        term::progress(&format!("release {sequence} is signed and served"));
        Ok(())
    }
}

fn warn_unsigned(data: &DataDir, sequence: u64) {
    term::warn(&format!(
        "release {sequence} is served unsigned, so nobody can check the site from outside: have the site keys sign {}",
        data.release_proposal(sequence).display()
    ));
}
