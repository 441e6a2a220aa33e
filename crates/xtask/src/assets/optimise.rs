//! wasm-opt, from the npm package binaryen.

use crate::{place, run};
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

/// WASM features that the compiler uses; named one by one, because browsers refuse modules made with `--all-features`.
const FEATURES: &[&str] = &[
    "--mvp-features",
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Optimises into `output`, which is replaced at once: a demo may be reading it.
pub(crate) fn run(module: &[u8], output: &Path, flags: &[String]) -> Result<()> {
    if let Some(folder) = output.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let work = place::target().join("wasm");
    let (input, optimised) = (work.join("unoptimised.wasm"), work.join("optimised.wasm"));
    fs::write(&input, module).with_context(|| format!("cannot write {}", input.display()))?;
    let tool = place::web().join("node_modules/binaryen/bin/wasm-opt");
    let mut command = run::command("node", &place::root());
    command.arg(tool).arg(&input).arg("-o").arg(&optimised).args(FEATURES).args(flags);
    run::quiet(command.args(["--strip-debug", "--strip-producers", "--strip-target-features"]))?;
    fs::rename(&optimised, output).with_context(|| format!("cannot write {}", output.display()))
}
