//! `nightsafe keys next`: the data key that follows.

use anyhow::{Context, Result, bail};
use nightsafe_core::manifest::DataKey;
use nightsafe_core::suite::Suite;
use nightsafe_store::vault::VaultStore;
use nightsafe_vault::setup;

use crate::data_dir::DataDirArg;
use crate::database_url::VaultArg;
use crate::keys::data_key::{self, FreshKey, Holders};
use crate::keys::keyholder::Keyholder;
use crate::keys::{now, recovery};
use crate::manifests;
use crate::passphrase::{Descriptor, Source};
use crate::term;

/// Makes the data key that follows, and grants it to all admins of the roster and to the recovery key
///
/// It seals nothing before `nightsafe keys sign` has published it.
#[derive(clap::Args, Debug)]
pub(crate) struct NextArgs {
    #[command(flatten)]
    data: DataDirArg,
    #[command(flatten)]
    vault: VaultArg,
    /// Key encapsulation: xwing or x25519 [default: that of the active key]
    #[arg(long, value_name = "SUITE", value_parser = parse_suite)]
    suite: Option<Suite>,
    /// Read the admin's passphrase from this file descriptor instead of the terminal
    #[arg(long, value_name = "FD")]
    passphrase_fd: Option<Descriptor>,
}

pub(super) async fn run(args: &NextArgs) -> Result<()> {
    let (data, config) = args.data.open()?;
    let site = config.site()?;
    let anchor = manifests::read_anchor(&data)?;
    let latest = manifests::latest(&data, &anchor)?;
    let recovery = recovery::read_public(&data.recovery_public(), &site)?;
    let store = VaultStore::open(&args.vault.database(&data, &config)?).await?;
    let custody = store.custody().await?;

    let active = latest.manifest().active_key(now()).or(latest.manifest().data_keys.first());
    let active = active.context("the current key manifest names no data key")?;
    let held = custody
        .iter()
        .find(|key| key.key_id == active.key_id())
        .context("the vault does not hold the active data key: restore its database from a copy")?;
    // Grants to another key than before would be an attacker's: the file is not signed, the grants' names agree on it
    let grants = store.recovery_grants(&held.key_id).await?;
    if !grants.iter().any(|grant| grant.recovery_key_id == recovery.key_id()) {
        bail!(
            "{} is not the recovery key that the active data key was granted to: restore that file from a copy",
            data.recovery_public().display()
        );
    }

    let passphrase = Source::new(args.passphrase_fd.as_ref()).existing(&format!("the admin {}", config.admin_user))?;
    let suite = args.suite.unwrap_or(active.suite);
    let fresh = match Keyholder::unlock((&data, &config), &anchor, &store, &passphrase).await? {
        Some(granter) => {
            let recipients = granter.recipients(&store).await?;
            FreshKey::make(&site, suite, &Holders::Admins(&granter, &recipients), &recovery)?
        }
        None => {
            let kek = data_key::kek_of(&site, held, &passphrase).await?;
            FreshKey::make(&site, suite, &Holders::Passphrase(&kek), &recovery)?
        }
    };
    // First its file: a key that is in the vault without one cannot be signed in
    let public = fresh.items.public_key();
    manifests::store_key(&data, &DataKey::new(now(), public), public.as_bytes())?;
    setup::add_data_key(&store, &fresh.row).await?;
    store.close().await;

    term::print(&format!("{}\n", fresh.row.key.key_id))?;
    term::progress("It seals nothing yet: `nightsafe keys sign` puts it into the next manifest.");
    Ok(())
}

fn parse_suite(text: &str) -> Result<Suite> {
    Suite::from_name(text).context("take xwing or x25519")
}
