//! Names, lines, texts and secrets: lengths and characters.

use super::chars::plain;
use super::{FieldError, Normalised};
use zeroize::Zeroizing;

/// Most bytes of a name.
pub const NAME_BYTES: usize = 200;
/// Most bytes of a line.
pub const LINE_BYTES: usize = 250;
/// Most bytes of a text.
pub const TEXT_BYTES: usize = 3000;
/// Most bytes of a secret.
pub const SECRET_BYTES: usize = 1500;

/// Checks a person's or card holder's name. Normalised: trimmed, single blanks.
///
/// # Errors
/// `UnsupportedCharacters` for control and direction characters, and for a card number in the wrong field.
pub fn check_name(input: &str) -> Result<Normalised, FieldError> {
    let name = single_line(input, NAME_BYTES)?;
    if crate::plaintext::looks_like_card(&name) {
        return Err(FieldError::UnsupportedCharacters);
    }
    Ok(name)
}

/// Checks one line, such as of an address. Normalised: trimmed, single blanks.
///
/// # Errors
/// `UnsupportedCharacters` for control and direction characters, `TooLong` above 250 bytes.
pub fn check_line(input: &str) -> Result<Normalised, FieldError> {
    single_line(input, LINE_BYTES)
}

/// Checks a text of several lines. Normalised: trimmed, lines end with `\n`.
///
/// # Errors
/// `UnsupportedCharacters` for control characters, `TooLong` above 3000 bytes.
pub fn check_text(input: &str) -> Result<Normalised, FieldError> {
    let mut out = Zeroizing::new(String::with_capacity(input.len()));
    let mut chars = input.trim().chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' => {
                chars.next_if_eq(&'\n');
                out.push('\n');
            }
            '\n' | '\t' => out.push(c),
            c if is_control(c) => return Err(FieldError::UnsupportedCharacters),
            c => out.push(c),
        }
    }
    sized(out, TEXT_BYTES)
}

/// Checks a secret. It is kept exactly as given: blanks count.
///
/// # Errors
/// `TooLong` above 1500 bytes.
pub fn check_secret(input: &str) -> Result<Normalised, FieldError> {
    sized(Zeroizing::new(input.into()), SECRET_BYTES)
}

/// The house number of a normalised street line: its first word when that begins with a digit, else the last such
/// word. Upper case, at most 8 characters of `[0-9A-Z/-]`.
pub(crate) fn street_number(line: &str) -> Option<String> {
    let mut found = None;
    for (number, word) in line.as_bytes().split(|c| *c == b' ').enumerate() {
        if word.first().is_some_and(u8::is_ascii_digit) {
            found = Some(word);
            if number == 0 {
                break;
            }
        }
    }
    let mut word = found?;
    while let [rest @ .., b',' | b'.'] = word {
        word = rest;
    }
    let mut number = String::with_capacity(8);
    for c in word {
        if number.len() >= 8 || !(c.is_ascii_alphanumeric() || *c == b'/' || *c == b'-') {
            return None;
        }
        number.push(char::from(c.to_ascii_uppercase()));
    }
    Some(number)
}

fn single_line(input: &str, most: usize) -> Result<Normalised, FieldError> {
    let mut out = Zeroizing::new(String::with_capacity(input.len()));
    for c in input.trim().chars() {
        // A number in full-width digits should be found by its plain form
        let c = plain(c);
        if c.is_whitespace() {
            if !out.ends_with(' ') {
                out.push(' ');
            }
        } else if is_control(c) || is_direction(c) {
            return Err(FieldError::UnsupportedCharacters);
        } else {
            out.push(c);
        }
    }
    sized(out, most)
}

fn sized(text: Normalised, most: usize) -> Result<Normalised, FieldError> {
    match text.len() {
        0 => Err(FieldError::Required),
        length if length > most => Err(FieldError::TooLong),
        _ => Ok(text),
    }
}

fn is_control(c: char) -> bool {
    matches!(c, '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}')
}

/// Marks that change the direction of what follows: a line shown to an admin would read as another.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_lines() {
        assert_eq!(check_name("  José \u{a0} O’Brien-Łoś\t").unwrap().as_str(), "José O’Brien-Łoś");
        assert_eq!(check_line("１２ Main\tSt").unwrap().as_str(), "12 Main St");
        for (text, error) in [
            ("", FieldError::Required),
            (" \u{a0}", FieldError::Required),
            ("a\u{0}b", FieldError::UnsupportedCharacters),
            ("a\u{202e}b", FieldError::UnsupportedCharacters),
            ("4242 4242 4242 4242", FieldError::UnsupportedCharacters),
        ] {
            assert_eq!(check_name(text), Err(error));
        }
        assert_eq!(check_line(&"x".repeat(251)), Err(FieldError::TooLong));
        assert!(check_line(&"x".repeat(250)).is_ok());
    }

    #[test]
    fn texts_and_secrets() {
        assert_eq!(check_text(" a\r\nb\rc\td ").unwrap().as_str(), "a\nb\nc\td");
        assert_eq!(check_text("a\u{1b}"), Err(FieldError::UnsupportedCharacters));
        assert_eq!(check_secret(" pass \r\n").unwrap().as_str(), " pass \r\n");
        assert_eq!(check_secret(""), Err(FieldError::Required));
        assert_eq!(check_secret(&"x".repeat(1501)), Err(FieldError::TooLong));
    }

    #[test]
    fn street_numbers() {
        for (line, number) in [
            ("12 Main St", Some("12")),
            ("Hauptstraße 12a", Some("12A")),
            ("Av. Paulista 1578, ap. 4", Some("4")),
            ("12/3, Long Road", Some("12/3")),
            ("Main Street", None),
            ("123456789 Road", None),
            ("", None),
        ] {
            assert_eq!(street_number(line).as_deref(), number, "{line}");
        }
    }
}
