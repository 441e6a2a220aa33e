//! Every target on its seeds, and on a few thousand mutations of them: what libFuzzer does at length, briefly and in
//! every run.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a failing test may panic")]

use nightsafe_fuzz::{TARGETS, Target};
use proptest::prelude::*;
use proptest::sample::Index;

/// Mutations of each target.
const CASES: u32 = 3000;

/// One change to bytes.
#[derive(Clone, Debug)]
enum Edit {
    Flip(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    /// What stands in one place, in another place again.
    Repeat(Index, Index, usize),
    Cut(Index),
}

fn edit() -> impl Strategy<Value = Edit> {
    let place = any::<Index>;
    let sign = prop_oneof![any::<u8>(), prop::sample::select(b"\"\\{}[]:,.;=-+ \n\r\t\0".to_vec())];
    prop_oneof![
        (place(), 1_u8..).prop_map(|(at, bits)| Edit::Flip(at, bits)),
        (place(), prop::collection::vec(sign, 1..6)).prop_map(|(at, bytes)| Edit::Insert(at, bytes)),
        (place(), 1_usize..40).prop_map(|(at, count)| Edit::Remove(at, count)),
        (place(), place(), 1_usize..200).prop_map(|(from, to, count)| Edit::Repeat(from, to, count)),
        place().prop_map(Edit::Cut),
    ]
}

impl Edit {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let length = bytes.len();
        let at = |place: &Index| place.index(length + 1);
        match self {
            Self::Flip(place, bits) if length > 0 => bytes[place.index(length)] ^= bits,
            Self::Flip(..) => {}
            Self::Insert(place, new) => drop(bytes.splice(at(place)..at(place), new.iter().copied())),
            Self::Remove(place, count) => drop(bytes.drain(at(place)..(at(place) + count).min(length))),
            Self::Repeat(from, to, count) => {
                let copy = bytes[at(from)..(at(from) + count).min(length)].to_vec();
                drop(bytes.splice(at(to)..at(to), copy));
            }
            Self::Cut(place) => bytes.truncate(at(place)),
        }
    }
}

fn run(name: &str) {
    let Target { run, seeds, .. } = nightsafe_fuzz::target(name).unwrap();
    let seeds = seeds();
    assert!(seeds.len() > 1);
    run(&[]);
    seeds.iter().for_each(|seed| run(seed));
    proptest!(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() }, |(
        seed in prop::sample::select(seeds.clone()),
        edits in prop::collection::vec(edit(), 1..5),
    )| {
        let mut bytes = seed;
        edits.iter().for_each(|edit| edit.apply(&mut bytes));
        run(&bytes);
    });
}

macro_rules! tests {
    ($($name:ident),+) => {
        $(#[test] fn $name() { run(stringify!($name)); })+

        #[test]
        fn every_target_has_a_test() {
            let named = [$(stringify!($name)),+];
            assert!(TARGETS.iter().map(|target| target.name).eq(named));
        }
    };
}

tests!(
    deposit_json,
    deposit_body,
    envelope,
    note,
    manifest,
    receipt,
    site_release,
    roster_entry,
    recovery_code,
    identity,
    relay_json,
    vault_json,
    login_message,
    passkey,
    signed_request,
    forwarded,
    log_text,
    log_proof,
    log_tile,
    audit_entry,
    release_log,
    shop_page
);
