//! Servers that do not answer, or answer too much: nobody knows, soon, and without a red light for a mere absence.

use std::time::Duration;

use nightsafe_monitor::verdict::Severity;
use tokio::time::Instant;

use crate::rig::{CHECKOUT, ELEMENT, Rig, WASM, words};
use crate::serving::{Answer, Part, Way};

fn only_unreachable(outcome: &nightsafe_monitor::check::Outcome) -> bool {
    !outcome.findings.is_empty() && words(outcome).iter().all(|word| word == "UNREACHABLE unreachable")
}

#[tokio::test]
async fn a_server_that_is_away_is_unknown_and_never_red() {
    let mut rig = Rig::new();
    rig.look_and_remember().await;
    rig.patience.exchange = Duration::from_millis(300);
    type Away = fn(&mut Answer);
    let bad_gateway = |answer: &mut Answer| {
        *answer = Answer { status: 502, ..Answer::new([], "<html><head><title>502 Bad Gateway</title></head>") };
    };
    for (name, away) in [
        ("gone", (|answer| answer.way = Way::Gone) as Away),
        ("hanging", |answer| answer.way = Way::Hangs),
        ("behind a proxy", bad_gateway),
    ] {
        for part in [Part::Shop, Part::Fields, Part::Ingest] {
            rig.twist(move |asked, answer| {
                if asked.part == part {
                    away(answer);
                }
            });
            let start = Instant::now();
            let outcome = rig.look_and_remember().await;
            assert_eq!(outcome.severity(), Severity::Unknown, "{name} {part:?}");
            assert!(only_unreachable(&outcome), "{name} {part:?}: {:?}", outcome.findings);
            assert!(start.elapsed() < Duration::from_secs(15), "{name} {part:?}");
        }
    }
    // Somebody else's element is foreign all the same
    let elsewhere = rig.tag().replace(rig.release.fields.origin.as_str(), "https://evil.example");
    rig.twist(move |asked, answer| match asked.part {
        Part::Fields => answer.way = Way::Gone,
        Part::Shop => answer.body = elsewhere.clone().into_bytes(),
        _ => {}
    });
    assert_eq!(rig.look().await.severity(), Severity::Critical);
    // What was known stays known
    let known = rig.known.clone().unwrap();
    assert_eq!(known.release.unwrap().sequence, 3);
}

#[tokio::test]
async fn a_request_that_fails_once_is_made_again() {
    let rig = Rig::new();
    rig.twist(|asked, answer| {
        if asked.path == ELEMENT && asked.before == 0 {
            answer.way = Way::Gone;
        }
    });
    assert_eq!(rig.look().await.severity(), Severity::Ok);
}

/// A proxy's error page is no excuse for code in it.
#[tokio::test]
async fn an_error_page_that_runs_something_is_red() {
    let rig = Rig::new();
    rig.twist(|asked, answer| {
        if asked.part == Part::Shop {
            *answer = Answer { status: 503, ..Answer::new([], "<script>evil()</script>") };
        }
    });
    let outcome = rig.look().await;
    assert_eq!(outcome.severity(), Severity::Critical);
    assert!(words(&outcome).contains(&"FOREIGN-SCRIPT inline_not_listed".to_owned()), "{:?}", outcome.findings);
}

#[tokio::test]
async fn endless_and_swollen_answers_cost_little() {
    let rig = Rig::new();
    let mut bomb = Vec::new();
    let zeros = vec![0; 32 << 20];
    let params = brotli::enc::BrotliEncoderParams { quality: 1, ..Default::default() };
    brotli::BrotliCompress(&mut &zeros[..], &mut bomb, &params).unwrap();
    drop(zeros);
    let page = bomb.clone();
    for (name, path, answer, word) in [
        (
            "endless",
            CHECKOUT,
            Answer { way: Way::Endless, ..Answer::new([], "<p>") },
            "UNSIGNED-CHANGE cannot_be_looked_into",
        ),
        (
            "a bomb for a page",
            CHECKOUT,
            Answer::new([("content-encoding".to_owned(), "br".to_owned())], page),
            "UNSIGNED-CHANGE cannot_be_looked_into",
        ),
        (
            "a loop",
            CHECKOUT,
            Answer { status: 302, ..Answer::new([("location".to_owned(), CHECKOUT.to_owned())], "") },
            "UNREACHABLE unreachable",
        ),
        (
            "to an address without TLS",
            CHECKOUT,
            Answer { status: 302, ..Answer::new([("location".to_owned(), "http://shop.example/".to_owned())], "") },
            "UNSIGNED-CHANGE cannot_be_looked_into",
        ),
    ] {
        let wanted = path.to_owned();
        rig.twist(move |asked, said| {
            if asked.path == wanted {
                *said = answer.clone();
            }
        });
        let outcome = rig.look().await;
        assert_eq!(words(&outcome), [word], "{name}");
    }
    rig.twist(move |asked, answer| {
        if asked.path == WASM {
            answer.set("content-encoding", "br");
            answer.body = bomb.clone();
        }
    });
    assert!(words(&rig.look().await).iter().any(|word| word.ends_with("no_manifest_match")));
}

#[tokio::test]
async fn a_hundred_thousand_scripts_are_told_in_fifty_lines() {
    let rig = Rig::new();
    rig.twist(|asked, answer| {
        if asked.path == CHECKOUT && asked.before == 0 {
            let many: String = (0..100_000).map(|number| format!("<script src=/{number}.js></script>")).collect();
            answer.body.extend(many.as_bytes());
        }
    });
    let outcome = rig.look().await;
    assert_eq!(outcome.severity(), Severity::Critical);
    assert_eq!(outcome.findings.len(), 51);
    assert!(outcome.findings.iter().any(|told| told.finding.said == "has 99950 findings more"));
}
