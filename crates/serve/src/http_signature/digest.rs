use nightsafe_core::encoding::{b64, b64_decode};
use sha2::{Digest, Sha256};

const START: &str = "sha-256=:";
const END: &str = ":";

/// The value of `Content-Digest` for a body.
pub(super) fn content_digest(body: &[u8]) -> String {
    [START, &b64(&Sha256::digest(body)), END].concat()
}

/// The digest in a value of the form above.
pub(super) fn parse(value: &str) -> Option<[u8; 32]> {
    let text = value.strip_prefix(START)?.strip_suffix(END)?;
    b64_decode(text)?.try_into().ok()
}

/// Whether the body is the one that the digest is of.
pub(super) fn is_digest_of(digest: &[u8; 32], body: &[u8]) -> bool {
    // Nothing here is secret: whoever sends a digest knows the body
    Sha256::digest(body).as_slice() == digest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9421 appendix B.2 has this body; its SHA-256 is the one of RFC 9530 section 2 for the same text.
    #[test]
    fn the_digest_of_a_known_body() {
        let value = content_digest(b"{\"hello\": \"world\"}");
        assert_eq!(value, "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:");
        assert!(is_digest_of(&parse(&value).unwrap(), b"{\"hello\": \"world\"}"));
        assert!(!is_digest_of(&parse(&value).unwrap(), b"{\"hello\": \"World\"}"));
    }

    #[test]
    fn other_forms_are_refused() {
        let good = content_digest(b"");
        for bad in [
            "",
            "sha-256=::",
            "sha-256=:AAAA:",
            &good.replace("256", "512"),
            &good.replace("sha", "SHA"),
            &format!("{good}, sha-512=:AA==:"),
            &format!(" {good}"),
            &good.replace("=:", "=::"),
        ] {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }
}
