//! Reading and writing texts of one `key value` line after the other.
//!
//! Readers take lines in the one order there is. What they let pass for simplicity (a leading zero, say) is caught at
//! the end, where the text is written again and compared.

use crate::encoding::push_decimal;
use crate::label::Label;

/// The text before and after the first `mark`, an ASCII character.
pub(crate) fn cut(text: &str, mark: u8) -> Option<(&str, &str)> {
    // By hand: each of the library's searches is half a kilobyte of the checkout WASM
    let place = text.bytes().position(|byte| byte == mark)?;
    Some((text.get(..place)?, text.get(place.checked_add(1)?..)?))
}

/// The values of all lines with this key.
pub(crate) fn values<'a>(text: &'a str, key: &str) -> impl Iterator<Item = &'a str> {
    let mut rest = text;
    core::iter::from_fn(move || {
        loop {
            let (line, after) = cut(rest, b'\n')?;
            rest = after;
            if let Some((word, value)) = cut(line, b' ')
                && word == key
            {
                return Some(value);
            }
        }
    })
}

/// Lines still to be read.
pub(crate) struct Lines<'a> {
    text: &'a str,
    rest: &'a str,
    /// Bytes from the line last looked at on: the one that is wrong, when one is.
    at: usize,
}

impl<'a> Lines<'a> {
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { text, rest: text, at: text.len() }
    }

    /// The line last looked at, from 1: taken and found wrong, or not the one that was wanted.
    pub(crate) fn number(&self) -> u32 {
        let before = self.text.len().saturating_sub(self.at);
        let lines = self.text.bytes().take(before).filter(|byte| *byte == b'\n').count();
        u32::try_from(lines).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// Takes the first line when it is this label.
    pub(crate) fn label(&mut self, label: Label) -> Option<()> {
        let (line, rest) = cut(self.rest, b'\n')?;
        (line == label.as_str()).then(|| self.rest = rest)
    }

    /// Takes the next line when it begins with this key: what follows the key.
    pub(crate) fn take(&mut self, key: &str) -> Option<&'a str> {
        self.at = self.rest.len();
        let (line, rest) = cut(self.rest, b'\n')?;
        let (word, value) = cut(line, b' ')?;
        (word == key).then(|| {
            self.rest = rest;
            value
        })
    }

    /// Takes a decimal number.
    pub(crate) fn take_number(&mut self, key: &str) -> Option<u64> {
        crate::encoding::decimal(self.take(key)?.as_bytes())
    }

    /// Takes all lines with this key that follow each other: their text.
    pub(crate) fn take_all(&mut self, key: &str) -> &'a str {
        let from = self.rest;
        while self.take(key).is_some() {}
        from.get(..from.len().saturating_sub(self.rest.len())).unwrap_or_default()
    }

    /// Whether all lines are taken.
    pub(crate) const fn at_end(&mut self) -> bool {
        self.at = self.rest.len();
        self.rest.is_empty()
    }
}

/// Appends a line: words with single blanks between.
pub(crate) fn push_line(out: &mut String, words: &[&str]) {
    for (place, word) in words.iter().enumerate() {
        if place > 0 {
            out.push(' ');
        }
        out.push_str(word);
    }
    out.push('\n');
}

/// Appends a line with a decimal number.
pub(crate) fn push_number(out: &mut String, key: &str, number: u64) {
    out.push_str(key);
    out.push(' ');
    push_decimal(out, number, 1);
    out.push('\n');
}
