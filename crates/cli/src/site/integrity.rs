//! Integrity strings: making them, and knowing those that are exactly of the one accepted form.
//!
//! A browser ignores an `integrity` value that it cannot parse and runs the script all the same, so the form is checked
//! here, before anything is published.

use base64ct::{Base64, Encoding};
use nightsafe_core::release::MAX_KEYS;
use sha2::{Digest, Sha256, Sha384};

/// `sha384-<base64>` of these bytes, as `integrity` attributes and Content-Security-Policy want it.
pub(crate) fn sha384(bytes: &[u8]) -> String {
    format!("sha384-{}", Base64::encode_string(&Sha384::digest(bytes)))
}

/// `sha256-<base64>`, used for the frame's one inline style.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    format!("sha256-{}", Base64::encode_string(&Sha256::digest(bytes)))
}

/// What a file's name carries: the first 16 hex digits of its SHA-384.
pub(crate) fn name_hash(bytes: &[u8]) -> String {
    Sha384::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// `^(sha384-[A-Za-z0-9+/]{64})( ed25519-[A-Za-z0-9+/]{43}=){0,2}$`: of the keys either is enough, of hash and keys both count.
pub(crate) fn is_strict(integrity: &str) -> bool {
    let mut parts = integrity.split(' ');
    let hash = parts.next().and_then(|hash| hash.strip_prefix("sha384-"));
    let keys: Vec<&str> = parts.collect();
    hash.is_some_and(|digest| digest.len() == 64 && is_base64(digest))
        && keys.len() <= MAX_KEYS
        && keys.into_iter().all(is_key)
}

fn is_key(text: &str) -> bool {
    let key = text.strip_prefix("ed25519-").and_then(|key| key.strip_suffix('='));
    key.is_some_and(|key| key.len() == 43 && is_base64(key))
}

fn is_base64(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_openssl() {
        // printf abc | openssl dgst -sha384 -binary | openssl base64 -A
        assert_eq!(sha384(b"abc"), "sha384-ywB1P0WjXou1oD1pmsZQBycsMqsO3tFjGotgWkP/W+2AhgcroefMI1i67KE0yCWn");
        assert_eq!(name_hash(b"abc"), "cb00753f45a35e8b");
        assert!(is_strict(&sha384(b"abc")));
    }

    #[test]
    fn only_the_strict_form_passes() {
        let good = sha384(b"x");
        let key = format!("ed25519-{}=", "A".repeat(43));
        assert!(is_strict(&format!("{good} {key}")) && is_strict(&format!("{good} {key} {key}")));
        for bad in [
            "",
            "sha384-",
            "sha384-!!!",
            "md5-AAAA",
            &good.replace('-', ":"),
            &format!("{good} "),
            &format!(" {good}"),
            &format!("{good} {good}"),
            &format!("{good}  {key}"),
            &format!("{good} {key} "),
            &format!("{good} {key} {key} {key}"),
            &format!("{key} {good}"),
            &key,
            &good.replace("sha384", "sha256"),
        ] {
            assert!(!is_strict(bad), "{bad}");
        }
    }
}
