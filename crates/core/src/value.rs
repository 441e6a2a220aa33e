//! What is sealed: one text, or a record of named parts.

use crate::cbor::{CborError, Reader, Writer, key_order};
use crate::scalar::PartName;
use crate::sorted::settle;
use core::fmt;
use zeroize::{Zeroize, Zeroizing};

/// Most parts of a record.
pub const MAX_PARTS: usize = 16;
/// Most UTF-8 bytes of one text.
pub const MAX_TEXT: usize = 4096;

/// Why a value was refused. Holds nothing of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueError {
    /// A text longer than [`MAX_TEXT`] bytes.
    TooLong,
    /// No part, more than [`MAX_PARTS`], or one named twice.
    Parts,
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "shorten the text to at most 4096 bytes",
            Self::Parts => "give 1 to 16 parts, each name once",
        })
    }
}

impl core::error::Error for ValueError {}

/// A field's plaintext. Zeroised when dropped; `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Value(Content);

#[derive(Clone, PartialEq, Eq)]
enum Content {
    Text(Zeroizing<String>),
    /// Sorted by [`key_order`] of the names.
    Record(Vec<(PartName, Zeroizing<String>)>),
}

impl Value {
    /// A single text.
    ///
    /// # Errors
    /// [`ValueError::TooLong`].
    pub fn text(text: impl Into<Zeroizing<String>>) -> Result<Self, ValueError> {
        Ok(Self(Content::Text(checked(text.into())?)))
    }

    /// A record of parts, in any order.
    ///
    /// # Errors
    /// [`ValueError`] when a text is too long, or there is no part, too many, or one twice.
    pub fn record(parts: Vec<(PartName, Zeroizing<String>)>) -> Result<Self, ValueError> {
        if parts.is_empty() || parts.len() > MAX_PARTS {
            return Err(ValueError::Parts);
        }
        let mut sorted: Vec<(PartName, Zeroizing<String>)> = Vec::with_capacity(parts.len());
        for part in parts {
            if sorted.iter().any(|(name, _)| *name == part.0) {
                return Err(ValueError::Parts);
            }
            sorted.push(part);
            settle(&mut sorted, |(a, _), (b, _)| key_order(a.as_str(), b.as_str()).is_lt());
        }
        if sorted.iter().any(|(_, text)| text.len() > MAX_TEXT) {
            return Err(ValueError::TooLong);
        }
        Ok(Self(Content::Record(sorted)))
    }

    /// The text, when the value is a single one.
    pub fn as_text(&self) -> Option<&str> {
        match &self.0 {
            Content::Text(text) => Some(text),
            Content::Record(_) => None,
        }
    }

    /// A part of a record; for a single text, the part named `value`.
    pub fn part(&self, name: &str) -> Option<&str> {
        match &self.0 {
            Content::Text(text) => (name == "value").then_some(text),
            Content::Record(parts) => {
                let (_, text) = parts.iter().find(|(part, _)| part.as_str() == name)?;
                Some(text)
            }
        }
    }

    /// All parts and their texts; a single text is the part named `value`.
    pub fn parts(&self) -> impl Iterator<Item = (&str, &str)> {
        let (text, record) = match &self.0 {
            Content::Text(text) => (Some(("value", text.as_str())), &[][..]),
            Content::Record(parts) => (None, parts.as_slice()),
        };
        text.into_iter().chain(record.iter().map(|(name, text)| (name.as_str(), text.as_str())))
    }

    /// The deterministic CBOR of the value.
    pub fn to_cbor(&self) -> Zeroizing<Vec<u8>> {
        // The buffer never moves and leaves no copy behind
        let mut writer = Writer::with_capacity(self.most_bytes());
        match &self.0 {
            Content::Text(text) => {
                writer.text(text);
            }
            Content::Record(parts) => {
                writer.map(parts.len());
                for (name, text) in parts {
                    writer.text(name.as_str()).text(text);
                }
            }
        }
        Zeroizing::new(writer.finish())
    }

    /// No fewer bytes than the CBOR has; 9 is the longest head.
    fn most_bytes(&self) -> usize {
        match &self.0 {
            Content::Text(text) => text.len().saturating_add(9),
            Content::Record(parts) => parts.iter().fold(9, |sum, (name, text)| {
                sum.saturating_add(name.as_str().len()).saturating_add(text.len()).saturating_add(18)
            }),
        }
    }

    /// Reads what [`Value::to_cbor`] writes, and nothing else.
    ///
    /// # Errors
    /// [`CborError`] for any other bytes.
    pub fn from_cbor(bytes: &[u8]) -> Result<Self, CborError> {
        let mut reader = Reader::new(bytes);
        let value = if reader.at_map() {
            let mut parts = Vec::with_capacity(MAX_PARTS);
            for (name, text) in reader.text_map(MAX_PARTS)? {
                parts.push((PartName::parse(name).map_err(|_| CborError)?, Zeroizing::new(text.into())));
            }
            Self::record(parts)
        } else {
            Self::text(String::from(reader.text()?))
        };
        reader.end()?;
        value.map_err(|_| CborError)
    }
}

fn checked(mut text: Zeroizing<String>) -> Result<Zeroizing<String>, ValueError> {
    if text.len() > MAX_TEXT {
        text.zeroize();
        return Err(ValueError::TooLong);
    }
    Ok(text)
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Value(..)")
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    fn part(name: &str, text: &str) -> (PartName, Zeroizing<String>) {
        (PartName::parse(name).unwrap(), Zeroizing::new(text.into()))
    }

    /// Any value that fits into 4096 bytes with its padding.
    pub(crate) fn any_value() -> impl Strategy<Value = Value> {
        let text = "\\PC{0,60}".prop_map(|text| Value::text(text).unwrap());
        let record = prop::collection::btree_map("[a-z][a-z0-9_]{0,31}", "\\PC{0,30}", 1..=16)
            .prop_map(|parts| Value::record(parts.iter().map(|(name, text)| part(name, text)).collect()).unwrap());
        prop_oneof![text, record]
    }

    #[test]
    fn records_are_sorted_and_named_once() {
        let record = Value::record(vec![part("number", "4"), part("cvx", "1"), part("expiry", "2")]).unwrap();
        assert_eq!(record.parts().map(|(name, _)| name).collect::<Vec<_>>(), ["cvx", "expiry", "number"]);
        assert_eq!(record.part("expiry"), Some("2"));
        assert_eq!(record.as_text(), None);
        assert_eq!(Value::record(vec![part("a", ""), part("a", "")]), Err(ValueError::Parts));
        assert_eq!(Value::record(vec![]), Err(ValueError::Parts));
        assert_eq!(Value::record((0..17).map(|i| part(&format!("p{i}"), "")).collect()), Err(ValueError::Parts));
    }

    #[test]
    fn a_text_is_the_part_named_value() {
        let value = Value::text(String::from("x")).unwrap();
        assert_eq!((value.as_text(), value.part("value"), value.part("other")), (Some("x"), Some("x"), None));
        assert_eq!(Value::text("x".repeat(4097)), Err(ValueError::TooLong));
        assert_eq!(format!("{value:?}"), "Value(..)");
    }

    #[test]
    fn an_empty_record_or_a_bad_name_does_not_decode() {
        assert_eq!(Value::from_cbor(&[0xa0]), Err(CborError));
        assert_eq!(Value::from_cbor(&[0xa1, 0x61, b'A', 0x60]), Err(CborError));
        assert_eq!(Value::from_cbor(&[0x60, 0]), Err(CborError));
    }

    proptest! {
        #[test]
        fn encode_and_decode(value in any_value()) {
            prop_assert_eq!(Value::from_cbor(&value.to_cbor()), Ok(value));
        }

        #[test]
        fn one_value_has_one_encoding(bytes in prop::collection::vec(any::<u8>(), 0..24)) {
            if let Ok(value) = Value::from_cbor(&bytes) {
                prop_assert_eq!(&value.to_cbor()[..], &bytes[..]);
            }
        }
    }
}
