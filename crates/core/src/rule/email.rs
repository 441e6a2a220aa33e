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
    for c in input.chars() {
        out.push(plain(c));
    }
    if out.len() > 254 {
        return Err(FieldError::TooLong);
    }
    if out.chars().any(is_refused) {
        return Err(FieldError::InvalidEmail);
    }
    let Some(at) = out.bytes().rposition(|c| c == b'@') else {
        return Err(FieldError::Incomplete);
    };
    let (local, domain) = out.as_bytes().split_at(at);
    let [_, domain @ ..] = domain else {
        return Err(FieldError::Incomplete);
    };
    if !is_local(local) {
        return Err(FieldError::InvalidEmail);
    }
    // Fine so far: the dot or the rest of the last label may still come
    let open = match domain {
        [.., b'.', b'.'] => false,
        [] | [.., b'.'] => true,
        _ => domain.iter().all(|c| *c != b'.'),
    };
    if open {
        return Err(FieldError::Incomplete);
    }
    let mut last: &[u8] = &[];
    for label in domain.split(|c| *c == b'.') {
        if !is_label(label) {
            return Err(FieldError::InvalidEmail);
        }
        last = label;
    }
    if !is_top(last) {
        return Err(FieldError::InvalidEmail);
    }
    if let Some(domain) = out.get_mut(at..) {
        domain.make_ascii_lowercase();
    }
    Ok(out)
}

fn is_local(local: &[u8]) -> bool {
    local.len() <= 64 && local.iter().all(|c| *c != b'@') && local.split(|c| *c == b'.').all(|piece| !piece.is_empty())
}

fn is_label(label: &[u8]) -> bool {
    label.len() <= 63
        && label.first().is_some_and(|c| *c != b'-')
        && label.last() != Some(&b'-')
        && label.iter().all(|c| c.is_ascii_alphanumeric() || *c == b'-' || !c.is_ascii())
}

/// A top-level label has at least two characters and is not a number.
fn is_top(label: &[u8]) -> bool {
    label.len() >= 2 && !label.iter().all(u8::is_ascii_digit)
}

/// Blanks, what has a meaning in headers, and invisible and direction-changing characters, with which an address looks
/// like another.
fn is_refused(c: char) -> bool {
    matches!(
        c,
        '\0'..=' ' | '(' | ')' | '<' | '>' | '[' | ']' | '\\' | ',' | ';' | ':' | '"' | '\u{7f}'
            | '\u{80}'..='\u{a0}' | '\u{ad}' | '\u{2000}'..='\u{206f}' | '\u{feff}'
    )
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
