//! Entry bundles (`c2sp.org/tlog-tiles`): entries, each after its length as a big-endian u16.

use super::{LogError, TILE_WIDTH};

/// Most bytes of an entry.
pub const MAX_ENTRY: usize = u16::MAX as usize;
/// Most bytes of a bundle: 256 entries, each with its length.
pub const MAX_BUNDLE: usize = 256 * (2 + MAX_ENTRY);

/// The bytes of a bundle.
///
/// # Errors
/// [`LogError::Entry`] for an entry above [`MAX_ENTRY`], [`LogError::Range`] when they are not 1 to 256.
pub fn encode_bundle<T: AsRef<[u8]>>(entries: &[T]) -> Result<Vec<u8>, LogError> {
    if !(1..=usize::from(TILE_WIDTH)).contains(&entries.len()) {
        return Err(LogError::Range);
    }
    let mut bytes = Vec::new();
    for entry in entries {
        let entry = entry.as_ref();
        let length = u16::try_from(entry.len()).map_err(|_| LogError::Entry)?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    Ok(bytes)
}

/// The entries of a bundle of that width.
///
/// # Errors
/// [`LogError::Malformed`] when there are fewer or more, or bytes are left over.
pub fn parse_bundle(bytes: &[u8], width: u16) -> Result<Vec<&[u8]>, LogError> {
    let (mut rest, mut entries) = (bytes, Vec::new());
    while let Some((length, after)) = rest.split_first_chunk() {
        let (entry, after) = after.split_at_checked(u16::from_be_bytes(*length).into()).ok_or(LogError::Malformed)?;
        if entries.len() >= width.into() {
            return Err(LogError::Malformed);
        }
        entries.push(entry);
        rest = after;
    }
    (rest.is_empty() && entries.len() == usize::from(width)).then_some(entries).ok_or(LogError::Malformed)
}
