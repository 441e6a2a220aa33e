//! What somebody with the servers, and without the site keys, can do to them.

use nightsafe_core::manifest;
use nightsafe_monitor::check::{Outcome, Target};
use nightsafe_monitor::verdict::Severity;

use crate::rig::{ELEMENT, FRAME, LOADER, Rig, WASM, now, words};
use crate::serving::{Answer, Asked, Part, Way};

fn names(outcome: &Outcome, what: &str) -> bool {
    outcome.findings.iter().any(|told| told.finding.what.ends_with(what) || told.finding.said.contains(what))
}

#[tokio::test]
async fn an_honest_site_is_ok_at_every_look() {
    let mut rig = Rig::new();
    for _ in 0..3 {
        let outcome = rig.look_and_remember().await;
        assert_eq!((words(&outcome), outcome.severity()), (vec![], Severity::Ok));
    }
    let known = rig.known.unwrap();
    assert_eq!((known.release.unwrap().sequence, known.manifest.unwrap().sequence), (3, 5));
    assert_eq!((known.last_ok, known.roster_head), (Some(now()), Some([7; 32])));
}

#[tokio::test]
async fn the_admin_site_is_looked_at_when_it_is_named() {
    let rig = Rig::new();
    rig.twist(|asked, answer| {
        if (asked.part, asked.path.as_str()) == (Part::Admin, "/admin.js") {
            answer.body.push(b' ');
        }
    });
    assert_eq!(rig.look().await.severity(), Severity::Ok);
    let mut job = rig.job();
    job.targets = vec![Target::Site(rig.release.admin.origin.clone())];
    let outcome = nightsafe_monitor::check::check(job).await;
    assert_eq!(words(&outcome), ["UNSIGNED-CHANGE no_manifest_match"]);
    assert!(names(&outcome, "/admin.js"));
}

/// Each one alone, with the words for it and what it names.
#[tokio::test]
async fn every_change_has_its_word_and_names_the_file() {
    let rig = Rig::new();
    let data_key = format!("/{}", rig.manifest.data_keys[0].file_name());
    type Change = Box<dyn Fn(&mut Answer) + Send>;
    let change = |change: fn(&mut Answer)| Box::new(change) as Change;
    let flip = || change(|answer| *answer.body.last_mut().unwrap() ^= 1);
    for (path, change, word, named) in [
        (ELEMENT, flip(), "UNSIGNED-CHANGE no_manifest_match", ELEMENT),
        (
            FRAME,
            change(|answer| answer.body.extend(b"<script src=//evil.example/x.js></script>")),
            "UNSIGNED-CHANGE no_manifest_match",
            FRAME,
        ),
        (LOADER, change(|answer| answer.body.clear()), "UNSIGNED-CHANGE no_manifest_match", LOADER),
        (LOADER, change(|answer| answer.status = 404), "UNSIGNED-CHANGE file_missing", LOADER),
        (LOADER, change(|answer| answer.set("content-encoding", "zstd")), "UNSIGNED-CHANGE no_manifest_match", LOADER),
        (LOADER, change(|answer| answer.way = Way::Endless), "UNSIGNED-CHANGE no_manifest_match", LOADER),
        (WASM, flip(), "FOREIGN-WASM wasm_hash_mismatch", WASM),
        (
            WASM,
            change(|answer| answer.body = b"\0asm\x01\0\0\0\0\x01\x61".to_vec()),
            "FOREIGN-WASM wasm_hash_mismatch",
            WASM,
        ),
        (
            FRAME,
            change(|answer| answer.drop("content-security-policy")),
            "HEADER-WEAKENED header_missing",
            "Content-Security-Policy",
        ),
        (
            FRAME,
            change(|answer| answer.set("content-security-policy", "script-src *")),
            "HEADER-WEAKENED header_changed",
            "Content-Security-Policy",
        ),
        (
            FRAME,
            change(|answer| answer.headers.push(("connection-allowlist".into(), "(\"*\")".into()))),
            "HEADER-WEAKENED header_doubled",
            "Connection-Allowlist",
        ),
        (
            FRAME,
            change(|answer| answer.set("content-type", "text/plain")),
            "HEADER-WEAKENED header_changed",
            "Content-Type",
        ),
        (FRAME, change(|answer| answer.set("set-cookie", "a=b")), "HEADER-ADDED header_added", "set-cookie"),
        (
            FRAME,
            change(|answer| answer.set("link", "<https://evil.example/x.js>; rel=preload")),
            "HEADER-ADDED header_added",
            "link",
        ),
        (
            "/nightsafe-nothing-here",
            change(|answer| answer.drop("connection-allowlist")),
            "HEADER-WEAKENED header_missing",
            "Connection-Allowlist",
        ),
        (
            "/nightsafe-nothing-here",
            change(|answer| answer.status = 200),
            "UNSIGNED-CHANGE missing_from_manifest",
            "/nightsafe-nothing-here",
        ),
        (WASM, change(|answer| answer.status = 404), "UNSIGNED-CHANGE file_missing", WASM),
        (&data_key, flip(), "KEY-SWAPPED no_manifest_match", &data_key),
        (&data_key, change(|answer| answer.status = 404), "KEY-SWAPPED file_missing", &data_key),
        (
            "/site-release",
            change(|answer| answer.status = 404),
            "UNSIGNED-CHANGE manifest_unavailable",
            "/site-release",
        ),
        ("/site-release", flip(), "UNSIGNED-CHANGE malformed", "/site-release"),
        (
            "/site-release.json",
            change(|answer| answer.body = answer.body.to_ascii_uppercase()),
            "UNSIGNED-CHANGE wrong_document",
            "/site-release",
        ),
        ("/.well-known/webcat/manifest.json", flip(), "UNSIGNED-CHANGE no_manifest_match", "webcat/manifest.json"),
    ] {
        let wanted = path.to_owned();
        rig.twist(move |asked: &Asked, answer: &mut Answer| {
            if asked.part == Part::Fields && asked.path == wanted {
                change(answer);
            }
        });
        let outcome = rig.look().await;
        assert_eq!((outcome.severity(), words(&outcome)), (Severity::Critical, vec![word.to_owned()]), "{path}");
        assert!(names(&outcome, named), "{path}: {:?}", outcome.findings);
        assert!(outcome.findings.iter().all(|told| told.only.is_empty()), "{path}: {:?}", outcome.findings);
    }
    rig.twist(|_, _| {});
    assert_eq!(rig.look().await.severity(), Severity::Ok);
}

#[tokio::test]
async fn a_new_signed_release_is_told_once_and_an_older_one_is_a_rollback() {
    let mut rig = Rig::new();
    rig.look_and_remember().await;
    let old = rig.answers.lock().unwrap().files.clone();
    rig.release.sequence = 4;
    rig.release.version = "2026-11-27.4".into();
    rig.publish();
    let tag = rig.tag();
    rig.put(Part::Shop, "/checkout", Answer::new([], tag));
    let outcome = rig.look_and_remember().await;
    assert_eq!((words(&outcome), outcome.severity()), (vec!["SIGNED-NEW new_release".to_owned()], Severity::Warning));
    assert!(names(&outcome, "number 4, after number 3"));
    assert_eq!(rig.look_and_remember().await.severity(), Severity::Ok);

    // All of the release before, as it was signed then
    let new = std::mem::replace(&mut rig.answers.lock().unwrap().files, old);
    for _ in 0..2 {
        let outcome = rig.look_and_remember().await;
        assert_eq!(words(&outcome), ["ROLLBACK rollback", "ROLLBACK log_rollback"]);
        assert_eq!(outcome.severity(), Severity::Critical);
        assert!(names(&outcome, "is number 3; number 4 was seen before"));
    }
    assert_eq!(rig.known.as_ref().unwrap().release.unwrap().sequence, 4);
    rig.answers.lock().unwrap().files = new;
    assert_eq!(rig.look_and_remember().await.severity(), Severity::Ok);
    // Signed by stolen site keys, under a number that was seen
    rig.release.version = "2026-11-27.other".into();
    rig.publish();
    assert_eq!(words(&rig.look_and_remember().await), ["ROLLBACK fork", "SPLIT-VIEW log_fork"]);
}

#[tokio::test]
async fn a_release_that_is_published_while_one_looks_is_no_alarm() {
    let rig = Rig::new();
    rig.look().await;
    let before = rig.answers.lock().unwrap().files.clone();
    let mut next = rig;
    next.release.sequence = 4;
    next.publish();
    let tag = next.tag();
    // The old element stays pinned by the page until that changes: served as before, it is in the new release as another file
    next.put(Part::Shop, "/checkout", Answer::new([], tag));
    let known = next.known.clone();
    // Each visitor gets document and note of the old release first, and the new one from then on
    next.twist(move |asked, answer| {
        let described = ["/site-release", "/site-release.json"].contains(&asked.path.as_str());
        if asked.part == Part::Fields && described && asked.before < 5 {
            *answer = before[&(Part::Fields, asked.path.clone())].clone();
        }
    });
    let outcome = next.look().await;
    assert_eq!((words(&outcome), known.is_none()), (vec![], true), "{:?}", outcome.findings);
    assert_eq!(outcome.release.unwrap().release().sequence, 4);
}

#[tokio::test]
async fn keys_that_the_site_keys_did_not_sign_are_swapped_keys() {
    let mut rig = Rig::new();
    rig.look_and_remember().await;
    let honest = rig.answers.lock().unwrap().files.clone();
    let good = rig.manifest.clone();
    let put = |rig: &Rig, note: String| {
        let mut answer = honest[&(Part::Fields, "/key-manifest".to_owned())].clone();
        answer.body = note.into_bytes();
        rig.put(Part::Fields, "/key-manifest", answer);
    };
    let thief = |name| nightsafe_core::note::NoteSigner::from_seed(name, &[9; 32]).unwrap();
    // Somebody's own keys, also under the site's names
    for name in ["thief", "demo.nightsafe.example/site-1"] {
        let note = manifest::sign(&good, &[&thief(name)]).unwrap();
        put(&rig, note);
        let outcome = rig.look().await;
        assert_eq!(words(&outcome), ["KEY-SWAPPED too_few_signatures"], "{name}");
        assert!(names(&outcome, "/key-manifest"));
    }
    // One site key alone is not enough
    put(&rig, manifest::sign(&good, &[&rig.site_key(0)]).unwrap());
    assert_eq!(words(&rig.look().await), ["KEY-SWAPPED too_few_signatures"]);
    // Signed, and older than what was seen
    let older = manifest::KeyManifest { sequence: 4, ..good.clone() };
    put(&rig, manifest::sign(&older, &[&rig.site_key(0), &rig.site_key(1)]).unwrap());
    let outcome = rig.look().await;
    assert!(words(&outcome).contains(&"ROLLBACK rollback".to_owned()), "{:?}", outcome.findings);
    // Below the floor of the anchor
    let below = manifest::KeyManifest { sequence: 3, ..good.clone() };
    put(&rig, manifest::sign(&below, &[&rig.site_key(0), &rig.site_key(1)]).unwrap());
    assert_eq!(words(&rig.look().await), ["ROLLBACK rollback"]);
    // Signed and newer: published before the release that names it
    rig.manifest.sequence = 6;
    rig.log.add(&rig.manifest_entry());
    rig.stamp(now().plus_days(1), Some([7; 32]));
    put(&rig, manifest::sign(&rig.manifest, &[&rig.site_key(0), &rig.site_key(1)]).unwrap());
    assert_eq!(words(&rig.look_and_remember().await), ["SIGNED-NEW ahead_of_release"]);
    // And then the old ones are put back
    rig.answers.lock().unwrap().files = honest;
    assert_eq!(words(&rig.look().await), ["ROLLBACK rollback", "ROLLBACK log_rollback"]);
}

#[tokio::test]
async fn the_timestamp_is_held_against_keys_time_and_what_was_seen() {
    let mut rig = Rig::new();
    rig.look_and_remember().await;
    let thief = nightsafe_core::note::NoteSigner::from_seed("demo.nightsafe.example/timestamp", &[9; 32]).unwrap();
    let stamp = |manifest, until| nightsafe_core::timestamp::Timestamp {
        site: rig.manifest.site.clone(),
        manifest,
        roster: Some([7; 32]),
        until,
    };
    let current = manifest::hash(&rig.manifest.encode());
    let note = nightsafe_core::timestamp::issue(&stamp(current, now()), &thief).unwrap();
    rig.put(Part::Ingest, "/v1/timestamp", Answer::new([], note));
    assert_eq!(words(&rig.look().await), ["KEY-SWAPPED too_few_signatures"]);
    let other = manifest::hash("another");
    let note = nightsafe_core::timestamp::issue(&stamp(other, now()), &rig.timestamp_key()).unwrap();
    rig.put(Part::Ingest, "/v1/timestamp", Answer::new([], note));
    assert_eq!(words(&rig.look().await), ["ROLLBACK not_current"]);
    rig.stamp(now().minus(60), Some([7; 32]));
    assert_eq!(words(&rig.look().await), ["EXPIRING timestamp_ended"]);
    rig.stamp(now().minus(86_400 * 3), Some([7; 32]));
    assert_eq!(
        (words(&rig.look().await), rig.look().await.severity()),
        (vec!["EXPIRING expired".into()], Severity::Critical)
    );
    rig.stamp(now().plus_days(1), None);
    assert_eq!(words(&rig.look().await), ["ROLLBACK roster_gone"]);
    rig.stamp(now().plus_days(1), Some([8; 32]));
    assert_eq!(rig.look().await.severity(), Severity::Ok);
}

/// A manifest was published, and ingest has not looked yet.
#[tokio::test]
async fn an_ingest_that_takes_a_moment_to_see_a_new_manifest_is_no_rollback() {
    for (late, severity) in [(1, Severity::Ok), (2, Severity::Ok), (usize::MAX, Severity::Critical)] {
        let rig = Rig::new();
        let of_before = nightsafe_core::timestamp::Timestamp {
            site: rig.manifest.site.clone(),
            manifest: manifest::hash("the one before"),
            roster: None,
            until: now().plus_days(1),
        };
        let note = nightsafe_core::timestamp::issue(&of_before, &rig.timestamp_key()).unwrap();
        rig.twist(move |asked, answer| {
            if asked.path == "/v1/timestamp" && asked.before < late {
                answer.body = note.clone().into_bytes();
            }
        });
        assert_eq!(rig.look().await.severity(), severity, "{late}");
    }
}

#[tokio::test]
async fn what_ends_is_told_before_it_does() {
    let mut rig = Rig::new();
    for (days, word, severity) in [
        (31, None, Severity::Ok),
        (29, Some("EXPIRING release_ends"), Severity::Warning),
        (6, Some("EXPIRING release_ends"), Severity::Critical),
    ] {
        rig.release.expires = now().plus_days(days);
        rig.publish();
        let outcome = rig.look().await;
        let wanted: Vec<String> = word.into_iter().map(str::to_owned).collect();
        assert_eq!((words(&outcome), outcome.severity()), (wanted, severity), "{days}");
    }
    rig.release.created = now().minus(86_400 * 10);
    rig.release.expires = now().minus(86_400 * 2);
    rig.publish();
    let outcome = rig.look().await;
    assert_eq!(outcome.severity(), Severity::Critical);
    assert!(words(&outcome).iter().all(|word| word.starts_with("EXPIRING")), "{:?}", outcome.findings);
}
