//! Samples of configurations in deploy/, held against the code; the servers' tests include this file.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::{Path, PathBuf};

use nightsafe_serve::config;
use serde::de::DeserializeOwned;

fn deploy(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(name)
}

/// The sample is good as it is, good with everything uncommented that is a key, and has every key that there is.
pub(crate) fn check<T: DeserializeOwned + Debug>(name: &str, sections: &[&str]) {
    config::read::<T>(&deploy(name)).unwrap();
    let text = std::fs::read_to_string(deploy(name)).unwrap();
    let uncommented: String = text.lines().map(|line| format!("{}\n", uncomment(line))).collect();
    read::<T>(&uncommented).unwrap();

    let keys = keys(&uncommented);
    for section in sections {
        // An unknown key's error lists those that are known
        let message = read::<T>(&with_unknown_key(&uncommented, section)).unwrap_err();
        let (_, known) = message.split_once("expected").unwrap();
        for key in known.split('`').skip(1).step_by(2) {
            let path = if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") };
            let is_there = keys.iter().any(|there| *there == path || there.starts_with(&format!("{path}.")));
            assert!(is_there, "{name} lacks {path}");
        }
    }
}

/// `#key = value` and `#[section]` are keys; `# text` is text.
fn uncomment(line: &str) -> &str {
    match line.strip_prefix('#') {
        Some(rest) if rest.starts_with(|first: char| first.is_ascii_alphabetic() || first == '[') => rest,
        _ => line,
    }
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sample.toml");
    std::fs::write(&path, text).unwrap();
    config::read(&path).map_err(|error| error.to_string())
}

fn with_unknown_key(text: &str, section: &str) -> String {
    if section.is_empty() {
        return format!("no_such_key = 1\n{text}");
    }
    if text.contains(&format!("\n[{section}]\n")) {
        return text.replace(&format!("\n[{section}]\n"), &format!("\n[{section}]\nno_such_key = 1\n"));
    }
    // A dotted one, below the section before it
    let (parent, last) = section.rsplit_once('.').unwrap();
    text.replace(&format!("\n[{parent}]\n"), &format!("\n[{parent}]\n{last}.no_such_key = 1\n"))
}

/// Full names of all keys and sections.
fn keys(text: &str) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    let mut section = String::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = format!("{name}.");
            keys.insert(name.to_owned());
        } else if let Some((key, _)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) {
            keys.insert(format!("{section}{key}"));
        }
    }
    keys
}
