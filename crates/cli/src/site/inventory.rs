//! The inventory of scripts (PCI DSS 6.4.3): for every file that browsers run, who answers for it, what it does, and why it
//! must be there. A shop overrides what it likes in `inventory.toml` of its data directory, by the first part of the name:
//!
//! ```toml
//! [element]
//! owner = "Web team, web@shop.example"
//! ```

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use nightsafe_core::release::{FilePath, Script};
use serde::Deserialize;

use crate::files;

const OWNER: &str = "Nightsafe project";

/// Name, purpose, justification. A longer name stands before the one that it begins with.
const USUAL: &[(&str, &str, &str)] = &[
    (
        "element",
        "Puts the frame with the card fields into the checkout page and the receipt into its form",
        "The shop's page needs a way to the frame that holds no card data itself",
    ),
    (
        "loader",
        "Loads the sealing module in the frame, by its hash, and hands it the trust anchor",
        "The module cannot run without it; no other script runs in the frame",
    ),
    (
        "checkout-portable",
        "The sealing module for browsers without Ed25519: verifies keys, checks and seals what is typed",
        "Card data has to be encrypted before it leaves the shopper's browser, in older browsers too",
    ),
    (
        "checkout",
        "The sealing module: verifies keys, checks and seals what is typed",
        "Card data has to be encrypted before it leaves the shopper's browser",
    ),
    (
        "admin",
        "The admin site: signs in, unwraps keys, opens fields",
        "Sealed fields are opened in an admin's browser only",
    ),
    (
        "passphrase",
        "Judges new passphrases on the admin site",
        "A weak passphrase would be the way to the keys; it must not leave the browser to be judged",
    ),
];

/// What the file changes.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    owner: Option<String>,
    purpose: Option<String>,
    justification: Option<String>,
}

pub(super) struct Inventory(BTreeMap<String, Own>);

impl Inventory {
    /// The file, if there is one.
    pub(super) fn read(path: &Path) -> Result<Self> {
        if !path.exists() {
            return Ok(Self(BTreeMap::new()));
        }
        let own: BTreeMap<String, Own> = toml::from_str(&files::read_text(path)?)
            .with_context(|| format!("{} must be tables with owner, purpose, justification", path.display()))?;
        if let Some(name) = own.keys().find(|name| USUAL.iter().all(|(usual, ..)| usual != name)) {
            bail!("{} names {name}, which is no script of the site", path.display());
        }
        Ok(Self(own))
    }

    /// The entry of a file; none when browsers do not run it.
    pub(super) fn entry(&self, path: &FilePath) -> Result<Option<Script>> {
        if !path.is_code() {
            return Ok(None);
        }
        let file = path.as_str().trim_start_matches('/');
        let (name, purpose, justification) = USUAL
            .iter()
            .find(|(name, ..)| file.strip_prefix(name).is_some_and(|rest| rest.starts_with('-')))
            .with_context(|| format!("{file} is a script that is not in the inventory: nobody answers for it"))?;
        let own = self.0.get(*name);
        let or = |own: Option<&String>, usual: &str| own.cloned().unwrap_or_else(|| usual.to_owned());
        Ok(Some(Script {
            owner: or(own.and_then(|own| own.owner.as_ref()), OWNER),
            purpose: or(own.and_then(|own| own.purpose.as_ref()), purpose),
            justification: or(own.and_then(|own| own.justification.as_ref()), justification),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_has_somebody_who_answers_for_it_and_strangers_have_nobody() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("inventory.toml");
        std::fs::write(&file, "[element]\nowner = \"Web team\"\n").unwrap();
        let inventory = Inventory::read(&file).unwrap();
        let entry = |path: &str| inventory.entry(&FilePath::parse(path).unwrap());
        assert_eq!(entry("/element-0123456789abcdef.js").unwrap().unwrap().owner, "Web team");
        let portable = entry("/checkout-portable-0123456789abcdef.wasm").unwrap().unwrap();
        assert!(portable.owner == OWNER && portable.purpose.contains("without Ed25519"));
        assert!(entry("/frame-0123456789abcdef.html").unwrap().is_none());
        assert!(entry("/tracker.js").is_err() && entry("/elements.js").is_err());
        std::fs::write(&file, "[tracker]\nowner = \"x\"\n").unwrap();
        assert!(Inventory::read(&file).is_err());
    }
}
