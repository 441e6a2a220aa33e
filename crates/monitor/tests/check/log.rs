//! The release log: forks, older logs, changed leaves, and what is served without being in it.

use std::sync::{Arc, Mutex};

use nightsafe_core::log::{Checkpoint, Hash, Origin, Witness, cosign};
use nightsafe_core::note::{Note, NoteSigner};
use nightsafe_core::release_log::{Entry, Kind};
use nightsafe_monitor::check::Outcome;
use nightsafe_monitor::compare::{Compared, compare};
use nightsafe_monitor::verdict::Severity;

use crate::rig::{Log, Rig, now, words};
use crate::serving::{Answer, Part};

fn some(rig: &Rig, number: u64) -> Entry {
    Entry { site: rig.release.site.clone(), kind: Kind::Roster, sequence: number, hash: [number as u8; 32] }
}

/// A log that goes on from the first entries of another, with others behind them.
fn fork(rig: &Rig, kept: usize, others: std::ops::Range<u64>) -> Log {
    let kept = rig.log.entries.lock().unwrap()[..kept].to_vec();
    let log = Log { entries: Arc::new(Mutex::new(kept)), ..rig.log.clone() };
    others.for_each(|number| log.add(&some(rig, number)));
    log
}

fn said(outcome: &Outcome, what: &str) -> bool {
    outcome.findings.iter().any(|told| told.finding.said.contains(what))
}

#[tokio::test]
async fn the_log_is_read_once_and_then_only_what_is_new() {
    let mut rig = Rig::new();
    assert_eq!(rig.look_and_remember().await.severity(), Severity::Ok);
    let read = rig.read.clone().unwrap();
    assert_eq!(read.entries, *rig.log.entries.lock().unwrap());
    assert_eq!(read.entries.len(), 3);
    // Ten thousand later: only the bundles of what is new are asked for, and no tile of hashes
    let many = (1000..11_000).map(|number| some(&rig, number).encode().into_bytes());
    rig.log.entries.lock().unwrap().extend(many);
    rig.serve_log(&rig.log);
    assert_eq!(rig.look_and_remember().await.severity(), Severity::Ok);
    rig.log.add(&some(&rig, 11_000));
    rig.serve_log(&rig.log);
    rig.answers.lock().unwrap().asked.clear();
    assert_eq!(rig.look_and_remember().await.severity(), Severity::Ok);
    let asked = rig.answers.lock().unwrap().asked.clone();
    let tiles: Vec<&String> = asked.keys().map(|(_, path)| path).filter(|path| path.contains("/tile/")).collect();
    assert_eq!(tiles, ["/log/tile/entries/039.p/20"]);
    assert_eq!(rig.read.unwrap().entries.len(), 10_004);
}

#[tokio::test]
async fn a_fork_a_shorter_log_and_a_changed_leaf_are_told_apart() {
    let mut rig = Rig::new();
    (100..105).for_each(|number| rig.log.add(&some(&rig, number)));
    rig.serve_log(&rig.log);
    rig.look_and_remember().await;
    // Another history: longer, as long, shorter. And the same log, older
    for (log, word, what) in [
        (fork(&rig, 5, 200..209), "SPLIT-VIEW log_fork", "14 entries"),
        (fork(&rig, 7, 200..201), "SPLIT-VIEW log_fork", "8 entries"),
        (fork(&rig, 3, 200..202), "SPLIT-VIEW log_fork", "5 entries"),
        (fork(&rig, 6, 0..0), "ROLLBACK log_rollback", "has 6 entries, and 8 were seen before"),
    ] {
        rig.serve_log(&log);
        let outcome = rig.look_and_remember().await;
        assert!(words(&outcome).contains(&word.to_owned()) && said(&outcome, what), "{:?}", outcome.findings);
        assert_eq!(outcome.severity(), Severity::Critical);
        assert_eq!(rig.read.as_ref().unwrap().entries.len(), 8, "what was read stays");
    }
    // The honest log, and a leaf in it that is another one
    rig.log.add(&some(&rig, 105));
    rig.serve_log(&rig.log);
    rig.twist(|asked, answer| {
        if asked.path.starts_with("/log/tile/entries/") {
            let at = answer.body.len() - 2;
            answer.body[at] ^= 1;
        }
    });
    let outcome = rig.look_and_remember().await;
    assert!(words(&outcome).contains(&"UNSIGNED-CHANGE log_damaged".to_owned()), "{:?}", outcome.findings);
    rig.twist(|asked, answer| {
        if asked.path.starts_with("/log/tile/entries/") {
            answer.body.pop();
        }
    });
    assert!(words(&rig.look_and_remember().await).contains(&"UNSIGNED-CHANGE log_damaged".to_owned()));
    rig.twist(|_, _| {});
    assert_eq!(rig.look_and_remember().await.severity(), Severity::Ok);
}

#[tokio::test]
async fn a_checkpoint_must_be_there_and_signed_by_the_logs_key() {
    let mut rig = Rig::new();
    rig.look_and_remember().await;
    let thief = Log { key: 9, ..rig.log.clone() };
    let files = thief.files();
    let (_, stranger) = files.last().unwrap();
    let signed = rig.log.files().last().unwrap().1.clone();
    let changed = String::from_utf8(signed).unwrap().replacen('\n', "\n1", 1).into_bytes();
    for (bytes, word) in [
        (stranger.clone(), "UNSIGNED-CHANGE not_signed"),
        (changed, "UNSIGNED-CHANGE bad_signature"),
        (b"no checkpoint".to_vec(), "UNSIGNED-CHANGE malformed"),
    ] {
        rig.put_log("/log/checkpoint", bytes);
        assert_eq!(words(&rig.look().await), [word]);
    }
    rig.put(Part::Fields, "/log/checkpoint", Answer { status: 404, ..Answer::new([], "") });
    assert_eq!(words(&rig.look().await), ["UNSIGNED-CHANGE manifest_unavailable"]);
    // A release that names another key, or none
    rig.log.key = 9;
    rig.publish();
    let mut job = rig.job();
    (job.known, job.log) = (None, None);
    let outcome = nightsafe_monitor::check::check(job).await;
    assert!(words(&outcome).is_empty(), "who sees it for the first time cannot know: {:?}", outcome.findings);
    rig.known = None;
    assert_eq!(words(&rig.look_and_remember().await), ["SPLIT-VIEW log_replaced"]);
}

#[tokio::test]
async fn what_is_served_is_in_the_log_and_what_is_in_the_log_is_told() {
    let mut rig = Rig::new();
    rig.look_and_remember().await;
    // Each left out of a log that nobody has seen before
    for (kind, what) in [
        (Kind::Release, "the release that is served"),
        (Kind::Manifest, "the key manifest that is served"),
        (Kind::Roster, "the list of admins"),
    ] {
        let log = Log { entries: Arc::default(), ..rig.log.clone() };
        let all: Vec<Entry> =
            rig.log.entries.lock().unwrap().iter().map(|bytes| Entry::parse(bytes).unwrap()).collect();
        all.iter().filter(|entry| entry.kind != kind).for_each(|entry| log.add(entry));
        rig.serve_log(&log);
        let mut job = rig.job();
        job.log = None;
        let outcome = nightsafe_monitor::check::check(job).await;
        assert!(words(&outcome).iter().all(|word| word.starts_with("SPLIT-VIEW")), "{:?}", outcome.findings);
        // The proof beside the release leads to another log of that size, unless it is the older one
        assert!(said(&outcome, what) || said(&outcome, "another history"), "{kind}: {:?}", outcome.findings);
    }
    // Signed and logged, and shown to somebody else
    for (kind, sequence) in [(Kind::Release, 4), (Kind::Manifest, 6)] {
        rig.log.add(&Entry { site: rig.release.site.clone(), kind, sequence, hash: [sequence as u8; 32] });
        rig.serve_log(&rig.log);
        let outcome = rig.look_and_remember().await;
        assert_eq!(words(&outcome), ["SIGNED-NEW logged_not_served"]);
        assert!(said(&outcome, &format!("has {kind} number {sequence}, and number {} is served", sequence - 1)));
        assert_eq!(rig.look_and_remember().await.severity(), Severity::Ok, "told once");
    }
    // Two releases of one number
    rig.log.add(&Entry { site: rig.release.site.clone(), kind: Kind::Release, sequence: 4, hash: [44; 32] });
    rig.serve_log(&rig.log);
    for _ in 0..2 {
        assert!(words(&rig.look_and_remember().await).contains(&"SPLIT-VIEW log_two_of_one_number".to_owned()));
    }
    // Something that is no entry
    let rig = Rig::new();
    rig.log.entries.lock().unwrap().push(b"buy now".to_vec());
    rig.serve_log(&rig.log);
    assert_eq!(words(&rig.look().await), ["UNSIGNED-CHANGE log_entry"]);
}

#[tokio::test]
async fn what_was_published_a_moment_ago_is_looked_for_again() {
    let rig = Rig::new();
    let before = fork(&rig, 2, 0..0);
    let old = before.files().last().unwrap().1.clone();
    rig.serve_log(&before);
    rig.serve_log(&rig.log);
    assert_eq!(before.entries.lock().unwrap().len(), 2);
    // Every visitor's own look comes before the head of the roster is in the log
    rig.twist(move |asked, answer| {
        if asked.path == "/log/checkpoint" && asked.before < 6 {
            answer.body = old.clone();
        }
    });
    let outcome = rig.look().await;
    assert_eq!(words(&outcome), Vec::<String>::new(), "{:?}", outcome.findings);
}

#[tokio::test]
async fn a_proof_that_proves_something_else_is_found() {
    let rig = Rig::new();
    rig.twist(|asked, answer| {
        if asked.path == "/site-release.tlog-proof" {
            answer.body = String::from_utf8(answer.body.clone()).unwrap().replace("index 1", "index 0").into_bytes();
        }
    });
    let outcome = rig.look().await;
    assert_eq!(words(&outcome), ["SPLIT-VIEW invalid_transparency_proof"], "{:?}", outcome.findings);
    rig.twist(|asked, answer| {
        if asked.path == "/site-release.tlog-proof" {
            answer.status = 404;
        }
    });
    assert_eq!(words(&rig.look().await), ["UNSIGNED-CHANGE manifest_unavailable"]);
}

#[tokio::test]
async fn two_logs_for_two_visitors_are_found_at_the_first_look() {
    let rig = Rig::new();
    (50..51).for_each(|number| rig.log.add(&some(&rig, number)));
    let longer = fork(&rig, 2, 60..62).files();
    rig.serve_log(&rig.log);
    rig.twist(move |asked, answer| {
        let path = asked.path.strip_prefix("/log/").unwrap_or_default();
        if asked.header("user-agent").contains("iPhone")
            && let Some((_, bytes)) = longer.iter().find(|(one, _)| one == path)
        {
            answer.body = bytes.clone();
        }
    });
    let outcome = rig.look().await;
    assert_eq!(words(&outcome), ["SPLIT-VIEW log_fork"], "{:?}", outcome.findings);
    assert_eq!(outcome.findings[0].only, ["phone"]);
}

/// Two monitors, each of which is shown a whole and good log, and not the same.
#[tokio::test]
async fn two_monitors_that_are_shown_different_logs_find_out() {
    let mut one = Rig::new();
    let mut other = Rig::new();
    // Of one site: the rigs have the same keys, and the same first entries
    other.log.entries = Arc::new(Mutex::new(one.log.entries.lock().unwrap()[..1].to_vec()));
    other.publish();
    (10..13).for_each(|number| one.log.add(&some(&one, number)));
    (20..25).for_each(|number| other.log.add(&some(&other, number)));
    one.serve_log(&one.log);
    other.serve_log(&other.log);
    for rig in [&mut one, &mut other] {
        for _ in 0..2 {
            assert!(rig.look_and_remember().await.severity() != Severity::Critical);
        }
    }
    let (one, other) = (one.read.unwrap(), other.read.unwrap());
    // The one with more has both, and whoever has less is told to look again: so one of them finds out, whoever asks
    let (short, long) = if one.entries.len() < other.entries.len() { (&one, &other) } else { (&other, &one) };
    let size = short.entries.len() as u64;
    assert_eq!(compare(long, &short.checkpoint), Compared::Split(size));
    assert_eq!(compare(short, &long.checkpoint), Compared::Longer(long.entries.len() as u64));
    let told = compare(long, &short.checkpoint).told(long, &short.checkpoint);
    for evidence in [&short.checkpoint, &long.checkpoint] {
        assert!(told.starts_with("CRITICAL  SPLIT-VIEW") && told.contains(evidence.as_str()));
    }
    // With itself, with what it was before, and with something else
    assert_eq!(compare(&one, &one.checkpoint), Compared::Same(one.entries.len() as u64));
    let log = Log { entries: Arc::new(Mutex::new(one.entries[..3].to_vec())), key: 5 };
    let before = String::from_utf8(log.files().last().unwrap().1.clone()).unwrap();
    assert_eq!(compare(&one, &before), Compared::Same(3));
    let thief = Log { key: 9, ..log };
    let stranger = String::from_utf8(thief.files().last().unwrap().1.clone()).unwrap();
    assert!(matches!(compare(&one, &stranger), Compared::Refused(_)));
}

#[tokio::test]
async fn cosignatures_are_counted_and_wrong_ones_are_told() {
    let mut rig = Rig::new();
    let keys = ["w1.example", "w2.example"].map(|name| NoteSigner::from_seed(name, &[name.as_bytes()[1]; 32]).unwrap());
    rig.witnesses = (keys.iter().map(|key| Witness::new(key.vkey().clone())).collect(), 2);
    assert_eq!(words(&rig.look().await), ["UNREACHABLE too_few_cosignatures"]);
    let checkpoint = String::from_utf8(rig.log.files().last().unwrap().1.clone()).unwrap();
    let with = |lines: &[String]| {
        let mut note = Note::parse(&checkpoint).unwrap();
        lines.iter().for_each(|line| note.add_lines(line).unwrap());
        note.encode().into_bytes()
    };
    let text = Note::parse(&checkpoint).unwrap().text().to_owned();
    let line = |key: &NoteSigner, text: &str| cosign(text, key, now());
    let put = |rig: &Rig, bytes: Vec<u8>| rig.put_log("/log/checkpoint", bytes);
    put(&rig, with(&[line(&keys[0], &text), line(&keys[1], &text)]));
    assert_eq!(rig.look().await.severity(), Severity::Ok);
    put(&rig, with(&[line(&keys[0], &text), line(&keys[0], &text)]));
    assert_eq!(words(&rig.look().await), ["UNREACHABLE too_few_cosignatures"]);
    // That of an earlier checkpoint, put under this one; and one from the future
    let origin = Origin::parse("demo.nightsafe.example/release-log").unwrap();
    let old = Checkpoint { origin, size: 1, root: Hash::of_leaf(b"") }.encode();
    for wrong in [line(&keys[1], &old), cosign(&text, &keys[1], now().plus_days(2))] {
        put(&rig, with(&[line(&keys[0], &text), wrong]));
        let outcome = rig.look().await;
        assert_eq!(words(&outcome), ["SPLIT-VIEW wrong_cosignature", "UNREACHABLE too_few_cosignatures"]);
        assert!(said(&outcome, "w2.example"));
    }
}

/// No signature covers how a file of the log is sent.
#[tokio::test]
async fn the_files_of_the_log_have_the_headers_of_every_answer() {
    let rig = Rig::new();
    for (path, change, word) in [
        (
            "/log/checkpoint",
            (|answer| answer.drop("content-security-policy")) as fn(&mut Answer),
            "HEADER-WEAKENED header_missing",
        ),
        ("/log/checkpoint", |answer| answer.set("set-cookie", "a=b"), "HEADER-ADDED header_added"),
        ("/log/checkpoint", |answer| answer.set("content-type", "text/html"), "HEADER-WEAKENED header_changed"),
        ("/log/tile/", |answer| answer.drop("x-content-type-options"), "HEADER-WEAKENED header_missing"),
        ("/log/tile/", |answer| answer.set("content-type", "text/html"), "HEADER-WEAKENED header_changed"),
    ] {
        rig.twist(move |asked, answer| {
            if asked.path.starts_with(path) {
                change(answer);
            }
        });
        let outcome = rig.look().await;
        assert_eq!(words(&outcome), [word], "{path} {:?}", outcome.findings);
        assert!(outcome.findings[0].finding.what.contains(path));
    }
    rig.twist(|_, _| {});
    assert_eq!(rig.look().await.severity(), Severity::Ok);
}
