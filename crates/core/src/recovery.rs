//! Grants to the organisation's offline recovery key (`docs/spec/custody.md`): each private item of a data
//! key, sealed by HPKE, opened by the same path as an envelope.

pub use crate::grant::GrantError;

use crate::cbor::Writer;
use crate::grant::{open_item, seal_item};
use crate::keys::{DataPublicKey, ItemName, PrivateItems};
use crate::label::Label;
use crate::scalar::{KeyId, Site};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// Where a grant belongs. Opening in another place fails.
#[derive(Clone, Copy, Debug)]
pub struct GrantContext<'a> {
    /// The shop.
    pub site: &'a Site,
    /// The data key whose item it is.
    pub data_key: &'a KeyId,
    /// Which item.
    pub item: ItemName,
}

impl GrantContext<'_> {
    pub(crate) fn info(&self) -> Vec<u8> {
        [Label::RecoveryGrant.as_bytes(), &[0], self.site.as_str().as_bytes()].concat()
    }

    pub(crate) fn aad(&self, recovery_key: &KeyId) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.array(4).text(self.site.as_str()).bytes(self.data_key.as_bytes());
        writer.text(self.item.as_str()).bytes(recovery_key.as_bytes());
        writer.finish()
    }
}

/// Seals an item to the recovery key: `enc`, then the ciphertext.
///
/// # Errors
/// [`GrantError::Item`] or [`GrantError::Seal`].
pub fn grant(
    recovery: &DataPublicKey,
    context: &GrantContext<'_>,
    item: &[u8],
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, GrantError> {
    let aad = context.aad(&recovery.key_id());
    seal_item(recovery, (&context.info(), &aad), context.item, item, rng)
}

/// Opens a grant.
///
/// # Errors
/// [`GrantError::Open`], or [`GrantError::Item`] when it holds an item of another length.
pub fn open_grant(
    recovery: &PrivateItems,
    context: &GrantContext<'_>,
    bytes: &[u8],
) -> Result<Zeroizing<Vec<u8>>, GrantError> {
    let aad = context.aad(&recovery.public_key().key_id());
    open_item(recovery, (&context.info(), &aad), context.item, bytes)
}

/// Opens all items of a key that are granted to the recovery key, and checks that they make it.
///
/// # Errors
/// As [`open_grant`]; [`GrantError::OtherKey`] when an item is missing or there twice, or the items make another key.
pub fn recover_key(
    recovery: &PrivateItems,
    site: &Site,
    public: &DataPublicKey,
    grants: &[(ItemName, &[u8])],
) -> Result<PrivateItems, GrantError> {
    let mut items = Vec::with_capacity(grants.len());
    for (item, sealed) in grants {
        let context = GrantContext { site, data_key: &public.key_id(), item: *item };
        items.push((*item, open_grant(recovery, &context, sealed)?));
    }
    let items: Vec<(ItemName, &[u8])> = items.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
    let key = PrivateItems::from_items(public.suite(), &items).map_err(|_| GrantError::OtherKey)?;
    (key.public_key() == public).then_some(key).ok_or(GrantError::OtherKey)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::Suite;
    use crate::testing::TestRng;

    #[test]
    fn a_grant_opens_in_its_place_with_its_key_only() {
        let mut rng = TestRng::new("grant");
        let recovery = PrivateItems::generate(Suite::XWing, &mut rng).unwrap();
        let data = PrivateItems::generate(Suite::XWing, &mut rng).unwrap();
        let (site, other) = (Site::parse("a.example").unwrap(), Site::parse("b.example").unwrap());
        let (data_key, other_key) = (data.public_key().key_id(), KeyId([0; 16]));
        for (item, bytes) in data.items() {
            let context = GrantContext { site: &site, data_key: &data_key, item };
            let granted = grant(recovery.public_key(), &context, bytes, &mut rng).unwrap();
            assert_eq!(open_grant(&recovery, &context, &granted).unwrap().as_slice(), bytes);
            let others = [
                GrantContext { site: &other, ..context },
                GrantContext { data_key: &other_key, ..context },
                GrantContext { item: ItemName::Ed25519, ..context },
            ];
            for other in others {
                assert_eq!(open_grant(&recovery, &other, &granted), Err(GrantError::Open));
            }
            assert_eq!(open_grant(&data, &context, &granted), Err(GrantError::Open));
            for length in [0, 1119, 1120, 1130] {
                assert_eq!(open_grant(&recovery, &context, &granted[..length]), Err(GrantError::Open));
            }
            assert_eq!(grant(recovery.public_key(), &context, &bytes[1..], &mut rng), Err(GrantError::Item));
        }
    }

    #[test]
    fn all_items_of_a_key_are_recovered_or_none() {
        let mut rng = TestRng::new("recover");
        let [recovery, data, other] = [(); 3].map(|()| PrivateItems::generate(Suite::XWing, &mut rng).unwrap());
        let site = Site::parse("a.example").unwrap();
        let mut grants_of = |key: &PrivateItems, id: KeyId| {
            let seal = |(item, bytes)| {
                let context = GrantContext { site: &site, data_key: &id, item };
                (item, grant(recovery.public_key(), &context, bytes, &mut rng).unwrap())
            };
            key.items().map(seal).collect::<Vec<_>>()
        };
        let id = data.public_key().key_id();
        let (own, lies) = (grants_of(&data, id), grants_of(&other, id));
        fn all(grants: &[(ItemName, Vec<u8>)]) -> Vec<(ItemName, &[u8])> {
            grants.iter().map(|(item, sealed)| (*item, sealed.as_slice())).collect()
        }
        let recover = |by: &PrivateItems, grants: &[(ItemName, &[u8])]| {
            recover_key(by, &site, data.public_key(), grants).map(|key| key.public_key().clone())
        };
        assert_eq!(recover(&recovery, &all(&own)).unwrap(), *data.public_key());
        assert_eq!(recover(&other, &all(&own)), Err(GrantError::Open));
        assert_eq!(recover(&recovery, &all(&own)[..1]), Err(GrantError::OtherKey));
        // Another key's items, sealed in this one's name
        assert_eq!(recover(&recovery, &all(&lies)), Err(GrantError::OtherKey));
    }
}
