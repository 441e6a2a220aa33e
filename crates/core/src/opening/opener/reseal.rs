//! Sealing a deposit anew, to another data key (`docs/spec/reseal.md`): what it says and where it lies stays.

use super::{OpenedDeposit, Opener, SealedRow};
use crate::envelope::{self, Context, Envelope};
use crate::keys::DataPublicKey;
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
}

impl Opener {
    /// Opens all fields and seals them anew: the same values, tags, kinds, indices, facets and lengths, under the key and manifest of
    /// `target`. `rows` must be all that the vault has under the deposit's tags.
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
        let (locator, fields) = seal_anew(locator, &values, target, rng).ok_or(NotResealed::Seal)?;
        Ok(Resealed { before: deposit.sealed, locator, fields })
    }
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
