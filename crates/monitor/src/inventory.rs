//! What a shop's own page may run: a file that the shop's people keep, so that everything else is foreign.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use nightsafe_core::release::Headers;
use serde::Deserialize;

use crate::page::Item;

/// The file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inventory {
    /// The security headers of the page, exactly these; when there are none here, nobody looks at them.
    #[serde(default)]
    pub headers: Headers,
    #[serde(default, rename = "script")]
    scripts: Vec<Entry>,
}

/// A script, a handler or a frame, and why it is there (PCI DSS 6.4.3).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// Of a script or a frame.
    url: Option<String>,
    /// Of a script: what its bytes must be.
    integrity: Option<String>,
    /// Of a script in the page, or a handler: base64 of SHA-256.
    sha256: Option<String>,
    owner: String,
    purpose: String,
    justification: String,
}

impl Inventory {
    /// Reads a file.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("{} is refused", path.display()))
    }

    fn parse(text: &str) -> Result<Self> {
        let inventory: Self = toml::from_str(text)?;
        for Entry { url, integrity, sha256, owner, purpose, justification } in &inventory.scripts {
            if url.is_some() == sha256.is_some() || integrity.is_some() && url.is_none() {
                bail!("each [[script]] has a url, with an integrity or without one, or a sha256");
            }
            if integrity.as_ref().is_some_and(|text| !text.starts_with("sha384-")) {
                bail!("an integrity is sha384- and base64");
            }
            if [owner, purpose, justification].into_iter().any(|text| text.trim().is_empty()) {
                bail!("each [[script]] has an owner, a purpose and a justification");
            }
        }
        Ok(inventory)
    }

    /// Whether something may be there; of a script, the integrity that its bytes must have where one is asked for.
    pub fn allows(&self, item: &Item) -> Option<Option<&str>> {
        let entry = self.scripts.iter().find(|entry| match item {
            Item::Script { url, .. } | Item::Frame(url) => entry.url.as_deref() == Some(url.as_str()),
            Item::Inline(hash) | Item::Handler(hash) => entry.sha256.as_deref() == Some(hash),
        })?;
        Some(entry.integrity.as_deref())
    }
}

/// An inventory of what is there, to be read, filled in and kept. Nobody vouches for it.
pub fn draft(items: &BTreeSet<Item>) -> String {
    let mut text =
        String::from("# What the page runs. Take out what should not be there, and say of the rest why it is.\n");
    for item in items {
        let line = match item {
            Item::Script { url, .. } | Item::Frame(url) => format!("url = {:?}", url.as_str()),
            Item::Inline(hash) | Item::Handler(hash) => format!("sha256 = {hash:?}"),
        };
        let kind = match item {
            Item::Script { .. } => "a script",
            Item::Inline(_) => "a script in the page",
            Item::Handler(_) => "a handler, an address with code, a page in the page, or a refresh",
            Item::Frame(_) => "a frame",
        };
        // Writing to a text does not fail
        let _ = write!(text, "\n[[script]] # {kind}\n{line}\nowner = \"\"\npurpose = \"\"\njustification = \"\"\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use url::Url;

    const GOOD: &str = "owner = \"a\"\npurpose = \"b\"\njustification = \"c\"\n";

    #[test]
    fn entries_say_what_and_why() {
        let inventory = Inventory::parse(&format!(
            "[[script]]\nurl = \"https://a.example/x.js\"\nintegrity = \"sha384-x\"\n{GOOD}[[script]]\nsha256 = \"h\"\n{GOOD}"
        ));
        let inventory = inventory.unwrap();
        let script = |url| Item::Script { url: Url::parse(url).unwrap(), integrity: None, crossorigin: false };
        assert_eq!(inventory.allows(&script("https://a.example/x.js")), Some(Some("sha384-x")));
        assert_eq!(inventory.allows(&script("https://a.example/x.js?1")), None);
        assert_eq!(inventory.allows(&Item::Inline("h".into())), Some(None));
        assert_eq!(inventory.allows(&Item::Inline("i".into())), None);
        for bad in [
            format!("[[script]]\n{GOOD}"),
            format!("[[script]]\nsha256 = \"h\"\nintegrity = \"sha384-x\"\n{GOOD}"),
            format!("[[script]]\nurl = \"u\"\nintegrity = \"md5-x\"\n{GOOD}"),
            "[[script]]\nurl = \"u\"\nowner = \"\"\npurpose = \"b\"\njustification = \"c\"\n".to_owned(),
            "[[scripts]]".to_owned(),
        ] {
            assert!(Inventory::parse(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_draft_has_to_be_filled_in() {
        let items = BTreeSet::from([Item::Inline("h".into()), Item::Frame(Url::parse("https://a.example/").unwrap())]);
        let text = draft(&items);
        assert!(Inventory::parse(&text).is_err());
        let filled = text.replace("\"\"", "\"x\"");
        let inventory = Inventory::parse(&filled).unwrap();
        assert!(items.iter().all(|item| inventory.allows(item).is_some()), "{filled}");
    }
}
