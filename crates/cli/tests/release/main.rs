//! Releases of the site: `nightsafe site build`, `sign` on another machine, `publish`, `verify`, `retire`.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failing test may panic"
)]

#[path = "../common/mod.rs"]
mod common;
mod log;
mod publishing;
mod signing;
mod verifying;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::{SITE_KEYS, Shop, Up, ok, run};
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
