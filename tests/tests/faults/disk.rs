//! A disk that is full: a small file system in memory. Needs root to mount it.

use std::path::{Path, PathBuf};
use std::process::Command;

use nightsafe_tests::deposits::SIX_FIELDS;

use crate::single::Single;

/// A small disk, until dropped.
struct Disk(PathBuf);

impl Disk {
    /// `None` where this process may not mount.
    fn mount(folder: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir_all(folder).unwrap();
        let options = format!("size={size},mode=700");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder).status();
        mounted.is_ok_and(|status| status.success()).then(|| Self(folder.to_owned()))
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
    let Some(disk) = Disk::mount(&folder.path().join("disk"), "2m") else {
        eprintln!("SKIPPED: the test of a full disk needs root, to mount a small one");
        return;
    };
    let mut single = Single::start(Some(&disk.0));
    let (mut stored, mut refused) = (Vec::new(), Vec::new());
    while refused.len() < 5 {
        assert!(stored.len() < 2000, "a disk of 2 MiB holds no more than that");
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
    assert!(stored.len() > 5, "{}", stored.len());
    let log = single.server.log();
    assert!(log.contains("full"), "the log names the reason: {log}");

    // Room again, and no restart: those who were refused try again, and those who were not get the same answer
    disk.grow("32m");
    for deposit in refused.iter().chain(&stored) {
        let answer = single.send(deposit);
        assert_eq!(answer.status, 201, "{}: {}", answer.text(), single.server.log());
    }
    assert_eq!(single.stored(), (stored.len() + refused.len()) as u64);
    eprintln!("full disk: {} stored, {} refused, all there after there was room", stored.len(), refused.len());
    single.server.stop();
}
