//! A small release, and the anchor that it goes with. Test keys: private keys are one byte, repeated.

use super::*;
use crate::anchor::{Origin, TrustAnchor, WasmFile};
use crate::note::NoteSigner;

pub(crate) const SITE: &str = "demo.nightsafe.example";

pub(crate) fn time(text: &str) -> UnixTime {
    UnixTime::parse(text).unwrap()
}

/// Site key 1, 2 or 3.
pub(crate) fn site_key(number: u8) -> NoteSigner {
    NoteSigner::from_seed(&format!("{SITE}/site-{number}"), &[number; 32]).unwrap()
}

/// The key of the release log.
pub(crate) fn log_key() -> NoteSigner {
    NoteSigner::from_seed(&crate::release_log::origin(SITE), &[0x4c; 32]).unwrap()
}

/// Two of three keys must sign, and no manifest before the seventh counts.
pub(crate) fn anchor() -> TrustAnchor {
    let wasm = |name: &str| WasmFile { name: name.into(), integrity: format!("sha384-{}", "A".repeat(64)) };
    TrustAnchor {
        site: Site::parse(SITE).unwrap(),
        site_keys: (1..=3).map(|number| site_key(number).vkey().clone()).collect(),
        threshold: 2,
        sequence_floor: 7,
        ingest: Origin::parse("https://ingest.example").unwrap(),
        wasm: wasm("checkout-0123456789abcdef.wasm"),
        wasm_portable: wasm("checkout-portable-0123456789abcdef.wasm"),
    }
}

fn headers(lines: &[(&str, &str)]) -> Headers {
    lines.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn place(origin: &str, files: &[(&str, &[u8])]) -> Place {
    let script = |path: &FilePath| {
        path.is_code().then(|| Script {
            owner: "Nightsafe project".into(),
            purpose: "Seals what shoppers type".into(),
            justification: "No field works without it; its \"bytes\" are pinned by the page".into(),
        })
    };
    let file = |(path, bytes): &(&str, &[u8])| {
        let path = FilePath::parse(path).unwrap();
        (path.clone(), File::of(bytes, script(&path)))
    };
    let all = headers(&[
        ("Cache-Control", "no-store, no-transform"),
        ("Content-Security-Policy", "default-src 'none'; sandbox"),
        ("X-Content-Type-Options", "nosniff"),
    ]);
    let of_file = |(path, _): &(&str, &[u8])| ((*path).to_owned(), headers(&[("Content-Type", media_type(path))]));
    let mut headers: BTreeMap<_, _> = files.iter().map(of_file).collect();
    headers.insert("*".to_owned(), all);
    Place { origin: Origin::parse(origin).unwrap(), files: files.iter().map(file).collect(), headers }
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "" if path != "/" => "text/plain; charset=utf-8",
        _ => "text/html; charset=utf-8",
    }
}

pub(crate) const WASM: &[u8] = b"\0asm\x01\0\0\0";
pub(crate) const LOADER: &[u8] = b"load()";

/// Made on 2026-11-27, good for 100 days.
pub(crate) fn release() -> SiteRelease {
    let created = time("2026-11-27T12:00:00Z");
    let mut fields = place(
        "https://fields.example",
        &[
            ("/checkout-93a44bbb96c75121.wasm", WASM),
            ("/frame-1.html", b"<!doctype html>"),
            ("/key-manifest", b"a note"),
            ("/loader-1.js", LOADER),
        ],
    );
    let own = headers(&[("Cache-Control", "no-cache, no-transform"), ("Content-Security-Policy", "script-src 'self'")]);
    fields.headers.get_mut("/frame-1.html").unwrap().extend(own);
    SiteRelease {
        site: Site::parse(SITE).unwrap(),
        version: "2026-11-27.3".into(),
        sequence: 3,
        created,
        expires: created.plus_days(100),
        made_with: MadeWith {
            version: "0.1.0".into(),
            source_commit: "0123456789abcdef0123456789abcdef01234567".into(),
            toolchain: "rustc 1.95.0 (59807616e 2026-04-14)".into(),
            modules: BTreeMap::from([("checkout".to_owned(), crate::primitives::sha256(&[WASM]))]),
        },
        key_manifest: KeyManifestId { sequence: 7, hash: ManifestHash([7; 32]) },
        log: Some(log_key().vkey().clone()),
        element: None,
        programs: BTreeMap::new(),
        fields,
        admin: place("https://admin.example", &[("/", b"admin"), ("/index.html", b"admin"), ("/admin.js", b"admin()")]),
    }
}
