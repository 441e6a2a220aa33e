//! The disk of a server of the site.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use nightsafe_core::note::NoteSigner;
use nightsafe_monitor::check::{Outcome, check};
use nightsafe_monitor::local::Local;
use nightsafe_monitor::verdict::Severity;
use nightsafe_serve::online_key;
use nightsafe_serve::release::server_files::server_files;
use sha2::{Digest, Sha256};

use crate::rig::{LOADER, Rig, WASM, key, words};
use crate::serving::Part;

/// A data directory with what the rig serves.
struct Disk {
    folder: tempfile::TempDir,
    rig: Rig,
}

impl Disk {
    fn new(rig: Rig) -> Self {
        let disk = Self { folder: tempfile::tempdir().unwrap(), rig };
        disk.write();
        disk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self) {
        let release = &self.rig.release;
        // What described another release is no file of this one
        let _ = fs::remove_dir_all(self.path("site"));
        for (part, name, place) in [(Part::Fields, "fields", &release.fields), (Part::Admin, "admin", &release.admin)] {
            let answers = self.rig.answers.lock().unwrap();
            for ((_, path), answer) in answers.files.iter().filter(|((other, _), _)| *other == part) {
                let file = if path == "/" { "/index.html" } else { path };
                put(&self.path(&format!("site/{name}{file}")), &answer.body);
            }
            let headers = serde_json::to_vec(&place.headers).unwrap();
            put(&self.path(&format!("site/{name}-headers.json")), &headers);
            for file in server_files(name, place.headers.clone(), Some(release)).unwrap() {
                let path = self.path(&format!("site/{name}-headers.{}", file.kind));
                file.text.iter().for_each(|text| put(&path, text.as_bytes()));
            }
        }
        put(&self.path("anchor.txt"), self.rig.anchor.encode().as_bytes());
        for (name, signer) in self.keys() {
            put(&self.path(&format!("keys/{name}.key")), online_key::to_text(&signer).as_bytes());
        }
    }

    fn keys(&self) -> [(&'static str, NoteSigner); 3] {
        [("receipt", key("receipt", 4)), ("timestamp", key("timestamp", 3)), ("release-log", self.rig.log.signer())]
    }

    async fn look(&self) -> Outcome {
        let mut job = self.rig.job();
        (job.targets, job.local) = (
            Vec::new(),
            Some(Local { folder: self.folder.path().into(), programs: Vec::new(), installed: Vec::new() }),
        );
        check(job).await
    }

    /// What is found with other bytes in a file; then they are put back.
    async fn with(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> (Vec<String>, Vec<String>) {
        let path = self.path(name);
        let good = fs::read(&path).unwrap();
        let mut bytes = good.clone();
        change(&mut bytes);
        fs::write(&path, bytes).unwrap();
        let outcome = self.look().await;
        fs::write(&path, good).unwrap();
        assert!(outcome.findings.iter().all(|told| told.finding.what.contains(name)), "{:?}", outcome.findings);
        (words(&outcome), outcome.findings.into_iter().map(|told| told.finding.said).collect())
    }
}

fn put(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn flip(bytes: &mut [u8]) {
    *bytes.last_mut().unwrap() ^= 1;
}

#[tokio::test]
async fn what_is_not_as_signed_on_the_disk_is_found_file_by_file() {
    let disk = Disk::new(Rig::new());
    let outcome = disk.look().await;
    assert_eq!((words(&outcome), outcome.severity()), (vec![], Severity::Ok), "{:?}", outcome.findings);
    assert_eq!(outcome.release.unwrap().release().sequence, 3);

    let data_key = format!("site/fields/{}", disk.rig.manifest.data_keys[0].file_name());
    for (name, word) in [
        (format!("site/fields{LOADER}"), "UNSIGNED-CHANGE no_manifest_match"),
        (format!("site/fields{WASM}"), "FOREIGN-WASM wasm_hash_mismatch"),
        ("site/admin/admin.js".to_owned(), "UNSIGNED-CHANGE no_manifest_match"),
        (data_key, "KEY-SWAPPED no_manifest_match"),
        ("site/fields/site-release".to_owned(), "UNSIGNED-CHANGE malformed"),
        ("site/fields/log/checkpoint".to_owned(), "UNSIGNED-CHANGE malformed"),
    ] {
        let (found, _) = disk.with(&name, |bytes| flip(bytes)).await;
        assert_eq!(found, [word], "{name}");
    }
    // A leaf of the log, cut off and changed
    let tile = "site/fields/log/tile/entries/000.p/3";
    assert_eq!(disk.with(tile, |bytes| bytes.truncate(bytes.len() - 1)).await.0, ["UNSIGNED-CHANGE log_damaged"]);
    let leaf = fs::read(disk.path(tile)).unwrap();
    fs::write(disk.path(tile), leaf.iter().rev().skip(1).rev().chain(b"x").copied().collect::<Vec<u8>>()).unwrap();
    assert_eq!(words(&disk.look().await), ["UNSIGNED-CHANGE log_damaged"]);
    fs::write(disk.path(tile), leaf).unwrap();
    // A file that nobody signed, one that is gone, one without an end, and something that is no file
    for (name, word) in [
        ("site/fields/tracker.js", "UNSIGNED-CHANGE missing_from_manifest"),
        ("site/fields/.well-known/x", "UNSIGNED-CHANGE missing_from_manifest"),
    ] {
        put(&disk.path(name), b"evil()");
        assert_eq!(words(&disk.look().await), [word], "{name}");
        fs::remove_file(disk.path(name)).unwrap();
    }
    let loader = disk.path(&format!("site/fields{LOADER}"));
    let (found, _) = disk.with(&format!("site/fields{LOADER}"), |bytes| bytes.resize(1 << 20, b' ')).await;
    assert_eq!(found, ["UNSIGNED-CHANGE no_manifest_match"]);
    fs::remove_file(&loader).unwrap();
    assert_eq!(words(&disk.look().await), ["UNSIGNED-CHANGE file_missing"]);
    assert!(Command::new("mkfifo").arg(&loader).status().unwrap().success());
    assert_eq!(words(&disk.look().await), ["UNSIGNED-CHANGE file_missing"]);
}

#[tokio::test]
async fn a_changed_line_of_a_servers_configuration_is_found() {
    let disk = Disk::new(Rig::new());
    let replace = |from: &'static str, to: &'static str| {
        move |bytes: &mut Vec<u8>| {
            let text = String::from_utf8(bytes.clone()).unwrap();
            assert!(text.contains(from), "{from}: {text}");
            *bytes = text.replacen(from, to, 1).into_bytes();
        }
    };
    for (name, from, to) in [
        ("site/fields-headers.nginx", "nosniff", "no-sniff"),
        ("site/fields-headers.caddy", "sandbox", "sandbox allow-scripts"),
        ("site/fields-headers.cloudflare", "webrtc=block", "webrtc=allow"),
        ("site/admin-headers.netlify", "  X-Content-Type-Options: nosniff\n", ""),
        ("site/admin-headers.nginx", "return 404;", "proxy_pass http://evil.example;"),
    ] {
        let (found, said) = disk.with(name, replace(from, to)).await;
        assert_eq!(found, ["UNSIGNED-CHANGE no_manifest_match"], "{name}");
        assert!(said[0].contains("from line "), "{said:?}");
    }
    // What our own server reads, header by header
    let (found, said) = disk.with("site/fields-headers.json", replace("nosniff", "no-sniff")).await;
    assert_eq!(found, ["HEADER-WEAKENED header_changed"]);
    assert!(said[0].starts_with("X-Content-Type-Options"), "{said:?}");
    fs::write(disk.path("site/fields-headers.json"), "{").unwrap();
    assert_eq!(disk.look().await.severity(), Severity::Unknown, "nobody can read it");
}

#[tokio::test]
async fn keys_that_the_site_keys_did_not_sign_are_swapped_on_the_disk_too() {
    let mut disk = Disk::new(Rig::new());
    let thief = |name: &str| NoteSigner::from_seed(name, &[9; 32]).unwrap();
    for (name, signer) in disk.keys() {
        for bytes in [online_key::to_text(&thief(signer.vkey().name())).as_bytes().to_vec(), b"no key".to_vec()] {
            let file = format!("keys/{name}.key");
            assert_eq!(disk.with(&file, |there| *there = bytes).await.0, ["KEY-SWAPPED other_key"], "{name}");
        }
    }
    let mut other = disk.rig.anchor.clone();
    other.threshold = 1;
    let (found, _) = disk.with("anchor.txt", |bytes| *bytes = other.encode().into_bytes()).await;
    assert_eq!(found, ["KEY-SWAPPED other_anchor"]);
    let forged =
        nightsafe_core::manifest::sign(&disk.rig.manifest, &[&thief("demo.nightsafe.example/site-1")]).unwrap();
    let (found, _) = disk.with("site/fields/key-manifest", |bytes| *bytes = forged.into_bytes()).await;
    assert_eq!(found, ["KEY-SWAPPED too_few_signatures"]);

    // All of the release before: what was seen over the network counts on the disk
    disk.rig.look_and_remember().await;
    disk.rig.release.sequence = 4;
    disk.rig.publish();
    disk.rig.look_and_remember().await;
    assert!(words(&disk.look().await).contains(&"ROLLBACK rollback".to_owned()));
    disk.write();
    assert_eq!(words(&disk.look().await), Vec::<String>::new());
}

#[tokio::test]
async fn the_key_that_signs_scripts_is_one_that_the_release_lists() {
    let mut rig = Rig::new();
    rig.keys = vec![*key("integrity", 7).vkey().public_key(), *key("integrity", 8).vkey().public_key()];
    rig.publish();
    let disk = Disk::new(rig);
    for (seed, found) in [(7, vec![]), (8, vec![]), (9, vec!["KEY-SWAPPED other_key".to_owned()])] {
        put(&disk.path("keys/integrity.key"), online_key::to_text(&key("integrity", seed)).as_bytes());
        assert_eq!(words(&disk.look().await), found, "{seed}");
    }
}

/// Folders of programs, as systems have them.
#[tokio::test]
async fn programs_on_the_disk_are_those_of_the_release() {
    let real = fs::read(env!("CARGO_BIN_EXE_nightsafe-monitor")).unwrap();
    let mut rig = Rig::new();
    rig.release.programs.insert("nightsafe-monitor".into(), Sha256::digest(&real).into());
    rig.release.programs.insert("nightsafe-vault".into(), Sha256::digest("of another machine").into());
    rig.publish();
    let disk = Disk::new(rig);
    let [one, other] = ["one", "other"].map(|name| disk.path(name));
    put(&one.join("nightsafe-monitor"), &real);
    let mut job = disk.rig.job();
    job.targets.clear();
    job.local =
        Some(Local { folder: disk.path(""), programs: Vec::new(), installed: vec![one.clone(), other.clone()] });
    let look = async || words(&check(job.clone()).await);
    assert_eq!(look().await, [] as [String; 0]);
    // In every folder it counts, not only in the first
    put(&other.join("nightsafe-monitor"), b"evil");
    assert_eq!(look().await, ["UNSIGNED-CHANGE program_changed"]);
    fs::remove_file(other.join("nightsafe-monitor")).unwrap();
    // What the release does not name is not its matter
    put(&other.join("nginx"), b"a server");
    assert_eq!(look().await, [] as [String; 0]);
    // Neither a pipe nor a link to nothing is a program
    assert!(Command::new("mkfifo").arg(other.join("nightsafe-vault")).status().unwrap().success());
    assert_eq!(look().await, ["UNREACHABLE unreachable"]);
    fs::remove_file(other.join("nightsafe-vault")).unwrap();
    std::os::unix::fs::symlink("nowhere", other.join("nightsafe-vault")).unwrap();
    assert_eq!(look().await, ["UNREACHABLE unreachable"]);
    fs::remove_file(other.join("nightsafe-vault")).unwrap();
    // Where it was said that programs are, and none is, nobody knows
    fs::remove_file(one.join("nightsafe-monitor")).unwrap();
    assert_eq!(look().await, ["UNREACHABLE unreachable"]);
}

/// A vault's machine: what its keys and programs must be, addresses say.
#[tokio::test]
async fn a_machine_without_files_of_the_site_is_held_against_what_is_served() {
    let mut rig = Rig::new();
    rig.release.programs.insert("nightsafe-vault".into(), Sha256::digest("a vault").into());
    rig.publish();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    put(&path("bin/nightsafe-vault"), b"a vault");
    put(&path("data/keys/receipt.key"), online_key::to_text(&key("receipt", 4)).as_bytes());
    put(&path("data/anchor.txt"), rig.anchor.encode().as_bytes());
    let mut job = rig.job();
    job.local = Some(Local { folder: path("data"), programs: Vec::new(), installed: vec![path("bin")] });
    let look = async || words(&check(job.clone()).await);
    assert_eq!(look().await, [] as [String; 0]);
    put(&path("bin/nightsafe-vault"), b"another");
    put(&path("data/keys/receipt.key"), online_key::to_text(&key("receipt", 9)).as_bytes());
    assert_eq!(look().await, ["UNSIGNED-CHANGE program_changed", "KEY-SWAPPED other_key"]);
    // Without addresses nobody knows
    job.targets.clear();
    let looked = words(&check(job.clone()).await);
    assert_eq!(looked, ["UNREACHABLE unreachable"]);
}

#[test]
fn the_program_looks_at_a_disk_without_an_address() {
    let disk = Disk::new(crate::program::rig_of_today());
    let run = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nightsafe-monitor"));
        command.args(["check", "--local"]).arg(disk.folder.path()).arg("--anchor").arg(disk.path("anchor.txt"));
        let output = command.arg("--state").arg(disk.path("state.db")).args(more).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    let (status, said) = run(&[]);
    assert!(status == 0 && said.starts_with("OK") && said.contains("on this machine"), "{said}");
    let (status, said) = run(&["--format", "nagios"]);
    assert!(status == 0 && said.starts_with("NIGHTSAFE OK"), "{said}");
    let program = disk.path("nightsafe-ingest");
    fs::write(&program, "a program").unwrap();
    let hash = nightsafe_core::encoding::hex(&Sha256::digest("a program"));
    let asked = format!("{}={hash}", program.display());
    assert_eq!(run(&["--program", &asked]).0, 0);
    fs::write(&program, "another").unwrap();
    let (status, said) = run(&["--program", &asked]);
    assert!(status == 2 && said.contains("is not the program with that SHA-256"), "{said}");
    assert_eq!(run(&["--program", "x=y"]).0, 3);
    fs::remove_dir_all(disk.path("site")).unwrap();
    let (status, said) = run(&[]);
    assert!(status == 3 && said.contains("UNREACHABLE"), "{said}");
}
