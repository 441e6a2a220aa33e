//! The wrapped item as bytes: a CBOR array.

use super::kek::NONCE;
use super::{Argon2Params, CustodyError, SALT};
use crate::cbor::{CborError, Reader, Writer};
use crate::keys::ItemName;
use crate::label::Label;
use crate::scalar::Site;

/// Only one derivation is specified.
const ARGON2ID: &str = "argon2id";
/// Most bytes of ciphertext: the longest item and the AEAD's tag.
const MAX_CIPHERTEXT: usize = 80;

/// What the wrapped key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Opens envelopes.
    DataKey,
    /// Signs the site's manifests.
    SiteKey,
}

impl Purpose {
    /// The name in formats.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DataKey => "data-key",
            Self::SiteKey => "site-key",
        }
    }
}

/// Where a wrapped item belongs. Unwrapping in another place fails.
#[derive(Clone, Copy, Debug)]
pub struct WrapContext<'a> {
    /// The shop.
    pub site: &'a Site,
    /// What the key is for.
    pub purpose: Purpose,
    /// Key id in hex, or name of the site key.
    pub name: &'a str,
    /// Which item.
    pub item: ItemName,
}

impl WrapContext<'_> {
    /// CBOR [label, site, purpose, name, item].
    pub fn aad(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.array(5).text(Label::WrappedItem.as_str()).text(self.site.as_str()).text(self.purpose.as_str());
        writer.text(self.name).text(self.item.as_str());
        writer.finish()
    }
}

/// A private item under a key encryption key. Safe to store: it opens with the passphrase alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedItem {
    params: Argon2Params,
    salt: [u8; SALT],
    nonce: [u8; NONCE],
    ciphertext: Vec<u8>,
}

impl WrappedItem {
    pub(super) const fn new(params: Argon2Params, salt: [u8; SALT], nonce: [u8; NONCE], ciphertext: Vec<u8>) -> Self {
        Self { params, salt, nonce, ciphertext }
    }

    /// The costs of its derivation.
    pub const fn params(&self) -> Argon2Params {
        self.params
    }

    /// The salt of its derivation.
    pub const fn salt(&self) -> &[u8; SALT] {
        &self.salt
    }

    pub(super) const fn nonce(&self) -> &[u8; NONCE] {
        &self.nonce
    }

    pub(super) fn ciphertext(&self) -> &[u8] {
        &self.ciphertext
    }

    /// CBOR [label, "argon2id", m, t, p, salt, nonce, ciphertext].
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.array(8).text(Label::WrappedItem.as_str()).text(ARGON2ID);
        for cost in [self.params.memory_kib(), self.params.passes(), self.params.lanes()] {
            writer.uint(cost.into());
        }
        writer.bytes(&self.salt).bytes(&self.nonce).bytes(&self.ciphertext);
        writer.finish()
    }

    /// Reads what [`WrappedItem::to_bytes`] writes, and nothing else. The costs are within the limits, so
    /// that bytes from a server cannot ask for more memory or time than those.
    ///
    /// # Errors
    /// [`CustodyError::Malformed`] or [`CustodyError::Params`].
    pub fn parse(bytes: &[u8]) -> Result<Self, CustodyError> {
        let (costs, rest) = read(bytes).map_err(|_| CustodyError::Malformed)?;
        let [Ok(memory_kib), Ok(passes), Ok(lanes)] = costs.map(u32::try_from) else {
            return Err(CustodyError::Params);
        };
        let (salt, nonce, ciphertext) = rest;
        Ok(Self::new(Argon2Params::new(memory_kib, passes, lanes)?, salt, nonce, ciphertext.to_vec()))
    }
}

type Fields<'a> = ([u64; 3], ([u8; SALT], [u8; NONCE], &'a [u8]));

fn read(bytes: &[u8]) -> Result<Fields<'_>, CborError> {
    let mut reader = Reader::new(bytes);
    reader.array_of(8)?;
    reader.expect_text(Label::WrappedItem.as_str())?;
    reader.expect_text(ARGON2ID)?;
    let costs = [reader.uint()?, reader.uint()?, reader.uint()?];
    let (salt, nonce, ciphertext) = (reader.byte_array()?, reader.byte_array()?, reader.bytes()?);
    reader.end()?;
    if ciphertext.len() > MAX_CIPHERTEXT {
        return Err(CborError);
    }
    Ok((costs, (salt, nonce, ciphertext)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::custody::Kek;
    use crate::testing::TestRng;
    use proptest::prelude::*;

    /// As cheap as the limits allow: these tests are about the format.
    fn kek(passphrase: &str) -> Kek {
        Kek::derive(passphrase.as_bytes(), Argon2Params::new(8, 1, 1).unwrap(), [3; SALT]).unwrap()
    }

    fn site() -> Site {
        Site::parse("demo.nightsafe.example").unwrap()
    }

    fn wrapped() -> WrappedItem {
        let context = WrapContext { site: &site(), purpose: Purpose::DataKey, name: "00", item: ItemName::X25519 };
        kek("right").wrap(&context, &[7; 32], &mut TestRng::new("wrapped")).unwrap()
    }

    #[test]
    fn it_unwraps_in_its_place_with_its_passphrase_only() {
        let (site, other) = (site(), Site::parse("other.example").unwrap());
        let context = WrapContext { site: &site, purpose: Purpose::DataKey, name: "00", item: ItemName::X25519 };
        let item = WrappedItem::parse(&wrapped().to_bytes()).unwrap();
        assert_eq!(kek("right").unwrap(&context, &item).unwrap().as_slice(), [7; 32]);
        assert_eq!(kek("wrong").unwrap(&context, &item), Err(CustodyError::Unwrap));
        let others = [
            WrapContext { site: &other, ..context },
            WrapContext { purpose: Purpose::SiteKey, ..context },
            WrapContext { name: "01", ..context },
            WrapContext { item: ItemName::Ed25519, ..context },
        ];
        for other in others {
            assert_eq!(kek("right").unwrap(&other, &item), Err(CustodyError::Unwrap));
        }
        let salted = Kek::derive(b"right", kek("right").params(), [4; SALT]).unwrap();
        assert_eq!(salted.unwrap(&context, &item), Err(CustodyError::OtherKek));
        assert_eq!(kek("right").wrap(&context, &[7; 31], &mut TestRng::new("short")), Err(CustodyError::Item));
    }

    #[test]
    fn costs_beyond_the_limits_are_not_paid() {
        for (memory, passes, lanes) in
            [(7, 1, 1), (1_048_577, 1, 1), (8, 0, 1), (8, 17, 1), (8, 1, 0), (1024, 1, 17), (15, 1, 2)]
        {
            assert_eq!(Argon2Params::new(memory, passes, lanes), Err(CustodyError::Params));
        }
        let mut writer = Writer::default();
        writer.array(8).text(Label::WrappedItem.as_str()).text(ARGON2ID).uint(u64::MAX).uint(1).uint(1);
        let bytes = writer.bytes(&[0; SALT]).bytes(&[0; NONCE]).bytes(&[0; 48]).finish();
        assert_eq!(WrappedItem::parse(&bytes), Err(CustodyError::Params));
    }

    proptest! {
        #[test]
        fn mutations_are_refused_or_noticed(place in 0_usize..200, bit in 0_u8..8) {
            let mut bytes = wrapped().to_bytes();
            let place = place % bytes.len();
            bytes[place] ^= 1 << bit;
            if let Ok(item) = WrappedItem::parse(&bytes) {
                prop_assert_eq!(item.to_bytes(), bytes);
                prop_assert!(item != wrapped());
            }
        }

        #[test]
        fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = WrappedItem::parse(&bytes);
        }
    }
}
