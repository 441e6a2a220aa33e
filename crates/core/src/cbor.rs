//! Deterministic CBOR (RFC 8949 section 4.2.1), as much of it as the formats need: unsigned integers,
//! byte strings, text strings, arrays and maps of definite length.
//!
//! The reader refuses whatever the writer would not have written, so that one value has one encoding.

use core::fmt;

const UINT: u8 = 0;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;

/// The bytes are not deterministic CBOR, not of the expected type, or too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CborError;

impl fmt::Display for CborError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("encode the value as deterministic CBOR, as specified for its format")
    }
}

impl core::error::Error for CborError {}

/// Appends CBOR items to a buffer.
#[derive(Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// A writer that does not reallocate up to `capacity` bytes, so that secrets leave no copies behind.
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// An unsigned integer.
    pub fn uint(&mut self, value: u64) -> &mut Self {
        self.head(UINT, value)
    }

    /// A byte string.
    pub fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.head(BYTES, value.len() as u64);
        self.0.extend_from_slice(value);
        self
    }

    /// A text string.
    pub fn text(&mut self, value: &str) -> &mut Self {
        self.head(TEXT, value.len() as u64);
        self.0.extend_from_slice(value.as_bytes());
        self
    }

    /// The head of an array; its items follow.
    pub fn array(&mut self, items: usize) -> &mut Self {
        self.head(ARRAY, items as u64)
    }

    /// The head of a map; its keys and values follow, keys ascending by [`key_order`].
    pub fn map(&mut self, entries: usize) -> &mut Self {
        self.head(MAP, entries as u64)
    }

    /// The bytes written.
    pub fn finish(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.0)
    }

    fn head(&mut self, major: u8, value: u64) -> &mut Self {
        let major = major << 5;
        let bytes = value.to_be_bytes();
        let [.., b4, b5, b6, b7] = bytes;
        match value {
            0..=23 => self.0.push(major | b7),
            24..=0xff => self.0.extend_from_slice(&[major | 24, b7]),
            0x100..=0xffff => self.0.extend_from_slice(&[major | 25, b6, b7]),
            0x1_0000..=0xffff_ffff => self.0.extend_from_slice(&[major | 26, b4, b5, b6, b7]),
            _ => {
                self.0.push(major | 27);
                self.0.extend_from_slice(&bytes);
            }
        }
        self
    }
}

/// Order of text keys in a deterministic map: shorter first, then bytewise (RFC 8949 section 4.2.1 on encoded keys).
pub fn key_order(a: &str, b: &str) -> core::cmp::Ordering {
    (a.len(), a).cmp(&(b.len(), b))
}

/// Reads CBOR items off the front of a buffer.
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// A reader of exactly these bytes.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// An unsigned integer.
    ///
    /// # Errors
    /// [`CborError`] when the next item is something else.
    pub fn uint(&mut self) -> Result<u64, CborError> {
        self.head(UINT)
    }

    /// A byte string.
    ///
    /// # Errors
    /// [`CborError`] when the next item is something else.
    pub fn bytes(&mut self) -> Result<&'a [u8], CborError> {
        let length = self.head(BYTES)?;
        self.take(length)
    }

    /// A byte string of exactly `N` bytes.
    ///
    /// # Errors
    /// [`CborError`] when the next item is something else.
    pub fn byte_array<const N: usize>(&mut self) -> Result<[u8; N], CborError> {
        self.bytes()?.try_into().map_err(|_| CborError)
    }

    /// A text string.
    ///
    /// # Errors
    /// [`CborError`] when the next item is something else, or not UTF-8.
    pub fn text(&mut self) -> Result<&'a str, CborError> {
        let length = self.head(TEXT)?;
        core::str::from_utf8(self.take(length)?).map_err(|_| CborError)
    }

    /// The head of an array of exactly `items`.
    ///
    /// # Errors
    /// [`CborError`] when the next item is something else.
    pub fn array_of(&mut self, items: usize) -> Result<(), CborError> {
        (self.array(items)? == items).then_some(()).ok_or(CborError)
    }

    /// The head of an array; answers its number of items, at most `limit`.
    ///
    /// # Errors
    /// [`CborError`] when the next item is something else, or longer.
    pub fn array(&mut self, limit: usize) -> Result<usize, CborError> {
        let items = self.head(ARRAY)?;
        usize::try_from(items).ok().filter(|items| *items <= limit).ok_or(CborError)
    }

    /// A map of texts, at most `limit` entries, keys strictly ascending by [`key_order`].
    ///
    /// # Errors
    /// [`CborError`] when the next item is something else, longer, or out of order.
    pub fn text_map(&mut self, limit: usize) -> Result<Vec<(&'a str, &'a str)>, CborError> {
        let entries = self.head(MAP)?;
        let entries = usize::try_from(entries).ok().filter(|entries| *entries <= limit).ok_or(CborError)?;
        let mut map: Vec<(&str, &str)> = Vec::with_capacity(entries);
        for _ in 0..entries {
            let (key, value) = (self.text()?, self.text()?);
            if map.last().is_some_and(|(last, _)| key_order(last, key).is_ge()) {
                return Err(CborError);
            }
            map.push((key, value));
        }
        Ok(map)
    }

    /// The next item is a text string equal to `expected`.
    ///
    /// # Errors
    /// [`CborError`] when it is not.
    pub fn expect_text(&mut self, expected: &str) -> Result<(), CborError> {
        (self.text()? == expected).then_some(()).ok_or(CborError)
    }

    /// Whether the next item is a map.
    pub fn at_map(&self) -> bool {
        self.0.first().is_some_and(|byte| byte >> 5 == MAP)
    }

    /// All bytes have been read.
    ///
    /// # Errors
    /// [`CborError`] when bytes follow.
    pub fn end(&self) -> Result<(), CborError> {
        self.0.is_empty().then_some(()).ok_or(CborError)
    }

    fn head(&mut self, major: u8) -> Result<u64, CborError> {
        let (first, rest) = self.0.split_first().ok_or(CborError)?;
        self.0 = rest;
        if first >> 5 != major {
            return Err(CborError);
        }
        let (length, least) = match first & 31 {
            short @ 0..=23 => return Ok(u64::from(short)),
            24 => (1, 24),
            25 => (2, 0x100),
            26 => (4, 0x1_0000),
            27 => (8, 0x1_0000_0000),
            _ => return Err(CborError),
        };
        let mut value = 0;
        for byte in self.take(length)? {
            value = value << 8 | u64::from(*byte);
        }
        // A longer head than needed is a second encoding of the same value
        (value >= least).then_some(value).ok_or(CborError)
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], CborError> {
        let length = usize::try_from(length).map_err(|_| CborError)?;
        let (taken, rest) = self.0.split_at_checked(length).ok_or(CborError)?;
        self.0 = rest;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn heads_of_rfc_8949_appendix_a() {
        for (value, hex) in [
            (0, "00"),
            (23, "17"),
            (24, "1818"),
            (100, "1864"),
            (1000, "1903e8"),
            (1_000_000, "1a000f4240"),
            (1_000_000_000_000, "1b000000e8d4a51000"),
            (u64::MAX, "1bffffffffffffffff"),
        ] {
            let bytes = Writer::default().uint(value).finish();
            assert_eq!(crate::encoding::hex(&bytes), hex);
            let mut reader = Reader::new(&bytes);
            assert_eq!(reader.uint(), Ok(value));
            assert_eq!(reader.end(), Ok(()));
        }
    }

    #[test]
    fn longer_heads_are_refused() {
        for bytes in [
            &[0x18, 23][..],
            &[0x19, 0, 255],
            &[0x1a, 0, 0, 255, 255],
            &[0x1b, 0, 0, 0, 0, 255, 255, 255, 255],
            &[0x1f],
            &[0x1c],
            &[0x18],
            &[],
        ] {
            assert_eq!(Reader::new(bytes).uint(), Err(CborError));
        }
        // Indefinite-length text, and text that is not UTF-8
        assert_eq!(Reader::new(&[0x7f, 0x61, b'a', 0xff]).text(), Err(CborError));
        assert_eq!(Reader::new(&[0x61, 0xff]).text(), Err(CborError));
        // A length that no memory holds
        assert_eq!(Reader::new(&[0x5b, 255, 255, 255, 255, 255, 255, 255, 255]).bytes(), Err(CborError));
    }

    #[test]
    fn maps_are_ordered_and_without_repetition() {
        let map = |keys: &[&str]| {
            let mut writer = Writer::default();
            writer.map(keys.len());
            for key in keys {
                writer.text(key).text("");
            }
            writer.finish()
        };
        assert!(Reader::new(&map(&["z", "aa"])).text_map(2).is_ok());
        assert!(Reader::new(&map(&["z", "aa"])).text_map(1).is_err());
        assert!(Reader::new(&map(&["aa", "z"])).text_map(2).is_err());
        assert!(Reader::new(&map(&["z", "z"])).text_map(2).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = (Reader::new(&bytes).text_map(16), Reader::new(&bytes).bytes(), Reader::new(&bytes).array(9));
            // What is read is what is written
            if let Ok(value) = Reader::new(&bytes).uint() {
                let written = Writer::default().uint(value).finish();
                prop_assert_eq!(&bytes[..written.len()], &written[..]);
            }
        }
    }
}
