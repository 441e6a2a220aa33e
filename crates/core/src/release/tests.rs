use super::sample::{LOADER, WASM, anchor, release, site_key, time};
use super::*;

const NOW: &str = "2026-12-01T12:00:00Z";

fn signed(release: &SiteRelease) -> (String, String) {
    (sign(release, &[&site_key(1), &site_key(3)]).unwrap(), release.encode())
}

#[test]
fn what_is_written_is_read_and_waict_finds_its_names() {
    let made = release();
    let document = made.encode();
    assert_eq!(SiteRelease::parse(&document).unwrap(), made);
    assert!(!document.contains('\n'));
    let json: serde_json::Value = serde_json::from_str(&document).unwrap();
    let url = "https://fields.example/loader-1.js";
    assert_eq!(json["hashes"][url], crate::encoding::b64u(&crate::primitives::sha256(&[LOADER])));
    assert_eq!(json["wasm_hashes"][0], crate::encoding::b64u(&crate::primitives::sha256(&[WASM])));
    assert_eq!(json["scripts"].as_object().unwrap().len(), 3);
    let (path, file) = made.waict();
    assert_eq!(file, format!("{document}\n\n"));
    assert_eq!(path.len(), "/.well-known/waict/manifests/".len() + 22);
    let (_, webcat) = made.webcat();
    let webcat: serde_json::Value = serde_json::from_str(&webcat).unwrap();
    assert_eq!(webcat["files"]["/index.html"], webcat["files"]["/"]);
    assert_eq!(webcat["default_csp"], "default-src 'none'; sandbox");
    // What it makes of WEBCAT's rules for a manifest
    assert!(webcat["files"][format!("/{}", webcat["default_index"].as_str().unwrap())].is_string());
}

#[test]
fn a_release_must_say_what_the_format_says() {
    type Change = fn(&mut SiteRelease);
    let changes: &[Change] = &[
        |made| made.version = String::new(),
        |made| made.version = "a b".into(),
        |made| made.sequence = 10_000_000_000,
        |made| made.expires = made.created,
        |made| made.expires = made.created.plus_days(401),
        |made| made.made_with.source_commit = "HEAD".into(),
        |made| made.made_with.toolchain = "a\nb".into(),
        |made| made.made_with.modules.clear(),
        |made| *made.made_with.modules.get_mut("checkout").unwrap() = [0; 32],
        |made| made.admin.origin = made.fields.origin.clone(),
        |made| made.log = Some(site_key(1).vkey().clone()),
        |made| made.element = FilePath::parse("/loader-2.js"),
        |made| made.element = FilePath::parse("/frame-1.html"),
        |made| made.programs = BTreeMap::from([(String::new(), [0; 32])]),
        |made| made.programs = BTreeMap::from([("..".into(), [0; 32])]),
        |made| made.programs = BTreeMap::from([("bin/nightsafe".into(), [0; 32])]),
        |made| made.programs = BTreeMap::from([("a".repeat(65), [0; 32])]),
        |made| made.programs = (0..=MAX_PROGRAMS).map(|number| (number.to_string(), [0; 32])).collect(),
        |made| drop(made.fields.headers.remove("*")),
        |made| drop(made.fields.headers.insert("/none".into(), Headers::new())),
        |made| drop(made.fields.headers.get_mut("*").unwrap().insert("X-A".into(), " a".into())),
        |made| drop(made.fields.headers.get_mut("*").unwrap().insert("X-A".into(), "a\r\nSet-Cookie: b".into())),
        |made| drop(made.fields.headers.get_mut("*").unwrap().insert("cache-control".into(), "no-store".into())),
        |made| drop(made.fields.headers.remove("/loader-1.js")),
        |made| made.fields.files.get_mut(&FilePath::parse("/loader-1.js").unwrap()).unwrap().bytes = MAX_FILE + 1,
        |made| made.fields.files.get_mut(&FilePath::parse("/loader-1.js").unwrap()).unwrap().script = None,
        |made| made.fields.files.get_mut(&FilePath::parse("/loader-1.js").unwrap()).unwrap().keys = vec![[1; 32]; 3],
        |made| made.fields.files.get_mut(&FilePath::parse("/frame-1.html").unwrap()).unwrap().keys = vec![[1; 32]],
        |made| {
            let script = made.fields.files[&FilePath::parse("/loader-1.js").unwrap()].script.clone();
            made.fields.files.get_mut(&FilePath::parse("/frame-1.html").unwrap()).unwrap().script = script;
        },
    ];
    for (number, change) in changes.iter().enumerate() {
        let mut made = release();
        change(&mut made);
        assert_eq!(sign(&made, &[&site_key(1)]), Err(ReleaseError::InvalidManifest), "{number}");
    }
}

#[test]
fn the_element_of_now_is_a_script_of_the_fields_origin() {
    let mut made = release();
    assert!(!made.encode().contains("\"element\""), "as releases of before were written");
    made.element = FilePath::parse("/loader-1.js");
    let document = made.encode();
    assert_eq!(SiteRelease::parse(&document).unwrap(), made);
    let json: serde_json::Value = serde_json::from_str(&document).unwrap();
    assert_eq!(json["element"], "https://fields.example/loader-1.js");
    let elsewhere = document.replace("\"element\":\"https://fields", "\"element\":\"https://evil");
    assert!(elsewhere != document && SiteRelease::parse(&elsewhere).is_err());
}

#[test]
fn programs_are_named_by_their_hashes_and_releases_without_stay_as_they_were() {
    let mut made = release();
    assert!(!made.encode().contains("programs"), "as releases of before were written");
    made.programs.insert("nightsafe-ingest".into(), [1; 32]);
    made.programs.insert("nightsafe".into(), [2; 32]);
    let document = made.encode();
    assert_eq!(SiteRelease::parse(&document).unwrap(), made);
    let json: serde_json::Value = serde_json::from_str(&document).unwrap();
    assert_eq!(json["programs"]["nightsafe"], crate::encoding::b64u(&[2; 32]));
    assert!(
        SiteRelease::parse(&release().encode().replacen("\"release_log\"", "\"programs\":{},\"release_log\"", 1))
            .is_err()
    );
}

#[test]
fn a_pin_is_the_hash_and_the_keys() {
    let mut made = release();
    assert!(!made.encode().contains("integrity_keys"), "as releases of before were written");
    let loader = FilePath::parse("/loader-1.js").unwrap();
    let file = made.fields.files.get_mut(&loader).unwrap();
    assert_eq!(file.pin(), file.integrity());
    file.keys = vec![[1; 32], [2; 32]];
    let key = |byte: u8| crate::encoding::b64(&[byte; 32]);
    assert_eq!(file.pin(), format!("{} ed25519-{} ed25519-{}", file.integrity(), key(1), key(2)));
    let document = made.encode();
    assert_eq!(SiteRelease::parse(&document).unwrap(), made);
    let json: serde_json::Value = serde_json::from_str(&document).unwrap();
    assert_eq!(json["integrity_keys"]["https://fields.example/loader-1.js"], serde_json::json!([key(1), key(2)]));
    for (from, to) in [
        (key(1), key(1).replace('=', "")),
        (format!("[\"{}\",\"{}\"]", key(1), key(2)), "[]".to_owned()),
        (
            "{\"https://fields.example/loader-1.js\":[\"AQ".to_owned(),
            "{\"https://fields.example/x.js\":[\"AQ".to_owned(),
        ),
    ] {
        let bad = document.replacen(&from, &to, 1);
        assert!(bad != document && SiteRelease::parse(&bad).is_err(), "{bad}");
    }
}

#[test]
fn paths_lead_nowhere_else() {
    for good in ["/", "/index.html", "/a/b.js", "/data-key-00"] {
        assert!(FilePath::parse(good).is_some(), "{good}");
    }
    let long = format!("/{}", "a".repeat(200));
    for bad in [
        "",
        "a",
        "//",
        "/a/",
        "/.well-known/x",
        "/a/../b",
        "/a?b",
        "/a b",
        "/%41",
        "/site-release",
        "/site-release.tlog-proof",
        "/log/checkpoint",
        "/é",
        &long,
    ] {
        assert!(FilePath::parse(bad).is_none(), "{bad}");
    }
}

#[test]
fn what_was_seen_last_is_a_floor() {
    let verified = |made: &SiteRelease| {
        let (note, document) = signed(made);
        verify(&note, &document, &anchor(), time(NOW)).unwrap()
    };
    let third = verified(&release());
    let fourth = verified(&SiteRelease { sequence: 4, ..release() });
    let other = verified(&SiteRelease { version: "other".into(), ..release() });
    assert_eq!(third.follows(&third.remember()), Ok(()));
    assert_eq!(fourth.follows(&third.remember()), Ok(()));
    assert_eq!(third.follows(&fourth.remember()), Err(ReleaseError::Rollback));
    assert_eq!(other.follows(&third.remember()), Err(ReleaseError::Fork));
}

#[test]
fn old_releases_can_be_read() {
    let (note, document) = signed(&release());
    let late = time("2030-01-01T00:00:00Z");
    assert_eq!(verify(&note, &document, &anchor(), late), Err(ReleaseError::Expired));
    assert_eq!(verify_at_any_time(&note, &document, &anchor()).unwrap().hash(), hash(&document));
}

#[test]
fn files_are_told_apart() {
    let fields = release().fields;
    assert_eq!(fields.check_file("/loader-1.js", LOADER), Ok(()));
    assert_eq!(fields.check_file("/loader-1.js", b"evil()"), Err(Mismatch::NoManifestMatch));
    assert_eq!(fields.check_file("/checkout-93a44bbb96c75121.wasm", LOADER), Err(Mismatch::WasmHashMismatch));
    assert_eq!(fields.check_file("/admin.js", b"admin()"), Err(Mismatch::MissingFromManifest));
}

#[test]
fn headers_are_exact_and_none_may_be_added() {
    let fields = release().fields;
    let check = |path: &str, answer: &[(&str, &str)]| {
        let answer: Vec<_> = answer.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        let found = fields.check_headers(path, &answer);
        found.into_iter().map(|one| format!("{} {}", one.fault.code(), one.name)).collect::<Vec<_>>()
    };
    let good = [
        ("cache-control", "no-store, no-transform"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("x-content-type-options", "nosniff"),
        ("date", "whenever"),
    ];
    assert!(check("/nothing", &good).is_empty());
    // The frame has its own policy
    assert_eq!(
        check("/frame-1.html", &good),
        ["header_changed Cache-Control", "header_changed Content-Security-Policy", "header_missing Content-Type"]
    );
    assert_eq!(check("/", &good[1..]), ["header_missing Cache-Control"]);
    let more =
        [good.as_slice(), &[("X-Content-Type-Options", "nosniff"), ("Refresh", "0;url=https://evil.example")]].concat();
    assert_eq!(check("/", &more), ["header_doubled X-Content-Type-Options", "header_added refresh"]);
}
