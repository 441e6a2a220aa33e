//! An identity's private halves under a key encryption key, as bytes: a CBOR array.

use super::{Identity, IdentityError, Method, Unlock};
use crate::cbor::{CborError, Reader, Writer};
use crate::keys::{ItemName, PrivateItems};
use crate::label::Label;
use crate::primitives::{AEAD_TAG, aead_open, aead_seal};
use crate::scalar::{IdentityId, Site};
use crate::suite::Suite;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// Bytes of an XChaCha20-Poly1305 nonce.
const NONCE: usize = 24;
/// The items, in the order in which they stand.
const ITEMS: [ItemName; 3] = [ItemName::MlKemSeed, ItemName::X25519, ItemName::Ed25519];

/// The private items of an identity, each wrapped on its own. Safe to store: it opens with its secret alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedIdentity {
    method: Method,
    id: IdentityId,
    items: Vec<([u8; NONCE], Vec<u8>)>,
}

impl WrappedIdentity {
    pub(super) fn wrap(
        identity: &Identity,
        with: &Unlock<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, IdentityError> {
        let (site, id, method) = (identity.public().site(), identity.id(), with.method());
        let kek = with.kek(site, &id);
        let mut items = Vec::with_capacity(ITEMS.len());
        for (name, item) in identity.private_items() {
            let mut nonce = [0; NONCE];
            rng.fill_bytes(&mut nonce);
            let aad = aad(site, method, &id, name);
            items.push((nonce, aead_seal(&kek, &nonce, &aad, &item).ok_or(IdentityError::Unwrap)?));
        }
        Ok(Self { method, id, items })
    }

    /// Unwraps the identity of an admin of this site. The items make the public keys that the id commits to.
    ///
    /// # Errors
    /// [`IdentityError::OtherIdentity`] when it is not the one of that id, [`IdentityError::OtherMethod`],
    /// [`IdentityError::Unwrap`].
    pub fn unwrap(&self, site: &Site, id: &IdentityId, with: &Unlock<'_>) -> Result<Identity, IdentityError> {
        if self.id != *id {
            return Err(IdentityError::OtherIdentity);
        }
        with.check(self.method)?;
        let kek = with.kek(site, id);
        let mut items: Vec<Zeroizing<Vec<u8>>> = Vec::with_capacity(ITEMS.len());
        for (name, (nonce, ciphertext)) in ITEMS.iter().zip(&self.items) {
            let aad = aad(site, self.method, id, *name);
            items.push(aead_open(&kek, nonce, &aad, ciphertext).ok_or(IdentityError::Unwrap)?);
        }
        let [mlkem, x25519, ed25519] = items.as_slice() else {
            return Err(IdentityError::Malformed);
        };
        let encryption = [(ItemName::MlKemSeed, mlkem.as_slice()), (ItemName::X25519, x25519)];
        let encryption = PrivateItems::from_items(Suite::XWing, &encryption).map_err(|_| IdentityError::Key)?;
        let ed25519 = ed25519.as_slice().try_into().map_err(|_| IdentityError::Key)?;
        let identity = Identity::new(site, encryption, ed25519)?;
        (identity.id() == *id).then_some(identity).ok_or(IdentityError::OtherIdentity)
    }

    /// What unlocks it.
    pub const fn method(&self) -> Method {
        self.method
    }

    /// Whose it is said to be.
    pub const fn id(&self) -> IdentityId {
        self.id
    }

    /// CBOR [label, method, identity id, nonce, ciphertext, nonce, ciphertext, nonce, ciphertext].
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.array(9).text(Label::WrappedIdentity.as_str()).text(self.method.as_str()).bytes(self.id.as_bytes());
        for (nonce, ciphertext) in &self.items {
            writer.bytes(nonce).bytes(ciphertext);
        }
        writer.finish()
    }

    /// Reads what [`WrappedIdentity::to_bytes`] writes, and nothing else.
    ///
    /// # Errors
    /// [`IdentityError::Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, IdentityError> {
        read(bytes).map_err(|_| IdentityError::Malformed)
    }
}

fn read(bytes: &[u8]) -> Result<WrappedIdentity, CborError> {
    let mut reader = Reader::new(bytes);
    reader.array_of(9)?;
    reader.expect_text(Label::WrappedIdentity.as_str())?;
    let method = Method::from_name(reader.text()?).ok_or(CborError)?;
    let id = IdentityId(reader.byte_array()?);
    let mut items = Vec::with_capacity(ITEMS.len());
    for name in ITEMS {
        let (nonce, ciphertext) = (reader.byte_array()?, reader.bytes()?);
        if ciphertext.len() != name.len().saturating_add(AEAD_TAG) {
            return Err(CborError);
        }
        items.push((nonce, ciphertext.to_vec()));
    }
    reader.end()?;
    Ok(WrappedIdentity { method, id, items })
}

/// CBOR [label, site, method, identity id, item].
pub(crate) fn aad(site: &Site, method: Method, id: &IdentityId, item: ItemName) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.array(5).text(Label::WrappedIdentity.as_str()).text(site.as_str()).text(method.as_str());
    writer.bytes(id.as_bytes()).text(item.as_str());
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{PublicIdentity, RecoveryCode};
    use crate::testing::TestRng;
    use proptest::prelude::*;

    fn site() -> Site {
        Site::parse("demo.nightsafe.example").unwrap()
    }

    fn identity(name: &'static str) -> Identity {
        Identity::generate(&site(), &mut TestRng::new(name)).unwrap()
    }

    fn wrapped() -> WrappedIdentity {
        identity("anna").wrap(&Unlock::Passkey(&[7; 32]), &mut TestRng::new("wrapped")).unwrap()
    }

    #[test]
    fn each_method_unlocks_what_it_wrapped() {
        let (anna, code) = (identity("anna"), RecoveryCode::generate(&mut TestRng::new("code")));
        let (other_site, other_code) =
            (Site::parse("other.example").unwrap(), RecoveryCode::generate(&mut TestRng::new("other")));
        // Each with what it is not unlocked by: of the session, one half is right
        let methods: [(Unlock<'_>, &[Unlock<'_>]); 4] = [
            (Unlock::Login(&[1; 64]), &[Unlock::Login(&[2; 64])]),
            (Unlock::Passkey(&[1; 32]), &[Unlock::Passkey(&[2; 32])]),
            (Unlock::RecoveryCode(&code), &[Unlock::RecoveryCode(&other_code)]),
            (
                Unlock::Session { tab: &[1; 32], row: &[2; 32] },
                &[
                    Unlock::Session { tab: &[1; 32], row: &[0; 32] },
                    Unlock::Session { tab: &[0; 32], row: &[2; 32] },
                    Unlock::Session { tab: &[2; 32], row: &[1; 32] },
                ],
            ),
        ];
        let keks: Vec<_> = methods.iter().map(|(with, _)| with.kek(&site(), &anna.id())).collect();
        assert!(keks.iter().enumerate().all(|(place, kek)| !keks[..place].contains(kek)));
        for (with, wrong) in &methods {
            let wrapped = anna.wrap(with, &mut TestRng::new("wrap")).unwrap();
            let read = WrappedIdentity::parse(&wrapped.to_bytes()).unwrap();
            assert_eq!((read.method(), read.id(), &read), (with.method(), anna.id(), &wrapped));
            let again = read.unwrap(&site(), &anna.id(), with).unwrap();
            assert_eq!(again.public(), anna.public());
            assert_eq!(again.private_items(), anna.private_items());
            for wrong in *wrong {
                assert_eq!(read.unwrap(&site(), &anna.id(), wrong).unwrap_err(), IdentityError::Unwrap);
            }
            assert_eq!(read.unwrap(&other_site, &anna.id(), with).unwrap_err(), IdentityError::Unwrap);
            let other = if with.method() == Method::Login { methods[1].0 } else { methods[0].0 };
            assert_eq!(read.unwrap(&site(), &anna.id(), &other).unwrap_err(), IdentityError::OtherMethod);
            let shown = format!("{with:?} {anna:?}");
            assert!(
                !shown.contains("[1") && shown.contains(with.method().as_str()) && shown.contains(&anna.id().to_hex())
            );
        }
    }

    #[test]
    fn another_identity_under_the_same_secret_is_told() {
        let (anna, ben, with) = (identity("anna"), identity("ben"), Unlock::Login(&[1; 64]));
        let of_ben = ben.wrap(&with, &mut TestRng::new("wrap")).unwrap();
        assert_eq!(of_ben.unwrap(&site(), &anna.id(), &with).unwrap_err(), IdentityError::OtherIdentity);
        let renamed = WrappedIdentity { id: anna.id(), ..of_ben.clone() };
        assert_eq!(renamed.unwrap(&site(), &anna.id(), &with).unwrap_err(), IdentityError::Unwrap);
        // Items that were wrapped for this id, but make other public keys
        let mut mixed = anna.wrap(&with, &mut TestRng::new("wrap")).unwrap();
        let kek = with.kek(&site(), &anna.id());
        let seed = ben.signer().seed();
        let aad = aad(&site(), Method::Login, &anna.id(), ItemName::Ed25519);
        mixed.items[2].1 = aead_seal(&kek, &mixed.items[2].0, &aad, seed.as_slice()).unwrap();
        assert_eq!(mixed.unwrap(&site(), &anna.id(), &with).unwrap_err(), IdentityError::OtherIdentity);
        // Items of the same length in each other's place
        let mut swapped = anna.wrap(&with, &mut TestRng::new("wrap")).unwrap();
        swapped.items.swap(1, 2);
        assert_eq!(swapped.unwrap(&site(), &anna.id(), &with).unwrap_err(), IdentityError::Unwrap);
    }

    #[test]
    fn public_identities_have_one_form() {
        let anna = identity("anna");
        let bytes = anna.public().to_bytes();
        assert_eq!(&PublicIdentity::parse(&bytes).unwrap(), anna.public());
        assert_eq!(anna.public().signing_key().name(), format!("admin/{}", anna.id()));
        for length in [0, 1, 40, bytes.len() - 1] {
            assert_eq!(PublicIdentity::parse(&bytes[..length]), Err(IdentityError::Malformed));
        }
        let point = bytes.len() - 32;
        let weak = [&bytes[..point], &[0; 32]].concat();
        let not_canonical = [&bytes[..point - 34], &[0; 32], &bytes[point - 2..]].concat();
        for bytes in [weak, not_canonical] {
            assert_eq!(PublicIdentity::parse(&bytes), Err(IdentityError::Key));
        }
        let other_site = Site::parse("other.example").unwrap();
        let elsewhere =
            PublicIdentity::new(&other_site, anna.public().encryption_key().clone(), anna.signer().vkey().public_key());
        assert_ne!(elsewhere.unwrap().id(), anna.id());
    }

    proptest! {
        #[test]
        fn mutations_are_refused_or_noticed(place: prop::sample::Index, bit in 0_u8..8) {
            let mut bytes = wrapped().to_bytes();
            let place = place.index(bytes.len());
            bytes[place] ^= 1 << bit;
            if let Ok(read) = WrappedIdentity::parse(&bytes) {
                prop_assert_eq!(read.to_bytes(), bytes);
                let id = identity("anna").id();
                prop_assert!(read.unwrap(&site(), &id, &Unlock::Passkey(&[7; 32])).is_err());
            }
        }

        #[test]
        fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = (WrappedIdentity::parse(&bytes), PublicIdentity::parse(&bytes));
        }
    }
}
