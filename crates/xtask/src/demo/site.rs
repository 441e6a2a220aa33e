//! The demo's site: keys and databases once, published files on every start.

use super::keep::Keep;
use crate::{place, run, say};
use anyhow::{Context, Result, bail};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Name of the demo's site, in manifests, envelopes and receipts.
pub(crate) const SITE: &str = "demo.nightsafe.example";
/// Signs in to the admin site.
pub(crate) const ADMIN_USER: &str = "admin";
const SITE_KEYS: usize = 3;
const MUST_SIGN: usize = 2;

/// Makes the site unless it is there; publishes these assets.
pub(crate) fn make(nightsafe: &Path, data: &Path, keep: &Keep, assets: &Path) -> Result<()> {
    if !data.join("nightsafe.toml").exists() {
        say::step("site keys, data keys, databases", || init(nightsafe, data, keep))?;
    }
    let mut build = run::command(nightsafe, &place::root());
    build.args(["site", "build", "--data-dir"]).arg(data).arg("--assets").arg(assets);
    for number in 1..=MUST_SIGN {
        build.arg("--site-key").arg(keep.site_keys().join(format!("site-key-{number}.key")));
    }
    build.args(["--site-passphrase-fd", "0"]);
    let passphrase = keep.site_passphrase()?;
    say::step("published files, signed", || with_input(&mut build, &[passphrase]))
}

fn init(nightsafe: &Path, data: &Path, keep: &Keep) -> Result<()> {
    let ports = keep.ports();
    let mut init = run::command(nightsafe, &place::root());
    init.arg("init").arg("--data-dir").arg(data).args(["--site", SITE, "--admin-user", ADMIN_USER]);
    init.args(["--shop-origin", &ports.shop(), "--fields-origin", &ports.fields(), "--ingest-origin", &ports.ingest()]);
    init.args(["--admin-origin", &ports.admin(), "--vault-origin", &ports.vault()]);
    init.arg("--ingest-bind").arg(format!("127.0.0.1:{}", ports.ingest_port())); // the tap has the origin's port
    init.arg("--site-keys").arg(keep.site_keys()).arg("--recovery-file").arg(keep.recovery_file());
    init.arg("--site-key-count").arg(SITE_KEYS.to_string()).arg("--site-key-threshold").arg(MUST_SIGN.to_string());
    init.args(["--site-passphrase-fd", "0", "--passphrase-fd", "0"]);
    let mut lines = vec![keep.site_passphrase()?; SITE_KEYS];
    lines.push(keep.admin_passphrase()?);
    with_input(&mut init, &lines)
}

/// Runs a command with these lines on its standard input.
fn with_input(command: &mut Command, lines: &[String]) -> Result<()> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().context("cannot start nightsafe")?;
    let mut input = child.stdin.take().context("a child without input")?;
    for line in lines {
        if writeln!(input, "{line}").is_err() {
            break; // it ended before it read; its own message says why
        }
    }
    drop(input);
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("nightsafe failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}
