//! The locator: what a deposit holds and where it lies, sealed (`docs/spec/deposit.md`).

use crate::cbor::{CborError, Reader, Writer};
use crate::envelope::{Context, Envelope, SealError, open_bytes, open_bytes_with, seal_bytes};
use crate::facets::{Facet, Facets};
use crate::kem::OpeningSecret;
use crate::keys::{DataPublicKey, PrivateItems};
use crate::label::Label;
use crate::padding::{Bucket, unpad};
use crate::scalar::{EnvelopeHash, KindName, LocatorSecret, ManifestHash, Reference, Site, Tag};
use crate::sorted::settle;
use crate::tag;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// Most fields of a deposit.
pub const MAX_FIELDS: usize = 32;

/// What a deposit says about itself to who can open it.
///
/// Secret as a whole: with it the deposit's fields can be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locator {
    secret: LocatorSecret,
    site: Site,
    reference: Reference,
    facets: Facets,
    fields: Vec<LocatorField>,
}

/// One field of a deposit, as its locator lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocatorField {
    /// The field's kind.
    pub kind: KindName,
    /// Its number among the fields of that kind, from 0.
    pub index: u32,
    /// The envelope that was deposited.
    pub hash: EnvelopeHash,
}

impl Locator {
    /// A locator of 1 to [`MAX_FIELDS`] fields, in any order; `None` when there are others or one is listed twice.
    pub fn new(
        secret: LocatorSecret,
        site: Site,
        reference: Reference,
        facets: Facets,
        listed: Vec<LocatorField>,
    ) -> Option<Self> {
        if listed.len() > MAX_FIELDS {
            return None;
        }
        let mut fields = Vec::with_capacity(listed.len());
        for field in listed {
            fields.push(field);
            settle(&mut fields, |a, b| a.place() < b.place());
        }
        good_fields(&fields).then_some(Self { secret, site, reference, facets, fields })
    }

    /// Where a field lies.
    pub fn tag(&self, kind: &KindName, index: u32) -> Tag {
        tag::derive(&self.secret, kind, index)
    }

    pub(crate) const fn secret(&self) -> &LocatorSecret {
        &self.secret
    }

    /// The shop.
    pub const fn site(&self) -> &Site {
        &self.site
    }

    /// The shop's reference.
    pub const fn reference(&self) -> &Reference {
        &self.reference
    }

    /// The facets at the time of sealing.
    pub const fn facets(&self) -> &Facets {
        &self.facets
    }

    /// The fields, sorted by kind and index.
    pub fn fields(&self) -> &[LocatorField] {
        &self.fields
    }

    /// Seals it to the data key of its fields.
    ///
    /// # Errors
    /// [`SealError`] as for an envelope.
    pub fn seal(
        &self,
        key: &DataPublicKey,
        manifest: &ManifestHash,
        rng: &mut impl CryptoRng,
    ) -> Result<Envelope, SealError> {
        self.with_contents(|contents| contents.seal(key, manifest, rng))
    }

    /// Opens a locator with all private items at hand.
    ///
    /// # Errors
    /// [`SealError::OtherKey`], [`SealError::Open`], or [`SealError::Plaintext`] when it is no locator of this site.
    pub fn open(
        items: &PrivateItems,
        envelope: &Envelope,
        site: &Site,
        manifest: &ManifestHash,
    ) -> Result<Self, SealError> {
        read(site, in_context(site, manifest, |context| open_bytes(items, envelope, context)))
    }

    /// Opens a locator with the secret that its shares combined to.
    ///
    /// # Errors
    /// As for [`Locator::open`].
    pub fn open_with(
        secret: &OpeningSecret,
        envelope: &Envelope,
        site: &Site,
        manifest: &ManifestHash,
    ) -> Result<Self, SealError> {
        read(site, in_context(site, manifest, |context| open_bytes_with(secret, envelope, context)))
    }

    /// CBOR [label, secret, site, reference, facets, [[kind, index, hash], ...]].
    pub fn to_cbor(&self) -> Zeroizing<Vec<u8>> {
        self.with_contents(|contents| contents.to_cbor())
    }

    fn with_contents<T>(&self, run: impl FnOnce(&Contents<'_>) -> T) -> T {
        let fields = self.fields.iter().map(|field| Listed { kind: &field.kind, index: field.index, hash: field.hash });
        run(&Contents {
            secret: &self.secret,
            site: &self.site,
            reference: &self.reference,
            facets: &self.facets,
            fields: &fields.collect::<Vec<_>>(),
        })
    }

    /// Reads what [`Locator::to_cbor`] writes, and nothing else.
    ///
    /// # Errors
    /// [`CborError`] for any other bytes.
    pub fn from_cbor(bytes: &[u8]) -> Result<Self, CborError> {
        let mut reader = Reader::new(bytes);
        reader.array_of(6)?;
        reader.expect_text(Label::Locator.as_str())?;
        let secret = LocatorSecret::from_bytes(reader.byte_array()?);
        let site = Site::parse(reader.text()?).map_err(|_| CborError)?;
        let reference = Reference::parse(reader.text()?).map_err(|_| CborError)?;
        let facets = read_facets(&mut reader)?;
        let count = reader.array(MAX_FIELDS)?;
        let mut fields = Vec::with_capacity(count);
        for _ in 0..count {
            reader.array_of(3)?;
            let kind = KindName::parse(reader.text()?).map_err(|_| CborError)?;
            let index = reader.uint()?.try_into().map_err(|_| CborError)?;
            fields.push(LocatorField { kind, index, hash: EnvelopeHash(reader.byte_array()?) });
        }
        reader.end()?;
        good_fields(&fields).then_some(Self { secret, site, reference, facets, fields }).ok_or(CborError)
    }
}

impl LocatorField {
    fn place(&self) -> (&str, u32) {
        (self.kind.as_str(), self.index)
    }
}

/// One field in the contents of a locator.
pub(crate) struct Listed<'a> {
    pub(crate) kind: &'a KindName,
    pub(crate) index: u32,
    pub(crate) hash: EnvelopeHash,
}

impl<'a> Listed<'a> {
    pub(crate) fn place(&self) -> (&'a str, u32) {
        (self.kind.as_str(), self.index)
    }
}

/// What a locator is written from, borrowed. The fields are as in a [`Locator`].
pub(crate) struct Contents<'a> {
    pub(crate) secret: &'a LocatorSecret,
    pub(crate) site: &'a Site,
    pub(crate) reference: &'a Reference,
    pub(crate) facets: &'a Facets,
    pub(crate) fields: &'a [Listed<'a>],
}

impl Contents<'_> {
    pub(crate) fn seal(
        &self,
        key: &DataPublicKey,
        manifest: &ManifestHash,
        rng: &mut impl CryptoRng,
    ) -> Result<Envelope, SealError> {
        in_context(self.site, manifest, |context| seal_bytes(key, context, &self.to_cbor(), Bucket::LOCATOR, rng))
    }

    fn to_cbor(&self) -> Zeroizing<Vec<u8>> {
        // More than the longest locator, so that the buffer never moves and leaves no copy behind
        let mut writer = Writer::with_capacity(crate::padding::MAX_PADDED);
        writer.array(6).text(Label::Locator.as_str()).bytes(self.secret.as_bytes());
        writer.text(self.site.as_str()).text(self.reference.as_str());
        write_facets(&mut writer, self.facets);
        writer.array(self.fields.len());
        for field in self.fields {
            writer.array(3).text(field.kind.as_str()).uint(field.index.into()).bytes(field.hash.as_bytes());
        }
        Zeroizing::new(writer.finish())
    }
}

pub(crate) fn write_facets(writer: &mut Writer, facets: &Facets) {
    writer.map(facets.len());
    for (name, value) in facets.iter() {
        writer.text(name).text(value);
    }
}

pub(crate) fn read_facets(reader: &mut Reader<'_>) -> Result<Facets, CborError> {
    Facets::from_pairs(reader.text_map(Facet::ALL.len())?).map_err(|_| CborError)
}

/// 1 to [`MAX_FIELDS`], strictly ascending by kind and index.
fn good_fields(fields: &[LocatorField]) -> bool {
    (1..=MAX_FIELDS).contains(&fields.len()) && fields.is_sorted_by(|a, b| a.place() < b.place())
}

fn in_context<T>(site: &Site, manifest: &ManifestHash, run: impl FnOnce(&Context<'_>) -> T) -> T {
    run(&Context { site, manifest, kind: &KindName::locator(), tag: &Tag::LOCATOR })
}

fn read(site: &Site, padded: Result<Zeroizing<Vec<u8>>, SealError>) -> Result<Locator, SealError> {
    let padded = padded?;
    let plaintext = unpad(&padded).map_err(|_| SealError::Plaintext)?;
    let locator = Locator::from_cbor(plaintext).map_err(|_| SealError::Plaintext)?;
    (locator.site == *site).then_some(locator).ok_or(SealError::Plaintext)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::envelope::tests::key;
    use crate::suite::Suite;
    use crate::testing::TestRng;
    use proptest::prelude::*;

    pub(crate) fn locator(fields: &[(&str, u32)]) -> Option<Locator> {
        let fields = fields.iter().map(|(kind, index)| LocatorField {
            kind: KindName::parse(kind).unwrap(),
            index: *index,
            hash: EnvelopeHash([9; 32]),
        });
        Locator::new(
            LocatorSecret::from_bytes([7; 32]),
            Site::parse("demo.nightsafe.example").unwrap(),
            Reference::parse("ORDER-1").unwrap(),
            Facets::from_pairs([("brand", "visa"), ("last4", "4242")]).unwrap(),
            fields.collect(),
        )
    }

    #[test]
    fn fields_are_sorted_and_listed_once() {
        let sorted = locator(&[("phone", 0), ("card", 1), ("card", 0)]).unwrap();
        let places: Vec<_> = sorted.fields().iter().map(LocatorField::place).collect();
        assert_eq!(places, [("card", 0), ("card", 1), ("phone", 0)]);
        assert!(locator(&[]).is_none());
        assert!(locator(&[("card", 0), ("card", 0)]).is_none());
        let many: Vec<_> = (0..33).map(|index| ("card", index)).collect();
        assert!(locator(&many).is_none());
    }

    #[test]
    fn the_longest_locator_fits() {
        let kinds: Vec<_> = (0..32).map(|n| format!("{:a<30}{n:02}", "k")).collect();
        let fields: Vec<_> = kinds.iter().map(|kind| (kind.as_str(), u32::MAX)).collect();
        let mut longest = locator(&fields).unwrap();
        longest.site =
            Site::parse(&[&["a".repeat(63).as_str(); 3].join("."), "a".repeat(61).as_str()].join(".")).unwrap();
        longest.reference = Reference::parse(&"r".repeat(64)).unwrap();
        assert_eq!(longest.site.as_str().len(), 253);
        assert!(longest.to_cbor().len() < 3400);
    }

    #[test]
    fn it_opens_for_its_site_and_manifest_only() {
        let (sealed, manifest) = (locator(&[("card", 0)]).unwrap(), ManifestHash([1; 32]));
        let site = sealed.site().clone();
        for suite in [Suite::XWing, Suite::X25519] {
            let envelope = sealed.seal(key(suite).public_key(), &manifest, &mut TestRng::new("locator")).unwrap();
            assert_eq!(Locator::open(key(suite), &envelope, &site, &manifest).as_ref(), Ok(&sealed));
            let (other_site, other) = (Site::parse("other.example").unwrap(), ManifestHash([2; 32]));
            assert_eq!(Locator::open(key(suite), &envelope, &site, &other), Err(SealError::Open));
            assert_eq!(Locator::open(key(suite), &envelope, &other_site, &manifest), Err(SealError::Open));
        }
    }

    proptest! {
        #[test]
        fn mutations_are_refused_or_change_it(place in 0_usize..400, bit in 0_u8..8) {
            let original = locator(&[("card", 0), ("card", 300), ("person.name", 0)]).unwrap();
            let mut bytes = original.to_cbor().to_vec();
            let place = place % bytes.len();
            bytes[place] ^= 1 << bit;
            if let Ok(changed) = Locator::from_cbor(&bytes) {
                prop_assert_eq!(&changed.to_cbor()[..], &bytes[..]);
                prop_assert!(changed != original);
            }
        }
    }
}
