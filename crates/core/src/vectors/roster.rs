//! `roster-v1.json`: an honest roster, and what a hostile vault or a mistaken admin may make of it.

use super::read;
use crate::note::{NoteSigner, Vkey, sign};
use crate::roster::fixture::{LAST, List, SITE, add, anchor, at, honest, person, revoke, site, site_key};
use crate::roster::{Change, Entry, OldKeys, Remembered, Roster, RosterError, verify};
use crate::scalar::{RosterHead, Site};
use serde_json::{Value, json};

struct Case {
    case: &'static str,
    entries: Vec<String>,
    /// What the timestamp note names; the list's own last entry when `None`.
    head: Option<RosterHead>,
    remembered: Option<Remembered>,
    error: Option<(&'static str, u64)>,
}

fn good(case: &'static str, list: List) -> Case {
    Case { case, entries: list.entries, head: None, remembered: None, error: None }
}

fn refused(case: &'static str, list: List, error: &'static str) -> Case {
    let sequence = list.entries.len().saturating_sub(1) as u64;
    Case { error: Some((error, sequence)), ..good(case, list) }
}

fn at_entry(sequence: u64, case: Case) -> Case {
    Case { error: case.error.map(|(error, _)| (error, sequence)), ..case }
}

impl Case {
    fn outcome(&self) -> Result<Roster, RosterError> {
        let last = self.entries.last().map_or("", |note| &note[..=note.find("\n\n").unwrap_or(note.len() - 1)]);
        let head = self.head.unwrap_or_else(|| crate::roster::head_of(last));
        verify(&self.entries, &anchor(), head, self.remembered)
    }

    fn show(&self) -> Value {
        let outcome = self.outcome();
        let error = outcome.as_ref().err().map(|error| (error.fault.code(), error.sequence));
        assert_eq!(error, self.error, "{}", self.case);
        let active = outcome.ok().map(|roster| {
            let last = roster.sequence();
            let admins = roster.active().map(|admin| {
                json!({
                    "id": admin.id().to_hex(),
                    "name": admin.name().as_str(),
                    "roles": admin.roles_at(last).unwrap().to_text(),
                    "since": admin.since(),
                })
            });
            let left =
                roster.everybody().map(|admin| admin.id()).filter(|id| roster.has_left(id)).map(|id| id.to_hex());
            json!({
                "head": roster.head().to_hex(),
                "threshold": roster.threshold(),
                "active": admins.collect::<Vec<_>>(),
                "left": left.collect::<Vec<_>>(),
            })
        });
        json!({
            "case": self.case,
            "entries": self.entries,
            "timestamp": self.head.map(|head| head.to_hex()),
            "remembered": self.remembered.map(|it| json!({"sequence": it.sequence, "head": it.head.to_hex()})),
            "error": self.error.map(|(error, _)| error),
            "sequence": self.error.map(|(_, sequence)| sequence),
            "roster": active,
        })
    }
}

/// A list and a last entry of any text.
fn with_text(mut list: List, text: &str, signers: &[&NoteSigner]) -> List {
    list.entries.push(sign(text, signers).unwrap());
    list
}

fn with_entry(list: List, entry: &Entry, signers: &[&NoteSigner]) -> List {
    let text = entry.encode();
    with_text(list, &text, signers)
}

fn without(mut list: List, place: usize) -> List {
    list.entries.remove(place);
    list
}

fn vault() -> Vec<Case> {
    let [anna, ben, cleo, mallory] = ["anna", "ben", "new cleo", "mallory"].map(person);
    let two = || [anna.signer(), cleo.signer()];
    let ghost = || vec![add(&mallory, "admin", "Mallory")];
    let (all, yesterday) = (honest().roster(), honest().upto(2).roster());
    // The key of Ben is swapped for Mallory's before it comes in
    let swap = |swap_id: bool| {
        let mut list = honest().upto(1);
        let (of_ben, of_mallory) = (ben.public().encryption_key(), mallory.public().encryption_key());
        let text = &list.entries[1];
        let mut changed = text.replace(&of_ben.fingerprint().to_hex(), &of_mallory.fingerprint().to_hex());
        if swap_id {
            let key = ben.signer().vkey();
            let id = crate::identity::id_of(&site(), of_mallory.fingerprint(), key.public_key());
            let renamed = Vkey::new(&crate::identity::signing_name(&id), key.public_key()).unwrap();
            changed = changed.replace(&key.to_text(), &renamed.to_text());
        }
        assert_ne!(&changed, text);
        list.entries[1] = changed;
        list
    };
    let mut hidden = without(honest(), 3);
    hidden.entries[3] = hidden.entries[3]
        .replace("sequence 4", "sequence 3")
        .replace(&honest().upto(3).roster().head().to_hex(), &yesterday.head().to_hex());
    let fork = || honest().upto(2).and(ghost(), &[anna.signer(), person("cleo").signer()]);
    let chained = Entry { previous: yesterday.head(), ..honest().next(ghost()) };
    let stale = Case { head: Some(yesterday.head()), remembered: Some(all.remember()), ..good("", honest().upto(2)) };
    vec![
        refused("a ghost admin, signed by nobody known", honest().and(ghost(), &[mallory.signer()]), "not_an_admin"),
        refused(
            "a ghost admin, signed by himself and one admin",
            honest().and(ghost(), &[mallory.signer(), anna.signer()]),
            "not_an_admin",
        ),
        refused(
            "a ghost admin, signed by one who was revoked",
            honest().and(ghost(), &[ben.signer(), anna.signer()]),
            "not_an_admin",
        ),
        refused(
            "signed by an identity that was replaced",
            honest().and(ghost(), &[person("cleo").signer(), anna.signer()]),
            "not_an_admin",
        ),
        refused(
            "signed by somebody without the role",
            honest().and(ghost(), &[person("dora").signer(), anna.signer()]),
            "not_an_admin",
        ),
        refused(
            "a ghost admin, with the signatures of another entry",
            {
                let mut list = honest();
                let signatures = &list.entries[LAST][list.entries[LAST].find("\n\n").unwrap()..];
                let note = format!("{}{}", list.next(ghost()).encode().trim_end(), signatures);
                list.entries.push(note);
                list
            },
            "bad_signature",
        ),
        refused("a swapped key", swap(false), "swapped_key"),
        refused("a swapped key with its id", swap(true), "bad_signature"),
        at_entry(3, refused("a dropped revocation", without(honest(), 3), "out_of_sequence")),
        at_entry(3, refused("a dropped revocation, numbered anew", hidden, "bad_signature")),
        at_entry(0, refused("a dropped beginning", without(honest(), 0), "out_of_sequence")),
        refused(
            "an entry twice",
            {
                let mut list = honest().upto(1);
                list.entries.push(list.entries[1].clone());
                list
            },
            "out_of_sequence",
        ),
        Case {
            case: "yesterday's roster with today's timestamp",
            head: Some(all.head()),
            remembered: None,
            error: Some(("not_current", 3)),
            ..stale_copy(&stale)
        },
        Case {
            case: "yesterday's roster and timestamp, when today's was seen",
            error: Some(("stale", 3)),
            ..stale_copy(&stale)
        },
        Case {
            case: "a fork by two admins, when the other branch was seen",
            remembered: Some(honest().upto(3).roster().remember()),
            error: Some(("fork", 3)),
            ..good("", fork())
        },
        Case {
            case: "a fork by two admins, with the other branch's timestamp",
            head: Some(all.head()),
            error: Some(("not_current", 4)),
            ..good("", fork())
        },
        refused("an entry that follows another one", with_entry(honest(), &chained, &two()), "broken_chain"),
        Case { case: "nothing", error: Some(("bad_start", 0)), ..good("", List { entries: vec![] }) },
    ]
}

fn stale_copy(case: &Case) -> Case {
    Case { case: case.case, entries: case.entries.clone(), head: case.head, remembered: case.remembered, error: None }
}

fn rules() -> Vec<Case> {
    let [anna, ben, cleo, erik] = ["anna", "ben", "new cleo", "erik"].map(person);
    let two = || [anna.signer(), cleo.signer()];
    let (one, second) = (site_key(1), site_key(2));
    let alone = || honest().upto(0);
    let first = |changes, signers: &[&NoteSigner]| List {
        entries: vec![Entry::first(&site(), at(0), changes).sign(signers).unwrap()],
    };
    let start = || vec![Change::Threshold(1), add(&anna, "admin", "Anna")];
    let text = |from: &str, to: &str| {
        let text = honest().next(vec![add(&erik, "admin,auditor", "Erik")]).encode();
        assert!(text.contains(from), "{from}");
        with_text(honest(), &text.replacen(from, to, 1), &two())
    };
    let mut forged = honest().upto(1);
    let foreign = honest().upto(1).next(vec![add(&erik, "admin", "Erik")]).sign(&[&one]).unwrap();
    let wrong = foreign.lines().last().unwrap().to_owned();
    forged.entries[1] += &format!("{wrong}\n");
    vec![
        good("honest", honest()),
        Case { remembered: Some(honest().upto(2).roster().remember()), ..good("honest, seen before", honest()) },
        Case {
            head: Some(honest().upto(2).roster().head()),
            ..good("honest, with a timestamp from before its last entries", honest())
        },
        Case {
            head: Some(honest().upto(2).roster().head()),
            remembered: Some(honest().upto(4).roster().remember()),
            ..good("honest, with a timestamp from before what was seen", honest())
        },
        good("one entry", alone()),
        good(
            "site keys, when all admins are lost",
            honest().and(
                vec![revoke(&anna), revoke(&cleo), Change::Threshold(1), add(&erik, "admin", "Erik")],
                &[&one, &second],
            ),
        ),
        good(
            "site keys and an admin",
            honest().and(vec![add(&erik, "admin", "Erik")], &[&one, &second, anna.signer()]),
        ),
        good(
            "an admin's own revocation, with another's signature",
            honest().and(vec![add(&erik, "admin", "Erik"), revoke(&anna)], &two()),
        ),
        good(
            "the only admin gets new keys",
            alone()
                .and(vec![Change::Replace { id: anna.id(), old: None, keys: erik.public().into() }], &[anna.signer()]),
        ),
        good(
            "somebody's keys are lost, and somebody else may have them",
            alone().and(
                vec![Change::Replace { id: anna.id(), old: Some(OldKeys::Lost), keys: erik.public().into() }],
                &[anna.signer()],
            ),
        ),
        good(
            "somebody's keys are forgotten, and nobody has them",
            alone().and(
                vec![Change::Replace { id: anna.id(), old: Some(OldKeys::Forgotten), keys: erik.public().into() }],
                &[anna.signer()],
            ),
        ),
        refused(
            "old keys that are something else",
            with_text(
                alone(),
                &alone()
                    .next(vec![Change::Replace {
                        id: anna.id(),
                        old: Some(OldKeys::Forgotten),
                        keys: erik.public().into(),
                    }])
                    .encode()
                    .replace(" forgotten ", " stolen "),
                &[anna.signer()],
            ),
            "malformed",
        ),
        refused(
            "one signature where two must",
            honest().and(vec![add(&erik, "admin", "Erik")], &[anna.signer()]),
            "too_few_signatures",
        ),
        refused(
            "a site key and an admin",
            honest().and(vec![add(&erik, "admin", "Erik")], &[&one, anna.signer()]),
            "too_few_signatures",
        ),
        refused("a wrong signature of a site key beside good ones", forged, "bad_signature"),
        refused("a beginning signed by one site key", first(start(), &[&one]), "too_few_signatures"),
        refused("a beginning signed by the admin in it", first(start(), &[anna.signer()]), "not_an_admin"),
        refused(
            "a beginning without a threshold",
            first(vec![add(&anna, "admin", "Anna")], &[&one, &second]),
            "bad_start",
        ),
        refused(
            "a beginning without an admin",
            first(vec![Change::Threshold(1), add(&anna, "shipping", "Anna")], &[&one, &second]),
            "bad_start",
        ),
        refused("the only admin goes", alone().and(vec![revoke(&anna)], &[anna.signer()]), "last_admin"),
        refused(
            "the only admin gives up the role",
            alone().and(
                vec![Change::Roles { id: anna.id(), roles: crate::roster::Roles::parse("shipping").unwrap() }],
                &[anna.signer()],
            ),
            "last_admin",
        ),
        refused(
            "two must sign, and there is one",
            alone().and(vec![Change::Threshold(2)], &[anna.signer()]),
            "last_admin",
        ),
        refused(
            "one of two is revoked",
            honest().upto(1).and(vec![revoke(&ben)], &[anna.signer(), ben.signer()]),
            "last_admin",
        ),
        refused(
            "one who was revoked comes back with the same keys",
            honest().and(vec![add(&ben, "admin", "Ben")], &two()),
            "reused_key",
        ),
        refused(
            "somebody is replaced by one who is there",
            honest().and(vec![Change::Replace { id: anna.id(), old: None, keys: cleo.public().into() }], &two()),
            "reused_key",
        ),
        refused(
            "a name that is taken, in other case",
            honest().and(vec![add(&erik, "admin", "ANNA")], &two()),
            "name_taken",
        ),
        refused("one who was revoked is revoked again", honest().and(vec![revoke(&ben)], &two()), "unknown_admin"),
        refused(
            "roles of one who is not there",
            honest().and(
                vec![Change::Roles { id: erik.id(), roles: crate::roster::Roles::parse("admin").unwrap() }],
                &two(),
            ),
            "unknown_admin",
        ),
        refused(
            "a time before the last entry's",
            with_entry(honest(), &Entry { time: at(4), ..honest().next(vec![Change::Threshold(1)]) }, &two()),
            "time_went_back",
        ),
        refused(
            "another site",
            with_entry(
                honest(),
                &Entry { site: Site::parse("other.example").unwrap(), ..honest().next(vec![Change::Threshold(1)]) },
                &two(),
            ),
            "wrong_site",
        ),
        refused("another label", text("roster-entry", "timestamp"), "malformed"),
        refused("roles out of order", text("admin,auditor", "auditor,admin"), "malformed"),
        refused("a role twice", text("admin,auditor", "admin,admin"), "malformed"),
        refused("a blank at the end of a name", text("Erik\n", "Erik \n"), "malformed"),
        refused("an invisible mark in a name", text("Erik\n", "Er\u{200b}ik\n"), "malformed"),
        refused("a leading zero", text("sequence 6", "sequence 06"), "malformed"),
        refused("three must sign", text("add ", "threshold 3\nadd "), "malformed"),
        refused(
            "an audit key of another suite",
            text("add ", &format!("audit-key x25519 {}\nadd ", "2a".repeat(32))),
            "malformed",
        ),
        refused("a line that is not specified", text("add ", "note x\nadd "), "malformed"),
        refused("no change", with_text(honest(), &honest().next(vec![]).encode(), &two()), "malformed"),
        refused(
            "65 changes",
            with_text(honest(), &honest().next(vec![Change::Threshold(2); 65]).encode(), &two()),
            "malformed",
        ),
    ]
}

pub(super) fn make() -> Value {
    let cases: Vec<Value> = vault().iter().chain(&rules()).map(Case::show).collect();
    json!({"site": SITE, "anchor": anchor().encode(), "cases": cases})
}

#[test]
fn every_fault_that_a_list_can_have_has_a_case() {
    let vectors = read("roster-v1.json");
    let named: std::collections::BTreeSet<_> = vectors["cases"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|case| case["error"].as_str().map(str::to_owned))
        .collect();
    let all = [
        "bad_signature",
        "bad_start",
        "broken_chain",
        "fork",
        "last_admin",
        "malformed",
        "name_taken",
        "not_an_admin",
        "not_current",
        "out_of_sequence",
        "reused_key",
        "stale",
        "swapped_key",
        "time_went_back",
        "too_few_signatures",
        "unknown_admin",
        "wrong_site",
    ];
    assert!(named.iter().eq(all));
}
