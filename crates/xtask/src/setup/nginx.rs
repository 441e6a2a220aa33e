//! nginx, in front of several ingest processes.

use super::apt;
use crate::run;
use anyhow::{Result, bail};

/// Sees to it that `nginx` can be started, by apt where that is possible.
pub(crate) fn ensure() -> Result<()> {
    if is_there() {
        return Ok(());
    }
    if apt::usable() {
        apt::install(&["nginx-light"])?;
        if is_there() {
            return Ok(());
        }
    }
    bail!("no nginx found: install it (Debian: apt-get install nginx-light)")
}

/// Debian's is where only root's PATH looks.
fn is_there() -> bool {
    run::on_path("nginx") || std::path::Path::new("/usr/sbin/nginx").is_file()
}
