//! What `nightsafe admin` is told: a small file, options, or both; an option wins. Nothing of it is secret.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use nightsafe_core::anchor::{Origin, TrustAnchor};
use nightsafe_serve::config;
use nightsafe_serve::pin::Pin;
use serde::Deserialize;

use super::AdminArgs;
use super::source::Source;
use crate::files;

/// `deploy/admin.toml` is the commented sample.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    anchor: Option<PathBuf>,
    release: Option<String>,
    release_ca: Option<PathBuf>,
    at_least: Option<u64>,
    state: Option<PathBuf>,
    #[serde(default)]
    vault: VaultSection,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct VaultSection {
    origin: Option<String>,
    #[serde(default)]
    pins: Vec<Pin>,
}

/// All of it, checked.
pub(super) struct Settings {
    pub(super) anchor: TrustAnchor,
    pub(super) source: Source,
    pub(super) at_least: u64,
    pub(super) state: PathBuf,
    pub(super) vault: Origin,
    /// One, or two while one takes the place of the other.
    pub(super) pins: Vec<Pin>,
}

impl Settings {
    pub(super) fn read(args: &AdminArgs) -> Result<Self> {
        let file: File = args.config.as_deref().map(config::read).transpose()?.unwrap_or_default();
        let folder = args.config.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
        let beside = |path: &PathBuf| folder.join(path);

        let anchor = args.anchor.clone().or(file.anchor.as_ref().map(beside));
        let anchor = anchor.context("the trust anchor is missing: `anchor` in the configuration, or --anchor")?;
        let anchor = TrustAnchor::parse(&files::read_text(&anchor)?)
            .with_context(|| format!("{} is refused", anchor.display()))?;

        let of_file = file.release.as_deref().map(|text| Source::parse(text, folder)).transpose()?;
        let given = args.release.as_deref().map(|text| Source::parse(text, Path::new(""))).transpose()?;
        let source =
            given.or(of_file).context("the release is missing: `release` in the configuration, or --release")?;
        let source = source.trusting(file.release_ca.as_ref().map(beside))?;

        let vault = match (&args.vault, &file.vault.origin) {
            (Some(origin), _) => origin.clone(),
            (None, Some(text)) => crate::config::origin(text).context("vault.origin")?,
            (None, None) => {
                bail!("the vault's address is missing: `origin` in [vault] of the configuration, or --vault")
            }
        };
        if !vault.as_str().starts_with("https://") {
            bail!("the vault's address must begin with https://: its key is what it is known by");
        }
        let pins = if args.pins.is_empty() { file.vault.pins } else { args.pins.clone() };
        match pins.len() {
            0 => bail!("the vault's key is missing: `pins` in [vault] of the configuration, or --pin"),
            1 | 2 => {}
            _ => bail!("there are more than two pins: the vault's key, and the one that takes its place"),
        }
        let state = match args.state.clone().or(file.state.as_ref().map(beside)) {
            Some(state) => state,
            None => usual_state(anchor.site.as_str())?,
        };
        let at_least = args.at_least.or(file.at_least).unwrap_or(0);
        Ok(Self { anchor, source, at_least, state, vault, pins })
    }
}

/// Where programs of a person keep what they remember (XDG Base Directory Specification).
fn usual_state(site: &str) -> Result<PathBuf> {
    let named = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = named("XDG_STATE_HOME").or(named("HOME").map(|home| home.join(".local/state")));
    let folder = folder.context("neither HOME nor XDG_STATE_HOME is set: name a file with --state")?.join("nightsafe");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    Ok(folder.join(format!("admin-{site}.json")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_read_and_has_every_key() {
        let sample = include_str!("../../../../../deploy/admin.toml");
        let key = |line: &str| {
            line.strip_prefix('#').filter(|key| key.starts_with(|c: char| c.is_ascii_lowercase())).map(str::to_owned)
        };
        // A folder or a server: the sample shows both
        let lines = sample.lines().filter(|line| *line != "release = \"site\"");
        let all: Vec<String> = lines.map(|line| key(line).unwrap_or(line.to_owned())).collect();
        let File { anchor, release, release_ca, at_least, state, vault: VaultSection { origin, pins } } =
            toml::from_str(&all.join("\n")).unwrap();
        assert!(anchor.is_some() && release.is_some() && release_ca.is_some() && state.is_some() && origin.is_some());
        assert_eq!((at_least, pins.len()), (Some(0), 1));
        assert!(toml::from_str::<File>(sample).is_ok());
        assert!(toml::from_str::<File>("port = 1").is_err());
    }
}
