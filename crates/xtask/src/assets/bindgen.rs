//! wasm-bindgen, as a library of exactly the version that the crates link.

use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::Path;
use wasm_bindgen_cli_support::{Bindgen, EncodeInto};

/// Writes the glue `name.js` and `name.d.ts`; returns the module that goes with them.
pub(crate) fn run(name: &str, raw: &[u8], glue: &Path) -> Result<Vec<u8>> {
    let mut bindgen = Bindgen::new();
    bindgen.web(true)?.typescript(true).remove_name_section(true).remove_producers_section(true);
    // The loader hands over the bytes that it has fetched with their hash; the glue must not know an address
    // Every browser that has what else we use has encodeInto
    bindgen.encode_into(EncodeInto::Always);
    bindgen.omit_default_module_path(true).out_name(name).input_bytes(name, raw.to_vec());
    let mut output = bindgen.generate_output().context("wasm-bindgen refused the module")?;
    let inline = output.snippets().iter().filter(|(_, scripts)| !scripts.is_empty()).map(|(package, _)| package);
    let own: Vec<&String> = inline.chain(output.local_modules().keys()).collect();
    ensure!(own.is_empty(), "the module brings JavaScript of its own, and the bundles take none: {own:?}");
    fs::create_dir_all(glue).with_context(|| format!("cannot make {}", glue.display()))?;
    write(&glue.join(format!("{name}.js")), output.js())?;
    write(&glue.join(format!("{name}.d.ts")), output.ts().context("wasm-bindgen wrote no types")?)?;
    Ok(output.wasm_mut().emit_wasm())
}

/// Keeps the file's time when the text is the same, so that nothing is built again for it.
fn write(path: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
