//! Grants to the organisation's offline recovery key (`docs/spec/custody.md`): each private item of a data
//! key, sealed by HPKE, opened by the same path as an envelope.

use crate::cbor::Writer;
use crate::keys::{DataPublicKey, ItemName, PrivateItems};
use crate::label::Label;
use crate::scalar::{KeyId, Site};
use core::fmt;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// Why a grant was not made or not opened. Holds nothing of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantError {
    /// The item has another length than its name says.
    Item,
    /// The recovery key cannot be sealed to.
    Seal,
    /// Another recovery key, another place, or changed bytes.
    Open,
}

impl fmt::Display for GrantError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Item => "give the private item in its full length",
            Self::Seal => "make a new recovery key: nothing can be sealed to this one",
            Self::Open => "check that this is the recovery key the grant was made for, and its site and data key",
        })
    }
}

impl core::error::Error for GrantError {}

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
    if item.len() != context.item.len() {
        return Err(GrantError::Item);
    }
    let aad = context.aad(&recovery.key_id());
    recovery.sealer().seal(&[], &context.info(), &aad, item, rng).ok_or(GrantError::Seal)
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
    let public = recovery.public_key();
    let (enc, ciphertext) = bytes.split_at_checked(public.suite().enc_len()).ok_or(GrantError::Open)?;
    let secret = recovery.opening_secret(enc).ok_or(GrantError::Open)?;
    let item = secret.open(&context.info(), &context.aad(&public.key_id()), ciphertext);
    let item = item.map_err(|_| GrantError::Open)?;
    (item.len() == context.item.len()).then_some(item).ok_or(GrantError::Item)
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
}
