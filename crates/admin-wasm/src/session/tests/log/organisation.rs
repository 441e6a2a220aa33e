//! An admin whom the roster names and nobody granted anything, with the organisation's recovery key.

use nightsafe_core::audit::RecoveryMethod;
use nightsafe_core::grant::{AdminGrant, open_key};
use nightsafe_core::label::Label;
use nightsafe_core::recovery::{GrantContext, grant};
use nightsafe_proto::vault::identity::Grants;
use nightsafe_proto::vault::recovery::{RecoveryGrant, RecoveryGrants};

use super::*;

/// As `nightsafe init` writes it.
fn file(key: &PrivateItems, site: &str) -> String {
    let public = b64(key.public_key().as_bytes());
    let head = format!("{}\nsite {site}\nsuite xwing\npublic-key {public}\n", Label::RecoveryKey.as_str());
    key.items().fold(head, |text, (name, bytes)| format!("{text}{} {}\n", name.as_str(), b64(bytes)))
}

fn sealed(recovery: &PrivateItems, key: &PrivateItems, name: &PrivateItems) -> Vec<RecoveryGrant> {
    let id = name.public_key().key_id();
    let seal = |(item, bytes)| {
        let context = GrantContext { site: &site(), data_key: &id, item };
        RecoveryGrant {
            key_id: Hex(id.0),
            item: item.as_str().into(),
            recovery_key_id: Hex(recovery.public_key().key_id().0),
            sealed: B64u(grant(recovery.public_key(), &context, bytes, &mut rng()).unwrap()),
        }
    };
    key.items().map(seal).collect()
}

/// Nothing is granted.
fn bare(recorded: &Recorded) -> (Session, String) {
    let export_key = Zeroizing::new([7; 64]);
    let mut answered = recorded.answers(&export_key);
    let mut custody: Custody = serde_json::from_str(&answered.custody).unwrap();
    for key in &mut custody.keys {
        key.grants.clear();
        key.items.clear();
        key.holders.clear();
    }
    for key in &mut custody.audit_keys {
        key.grants.clear();
        key.holders.clear();
    }
    answered.custody = text(&custody);
    let log_key = log_key().vkey().to_text();
    let answers = Answers { log_key: &log_key, log_place: "", ..answered.as_text() };
    let anchor = recorded.shop.anchor.encode();
    (Session::unlock(&export_key, b"", &answers, &anchor, &mut rng()).unwrap(), answered.custody)
}

fn key() -> PrivateItems {
    PrivateItems::generate(Suite::XWing, &mut rng()).unwrap()
}

#[test]
fn what_it_opens_is_granted_to_oneself_and_recorded() {
    let recorded = Recorded::new(true);
    let (recovery, other) = (key(), key());
    let (mut session, custody) = bare(&recorded);
    assert_eq!((session.key_ids().unwrap().as_str(), session.reads_log()), ("[]", false));
    let (data, audit) = (&recorded.shop.key, &recorded.audit_key);
    // What is sealed to another recovery key is left alone
    let all = [sealed(&recovery, data, data), sealed(&recovery, audit, audit), sealed(&other, data, data)].concat();
    let given = text(&RecoveryGrants { grants: all });
    let body = session.recover(&file(&recovery, "demo.nightsafe.example"), &given, &custody, NOW, &mut rng()).unwrap();
    let Grants { grants, log } = serde_json::from_str(&body).unwrap();
    let roster = roster::verify_at_any_time(&recorded.roster, &recorded.shop.anchor).unwrap();
    let grants: Vec<_> = grants.iter().map(|grant| AdminGrant::parse(&grant.0).unwrap()).collect();
    let mut ids = Vec::new();
    for key in [data, audit] {
        let id = key.public_key().key_id();
        let own: Vec<_> = grants.iter().filter(|grant| grant.data_key() == id).cloned().collect();
        open_key(&recorded.anna, &roster, key.public_key(), &own).unwrap();
        ids.push(id);
    }
    ids.sort();
    let to = recorded.anna.id();
    let actions = log.unwrap().entries.into_iter();
    let actions = actions.map(|entry| SignedEntry::parse(&entry.signed.0).unwrap().entry().action().clone());
    let recovered = Action::Recovery { identity: to, method: RecoveryMethod::Organisation };
    let expected = std::iter::once(recovered).chain(ids.into_iter().map(|data_key| Action::Grant { data_key, to }));
    assert!(actions.eq(expected));
}

#[test]
fn another_file_and_what_does_not_open_or_makes_another_key_are_refused() {
    let recorded = Recorded::new(true);
    let (recovery, other, data) = (key(), key(), &recorded.shop.key);
    let (mut session, custody) = bare(&recorded);
    let mut recover = |file: &str, grants: Vec<RecoveryGrant>| {
        session.recover(file, &text(&RecoveryGrants { grants }), &custody, NOW, &mut rng()).map(drop)
    };
    let good = file(&recovery, "demo.nightsafe.example");
    for bad in ["", "nothing", &good[..good.len() - 1], &file(&recovery, "other.example")] {
        assert_eq!(recover(bad, sealed(&recovery, data, data)), Err(Failure::RecoveryKeyRefused));
    }
    assert_eq!(recover(&good, vec![]), Err(Failure::NothingToRecover));
    assert_eq!(recover(&good, sealed(&other, data, data)), Err(Failure::NothingToRecover));
    let mut damaged = sealed(&recovery, data, data);
    damaged[0].sealed.0[9] ^= 1;
    for bad in [damaged, sealed(&recovery, &other, data), sealed(&recovery, data, data)[..1].to_vec()] {
        assert_eq!(recover(&good, bad), Err(Failure::RecoveryGrantsRefused));
    }
    assert_eq!(recover(&good, sealed(&recovery, data, data)), Ok(()));
    // Who holds everything has nothing to recover
    let mut whole = recorded.session();
    let answered = recorded.answers(&Zeroizing::new([7; 64]));
    let grants = text(&RecoveryGrants { grants: sealed(&recovery, data, data) });
    let again = whole.recover(&good, &grants, &answered.custody, NOW, &mut rng());
    assert_eq!(again, Err(Failure::NothingToRecover));
}
