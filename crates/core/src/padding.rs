//! Padding to a bucket, so that an envelope's length tells the bucket and no more (ISO/IEC 7816-4: 0x80, then zeros).

use core::fmt;
use zeroize::Zeroizing;

/// Most bytes of a padded plaintext.
pub const MAX_PADDED: usize = 4096;

/// The plaintext is too long for an envelope, or has no padding that could be taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaddingError;

impl fmt::Display for PaddingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("keep the padded plaintext within 4096 bytes")
    }
}

impl core::error::Error for PaddingError {}

/// Padded lengths are multiples of this: a multiple of 16 from 16 to 4096.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket(u16);

impl Bucket {
    /// The bucket of locators.
    pub const LOCATOR: Self = Self(512);

    /// A bucket; `None` when it is not a multiple of 16 from 16 to 4096.
    pub const fn new(bytes: u16) -> Option<Self> {
        if bytes < 16 || bytes > 4096 || !bytes.is_multiple_of(16) {
            return None;
        }
        Some(Self(bytes))
    }

    /// Bytes.
    pub const fn get(self) -> u16 {
        self.0
    }
}

/// The plaintext, 0x80, and zeros up to the next multiple of the bucket.
///
/// # Errors
/// [`PaddingError`] when that is more than [`MAX_PADDED`] bytes.
pub fn pad(plaintext: &[u8], bucket: Bucket) -> Result<Zeroizing<Vec<u8>>, PaddingError> {
    let length = padded_length(plaintext.len(), bucket)?;
    let mut padded = Zeroizing::new(Vec::with_capacity(length));
    padded.extend_from_slice(plaintext);
    padded.push(0x80);
    padded.resize(length, 0);
    Ok(padded)
}

/// How long a plaintext is when it is padded.
pub(crate) fn padded_length(length: usize, bucket: Bucket) -> Result<usize, PaddingError> {
    let padded = length.checked_add(1).and_then(|length| length.checked_next_multiple_of(bucket.0.into()));
    padded.filter(|length| *length <= MAX_PADDED).ok_or(PaddingError)
}

/// The plaintext in front of the last 0x80 that only zeros follow.
///
/// # Errors
/// [`PaddingError`] when there is none.
pub fn unpad(padded: &[u8]) -> Result<&[u8], PaddingError> {
    let last = padded.iter().rposition(|byte| *byte != 0).ok_or(PaddingError)?;
    match padded.split_at_checked(last) {
        Some((plaintext, [0x80, ..])) => Ok(plaintext),
        _ => Err(PaddingError),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_full_bucket_takes_another() {
        let bucket = Bucket::new(32).unwrap();
        assert_eq!(pad(&[7; 31], bucket).unwrap().len(), 32);
        assert_eq!(pad(&[7; 32], bucket).unwrap().len(), 64);
        assert_eq!(pad(&[], bucket).unwrap().len(), 32);
        assert_eq!(pad(&[7; 4095], bucket).unwrap().len(), 4096);
        assert_eq!(pad(&[7; 4096], bucket), Err(PaddingError));
        // 3008 goes once into 4096: no second bucket
        assert_eq!(pad(&[7; 3008], Bucket::new(3008).unwrap()), Err(PaddingError));
    }

    #[test]
    fn what_is_not_padding_is_refused() {
        for padded in [&[][..], &[0, 0], &[1, 0], &[0x80, 1]] {
            assert_eq!(unpad(padded), Err(PaddingError));
        }
    }

    #[test]
    fn buckets() {
        assert_eq!(
            [0, 15, 16, 24, 128, 4096, 4112].map(|b| Bucket::new(b).is_some()),
            [false, false, true, false, true, true, false]
        );
    }

    proptest! {
        #[test]
        fn pad_and_unpad(plaintext in prop::collection::vec(any::<u8>(), 0..600), steps in 1_u16..=64) {
            let bucket = Bucket::new(steps * 16).unwrap();
            let padded = pad(&plaintext, bucket).unwrap();
            prop_assert_eq!(padded.len() % usize::from(bucket.get()), 0);
            prop_assert!(padded.len() <= plaintext.len() + usize::from(bucket.get()));
            prop_assert_eq!(unpad(&padded), Ok(&plaintext[..]));
        }
    }
}
