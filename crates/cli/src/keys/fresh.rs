//! Making data keys that follow the active one: for everybody of the roster and the recovery key, pending until they are
//! signed in.

use anyhow::{Context, Result, bail};
use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::keys::DataPublicKey;
use nightsafe_core::manifest::{DataKey, KeyManifest};
use nightsafe_core::scalar::{KeyId, Site};
use nightsafe_core::suite::Suite;
use nightsafe_store::vault::{CustodyKey, VaultStore};
use nightsafe_vault::setup;

use super::data_key::{self, FreshKey, Holders};
use super::keyholder::Keyholder;
use super::{now, recovery};
use crate::config::Config;
use crate::data_dir::DataDir;
use crate::manifests;
use crate::passphrase::Passphrase;

/// What the next key is made like, after the active key of this manifest.
pub(crate) struct Maker<'a> {
    place: (&'a DataDir, &'a Config),
    anchor: &'a TrustAnchor,
    store: &'a VaultStore,
    site: Site,
    recovery: DataPublicKey,
    suite: Suite,
    /// The active key.
    held: CustodyKey,
}

impl<'a> Maker<'a> {
    /// Looks at everything that can be wrong before a passphrase is typed.
    pub(crate) async fn new(
        place: (&'a DataDir, &'a Config),
        anchor: &'a TrustAnchor,
        store: &'a VaultStore,
        manifest: &KeyManifest,
        suite: Option<Suite>,
    ) -> Result<Self> {
        let (data, config) = place;
        let site = config.site()?;
        let recovery = recovery::read_public(&data.recovery_public(), &site)?;
        let active = manifest.active_key(now()).or(manifest.data_keys.first());
        let active = active.context("the current key manifest names no data key")?;
        let held = store
            .custody()
            .await?
            .into_iter()
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
        Ok(Self { place, anchor, store, site, recovery, suite: suite.unwrap_or(active.suite), held })
    }

    /// Makes so many keys; gives their ids.
    pub(crate) async fn make(&self, count: usize, passphrase: &Passphrase) -> Result<Vec<KeyId>> {
        let (data, _) = self.place;
        let granter = Keyholder::unlock(self.place, self.anchor, self.store, passphrase).await?;
        let (mut kek, mut recipients) = (None, Vec::new());
        match &granter {
            Some(granter) => recipients = granter.recipients(self.store).await?,
            None => kek = Some(data_key::kek_of(&self.site, &self.held, passphrase).await?),
        }
        let mut made = Vec::new();
        for _ in 0..count {
            let holders = match (&granter, &kek) {
                (Some(granter), _) => Holders::Admins(granter, &recipients),
                (None, Some(kek)) => Holders::Passphrase(kek),
                (None, None) => bail!("there is nobody to grant a data key to"),
            };
            let fresh = FreshKey::make(&self.site, self.suite, &holders, &self.recovery)?;
            // First its file: a key that is in the vault without one cannot be signed in
            let public = fresh.items.public_key();
            manifests::store_key(data, &DataKey::new(now(), public), public.as_bytes())?;
            setup::add_data_key(self.store, &fresh.row).await?;
            made.push(fresh.row.key.key_id);
        }
        Ok(made)
    }
}
