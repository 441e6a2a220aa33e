//! TypeScript bundles and script-free pages into target/assets.

use crate::stamp::{self, Inputs};
use crate::{place, run, say};
use anyhow::{Context, Result};
use std::fs;

/// Pages that are published as they are, beside the scripts: (below www/, below target/assets/).
const PAGES: &[(&str, &str)] = &[("admin/index.html", "admin/index.html"), ("admin/admin.css", "admin/admin.css")];
/// What build.mjs writes: below target/assets/.
const MADE: &[&str] = &["frame.html", "element.js", "loader.js", "texts-de.json", "admin/admin.js"];

/// Bundles and copies, unless nothing has changed.
pub(crate) fn build() -> Result<()> {
    let (root, web, assets) = (place::root(), place::web(), place::assets());
    let mut inputs = Inputs::default().path(&place::glue())?.path(&web.join("src"))?;
    for file in ["build.mjs", "package.json", "package-lock.json", "tsconfig.json", "tsconfig.base.json"] {
        inputs = inputs.path(&web.join(file))?;
    }
    inputs = inputs.path(&root.join("www/frame/frame.html"))?;
    for (page, _) in PAGES {
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
