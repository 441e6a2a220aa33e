//! `nightsafe site build` and `nightsafe snippet`.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, reason = "a failing test may panic")]

mod common;

use std::ffi::OsStr;
use std::fs;
use std::process::{Command, Output};

use common::{SITE_KEYS, Shop, fails, fingerprint, ok, run, snapshot};
use serde_json::Value as Json;

fn release(shop: &Shop) -> Json {
    serde_json::from_slice(&fs::read(shop.data().join("site/release.json")).unwrap()).unwrap()
}

fn headers(shop: &Shop, site: &str) -> Json {
    serde_json::from_slice(&fs::read(shop.data().join(format!("site/{site}-headers.json"))).unwrap()).unwrap()
}

fn text<'a>(json: &'a Json, pointer: &str) -> &'a str {
    json.pointer(pointer).unwrap().as_str().unwrap()
}

/// The two keys that stand behind the hash in pins.
fn integrity_keys(release: &Json) -> String {
    let keys = release["fields"]["integrity_keys"].as_array().unwrap();
    assert_eq!(keys.len(), 2);
    keys.iter().map(|key| format!(" {}", key.as_str().unwrap())).collect()
}

#[test]
fn building_again_changes_no_byte() {
    let shop = Shop::built();
    let before = fingerprint(&shop.data());
    ok(shop.build(&[]));
    assert_eq!(fingerprint(&shop.data()), before);
}

#[test]
fn every_file_pins_the_one_below_it() {
    let shop = Shop::built();
    let release = release(&shop);
    let read = |pointer: &str| fs::read_to_string(shop.fields(text(&release, pointer))).unwrap();
    let anchor = fs::read_to_string(shop.data().join("anchor.txt")).unwrap();
    let line = |key: &str, name: &str| {
        let [file, integrity] = ["file", "integrity"].map(|part| text(&release, &format!("/fields/{name}/{part}")));
        format!("{key} {file} {integrity}\n")
    };
    assert!(anchor.ends_with(&(line("wasm", "wasm") + &line("wasm-portable", "wasm_portable"))));
    let [texts, integrity] = ["file", "integrity"].map(|part| text(&release, &format!("/fields/texts/de/{part}")));
    let keys = integrity_keys(&release);
    let loader = [anchor.clone(), format!("de {texts} {integrity}{keys}"), keys];
    let loader = loader.map(|text| serde_json::to_string(&text).unwrap());
    assert_eq!(read("/fields/loader/file"), format!("load({})", loader.join(",")));
    assert_eq!(fs::read(shop.fields(texts)).unwrap(), fs::read(shop.path("assets/texts-de.json")).unwrap());
    let frame = read("/fields/frame/file");
    assert!(frame.contains(text(&release, "/fields/loader/file")));
    assert!(frame.contains(text(&release, "/fields/loader/integrity")));
    let element = read("/fields/element/file");
    assert_eq!(element, format!("frame(\"http://localhost:4802\",\"{}\")", text(&release, "/fields/frame/file")));
    for (path, _) in snapshot(&shop.data().join("site/fields")) {
        let name = path.file_name().unwrap().to_str().unwrap();
        // Keys do not compress, and the release log's files are those of its format
        let is_log = path.starts_with(shop.data().join("site/fields/log"));
        let is_single = is_log || name.ends_with(".br") || name.ends_with(".gz") || name.starts_with("data-key-");
        assert!(is_single || [".br", ".gz"].iter().all(|end| path.with_file_name(format!("{name}{end}")).exists()));
    }

    let fields = headers(&shop, "fields");
    let csp = text(&fields, &format!("/~1{}/Content-Security-Policy", text(&release, "/fields/frame/file")));
    assert!(csp.contains(text(&release, "/fields/loader/integrity")));
    assert!(csp.contains("frame-ancestors http://localhost:4801"));
    let admin = headers(&shop, "admin");
    let csp = text(&admin, "/*/Content-Security-Policy");
    assert!(csp.contains(text(&release, "/admin/script/integrity")));
}

#[test]
fn earlier_versions_stay_served_with_their_own_policy() {
    let shop = Shop::built();
    let old = release(&shop);
    shop.write_assets("two");
    ok(shop.build(&[]));
    let new = release(&shop);
    assert_ne!(text(&old, "/fields/element/file"), text(&new, "/fields/element/file"));
    assert_eq!(new.pointer("/earlier/0"), old.pointer("/fields"));
    let headers = headers(&shop, "fields");
    for version in [&old, &new] {
        let frame = text(version, "/fields/frame/file");
        assert!(shop.fields(frame).exists() && shop.fields(text(version, "/fields/element/file")).exists());
        let csp = text(&headers, &format!("/~1{frame}/Content-Security-Policy"));
        assert!(csp.contains(text(version, "/fields/loader/integrity")));
    }
}

#[test]
fn assets_that_do_not_fit_are_refused_and_nothing_is_published() {
    let shop = Shop::built();
    let before = fingerprint(&shop.data());
    for (file, from, to, why) in [
        ("loader.js", "__NIGHTSAFE_ANCHOR__", "__NIGHTSAFE_ANCH0R__", "0 times"),
        ("loader.js", "load(", "load(\"__NIGHTSAFE_ANCHOR__\",", "2 times"),
        ("loader.js", "load(", "load(\"__NIGHTSAFE_MORE__\",", "placeholder left"),
        ("element.js", "\"__NIGHTSAFE_FRAME__\"", "\"x__NIGHTSAFE_FRAME__\"", "not as a string literal"),
        ("frame.html", "__NIGHTSAFE_LOADER__", "loader.js", "holds no __NIGHTSAFE_LOADER__"),
        ("frame.html", "integrity=\"", "integrity=\"sha384-x ", "ignore such values"),
        ("frame.html", "integrity=", "data-pin=", "without an integrity"),
        ("frame.html", "crossorigin", "data-x", "without crossorigin"),
        ("frame.html", "<p>", "<script>evil()</script><p>", "inline script"),
        ("frame.html", "<style>", "<style media=all>", "exactly one <style>"),
        ("admin/index.html", "__ADMIN_CSS_INTEGRITY__", "md5-x", "holds no __ADMIN_CSS_INTEGRITY__"),
    ] {
        shop.write_assets("tampered");
        shop.edit_asset(file, from, to);
        let error = fails(shop.build(&[]));
        assert!(error.contains(why), "{file}, {to}: {error}");
        assert_eq!(fingerprint(&shop.data()), before, "{file}");
    }
    shop.write_assets("");
    fs::write(shop.path("assets/checkout.wasm"), "not wasm").unwrap();
    assert!(fails(shop.build(&[])).contains("not a WASM module"));
    shop.write_assets("");
    fs::remove_file(shop.path("assets/loader.js")).unwrap();
    assert!(fails(shop.build(&[])).contains("cannot read"));
    assert_eq!(fingerprint(&shop.data()), before);
}

#[test]
fn the_floor_is_raised_on_request_only() {
    let shop = Shop::built();
    ok(shop.sign(&[1, 2], &[]));
    let floor = || fs::read_to_string(shop.data().join("anchor.txt")).unwrap();
    ok(shop.build(&[]));
    assert!(floor().contains("\nsequence-floor 1\n"));
    ok(shop.build(&["--raise-floor"]));
    assert!(floor().contains("\nsequence-floor 2\n"));
}

#[test]
fn the_snippet_pins_the_element_and_its_own_command_says_so() {
    let shop = Shop::built();
    let snippet = ok(shop.run(&["snippet"]));
    let release = release(&shop);
    let (file, integrity) = (text(&release, "/fields/element/file"), text(&release, "/fields/element/integrity"));
    assert!(snippet.contains(&format!("src=\"http://localhost:4802/{file}\"")));
    let pin = format!("{integrity}{}", integrity_keys(&release));
    assert!(snippet.contains(&format!("integrity=\"{pin}\" crossorigin=\"anonymous\"")));
    assert!(snippet.contains("<noscript>") && snippet.contains("required"));

    // The command that the snippet prints, with the served file read from the disk
    let check = snippet.lines().find(|line| line.starts_with("test ")).unwrap();
    let check = check
        .replace(&format!("curl -fsS http://localhost:4802/{file}"), &format!("cat {}", shop.fields(file).display()));
    let sh = || Command::new("sh").args(["-c", &check]).output().unwrap();
    assert_eq!(sh().stdout, b"OK\n");

    let mut bytes = fs::read(shop.fields(file)).unwrap();
    bytes.push(b'\n');
    fs::write(shop.fields(file), bytes).unwrap();
    assert!(!sh().status.success());
    assert!(fails(shop.run(&["snippet"])).contains("changed after it was hashed"));
}

#[test]
fn without_a_site_the_commands_say_what_to_do() {
    let shop = Shop::new();
    assert!(fails(shop.run(&["snippet"])).contains("nightsafe init"));
    ok(shop.init(&[]));
    assert!(fails(shop.run(&["snippet"])).contains("nightsafe site build"));
    assert!(fails(shop.run(&["up", "--log", "error"])).contains("nightsafe site build"));
}

/// Whoever has the source and the toolchain finds out whether a release was made of them.
#[test]
fn assets_that_were_made_again_are_held_against_a_release_file_by_file() {
    let shop = Shop::made();
    shop.write_assets("");
    build_signed(&shop);
    let verify = |more: &[&OsStr]| verify(&shop, more);
    let assets = shop.path("assets");
    let rebuilt = ["--rebuilt".as_ref(), assets.as_os_str()];
    ok(verify(&rebuilt));
    for (name, from, to) in [
        ("element.js", "frame(", "frame ("),
        ("loader.js", "load(", "evil(),load("),
        ("frame.html", "<p>", "<p class=x>"),
        ("admin/admin.js", "admin(", "admin ("),
        ("admin/admin.css", "margin:0", "margin:1"),
        ("texts-de.json", "Kartendaten", "Karte"),
    ] {
        shop.edit_asset(name, from, to);
        let output = verify(&rebuilt);
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert_eq!(said.lines().filter(|line| line.starts_with("not_reproduced")).count(), 1, "{said}");
        assert!(said.contains(&format!("not_reproduced  {name}  ")), "{said}");
        shop.edit_asset(name, to, from);
    }
    shop.edit_asset("made-with.json", "\"none\"", "\"another\"");
    assert!(fails(verify(&rebuilt)).contains("for the same toolchain"));
}

/// Before anything is made in it: what came of another source, or of a changed one, would say nothing of the release. That of the
/// right one is made and compared by `cargo xtask reproduce`.
#[test]
fn a_source_that_is_not_the_releases_is_refused() {
    let shop = Shop::made();
    shop.write_assets("");
    let source = shop.path("source");
    fs::create_dir(&source).unwrap();
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.arg("-C").arg(&source).args(["-c", "user.name=Nobody", "-c", "user.email=nobody@example.org"]);
        // No settings of whoever runs the tests
        git.args(arguments).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        ok(run(git, "")).trim().to_owned()
    };
    let write = |name: &str, text: &str| fs::write(source.join(name), text).unwrap();
    let commit = |text: &str| {
        write("code", text);
        git(&["add", "code"]);
        git(&["commit", "--quiet", "--message", text]);
        git(&["rev-parse", "HEAD"])
    };
    let rebuild = || fails(verify(&shop, &["--rebuild".as_ref(), source.as_os_str()]));
    git(&["init", "--quiet"]);
    let first = commit("one");
    shop.edit_asset("made-with.json", "\"unknown\"", &format!("\"{first}\""));
    build_signed(&shop);

    let second = commit("two");
    let said = rebuild();
    assert!(said.contains(&format!("is at commit {second}, and the release was made from {first}")), "{said}");
    git(&["checkout", "--quiet", &first]);
    write("code", "two");
    assert!(rebuild().contains("has changes that are in no commit"));
    write("code", "one");
    write("more", "");
    assert!(rebuild().contains("has changes that are in no commit"));
    fs::remove_file(source.join("more")).unwrap();
    // Now it is the release's, and there is nothing in it of which cargo could make anything
    let said = rebuild();
    assert!(said.contains("`cargo xtask assets` failed in"), "{said}");
    let none = shop.dir.path().as_os_str();
    assert!(fails(verify(&shop, &["--rebuild".as_ref(), none])).contains("no checkout of the source"));
}

fn build_signed(shop: &Shop) {
    let mut build = shop.command(&["site", "build", "--site-passphrase-fd", "0"]);
    build.arg("--assets").arg(shop.path("assets"));
    for number in [1, 2] {
        build.arg("--site-key").arg(shop.path(&format!("site-keys/site-key-{number}.key")));
    }
    ok(run(build, &format!("{SITE_KEYS}\n")));
}

fn verify(shop: &Shop, more: &[&OsStr]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nightsafe"));
    command.args(["site", "verify"]).arg(shop.data().join("site"));
    command.arg("--anchor").arg(shop.data().join("anchor.txt")).args(more);
    run(command, "")
}
