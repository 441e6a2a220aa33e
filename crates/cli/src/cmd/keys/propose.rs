//! `nightsafe keys propose`: the first step of the ceremony, on the machine that is online.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::roster;
use nightsafe_core::suite::Suite;
use nightsafe_store::vault::VaultStore;

use super::next::parse_suite;
use super::plan::{self, Wanted};
use crate::data_dir::DataDirArg;
use crate::database_url::VaultArg;
use crate::files::{self, Access};
use crate::keys::carried::Carried;
use crate::keys::fresh::Maker;
use crate::keys::leavers::Leavers;
use crate::keys::now;
use crate::keys::proposal::Proposal;
use crate::passphrase::{Descriptor, Source};
use crate::{manifests, term};

/// Makes the next data keys and writes one file for those who sign: the first of three steps
///
/// The keys are granted ahead to everybody of the roster and to the recovery key, as many as cover the manifest's time. Keys
/// that somebody who has left was granted are dropped, and when one of them is in use, another takes over at once. Carry
/// the file to the site keys, run `nightsafe keys sign FILE` there, and `nightsafe keys publish FILE` here. Run again after an
/// interruption: keys that were made are taken, and nothing is lost.
#[derive(clap::Args, Debug)]
pub(crate) struct ProposeArgs {
    #[command(flatten)]
    data: DataDirArg,
    #[command(flatten)]
    vault: VaultArg,
    /// File to write; it holds nothing secret
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    wanted: Wanted,
    /// Make so many data keys [default: as many as cover the manifest's time]
    #[arg(long, value_name = "NUMBER")]
    keys: Option<u8>,
    /// Key encapsulation of the new keys: xwing or x25519 [default: that of the active key]
    #[arg(long, value_name = "SUITE", value_parser = parse_suite)]
    suite: Option<Suite>,
    /// Whose passphrase grants the new keys: anybody of the roster who has the role `admin` [default: the site's first admin]
    #[arg(long, value_name = "NAME")]
    admin: Option<String>,
    /// Read the admin's passphrase from this file descriptor instead of the terminal
    #[arg(long, value_name = "FD")]
    passphrase_fd: Option<Descriptor>,
}

pub(super) async fn run(args: &ProposeArgs) -> Result<()> {
    let (data, mut config) = args.data.open()?;
    let anchor = manifests::read_anchor(&data)?;
    let mut history = manifests::all(&data, &anchor)?;
    let store = VaultStore::open(&args.vault.database(&data, &config)?).await?;
    if let Some(admin) = &args.admin {
        check_admin(&store, &anchor, admin).await?;
        config.admin_user.clone_from(admin);
    }
    let now = now();
    let leavers = Leavers::read(&store, &anchor).await?;
    let planned = plan::next_manifest(&args.wanted, &history, (&store.custody().await?, &leavers), now)?;
    let count = args.keys.map_or_else(|| plan::lacking(&planned), usize::from);
    if count > 0 {
        let before = history.last().context("there is no key manifest yet")?.manifest();
        let maker = Maker::new((&data, &config), &anchor, &store, before, args.suite).await?;
        let mut source = Source::new(args.passphrase_fd.as_ref());
        let passphrase = source.existing(&format!("the admin {}", config.admin_user))?;
        maker.make(count, &passphrase).await?;
    }
    let next = plan::next_manifest(&args.wanted, &history, (&store.custody().await?, &leavers), now)?;
    plan::check_any_key(&next)?;
    store.close().await;
    let keys = next.data_keys.iter().map(|key| manifests::read_key(&data, key)).collect::<Result<_>>()?;
    let before = history.pop().context("there is no key manifest yet")?;
    let discarded = leavers.told(before.manifest(), now);
    let proposal = Proposal::new(anchor, before, next, keys)?;
    files::create_new(&args.out, Access::Everyone, proposal.to_text().as_bytes())?;

    term::print(&format!("{}\n", args.out.display()))?;
    for line in discarded {
        term::progress(&line);
    }
    term::progress(&format!(
        "Manifest {} with {} data keys. Carry the file to where the site keys are, and run there:",
        proposal.manifest().sequence,
        proposal.keys().len()
    ));
    term::progress("  nightsafe keys sign FILE --site-key KEY-FILE");
    term::progress(&format!(
        "{} of the site keys must sign, one after the other and in any order.",
        proposal.anchor.threshold
    ));
    Ok(())
}

/// Refuses whoever may grant nothing before a passphrase is typed. Before there is a roster, keys are under the passphrase of
/// the first admin alone.
async fn check_admin(store: &VaultStore, anchor: &TrustAnchor, name: &str) -> Result<()> {
    let entries = store.roster().await?;
    if entries.is_empty() {
        bail!("there is no roster of admins yet: `nightsafe roster begin` makes it");
    }
    let roster = roster::verify_at_any_time(&entries, anchor).context("the vault's roster of admins is refused")?;
    let identity = store.identity_of(name).await?.map(|identity| identity.id);
    if !roster.signers().any(|admin| Some(admin.id()) == identity) {
        bail!("{name} is not in the roster with the role admin: `nightsafe roster list` says who is");
    }
    Ok(())
}
