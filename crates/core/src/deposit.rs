//! Deposits: the sealed fields of one order, as they travel from browser to vault (`docs/spec/deposit.md`).

mod assemble;
mod body;
mod json;

pub use crate::locator::MAX_FIELDS;
pub use assemble::{FieldToSeal, Order, assemble};

use crate::envelope::{Envelope, MAX_ENVELOPE};
use crate::facets::Facets;
use crate::primitives::sha256;
use crate::scalar::{DepositId, KeyId, KindName, ManifestHash, Nonce, Reference, Site, Tag};
use crate::time::Month;
use core::fmt;

/// Most bytes of a deposit's JSON.
pub const MAX_BODY: usize = 262_144;

/// Why a deposit was refused. Holds nothing of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DepositError {
    /// No field, more than [`MAX_FIELDS`], or tags not strictly ascending.
    Fields,
    /// A field or the locator is sealed to another key than the deposit names.
    Key,
    /// An envelope is longer than [`MAX_ENVELOPE`].
    Length,
    /// A field has the kind that locators are sealed under.
    Kind,
    /// The id is not that of nonce and body.
    Id,
    /// A value could not be sealed: too long for an envelope.
    Seal,
    /// The bytes are not a canonical body.
    Malformed,
}

impl fmt::Display for DepositError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fields => "send 1 to 32 fields, sorted by tag, no tag twice",
            Self::Key => "seal all fields and the locator to the data key that the deposit names",
            Self::Length => "keep each envelope within 8192 bytes",
            Self::Kind => "do not send a field of the kind locator",
            Self::Id => "send the id that nonce and body give",
            Self::Seal => "shorten the field: it is too long to be sealed",
            Self::Malformed => "send the deposit in its canonical form",
        })
    }
}

impl core::error::Error for DepositError {}

/// One field of a deposit: a row of the vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Where it lies.
    pub tag: Tag,
    /// Its kind.
    pub kind: KindName,
    /// The month after which it is deleted.
    pub expires: Month,
    /// The sealed value.
    pub envelope: Envelope,
}

/// What a deposit is made of. Each value was checked; whether they belong together is what [`Deposit`] adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DepositParts {
    /// 32 random bytes; the vault drops them.
    pub nonce: Nonce,
    /// The shop.
    pub site: Site,
    /// The shop's reference.
    pub reference: Reference,
    /// The key manifest that was in force.
    pub manifest: ManifestHash,
    /// The data key that all envelopes are sealed to.
    pub key_id: KeyId,
    /// What stays readable.
    pub facets: Facets,
    /// The sealed locator.
    pub locator: Envelope,
    /// The fields, sorted by tag.
    pub fields: Vec<Field>,
}

/// A deposit whose parts belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deposit {
    id: DepositId,
    parts: DepositParts,
}

impl Deposit {
    /// Checks that the parts belong together, and computes the id.
    ///
    /// # Errors
    /// [`DepositError`] for the first thing that is wrong.
    pub fn new(parts: DepositParts) -> Result<Self, DepositError> {
        let fields = &parts.fields;
        if !(1..=MAX_FIELDS).contains(&fields.len()) || !fields.is_sorted_by(|a, b| a.tag < b.tag) {
            return Err(DepositError::Fields);
        }
        for envelope in fields.iter().map(|field| &field.envelope).chain([&parts.locator]) {
            if envelope.key_id() != parts.key_id || envelope.suite() != parts.locator.suite() {
                return Err(DepositError::Key);
            }
            if envelope.as_bytes().len() > MAX_ENVELOPE {
                return Err(DepositError::Length);
            }
        }
        if fields.iter().any(|field| field.kind.is_locator()) {
            return Err(DepositError::Kind);
        }
        Ok(Self::of(parts))
    }

    /// Of parts that belong together.
    fn of(parts: DepositParts) -> Self {
        let id = DepositId(sha256(&[parts.nonce.as_bytes(), &body::write(&parts)]));
        Self { id, parts }
    }

    /// Checks parts that came with an id.
    ///
    /// # Errors
    /// As for [`Deposit::new`], and [`DepositError::Id`] when the id is another.
    pub fn check(id: &DepositId, parts: DepositParts) -> Result<Self, DepositError> {
        let deposit = Self::new(parts)?;
        (deposit.id == *id).then_some(deposit).ok_or(DepositError::Id)
    }

    /// Reads a canonical body that was stored with its nonce and id.
    ///
    /// # Errors
    /// [`DepositError::Malformed`] when it is not canonical, else as for [`Deposit::check`].
    pub fn from_canonical_body(id: &DepositId, nonce: Nonce, body: &[u8]) -> Result<Self, DepositError> {
        Self::check(id, body::read(nonce, body).map_err(|_| DepositError::Malformed)?)
    }

    /// SHA-256(nonce, canonical body): the same for every retry.
    pub const fn id(&self) -> DepositId {
        self.id
    }

    /// What it is made of.
    pub const fn parts(&self) -> &DepositParts {
        &self.parts
    }

    /// Takes it apart.
    pub fn into_parts(self) -> DepositParts {
        self.parts
    }

    /// The deterministic CBOR that the id is the hash of.
    pub fn canonical_body(&self) -> Vec<u8> {
        body::write(&self.parts)
    }

    /// The JSON of `POST /v1/deposits`.
    pub fn to_json(&self) -> String {
        json::write(&self.id, &self.parts)
    }
}

#[cfg(test)]
pub(crate) mod tests;
