//! Programs of a machine, by the SHA-256 that a release has of them.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

/// SHA-256 of a file, which may be larger than anything that a site serves: it is read in parts.
///
/// # Errors
/// The system's, and one for what is no file: a pipe would hold us for ever.
pub fn sha256_of(path: &Path) -> io::Result<[u8; 32]> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "is no file"));
    }
    let (mut hasher, mut file) = (Sha256::new(), fs::File::open(path)?);
    let mut part = vec![0; 1 << 16];
    loop {
        let length = file.read(&mut part)?;
        match part.get(..length) {
            Some(read) if length > 0 => hasher.update(read),
            _ => return Ok(hasher.finalize().into()),
        }
    }
}
