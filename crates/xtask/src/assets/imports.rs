//! What a module takes from JavaScript, held against the allowed list of wasm-pack.toml.
//!
//! A dependency that starts to use `fetch`, `Date` or `eval` shows up here, before a release does.

use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;

const HEADER: &[u8] = b"\0asm\x01\0\0\0";
const IMPORT_SECTION: u8 = 2;
/// wasm-bindgen ends a name with `_` and this many hex digits of a hash.
const HASH_DIGITS: usize = 16;

/// Refuses an import that is not allowed, and an allowed one that is not used.
pub(crate) fn check(module: &[u8], allowed: &[String]) -> Result<()> {
    let found = names(module).context("cannot read the module's imports")?;
    let allowed: BTreeSet<String> = allowed.iter().cloned().collect();
    let list = |names: Vec<&String>| names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    let (more, less): (Vec<_>, Vec<_>) = (found.difference(&allowed).collect(), allowed.difference(&found).collect());
    if !more.is_empty() {
        bail!("the module imports what its list does not allow: {}", list(more));
    }
    if !less.is_empty() {
        bail!("the list allows imports that the module does not use: {}", list(less));
    }
    Ok(())
}

/// Import names without their hashes.
fn names(module: &[u8]) -> Result<BTreeSet<String>> {
    let mut reader = Reader(module.strip_prefix(HEADER).context("not a WASM module")?);
    let mut found = BTreeSet::new();
    while !reader.0.is_empty() {
        let id = reader.byte()?;
        let size = reader.number()?;
        let mut section = Reader(reader.bytes(size)?);
        if id == IMPORT_SECTION {
            for _ in 0..section.number()? {
                let _module = section.name()?;
                found.insert(without_hash(section.name()?).to_owned());
                section.skip_description()?;
            }
        }
    }
    Ok(found)
}

/// The name as it is in every build.
pub(crate) fn without_hash(name: &str) -> &str {
    match name.rsplit_once('_') {
        Some((start, hash)) if hash.len() == HASH_DIGITS && hash.bytes().all(|digit| digit.is_ascii_hexdigit()) => {
            start
        }
        _ => name,
    }
}

/// Reader of the binary format (WebAssembly core specification, 5).
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn bytes(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count).context("the module ends too early")?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8> {
        self.bytes(1)?.first().copied().context("the module ends too early")
    }

    /// LEB128.
    fn number(&mut self) -> Result<usize> {
        let mut value = 0;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            value |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        bail!("a number is too long")
    }

    fn name(&mut self) -> Result<&'a str> {
        let length = self.number()?;
        Ok(std::str::from_utf8(self.bytes(length)?)?)
    }

    fn skip_description(&mut self) -> Result<()> {
        match self.byte()? {
            0 => drop(self.number()?), // function: type
            1 => {
                self.byte()?; // table: element type, limits
                self.skip_limits()?;
            }
            2 => self.skip_limits()?,  // memory
            3 => drop(self.bytes(2)?), // global: type, mutability
            kind => bail!("unknown kind of import {kind}"),
        }
        Ok(())
    }

    fn skip_limits(&mut self) -> Result<()> {
        let has_maximum = self.byte()? & 1 == 1;
        self.number()?;
        if has_maximum {
            self.number()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module with one imported function `./x.js` `name`, of type 0.
    fn module(name: &str) -> Vec<u8> {
        let mut section = vec![1, 6];
        section.extend(b"./x.js");
        section.push(name.len() as u8);
        section.extend(name.as_bytes());
        section.extend([0, 0]);
        let mut module = HEADER.to_vec();
        module.extend([1, 4, 1, 0x60, 0, 0, IMPORT_SECTION, section.len() as u8]);
        module.extend(section);
        module
    }

    #[test]
    fn allows_exactly_what_is_listed() {
        let module = module("__wbg_value_0123456789abcdef");
        check(&module, &["__wbg_value".into()]).unwrap();
        assert!(check(&module, &[]).unwrap_err().to_string().contains("__wbg_value"));
        assert!(
            check(&module, &["__wbg_value".into(), "__wbg_fetch".into()])
                .unwrap_err()
                .to_string()
                .contains("__wbg_fetch")
        );
    }

    #[test]
    fn only_hashes_are_cut_off() {
        assert_eq!(without_hash("__wbg_get_0123456789abcdef"), "__wbg_get");
        assert_eq!(without_hash("__wbindgen_throw"), "__wbindgen_throw");
    }

    #[test]
    fn refuses_what_is_cut_short() {
        let module = module("__wbg_value");
        for length in [0, 4, module.len() - 1] {
            assert!(names(&module[..length]).is_err());
        }
    }
}
