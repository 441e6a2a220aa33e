//! Binary values inside JSON: lowercase hex of a fixed length, and base64url without padding.

use std::fmt;

use nightsafe_core::encoding;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// `N` bytes, written as `2 * N` lowercase hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hex<const N: usize>(pub [u8; N]);

/// A 32-byte value: deposit id, tag, envelope hash, manifest hash.
pub type Hex32 = Hex<32>;
/// A 16-byte value: key id.
pub type Hex16 = Hex<16>;

/// Bytes, written as base64url (RFC 4648 section 5) without padding.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct B64u(pub Vec<u8>);

/// Why a text is not what [`Hex`] or [`B64u`] read. Holds nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncodingError {
    /// Not exactly the expected number of lowercase hex digits.
    #[error("write the value as {0} lowercase hex digits")]
    Hex(usize),
    /// Not canonical base64url without padding.
    #[error("write the value as base64url without padding")]
    Base64Url,
}

impl<const N: usize> Hex<N> {
    /// Reads exactly `2 * N` lowercase hex digits.
    pub fn parse(text: &str) -> Result<Self, EncodingError> {
        encoding::hex_array(text).map(Self).ok_or(EncodingError::Hex(2 * N))
    }
}

impl B64u {
    /// Reads base64url without padding; unused bits must be zero.
    pub fn parse(text: &str) -> Result<Self, EncodingError> {
        encoding::b64u_decode(text).map(Self).ok_or(EncodingError::Base64Url)
    }

    /// The base64url text.
    pub fn to_text(&self) -> String {
        encoding::b64u(&self.0)
    }
}

impl<const N: usize> fmt::Display for Hex<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encoding::hex(&self.0))
    }
}

impl<const N: usize> fmt::Debug for Hex<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Shows the length only: what travels as base64url may be a login message or a ciphertext.
impl fmt::Debug for B64u {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "B64u({} bytes)", self.0.len())
    }
}

impl<const N: usize> Serialize for Hex<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for B64u {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_text())
    }
}

impl<'de, const N: usize> Deserialize<'de> for Hex<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<const N: usize>;
        impl<const N: usize> de::Visitor<'_> for Visitor<N> {
            type Value = Hex<N>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{} lowercase hex digits", 2 * N)
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Hex<N>, E> {
                Hex::parse(text).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

impl<'de> Deserialize<'de> for B64u {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = B64u;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("base64url without padding")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<B64u, E> {
                B64u::parse(text).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

/// Reads a JSON object. `None` for anything else: `serde` would take an array for a struct, which no document of ours
/// says that it may.
pub fn read_object<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    body.trim_ascii_start().starts_with(b"{").then(|| serde_json::from_slice(body).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_is_lowercase_and_of_one_length() {
        assert_eq!(Hex::<2>::parse("00ff").unwrap(), Hex([0, 255]));
        assert_eq!(Hex([0x0a_u8, 0xb0]).to_string(), "0ab0");
        for bad in ["", "00f", "00fg", "00FF", "00ff00", "é0f"] {
            assert_eq!(Hex::<2>::parse(bad), Err(EncodingError::Hex(4)), "{bad}");
        }
    }

    #[test]
    fn only_an_object_is_an_object() {
        #[derive(Debug, PartialEq, Deserialize)]
        struct Search {
            brand: Option<String>,
        }
        assert_eq!(read_object(b" {\"brand\": null}"), Some(Search { brand: None }));
        for bad in [&b"[null]"[..], b"[]", b"", b"null", b"{", b"{}]"] {
            assert_eq!(read_object::<Search>(bad), None);
        }
    }

    #[test]
    fn base64url_is_canonical() {
        assert_eq!(B64u::parse("-_8").unwrap(), B64u(vec![0xfb, 0xff]));
        for bad in ["-_8=", "+/8", "-_9", "a", "a b"] {
            assert_eq!(B64u::parse(bad), Err(EncodingError::Base64Url), "{bad}");
        }
    }

    #[test]
    fn debug_shows_no_bytes() {
        assert_eq!(format!("{:?}", B64u(vec![1, 2, 3])), "B64u(3 bytes)");
    }

    #[test]
    fn errors_hold_no_input() {
        let error = serde_json::from_str::<Hex32>("\"4111111111111111\"").unwrap_err();
        assert!(!error.to_string().contains("4111"), "{error}");
    }
}
