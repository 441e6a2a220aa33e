//! wasm-bindgen, as a library of exactly the version that the crates link.

use super::imports;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeSet;
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
    let js = shorten(output.js().to_owned(), output.wasm_mut().imports.iter_mut().map(|import| &mut import.name));
    write(&glue.join(format!("{name}.js")), &js)?;
    write(&glue.join(format!("{name}.d.ts")), output.ts().context("wasm-bindgen wrote no types")?)?;
    Ok(output.wasm_mut().emit_wasm())
}

/// Takes the hashes off the imports' names, in module and glue: digits at random do not compress, and both are sent.
fn shorten<'a>(mut glue: String, imports: impl Iterator<Item = &'a mut String>) -> String {
    let mut taken = BTreeSet::new();
    for import in imports {
        let short = imports::without_hash(import).to_owned();
        // A name that two have without their hashes stays long for the second
        if taken.insert(short.clone()) {
            glue = glue.replace(import.as_str(), &short);
            *import = short;
        }
    }
    glue
}

/// Keeps the file's time when the text is the same, so that nothing is built again for it.
fn write(path: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_go_where_names_stay_apart() {
        let [one, two, other] =
            ["__wbg_get_0123456789abcdef", "__wbg_get_fedcba9876543210", "__wbindgen_throw"].map(str::to_owned);
        let glue = format!("{{{one}: f, {two}: g, {other}: h}}");
        let mut names = [one, two.clone(), other];
        let glue = shorten(glue, names.iter_mut());
        assert_eq!(names, ["__wbg_get", &two, "__wbindgen_throw"]);
        assert_eq!(glue, format!("{{__wbg_get: f, {two}: g, __wbindgen_throw: h}}"));
    }
}
