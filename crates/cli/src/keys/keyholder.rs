//! The admin whose passphrase was typed, and what it opens: the identity behind the sign-in, and the roster that it
//! stands in. The command is both sides of the sign-in, as it reads the vault's secret for it, too.

use anyhow::{Context, Result, bail};
use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::grant::{AdminGrant, open_key};
use nightsafe_core::identity::{AdminName, Identity, Method, PublicIdentity, Unlock, WrappedIdentity};
use nightsafe_core::keys::{DataPublicKey, PrivateItems};
use nightsafe_core::note::NoteSigner;
use nightsafe_core::roster::{self, Change, Entry, Roles, Roster};
use nightsafe_core::scalar::Site;
use nightsafe_store::vault::{CustodyKey, StoredGrant, StoredIdentity, VaultStore};
use nightsafe_vault::{ServerSetup, Stretch, export_key};
use zeroize::Zeroizing;

use super::{audit_key, data_key, now};
use crate::config::Config;
use crate::data_dir::DataDir;
use crate::passphrase::Passphrase;
use crate::term;

/// An admin with unlocked identity.
pub(crate) struct Keyholder {
    pub(crate) identity: Identity,
    pub(crate) roster: Roster,
}

impl Keyholder {
    /// Unlocks the identity of the site's first admin. `None` in an installation that has no roster yet: its data keys
    /// are under the passphrase.
    pub(crate) async fn unlock(
        (data, config): (&DataDir, &Config),
        anchor: &TrustAnchor,
        store: &VaultStore,
        passphrase: &Passphrase,
    ) -> Result<Option<Self>> {
        let entries = store.roster().await?;
        if entries.is_empty() {
            return Ok(None);
        }
        let roster = roster::verify_at_any_time(&entries, anchor).context("the vault's roster of admins is refused")?;
        let user = &config.admin_user;
        let Some(stored) = store.identity_of(user).await? else {
            bail!("the admin {user} has no identity yet: sign in to the admin site once");
        };
        let record = store.admin_record(user).await?.context("the vault does not know this admin")?;
        let login = Zeroizing::new(std::fs::read(data.login_key()).with_context(|| {
            format!("cannot read {}: restore it from a copy, or open with the recovery key", data.login_key().display())
        })?);
        let (login, site) = (ServerSetup::from_bytes(&login)?, config.site()?);
        term::progress(&format!("Argon2id over 64 MiB for the sign-in of {user} ..."));
        let (user, passphrase) = (user.clone(), passphrase.clone());
        let identity = tokio::task::spawn_blocking(move || {
            let key = export_key(&login, &user, &record, passphrase.as_bytes(), &Stretch::STANDARD)
                .with_context(|| format!("check the passphrase of {user}"))?;
            unwrap(&stored, &site, &key)
        });
        Ok(Some(Self { identity: identity.await??, roster }))
    }

    /// Opens those of `keys` that are granted to this admin. One that is not is left out: deposits sealed to it are then
    /// named as sealed to an unknown key.
    pub(crate) async fn open(&self, store: &VaultStore, keys: &[&CustodyKey]) -> Result<Vec<PrivateItems>> {
        self.open_granted(&store.grants_to(&self.identity.id()).await?, keys)
    }

    /// Opens those of the vault's audit keys that are granted to this admin.
    pub(crate) async fn open_audit_keys(&self, store: &VaultStore) -> Result<Vec<PrivateItems>> {
        let keys: Vec<_> = store.audit_keys().await?.iter().map(audit_key::as_data_key).collect();
        let granted = store.audit_grants_to(&self.identity.id()).await?;
        self.open_granted(&granted, &keys.iter().collect::<Vec<_>>())
    }

    fn open_granted(&self, granted: &[StoredGrant], keys: &[&CustodyKey]) -> Result<Vec<PrivateItems>> {
        let mut opened = Vec::new();
        for key in keys {
            let own = granted.iter().filter(|grant| grant.key_id == key.key_id);
            let grants = own.map(|grant| AdminGrant::parse(&grant.granted)).collect::<Result<Vec<_>, _>>();
            let grants = grants.with_context(|| format!("a grant of data key {} is refused", key.key_id))?;
            if grants.is_empty() {
                continue;
            }
            let items = open_key(&self.identity, &self.roster, &data_key::public_key(key)?, &grants);
            opened.push(items.with_context(|| format!("the grants of data key {} are refused", key.key_id))?);
        }
        Ok(opened)
    }

    /// The public identities of everybody who is active, as the roster has their keys.
    pub(crate) async fn recipients(&self, store: &VaultStore) -> Result<Vec<PublicIdentity>> {
        let mut known = Vec::new();
        for bytes in store.public_identities().await? {
            known.push(PublicIdentity::parse(&bytes).context("the vault holds an identity that is none")?);
        }
        let find = |admin: &roster::Admin| {
            let keys = known.iter().find(|keys| keys.id() == admin.id() && admin.has_keys(keys)).cloned();
            keys.with_context(|| format!("the vault lacks the public identity of {}", admin.name()))
        };
        self.roster.active().map(find).collect()
    }
}

fn unwrap(stored: &StoredIdentity, site: &Site, export_key: &[u8; 64]) -> Result<Identity> {
    let way = stored.wrapped.iter().find(|way| way.method == Method::Login.as_str());
    let way = way.context("the vault holds no identity that the passphrase unlocks")?;
    Ok(WrappedIdentity::parse(&way.wrapped)?.unwrap(site, &stored.id, &Unlock::Login(export_key))?)
}

/// The roster with its first entry: this admin, alone, by the site keys; and the audit key, if there is one.
pub(crate) fn first_roster(
    identity: &PublicIdentity,
    audit_key: Option<&DataPublicKey>,
    name: &str,
    anchor: &TrustAnchor,
    signers: &[&NoteSigner],
) -> Result<(Roster, String)> {
    let admin = Change::Add {
        keys: identity.into(),
        roles: Roles::parse("admin").context("the role admin")?,
        name: AdminName::parse(name)?,
    };
    let mut changes = vec![Change::Threshold(1), admin];
    changes.extend(audit_key.map(|key| Change::AuditKey(*key.fingerprint())));
    let entry = Entry::first(&anchor.site, now(), changes);
    let note = entry.sign(signers)?;
    let roster = roster::verify_at_any_time(&[&note], anchor).context("the new roster does not verify")?;
    Ok((roster, note))
}
