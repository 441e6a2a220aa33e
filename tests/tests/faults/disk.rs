//! A disk that is full: a small file system in memory. Needs root to mount it.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use nightsafe_core::deposit::Deposit;
use nightsafe_tests::deposits::SIX_FIELDS;
use nightsafe_tests::process::pause;

use crate::rig::{Engine, Mode, Rig, postgres, readable};
use crate::single::Single;

/// A small disk, until dropped.
struct Disk(PathBuf);

impl Disk {
    /// `None` where this process may not mount.
    fn mount(folder: &Path, size: &str) -> Option<Self> {
        fs::create_dir_all(folder).unwrap();
        let options = format!("size={size},mode=755");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder).status();
        mounted.is_ok_and(|status| status.success()).then(|| Self(folder.to_owned()))
    }

    /// `None`, and a word about it, where this process may not mount.
    fn mount_or_skip(folder: &Path, size: &str) -> Option<Self> {
        let disk = Self::mount(folder, size);
        if disk.is_none() {
            eprintln!("SKIPPED: the test of a full disk needs root, to mount a small one");
        }
        disk
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }

    /// Leaves no room at all.
    fn fill(&self) {
        let mut file = File::options().create(true).append(true).open(self.ballast()).unwrap();
        for size in [1 << 20, 4096, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
    }

    fn empty(&self) {
        fs::remove_file(self.ballast()).unwrap();
    }

    fn grow(&self, size: &str) {
        let options = format!("remount,size={size}");
        assert!(Command::new("mount").args(["-o", &options]).arg(&self.0).status().unwrap().success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_acknowledges_nothing_and_takes_deposits_again_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::mount_or_skip(&folder.path().join("disk"), "2m") else { return };
    let mut single = Single::start(Some(&disk.0));
    let (stored, refused) = until_refused(&mut single);
    assert!(stored.len() > 5, "{}", stored.len());
    let log = single.server.log();
    assert!(log.contains("full"), "the log names the reason: {log}");

    // Room again, and no restart: those who were refused try again, and those who were not get the same answer
    disk.grow("32m");
    all_taken(&single, &stored, &refused);
    eprintln!("full disk: {} stored, {} refused, all there after there was room", stored.len(), refused.len());
    single.server.stop();
}

/// PostgreSQL says that there is no space and goes on; its log in advance has room of its own.
#[test]
fn a_full_disk_under_postgres_acknowledges_nothing_and_takes_deposits_again_when_there_is_room() {
    let folder = readable();
    let Some(disk) = Disk::mount_or_skip(&folder.path().join("disk"), "160m") else { return };
    let cluster = postgres(disk.0.join("pg"));
    let mut single = Single::start_on(&cluster);
    assert_eq!(single.deposit(), 201);
    disk.fill();
    let (stored, refused) = until_refused(&mut single);
    let log = single.server.log();
    assert!(log.contains("No space left on device"), "the log names the reason: {log}");
    assert_eq!(single.stored(), 1 + stored.len() as u64);

    disk.empty();
    all_taken(&single, &stored, &refused);
    eprintln!(
        "full disk, PostgreSQL: {} stored, {} refused, all there after there was room",
        stored.len(),
        refused.len()
    );
    single.server.stop();
    drop(cluster);
}

#[test]
fn a_full_disk_under_the_vault_leaves_deposits_in_the_outbox_until_there_is_room() {
    let folder = readable();
    let Some(disk) = Disk::mount_or_skip(&folder.path().join("disk"), "8m") else { return };
    let mut rig = Rig::with_vault(Engine::Sqlite, Mode::Direct, Some(&disk.0));
    let mut held = rig.order(3);
    disk.fill();
    // The file's free pages and its log may have room for a few
    while !rig.vault_says("deposits were not taken") {
        assert!(held.len() < 500, "a full disk holds no more than that");
        held.extend(rig.order(10));
        while rig.waiting() > 0 && !rig.vault_says("deposits were not taken") {
            pause(Duration::from_millis(20));
        }
    }
    let line = rig.wait_for_vault_to_say(&["deposits were not taken; they stay in the outbox", "ERROR"]);
    assert!(line.contains("full"), "the log names the reason: {line}");
    assert!(rig.waiting() > 0, "what was not taken is not in the outbox either");

    disk.empty();
    eprintln!("full disk, vault: {} receipts, {} of them waited in the outbox", held.len(), rig.waiting());
    rig.check(&held);
}

/// Sends orders until five were refused, as those must be whose deposits have no room.
fn until_refused(single: &mut Single) -> (Vec<Deposit>, Vec<Deposit>) {
    let (mut stored, mut refused) = (Vec::new(), Vec::new());
    while refused.len() < 5 {
        assert!(stored.len() < 2000, "the disk holds no more than that");
        let deposit = single.order(SIX_FIELDS);
        let answer = single.send(&deposit);
        match answer.status {
            201 => stored.push(deposit),
            503 => {
                assert!(answer.text().contains("storage-unavailable"), "{}", answer.text());
                assert!(answer.header("retry-after").is_some(), "{}", answer.head);
                refused.push(deposit);
            }
            other => panic!("{other}: {}", answer.text()),
        }
    }
    (stored, refused)
}

/// Those who were refused try again, and those who were not get the same answer.
fn all_taken(single: &Single, stored: &[Deposit], refused: &[Deposit]) {
    let before = single.stored() - stored.len() as u64;
    for deposit in refused.iter().chain(stored) {
        let answer = single.send(deposit);
        assert_eq!(answer.status, 201, "{}: {}", answer.text(), single.server.log());
    }
    assert_eq!(single.stored() - before, (stored.len() + refused.len()) as u64);
}
