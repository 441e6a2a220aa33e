//! Data keys: making one with everything that can open it, and opening one by passphrase or recovery key.

use anyhow::{Context, Result, bail};
use nightsafe_core::custody::{Kek, Purpose, WrapContext, WrappedItem};
use nightsafe_core::keys::{DataPublicKey, ItemName, PrivateItems};
use nightsafe_core::recovery::{GrantContext, grant, open_grant};
use nightsafe_core::scalar::{KeyId, Site};
use nightsafe_core::suite::Suite;
use nightsafe_store::vault::{CustodyItem, CustodyKey, NewDataKey, RecoveryGrant};
use zeroize::Zeroizing;

use super::kek::Keks;
use super::rng;

/// A fresh data key: wrapped under the passphrase, sealed to the recovery key, and its public part.
pub(crate) struct FreshKey {
    pub(crate) row: NewDataKey,
    pub(crate) items: PrivateItems,
}

impl FreshKey {
    pub(crate) fn make(site: &Site, suite: Suite, kek: &Kek, recovery: &DataPublicKey) -> Result<Self> {
        let items = PrivateItems::generate(suite, &mut rng())?;
        let key_id = items.public_key().key_id();
        let name = key_id.to_hex();
        let (mut wrapped, mut grants) = (Vec::new(), Vec::new());
        for (item, bytes) in items.items() {
            let context = WrapContext { site, purpose: Purpose::DataKey, name: &name, item };
            wrapped.push(CustodyItem {
                item: item.as_str().to_owned(),
                wrapped: kek.wrap(&context, bytes, &mut rng())?.to_bytes(),
            });
            let context = GrantContext { site, data_key: &key_id, item };
            grants.push(RecoveryGrant {
                item: item.as_str().to_owned(),
                recovery_key_id: recovery.key_id(),
                sealed: grant(recovery, &context, bytes, &mut rng())?,
            });
        }
        let public_key = items.public_key().as_bytes().to_vec();
        let key = CustodyKey { key_id, suite: suite.name().to_owned(), public_key, items: wrapped };
        Ok(Self { row: NewDataKey { key, grants }, items })
    }
}

/// Opens a data key with the passphrase.
pub(crate) async fn unlock(site: &Site, key: &CustodyKey, keks: &mut Keks) -> Result<PrivateItems> {
    let name = key.key_id.to_hex();
    let mut items = Vec::new();
    for stored in &key.items {
        let item = item_name(&stored.item)?;
        let context = WrapContext { site, purpose: Purpose::DataKey, name: &name, item };
        let wrapped = WrappedItem::parse(&stored.wrapped)?;
        items.push((item, keks.unwrap(&context, &wrapped, "the data keys").await?));
    }
    assemble(key, &items)
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
        let item = item_name(&granted.item)?;
        let context = GrantContext { site, data_key: &key.key_id, item };
        items.push((item, open_grant(recovery, &context, &granted.sealed)?));
    }
    if items.is_empty() {
        bail!("data key {} was not granted to this recovery key", key.key_id);
    }
    assemble(key, &items)
}

/// A public key as the vault stores it; refuses a row whose id is not that of its key.
pub(crate) fn public_key(key: &CustodyKey) -> Result<DataPublicKey> {
    let suite = Suite::from_name(&key.suite)
        .with_context(|| format!("data key {} has a suite that this version does not know", key.key_id))?;
    let public = DataPublicKey::parse(suite, &key.public_key)?;
    check_id(&public, &key.key_id)?;
    Ok(public)
}

fn assemble(key: &CustodyKey, items: &[(ItemName, Zeroizing<Vec<u8>>)]) -> Result<PrivateItems> {
    let public = public_key(key)?;
    let items: Vec<(ItemName, &[u8])> = items.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
    let opened = PrivateItems::from_items(public.suite(), &items)?;
    check_id(opened.public_key(), &key.key_id)?;
    Ok(opened)
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
            let fresh = FreshKey::make(&site, suite, &kek, recovery.public_key()).unwrap();
            let NewDataKey { key, grants } = &fresh.row;
            let mut keks = Keks::new(Zeroizing::new("right".to_owned()));
            let unlocked = unlock(&site, key, &mut keks).await.unwrap();
            let recovered = recover(&site, key, grants, &recovery).unwrap();
            let bytes = |items: &PrivateItems| items.items().map(|(_, bytes)| bytes.to_vec()).collect::<Vec<_>>();
            assert_eq!(bytes(&unlocked), bytes(&fresh.items));
            assert_eq!(bytes(&recovered), bytes(&fresh.items));

            let other = PrivateItems::generate(Suite::XWing, &mut rng()).unwrap();
            assert!(recover(&site, key, grants, &other).is_err());
            let mut swapped = key.clone();
            swapped.key_id = KeyId([0; 16]);
            assert!(public_key(&swapped).is_err());
        }
    }
}
