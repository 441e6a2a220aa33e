//! nginx, in front of several ingest processes, and Caddy, which reads its sample.

use super::apt;
use crate::{run, say};
use anyhow::{Result, bail};

/// Sees to it that `nginx` can be started, by apt where that is possible, and Caddy where it can be had.
pub(crate) fn ensure() -> Result<()> {
    if !is_there("nginx") && apt::usable() {
        apt::install(&["nginx-light"])?;
    }
    if !is_there("nginx") {
        bail!("no nginx found: install it (Debian: apt-get install nginx-light)")
    }
    if !is_there("caddy") && apt::usable() {
        // Not every distribution has it: then its test says that it was left out
        if let Err(error) = apt::install(&["caddy"]) {
            say::note(&format!("no Caddy: {error:#}"));
        }
    }
    Ok(())
}

/// Debian's are where only root's PATH looks.
pub(crate) fn is_there(program: &str) -> bool {
    run::on_path(program) || std::path::Path::new("/usr/sbin").join(program).is_file()
}
