//! Releases of the site: `nightsafe site build`, `sign` on another machine, `publish`, `verify`, `retire`.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failing test may panic"
)]

mod common;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use common::monitor::{look, told};
use common::{SITE_KEYS, Shop, Up, fails, fingerprint, kill, ok, run};
use nightsafe_core::encoding::{b64, b64_decode};
use nightsafe_core::release::SiteRelease;

/// A site whose first release is signed and served.
fn signed() -> Shop {
    let shop = Shop::built();
    sign_and_publish(&shop, 1);
    shop
}

fn proposal(shop: &Shop, number: u64) -> PathBuf {
    shop.data().join(format!("releases/{number}.proposal"))
}

fn sign_and_publish(shop: &Shop, number: u64) {
    for key in [1, 2] {
        ok(sign(shop, &proposal(shop, number), key, &["--yes"]));
    }
    ok(publish(shop, &[&proposal(shop, number)]));
}

/// Another machine: it has the file, a site key and its own trust anchor, nothing else.
fn sign(shop: &Shop, file: &Path, number: u8, more: &[&str]) -> Output {
    let elsewhere = tempfile::tempdir().unwrap();
    for (from, to) in [
        (shop.path(&format!("site-keys/site-key-{number}.key")), "site.key"),
        (shop.data().join("anchor.txt"), "anchor.txt"),
        (file.to_owned(), "carried"),
    ] {
        fs::copy(from, elsewhere.path().join(to)).unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_nightsafe"));
    command.current_dir(elsewhere.path()).env_clear().args(["site", "sign", "carried", "--site-key", "site.key"]);
    command.args(["--anchor", "anchor.txt", "--site-passphrase-fd", "0"]).args(more);
    let output = run(command, &format!("{SITE_KEYS}\n"));
    fs::copy(elsewhere.path().join("carried"), file).unwrap();
    output
}

fn publish(shop: &Shop, files: &[&Path]) -> Output {
    let mut command = shop.command(&["site", "publish"]);
    command.args(files);
    run(command, "")
}

/// Exit status, findings, last word.
fn verify(target: &Path, more: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nightsafe"));
    command.args(["site", "verify"]).arg(target).args(more);
    let output = run(command, "");
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// The same with the site's own anchor.
fn verify_site(shop: &Shop) -> (i32, String, String) {
    verify(&shop.data().join("site"), &["--anchor", shop.data().join("anchor.txt").to_str().unwrap()])
}

fn verify_server(shop: &Shop, up: &Up, site: &str, more: &[&str]) -> (i32, String, String) {
    let port = if site == "fields" { 4802 } else { 4804 };
    let (anchor, at) = (shop.data().join("anchor.txt"), up.address(site).to_string());
    let arguments = [&["--connect", &at, "--anchor", anchor.to_str().unwrap()], more].concat();
    verify(Path::new(&format!("http://localhost:{port}")), &arguments)
}

/// The release that is served.
fn served(shop: &Shop) -> SiteRelease {
    SiteRelease::parse(&fs::read_to_string(shop.data().join("site/site-release.json")).unwrap()).unwrap()
}

fn element(shop: &Shop) -> String {
    let record: serde_json::Value =
        serde_json::from_slice(&fs::read(shop.data().join("site/release.json")).unwrap()).unwrap();
    record["fields"]["element"]["file"].as_str().unwrap().to_owned()
}

fn build(shop: &Shop, variant: &str) {
    shop.write_assets(variant);
    ok(shop.build(&[]));
}

#[test]
fn built_carried_signed_in_turns_and_published() {
    let shop = Shop::built();
    let (status, found, _) = verify_site(&shop);
    assert_eq!((status, found.starts_with("manifest_unavailable")), (2, true), "{found}");
    let shown = ok(sign(&shop, &proposal(&shop, 1), 1, &["--yes"]));
    for said in
        ["THE FIRST", "Signed before by  nobody", "395 days", "Fields origin     http://localhost:4802", "script of"]
    {
        assert!(shown.contains(said), "{said}\n{shown}");
    }
    assert!(fails(publish(&shop, &[&proposal(&shop, 1)])).contains("one more site key must sign"));
    ok(sign(&shop, &proposal(&shop, 1), 3, &["--yes"]));
    let hash = ok(publish(&shop, &[&proposal(&shop, 1)]));
    let (status, said, _) = verify_site(&shop);
    assert_eq!((status, said.contains("OK")), (0, true), "{said}");
    // Again, and nothing is different
    let before = fingerprint(&shop.data());
    assert_eq!(ok(publish(&shop, &[&proposal(&shop, 1)])), hash);
    ok(shop.build(&[]));
    assert_eq!(fingerprint(&shop.data()), before);

    // The second is not served before it is signed
    let old = element(&shop);
    build(&shop, "two");
    assert_eq!((element(&shop), served(&shop).sequence), (old.clone(), 1));
    assert_eq!(verify_site(&shop).0, 0);
    let shown = ok(sign(&shop, &proposal(&shop, 2), 2, &["--yes"]));
    for said in [
        "number 2, after number 1",
        "site-key-1, demo.nightsafe.example/site-key-3; yours is not among them",
        "   NEW",
        "files as before",
        "  /index.html (",
        "   CHANGED",
        "Key manifest      number 1",
        "(as before)",
    ] {
        assert!(shown.contains(said), "{said}\n{shown}");
    }
    assert!(!shown.contains(".html   NO LONGER") && !shown.contains("THE FIRST"), "{shown}");
    ok(sign(&shop, &proposal(&shop, 2), 1, &["--yes"]));
    ok(publish(&shop, &[&proposal(&shop, 2)]));
    assert_ne!(element(&shop), old);
    assert!(shop.fields(&old).exists(), "the version before stays served");
    assert_eq!((verify_site(&shop).0, served(&shop).sequence), (0, 2));
    let admin = |release: u64| {
        let release = fs::read_to_string(shop.data().join(format!("releases/{release}/site-release.json"))).unwrap();
        let scripts = SiteRelease::parse(&release).unwrap().admin.files.into_keys();
        scripts.map(|path| path.as_str().to_owned()).filter(|path| path.starts_with("/admin-")).collect::<Vec<_>>()
    };
    let first_admin = admin(1);
    // And the release before is whole
    let anchor = shop.data().join("anchor.txt");
    assert_eq!(verify(&shop.data().join("releases/1"), &["--anchor", anchor.to_str().unwrap()]).0, 0);
    let old = verify(&shop.data().join("releases/1"), &["--anchor", anchor.to_str().unwrap(), "--at-least", "2"]);
    assert!(old.0 == 2 && old.1.starts_with("rollback"), "{old:?}");
    // Only these two, and what was signed
    build(&shop, "three");
    sign_and_publish(&shop, 3);
    assert!(!shop.data().join("releases/1").exists() && shop.data().join("releases/2").exists());
    assert!(shop.data().join("releases/signed/1.note").exists());
    // A page of the admin site that is still open finds its files; nobody pins older ones
    let (second, third) = (admin(2), admin(3));
    assert!(first_admin.iter().all(|path| second.contains(path)));
    let gone: Vec<_> = first_admin.iter().filter(|path| !third.contains(path)).collect();
    assert!(gone.iter().any(|path| path.ends_with(".js")), "{third:?}");
    assert!(gone.iter().all(|path| !shop.data().join(format!("site/admin{path}")).exists()));
}

#[test]
fn after_going_back_the_next_release_has_a_number_of_its_own() {
    let shop = signed();
    build(&shop, "two");
    sign_and_publish(&shop, 2);
    // As the operations manual says
    symlink("releases/1", shop.data().join("site.next")).unwrap();
    fs::rename(shop.data().join("site.next"), shop.data().join("site")).unwrap();
    assert_eq!((served(&shop).sequence, verify_site(&shop).0), (1, 0));
    build(&shop, "three");
    sign_and_publish(&shop, 3);
    assert_eq!((served(&shop).sequence, verify_site(&shop).0), (3, 0));
}

#[test]
fn copies_that_went_to_different_signers_are_put_together() {
    let shop = Shop::built();
    let (a, b) = (proposal(&shop, 1), shop.path("b"));
    fs::copy(&a, &b).unwrap();
    ok(sign(&shop, &a, 1, &["--yes"]));
    ok(sign(&shop, &b, 2, &["--yes"]));
    ok(publish(&shop, &[&a, &b]));
    assert_eq!(verify_site(&shop).0, 0);
}

#[test]
fn with_the_site_keys_at_hand_it_is_one_step() {
    let shop = Shop::made();
    shop.write_assets("");
    let build = || {
        let mut command = shop.command(&["site", "build", "--site-passphrase-fd", "0"]);
        command.arg("--assets").arg(shop.path("assets"));
        for number in [1, 3] {
            command.arg("--site-key").arg(shop.path(&format!("site-keys/site-key-{number}.key")));
        }
        run(command, &format!("{SITE_KEYS}\n"))
    };
    ok(build());
    assert_eq!((verify_site(&shop).0, served(&shop).sequence), (0, 1));
    ok(build());
    assert_eq!(served(&shop).sequence, 1);
    shop.write_assets("two");
    ok(build());
    assert_eq!((verify_site(&shop).0, served(&shop).sequence), (0, 2));
}

#[test]
fn a_release_is_renewed_on_request() {
    let shop = signed();
    let renew = |number| {
        ok(shop.build(&["--renew"]));
        sign_and_publish(&shop, number);
        served(&shop)
    };
    let (first, second) = (served(&shop), renew(2));
    assert_eq!((second.sequence, &second.fields, &second.admin), (2, &first.fields, &first.admin));
    assert_eq!((verify_site(&shop).0, renew(3).sequence), (0, 3));
    ok(shop.build(&[]));
    assert_eq!(served(&shop).sequence, 3);
    assert!(!proposal(&shop, 4).exists());
}

#[test]
fn every_byte_and_every_header_on_the_disk_is_looked_at() {
    let shop = signed();
    let site = shop.data().join("site");
    let file = shop.fields(&element(&shop));
    let index = site.join("admin/index.html");
    for (path, to, code) in [
        (file.clone(), "evil()", "no_manifest_match"),
        (PathBuf::from(format!("{}.br", file.display())), "evil()", "no_manifest_match"),
        (PathBuf::from(format!("{}.gz", file.display())), "evil()", "no_manifest_match"),
        (index, "<p>", "no_manifest_match"),
        (
            site.join("fields").join(
                served(&shop).fields.files.keys().find(|path| path.is_wasm()).unwrap().as_str().trim_start_matches('/'),
            ),
            "\0asm",
            "wasm_hash_mismatch",
        ),
        (site.join("fields/tracker.js"), "evil()", "missing_from_manifest"),
        (site.join("admin/site-release"), "a note", "no_manifest_match"),
        (site.join("admin/.well-known/webcat/manifest.json"), "{}", "no_manifest_match"),
        (site.join("admin/.well-known/tracker.js"), "evil()", "missing_from_manifest"),
        (site.join("fields-headers.nginx"), "add_header A b;", "no_manifest_match"),
    ] {
        let before = fs::read(&path).ok();
        // A file of its own: the release before is the same one by a hard link
        fs::remove_file(&path).ok();
        fs::write(&path, to).unwrap();
        let (status, found, _) = verify_site(&shop);
        assert_eq!(status, 2, "{}", path.display());
        assert_eq!(found.lines().count(), 1, "{found}");
        assert!(found.starts_with(code), "{found}");
        fs::remove_file(&path).unwrap();
        if let Some(bytes) = before {
            fs::write(&path, bytes).unwrap();
        }
        assert_eq!(verify_site(&shop).0, 0);
    }
    let headers = site.join("fields-headers.json");
    let good = fs::read_to_string(&headers).unwrap();
    for (from, to, said) in [
        ("\"Referrer-Policy\": \"no-referrer\"", "\"Referrer-Policy\": \"unsafe-url\"", "header_changed"),
        ("\"X-Frame-Options\": \"DENY\"", "\"X-Other\": \"DENY\"", "header_missing"),
        ("\"Referrer-Policy\"", "\"Set-Cookie\": \"a=b\", \"Referrer-Policy\"", "header_added"),
    ] {
        assert!(good.contains(from));
        fs::write(&headers, good.replacen(from, to, 1)).unwrap();
        let (status, found, _) = verify_site(&shop);
        assert!(status == 2 && found.contains(said), "{found}");
    }
    fs::write(&headers, good).unwrap();
    assert_eq!(verify_site(&shop).0, 0);
    // Another site's keys, and nobody's
    let other = Shop::made();
    let theirs = other.data().join("anchor.txt");
    let (status, found, _) = verify(&site, &["--anchor", theirs.to_str().unwrap()]);
    assert!(status == 2 && found.starts_with("too_few_signatures"), "{found}");
    assert_eq!(verify(&site, &[]).0, 4);
    assert_eq!(verify(&shop.path("nowhere"), &[]).0, 1);
}

#[test]
fn a_running_server_is_held_against_the_release() {
    let shop = signed();
    let up = shop.up();
    for site in ["fields", "admin"] {
        let (status, said, error) = verify_server(&shop, &up, site, &[]);
        assert_eq!(status, 0, "{said}{error}");
    }
    // A new release is taken over without a restart
    build(&shop, "two");
    sign_and_publish(&shop, 2);
    let (status, said, error) = verify_server(&shop, &up, "fields", &["--at-least", "2"]);
    assert_eq!(status, 0, "{said}{error}");

    let (file, headers) = (shop.fields(&element(&shop)), shop.data().join("site/fields-headers.json"));
    let good = fs::read_to_string(&headers).unwrap();
    let text = good.replacen("\"Document-Isolation-Policy\": \"isolate-and-require-corp\",", "", 1);
    assert_ne!(text, good);
    fs::write(&headers, text).unwrap();
    let (status, found, _) = verify_server(&shop, &up, "fields", &[]);
    assert_eq!(status, 2);
    assert!(found.contains("header_missing") && found.contains("Document-Isolation-Policy"), "{found}");
    assert!(found.contains("/nightsafe-nothing-here"), "errors have the headers, too: {found}");
    fs::write(&headers, &good).unwrap();
    // One flipped byte, in the compressed copy alone
    let packed = PathBuf::from(format!("{}.br", file.display()));
    let mut bytes = fs::read(&packed).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::remove_file(&packed).unwrap();
    fs::write(&packed, bytes).unwrap();
    let (status, found, _) = verify_server(&shop, &up, "fields", &[]);
    assert!(status == 2 && found.lines().count() == 1 && found.contains("element-"), "{found}");
    // The admin site is another origin
    let admin = up.address("admin").to_string();
    let anchor = shop.data().join("anchor.txt");
    let wrong = ["--connect", &admin, "--anchor", anchor.to_str().unwrap()];
    let (status, found, _) = verify(Path::new("http://localhost:4802"), &wrong);
    assert_eq!(status, 2, "{found}");
    drop(up);
    let (status, found, _) = verify(Path::new("http://localhost:4802"), &wrong);
    assert!(status == 3 && found.starts_with("unreachable"), "{found}");
}

#[test]
fn a_monitor_that_looks_at_our_own_servers_finds_what_is_not_as_signed() {
    let shop = signed();
    let up = shop.up();
    let look = || told(&look(&shop, up.address("fields"), up.address("admin"), up.address("ingest")));
    assert_eq!(look(), [] as [String; 0]);
    let (element, headers) = (shop.fields(&element(&shop)), shop.data().join("site/fields-headers.json"));
    let good = fs::read_to_string(&headers).unwrap();
    fs::write(&headers, good.replacen("\"Referrer-Policy\"", "\"Set-Cookie\": \"a=b\", \"Referrer-Policy\"", 1))
        .unwrap();
    let found = look();
    assert!(!found.is_empty() && found.iter().all(|one| one.starts_with("HEADER-ADDED")), "{found:?}");
    fs::write(&headers, good).unwrap();
    // In the compressed copy alone, which is what browsers get
    let packed = PathBuf::from(format!("{}.br", element.display()));
    let mut bytes = fs::read(&packed).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::remove_file(&packed).unwrap();
    fs::write(&packed, bytes).unwrap();
    let found = look();
    assert!(found.len() == 1 && found[0].starts_with("UNSIGNED-CHANGE http://localhost:4802/element-"), "{found:?}");
}

/// It is told apart from a swapped one, and costs no more memory than the file that it stands for.
#[test]
fn a_server_that_never_stops_sending_is_one_that_differs() {
    let shop = signed();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap().to_string();
    let fields = shop.data().join("site/fields");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, fields) = (stream.unwrap(), fields.clone());
            std::thread::spawn(move || {
                let mut request = [0; 4096];
                let read = stream.read(&mut request).unwrap();
                let text = String::from_utf8_lossy(&request[..read]).into_owned();
                let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
                let head = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
                stream.write_all(head.as_bytes()).unwrap();
                if path.starts_with("/site-release") {
                    stream.write_all(&fs::read(fields.join(&path[1..])).unwrap()).unwrap();
                    return;
                }
                while stream.write_all(&[b'a'; 65536]).is_ok() {}
            });
        }
    });
    let anchor = shop.data().join("anchor.txt");
    let arguments = ["--connect", &at, "--anchor", anchor.to_str().unwrap()];
    let (status, found, _) = verify(Path::new("http://localhost:4802"), &arguments);
    assert_eq!(status, 2, "{found}");
    let element = found.lines().find(|line| line.contains("/element-")).unwrap();
    assert!(element.starts_with("no_manifest_match") && element.ends_with("is longer than the file"), "{element}");
}

#[test]
fn nothing_is_published_that_was_not_signed_as_it_is() {
    let shop = signed();
    build(&shop, "two");
    let file = proposal(&shop, 2);
    ok(sign(&shop, &file, 1, &["--yes"]));
    let first = fs::read_to_string(&file).unwrap();
    // Somebody puts another file's hash in after the first signature
    let line = first.lines().find(|line| line.starts_with("document ")).unwrap();
    let document = String::from_utf8(b64_decode(&line["document ".len()..]).unwrap()).unwrap();
    let evil = document.replacen("Nightsafe project", "Nightsafe Project", 1);
    assert_ne!(evil, document);
    fs::write(&file, first.replace(line, &format!("document {}", b64(evil.as_bytes())))).unwrap();
    assert!(fails(sign(&shop, &file, 2, &["--yes"])).contains("not the document in the file"));
    fs::write(&file, &first).unwrap();
    assert!(fails(sign(&shop, &file, 2, &[])).contains("give --yes"));
    ok(sign(&shop, &file, 2, &["--yes"]));

    // A file that changed after it was signed, and one that came
    let staged = shop.data().join("releases/2/fields");
    let name = fs::read_dir(&staged).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let name = name
        .into_iter()
        .find(|name| name.starts_with("frame-") && name.ends_with(".html") && !shop.fields(name).exists());
    let frame = staged.join(name.unwrap());
    let good = fs::read(&frame).unwrap();
    fs::write(&frame, "evil").unwrap();
    assert!(fails(publish(&shop, &[&file])).contains("not those that were signed"));
    fs::write(&frame, good).unwrap();
    fs::write(staged.join("tracker.js"), "evil()").unwrap();
    assert!(fails(publish(&shop, &[&file])).contains("missing_from_manifest"));
    fs::remove_file(staged.join("tracker.js")).unwrap();
    assert_eq!(served(&shop).sequence, 1);
    // Built again meanwhile
    build(&shop, "three");
    assert!(fails(publish(&shop, &[&file])).contains("2 more site keys must sign"));
    let late = shop.path("late");
    fs::write(&late, &first).unwrap();
    ok(sign(&shop, &late, 2, &["--yes"]));
    assert!(fails(publish(&shop, &[&late])).contains("built again in the meantime"));
    // Another key manifest meanwhile
    ok(sign(&shop, &file, 1, &["--yes"]));
    ok(sign(&shop, &file, 2, &["--yes"]));
    ok(shop.sign(&[1, 2], &["--days", "30"]));
    assert!(fails(publish(&shop, &[&file])).contains("another key manifest"));
    let (status, found, _) = verify_site(&shop);
    assert!(status == 2 && found.contains("key-manifest"), "{found}");
    ok(shop.build(&[]));
    sign_and_publish(&shop, 2);
    assert_eq!(verify_site(&shop).0, 0);
}

#[test]
fn what_was_changed_after_it_was_hashed_is_not_signed_as_an_earlier_version() {
    let shop = signed();
    let file = shop.fields(&element(&shop));
    let good = fs::read(&file).unwrap();
    fs::remove_file(&file).unwrap();
    fs::write(&file, "evil()").unwrap();
    shop.write_assets("two");
    let before = fingerprint(&shop.data());
    assert!(fails(shop.build(&[])).contains("was changed after it was hashed"));
    assert_eq!(fingerprint(&shop.data()), before);
    fs::remove_file(&file).unwrap();
    assert!(fails(shop.build(&[])).contains("restore it from a copy"));
    // A script that nobody answers for, a page that nobody made, and a link to what is elsewhere
    fs::write(&file, good).unwrap();
    fs::write(shop.fields("tracker.js"), "evil()").unwrap();
    assert!(fails(shop.build(&[])).contains("nobody answers for it"));
    fs::remove_file(shop.fields("tracker.js")).unwrap();
    fs::write(shop.fields("offer.html"), "<p>").unwrap();
    assert!(fails(shop.build(&[])).contains("is no file of the site"));
    fs::remove_file(shop.fields("offer.html")).unwrap();
    symlink(shop.path("recovery.key"), shop.fields("offer.txt")).unwrap();
    assert!(fails(shop.build(&[])).contains("is a link or a folder"));
}

#[test]
fn an_old_version_is_retired_by_a_release() {
    let shop = signed();
    let one = element(&shop);
    build(&shop, "two");
    sign_and_publish(&shop, 2);
    let two = element(&shop);
    let retire = |version: &str, more: &[&str]| {
        let mut command = shop.command(&["site", "retire"]);
        command.arg(version).args(more);
        run(command, "")
    };
    let refused = |version: &str, why: &str| {
        let said = fails(retire(version, &["--yes"]));
        assert!(said.contains(why), "{said}");
    };
    refused(&two, "the current version");
    refused(&one, "the version before");
    build(&shop, "three");
    sign_and_publish(&shop, 3);
    let record: serde_json::Value =
        serde_json::from_slice(&fs::read(shop.data().join("site/release.json")).unwrap()).unwrap();
    let name = record["earlier"][1]["version"].as_str().unwrap().to_owned();
    refused("none", &name);
    assert!(fails(retire(&name, &[])).contains("give --yes"));
    let log = shop.path("access.log");
    let line = format!("192.0.2.1 - - [01/Jan/2999:10:00:00 +0000] \"GET /{one} HTTP/1.1\" 200 12 \"-\" \"x\"\n");
    fs::write(&log, line).unwrap();
    let output = retire(&name, &["--yes", "--log", log.to_str().unwrap()]);
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("warning: requests for this version: 1, last on 2999-01-01")
    );
    let gone = ok(output);
    assert!(gone.lines().any(|line| line == one), "{gone}");
    assert!(shop.fields(&one).exists(), "not before it is signed");
    sign_and_publish(&shop, 4);
    assert!(!shop.fields(&one).exists() && shop.fields(&two).exists());
    assert_eq!(verify_site(&shop).0, 0);
}

#[test]
fn a_site_of_before_there_were_releases_becomes_one_in_one_step() {
    let shop = Shop::built();
    // As an earlier version left it
    let (site, release) = (shop.data().join("site"), shop.data().join("releases/1"));
    fs::remove_file(&site).unwrap();
    fs::rename(&release, &site).unwrap();
    for file in ["site-release.json", "anchor.txt"] {
        fs::remove_file(site.join(file)).unwrap();
    }
    fs::remove_dir_all(shop.data().join("releases")).unwrap();
    let old = element(&shop);
    build(&shop, "two");
    assert_eq!(fs::read_link(&site).unwrap(), Path::new("releases/1"));
    assert!(shop.fields(&old).exists() && shop.data().join("releases/0/fields").join(&old).exists());
    sign_and_publish(&shop, 1);
    assert_eq!(verify_site(&shop).0, 0);
    // What a killed run leaves behind is no hindrance
    symlink("releases/0", shop.data().join(".site.next")).unwrap();
    build(&shop, "three");
    sign_and_publish(&shop, 2);
    assert_eq!(verify_site(&shop).0, 0);
}

/// Killed after a while that grows: whatever is served then is the old release or the new one, whole, and the next run brings
/// it to its end.
#[test]
fn publishing_may_be_killed_at_any_moment() {
    let shop = signed();
    let (mut killed, mut finished) = (0, 0);
    for step in 0..24_u64 {
        build(&shop, &format!("variant {step}"));
        let before = served(&shop).sequence;
        let file = proposal(&shop, before + 1);
        for number in [1, 2] {
            ok(sign(&shop, &file, number, &["--yes"]));
        }
        let mut command = shop.command(&["site", "publish"]);
        let mut child = command.arg(&file).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        pause(Duration::from_micros(step * 2500));
        kill(&child, "-KILL");
        if child.wait().unwrap().success() {
            finished += 1
        } else {
            killed += 1
        }
        let after = served(&shop).sequence;
        assert!(after == before || after == before + 1, "{before} {after}");
        let (status, found, said) = verify_site(&shop);
        assert_eq!(status, 0, "{found}{said}");
        ok(publish(&shop, &[&file]));
        assert_eq!((served(&shop).sequence, verify_site(&shop).0), (before + 1, 0));
    }
    assert!(killed > 0, "{finished} runs were faster than the knife");
}

#[expect(clippy::disallowed_methods, reason = "the moment at which a process is killed")]
fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// What is served of the release log.
fn logged(shop: &Shop) -> Vec<String> {
    common::logged(&shop.data().join("site/fields/log"))
}

#[test]
fn what_is_signed_is_in_the_release_log_with_its_proof() {
    let shop = signed();
    assert_eq!(logged(&shop), ["manifest 1", "roster 0", "release 1"]);
    for site in ["fields", "admin"] {
        let proof = shop.data().join(format!("site/{site}/site-release.tlog-proof"));
        let text = fs::read_to_string(&proof).unwrap();
        for wrong in [text.replace("index 2", "index 1"), String::new()] {
            fs::write(&proof, wrong).unwrap();
            let (status, found, _) = verify_site(&shop);
            assert!(status == 2 && found.starts_with("invalid_transparency_proof"), "{found}");
        }
        fs::write(&proof, text).unwrap();
        assert_eq!(verify_site(&shop).0, 0);
    }
    // Nothing new
    let before = fingerprint(&shop.data());
    let key = ok(run(shop.command(&["site", "log"]), ""));
    assert_eq!((key.starts_with("demo.nightsafe.example/release-log+"), fingerprint(&shop.data())), (true, before));
    assert_eq!(served(&shop).log.unwrap().to_text(), key.trim_end());
    // The log stays when releases come and go, and grows with each
    build(&shop, "two");
    sign_and_publish(&shop, 2);
    assert_eq!(logged(&shop), ["manifest 1", "roster 0", "release 1", "release 2"]);
    // A site of before there was a log: all of its history comes into it
    for gone in ["release-log", "site/fields/log", "keys/release-log.key"] {
        let path = shop.data().join(gone);
        if path.is_dir() { fs::remove_dir_all(path).unwrap() } else { fs::remove_file(path).unwrap() }
    }
    build(&shop, "three");
    sign_and_publish(&shop, 3);
    assert_eq!(logged(&shop), ["manifest 1", "roster 0", "release 1", "release 2", "release 3"]);
    let up = shop.up();
    assert_eq!(verify_server(&shop, &up, "fields", &[]).0, 0);
    let outcome = look(&shop, up.address("fields"), up.address("admin"), up.address("ingest"));
    assert_eq!(told(&outcome), Vec::<String>::new());
    assert_eq!(outcome.log.unwrap().entries.len(), 5);
}

#[test]
fn a_release_waits_for_its_witnesses() {
    use nightsafe_core::note::{Note, NoteSigner, Vkey};
    use nightsafe_monitor::witness::{Witness, router};
    use nightsafe_serve::clock::SystemClock;
    use nightsafe_store::monitor::MonitorStore;

    let shop = signed();
    let key = Vkey::parse(ok(run(shop.command(&["site", "log"]), "")).trim_end()).unwrap();
    let signer = || NoteSigner::from_seed("witness.example", &[7; 32]).unwrap();
    let cosigner = nightsafe_core::log::Witness::new(signer().vkey().clone());
    let (listener, database) = (TcpListener::bind("127.0.0.1:0").unwrap(), shop.path("witness.db"));
    let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let section =
        format!("\n[release_log]\ncosigned = 1\n[[release_log.witness]]\nkey = \"{cosigner}\"\nurl = \"{url}\"\n");
    let config = shop.data().join("nightsafe.toml");
    fs::write(&config, fs::read_to_string(&config).unwrap() + &section).unwrap();
    // It is not there yet
    drop(listener);
    build(&shop, "two");
    for key in [1, 2] {
        ok(sign(&shop, &proposal(&shop, 2), key, &["--yes"]));
    }
    let said = fails(publish(&shop, &[&proposal(&shop, 2)]));
    assert!(said.contains("0 of the 1 witnesses"), "{said}");
    assert_eq!((served(&shop).sequence, verify_site(&shop).0), (1, 0));
    assert_eq!(logged(&shop).last().unwrap(), "release 2", "it was signed, and anybody can see that");

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let address = url.replace("http://localhost", "127.0.0.1");
    runtime.spawn(async move {
        let store = MonitorStore::open(&database).await.unwrap();
        let witness = Witness::new(signer(), &[key], store, std::sync::Arc::new(SystemClock));
        let listener = tokio::net::TcpListener::bind(address).await.unwrap();
        axum::serve(listener, router(std::sync::Arc::new(witness))).await.unwrap();
    });
    // The first try may come before it listens
    let published = (0..20).any(|_| publish(&shop, &[&proposal(&shop, 2)]).status.success());
    assert!(published && served(&shop).sequence == 2);
    let cosigned = |path: &str| {
        let text = fs::read_to_string(shop.data().join(path)).unwrap();
        let note = text[text.find("demo.nightsafe.example/release-log\n").unwrap()..].to_owned();
        cosigner.verify(&Note::parse(&note).unwrap()).unwrap().is_some()
    };
    assert!(cosigned("site/fields/log/checkpoint") && cosigned("site/fields/site-release.tlog-proof"));
    assert_eq!(verify_site(&shop).0, 0);
    // The next continues what the witness has seen, and needs no more than one question more
    build(&shop, "three");
    sign_and_publish(&shop, 3);
    assert!(cosigned("site/fields/log/checkpoint"));
}
