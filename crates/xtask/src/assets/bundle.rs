//! Bundles of TypeScript and style sheets, and script-free pages into target/assets.

use crate::stamp::{self, Inputs};
use crate::{place, run, say};
use anyhow::{Context, Result};
use std::fs;

/// Pages that are published as they are, beside the scripts: (below www/, below target/assets/).
const PAGES: &[(&str, &str)] = &[("admin/index.html", "admin/index.html")];
/// What build.mjs writes: below target/assets/.
const MADE: &[&str] = &["frame.html", "element.js", "loader.js", "texts-de.json", "admin/admin.js", "admin/admin.css"];
/// What build.mjs reads below www/.
const READ: &[&str] = &["frame/frame.html", "admin/admin.css", "admin/css"];

/// Bundles and copies, unless nothing has changed.
pub(crate) fn build() -> Result<()> {
    let (root, web, assets) = (place::root(), place::web(), place::assets());
    let mut inputs = Inputs::default().path(&place::glue())?.path(&web.join("src"))?;
    for file in ["build.mjs", "package.json", "package-lock.json", "tsconfig.json", "tsconfig.base.json"] {
        inputs = inputs.path(&web.join(file))?;
    }
    for page in PAGES.iter().map(|(page, _)| page).chain(READ) {
        inputs = inputs.path(&root.join("www").join(page))?;
    }
    let results: Vec<_> =
        PAGES.iter().map(|(_, name)| *name).chain(MADE.iter().copied()).map(|name| assets.join(name)).collect();
    stamp::unless_done(&place::target().join("bundle.stamp"), &inputs.finish(), &results, || {
        say::step("bundles", || {
            run::checked(run::command("node", &web).args(["build.mjs", "assets"]).arg(&assets))?;
            for (page, name) in PAGES {
                let from = root.join("www").join(page);
                fs::copy(&from, assets.join(name)).with_context(|| format!("cannot copy {}", from.display()))?;
            }
            Ok(())
        })
    })?;
    Ok(())
}
