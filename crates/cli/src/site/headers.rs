//! The headers that the two static sites are served with, on every response, errors included: a same-origin document
//! without them would be a way around Connection-Allowlist.
//!
//! `"*"` holds for every path; a path's own entry overrides it by name. Browsers report to ingest what was against a policy
//! (docs/API.md). docs/THREAT-MODEL.md says what is left out, and why.

use std::collections::BTreeMap;

use anyhow::Result;
use nightsafe_core::anchor::Origin;
use nightsafe_core::manifest::KeyManifest;
use nightsafe_proto::report::REPORTS_PATH;
use nightsafe_serve::release::typed;

use super::release::{FieldsVersion, Pinned, Release};
use crate::config::Origins;

/// Header name to value.
pub(crate) type HeaderSet = BTreeMap<String, String>;
/// `"*"` or a path to its headers.
pub(crate) type SiteHeaders = BTreeMap<String, HeaderSet>;

const NEVER_STORED: &str = "no-store, no-transform";
/// Asked for again each time, although the names are made of the content: what was once changed on its way would
/// otherwise stay in the browser's cache, which no reload gets past, and be refused for as long as it may be kept.
const ASKED_AGAIN: &str = "no-cache, no-transform";
/// A data key's bytes are checked against the signed manifest by whoever uses them, and asked for once more past the
/// cache when they are wrong.
const KEPT: &str = "public, max-age=31536000, immutable, no-transform";
const PERMISSIONS: &str = "accelerometer=(), camera=(), clipboard-read=(), display-capture=(), \
    geolocation=(), gyroscope=(), hid=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), payment=(), \
    publickey-credentials-create=(), publickey-credentials-get=(), serial=(), usb=()";
const NO_PASSKEYS: &str = "publickey-credentials-create=(), publickey-credentials-get=()";
const OWN_PASSKEYS: &str = "publickey-credentials-create=(self), publickey-credentials-get=(self)";

/// Headers of the fields origin: each frame, current or earlier, with the policy that fits its own files.
/// `keys` are the published files of data keys, also of those that the manifest no longer names.
pub(crate) fn fields(release: &Release, origins: &Origins, manifest: &KeyManifest, keys: &[String]) -> SiteHeaders {
    let mut all = common(&origins.fields, &origins.ingest);
    set(&mut all, "Access-Control-Allow-Origin", "*");
    set(&mut all, "Cross-Origin-Resource-Policy", "cross-origin");
    set(&mut all, "X-Frame-Options", "DENY");
    set(
        &mut all,
        "Content-Security-Policy",
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'; sandbox; report-to nightsafe",
    );
    set(&mut all, "Connection-Allowlist", "();report-to=nightsafe;webrtc=block");

    let mut headers = SiteHeaders::from([("*".to_owned(), all)]);
    for version in release.versions() {
        let scripts = [&version.element, &version.loader, &version.wasm, &version.wasm_portable];
        for file in scripts.into_iter().chain(version.texts.values()) {
            add(&mut headers, &path(file), caching(ASKED_AGAIN));
        }
        add(&mut headers, &path(&version.frame), frame(version, origins, manifest));
    }
    for key in keys {
        add(&mut headers, &format!("/{key}"), caching(KEPT));
    }
    add(&mut headers, "/key-manifest", HeaderSet::new());
    headers
}

fn frame(version: &FieldsVersion, origins: &Origins, manifest: &KeyManifest) -> HeaderSet {
    let Origins { fields, ingest, .. } = origins;
    let parents: Vec<&str> = manifest.parents.iter().map(Origin::as_str).collect();
    let mut connects = vec![
        format!("{fields}{}", path(&version.wasm)),
        format!("{fields}{}", path(&version.wasm_portable)),
        format!("{fields}/key-manifest"),
    ];
    connects.extend(version.texts.values().map(|file| format!("{fields}{}", path(file))));
    connects.extend(manifest.data_keys.iter().map(|key| format!("{fields}/{}", key.file_name())));
    connects.extend(["deposits", "timestamp"].map(|name| format!("{ingest}/v1/{name}")));
    let csp = format!(
        "default-src 'none'; script-src '{}' 'wasm-unsafe-eval' 'report-sha384'; style-src '{}'; connect-src {}; worker-src 'none'; \
         frame-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors {}; \
         require-trusted-types-for 'script'; trusted-types 'none'; \
         sandbox allow-scripts allow-same-origin allow-forms; report-to nightsafe",
        version.loader.integrity,
        version.frame_style,
        connects.join(" "),
        parents.join(" "),
    );
    let loader = format!("{fields}{}", path(&version.loader));
    let mut headers = HeaderSet::new();
    set(&mut headers, "Content-Security-Policy", &csp);
    set(&mut headers, "Connection-Allowlist", &allowlist(connects.iter().chain([&loader])));
    // An older browser that does not know frame-ancestors may show the frame nowhere; one that does ignores this.
    set(&mut headers, "X-Frame-Options", "DENY");
    headers
}

/// Headers of the admin site: the same for all its responses, since it is one document.
pub(crate) fn admin(release: &Release, origins: &Origins) -> SiteHeaders {
    let Origins { admin, vault, ingest, .. } = origins;
    let files = &release.admin;
    let wasm = format!("{admin}{}", path(&files.wasm));
    let passphrase = format!("{admin}{}", path(&files.passphrase_wasm));
    let style = format!("{admin}{}", path(&files.style));
    let script = format!("{admin}{}", path(&files.script));
    let api = format!("{vault}/v1/");
    // What keeps the vault in check does not come from it
    let timestamp = format!("{ingest}/v1/timestamp");
    let csp = format!(
        "default-src 'none'; script-src '{}' 'wasm-unsafe-eval' 'report-sha384'; style-src {style}; \
         connect-src {wasm} {passphrase} {api} {timestamp}; \
         worker-src 'none'; frame-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'; report-to nightsafe",
        files.script.integrity,
    );
    let mut all = common(admin, ingest);
    set(&mut all, "Content-Security-Policy", &csp);
    let allowed = [
        format!("{admin}/"),
        format!("{admin}/index.html"),
        script,
        style,
        wasm,
        passphrase,
        format!("{api}*"),
        timestamp,
    ];
    set(&mut all, "Connection-Allowlist", &allowlist(allowed.iter()));
    // Its own pages alone make passkeys and ask for them
    set(&mut all, "Permissions-Policy", &PERMISSIONS.replace(NO_PASSKEYS, OWN_PASSKEYS));
    set(&mut all, "Cross-Origin-Opener-Policy", "same-origin");
    set(&mut all, "Cross-Origin-Resource-Policy", "same-origin");
    set(&mut all, "X-Frame-Options", "DENY");
    let mut headers = SiteHeaders::from([("*".to_owned(), all)]);
    for file in release.admin_files() {
        add(&mut headers, &path(file), caching(ASKED_AGAIN));
    }
    for page in ["/", &path(&files.index)] {
        add(&mut headers, page, HeaderSet::new());
    }
    headers
}

/// The file's bytes; the same headers always give the same bytes.
pub(crate) fn to_bytes(headers: &SiteHeaders) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(headers)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn common(origin: &str, ingest: &str) -> HeaderSet {
    let mut headers = HeaderSet::new();
    for (name, value) in [
        ("Cache-Control", NEVER_STORED),
        ("Cross-Origin-Embedder-Policy", "require-corp"),
        ("Document-Isolation-Policy", "isolate-and-require-corp"),
        ("Integrity-Policy", "blocked-destinations=(script), endpoints=(nightsafe)"),
        ("Permissions-Policy", PERMISSIONS),
        ("Referrer-Policy", "no-referrer"),
        ("X-Content-Type-Options", "nosniff"),
    ] {
        set(&mut headers, name, value);
    }
    set(&mut headers, "Reporting-Endpoints", &format!("nightsafe=\"{ingest}{REPORTS_PATH}\""));
    if origin.starts_with("https://") {
        set(&mut headers, "Strict-Transport-Security", "max-age=63072000");
    }
    headers
}

/// The headers of a file, with its type.
fn add(headers: &mut SiteHeaders, path: &str, mut own: HeaderSet) {
    own.extend(typed(path));
    headers.insert(path.to_owned(), own);
}

fn caching(value: &str) -> HeaderSet {
    let mut headers = HeaderSet::new();
    set(&mut headers, "Cache-Control", value);
    headers
}

fn allowlist<'a>(urls: impl Iterator<Item = &'a String>) -> String {
    let quoted: Vec<String> = urls.map(|url| format!("\"{url}\"")).collect();
    format!("({});report-to=nightsafe;webrtc=block", quoted.join(" "))
}

fn path(file: &Pinned) -> String {
    format!("/{}", file.file)
}

fn set(headers: &mut HeaderSet, name: &str, value: &str) {
    headers.insert(name.to_owned(), value.to_owned());
}

#[cfg(test)]
mod tests {
    use super::super::release::tests::{admin as admin_version, version};
    use super::*;
    use crate::manifests::tests::{data_keys, signed};

    fn origins() -> Origins {
        let origin = |port: u16| format!("http://localhost:{port}");
        Origins {
            shop: origin(4801),
            fields: origin(4802),
            ingest: origin(4803),
            admin: origin(4804),
            vault: origin(4805),
        }
    }

    /// Two data keys, the second of which starts after 90 days.
    fn manifest() -> KeyManifest {
        signed(1, &data_keys(&[0, 90])).manifest().clone()
    }

    fn release() -> Release {
        let one = Release::succeed(None, version(1), admin_version());
        Release::succeed(Some(one), version(2), admin_version())
    }

    #[test]
    fn every_frame_has_a_policy_of_its_own_and_everything_else_the_closed_one() {
        let manifest = manifest();
        let old = "data-key-00000000000000000000000000000000".to_owned();
        let headers = fields(&release(), &origins(), &manifest, std::slice::from_ref(&old));
        let csp = |path: &str| headers[path]["Content-Security-Policy"].clone();
        for n in [1, 2] {
            let frame = csp(&format!("/frame-{n}.html"));
            assert!(frame.contains(&version(n).loader.integrity));
            assert!(frame.contains(&format!("http://localhost:4802/checkout-{n}.wasm ")));
            assert!(frame.contains(&format!("http://localhost:4802/checkout-portable-{n}.wasm ")));
            assert!(frame.contains(&format!("http://localhost:4802/texts-de-{n}.json ")));
            assert!(frame.contains("frame-ancestors http://localhost:4801;"));
            for key in &manifest.data_keys {
                assert!(frame.contains(&format!(" http://localhost:4802/data-key-{} ", key.key_id())));
            }
            assert!(!frame.contains(&old));
        }
        assert_eq!(headers[&format!("/{old}")]["Cache-Control"], KEPT);
        assert_eq!(headers[&format!("/{old}")]["Content-Type"], "application/octet-stream");
        assert!(csp("*").contains("default-src 'none'") && csp("*").contains("frame-ancestors 'none'"));
        assert_eq!(headers["*"]["Connection-Allowlist"], "();report-to=nightsafe;webrtc=block");
        assert_eq!(headers["*"]["Reporting-Endpoints"], "nightsafe=\"http://localhost:4803/v1/reports\"");
        assert_eq!(headers["/element-1.js"]["Cache-Control"], ASKED_AGAIN);
        assert_eq!(headers["/element-1.js"]["Content-Type"], "text/javascript; charset=utf-8");
        assert_eq!(headers["/checkout-1.wasm"]["Content-Type"], "application/wasm");
        assert_eq!(headers["/key-manifest"]["Content-Type"], "text/plain; charset=utf-8");
        assert!(!headers["*"].contains_key("Content-Type"));
    }

    #[test]
    fn nothing_is_open_ended() {
        let headers = fields(&release(), &origins(), &manifest(), &[]);
        for (name, value) in headers.values().flatten() {
            assert!(!value.contains("unsafe-inline") && !value.contains("'self'"));
            assert!(!value.contains("response-origin") && value.is_ascii());
            assert!(!value.contains("  "), "{name}");
            assert!(name == "Access-Control-Allow-Origin" || !value.contains('*'));
        }
    }

    #[test]
    fn the_admin_site_talks_to_the_vault_and_asks_ingest_for_the_timestamp_alone() {
        let headers = admin(&release(), &origins());
        let csp = &headers["*"]["Content-Security-Policy"];
        let ends = ["4804/admin-1.wasm", "4804/passphrase-1.wasm", "4805/v1/", "4803/v1/timestamp"];
        let connects = ends.map(|end| format!("http://localhost:{end}"));
        assert!(csp.contains(&format!("connect-src {};", connects.join(" "))));
        assert!(csp.contains("frame-ancestors 'none'") && csp.contains("trusted-types 'none'"));
        let allowlist = &headers["*"]["Connection-Allowlist"];
        for policy in [csp, allowlist] {
            assert_eq!(policy.matches("4803").count(), 1);
            assert!(!policy.contains("4802") && !policy.contains("4801"));
        }
        let permissions = &headers["*"]["Permissions-Policy"];
        assert!(permissions.contains(OWN_PASSKEYS) && permissions.contains("usb=()"));
        let fields = fields(&release(), &origins(), &manifest(), &[]);
        assert!(fields["*"]["Permissions-Policy"].contains(NO_PASSKEYS));
        assert!(allowlist.contains("\"http://localhost:4803/v1/timestamp\""));
        assert!(!headers["*"].contains_key("Access-Control-Allow-Origin"));
    }
}
