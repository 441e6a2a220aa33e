//! Data keys: making one with everything that can open it, and opening one by passphrase or recovery key.

use std::slice;

use anyhow::{Context, Result, bail};
use nightsafe_core::custody::{CustodyError, Kek, Keyring, Purpose, WrapContext, WrappedKey};
use nightsafe_core::grant::grant_key;
use nightsafe_core::identity::PublicIdentity;
use nightsafe_core::keys::{DataPublicKey, ItemName, PrivateItems};
use nightsafe_core::recovery::{GrantContext, grant, recover_key};
use nightsafe_core::scalar::{KeyId, Site};
use nightsafe_core::suite::Suite;
use nightsafe_store::vault::{CustodyItem, CustodyKey, NewDataKey, RecoveryGrant, StoredGrant};

use super::kek::{announce, derive_for};
use super::keyholder::Keyholder;
use super::rng;
use crate::passphrase::Passphrase;

/// What Argon2id is busy with.
const WHAT: &str = "the data keys";

/// Who is to open a fresh data key, besides the recovery key.
pub(crate) enum Holders<'a> {
    /// Whoever has the passphrase: in an installation that has no roster.
    Passphrase(&'a Kek),
    /// These admins, by grants of the first.
    Admins(&'a Keyholder, &'a [PublicIdentity]),
}

/// A fresh data key: wrapped under the passphrase or granted to admins, sealed to the recovery key, and its public part.
pub(crate) struct FreshKey {
    pub(crate) row: NewDataKey,
    pub(crate) items: PrivateItems,
}

impl FreshKey {
    pub(crate) fn make(site: &Site, suite: Suite, holders: &Holders<'_>, recovery: &DataPublicKey) -> Result<Self> {
        let items = PrivateItems::generate(suite, &mut rng())?;
        let key_id = items.public_key().key_id();
        let (wrapped, admin_grants) = match holders {
            Holders::Passphrase(kek) => (wrap(site, kek, &items)?, Vec::new()),
            Holders::Admins(granter, recipients) => (Vec::new(), grant_to(granter, recipients, &items)?),
        };
        let grants = grant_to_recovery(site, &items, recovery)?;
        let public_key = items.public_key().as_bytes().to_vec();
        let key = CustodyKey { key_id, suite: suite.name().to_owned(), public_key, items: wrapped };
        Ok(Self { row: NewDataKey { key, grants, admin_grants }, items })
    }
}

fn wrap(site: &Site, kek: &Kek, items: &PrivateItems) -> Result<Vec<CustodyItem>> {
    let name = items.public_key().key_id().to_hex();
    let wrap = |(item, bytes): (ItemName, &[u8])| {
        let context = WrapContext { site, purpose: Purpose::DataKey, name: &name, item };
        let wrapped = kek.wrap(&context, bytes, &mut rng())?.to_bytes();
        Ok(CustodyItem { item: item.as_str().to_owned(), wrapped })
    };
    items.items().map(wrap).collect()
}

/// Seals every item to the recovery key.
pub(super) fn grant_to_recovery(
    site: &Site,
    items: &PrivateItems,
    recovery: &DataPublicKey,
) -> Result<Vec<RecoveryGrant>> {
    let key_id = items.public_key().key_id();
    let seal = |(item, bytes): (ItemName, &[u8])| {
        let context = GrantContext { site, data_key: &key_id, item };
        Ok(RecoveryGrant {
            item: item.as_str().to_owned(),
            recovery_key_id: recovery.key_id(),
            sealed: grant(recovery, &context, bytes, &mut rng())?,
        })
    };
    items.items().map(seal).collect()
}

/// Grants every item to these admins.
pub(super) fn grant_to(
    granter: &Keyholder,
    recipients: &[PublicIdentity],
    items: &PrivateItems,
) -> Result<Vec<StoredGrant>> {
    let mut grants = Vec::new();
    for recipient in recipients {
        for grant in grant_key(&granter.identity, &granter.roster, recipient, items, &mut rng())? {
            grants.push(StoredGrant {
                key_id: grant.data_key(),
                recipient: grant.recipient(),
                item: grant.item().as_str().to_owned(),
                granted: grant.to_bytes(),
            });
        }
    }
    Ok(grants)
}

/// Opens every one of `keys` that is wrapped under the passphrase. One that it does not open is left out: deposits sealed to it
/// are then named as sealed to an unknown key.
pub(crate) async fn unlock(site: &Site, keys: &[&CustodyKey], passphrase: &Passphrase) -> Result<Vec<PrivateItems>> {
    let wrapped = keys.iter().filter(|key| !key.items.is_empty()).map(|key| wrapped_key(key));
    let wrapped = wrapped.collect::<Result<Vec<_>>>()?;
    if wrapped.is_empty() {
        return Ok(Vec::new());
    }
    if let Some((_, item)) = wrapped.first().and_then(|key| key.items.first()) {
        announce(item.params(), WHAT);
    }
    let (site, passphrase) = (site.clone(), passphrase.clone());
    let keyring = tokio::task::spawn_blocking(move || Keyring::unlock(passphrase.as_bytes(), &site, &wrapped)).await?;
    Ok(keyring.with_context(|| format!("cannot unlock {WHAT}"))?.into_keys())
}

/// The key that a data key is wrapped under, to wrap another with. Refuses a passphrase that does not open that key:
/// what it wrapped, nobody could open.
pub(crate) async fn kek_of(site: &Site, key: &CustodyKey, passphrase: &Passphrase) -> Result<Kek> {
    let wrapped = wrapped_key(key)?;
    let (_, first) = wrapped.items.first().context("the active data key has no items")?;
    let kek = derive_for(passphrase, first, WHAT).await?;
    if wrapped.open(site, slice::from_ref(&kek)).is_none() {
        return Err(CustodyError::Unwrap).with_context(|| format!("cannot unlock {WHAT}"));
    }
    Ok(kek)
}

/// Opens a data key with the recovery key.
pub(crate) fn recover(
    site: &Site,
    key: &CustodyKey,
    grants: &[RecoveryGrant],
    recovery: &PrivateItems,
) -> Result<PrivateItems> {
    let recovery_id = recovery.public_key().key_id();
    let mut items = Vec::new();
    for granted in grants.iter().filter(|granted| granted.recovery_key_id == recovery_id) {
        items.push((item_name(&granted.item)?, granted.sealed.as_slice()));
    }
    if items.is_empty() {
        bail!("data key {} was not granted to this recovery key", key.key_id);
    }
    let opened = recover_key(recovery, site, &public_key(key)?, &items);
    opened.with_context(|| format!("the recovery grants of data key {} are refused", key.key_id))
}

/// A public key as the vault stores it; refuses a row whose id is not that of its key.
pub(crate) fn public_key(key: &CustodyKey) -> Result<DataPublicKey> {
    let suite = Suite::from_name(&key.suite)
        .with_context(|| format!("data key {} has a suite that this version does not know", key.key_id))?;
    let public = DataPublicKey::parse(suite, &key.public_key)?;
    check_id(&public, &key.key_id)?;
    Ok(public)
}

fn wrapped_key(key: &CustodyKey) -> Result<WrappedKey> {
    let items: Vec<_> = key.items.iter().map(|item| (item.item.as_str(), item.wrapped.as_slice())).collect();
    let wrapped = WrappedKey::parse(&key.suite, &key.public_key, &items)
        .with_context(|| format!("data key {} is refused", key.key_id))?;
    check_id(&wrapped.public, &key.key_id)?;
    Ok(wrapped)
}

fn check_id(public: &DataPublicKey, id: &KeyId) -> Result<()> {
    if public.key_id() != *id {
        bail!("the parts of data key {id} do not belong together: restore the vault's database from a copy");
    }
    Ok(())
}

fn item_name(name: &str) -> Result<ItemName> {
    ItemName::from_name(name).context("the vault holds a private item that this version does not know")
}

#[cfg(test)]
mod tests {
    use nightsafe_core::custody::Argon2Params;

    use super::*;

    #[tokio::test]
    async fn passphrase_and_recovery_key_open_the_same_key() {
        let site = Site::parse("demo.example").unwrap();
        let recovery = PrivateItems::generate(Suite::XWing, &mut rng()).unwrap();
        let kek = Kek::generate(b"right", Argon2Params::new(8, 1, 1).unwrap(), &mut rng()).unwrap();
        for suite in [Suite::XWing, Suite::X25519] {
            let fresh = FreshKey::make(&site, suite, &Holders::Passphrase(&kek), recovery.public_key()).unwrap();
            let NewDataKey { key, grants, .. } = &fresh.row;
            let [right, wrong] = ["right", "wrong"].map(|text| Passphrase::new(text.to_owned()));
            let unlocked = unlock(&site, &[key], &right).await.unwrap().remove(0);
            let recovered = recover(&site, key, grants, &recovery).unwrap();
            let bytes = |items: &PrivateItems| items.items().map(|(_, bytes)| bytes.to_vec()).collect::<Vec<_>>();
            assert_eq!(bytes(&unlocked), bytes(&fresh.items));
            assert_eq!(bytes(&recovered), bytes(&fresh.items));
            assert!(unlock(&site, &[key], &wrong).await.is_err());
            assert!(kek_of(&site, key, &right).await.unwrap().fits(&wrapped_key(key).unwrap().items[0].1));
            assert!(kek_of(&site, key, &wrong).await.is_err());

            let other = PrivateItems::generate(Suite::XWing, &mut rng()).unwrap();
            assert!(recover(&site, key, grants, &other).is_err());
            let mut swapped = key.clone();
            swapped.key_id = KeyId([0; 16]);
            assert!(public_key(&swapped).is_err());
            assert!(unlock(&site, &[&swapped], &right).await.is_err());
        }
    }
}
