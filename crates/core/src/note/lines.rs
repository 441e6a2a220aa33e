//! Reading and writing texts of one `key value` line after the other.
//!
//! Readers take lines in the one order there is. What they let pass for simplicity (a leading zero, say) is caught at
//! the end, where the text is written again and compared.

use crate::encoding::push_decimal;
use crate::label::Label;

/// Lines still to be read.
pub(crate) struct Lines<'a> {
    rest: &'a str,
    /// The line that `rest` begins with, from 1.
    next: u32,
    /// The line last looked at: the one that is wrong, when one is.
    at: u32,
}

impl<'a> Lines<'a> {
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { rest: text, next: 1, at: 1 }
    }

    /// The line last looked at, from 1: taken and found wrong, or not the one that was wanted.
    pub(crate) const fn number(&self) -> u32 {
        self.at
    }

    /// Takes the first line when it is this label.
    pub(crate) fn label(&mut self, label: Label) -> Option<()> {
        let rest = self.rest.strip_prefix(label.as_str())?.strip_prefix('\n')?;
        self.advance(rest);
        Some(())
    }

    /// Takes the next line when it begins with this key: what follows the key.
    pub(crate) fn take(&mut self, key: &str) -> Option<&'a str> {
        self.at = self.next;
        let (value, rest) = self.rest.strip_prefix(key)?.strip_prefix(' ')?.split_once('\n')?;
        self.advance(rest);
        Some(value)
    }

    /// Takes a decimal number.
    pub(crate) fn take_number(&mut self, key: &str) -> Option<u64> {
        crate::encoding::decimal(self.take(key)?.as_bytes())
    }

    /// Whether all lines are taken.
    pub(crate) const fn at_end(&mut self) -> bool {
        self.at = self.next;
        self.rest.is_empty()
    }

    fn advance(&mut self, rest: &'a str) {
        self.rest = rest;
        self.next = self.next.saturating_add(1);
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
