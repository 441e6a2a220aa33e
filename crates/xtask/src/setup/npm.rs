//! npm packages of `web/`, exactly as locked.

use crate::stamp::{self, Inputs};
use crate::{place, run, say};
use anyhow::{Result, bail};

const OLDEST_NODE: u32 = 20;

/// Installs what web/package-lock.json names, when that has changed.
pub(crate) fn ensure() -> Result<()> {
    let web = place::web();
    let version = run::answer(run::command("node", &web).arg("--version")).unwrap_or_default();
    if major(&version).is_none_or(|major| major < OLDEST_NODE) || !run::on_path("npm") {
        bail!(
            "Node {OLDEST_NODE} or newer with npm is needed: see https://nodejs.org (found: {})",
            if version.is_empty() { "none" } else { &version }
        );
    }
    let hash =
        Inputs::default().path(&web.join("package-lock.json"))?.path(&web.join(".npmrc"))?.text(&version).finish();
    let modules = web.join("node_modules");
    stamp::unless_done(&modules.join(".nightsafe-stamp"), &hash, &[modules.join(".package-lock.json")], || {
        say::step("npm packages", || run::quiet(run::command("npm", &web).args(["ci", "--loglevel=error"])))
    })?;
    Ok(())
}

fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_major_version() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major("20.1.0"), None);
    }
}
