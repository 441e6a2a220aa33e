//! E-mail addresses: what mail systems take in practice, within the limits of RFC 5321 section 4.5.3.1.

use super::chars::plain;
use super::{FieldError, Normalised};
use zeroize::Zeroizing;

/// Checks an e-mail address. Normalised: trimmed, the domain in lower case.
///
/// # Errors
/// `Incomplete` without `@` or without a dot in the domain, `TooLong` above 254 bytes, `InvalidEmail` otherwise.
pub fn check(input: &str) -> Result<Normalised, FieldError> {
    let input = input.trim();
    if input.is_empty() {
        return Err(FieldError::Required);
    }
    let mut out = Zeroizing::new(String::with_capacity(input.len()));
    out.extend(input.chars().map(plain));
    if out.len() > 254 {
        return Err(FieldError::TooLong);
    }
    if out.chars().any(|c| c <= ' ' || "()<>[]\\,;:\"\u{7f}".contains(c) || is_unsafe(c)) {
        return Err(FieldError::InvalidEmail);
    }
    let Some((local, domain)) = out.rsplit_once('@') else {
        return Err(FieldError::Incomplete);
    };
    if !is_local(local) {
        return Err(FieldError::InvalidEmail);
    }
    // Fine so far: the dot or the rest of the last label may still come
    if domain.is_empty() || !domain.contains('.') || (domain.ends_with('.') && !domain.ends_with("..")) {
        return Err(FieldError::Incomplete);
    }
    if !domain.split('.').all(is_label) || !is_top(domain.rsplit('.').next().unwrap_or("")) {
        return Err(FieldError::InvalidEmail);
    }
    let at = local.len();
    if let Some(domain) = out.get_mut(at..) {
        domain.make_ascii_lowercase();
    }
    Ok(out)
}

fn is_local(local: &str) -> bool {
    (1..=64).contains(&local.len()) && !local.contains('@') && local.split('.').all(|piece| !piece.is_empty())
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || !c.is_ascii())
}

/// A top-level label has at least two characters and is not a number.
fn is_top(label: &str) -> bool {
    label.len() >= 2 && !label.bytes().all(|c| c.is_ascii_digit())
}

/// Invisible and direction-changing characters, with which an address looks like another.
fn is_unsafe(c: char) -> bool {
    matches!(c, '\u{80}'..='\u{a0}' | '\u{ad}' | '\u{2000}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepted() {
        for (text, normalised) in [
            ("  Ada@Example.COM ", "Ada@example.com"),
            ("a+b.c_d'e@x-y.co.uk", "a+b.c_d'e@x-y.co.uk"),
            ("jörg@münchen.example", "jörg@münchen.example"),
            ("ａ＠ｂ．de", "a@b.de"),
            ("x@123.example", "x@123.example"),
        ] {
            assert_eq!(check(text).unwrap().as_str(), normalised, "{text}");
        }
    }

    #[test]
    fn refused() {
        let long = ["a@", &"b.".repeat(130), "de"].concat();
        for (text, error) in [
            ("", FieldError::Required),
            ("ada", FieldError::Incomplete),
            ("ada@", FieldError::Incomplete),
            ("ada@example", FieldError::Incomplete),
            ("ada@example.", FieldError::Incomplete),
            ("@example.com", FieldError::InvalidEmail),
            ("a b@example.com", FieldError::InvalidEmail),
            ("a@b@example.com", FieldError::InvalidEmail),
            (".a@example.com", FieldError::InvalidEmail),
            ("a..b@example.com", FieldError::InvalidEmail),
            ("a@-example.com", FieldError::InvalidEmail),
            ("a@example..com", FieldError::InvalidEmail),
            ("a@example.c", FieldError::InvalidEmail),
            ("a@10.0.0.1", FieldError::InvalidEmail),
            ("\"a\"@example.com", FieldError::InvalidEmail),
            ("a\u{202e}@example.com", FieldError::InvalidEmail),
            (long.as_str(), FieldError::TooLong),
        ] {
            assert_eq!(check(text), Err(error), "{text}");
        }
    }
}
