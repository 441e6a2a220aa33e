//! Servers that do not answer, or answer too much: nobody knows, soon, and without a red light for a mere absence.

use std::io::Read;
use std::time::Duration;

use nightsafe_monitor::verdict::Severity;
use tokio::time::Instant;

use crate::rig::{CHECKOUT, ELEMENT, LOADER, Rig, WASM, words};
use crate::serving::{Answer, Asked, Part, Way};

/// Of any look at all, in a build that nobody made fast, on a machine that does other things besides.
const BOUND: Duration = Duration::from_secs(15);

fn only_unreachable(outcome: &nightsafe_monitor::check::Outcome) -> bool {
    !outcome.findings.is_empty() && words(outcome).iter().all(|word| word == "UNREACHABLE unreachable")
}

#[tokio::test]
async fn a_server_that_is_away_is_unknown_and_never_red() {
    let mut rig = Rig::new();
    rig.look_and_remember().await;
    rig.patience.exchange = Duration::from_millis(300);
    let page = |status| Answer { status, ..Answer::new([], "<html><head><title>An error</title></head>") };
    let ways = [Way::Gone, Way::Hangs, Way::Half].map(|way| (format!("{way:?}"), None, way));
    // Of the server itself, of a proxy, of the network before both
    let statuses = [408, 500, 502, 520, 526].map(|status| (status.to_string(), Some(page(status)), Way::Whole));
    for (name, said, way) in ways.into_iter().chain(statuses) {
        for part in [Part::Shop, Part::Fields, Part::Ingest] {
            let said = said.clone();
            rig.twist(move |asked, answer| {
                if asked.part == part {
                    *answer = Answer { way, ..said.clone().unwrap_or(answer.clone()) };
                }
            });
            let start = Instant::now();
            let outcome = rig.look_and_remember().await;
            assert_eq!(outcome.severity(), Severity::Unknown, "{name} {part:?}");
            assert!(only_unreachable(&outcome), "{name} {part:?}: {:?}", outcome.findings);
            assert!(start.elapsed() < BOUND, "{name} {part:?}");
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

/// Every byte comes in time, and never the last one.
#[tokio::test]
async fn a_slow_drip_is_unknown_as_soon_as_nobody_waits_any_longer() {
    let mut rig = Rig::new();
    rig.look_and_remember().await;
    type Which = fn(&Asked) -> bool;
    let all_but_the_release: Which = |asked| !asked.path.starts_with("/site-release");
    let some = Duration::from_millis(300);
    for (name, which, exchange) in [
        ("one file", (|asked| asked.path == WASM) as Which, some),
        ("the page", |asked| asked.part == Part::Shop, some),
        ("the timestamp", |asked| asked.part == Part::Ingest, some),
        ("the log", |asked| asked.path.starts_with("/log/"), some),
        ("all", |_| true, some),
        ("all but the release", all_but_the_release, some),
        // Who waits long for one answer does not wait so long for each
        ("all but the release, with patience", all_but_the_release, Duration::from_secs(60)),
    ] {
        rig.patience.exchange = exchange;
        rig.patience.check = Duration::from_secs(1);
        rig.twist(move |asked, answer| {
            if which(asked) {
                answer.way = Way::Drip;
            }
        });
        let start = Instant::now();
        let outcome = rig.look_and_remember().await;
        eprintln!("{name}: {:?}", start.elapsed());
        assert_eq!(outcome.severity(), Severity::Unknown, "{name}");
        assert!(only_unreachable(&outcome), "{name}: {:?}", outcome.findings);
        assert!(start.elapsed() < BOUND, "{name}");
    }
}

/// An error page is no excuse for code in it, whoever's it is.
#[tokio::test]
async fn an_error_page_that_runs_something_is_red() {
    let rig = Rig::new();
    for status in [408, 500, 503, 520] {
        for (part, word) in
            [(Part::Shop, "FOREIGN-SCRIPT inline_not_listed"), (Part::Fields, "UNSIGNED-CHANGE manifest_unavailable")]
        {
            rig.twist(move |asked, answer| {
                if asked.part == part {
                    *answer = Answer { status, ..Answer::new([], "<script>evil()</script>") };
                }
            });
            let outcome = rig.look().await;
            assert_eq!(outcome.severity(), Severity::Critical, "{status} {part:?}");
            assert!(words(&outcome).contains(&word.to_owned()), "{status} {part:?}: {:?}", outcome.findings);
        }
    }
}

/// Bytes that become so many zeros.
pub(crate) fn bomb(encoding: &str, bytes: usize) -> Vec<u8> {
    let (mut bomb, zeros) = (Vec::new(), vec![0; bytes]);
    if encoding == "gzip" {
        flate2::read::GzEncoder::new(&zeros[..], flate2::Compression::fast()).read_to_end(&mut bomb).unwrap();
    } else {
        let params = brotli::enc::BrotliEncoderParams { quality: 1, ..Default::default() };
        brotli::BrotliCompress(&mut &zeros[..], &mut bomb, &params).unwrap();
    }
    bomb
}

#[tokio::test]
async fn endless_and_swollen_answers_cost_little() {
    let rig = Rig::new();
    let bombs = ["br", "gzip"].map(|encoding| (encoding, bomb(encoding, 32 << 20)));
    let swollen = |(encoding, bomb): &(&str, Vec<u8>)| {
        Answer::new([("content-encoding".to_owned(), (*encoding).to_owned())], bomb.clone())
    };
    for (name, path, answer, word) in [
        (
            "endless",
            CHECKOUT,
            Answer { way: Way::Endless, ..Answer::new([], "<p>") },
            "UNSIGNED-CHANGE cannot_be_looked_into",
        ),
        (
            "an endless one of one of its files",
            LOADER,
            Answer { way: Way::Endless, ..Answer::new([], "") },
            "UNSIGNED-CHANGE no_manifest_match",
        ),
        ("a bomb of brotli for a page", CHECKOUT, swollen(&bombs[0]), "UNSIGNED-CHANGE cannot_be_looked_into"),
        ("a bomb of gzip for a page", CHECKOUT, swollen(&bombs[1]), "UNSIGNED-CHANGE cannot_be_looked_into"),
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
        let start = Instant::now();
        let outcome = rig.look().await;
        eprintln!("{name}: {:?}", start.elapsed());
        assert_eq!(words(&outcome), [word], "{name}");
        assert!(start.elapsed() < BOUND, "{name}");
    }
    for (encoding, bomb) in bombs {
        rig.twist(move |asked, answer| {
            if asked.path == WASM {
                answer.set("content-encoding", encoding);
                answer.body = bomb.clone();
            }
        });
        let start = Instant::now();
        assert!(words(&rig.look().await).iter().any(|word| word.ends_with("no_manifest_match")), "{encoding}");
        assert!(start.elapsed() < BOUND, "{encoding}");
    }
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
    let start = Instant::now();
    let outcome = rig.look().await;
    eprintln!("a hundred thousand scripts: {:?}", start.elapsed());
    assert!(start.elapsed() < BOUND);
    assert_eq!(outcome.severity(), Severity::Critical);
    assert_eq!(outcome.findings.len(), 51);
    assert!(outcome.findings.iter().any(|told| told.finding.said == "has 99950 findings more"));
}
