//! Sealing a deposit anew, to another data key (`docs/spec/reseal.md`): what it says and where it lies stays.

use super::{OpenedDeposit, Opener, SealedRow};
use crate::envelope::{self, Context, Envelope};
use crate::keys::{DataPublicKey, PrivateItems};
use crate::locator::{Contents, Listed, Locator, LocatorField};
use crate::opening::Difference;
use crate::padding::Bucket;
use crate::primitives::AEAD_TAG;
use crate::scalar::{EnvelopeHash, ManifestHash, Tag};
use crate::value::Value;
use rand_core::CryptoRng;

/// What is sealed to: the active data key of a manifest.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The key.
    pub key: &'a DataPublicKey,
    /// The manifest.
    pub manifest: &'a ManifestHash,
}

/// A deposit that was sealed anew, whole.
#[derive(Debug)]
pub struct Resealed {
    /// The sealed locator whose place the new one takes.
    pub before: EnvelopeHash,
    /// The new one.
    pub locator: Envelope,
    /// All fields, as the locator lists them.
    pub fields: Vec<ResealedField>,
}

/// A field that was sealed anew, where it lay.
#[derive(Debug)]
pub struct ResealedField {
    /// Where it lies.
    pub tag: Tag,
    /// The envelope whose place the new one takes.
    pub before: EnvelopeHash,
    /// The new one.
    pub envelope: Envelope,
}

/// Why a deposit stays as it is.
#[derive(Debug, PartialEq, Eq)]
pub enum NotResealed {
    /// It is not as it was deposited. Sealed anew, it would look as if it were.
    Differs(Vec<Difference>),
    /// Not every field is at hand.
    Incomplete,
    /// Nothing can be sealed to the key.
    Seal,
    /// The key that is sealed to is not held: nobody would know that what was sealed opens.
    NotHeld,
    /// What was sealed does not open to what was there before.
    Unlike,
}

impl Opener {
    /// Opens all fields and seals them anew: the same values, tags, kinds, indices, facets and lengths, under the key and manifest of
    /// `target`. `rows` must be all that the vault has under the deposit's tags. What was sealed is opened and compared before it is
    /// given, as what it takes the place of is gone then.
    ///
    /// # Errors
    /// [`NotResealed`]
    pub fn reseal(
        &self,
        deposit: &OpenedDeposit,
        rows: &[SealedRow<'_>],
        present: &[(Tag, EnvelopeHash)],
        target: &Target<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Resealed, NotResealed> {
        let key = self.keys.iter().find(|key| key.public_key() == target.key).ok_or(NotResealed::NotHeld)?;
        let opened = self.open_rows(deposit, rows, present);
        let differences: Vec<_> = deposit.differences.iter().chain(&opened.differences).cloned().collect();
        if !differences.is_empty() {
            return Err(NotResealed::Differs(differences));
        }
        let locator = deposit.locator.as_ref().ok_or(NotResealed::Incomplete)?;
        if opened.fields.len() != locator.fields().len() {
            return Err(NotResealed::Incomplete);
        }
        let mut values = Vec::with_capacity(opened.fields.len());
        for (field, value) in &opened.fields {
            let row = rows.iter().find(|row| row.tag == field.tag).ok_or(NotResealed::Incomplete)?;
            values.push((field.field, value, length(row).ok_or(NotResealed::Seal)?));
        }
        let (sealed, fields) = seal_anew(locator, &values, target, rng).ok_or(NotResealed::Seal)?;
        let resealed = Resealed { before: deposit.sealed, locator: sealed, fields };
        if opens_to(key, &resealed, (locator, &values), target.manifest) {
            Ok(resealed)
        } else {
            Err(NotResealed::Unlike)
        }
    }
}

/// Whether a deposit that was sealed anew opens with the key to the locator and the values that it is made of.
pub(crate) fn opens_to(
    key: &PrivateItems,
    resealed: &Resealed,
    (locator, values): (&Locator, &[(&LocatorField, &Value, Bucket)]),
    manifest: &ManifestHash,
) -> bool {
    let Ok(new) = Locator::open(key, &resealed.locator, locator.site(), manifest) else { return false };
    let said = |one: &Locator| (one.reference().clone(), one.facets().clone());
    if said(&new) != said(locator) || new.secret() != locator.secret() || new.fields().len() != values.len() {
        return false;
    }
    resealed.fields.len() == values.len()
        && new.fields().iter().zip(values).zip(&resealed.fields).all(|((listed, (field, value, _)), sealed)| {
            let tag = new.tag(&listed.kind, listed.index);
            let context = Context { site: locator.site(), manifest, kind: &listed.kind, tag: &tag };
            (&listed.kind, listed.index) == (&field.kind, field.index)
                && (listed.hash, tag, sealed.before) == (sealed.envelope.hash(), sealed.tag, field.hash)
                && envelope::open(key, &sealed.envelope, &context).is_ok_and(|opened| opened == **value)
        })
}

/// The new locator, and the new envelopes of all that the old one lists, in its order.
pub(crate) fn seal_anew(
    locator: &Locator,
    values: &[(&LocatorField, &Value, Bucket)],
    target: &Target<'_>,
    rng: &mut impl CryptoRng,
) -> Option<(Envelope, Vec<ResealedField>)> {
    let (mut fields, mut listed) = (Vec::with_capacity(values.len()), Vec::with_capacity(values.len()));
    for (field, value, bucket) in values {
        let tag = locator.tag(&field.kind, field.index);
        let context = Context { site: locator.site(), manifest: target.manifest, kind: &field.kind, tag: &tag };
        let envelope = envelope::seal(target.key, &context, value, *bucket, rng).ok()?;
        listed.push(Listed { kind: &field.kind, index: field.index, hash: envelope.hash() });
        fields.push(ResealedField { tag, before: field.hash, envelope });
    }
    let contents = Contents {
        secret: locator.secret(),
        site: locator.site(),
        reference: locator.reference(),
        facets: locator.facets(),
        fields: &listed,
    };
    Some((contents.seal(target.key, target.manifest, rng).ok()?, fields))
}

/// What a value is padded to, so that it is as long as before. Policies of other times may have had other buckets.
fn length(row: &SealedRow<'_>) -> Option<Bucket> {
    let envelope = Envelope::parse(row.envelope.to_vec()).ok()?;
    let padded = envelope.ciphertext().len().checked_sub(AEAD_TAG)?.checked_next_multiple_of(16)?;
    Bucket::new(u16::try_from(padded).ok()?)
}
