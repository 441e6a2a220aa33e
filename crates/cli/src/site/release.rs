//! `site/release.json`: which files are current and how they are pinned, and the earlier versions that stay served.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
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
    /// What its pins list besides the hash, `ed25519-<base64>`; none of what was published before there were such keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) integrity_keys: Vec<String>,
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
    /// As in [`FieldsVersion`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) integrity_keys: Vec<String>,
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

    /// Its files that pins of hash and keys lead to: all that runs, or is said, but not the page.
    fn signed(&self) -> impl Iterator<Item = &Pinned> {
        self.files().filter(move |one| !self.integrity_keys.is_empty() && one.file != self.frame.file)
    }

    fn has_files_of(&self, other: &Self) -> bool {
        self.files().eq(other.files()) && self.frame_style == other.frame_style
    }
}

impl AdminVersion {
    fn files(&self) -> impl Iterator<Item = &Pinned> {
        [&self.index, &self.script, &self.style, &self.wasm, &self.passphrase_wasm].into_iter()
    }

    fn signed(&self) -> impl Iterator<Item = &Pinned> {
        self.files().filter(move |one| !self.integrity_keys.is_empty() && one.file != self.index.file)
    }
}

/// Name of a file to the keys of each pin that leads to it.
pub(crate) type SignedFiles<'a> = BTreeMap<&'a str, Vec<&'a [String]>>;

fn signed_files<'a, F: Iterator<Item = &'a Pinned>>(
    versions: impl Iterator<Item = (F, &'a Vec<String>)>,
) -> SignedFiles<'a> {
    let mut all = SignedFiles::new();
    for (files, keys) in versions {
        for one in files {
            all.entry(&one.file).or_default().push(keys);
        }
    }
    all
}

impl Pinned {
    /// What a page pins it by: the hash, and these keys where there are some.
    pub(crate) fn pin(&self, keys: &[String]) -> String {
        [std::slice::from_ref(&self.integrity), keys].concat().join(" ")
    }

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
        self.admin_versions().flat_map(AdminVersion::files)
    }

    fn admin_versions(&self) -> impl Iterator<Item = &AdminVersion> {
        std::iter::once(&self.admin).chain(&self.admin_before)
    }

    /// The files of the fields origin that are served with a signature.
    pub(crate) fn signed_fields(&self) -> SignedFiles<'_> {
        signed_files(self.versions().map(|version| (version.signed(), &version.integrity_keys)))
    }

    /// Those of the admin site.
    pub(crate) fn signed_admin(&self) -> SignedFiles<'_> {
        signed_files(self.admin_versions().map(|version| (version.signed(), &version.integrity_keys)))
    }

    /// Whether anything that is served is pinned by keys.
    pub(crate) fn is_signed(&self) -> bool {
        !self.signed_fields().is_empty() || !self.signed_admin().is_empty()
    }

    /// Refuses to exchange keys for one that a version which stays served does not list. It would keep the signatures that it
    /// has, of keys that are to go.
    pub(crate) fn check_rotation(&self, key: &str) -> Result<()> {
        let is_without = |keys: &[String]| !keys.is_empty() && !keys.iter().any(|one| one == key);
        let name = |version: &FieldsVersion| version.version.clone().unwrap_or_else(|| version.element.file.clone());
        let mut left: Vec<String> =
            self.versions().filter(|version| is_without(&version.integrity_keys)).map(name).collect();
        let is_old = |admin: &AdminVersion| is_without(&admin.integrity_keys);
        left.extend(self.admin_versions().any(is_old).then(|| "the admin site of before".to_owned()));
        if left.is_empty() {
            return Ok(());
        }
        bail!(
            "the key that would sign now is none that these list: {}. `nightsafe site retire` takes them out of what is \
             served",
            left.join(", ")
        )
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
            integrity_keys: Vec::new(),
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
            integrity_keys: Vec::new(),
        }
    }

    #[test]
    fn keys_are_exchanged_once_every_version_that_lists_keys_lists_the_next_one() {
        let with = |n: u8, keys: &[&str]| FieldsVersion {
            integrity_keys: keys.iter().map(|key| (*key).to_owned()).collect(),
            ..version(n)
        };
        let of_before = Release::succeed(None, version(1), admin());
        assert!(!of_before.is_signed() && of_before.check_rotation("a").is_ok());
        let two = Release::succeed(Some(of_before), with(2, &["a", "b"]), admin());
        let files: Vec<&str> = two.signed_fields().into_keys().collect();
        assert_eq!(
            files,
            ["checkout-2.wasm", "checkout-portable-2.wasm", "element-2.js", "loader-2.js", "texts-de-2.json"]
        );
        assert!(two.is_signed() && two.signed_admin().is_empty());
        assert!(two.check_rotation("a").is_ok() && two.check_rotation("b").is_ok());
        let shared = FieldsVersion { wasm: version(2).wasm, ..with(3, &["b", "c"]) };
        let three = Release::succeed(Some(two), shared, admin());
        let pins: Vec<_> = three.signed_fields()["checkout-2.wasm"].iter().map(|keys| keys.concat()).collect();
        assert_eq!(pins, ["bc", "ab"]);
        assert!(three.check_rotation("b").is_ok());
        let said = three.check_rotation("c").unwrap_err().to_string();
        assert!(said.contains("list: 2.") && said.contains("site retire"), "{said}");
        let old = AdminVersion { integrity_keys: vec!["a".to_owned()], ..admin() };
        let four = Release { admin_before: Some(old), earlier: Vec::new(), ..three };
        assert!(four.check_rotation("c").unwrap_err().to_string().contains("admin site of before"));
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
