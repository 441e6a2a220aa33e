//! What is served, held against a release: every byte and every header. Shared by who looks once (`nightsafe site verify`) and who
//! looks again and again.

mod asker;
pub mod folder;
mod held;
pub mod html;
pub mod program;
mod server;
pub mod server_files;

use std::collections::BTreeMap;
use std::io::{self, Read};

use flate2::read::{MultiGzDecoder, ZlibDecoder};
use nightsafe_core::log::{Checkpoint, Logged};
use nightsafe_core::note::Vkey;
use nightsafe_core::release::{CONTENT_TYPE, HeaderDifference, Headers, LOG_PREFIX, Place, SiteRelease};
use nightsafe_core::release_log::Entry;

use crate::client::Answer;
use crate::static_files::media_type;

pub use asker::{Asker, Failed, Manner, decoded};
pub use held::Held;
pub use server::Server;

/// Something that is not as it was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// A stable code; of files WAICT's reasons.
    pub code: &'static str,
    /// The file or address.
    pub what: String,
    /// What is wrong with it.
    pub said: String,
}

/// The code of what could not be looked at.
pub const UNREACHABLE: &str = "unreachable";
/// The code of a release that is not there at all.
pub const UNAVAILABLE: &str = "manifest_unavailable";

/// The code of a release that no proof shows to be in its log, as WAICT has it.
pub const INVALID_PROOF: &str = "invalid_transparency_proof";

/// Verifies the proof that a release is in the log with this key; gives the checkpoint that it leads to.
///
/// # Errors
/// What is wrong with it.
pub fn verify_proof(text: &str, release: &SiteRelease, log: &Vkey) -> Result<Checkpoint, String> {
    let logged = Logged::parse(text).map_err(|_| "is no proof that something is in a log".to_owned())?;
    logged.verify(&Entry::of_release(release).leaf(), log).map_err(|error| format!("does not prove it: {error}"))
}

impl Finding {
    /// A finding.
    pub fn new(code: &'static str, what: impl Into<String>, said: impl ToString) -> Self {
        Self { code, what: what.into(), said: said.to_string() }
    }

    /// Of a header.
    pub fn header(what: &str, difference: &HeaderDifference) -> Self {
        let code = difference.fault.code();
        let said = code.strip_prefix("header_").unwrap_or(code);
        Self::new(code, what, format!("{} is {said}", difference.name))
    }
}

/// How the headers of an answer differ, at a path of the release or of its log: those of every answer, and the type.
pub fn differing_headers(place: &Place, path: &str, answer: &Answer) -> Vec<Finding> {
    let headers: Vec<_> = answer.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let what = place.url(path);
    let of =
        |place: &Place| place.check_headers(path, &headers).iter().map(|one| Finding::header(&what, one)).collect();
    if !path.starts_with(LOG_PREFIX) {
        return of(place);
    }
    let mut place = Place { files: BTreeMap::new(), ..place.clone() };
    place.headers.insert(path.to_owned(), typed(path));
    of(&place)
}

/// A line for each.
pub fn lines(findings: &[Finding]) -> String {
    findings.iter().map(|Finding { code, what, said }| format!("{code}  {what}  {said}")).collect::<Vec<_>>().join("\n")
}

/// How a body or a sibling is compressed.
#[derive(Clone, Copy, Debug)]
pub enum Packing {
    /// RFC 7932.
    Brotli,
    /// RFC 1952.
    Gzip,
    /// RFC 1950, which HTTP calls so.
    Deflate,
}

/// What was compressed, of which there may be no more than `most` bytes: a few can be made of gigabytes.
///
/// # Errors
/// What the decoder says, and `InvalidData` when there are more bytes.
pub fn unpack(packing: Packing, packed: &[u8], most: u64) -> io::Result<Vec<u8>> {
    let (mut plain, limit) = (Vec::new(), most.saturating_add(1));
    match packing {
        Packing::Brotli => brotli::Decompressor::new(packed, 4096).take(limit).read_to_end(&mut plain)?,
        // With all that follows the first part: some readers go on there
        Packing::Gzip => MultiGzDecoder::new(packed).take(limit).read_to_end(&mut plain)?,
        Packing::Deflate => ZlibDecoder::new(packed).take(limit).read_to_end(&mut plain)?,
    };
    if u64::try_from(plain.len()).unwrap_or(u64::MAX) > most {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is longer than the file"));
    }
    Ok(plain)
}

/// The type of what is at a path: with another one, browsers would make something else of the same bytes.
pub fn typed(path: &str) -> Headers {
    let media_type = media_type(path).unwrap_or("application/octet-stream");
    Headers::from([(CONTENT_TYPE.to_owned(), media_type.to_owned())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compressed_is_unpacked_up_to_a_limit() {
        let plain = vec![b'a'; 1 << 20];
        let (mut packed, mut zipped) = (Vec::new(), Vec::new());
        brotli::BrotliCompress(&mut &plain[..], &mut packed, &Default::default()).unwrap();
        flate2::read::GzEncoder::new(&plain[..], flate2::Compression::best()).read_to_end(&mut zipped).unwrap();
        for (packing, bytes) in [(Packing::Brotli, packed), (Packing::Gzip, zipped.clone())] {
            assert_eq!(unpack(packing, &bytes, 1 << 20).unwrap().len(), 1 << 20);
            assert!(unpack(packing, &bytes, (1 << 20) - 1).is_err());
            assert!(unpack(packing, b"neither of them", 100).is_err());
        }
        assert!(unpack(Packing::Gzip, &zipped.repeat(2), 1 << 20).is_err());
        assert!(unpack(Packing::Gzip, &[zipped.as_slice(), b"more"].concat(), 1 << 20).is_err());
    }
}
