//! The programs of a site's servers in its signed release: named when it is built, shown to signers, found on a machine.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failing test may panic"
)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::monitor::{look_at_programs, told};
use common::{SITE_KEYS, Shop, fails, ok, run};
use nightsafe_core::encoding::hex;
use nightsafe_core::release::SiteRelease;
use sha2::{Digest, Sha256};

fn build(shop: &Shop, more: &[&str]) -> BTreeMap<String, [u8; 32]> {
    let mut command = shop.command(&["site", "build", "--site-passphrase-fd", "0"]);
    command.arg("--assets").arg(shop.path("assets")).args(more);
    for number in [1, 3] {
        command.arg("--site-key").arg(shop.path(&format!("site-keys/site-key-{number}.key")));
    }
    ok(run(command, &format!("{SITE_KEYS}\n")));
    served(shop).programs
}

fn served(shop: &Shop) -> SiteRelease {
    SiteRelease::parse(&fs::read_to_string(shop.data().join("site/site-release.json")).unwrap()).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The program under test and a second one, as they are installed on a server.
fn install(folder: &Path) -> [PathBuf; 2] {
    fs::create_dir_all(folder).unwrap();
    let [one, other] = ["nightsafe", "nightsafe-ingest"].map(|name| folder.join(name));
    fs::copy(env!("CARGO_BIN_EXE_nightsafe"), &one).unwrap();
    fs::write(&other, "a program").unwrap();
    [one, other]
}

#[test]
fn a_release_names_the_programs_of_its_servers_and_they_are_found() {
    let shop = Shop::made();
    shop.write_assets("");
    assert!(build(&shop, &[]).is_empty());
    let installed = shop.path("bin");
    let [one, other] = install(&installed);
    let named = build(&shop, &["--program", text(&one), text(&other)]);
    assert_eq!(named.keys().collect::<Vec<_>>(), ["nightsafe", "nightsafe-ingest"]);
    assert_eq!(named["nightsafe"][..], Sha256::digest(fs::read(&one).unwrap())[..]);
    assert_eq!((build(&shop, &[]), served(&shop).sequence), (named, 2), "nothing is new");
    let look = || told(&look_at_programs(&shop, &installed));
    assert_eq!(look(), [] as [String; 0]);

    // A byte in the middle of megabytes
    let good = fs::read(&one).unwrap();
    let mut bad = good.clone();
    let middle = bad.len() / 2;
    bad[middle] ^= 1;
    fs::write(&one, bad).unwrap();
    let found = look();
    assert!(found.len() == 1 && found[0].starts_with("UNSIGNED-CHANGE ") && found[0].contains(text(&one)), "{found:?}");
    fs::write(&one, good).unwrap();

    // An upgrade: until it is signed, and until it is installed, it is red
    fs::write(&other, "the next program").unwrap();
    assert_eq!(look().len(), 1);
    assert_eq!(build(&shop, &["--program", text(&one), "--program", text(&other)]).len(), 2);
    assert_eq!((look(), served(&shop).sequence), (Vec::new(), 3));
    // A machine has some of them
    fs::remove_file(&other).unwrap();
    assert_eq!(look(), [] as [String; 0]);
    assert!(build(&shop, &["--no-programs"]).is_empty());
    assert_eq!((look(), served(&shop).sequence), (Vec::new(), 4));
}

#[test]
fn a_signer_sees_which_programs_are_new() {
    let shop = Shop::made();
    shop.write_assets("");
    let [_, program] = install(&shop.path("bin"));
    build(&shop, &["--program", text(&program)]);
    fs::write(&program, "the next program").unwrap();
    ok(shop.build(&["--program", text(&program)]));
    let mut command = Command::new(env!("CARGO_BIN_EXE_nightsafe"));
    command
        .args(["site", "sign", "--yes", "--site-passphrase-fd", "0", "--anchor"])
        .arg(shop.data().join("anchor.txt"));
    command.arg(shop.data().join("releases/2.proposal"));
    command.arg("--site-key").arg(shop.path("site-keys/site-key-1.key"));
    let shown = ok(run(command, &format!("{SITE_KEYS}\n")));
    let line = format!("  nightsafe-ingest {}", hex(&Sha256::digest("the next program")));
    assert!(shown.lines().any(|shown| shown.starts_with(&line) && shown != line), "{shown}");
}

#[test]
fn what_is_no_program_is_not_named() {
    let shop = Shop::made();
    shop.write_assets("");
    let refused = |files: &[&Path]| {
        let files: Vec<&str> = ["--program"].into_iter().chain(files.iter().map(|file| text(file))).collect();
        fails(shop.build(&files))
    };
    let [_, program] = install(&shop.path("bin"));
    assert!(refused(&[&shop.path("bin/none")]).contains("cannot read the program"));
    assert!(refused(&[&shop.path("bin")]).contains("cannot read the program"), "a folder");
    assert!(refused(&[Path::new("/")]).contains("cannot name"));
    let [_, other] = install(&shop.path("other"));
    ok(shop.build(&["--program", text(&program), text(&other)]));
    fs::write(&other, "another").unwrap();
    assert!(refused(&[&program, &other]).contains("two different programs"));
    let fitting = shop.path("bin/a program");
    fs::write(&fitting, "a program").unwrap();
    assert!(refused(&[&fitting]).contains("cannot name"));
}
