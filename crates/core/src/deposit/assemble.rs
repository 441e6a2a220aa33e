//! Making a deposit: seal each field, list them in a locator, seal that.

use super::{Deposit, DepositError, DepositParts, Field, MAX_FIELDS};
use crate::envelope::{Context, seal};
use crate::facets::Facets;
use crate::keys::DataPublicKey;
use crate::locator::{Contents, Listed};
use crate::policy::Kind;
use crate::scalar::{LocatorSecret, ManifestHash, Nonce, Reference, Site};
use crate::sorted::settle;
use crate::tag;
use crate::time::UnixTime;
use crate::value::Value;
use rand_core::CryptoRng;

/// What all fields of a deposit have in common.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// The shop.
    pub site: &'a Site,
    /// The shop's reference.
    pub reference: &'a Reference,
    /// The key manifest in force.
    pub manifest: &'a ManifestHash,
    /// Its active data key.
    pub key: &'a DataPublicKey,
    /// What stays readable.
    pub facets: &'a Facets,
    /// The time of sealing: expiry counts from its month.
    pub now: UnixTime,
}

/// A value and what its policy says about it.
#[derive(Clone, Copy, Debug)]
pub struct FieldToSeal<'a> {
    /// The kind: name, bucket and retention come from it.
    pub kind: &'a Kind,
    /// The number among the fields of that kind, from 0.
    pub index: u32,
    /// The value.
    pub value: &'a Value,
}

/// Seals the fields and their locator into a deposit.
///
/// What goes into it was checked, and what comes out belongs together by the way it is made, so it is not checked again.
///
/// # Errors
/// [`DepositError::Seal`] when a value is too long; [`DepositError::Fields`] when there is no field, too many,
/// or one twice; [`DepositError::Kind`] when a field has the locator's kind.
pub fn assemble(
    order: &Order<'_>,
    fields: &[FieldToSeal<'_>],
    rng: &mut impl CryptoRng,
) -> Result<Deposit, DepositError> {
    if fields.is_empty() || fields.len() > MAX_FIELDS {
        return Err(DepositError::Fields);
    }
    let secret = LocatorSecret::generate(rng);
    let (mut sealed, mut listed) = (Vec::with_capacity(fields.len()), Vec::with_capacity(fields.len()));
    for field in fields {
        let kind = &field.kind.name;
        if kind.is_locator() {
            return Err(DepositError::Kind);
        }
        let tag = tag::derive(&secret, kind, field.index);
        let context = Context { site: order.site, manifest: order.manifest, kind, tag: &tag };
        let envelope =
            seal(order.key, &context, field.value, field.kind.bucket, rng).map_err(|_| DepositError::Seal)?;
        listed.push(Listed { kind, index: field.index, hash: envelope.hash() });
        settle(&mut listed, |a, b| a.place() < b.place());
        let expires = order.now.month().plus(field.kind.retain.into());
        // Sorted by tag, so that the order says nothing about the form's
        sealed.push(Field { tag, kind: kind.clone(), expires, envelope });
        settle(&mut sealed, |a, b| a.tag < b.tag);
    }
    if listed.windows(2).any(|pair| matches!(pair, [a, b] if a.place() == b.place())) {
        return Err(DepositError::Fields);
    }
    let contents = Contents {
        secret: &secret,
        site: order.site,
        reference: order.reference,
        facets: order.facets,
        fields: &listed,
    };
    let locator = contents.seal(order.key, order.manifest, rng).map_err(|_| DepositError::Seal)?;
    Ok(Deposit::of(DepositParts {
        nonce: Nonce::generate(rng),
        site: order.site.clone(),
        reference: order.reference.clone(),
        manifest: *order.manifest,
        key_id: order.key.key_id(),
        facets: order.facets.clone(),
        locator,
        fields: sealed,
    }))
}
