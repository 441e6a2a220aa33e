//! The private part: two items for X-Wing, one for X25519. No joint seed is kept.

use super::{DataPublicKey, KeyError};
use crate::kem::{MlKemShare, OpeningSecret, X25519Share};
use crate::primitives::{MlKemSecret, X25519Secret, expand_xwing_seed};
use crate::suite::Suite;
use core::fmt;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// Which private item: they are wrapped, granted and held one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ItemName {
    /// d || z of ML-KEM-768, 64 bytes (FIPS 203 section 7.1).
    MlKemSeed,
    /// An X25519 scalar, 32 bytes (RFC 7748).
    X25519,
    /// An Ed25519 seed, 32 bytes (RFC 8032): the one item of a signing key.
    Ed25519,
}

impl ItemName {
    /// The name in formats.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MlKemSeed => "mlkem-seed",
            Self::X25519 => "x25519",
            Self::Ed25519 => "ed25519",
        }
    }

    /// The item of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::MlKemSeed, Self::X25519, Self::Ed25519].into_iter().find(|item| item.as_str() == name)
    }

    /// Bytes of the item.
    pub const fn len(self) -> usize {
        match self {
            Self::MlKemSeed => 64,
            Self::X25519 | Self::Ed25519 => 32,
        }
    }

    /// Never: no item is empty.
    pub const fn is_empty(self) -> bool {
        false
    }

    /// The items of a data key of the suite.
    pub const fn of(suite: Suite) -> &'static [Self] {
        match suite {
            Suite::XWing => &[Self::MlKemSeed, Self::X25519],
            Suite::X25519 => &[Self::X25519],
        }
    }
}

/// All private items of one key, in memory, with the public key that follows from them.
///
/// Zeroised when dropped; `Debug` shows the public key.
#[derive(Clone)]
pub struct PrivateItems {
    mlkem: Option<MlKemSecret>,
    x25519: X25519Secret,
    public: DataPublicKey,
}

impl PrivateItems {
    /// A fresh key.
    ///
    /// # Errors
    /// [`KeyError`]; never with a working generator.
    pub fn generate(suite: Suite, rng: &mut impl CryptoRng) -> Result<Self, KeyError> {
        let (mut seed, mut scalar) = (Zeroizing::new([0; 64]), Zeroizing::new([0; 32]));
        rng.fill_bytes(seed.as_mut_slice());
        rng.fill_bytes(scalar.as_mut_slice());
        Self::new((suite == Suite::XWing).then_some(&*seed), &scalar)
    }

    /// The items of an X-Wing decapsulation key, its 32-byte seed (draft-connolly-cfrg-xwing-kem section 5.2).
    ///
    /// # Errors
    /// [`KeyError`]; never for a seed that was chosen at random.
    pub fn from_xwing_seed(seed: &[u8; 32]) -> Result<Self, KeyError> {
        let (mlkem, x25519) = expand_xwing_seed(seed);
        Self::new(Some(&mlkem), &x25519)
    }

    /// The key of these items; an ML-KEM seed makes it an X-Wing key.
    ///
    /// # Errors
    /// [`KeyError::Item`] when an item is missing, superfluous, or of another length.
    pub fn from_items(suite: Suite, items: &[(ItemName, &[u8])]) -> Result<Self, KeyError> {
        if items.len() != ItemName::of(suite).len() {
            return Err(KeyError::Item);
        }
        let find =
            |name| items.iter().find_map(|(item, bytes)| (*item == name).then_some(*bytes)).ok_or(KeyError::Item);
        let mlkem = match suite {
            Suite::XWing => Some(find(ItemName::MlKemSeed)?.try_into().map_err(|_| KeyError::Item)?),
            Suite::X25519 => None,
        };
        Self::new(mlkem, find(ItemName::X25519)?.try_into().map_err(|_| KeyError::Item)?)
    }

    fn new(mlkem: Option<&[u8; 64]>, x25519: &[u8; 32]) -> Result<Self, KeyError> {
        let (mlkem, x25519) = (mlkem.map(MlKemSecret::from_seed), X25519Secret::from_bytes(x25519));
        let point = x25519.public_key();
        let public = match &mlkem {
            Some(mlkem) => DataPublicKey::parse(Suite::XWing, &[mlkem.public_key().as_ref(), &point].concat()),
            None => DataPublicKey::parse(Suite::X25519, &point),
        }?;
        Ok(Self { mlkem, x25519, public })
    }

    /// The public key of these items.
    pub const fn public_key(&self) -> &DataPublicKey {
        &self.public
    }

    /// The items, to be wrapped or granted.
    pub fn items(&self) -> impl Iterator<Item = (ItemName, &[u8])> {
        let mlkem = self.mlkem.as_ref().map(|mlkem| (ItemName::MlKemSeed, mlkem.seed().as_slice()));
        mlkem.into_iter().chain([(ItemName::X25519, self.x25519.as_bytes().as_slice())])
    }

    /// The secret of one encapsulation: both shares computed here, and combined.
    pub(crate) fn opening_secret(&self, enc: &[u8]) -> Option<OpeningSecret> {
        let mlkem = match &self.mlkem {
            Some(mlkem) => Some(MlKemShare::compute(mlkem, enc)?),
            None => None,
        };
        let x25519 = X25519Share::compute(&self.x25519, enc)?;
        OpeningSecret::combine_enc(&self.public, enc, mlkem.as_ref(), &x25519)
    }
}

impl fmt::Debug for PrivateItems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateItems({:?})", self.public)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestRng;

    #[test]
    fn items_make_the_key_again() {
        for suite in [Suite::XWing, Suite::X25519] {
            let key = PrivateItems::generate(suite, &mut TestRng::new("items")).unwrap();
            let items: Vec<_> = key.items().collect();
            assert_eq!(items.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ItemName::of(suite));
            assert!(items.iter().all(|(name, bytes)| name.len() == bytes.len()));
            let again = PrivateItems::from_items(suite, &items).unwrap();
            assert_eq!(again.public_key(), key.public_key());
            assert!(!format!("{key:?}").contains(&crate::encoding::hex(items[0].1)));
            for wrong in [&items[1..], &[(ItemName::Ed25519, &[0; 32][..])], &[(ItemName::X25519, &[0; 31][..])], &[]] {
                assert!(PrivateItems::from_items(suite, wrong).is_err());
            }
        }
    }

    #[test]
    fn a_public_key_with_a_bad_half_is_refused() {
        let key = PrivateItems::generate(Suite::XWing, &mut TestRng::new("halves")).unwrap();
        let good = key.public_key().as_bytes();
        let low_order = [&good[..1184], &[0; 32]].concat();
        // 0xfff is no residue modulo 3329
        let not_canonical = [&[0xff; 3], &good[3..]].concat();
        for bytes in [&low_order[..], &not_canonical, &good[1..], &[]] {
            assert_eq!(DataPublicKey::parse(Suite::XWing, bytes), Err(KeyError::PublicKey));
        }
        for bytes in [&[0; 32][..], &[0; 31], good] {
            assert_eq!(DataPublicKey::parse(Suite::X25519, bytes), Err(KeyError::PublicKey));
        }
    }
}
