//! Filling a shop's own text into the assets, which are the same for every shop.
//!
//! Placeholders are upper-case names between double underscores. One that is missing, or left over afterwards, means
//! that assets and command do not belong together, and nothing is published.

use anyhow::{Context, Result, bail};

/// All placeholders begin with one of these.
const PREFIXES: [&str; 2] = ["__NIGHTSAFE_", "__ADMIN_"];

/// One asset being filled.
pub(crate) struct Template<'a> {
    name: &'a str,
    text: String,
}

impl<'a> Template<'a> {
    pub(crate) fn new(name: &'a str, bytes: Vec<u8>) -> Result<Self> {
        let text = String::from_utf8(bytes)
            .ok()
            .with_context(|| format!("{name} is not UTF-8 text: build the assets again"))?;
        Ok(Self { name, text })
    }

    /// Replaces a JavaScript string literal that consists of the placeholder alone, which must occur exactly once.
    pub(crate) fn literal(&mut self, placeholder: &str, value: &str) -> Result<()> {
        let count = self.text.matches(placeholder).count();
        if count != 1 {
            bail!("{} holds {placeholder} {count} times instead of once: build the assets again", self.name);
        }
        for quote in ['"', '\'', '`'] {
            let literal = format!("{quote}{placeholder}{quote}");
            if self.text.contains(&literal) {
                self.text = self.text.replace(&literal, &js_string(value)?);
                return Ok(());
            }
        }
        bail!("{} holds {placeholder}, but not as a string literal of its own: build the assets again", self.name)
    }

    /// Replaces a placeholder in markup; the value may only hold what needs no escaping there.
    pub(crate) fn text(&mut self, placeholder: &str, value: &str) -> Result<()> {
        if !self.text.contains(placeholder) {
            bail!("{} holds no {placeholder}: build the assets again", self.name);
        }
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=-_.:".contains(&byte);
        if value.is_empty() || !value.bytes().all(is_plain) {
            bail!("the value for {placeholder} cannot stand in markup unescaped");
        }
        self.text = self.text.replace(placeholder, value);
        Ok(())
    }

    /// The filled text; refuses a placeholder that nobody filled.
    pub(crate) fn finish(self) -> Result<String> {
        if PREFIXES.iter().any(|prefix| self.text.contains(prefix)) {
            bail!(
                "{} has a placeholder left that this version does not know: use the assets of the same release",
                self.name
            );
        }
        Ok(self.text)
    }
}

/// A JSON string is a JavaScript one too, when it is ASCII and cannot end a script element.
fn js_string(value: &str) -> Result<String> {
    if !value.is_ascii() {
        bail!("only ASCII text can be filled into a script");
    }
    Ok(serde_json::to_string(value)?.replace('<', "\\u003c"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(text: &str) -> Template<'static> {
        Template::new("loader.js", text.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn a_literal_is_replaced_with_its_quotes() {
        for quote in ["\"", "'", "`"] {
            let mut js = template(&format!("f({quote}__NIGHTSAFE_ANCHOR__{quote})"));
            js.literal("__NIGHTSAFE_ANCHOR__", "a\n\"b\" </script>\n").unwrap();
            assert_eq!(js.finish().unwrap(), r#"f("a\n\"b\" \u003c/script>\n")"#);
        }
    }

    #[test]
    fn missing_doubled_and_embedded_literals_are_refused() {
        for bad in ["f()", r#"f("__NIGHTSAFE_ANCHOR__", "__NIGHTSAFE_ANCHOR__")"#, r#"f("x __NIGHTSAFE_ANCHOR__")"#] {
            assert!(template(bad).literal("__NIGHTSAFE_ANCHOR__", "x").is_err());
        }
    }

    #[test]
    fn a_leftover_placeholder_is_refused() {
        let mut html = template("__NIGHTSAFE_LOADER__ __NIGHTSAFE_OTHER__");
        html.text("__NIGHTSAFE_LOADER__", "loader-1.js").unwrap();
        assert!(html.finish().is_err());
    }

    #[test]
    fn markup_values_cannot_break_out() {
        for bad in ["", "a\"b", "a b", "<b>"] {
            assert!(template("__ADMIN_JS__").text("__ADMIN_JS__", bad).is_err());
        }
    }
}
