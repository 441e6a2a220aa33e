//! Unlocking all data keys of a vault with one passphrase.

use super::{CustodyError, Kek, Purpose, WrapContext, WrappedItem};
use crate::keys::{DataPublicKey, ItemName, PrivateItems};
use crate::scalar::Site;
use crate::suite::Suite;
use zeroize::Zeroizing;

/// A data key as a vault keeps it: the public part, and every private item wrapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedKey {
    /// The public key.
    pub public: DataPublicKey,
    /// Its items, each wrapped on its own.
    pub items: Vec<(ItemName, WrappedItem)>,
}

/// Private items of several data keys, in memory. Zeroised when dropped.
#[derive(Debug)]
pub struct Keyring {
    keys: Vec<PrivateItems>,
}

impl WrappedKey {
    /// Takes what a vault answered.
    ///
    /// # Errors
    /// [`CustodyError::Malformed`] when the public key, an item's name or a wrapped item is not of its form.
    pub fn parse(suite: &str, public_key: &[u8], items: &[(&str, &[u8])]) -> Result<Self, CustodyError> {
        let suite = Suite::from_name(suite).ok_or(CustodyError::Malformed)?;
        let public = DataPublicKey::parse(suite, public_key).map_err(|_| CustodyError::Malformed)?;
        let read = |(name, wrapped): &(&str, &[u8])| {
            Ok((ItemName::from_name(name).ok_or(CustodyError::Malformed)?, WrappedItem::parse(wrapped)?))
        };
        Ok(Self { public, items: items.iter().map(read).collect::<Result<_, _>>()? })
    }

    /// Unwraps all items; each takes the one of `keks` that it was wrapped with. `None` when one does not unwrap, or
    /// when they make another public key than this one.
    pub fn open(&self, site: &Site, keks: &[Kek]) -> Option<PrivateItems> {
        let name = self.public.key_id().to_hex();
        let mut items: Vec<(ItemName, Zeroizing<Vec<u8>>)> = Vec::with_capacity(self.items.len());
        for (item, wrapped) in &self.items {
            let context = WrapContext { site, purpose: Purpose::DataKey, name: &name, item: *item };
            let kek = keks.iter().find(|kek| kek.fits(wrapped))?;
            items.push((*item, kek.unwrap(&context, wrapped).ok()?));
        }
        let items: Vec<(ItemName, &[u8])> = items.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
        let private = PrivateItems::from_items(self.public.suite(), &items).ok()?;
        (*private.public_key() == self.public).then_some(private)
    }
}

impl Keyring {
    /// Unwraps every key that the passphrase opens. Argon2id runs once for each salt, so keys that were wrapped
    /// together cost one derivation. A key that does not unwrap, or whose items make another public key than the
    /// vault says, is left out: deposits sealed to it are then named as sealed to an unknown key.
    ///
    /// # Errors
    /// [`CustodyError::Unwrap`] when there are keys and the passphrase opens none of them; [`CustodyError::Memory`].
    pub fn unlock(passphrase: &[u8], site: &Site, wrapped: &[WrappedKey]) -> Result<Self, CustodyError> {
        let mut keks: Vec<Kek> = Vec::new();
        let mut keys = Vec::new();
        for key in wrapped {
            for (_, item) in &key.items {
                if !keks.iter().any(|kek| kek.fits(item)) {
                    keks.push(Kek::derive(passphrase, item.params(), *item.salt())?);
                }
            }
            keys.extend(key.open(site, &keks));
        }
        if keys.is_empty() && !wrapped.is_empty() {
            return Err(CustodyError::Unwrap);
        }
        Ok(Self { keys })
    }

    /// The keys, to open with.
    pub fn into_keys(self) -> Vec<PrivateItems> {
        self.keys
    }

    /// The keys.
    pub fn keys(&self) -> &[PrivateItems] {
        &self.keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::custody::Argon2Params;
    use crate::testing::TestRng;

    fn site() -> Site {
        Site::parse("demo.nightsafe.example").unwrap()
    }

    fn kek(passphrase: &str, salt: u8) -> Kek {
        Kek::derive(passphrase.as_bytes(), Argon2Params::new(8, 1, 1).unwrap(), [salt; 16]).unwrap()
    }

    fn wrap(private: &PrivateItems, kek: &Kek) -> WrappedKey {
        let public = private.public_key().clone();
        let (name, site) = (public.key_id().to_hex(), site());
        let items = private.items().map(|(item, bytes)| {
            let context = WrapContext { site: &site, purpose: Purpose::DataKey, name: &name, item };
            (item, kek.wrap(&context, bytes, &mut TestRng::new(item.as_str())).unwrap())
        });
        WrappedKey { items: items.collect(), public }
    }

    fn keys() -> [PrivateItems; 3] {
        ["a", "b", "c"].map(|seed| PrivateItems::generate(Suite::XWing, &mut TestRng::new(seed)).unwrap())
    }

    #[test]
    fn every_key_that_the_passphrase_opens_is_there() {
        let [a, b, c] = keys();
        let wrapped = [wrap(&a, &kek("right", 1)), wrap(&b, &kek("right", 2)), wrap(&c, &kek("older", 3))];
        let ring = Keyring::unlock(b"right", &site(), &wrapped).unwrap();
        assert_eq!(ring.keys().len(), 2);
        let ids: Vec<_> = ring.into_keys().iter().map(|key| key.public_key().key_id()).collect();
        assert_eq!(ids, [a.public_key().key_id(), b.public_key().key_id()]);
        assert_eq!(Keyring::unlock(b"wrong", &site(), &wrapped).unwrap_err(), CustodyError::Unwrap);
        assert!(Keyring::unlock(b"any", &site(), &[]).unwrap().keys().is_empty());
    }

    #[test]
    fn items_in_another_place_are_left_out() {
        let [a, b, _] = keys();
        let (good, other) = (wrap(&a, &kek("right", 1)), wrap(&b, &kek("right", 1)));
        let swapped = WrappedKey { public: other.public.clone(), items: good.items.clone() };
        let incomplete = WrappedKey { public: other.public.clone(), items: other.items[..1].to_vec() };
        for bad in [swapped, incomplete] {
            let ring = Keyring::unlock(b"right", &site(), &[good.clone(), bad]).unwrap();
            assert_eq!(ring.keys().len(), 1);
        }
    }

    #[test]
    fn what_a_vault_answers_is_read_strictly() {
        let [a, ..] = keys();
        let wrapped = wrap(&a, &kek("right", 1));
        let bytes: Vec<_> = wrapped.items.iter().map(|(name, item)| (name.as_str(), item.to_bytes())).collect();
        let items: Vec<_> = bytes.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
        let public = wrapped.public.as_bytes();
        assert_eq!(WrappedKey::parse("xwing", public, &items), Ok(wrapped.clone()));
        assert_eq!(WrappedKey::parse("x25519", public, &items), Err(CustodyError::Malformed));
        assert_eq!(WrappedKey::parse("xwing", public, &[("seed", items[0].1)]), Err(CustodyError::Malformed));
        assert_eq!(WrappedKey::parse("xwing", public, &[("x25519", &[0xff])]), Err(CustodyError::Malformed));
    }
}
