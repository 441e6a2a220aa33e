//! What is on the disk, and what servers send, held against the signed release.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use crate::common::Shop;
use crate::common::monitor::{look, told};
use crate::{build, element, served, sign_and_publish, signed, verify, verify_server, verify_site};

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

/// Flips a bit of a file's compressed copy, which is put in the place of the one that was there.
fn flip_in_packed(file: &Path) {
    let packed = PathBuf::from(format!("{}.br", file.display()));
    let mut bytes = fs::read(&packed).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::remove_file(&packed).unwrap();
    fs::write(&packed, bytes).unwrap();
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
    flip_in_packed(&file);
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
    flip_in_packed(&element);
    let found = look();
    assert!(found.len() == 1 && found[0].starts_with("UNSIGNED-CHANGE http://localhost:4802/element-"), "{found:?}");
}

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
