//! Assets that were made again from source, held against a release: which of its files are made of them. A site's own text is
//! filled into some; what is around it must be the same.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use nightsafe_core::release::{File, FilePath, SiteRelease};

use super::assets::Assets;
use super::publish::hash_in;
use super::{CHECKOUT, CHECKOUT_PORTABLE, PASSPHRASE, made_with, text_stem};

/// Makes the assets in a checkout of the source, which must be at the release's commit, with nothing changed.
pub(crate) fn rebuild(source: &Path, release: &SiteRelease) -> Result<()> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("-C").arg(source).args(arguments).output().context("git does not run")?;
        if !output.status.success() {
            bail!(
                "{} is no checkout of the source: {}",
                source.display(),
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let (wanted, there) = (&release.made_with.source_commit, git(&["rev-parse", "HEAD"])?);
    if there != *wanted {
        bail!("{} is at commit {there}, and the release was made from {wanted}: check that out", source.display());
    }
    if !git(&["status", "--porcelain"])?.is_empty() {
        bail!("{} has changes that are in no commit: use a clean checkout", source.display());
    }
    let mut make = Command::new("cargo");
    make.current_dir(source).args(["xtask", "assets"]);
    // Neither settings of another build nor its results
    for name in ["CARGO_TARGET_DIR", "CARGO_MANIFEST_DIR", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"] {
        make.env_remove(name);
    }
    match make.status().context("cargo does not run")?.success() {
        true => Ok(()),
        false => bail!("`cargo xtask assets` failed in {}", source.display()),
    }
}

/// What came of it, by path: of the fields origin and of the admin site.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Compared {
    /// Assets of which no file of the release is made.
    pub(crate) missing: Vec<String>,
    /// Files that are made of no asset: of an earlier version, which another commit explains, or of nothing that is known.
    pub(crate) unexplained: Vec<String>,
    /// Files that are made of the assets.
    pub(crate) same: usize,
}

/// A file of the release, by the name that an asset is published under: what is before its hash, and behind.
struct Made<'a> {
    asset: String,
    is_admin: bool,
    stem: &'a str,
    end: &'a str,
    bytes: &'a [u8],
}

/// Compares; `served` has the bytes of the files into which something is filled, by address.
pub(crate) fn compare(assets: &Path, release: &SiteRelease, served: &BTreeMap<String, Vec<u8>>) -> Result<Compared> {
    let record = made_with::read(assets)?;
    if record.toolchain != release.made_with.toolchain {
        bail!(
            "the assets were made with {}, and the release with {}: the same bytes are promised for the same toolchain",
            record.toolchain,
            release.made_with.toolchain
        );
    }
    let assets = Assets::read(assets)?;
    let stems: Vec<String> = assets.texts.keys().map(|language| text_stem(language)).collect();
    let mut compared = Compared::default();
    let mut explained = BTreeSet::new();
    for made in made_of(&assets, &stems) {
        let place = if made.is_admin { &release.admin } else { &release.fields };
        let of_it = place.files.iter().filter(|(path, _)| made.is_name(path));
        let same: Vec<String> = of_it
            .filter(|(path, file)| made.is_made(file, served.get(&place.url(path.as_str()))))
            .map(|(path, _)| place.url(path.as_str()))
            .collect();
        if same.is_empty() {
            compared.missing.push(made.asset);
        }
        explained.extend(same);
    }
    compared.same = explained.len();
    compared.unexplained = hashed(release)
        .into_iter()
        .filter(|url| !explained.contains(url))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    Ok(compared)
}

/// Addresses of the files that are named by their content, as all assets are but one page.
fn hashed(release: &SiteRelease) -> Vec<String> {
    let places = release.places().into_iter();
    let paths = places.flat_map(|place| place.files.keys().map(move |path| (place, path)));
    let is_hashed = |path: &FilePath| hash_in(path.as_str()).is_some();
    paths.filter(|(_, path)| is_hashed(path)).map(|(place, path)| place.url(path.as_str())).collect()
}

fn made_of<'a>(assets: &'a Assets, stems: &'a [String]) -> Vec<Made<'a>> {
    let of = |asset: &str, is_admin, stem, end, bytes| Made { asset: asset.to_owned(), is_admin, stem, end, bytes };
    let mut all = vec![
        of("checkout.wasm", false, CHECKOUT, ".wasm", &assets.wasm.bytes),
        of("checkout-portable.wasm", false, CHECKOUT_PORTABLE, ".wasm", &assets.wasm_portable.bytes),
        of("loader.js", false, "loader", ".js", &assets.loader),
        of("element.js", false, "element", ".js", &assets.element),
        of("frame.html", false, "frame", ".html", &assets.frame),
        of("admin/index.html", true, "index", ".html", &assets.admin_index),
        of("admin/admin.js", true, "admin", ".js", &assets.admin_script),
        of("admin/admin.css", true, "admin", ".css", &assets.admin_style),
        of("admin/admin.wasm", true, "admin", ".wasm", &assets.admin_wasm.bytes),
        of("admin/passphrase.wasm", true, PASSPHRASE, ".wasm", &assets.passphrase_wasm.bytes),
    ];
    for (stem, bytes) in stems.iter().zip(assets.texts.values()) {
        all.push(of(&format!("{stem}.json"), false, stem, ".json", bytes));
    }
    all
}

impl Made<'_> {
    /// `/stem-0123456789abcdef.end`, or without a hash the admin site's page.
    fn is_name(&self, path: &FilePath) -> bool {
        let Some(rest) = path.as_str().strip_prefix('/').and_then(|name| name.strip_prefix(self.stem)) else {
            return false;
        };
        let Some(rest) = rest.strip_suffix(self.end) else { return false };
        let is_hash = |hash: &str| hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        rest.is_empty() || rest.strip_prefix('-').is_some_and(is_hash)
    }

    fn is_made(&self, file: &File, served: Option<&Vec<u8>>) -> bool {
        if ![".js", ".html"].contains(&self.end) {
            return File::of(self.bytes, None).sha256 == file.sha256;
        }
        // The bytes that were fetched are those of the release, or they say nothing of it
        let Some(served) = served.filter(|bytes| File::of(bytes, None).sha256 == file.sha256) else { return false };
        match (std::str::from_utf8(self.bytes), std::str::from_utf8(served)) {
            (Ok(template), Ok(text)) => is_filled_in(template, text),
            _ => false,
        }
    }
}

/// Whether a text is a template with something filled in where its placeholders are, that ends nothing around it: in markup a
/// word, in a script the inside of a string.
fn is_filled_in(template: &str, text: &str) -> bool {
    let Some((before, rest)) = split_placeholder(template) else { return template == text };
    let Some(text) = text.strip_prefix(before) else { return false };
    let mut ends: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    ends.retain(|end| text.get(..*end).is_some_and(is_value));
    // What follows is long and said once: the first place where it fits is the place
    ends.into_iter().any(|end| text.get(end..).is_some_and(|text| is_filled_in(rest, text)))
}

/// What is in front of the first placeholder, with a string's quote, and what is behind it.
fn split_placeholder(template: &str) -> Option<(&str, &str)> {
    let at = ["__NIGHTSAFE_", "__ADMIN_"].iter().filter_map(|prefix| template.find(prefix)).min()?;
    let (before, rest) = template.split_at(at);
    let name = rest.find(|c: char| !(c.is_ascii_uppercase() || c == '_')).unwrap_or(rest.len());
    let rest = rest.get(name..)?;
    // Its quotes are exchanged for those of JSON
    let is_quote = |c: char| ['"', '\'', '`'].contains(&c);
    match (before.strip_suffix(is_quote), rest.strip_prefix(is_quote)) {
        (Some(before), Some(rest)) => Some((before, rest)),
        _ => Some((before, rest)),
    }
}

/// A string of JSON, or what needs no escape.
fn is_value(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=-_.:".contains(&byte);
    let is_word = !text.is_empty() && text.bytes().all(is_plain);
    is_word || text.starts_with('"') && text.ends_with('"') && serde_json::from_str::<String>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filled_text_is_known_by_what_is_around_it() {
        let script = "a(\"__NIGHTSAFE_ANCHOR__\",`__NIGHTSAFE_TEXTS__`);b()";
        assert!(is_filled_in(script, "a(\"x\\n\\\"y\\\"\",\"\");b()"));
        for bad in [
            "a(\"x\",\"\");b();evil()",
            "a(\"x\",\"\");evil();b()",
            "a(\"x\",evil());b()",
            "a(\"x\"+evil(),\"\");b()",
            "a(\"x\",\"y\",evil(\"\"),\"\");b()",
            "a(\"x\",\"\");c()",
            "",
        ] {
            assert!(!is_filled_in(script, bad), "{bad}");
        }
        let page = "<script src=\"__NIGHTSAFE_LOADER__\" integrity=\"__NIGHTSAFE_LOADER_INTEGRITY__\"></script>";
        assert!(is_filled_in(page, "<script src=\"l.js\" integrity=\"sha384-x\"></script>"));
        assert!(is_filled_in(page, "<script src=\"l.js\" integrity=\"sha384-x\"></script>"));
        assert!(!is_filled_in(page, "<script src=\"l.js\" onload=\"x()\" integrity=\"sha384-x\"></script>"));
        assert!(is_filled_in("plain", "plain") && !is_filled_in("plain", "plane"));
    }
}
