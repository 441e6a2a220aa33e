//! The monitor of the demo: what somebody has on a machine of their own who watches the site.

use super::keep::Keep;
use super::ports::Ports;
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// What it looks at: the fields origin, and the shop's page.
pub(crate) fn targets(ports: Ports) -> [String; 2] {
    [ports.fields(), format!("{}/checkout", ports.shop())]
}

pub(crate) fn anchor(keep: &Keep) -> PathBuf {
    keep.monitor().join("anchor.txt")
}

pub(crate) fn state(keep: &Keep) -> PathBuf {
    keep.monitor().join("state.db")
}

/// Brings it the trust anchor, once: what is in the data directory later is in a thief's hands.
pub(crate) fn bring_anchor(data: &Path, keep: &Keep) -> Result<()> {
    let brought = anchor(keep);
    if brought.exists() {
        return Ok(());
    }
    fs::create_dir_all(keep.monitor()).context("cannot make the monitor's folder")?;
    fs::copy(data.join("anchor.txt"), brought).context("the site has no trust anchor")?;
    Ok(())
}
