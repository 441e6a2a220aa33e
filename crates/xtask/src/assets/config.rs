//! wasm-pack.toml.

use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The whole file: one table per WASM package, and what checkouts may weigh.
#[derive(Deserialize)]
pub(crate) struct Config {
    pub(crate) payload: Payload,
    /// By the name of its glue
    #[serde(flatten)]
    pub(crate) packages: BTreeMap<String, Package>,
}

/// How one WASM package becomes a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Package {
    /// Package of this workspace
    #[serde(rename = "crate")]
    pub(crate) package: String,
    /// File name under target/assets
    pub(crate) output: String,
    /// Cargo profile
    pub(crate) profile: String,
    pub(crate) features: Vec<String>,
    /// Flags for wasm-opt
    pub(crate) optimiser: Vec<String>,
    /// Largest size after brotli -11, in bytes
    pub(crate) budget: usize,
    /// Name of the package whose glue this module has to go with
    pub(crate) glue: Option<String>,
    /// Allowed imports, without wasm-bindgen's hashes
    pub(crate) imports: Vec<String>,
}

/// What the fields origin may send, in bytes after brotli -11.
#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Payload {
    /// All of one checkout, in a browser of today, in English
    pub(crate) budget: usize,
    /// The same in a browser without Ed25519
    pub(crate) portable: usize,
    /// What any other language adds
    pub(crate) language: usize,
}

impl Config {
    /// The packages, those with a glue of their own first.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = (&String, &Package)> {
        let own = self.packages.iter().filter(|(_, package)| package.glue.is_none());
        own.chain(self.packages.iter().filter(|(_, package)| package.glue.is_some()))
    }

    /// Reads the file; a key that means nothing is an error, so that a misspelt budget cannot pass.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("{} is not as its comments say", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[payload]\nbudget = 1\nportable = 3\nlanguage = 4\n[a]\ncrate = 'c'\noutput = 'o'\nprofile = 'p'\nfeatures = []\noptimiser = []\nbudget = 2\nimports = []\n";

    #[test]
    fn reads_packages_and_payload() {
        let config: Config = toml::from_str(GOOD).unwrap();
        let Payload { budget, portable, language } = config.payload;
        assert_eq!((budget, portable, language), (1, 3, 4));
        assert_eq!(config.packages["a"].budget, 2);
    }

    #[test]
    fn a_package_that_shares_glue_comes_after_the_others() {
        let shared = GOOD.replace("[a]", "[z]")
            + &GOOD.replace("[payload]\nbudget = 1\nportable = 3\nlanguage = 4\n", "glue = 'z'\n");
        let config: Config = toml::from_str(&shared.replace("glue = 'z'\n[a]", "[a]\nglue = 'z'")).unwrap();
        assert_eq!(config.in_order().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["z", "a"]);
    }

    #[test]
    fn refuses_unknown_and_missing_keys() {
        assert!(toml::from_str::<Config>(&GOOD.replace("imports", "import")).is_err());
        assert!(toml::from_str::<Config>(&format!("{GOOD}max = 1\n")).is_err());
        assert!(toml::from_str::<Config>(&format!("limit = 1\n{GOOD}")).is_err());
        assert!(toml::from_str::<Config>(&GOOD.replace("[payload]\n", "[payload]\nx = 1\n")).is_err());
        assert!(toml::from_str::<Config>(&GOOD.replace("portable = 3\n", "")).is_err());
    }
}
