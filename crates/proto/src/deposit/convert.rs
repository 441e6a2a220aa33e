//! From the texts of the JSON to core's types, each fault with its own type of problem.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nightsafe_core::deposit::{Deposit, DepositError, DepositParts, Field, MAX_FIELDS};
use nightsafe_core::envelope::{Envelope, EnvelopeError, MAX_ENVELOPE};
use nightsafe_core::facets::{FacetError, Facets};
use nightsafe_core::plaintext::looks_like_card;
use nightsafe_core::scalar::{DepositId, KeyId, KindName, ManifestHash, Nonce, Reference, ScalarError, Site, Tag};
use nightsafe_core::time::Month;

use super::{DepositRequest, DepositRequestField, RequestError};
use crate::problem::ProblemType;
use crate::unique_map::UniqueMap;

impl DepositRequest<'_> {
    /// Decodes and checks everything that needs no manifest: encodings, sizes, the structure of
    /// envelopes (points of low order among it), facets, reference, order of tags, deposit id.
    ///
    /// # Errors
    /// The first fault, in the order of the members; then what concerns several members.
    pub fn into_deposit(self) -> Result<Deposit, RequestError> {
        let id = DepositId::from_hex(&self.id).or_bad("/id", ProblemType::MalformedEncoding)?;
        let parts = DepositParts {
            nonce: nonce(&self.nonce)?,
            site: Site::parse(&self.site).or_bad("/site", ProblemType::MalformedMember)?,
            reference: Reference::parse(&self.reference).map_err(reference_error)?,
            manifest: ManifestHash::from_hex(&self.manifest).or_bad("/manifest", ProblemType::MalformedEncoding)?,
            key_id: KeyId::from_hex(&self.key_id).or_bad("/key_id", ProblemType::MalformedEncoding)?,
            facets: facets(&self.facets)?,
            locator: envelope(&self.locator, || "/locator".to_owned())?,
            fields: fields(&self.fields)?,
        };
        Deposit::check(&id, parts).map_err(deposit_error)
    }
}

/// `map_err` with a place.
trait OrBad<T> {
    fn or_bad(self, pointer: &str, problem: ProblemType) -> Result<T, RequestError>;
}

impl<T, E> OrBad<T> for Result<T, E> {
    fn or_bad(self, pointer: &str, problem: ProblemType) -> Result<T, RequestError> {
        self.map_err(|_| bad(pointer, problem))
    }
}

fn bad(pointer: impl Into<String>, problem: ProblemType) -> RequestError {
    let pointer = pointer.into();
    RequestError { problem, pointer }
}

fn nonce(text: &str) -> Result<Nonce, RequestError> {
    decode(text)
        .and_then(|bytes| Nonce::from_slice(&bytes).ok())
        .ok_or_else(|| bad("/nonce", ProblemType::MalformedEncoding))
}

fn reference_error(error: ScalarError) -> RequestError {
    let problem = match error {
        ScalarError::ReferenceHoldsCard => ProblemType::LooksLikePlaintext,
        _ => ProblemType::MalformedReference,
    };
    bad("/reference", problem)
}

fn facets(map: &UniqueMap) -> Result<Facets, RequestError> {
    let pairs = map.0.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    if pairs.clone().any(|(name, value)| looks_like_card(name) || looks_like_card(value)) {
        return Err(bad("/facets", ProblemType::LooksLikePlaintext));
    }
    Facets::from_pairs(pairs).map_err(|error| {
        let pointer = match error {
            // The name of a facet of ours; an unknown name is the sender's and is not repeated
            FacetError::Value(facet) => format!("/facets/{}", facet.name()),
            FacetError::Unknown | FacetError::Twice => "/facets".to_owned(),
        };
        bad(pointer, ProblemType::MalformedFacet)
    })
}

fn fields(fields: &[DepositRequestField<'_>]) -> Result<Vec<Field>, RequestError> {
    if !(1..=MAX_FIELDS).contains(&fields.len()) {
        return Err(bad("/fields", ProblemType::FieldCount));
    }
    fields.iter().enumerate().map(|(place, one)| field(place, one)).collect()
}

fn field(place: usize, field: &DepositRequestField<'_>) -> Result<Field, RequestError> {
    let at = |member: &str| format!("/fields/{place}/{member}");
    Ok(Field {
        tag: Tag::from_hex(&field.tag).or_bad(&at("tag"), ProblemType::MalformedEncoding)?,
        kind: KindName::parse(&field.kind).or_bad(&at("kind"), ProblemType::MalformedMember)?,
        expires: Month::parse(&field.expires).or_bad(&at("expires"), ProblemType::MalformedMember)?,
        envelope: envelope(&field.envelope, || at("envelope"))?,
    })
}

fn envelope(text: &str, pointer: impl Fn() -> String) -> Result<Envelope, RequestError> {
    // Four characters hold three bytes
    if text.len() / 4 * 3 > MAX_ENVELOPE {
        return Err(bad(pointer(), ProblemType::EnvelopeTooLarge));
    }
    let bytes = decode(text).ok_or_else(|| bad(pointer(), ProblemType::MalformedEncoding))?;
    Envelope::parse(bytes).map_err(|error| {
        let problem = match error {
            EnvelopeError::Point => ProblemType::LowOrderPoint,
            _ => ProblemType::MalformedEnvelope,
        };
        bad(pointer(), problem)
    })
}

/// Base64url without padding, as strict as core's, by tables: nothing in a deposit is a secret, and most of what ingest
/// does with one is to read it.
fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

fn deposit_error(error: DepositError) -> RequestError {
    match error {
        DepositError::Fields => bad("/fields", ProblemType::TagOrder),
        DepositError::Key => bad("/key_id", ProblemType::WrongEnvelopeKey),
        DepositError::Length => bad("/fields", ProblemType::EnvelopeTooLarge),
        DepositError::Kind => bad("/fields", ProblemType::UnknownKind),
        DepositError::Id => bad("/id", ProblemType::WrongDepositId),
        DepositError::Seal | DepositError::Malformed => bad("", ProblemType::MalformedMember),
    }
}

#[cfg(test)]
mod tests {
    use nightsafe_core::encoding::{b64u, b64u_decode};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn decodes_what_core_decodes_and_nothing_else(bytes: Vec<u8>, text in "[A-Za-z0-9_=+/-]{0,12}", any in ".{0,6}") {
            prop_assert_eq!(decode(&b64u(&bytes)), Some(bytes));
            prop_assert_eq!(decode(&text), b64u_decode(&text));
            prop_assert_eq!(decode(&any), b64u_decode(&any));
        }
    }
}
