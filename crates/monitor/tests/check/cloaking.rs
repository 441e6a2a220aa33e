//! Servers that tell shoppers from monitors. Each differs by one thing that a request says.

use nightsafe_monitor::verdict::Severity;

use crate::rig::{CHECKOUT, LOADER, Rig, words};
use crate::serving::{Answer, Asked, Part};

type Tell = fn(&Asked) -> bool;

/// What shoppers are shown who are recognised by this, and who of the visitors are.
const TELLS: [(&str, Tell, &[&str]); 8] = [
    (
        "to who opens a page or a frame",
        |asked| ["document", "script"].contains(&asked.header("sec-fetch-dest")),
        &["desktop", "phone", "german", "direct", "again"],
    ),
    (
        "not to who says that it is a monitor",
        |asked| !asked.header("user-agent").contains("monitor"),
        &["desktop", "phone", "german", "direct", "again"],
    ),
    ("to phones", |asked| asked.header("user-agent").contains("iPhone"), &["phone"]),
    (
        "to who sends client hints",
        |asked| !asked.header("sec-ch-ua").is_empty(),
        &["desktop", "german", "direct", "again"],
    ),
    ("by language", |asked| asked.header("accept-language").starts_with("de"), &["german"]),
    ("to who comes from nowhere", |asked| asked.header("referer").is_empty(), &["direct", "monitor"]),
    ("to who has been here", |asked| asked.header("cookie").contains("seen=1"), &["again"]),
    (
        "not to who asks for one encoding",
        |asked| asked.header("accept-encoding").contains(','),
        &["desktop", "phone", "german", "direct", "again"],
    ),
];

#[tokio::test]
async fn what_only_some_are_shown_is_found_and_says_who() {
    let rig = Rig::new();
    for (name, tell, who) in TELLS {
        // The fields origin sets no cookies: they would be an added header
        if !name.contains("been here") {
            rig.twist(move |asked, answer| {
                if asked.path == LOADER && tell(asked) {
                    answer.body.extend(b";evil()");
                }
            });
            let outcome = rig.look().await;
            assert_eq!(words(&outcome), ["UNSIGNED-CHANGE no_manifest_match"], "{name}");
            assert_eq!(outcome.findings[0].only, who, "{name}");
        }
        if name.contains("encoding") {
            continue; // of a page
        }
        rig.twist(move |asked: &Asked, answer: &mut Answer| {
            if (asked.part, asked.path.as_str()) == (Part::Shop, CHECKOUT) {
                answer.set("set-cookie", "seen=1; Path=/; HttpOnly");
                if tell(asked) {
                    answer.body.extend(b"<script src=//evil.example/x.js></script>");
                }
            }
        });
        let outcome = rig.look().await;
        assert_eq!(words(&outcome), ["FOREIGN-SCRIPT script_not_listed"], "{name}");
        assert_eq!(outcome.findings[0].only, who, "{name}");
    }
}

/// By the number of visits: clean for whoever comes first, or for whoever looks closer.
#[tokio::test]
async fn an_answer_that_changes_from_visit_to_visit_is_found() {
    let rig = Rig::new();
    for dirty in [|before: usize| before == 0, |before| before > 0, |before| before == 3, |before| before >= 5] {
        rig.twist(move |asked, answer| {
            if (asked.part, asked.path.as_str()) == (Part::Shop, CHECKOUT) && dirty(asked.before) {
                answer.body.extend(b"<img src=x onerror=evil()>");
            }
        });
        let outcome = rig.look().await;
        assert_eq!(words(&outcome), ["FOREIGN-SCRIPT handler_not_listed"]);
        assert!(!outcome.findings[0].only.is_empty());
    }
}

#[tokio::test]
async fn an_older_release_for_some_is_a_rollback_also_at_the_first_look() {
    let mut rig = Rig::new();
    let old = rig.answers.lock().unwrap().files.clone();
    rig.release.sequence = 4;
    rig.publish();
    let tag = rig.tag();
    rig.put(Part::Shop, CHECKOUT, Answer::new([], tag));
    rig.twist(move |asked, answer| {
        if asked.header("user-agent").contains("iPhone")
            && let Some(before) = old.get(&(asked.part, asked.path.clone()))
        {
            *answer = before.clone();
        }
    });
    let outcome = rig.look().await;
    assert_eq!((words(&outcome), outcome.severity()), (vec!["ROLLBACK behind_others".to_owned()], Severity::Critical));
    assert_eq!(outcome.findings[0].only, ["phone"]);
}
