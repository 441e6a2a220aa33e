//! Rules of the layout that a text search can hold: SQL in one crate, algorithm names in few files.

use super::lengths::sources;
use crate::place;
use anyhow::{Result, bail};
use std::fs;

/// Words that have one home.
struct Rule {
    what: &'static str,
    /// Any of these in a line of code
    words: &'static [&'static str],
    /// Paths, relative to the workspace, below which they may be
    homes: &'static [&'static str],
}

const RULES: &[Rule] = &[
    Rule {
        what: "SQL",
        words: &[
            "\"SELECT ",
            "\"INSERT INTO",
            "\"INSERT OR",
            "\"UPDATE ",
            "\"DELETE FROM",
            "\"CREATE TABLE",
            "\"PRAGMA ",
            "sqlx::",
        ],
        homes: &["crates/store/"],
    },
    Rule {
        what: "an algorithm's crate",
        words: &[
            "chacha20poly1305::",
            "x25519_dalek::",
            "ed25519_dalek::",
            "curve25519_dalek::",
            "ml_kem::",
            "hkdf::",
            "argon2::",
            "hpke::",
            "use ring::", // not that of rustls, nor String
        ],
        homes: &["crates/core/", "crates/login/", "crates/passkey/"],
    },
    Rule { what: "a label of the formats", words: &["\"nightsafe/v1/"], homes: &["crates/core/"] },
];

/// Refuses words outside their homes. Tests may compare with anything.
pub(crate) fn check() -> Result<()> {
    let root = place::root();
    let mut found = Vec::new();
    for file in sources()?.into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "rs")) {
        let name = file.strip_prefix(&root).unwrap_or(&file).to_string_lossy().into_owned();
        let text = fs::read_to_string(&file)?;
        found.extend(RULES.iter().flat_map(|rule| rule.complaints(&name, &text)));
    }
    if !found.is_empty() {
        bail!("{}", found.join("\n       "));
    }
    Ok(())
}

impl Rule {
    fn complaints(&self, name: &str, text: &str) -> Vec<String> {
        let is_test = name.starts_with("tests/") || name.contains("/tests/") || name.ends_with("/tests.rs");
        if is_test || name.starts_with("crates/xtask/") || self.homes.iter().any(|home| name.starts_with(home)) {
            return Vec::new();
        }
        let code = text.lines().take_while(|line| !line.contains("#[cfg(test)]")).enumerate();
        code.filter(|(_, line)| {
            !line.trim_start().starts_with("//") && self.words.iter().any(|word| line.contains(word))
        })
        .map(|(index, _)| format!("{name}:{}: {} has its home in {}", index + 1, self.what, self.homes.join(" and ")))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(name: &str, text: &str) -> usize {
        RULES.iter().map(|rule| rule.complaints(name, text).len()).sum()
    }

    #[test]
    fn words_stay_at_home() {
        assert_eq!(complaints("crates/vault/src/a.rs", "query(\"SELECT 1\")"), 1);
        assert_eq!(complaints("crates/store/src/a.rs", "query(\"SELECT 1\")"), 0);
        assert_eq!(complaints("crates/vault/src/a.rs", "use hpke::Kem;"), 1);
        assert_eq!(complaints("crates/cli/src/a.rs", "\"nightsafe/v1/receipt\""), 1);
    }

    #[test]
    fn comments_and_tests_are_free() {
        assert_eq!(complaints("crates/vault/src/a.rs", "// use hpke::Kem"), 0);
        assert_eq!(complaints("crates/vault/src/a.rs", "#[cfg(test)]\nuse hpke::Kem;"), 0);
        assert_eq!(complaints("crates/vault/tests/a.rs", "use hpke::Kem;"), 0);
    }
}
