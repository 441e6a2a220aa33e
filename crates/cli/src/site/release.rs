//! `site/release.json`: which files are current and how they are pinned, and the earlier versions that stay served.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use nightsafe_core::anchor::WasmFile;
use serde::{Deserialize, Serialize};

use crate::files;

/// The whole record of what is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Release {
    /// The checkout's current files.
    pub(crate) fields: FieldsVersion,
    /// The admin site's current files.
    pub(crate) admin: AdminVersion,
    /// Those of before: a page that is still open asks for some of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) admin_before: Option<AdminVersion>,
    /// Earlier files of the checkout, newest first: shops may still pin their element scripts.
    #[serde(default)]
    pub(crate) earlier: Vec<FieldsVersion>,
}

/// One consistent set of the checkout's files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FieldsVersion {
    /// The release that brought it; none for what was published before there were releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<String>,
    pub(crate) element: Pinned,
    pub(crate) frame: Pinned,
    pub(crate) loader: Pinned,
    pub(crate) wasm: Pinned,
    pub(crate) wasm_portable: Pinned,
    /// The frame's texts by language, besides English.
    pub(crate) texts: BTreeMap<String, Pinned>,
    /// `sha256-...` of the frame's inline style, for its Content-Security-Policy.
    pub(crate) frame_style: String,
}

/// One consistent set of the admin site's files; `index` is always served as `index.html`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AdminVersion {
    pub(crate) index: Pinned,
    pub(crate) script: Pinned,
    pub(crate) style: Pinned,
    pub(crate) wasm: Pinned,
    pub(crate) passphrase_wasm: Pinned,
}

/// A file and the hash that whoever loads it checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pinned {
    /// File name in its folder.
    pub(crate) file: String,
    /// `sha384-<base64>`.
    pub(crate) integrity: String,
}

impl FieldsVersion {
    /// All its files.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Pinned> {
        [&self.element, &self.frame, &self.loader, &self.wasm, &self.wasm_portable]
            .into_iter()
            .chain(self.texts.values())
    }

    fn has_files_of(&self, other: &Self) -> bool {
        self.files().eq(other.files()) && self.frame_style == other.frame_style
    }
}

impl AdminVersion {
    fn files(&self) -> impl Iterator<Item = &Pinned> {
        [&self.index, &self.script, &self.style, &self.wasm, &self.passphrase_wasm].into_iter()
    }
}

impl Pinned {
    /// As a trust anchor names a module.
    pub(crate) fn to_wasm(&self) -> WasmFile {
        WasmFile { name: self.file.clone(), integrity: self.integrity.clone() }
    }
}

impl Release {
    /// Reads the record, if the site was ever built.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>> {
        if !path.exists() {
            return Ok(None);
        }
        let text = files::read_text(path)?;
        let release = serde_json::from_str(&text).with_context(|| {
            format!(
                "{} is not a release record of this version: build the site again into a fresh folder",
                path.display()
            )
        })?;
        Ok(Some(release))
    }

    /// The record after publishing new files: what was current joins the earlier ones, nothing is listed twice. Files that
    /// were published before keep the name of the version that brought them.
    pub(crate) fn succeed(previous: Option<Self>, mut fields: FieldsVersion, admin: AdminVersion) -> Self {
        let (mut earlier, mut admin_before) = (Vec::new(), None);
        if let Some(previous) = previous {
            admin_before = if previous.admin == admin { previous.admin_before } else { Some(previous.admin) };
            earlier.push(previous.fields);
            earlier.extend(previous.earlier);
        }
        if let Some(same) = earlier.iter().find(|version| version.has_files_of(&fields)) {
            fields.version.clone_from(&same.version);
        }
        earlier.retain(|version| !version.has_files_of(&fields));
        Self { fields, admin, admin_before, earlier }
    }

    /// The admin site's files that are served, those of before too.
    pub(crate) fn admin_files(&self) -> impl Iterator<Item = &Pinned> {
        std::iter::once(&self.admin).chain(&self.admin_before).flat_map(AdminVersion::files)
    }

    /// Current and earlier versions of the checkout's files.
    pub(crate) fn versions(&self) -> impl Iterator<Item = &FieldsVersion> {
        std::iter::once(&self.fields).chain(&self.earlier)
    }

    /// The record's bytes: the same record always gives the same bytes.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn pinned(file: &str) -> Pinned {
        Pinned { file: file.to_owned(), integrity: crate::site::integrity::sha384(file.as_bytes()) }
    }

    pub(crate) fn version(n: u8) -> FieldsVersion {
        FieldsVersion {
            version: Some(n.to_string()),
            element: pinned(&format!("element-{n}.js")),
            frame: pinned(&format!("frame-{n}.html")),
            loader: pinned(&format!("loader-{n}.js")),
            wasm: pinned(&format!("checkout-{n}.wasm")),
            wasm_portable: pinned(&format!("checkout-portable-{n}.wasm")),
            texts: BTreeMap::from([("de".to_owned(), pinned(&format!("texts-de-{n}.json")))]),
            frame_style: crate::site::integrity::sha256(b""),
        }
    }

    pub(crate) fn admin() -> AdminVersion {
        admin_version(1)
    }

    fn admin_version(n: u8) -> AdminVersion {
        AdminVersion {
            index: pinned("index.html"),
            script: pinned(&format!("admin-{n}.js")),
            style: pinned(&format!("admin-{n}.css")),
            wasm: pinned(&format!("admin-{n}.wasm")),
            passphrase_wasm: pinned("passphrase-1.wasm"),
        }
    }

    #[test]
    fn of_the_admin_site_the_version_before_stays_and_no_older_one() {
        let one = Release::succeed(None, version(1), admin_version(1));
        let two = Release::succeed(Some(one), version(1), admin_version(2));
        // The same again does not push it out
        assert_eq!(
            Release::succeed(Some(two.clone()), version(2), admin_version(2)).admin_before,
            Some(admin_version(1))
        );
        let three = Release::succeed(Some(two), version(1), admin_version(3));
        let files: Vec<&str> = three.admin_files().map(|one| one.file.as_str()).collect();
        assert!(files.contains(&"admin-3.js") && files.contains(&"admin-2.js") && !files.contains(&"admin-1.js"));
    }

    #[test]
    fn earlier_versions_are_kept_once_and_newest_first() {
        let one = Release::succeed(None, version(1), admin());
        let two = Release::succeed(Some(one.clone()), version(2), admin());
        assert_eq!(two.earlier, [version(1)]);
        assert_eq!(Release::succeed(Some(two.clone()), version(2), admin()), two);
        let back = Release::succeed(Some(two), version(1), admin());
        assert_eq!((back.fields, back.earlier), (version(1), vec![version(2)]));
    }
}
