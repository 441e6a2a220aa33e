//! What an opening opens, without a word on where it lies.

use super::AuditError;
use crate::cbor::{Reader, Writer};
use crate::label::Label;
use crate::primitives::sha256;
use crate::scalar::KindName;
use core::fmt;

/// Most fields of one entry: all of a deposit, its locator, and some that were resealed.
pub const MAX_OPENED: usize = 48;

/// Commits to the X25519 point of one encapsulation: SHA-256(label, 0x00, point).
///
/// A key server that is asked to evaluate a point looks it up among those of the entry that it was shown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PointHash(pub [u8; 32]);

impl PointHash {
    /// The hash of a point ([`crate::envelope::Envelope::x25519_point`]).
    pub fn of(point: &[u8; 32]) -> Self {
        Self(sha256(&[Label::AuditPoint.as_bytes(), &[0], point]))
    }
}

impl fmt::Debug for PointHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::encoding::hex(&self.0))
    }
}

/// One envelope that is opened. Fields are ordered by kind, index, point; no two are the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OpenedField {
    /// Its kind, or `locator`.
    pub kind: KindName,
    /// Which of the deposit's fields of that kind, from 0.
    pub index: u32,
    /// The point of its encapsulation.
    pub point: PointHash,
}

pub(super) fn are_in_order(fields: &[OpenedField]) -> bool {
    (1..=MAX_OPENED).contains(&fields.len()) && fields.is_sorted_by(|a, b| a < b)
}

/// [[kind, index, point hash], ...]
pub(super) fn write(fields: &[OpenedField], writer: &mut Writer) {
    writer.array(fields.len());
    for field in fields {
        writer.array(3).text(field.kind.as_str()).uint(field.index.into()).bytes(&field.point.0);
    }
}

pub(super) fn read(reader: &mut Reader<'_>) -> Result<Vec<OpenedField>, AuditError> {
    let count = reader.array(MAX_OPENED)?;
    let mut fields = Vec::with_capacity(count);
    for _ in 0..count {
        reader.array_of(3)?;
        let kind = KindName::parse(reader.text()?)?;
        let index = reader.uint()?.try_into().map_err(|_| AuditError::Malformed)?;
        fields.push(OpenedField { kind, index, point: PointHash(reader.byte_array()?) });
    }
    Ok(fields)
}
