//! Integrity strings: making them, and refusing markup whose strings are not exactly of the one accepted form.
//!
//! A browser ignores an `integrity` value that it cannot parse and runs the script all the same, so the form is checked
//! here, before anything is published.

use anyhow::{Result, bail};
use base64ct::{Base64, Encoding};
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

/// `^(sha384-[A-Za-z0-9+/]{64})( ed25519-[A-Za-z0-9+/]{43}=)?$`
pub(crate) fn is_strict(integrity: &str) -> bool {
    let (hash, signature) = match integrity.split_once(' ') {
        Some((hash, signature)) => (hash, Some(signature)),
        None => (integrity, None),
    };
    let hash_fits = hash.strip_prefix("sha384-").is_some_and(|digest| digest.len() == 64 && is_base64(digest));
    let signature_fits = signature.is_none_or(|signature| {
        signature
            .strip_prefix("ed25519-")
            .and_then(|key| key.strip_suffix('='))
            .is_some_and(|key| key.len() == 43 && is_base64(key))
    });
    hash_fits && signature_fits
}

fn is_base64(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
}

/// Refuses a document in which a script or a stylesheet is not pinned, or pinned in a way that browsers would ignore.
pub(crate) fn check_markup(name: &str, html: &str) -> Result<()> {
    let lower = html.to_ascii_lowercase();
    let mut scripts = 0_usize;
    for (at, _) in lower.match_indices('<') {
        let (Some(tag), Some(tag_lower)) = (tag_at(html, at), tag_at(&lower, at)) else {
            continue;
        };
        let element = tag_lower
            .trim_start_matches('<')
            .split(|c: char| c.is_ascii_whitespace() || c == '>' || c == '/')
            .next()
            .unwrap_or_default();
        let loads = match element {
            "script" => true,
            "link" => ["stylesheet", "modulepreload", "preload"]
                .iter()
                .any(|rel| attribute(tag_lower, tag, "rel") == Some(rel)),
            _ => false,
        };
        if !loads {
            continue;
        }
        if element == "script" {
            scripts += 1;
            if attribute(tag_lower, tag, "src").is_none_or(str::is_empty) {
                bail!("{name} holds an inline script: scripts are files of their own, pinned by integrity");
            }
        }
        match attribute(tag_lower, tag, "integrity") {
            Some(value) if is_strict(value) => {}
            Some(_) => bail!(
                "{name} has an integrity value that is not sha384- and 64 base64 characters: browsers ignore such values and run the file unchecked"
            ),
            None => bail!("{name} loads a <{element}> without an integrity attribute"),
        }
        if !tag_lower.contains("crossorigin") {
            bail!("{name} loads a <{element}> without crossorigin: Integrity-Policy would block it");
        }
    }
    if scripts != 1 {
        bail!("{name} must load exactly one script and loads {scripts}");
    }
    Ok(())
}

/// The text of a tag from its `<` to its `>`.
fn tag_at(html: &str, at: usize) -> Option<&str> {
    let rest = html.get(at..)?;
    rest.get(..=rest.find('>')?)
}

/// The value of an attribute in quotes; names are looked up in the lowercase copy, values come from the original.
fn attribute<'a>(tag_lower: &str, tag: &'a str, name: &str) -> Option<&'a str> {
    let mut from = 0;
    loop {
        let at = from + tag_lower.get(from..)?.find(name)?;
        from = at + name.len();
        let stands_alone =
            tag_lower.get(..at).and_then(|before| before.chars().next_back()).is_some_and(|c| c.is_ascii_whitespace());
        let Some(rest) = tag.get(from..).filter(|_| stands_alone) else {
            continue;
        };
        for quote in ['"', '\''] {
            if let Some(value) = rest.strip_prefix('=').and_then(|r| r.strip_prefix(quote)) {
                return value.split(quote).next();
            }
        }
    }
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
        assert!(is_strict(&format!("{good} {key}")));
        for bad in [
            "",
            "sha384-",
            "sha384-!!!",
            "md5-AAAA",
            &good.replace('-', ":"),
            &format!("{good} "),
            &format!(" {good}"),
            &format!("{good} {good}"),
            &good.replace("sha384", "sha256"),
        ] {
            assert!(!is_strict(bad), "{bad}");
        }
    }

    #[test]
    fn markup_with_a_weak_or_missing_pin_is_refused() {
        let pin = sha384(b"x");
        let script = |attributes: &str| check_markup("frame.html", &format!("<p>x</p><script {attributes}></script>"));
        let good = format!(r#"type="module" src="l.js" integrity="{pin}" crossorigin="anonymous""#);
        script(&good).unwrap();
        for bad in [
            good.replace(&pin, ""),
            good.replace("sha384-", "sha384:"),
            good.replace("integrity", "data-integrity"),
            good.replace("crossorigin", "x"),
            good.replace("src", "data-src"),
        ] {
            assert!(script(&bad).is_err(), "{bad}");
        }
        assert!(check_markup("frame.html", "<p>no script</p>").is_err());
        let sheet = format!(r#"<link rel="stylesheet" href="a.css"><script {good}></script>"#);
        assert!(check_markup("index.html", &sheet).is_err());
    }
}
