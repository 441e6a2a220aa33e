//! Signatures of scripts and modules, and the keys that pins list: made, exchanged, lost.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failing test may panic"
)]

mod common;

use std::fs;
use std::process::{Command, Output};

use common::{ADMIN, SITE_KEYS, Shop, fails, fingerprint, ok, run};
use nightsafe_core::encoding::b64;
use nightsafe_core::note::NoteSigner;
use nightsafe_core::release::{FilePath, SiteRelease};
use nightsafe_serve::online_key;
use serde_json::Value;
use sha2::{Digest, Sha512};

const SIGNED: [&str; 3] = ["Unencoded-Digest", "Signature-Input", "Signature"];

/// A command of `site`, signed and published in one step.
fn site(shop: &Shop, args: &[&str]) -> Output {
    let mut command = shop.command(&[&["site"], args].concat());
    command.args(["--site-passphrase-fd", "0"]);
    for number in [1, 2] {
        command.arg("--site-key").arg(shop.path(&format!("site-keys/site-key-{number}.key")));
    }
    run(command, &format!("{SITE_KEYS}\n"))
}

fn build(shop: &Shop, variant: &str, more: &[&str]) -> Output {
    shop.write_assets(variant);
    let assets = shop.path("assets");
    site(shop, &[&["build", "--assets", assets.to_str().unwrap()], more].concat())
}

fn json(shop: &Shop, name: &str) -> Value {
    serde_json::from_slice(&fs::read(shop.data().join("site").join(name)).unwrap()).unwrap()
}

fn key(shop: &Shop, name: &str) -> NoteSigner {
    online_key::parse(&fs::read_to_string(shop.data().join("keys").join(name)).unwrap()).unwrap()
}

/// As pins list the keys of now.
fn pins(shop: &Shop) -> [String; 2] {
    ["integrity.key", "integrity-next.key"].map(|name| format!("ed25519-{}", b64(key(shop, name).vkey().public_key())))
}

/// The versions of the checkout that are served, newest first.
fn versions(shop: &Shop) -> Vec<Value> {
    let record = json(shop, "release.json");
    let mut all = vec![record["fields"].clone()];
    all.extend(record["earlier"].as_array().unwrap().iter().cloned());
    all
}

/// What browsers run of a version, besides the page.
fn files(version: &Value) -> Vec<String> {
    let mut all = vec![version["texts"]["de"]["file"].as_str().unwrap().to_owned()];
    all.extend(
        ["element", "loader", "wasm", "wasm_portable"].map(|part| version[part]["file"].as_str().unwrap().to_owned()),
    );
    all
}

/// Written out from the RFC, byte for byte; Ed25519 makes the same signature each time.
fn assert_signed(shop: &Shop, site: &str, file: &str, by: &NoteSigner) {
    let bytes = fs::read(shop.data().join("site").join(site).join(file)).unwrap();
    let digest = format!("sha-512=:{}:", b64(&Sha512::digest(bytes)));
    let parameters = format!(
        r#"("unencoded-digest";sf "@path";req);keyid="{}";tag="ed25519-integrity""#,
        b64(by.vkey().public_key())
    );
    let base =
        format!("\"unencoded-digest\";sf: {digest}\n\"@path\";req: /{file}\n\"@signature-params\": {parameters}");
    let own = &json(shop, &format!("{site}-headers.json"))[format!("/{file}")];
    assert_eq!(own["Unencoded-Digest"], digest, "{file}");
    assert_eq!(own["Signature-Input"], format!("s1={parameters}"), "{file}");
    assert_eq!(own["Signature"], format!("s1=:{}:", b64(&by.sign(base.as_bytes()))), "{file}");
}

/// Paths that are served with a signature.
fn signed_paths(shop: &Shop, site: &str) -> Vec<String> {
    let headers = json(shop, &format!("{site}-headers.json"));
    let is_signed = |own: &Value| {
        let count = SIGNED.iter().filter(|name| own.get(**name).is_some()).count();
        assert!(count == 0 || count == SIGNED.len());
        count > 0
    };
    headers.as_object().unwrap().iter().filter(|(_, own)| is_signed(own)).map(|(path, _)| path.clone()).collect()
}

#[test]
fn what_browsers_run_is_signed_and_pins_list_both_keys() {
    let shop = Shop::made();
    let said = build(&shop, "", &[]);
    assert!(!String::from_utf8_lossy(&said.stderr).contains("integrity.key"), "init made them");
    ok(said);
    let (current, version) = (key(&shop, "integrity.key"), &versions(&shop)[0]);
    for file in files(version) {
        assert_signed(&shop, "fields", &file, &current);
    }
    assert_eq!(signed_paths(&shop, "fields").len(), files(version).len());
    let admin = json(&shop, "release.json")["admin"].clone();
    for part in ["script", "style", "wasm", "passphrase_wasm"] {
        assert_signed(&shop, "admin", admin[part]["file"].as_str().unwrap(), &current);
    }
    assert_eq!(signed_paths(&shop, "admin").len(), 4);

    // The shop's tag, what loader and admin script append to hashes, and the document that says so to monitors
    let keys = pins(&shop).join(" ");
    assert_ne!(pins(&shop)[0], pins(&shop)[1]);
    let (hash, element) =
        (version["element"]["integrity"].as_str().unwrap(), version["element"]["file"].as_str().unwrap());
    let snippet = ok(shop.run(&["snippet"]));
    assert!(snippet.contains(&format!("integrity=\"{hash} {keys}\"")), "{snippet}");
    let read = |path: &str| fs::read_to_string(shop.data().join("site").join(path)).unwrap();
    let loader = read(&format!("fields/{}", version["loader"]["file"].as_str().unwrap()));
    let texts = version["texts"]["de"]["integrity"].as_str().unwrap();
    assert!(loader.contains(&format!("\" {keys}\"")) && loader.contains(&format!("{texts} {keys}\"")), "{loader}");
    assert!(read(&format!("admin/{}", admin["script"]["file"].as_str().unwrap())).contains(&format!("\" {keys}\"")));
    for page in [format!("fields/{}", version["frame"]["file"].as_str().unwrap()), "admin/index.html".to_owned()] {
        assert!(!read(&page).contains("ed25519-"), "a policy of hashes alone would not allow it");
    }
    let release = SiteRelease::parse(&read("site-release.json")).unwrap();
    let pin = release.fields.files[&FilePath::parse(&format!("/{element}")).unwrap()].pin();
    assert_eq!(pin, format!("{hash} {keys}"));

    // The same again is nothing new
    let before = fingerprint(&shop.data());
    ok(build(&shop, "", &[]));
    assert_eq!(fingerprint(&shop.data()), before);
    // On the wire, and of what is not changed too
    let up = shop.up();
    let (_, head, _) = up.get("fields", &format!("/{element}"));
    let signature = json(&shop, "fields-headers.json")[format!("/{element}")]["Signature"].as_str().unwrap().to_owned();
    assert!(head.contains(&format!("signature: {signature}")), "{head}");
}

#[test]
fn a_rotation_signs_for_pins_of_before_and_another_waits_until_they_are_retired() {
    let shop = Shop::made();
    ok(build(&shop, "", &[]));
    let first = pins(&shop);
    ok(build(&shop, "", &["--rotate-integrity-key"]));
    let second = pins(&shop);
    assert!(second[0] == first[1] && !first.contains(&second[1]));
    let current = key(&shop, "integrity.key");
    for version in versions(&shop) {
        for file in files(&version) {
            assert_signed(&shop, "fields", &file, &current);
        }
    }
    let listed: Vec<_> = versions(&shop).iter().map(|version| version["integrity_keys"].clone()).collect();
    assert_eq!(listed, [Value::from(second.to_vec()), Value::from(first.to_vec())]);

    // The first version lists neither key of a second rotation
    let before = fingerprint(&shop.data());
    let old = versions(&shop)[1]["version"].as_str().unwrap().to_owned();
    let said = fails(build(&shop, "", &["--rotate-integrity-key"]));
    assert!(said.contains(&format!("list: {old}.")) && said.contains("site retire"), "{said}");
    assert_eq!(fingerprint(&shop.data()), before);
    ok(build(&shop, "two", &[]));
    assert_eq!(pins(&shop), second);
    ok(site(&shop, &["retire", &old, "--yes"]));
    ok(build(&shop, "two", &["--rotate-integrity-key"]));
    let current = key(&shop, "integrity.key");
    assert_eq!(pins(&shop)[0], second[1]);
    assert_eq!(versions(&shop).len(), 3);
    for file in versions(&shop).iter().flat_map(files) {
        assert_signed(&shop, "fields", &file, &current);
    }
}

#[test]
fn a_site_of_before_gets_its_keys_at_the_next_build_and_old_pins_stay() {
    let shop = Shop::built();
    // As a version without such keys left it
    let strip = |name: &str, change: &dyn Fn(&mut Value)| {
        let path = shop.data().join("site").join(name);
        let mut value: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        change(&mut value);
        fs::write(path, serde_json::to_vec_pretty(&value).unwrap()).unwrap();
    };
    strip("release.json", &|record| {
        for part in ["fields", "admin"] {
            record[part].as_object_mut().unwrap().remove("integrity_keys").unwrap();
        }
    });
    for name in ["fields-headers.json", "admin-headers.json"] {
        strip(name, &|headers| {
            for own in headers.as_object_mut().unwrap().values_mut() {
                own.as_object_mut().unwrap().retain(|name, _| !SIGNED.contains(&name.as_str()));
            }
        });
    }
    for name in ["integrity.key", "integrity-next.key"] {
        fs::remove_file(shop.data().join("keys").join(name)).unwrap();
    }
    assert!(fails(build(&shop, "two", &["--rotate-integrity-key"])).contains("build the site without rotating first"));
    let said = build(&shop, "two", &[]);
    let told = String::from_utf8_lossy(&said.stderr).into_owned();
    ok(said);
    assert!(told.contains("integrity.key") && told.contains("are made"), "{told}");
    let (all, signed) = (versions(&shop), signed_paths(&shop, "fields"));
    assert_eq!(all.len(), 2);
    assert!(files(&all[0]).iter().all(|file| signed.contains(&format!("/{file}"))));
    // But for what both have, whose pins of before take any good signature
    let old: Vec<_> = files(&all[1]).into_iter().filter(|file| !files(&all[0]).contains(file)).collect();
    assert!(!old.is_empty() && old.iter().all(|file| !signed.contains(&format!("/{file}"))));
}

#[test]
fn without_the_keys_nothing_new_is_pinned_and_what_was_signed_stays_signed() {
    let shop = Shop::made();
    ok(build(&shop, "", &[]));
    ok(build(&shop, "two", &[]));
    ok(build(&shop, "three", &[]));
    let keys = shop.data().join("keys");
    let (signed, all) = (json(&shop, "fields-headers.json"), versions(&shop));
    fs::rename(keys.join("integrity.key"), shop.path("elsewhere.key")).unwrap();
    assert!(fails(build(&shop, "four", &[])).contains("--rotate-integrity-key"));
    fs::rename(keys.join("integrity-next.key"), shop.path("elsewhere-next.key")).unwrap();
    assert!(fails(build(&shop, "four", &[])).contains("begin anew with --rotate-integrity-key"));
    assert!(!keys.join("integrity.key").exists(), "no key takes the place of one that pins list");
    // A new key manifest and an old version that goes need neither
    ok(shop.next_key(ADMIN));
    ok(shop.sign(&[1, 2], &[]));
    ok(site(&shop, &["retire", all[2]["version"].as_str().unwrap(), "--yes"]));
    let now = json(&shop, "fields-headers.json");
    for file in all[..2].iter().flat_map(files) {
        let path = format!("/{file}");
        assert!(SIGNED.iter().all(|name| now[&path][*name] == signed[&path][*name]), "{file}");
    }
    // Nor does a release with keys of its own: what has other pins keeps its signatures, and what both have gets two
    let anew = Shop::new();
    let copied = Command::new("cp").arg("-a").arg(shop.path(".")).arg(anew.dir.path()).status().unwrap();
    assert!(copied.success());
    ok(build(&anew, "three", &["--rotate-integrity-key"]));
    assert_eq!(versions(&anew).len(), 3);
    let (now, fresh) = (json(&anew, "fields-headers.json"), key(&anew, "integrity.key"));
    for version in &versions(&anew)[1..] {
        for path in files(version).iter().map(|file| format!("/{file}")) {
            let signature = signed[&path]["Signature"].as_str().unwrap().split_once('=').unwrap().1;
            assert!(now[&path]["Signature"].as_str().unwrap().ends_with(signature), "{path}");
        }
    }
    let both = format!("/{}", versions(&anew)[0]["wasm"]["file"].as_str().unwrap());
    assert!(now[&both]["Signature-Input"].as_str().unwrap().contains(", s2="));
    assert_signed(&anew, "fields", versions(&anew)[0]["element"]["file"].as_str().unwrap(), &fresh);
    // The next key is enough to go on
    fs::rename(shop.path("elsewhere-next.key"), keys.join("integrity-next.key")).unwrap();
    ok(build(&shop, "four", &["--rotate-integrity-key"]));
    let current = key(&shop, "integrity.key");
    for file in versions(&shop).iter().flat_map(files) {
        assert_signed(&shop, "fields", &file, &current);
    }
}
