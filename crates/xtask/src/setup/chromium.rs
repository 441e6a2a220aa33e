//! The browser for the end-to-end tests.

use super::apt;
use crate::run;
use anyhow::{Result, bail};
use std::path::PathBuf;

const NAMES: &[&str] = &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const MACOS: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

/// Path of a Chromium, installed by apt where that is possible.
///
/// `NIGHTSAFE_CHROMIUM` names one that is elsewhere.
pub(crate) fn ensure() -> Result<PathBuf> {
    if let Some(found) = find() {
        return Ok(found);
    }
    if apt::usable() {
        apt::install(&["chromium"])?;
        if let Some(found) = find() {
            return Ok(found);
        }
    }
    bail!("no Chromium found: install it (Debian: apt-get install chromium), or set NIGHTSAFE_CHROMIUM to its path")
}

fn find() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("NIGHTSAFE_CHROMIUM") {
        return Some(PathBuf::from(named));
    }
    let path = std::env::var_os("PATH")?;
    let found = NAMES.iter().filter(|name| run::on_path(name)).find_map(|name| {
        std::env::split_paths(&path).map(|directory| directory.join(name)).find(|file| file.is_file())
    });
    found.or_else(|| Some(PathBuf::from(MACOS)).filter(|file| file.is_file()))
}
