//! What a deposit must be to be taken: the checks that need the manifest.

use nightsafe_core::deposit::{Deposit, DepositParts, Field};
use nightsafe_core::envelope::Envelope;
use nightsafe_core::facets::Facet;
use nightsafe_core::manifest::KeyManifest;
use nightsafe_core::padding::Bucket;
use nightsafe_core::time::{Month, UnixTime};
use nightsafe_proto::problem::ProblemType;
use nightsafe_serve::problem::Problem;

use crate::manifests::Published;

/// Bytes that ChaCha20-Poly1305 adds to what it seals (RFC 8439 section 2.8).
const AEAD_TAG: usize = 16;

/// How far `expires` may be from what the policy says, in months: sealing and arrival may lie on
/// both sides of a month's end.
const EXPIRY_SLACK: u32 = 1;

/// Checks a deposit against the published manifests.
///
/// # Errors
/// The first fault, with its type of problem.
pub(crate) fn admit(deposit: &Deposit, published: &Published, now: UnixTime) -> Result<(), Problem> {
    let parts = deposit.parts();
    if parts.site != published.current.manifest().site {
        return Err(problem(ProblemType::WrongSite, "/site"));
    }
    let manifest =
        published.find(parts.manifest).ok_or_else(|| problem(ProblemType::ManifestNotCurrent, "/manifest"))?.manifest();
    check_key(parts, manifest)?;
    // The vault may have destroyed what opens it by now, and a receipt promises that it can be opened
    if published.is_over(parts.key_id, now) {
        return Err(problem(ProblemType::KeyRetired, "/key_id"));
    }
    if !is_padded(&parts.locator, Bucket::LOCATOR) {
        return Err(problem(ProblemType::MalformedEnvelope, "/locator"));
    }
    for (place, field) in parts.fields.iter().enumerate() {
        check_field(field, manifest, now)
            .map_err(|(kind, member)| problem(kind, format!("/fields/{place}/{member}")))?;
    }
    check_facets(parts, manifest)
}

fn check_key(parts: &DepositParts, manifest: &KeyManifest) -> Result<(), Problem> {
    let key = manifest.data_key(parts.key_id).ok_or_else(|| problem(ProblemType::UnknownKey, "/key_id"))?;
    // All envelopes of a deposit have the locator's suite
    if parts.locator.suite() != key.suite {
        return Err(problem(ProblemType::WrongEnvelopeKey, "/locator"));
    }
    Ok(())
}

fn check_field(field: &Field, manifest: &KeyManifest, now: UnixTime) -> Result<(), (ProblemType, &'static str)> {
    let kind = manifest.kind(field.kind.as_str()).ok_or((ProblemType::UnknownKind, "kind"))?;
    let expected = now.month().plus(kind.retain.into());
    if !is_near(field.expires, expected) {
        return Err((ProblemType::WrongExpiry, "expires"));
    }
    if !is_padded(&field.envelope, kind.bucket) {
        return Err((ProblemType::MalformedEnvelope, "envelope"));
    }
    Ok(())
}

/// A facet is allowed when the policy lists it for a kind that the deposit holds.
fn check_facets(parts: &DepositParts, manifest: &KeyManifest) -> Result<(), Problem> {
    let is_allowed = |facet: Facet| {
        let mut kinds = parts.fields.iter().filter_map(|field| manifest.kind(field.kind.as_str()));
        kinds.any(|kind| kind.facets.contains(&facet))
    };
    for (name, _) in parts.facets.iter() {
        if !Facet::from_name(name).is_some_and(is_allowed) {
            return Err(problem(ProblemType::FacetNotAllowed, format!("/facets/{name}")));
        }
    }
    Ok(())
}

fn is_near(month: Month, expected: Month) -> bool {
    (expected.minus(EXPIRY_SLACK)..=expected.plus(EXPIRY_SLACK)).contains(&month)
}

/// Whether what is sealed fills whole buckets. A length that no form of ours makes would tell
/// one row from all others.
fn is_padded(envelope: &Envelope, bucket: Bucket) -> bool {
    let sealed = envelope.ciphertext().len().checked_sub(AEAD_TAG);
    sealed.is_some_and(|length| length.is_multiple_of(bucket.get().into()))
}

fn problem(problem: ProblemType, pointer: impl Into<String>) -> Problem {
    Problem::new(problem).at(pointer)
}
