//! The document's JSON as it is written. Members stand in the order of their names, which is that of RFC 8785.

use super::{ALL_PATHS, Headers, SiteRelease};
use crate::encoding::b64u;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) created: String,
    /// URL; missing where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) element: Option<String>,
    pub(super) expires: String,
    pub(super) files: BTreeMap<String, File>,
    pub(super) format: String,
    /// WAICT's: URL to SHA-256.
    pub(super) hashes: BTreeMap<String, String>,
    /// By origin, then by path.
    pub(super) headers: BTreeMap<String, BTreeMap<String, Headers>>,
    /// URL to the keys of its signatures, base64; missing where there are none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) integrity_keys: BTreeMap<String, Vec<String>>,
    pub(super) key_manifest: KeyManifest,
    pub(super) nightsafe: Nightsafe,
    pub(super) origins: Origins,
    /// Name to SHA-256; missing where there are none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) programs: BTreeMap<String, String>,
    /// Verifier key; missing where there is no log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) release_log: Option<String>,
    pub(super) scripts: BTreeMap<String, Script>,
    pub(super) sequence: u64,
    pub(super) site: String,
    pub(super) version: String,
    /// WAICT's: SHA-256 of every module, ascending, each once.
    pub(super) wasm_hashes: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) bytes: u64,
    pub(super) integrity: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyManifest {
    pub(super) hash: String,
    pub(super) sequence: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nightsafe {
    pub(super) modules: BTreeMap<String, String>,
    pub(super) source_commit: String,
    pub(super) toolchain: String,
    pub(super) version: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Origins {
    pub(super) admin: String,
    pub(super) fields: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Script {
    pub(super) justification: String,
    pub(super) owner: String,
    pub(super) purpose: String,
}

/// What WEBCAT reads, of the admin site: the fields origin has no page that people open.
#[derive(Serialize)]
struct Webcat<'a> {
    default_csp: &'a str,
    default_fallback: &'a str,
    default_index: &'a str,
    extra_csp: BTreeMap<String, String>,
    files: BTreeMap<&'a str, String>,
    name: &'a str,
    version: &'a str,
    wasm: Vec<String>,
}

pub(super) fn webcat(release: &SiteRelease) -> String {
    const POLICY: &str = "Content-Security-Policy";
    let admin = &release.admin;
    let all = admin.headers_of(ALL_PATHS);
    let own = admin.headers.iter().filter(|(path, _)| *path != ALL_PATHS);
    let mut wasm: Vec<String> =
        admin.files.iter().filter(|(path, _)| path.is_wasm()).map(|(_, file)| b64u(&file.sha256)).collect();
    wasm.sort();
    to_json(&Webcat {
        default_csp: all.get(POLICY).map_or("", String::as_str),
        default_fallback: "/index.html",
        default_index: "index.html",
        extra_csp: own.filter_map(|(path, headers)| Some((path.clone(), headers.get(POLICY)?.clone()))).collect(),
        files: admin.files.iter().map(|(path, file)| (path.as_str(), b64u(&file.sha256))).collect(),
        name: release.site.as_str(),
        version: &release.version,
        wasm,
    })
}

/// Texts, numbers, lists and maps with texts for names: all of it has a JSON form.
pub(super) fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
