//! Debian packages, where we may install them.

use crate::{run, say};
use anyhow::Result;
use std::path::Path;
use std::process::Command;

/// Whether packages can be installed here: apt is there, and we are root.
pub(crate) fn usable() -> bool {
    run::on_path("apt-get") && rustix::process::geteuid().is_root()
}

/// Installs packages; the package lists are fetched when the first try does not find them.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    say::note(&format!("installing {} with apt-get", packages.join(" ")));
    if run::quiet(&mut install_command(packages)).is_ok() {
        return Ok(());
    }
    run::quiet(apt_get().arg("update"))?;
    run::quiet(&mut install_command(packages))
}

fn install_command(packages: &[&str]) -> Command {
    let mut command = apt_get();
    command.args(["install", "--yes", "--no-install-recommends"]).args(packages);
    command
}

fn apt_get() -> Command {
    let mut command = run::command("apt-get", Path::new("/"));
    command.env("DEBIAN_FRONTEND", "noninteractive").arg("-qq");
    command
}
