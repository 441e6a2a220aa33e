use std::fs;
use std::path::Path;

use nightsafe_core::log::{Checkpoint, Hash, Tree};
use nightsafe_core::release_log::Kind;

use super::files::Log;
use super::*;
use crate::manifests::tests::TestSite;

/// A data directory with one manifest.
struct Place {
    _dir: tempfile::TempDir,
    data: DataDir,
    site: TestSite,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (data, site) = (DataDir::new(dir.path()), TestSite::new());
        for folder in [data.keys(), data.manifests(), data.fields()] {
            fs::create_dir_all(folder).unwrap();
        }
        site.signed().store(&data).unwrap();
        Self { _dir: dir, data, site }
    }

    fn record(&self) -> Result<u64> {
        record(&self.data, &self.site.anchor)
    }

    fn log(&self) -> Log {
        Log::open(&self.data, &self.site.anchor.site).unwrap()
    }

    fn append(&self, entries: std::ops::Range<u64>) {
        self.log().append(&entries.map(entry).collect::<Vec<_>>()).unwrap();
    }

    /// The same directory, in a copy.
    fn copy(&self, to: &Path) {
        super::files::copy(&self.data.release_log(), to).unwrap();
    }

    /// Puts a copy back.
    fn put_back(&self, from: &Path) {
        fs::remove_dir_all(self.data.release_log()).unwrap();
        super::files::copy(from, &self.data.release_log()).unwrap();
    }
}

fn entry(number: u64) -> String {
    format!("entry {number}\n")
}

fn root(entries: &[Vec<u8>]) -> Hash {
    let mut tree = Tree::new();
    entries.iter().for_each(|entry| drop(tree.append(Hash::of_leaf(entry)).unwrap()));
    tree.root()
}

#[test]
fn what_was_signed_is_in_it_once() {
    let place = Place::new();
    assert_eq!(place.record().unwrap(), 1);
    let checkpoint = fs::read(place.data.release_log().join("checkpoint")).unwrap();
    assert_eq!(place.record().unwrap(), 1);
    assert_eq!(fs::read(place.data.release_log().join("checkpoint")).unwrap(), checkpoint);
    assert_eq!(fs::read(place.data.served().log().join("checkpoint")).unwrap(), checkpoint);
    let entries = place.log().entries().unwrap();
    let held = Entry::parse(&entries[0]).unwrap();
    assert_eq!((held.kind, held.sequence, held.hash), (Kind::Manifest, 1, place.site.signed().hash().0));
}

#[test]
fn it_grows_over_the_edges_of_tiles_and_proves_each_entry() {
    let place = Place::new();
    key(&place.data, &place.site.anchor.site).unwrap();
    let mut size = 0;
    for more in [1, 1, 3, 250, 1, 1, 255, 256, 513, 2] {
        place.append(size..size + more);
        size += more;
        let log = place.log();
        let entries = log.entries().unwrap();
        assert_eq!(entries, (0..size).map(|number| entry(number).into_bytes()).collect::<Vec<_>>());
        assert_eq!((log.checkpoint().size, log.checkpoint().root), (size, root(&entries)));
    }
    // A full tile has no partial ones beside it
    let log = place.data.release_log();
    assert!(log.join("tile/0/000").is_file() && !log.join("tile/0/000.p").exists());
    assert!(log.join("tile/entries/004").is_file() && log.join("tile/1/000.p/5").is_file());
    let held = Entry { site: place.site.anchor.site.clone(), kind: Kind::Release, sequence: 7, hash: [7; 32] };
    assert!(place.log().proof(&held).is_err());
    place.log().append(&[held.encode()]).unwrap();
    place.append(size..size + 40);
    let proof = place.log().proof(&held).unwrap();
    assert_eq!((proof.index, Logged::parse(&proof.encode()).unwrap()), (size, proof.clone()));
}

/// Killed anywhere before the checkpoint, the next run writes what it has itself, over whatever lies there.
#[test]
fn what_a_killed_run_left_behind_the_checkpoint_does_not_count() {
    for (killed, next) in [(1000..1001, 2000..2001), (1000..1400, 2000..2002), (1000..1300, 2000..2400)] {
        let place = Place::new();
        place.record().unwrap();
        place.append(0..299);
        let dir = tempfile::tempdir().unwrap();
        place.copy(dir.path());
        place.append(killed);
        mirror(&place.data, &place.data.served()).unwrap();
        // All was written but the checkpoint, here and where it is served, and nothing was taken away yet
        for log in [place.data.release_log(), place.data.served().log()] {
            super::files::copy(dir.path(), &log).unwrap();
        }
        assert_eq!(place.log().checkpoint().size, 300);
        place.append(next.clone());
        let entries = place.log().entries().unwrap();
        let last: Vec<Vec<u8>> = next.map(|number| entry(number).into_bytes()).collect();
        assert_eq!(entries[300..], last);
        mirror(&place.data, &place.data.served()).unwrap();
        // What is served is the same, whole
        place.put_back(&place.data.served().log());
        let log = place.log();
        assert_eq!((log.entries().unwrap(), log.checkpoint().root), (entries.clone(), root(&entries)));
    }
}

#[test]
fn a_log_that_is_behind_what_is_served_goes_on_from_there_and_two_are_not_signed() {
    let place = Place::new();
    place.record().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let [old, gone] = ["old", "gone"].map(|name| dir.path().join(name));
    place.copy(&old);
    place.append(0..300);
    mirror(&place.data, &place.data.served()).unwrap();
    // A copy of the data directory was put back, or the log is gone altogether
    place.put_back(&old);
    assert_eq!(place.log().checkpoint().size, 301);
    fs::rename(place.data.release_log(), &gone).unwrap();
    assert_eq!(place.log().checkpoint().size, 301);
    assert_eq!(place.record().unwrap(), 301);
    // What is served is older: it is brought up to date
    place.append(300..302);
    assert_eq!(place.record().unwrap(), 303);
    // Two histories: nothing is signed
    place.put_back(&old);
    let served = place.data.served().log();
    let hidden = dir.path().join("hidden");
    fs::rename(&served, &hidden).unwrap();
    place.append(5000..5010);
    fs::rename(&hidden, &served).unwrap();
    let error = format!("{:#}", place.record().unwrap_err());
    assert!(error.contains("are two: nothing is signed"), "{error}");
}

#[test]
fn damage_is_refused_and_says_which_file() {
    let place = Place::new();
    place.record().unwrap();
    place.append(0..20);
    let log = place.data.release_log();
    let tile = log.join("tile/0/000.p/21");
    let good = fs::read(&tile).unwrap();
    let refused = || format!("{:#}", Log::open(&place.data, &place.site.anchor.site).err().unwrap());
    let mut bad = good.clone();
    bad[40] ^= 1;
    fs::write(&tile, bad).unwrap();
    assert!(refused().contains("are not those of its checkpoint"));
    fs::write(&tile, &good[1..]).unwrap();
    assert!(refused().contains("tile/0/000.p/21"));
    fs::remove_file(&tile).unwrap();
    assert!(refused().contains("tile/0/000.p/21"));
    fs::write(&tile, good).unwrap();
    let checkpoint = fs::read_to_string(log.join("checkpoint")).unwrap();
    fs::write(log.join("checkpoint"), checkpoint.replacen("21", "22", 1)).unwrap();
    assert!(refused().contains("checkpoint is refused"));
    fs::write(log.join("checkpoint"), &checkpoint).unwrap();
    assert_eq!(Checkpoint::verify(&checkpoint, &key(&place.data, &place.site.anchor.site).unwrap()).unwrap().size, 21);
    // A new key would be another log
    fs::rename(place.data.release_log_key(), place.data.root().join("elsewhere")).unwrap();
    let error = key(&place.data, &place.site.anchor.site).unwrap_err().to_string();
    assert!(error.contains("restore the key from a copy"), "{error}");
}

#[test]
fn two_that_append_at_once_wait_for_each_other() {
    let place = Place::new();
    place.record().unwrap();
    std::thread::scope(|scope| {
        for number in 0..4_u64 {
            let place = &place;
            scope.spawn(move || (0..5).for_each(|turn| place.append(number * 100 + turn..number * 100 + turn + 1)));
        }
    });
    let log = place.log();
    let entries = log.entries().unwrap();
    assert_eq!((entries.len(), log.checkpoint().root), (21, root(&entries)));
}
