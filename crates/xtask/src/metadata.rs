//! What cargo knows of the workspace.

use crate::{place, run};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Packages of this workspace, by name.
pub(crate) struct Workspace(BTreeMap<String, Package>);

/// One package and what it names as dependencies.
#[derive(Deserialize)]
pub(crate) struct Package {
    name: String,
    manifest_path: PathBuf,
    /// Direct dependencies
    pub(crate) dependencies: Vec<Dependency>,
}

/// One line of a dependency table.
#[derive(Deserialize)]
pub(crate) struct Dependency {
    /// Package name
    pub(crate) name: String,
    /// `None` for a normal one, else `dev` or `build`
    pub(crate) kind: Option<String>,
}

impl Workspace {
    /// Asks cargo, without resolving the registry.
    pub(crate) fn read() -> Result<Self> {
        #[derive(Deserialize)]
        struct Answer {
            packages: Vec<Package>,
        }
        let mut cargo = run::cargo(&place::root());
        let output = cargo
            .args(["metadata", "--no-deps", "--format-version=1"])
            .output()
            .context("cannot run cargo metadata")?;
        if !output.status.success() {
            bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        let answer: Answer = serde_json::from_slice(&output.stdout).context("cannot read cargo metadata's answer")?;
        Ok(Self(answer.packages.into_iter().map(|package| (package.name.clone(), package)).collect()))
    }

    /// All packages, by name.
    pub(crate) fn packages(&self) -> impl Iterator<Item = (&str, &Package)> {
        self.0.iter().map(|(name, package)| (name.as_str(), package))
    }

    /// Folders of a package and of all workspace packages that it needs to build.
    pub(crate) fn folders(&self, name: &str) -> Result<BTreeSet<PathBuf>> {
        let mut folders = BTreeSet::new();
        let mut open = vec![name];
        while let Some(name) = open.pop() {
            let Some(package) = self.0.get(name) else { bail!("there is no package {name} in this workspace") };
            let folder = package.manifest_path.parent().context("a manifest without a folder")?;
            if folders.insert(folder.to_path_buf()) {
                let needed = package.dependencies.iter().filter(|dependency| dependency.kind.as_deref() != Some("dev"));
                open.extend(
                    needed.map(|dependency| dependency.name.as_str()).filter(|name| self.0.contains_key(*name)),
                );
            }
        }
        Ok(folders)
    }
}
