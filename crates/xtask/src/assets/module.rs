//! One WASM package, from cargo to the optimised module.

use super::config::Package;
use super::{bindgen, imports, optimise};
use crate::metadata::Workspace;
use crate::setup::wasm_target::{TARGET, Toolchain};
use crate::stamp::{self, Inputs};
use crate::{place, run, say};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};

/// Builds the package's module and glue unless nothing that they are made of has changed.
pub(crate) fn build(name: &str, package: &Package, toolchain: &Toolchain, workspace: &Workspace) -> Result<()> {
    let (module, glue) = (place::assets().join(&package.output), place::glue());
    // Glue names the module that it was made with
    let glue_name = package.glue.as_deref().unwrap_or(name);
    let results = [module.clone(), glue.join(format!("{glue_name}.js")), glue.join(format!("{glue_name}.d.ts"))];
    let hash = inputs(package, toolchain, workspace)?;
    stamp::unless_done(&target().join(format!("{name}.stamp")), &hash, &results, || {
        say::step(&format!("WASM module {}", package.output), || {
            let raw = compile(package, toolchain)?;
            let folder = if package.glue.is_some() { target().join("glue") } else { glue.clone() };
            let bound = bindgen::run(glue_name, &raw, &folder)?;
            same_glue(glue_name, &folder, &glue)?;
            imports::check(&bound, &package.imports).with_context(|| format!("package {name} of wasm-pack.toml"))?;
            optimise::run(&bound, &module, &package.optimiser)
        })
    })?;
    Ok(())
}

/// One loader carries one glue, whichever of two modules it fetches.
fn same_glue(name: &str, made: &Path, shared: &Path) -> Result<()> {
    for file in [format!("{name}.js"), format!("{name}.d.ts")] {
        let [made, shared] = [made, shared].map(|folder| folder.join(&file));
        let read = |path: &Path| fs::read(path).with_context(|| format!("cannot read {}", path.display()));
        ensure!(
            read(&made)? == read(&shared)?,
            "{} is not {}: the two modules must take and give the same",
            made.display(),
            shared.display()
        );
    }
    Ok(())
}

/// Apart from target/: other flags there would make each build throw away the other's work.
fn target() -> PathBuf {
    place::target().join("wasm")
}

fn compile(package: &Package, toolchain: &Toolchain) -> Result<Vec<u8>> {
    let mut cargo = toolchain.cargo(&place::root(), "build")?;
    cargo.args(["--lib", "--package", &package.package, "--profile", &package.profile]);
    cargo.args(["--features", &package.features.join(",")]);
    cargo.arg("--target-dir").arg(target());
    run::checked(&mut cargo)?;
    let file = format!("{}.wasm", package.package.replace('-', "_"));
    let path = target().join(TARGET).join(&package.profile).join(file);
    fs::read(&path).with_context(|| format!("cargo did not write {}", path.display()))
}

fn inputs(package: &Package, toolchain: &Toolchain, workspace: &Workspace) -> Result<String> {
    let root = place::root();
    let mut inputs = Inputs::default().text(&toolchain.version);
    for folder in workspace.folders(&package.package)? {
        inputs = inputs.path(&folder.join("src"))?.path(&folder.join("Cargo.toml"))?;
    }
    for file in [
        "Cargo.toml",
        "Cargo.lock",
        "wasm-pack.toml",
        "crates/xtask/src/assets",
        "crates/xtask/src/setup/wasm_target.rs",
    ] {
        inputs = inputs.path(&root.join(file))?;
    }
    inputs = inputs.path(Path::new(&place::web().join("package-lock.json")))?; // wasm-opt's version
    Ok(inputs.finish())
}
