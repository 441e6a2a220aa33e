//! `nightsafe roster publish`: the last step, on the machine that is online.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use nightsafe_core::roster::{self, Roster};
use nightsafe_store::vault::VaultStore;
use nightsafe_vault::{setup, write_roster};

use crate::data_dir::DataDirArg;
use crate::database_url::VaultArg;
use crate::keys::carried::{self, Carried};
use crate::keys::roster_proposal::RosterProposal;
use crate::release_log::{self, Cosigned};
use crate::{keys, manifests, term};

/// Takes an entry of the roster that enough site keys have signed: the last of three steps
///
/// Whom it brings in can sign in from then on; whose keys it replaces is out at once. Run it again when it was interrupted.
#[derive(clap::Args, Debug)]
pub(crate) struct PublishArgs {
    #[command(flatten)]
    data: DataDirArg,
    #[command(flatten)]
    vault: VaultArg,
    /// The signed proposal; several when its copies were signed apart from each other
    #[arg(value_name = "FILE", required = true)]
    proposals: Vec<PathBuf>,
}

pub(super) async fn run(args: &PublishArgs) -> Result<()> {
    let (data, config) = args.data.open()?;
    let anchor = manifests::read_anchor(&data)?;
    let proposal: RosterProposal = carried::read_signed(&args.proposals, &anchor)?;
    let note = proposal.signatures().note();
    let store = VaultStore::open(&args.vault.database(&data, &config)?).await?;
    let entries = store.roster().await?;
    let now = roster::verify_at_any_time(&entries, &anchor).context("the vault's roster of admins is refused")?;
    let head = proposal.entry.head();
    // What was interrupted after this entry was taken goes on from here
    if now.head() != head {
        if now.head() != proposal.before.head() {
            bail!("the roster has changed in the meantime, so this entry does not follow any more: propose again");
        }
        let after = Roster::append(now, &note, &anchor).context("the roster does not take this entry")?;
        setup::take_roster_entry(&store, &after, &note).await?;
    }
    write_roster(&store, &data.roster()).await?;
    release_log::record_cosigned((&data, &config), &anchor, (Cosigned::Should, keys::now())).await?;
    store.close().await;
    term::print(&format!("{head}\n"))?;
    term::progress(
        "In force. Who came in signs in to the admin site, and opens the data keys on page Keys with the recovery key.",
    );
    Ok(())
}
