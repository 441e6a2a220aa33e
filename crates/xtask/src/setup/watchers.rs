//! Nagios, Icinga, and Prometheus' tool for rules, which read their samples in the long run.

use super::{apt, proxies};
use anyhow::Result;

/// Program and Debian package.
const PROGRAMS: [(&str, &str); 3] =
    [("promtool", "prometheus"), ("nagios4", "nagios4-core"), ("icinga2", "icinga2-bin")];

/// Installs what is missing, where that is possible; the tests say what was left out.
pub(crate) fn ensure() -> Result<()> {
    for (program, package) in PROGRAMS {
        if !proxies::is_there(program) && apt::usable() {
            apt::install(&[package])?;
        }
    }
    Ok(())
}
