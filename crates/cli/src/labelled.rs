//! The text form of key files: a label, then `name value` lines in one fixed order, each ended by a line feed.

use anyhow::{Context, Result, bail};
use zeroize::Zeroizing;

/// Reads such a text line by line; every line must be the expected one.
pub(crate) struct Reader<'a> {
    what: &'static str,
    rest: &'a str,
}

impl<'a> Reader<'a> {
    /// Begins with the label's own line.
    pub(crate) fn new(what: &'static str, label: &str, text: &'a str) -> Result<Self> {
        let mut reader = Self { what, rest: text };
        if reader.line()? != label {
            bail!("this is not a {what}: its first line is not {label}");
        }
        Ok(reader)
    }

    /// The value of the next line, which must have this name.
    pub(crate) fn value(&mut self, name: &str) -> Result<&'a str> {
        let what = self.what;
        let line = self.line()?;
        line.strip_prefix(name)
            .and_then(|rest| rest.strip_prefix(' '))
            .with_context(|| format!("the {what} has no {name} line where one belongs"))
    }

    /// Base64 bytes of the next line.
    pub(crate) fn bytes(&mut self, name: &str) -> Result<Zeroizing<Vec<u8>>> {
        let value = self.value(name)?;
        let bytes = nightsafe_core::encoding::b64_decode(value)
            .with_context(|| format!("the {} has a {name} that is not base64", self.what))?;
        Ok(Zeroizing::new(bytes))
    }

    /// Refuses anything behind the last line.
    pub(crate) fn finish(self) -> Result<()> {
        if !self.rest.is_empty() {
            bail!("the {} goes on after its last line", self.what);
        }
        Ok(())
    }

    fn line(&mut self) -> Result<&'a str> {
        let (line, rest) = self.rest.split_once('\n').with_context(|| format!("the {} ends too early", self.what))?;
        self.rest = rest;
        Ok(line)
    }
}

/// Writes such a text; zeroised when dropped, because some of them hold private keys.
pub(crate) struct Writer(Zeroizing<String>);

impl Writer {
    pub(crate) fn new(label: &str) -> Self {
        // Room for the longest key file, so that growing leaves no copies of a secret behind
        let mut text = Zeroizing::new(String::with_capacity(8192));
        text.push_str(label);
        text.push('\n');
        Self(text)
    }

    pub(crate) fn value(&mut self, name: &str, value: &str) {
        for piece in [name, " ", value, "\n"] {
            self.0.push_str(piece);
        }
    }

    pub(crate) fn bytes(&mut self, name: &str, bytes: &[u8]) {
        let encoded = Zeroizing::new(nightsafe_core::encoding::b64(bytes));
        self.value(name, &encoded);
    }

    pub(crate) fn finish(self) -> Zeroizing<String> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut writer = Writer::new("label/v1");
        writer.value("site", "demo");
        writer.bytes("key", &[1, 2, 3]);
        let text = writer.finish();
        assert_eq!(*text, "label/v1\nsite demo\nkey AQID\n");
        let mut reader = Reader::new("key file", "label/v1", &text).unwrap();
        assert_eq!(reader.value("site").unwrap(), "demo");
        assert_eq!(*reader.bytes("key").unwrap(), [1, 2, 3]);
        reader.finish().unwrap();
    }

    #[test]
    fn other_texts_are_refused_without_repeating_them() {
        assert!(Reader::new("key file", "label/v1", "label/v2\n").is_err());
        let mut reader = Reader::new("key file", "label/v1", "label/v1\nsecret x\n").unwrap();
        let error = reader.value("site").unwrap_err().to_string();
        assert!(!error.contains("secret"));
        assert!(reader.finish().is_ok());
        let reader = Reader::new("key file", "label/v1", "label/v1\nmore").unwrap();
        assert!(reader.finish().is_err());
    }
}
