//! What is served, or is about to be, held against a release: every byte and every header.

mod folder;
mod server;

use std::io::Read;

use anyhow::{Result, bail};
use nightsafe_core::release::HeaderDifference;

pub(crate) use folder::{Folder, folder};
pub(crate) use server::Server;

/// Something that is not as it was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// A stable code; of files WAICT's reasons.
    pub(crate) code: &'static str,
    /// The file or address.
    pub(crate) what: String,
    pub(crate) said: String,
}

/// The code of what could not be looked at.
pub(crate) const UNREACHABLE: &str = "unreachable";
/// The code of a release that is not there at all.
pub(crate) const UNAVAILABLE: &str = "manifest_unavailable";

impl Finding {
    pub(crate) fn new(code: &'static str, what: impl Into<String>, said: impl ToString) -> Self {
        Self { code, what: what.into(), said: said.to_string() }
    }

    fn header(what: &str, difference: &HeaderDifference) -> Self {
        let code = difference.fault.code();
        let said = code.strip_prefix("header_").unwrap_or(code);
        Self::new(code, what, format!("{} is {said}", difference.name))
    }
}

/// A line for each.
pub(crate) fn lines(findings: &[Finding]) -> String {
    findings.iter().map(|Finding { code, what, said }| format!("{code}  {what}  {said}")).collect::<Vec<_>>().join("\n")
}

/// The bytes of a brotli stream, of which there may be no more than `most`: a few bytes can be made of gigabytes.
fn unpack(packed: &[u8], most: u64) -> Result<Vec<u8>> {
    let mut plain = Vec::new();
    let mut reader = brotli::Decompressor::new(packed, 4096).take(most.saturating_add(1));
    reader.read_to_end(&mut plain)?;
    if u64::try_from(plain.len()).unwrap_or(u64::MAX) > most {
        bail!("it is longer than the file");
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compressed_is_unpacked_up_to_a_limit() {
        let mut packed = Vec::new();
        brotli::BrotliCompress(&mut &vec![b'a'; 1 << 20][..], &mut packed, &Default::default()).unwrap();
        assert_eq!(unpack(&packed, 1 << 20).unwrap().len(), 1 << 20);
        assert!(unpack(&packed, (1 << 20) - 1).is_err());
        assert!(unpack(b"not brotli", 100).is_err());
    }
}
