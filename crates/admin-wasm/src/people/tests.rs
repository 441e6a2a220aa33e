//! Changes as an admin's browser makes them, read as the vault and other browsers read them; and what a vault might try.

use getrandom::SysRng;
use nightsafe_core::grant::{AdminGrant, open_key};
use nightsafe_core::note::NoteSigner;
use nightsafe_core::roster::{AdminKeys, Change, Entry, OldKeys, Reason, Remembered, Roles};
use nightsafe_core::suite::Suite;
use nightsafe_proto::vault::custody::CustodyKey;
use nightsafe_proto::wire::Hex;
use rand_core::UnwrapErr;

use super::*;
use crate::unlock::{tests as vault, verify};

const NOW: UnixTime = UnixTime::from_seconds(1_795_219_200);

fn rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

/// A site whose roster begins with Anna and, maybe, others.
struct Team {
    anchor: TrustAnchor,
    anna: Identity,
    keys: Vec<PrivateItems>,
    entries: Vec<String>,
}

fn add(identity: &Identity, roles: &str, name: &str) -> Change {
    Change::Add {
        keys: identity.public().into(),
        roles: Roles::parse(roles).unwrap(),
        name: AdminName::parse(name).unwrap(),
    }
}

fn waits(identity: &Identity, name: &str) -> Waiting {
    let public = B64u(identity.public().to_bytes());
    Waiting { name: name.into(), roles: vec!["admin".into()], public, joined: NOW.to_text() }
}

impl Team {
    fn new(more: &[Change]) -> Self {
        let site_key = NoteSigner::generate("site-a", &mut rng()).unwrap();
        let anchor = TrustAnchor { site_keys: vec![site_key.vkey().clone()], ..vault::anchor() };
        let anna = Identity::generate(&anchor.site, &mut rng()).unwrap();
        let first = vec![Change::Threshold(1), add(&anna, "admin", "Anna")];
        let changes = first.into_iter().chain(more.iter().cloned()).collect();
        let entries = vec![Entry::first(&anchor.site, NOW, changes).sign(&[&site_key]).unwrap()];
        let key = || PrivateItems::generate(Suite::XWing, &mut rng()).unwrap();
        Self { anchor, anna, keys: vec![key(), key()], entries }
    }

    fn person(&self) -> Identity {
        Identity::generate(&self.anchor.site, &mut rng()).unwrap()
    }

    fn roster(&self) -> Roster {
        verify(&self.entries, &self.anchor, None).unwrap()
    }

    /// In this person's browser.
    fn signing<'a>(&'a self, admin: &'a Identity, roster: &'a Roster) -> Signing<'a> {
        Signing { admin, roster, anchor: &self.anchor, keys: &self.keys, audit_keys: &[] }
    }

    fn change(&self, by: &Identity, request: &ChangeRequest) -> Result<RosterChange, Failure> {
        self.signing(by, &self.roster()).change(request, NOW, &mut rng())
    }

    /// Keeps an entry, as the vault does when it verifies.
    fn keep(&mut self, change: &RosterChange) -> Roster {
        self.entries.push(change.entry.clone());
        self.roster()
    }

    fn custody(&self, holders: &[IdentityId]) -> Custody {
        let key = |items: &PrivateItems| CustodyKey {
            key_id: Hex(items.public_key().key_id().0),
            suite: "xwing".into(),
            public_key: B64u(items.public_key().as_bytes().to_vec()),
            items: Vec::new(),
            grants: Vec::new(),
            holders: holders.iter().map(|id| Hex(id.0)).collect(),
            ended: Vec::new(),
        };
        Custody { keys: self.keys.iter().map(key).collect(), ..Custody::default() }
    }

    /// Whether these grants open all data keys for somebody.
    fn opens(&self, grants: &[B64u], identity: &Identity, roster: &Roster) -> bool {
        let grants: Vec<_> = grants.iter().map(|grant| AdminGrant::parse(&grant.0).unwrap()).collect();
        self.keys.iter().all(|key| {
            let of: Vec<_> = grants
                .iter()
                .filter(|grant| grant.data_key() == key.public_key().key_id() && grant.recipient() == identity.id())
                .cloned()
                .collect();
            open_key(identity, roster, key.public_key(), &of).is_ok()
        })
    }
}

fn admit(person: Waiting) -> ChangeRequest {
    ChangeRequest::Admit { person, old_keys: None }
}

#[test]
fn who_waits_comes_in_with_all_that_the_signer_holds() {
    let mut team = Team::new(&[]);
    let ben = team.person();
    let change = team.change(&team.anna, &admit(waits(&ben, "Ben"))).unwrap();
    let roster = team.keep(&change);
    assert_eq!(roster.admin(&ben.id()).unwrap().name().as_str(), "Ben");
    assert_eq!(change.grants.len(), 4);
    assert!(team.opens(&change.grants, &ben, &roster));

    // The same name again is the same person with new keys
    let again = team.person();
    let invitations = Invitations { open: vec![], waiting: vec![waits(&again, "Ben"), waits(&team.person(), "Cleo")] };
    let seen = waiting(&invitations, &roster);
    assert_eq!(seen.iter().map(|one| (one.name, one.replaces)).collect::<Vec<_>>(), [("Ben", true), ("Cleo", false)]);
    assert_eq!(seen[0].words, again.id().words().join(" "));
    let change = team.change(&team.anna, &admit(waits(&again, "Ben"))).unwrap();
    let roster = team.keep(&change);
    assert!(roster.active_at(&ben.id(), roster.sequence()).is_none());
    assert!(team.opens(&change.grants, &again, &roster));
    // And Ben signs changes with the new ones
    let gone = ChangeRequest::Revoke { identity: Hex(team.anna.id().0), reason: "left".into() };
    let change = team.change(&again, &gone).unwrap();
    assert!(change.grants.is_empty());
    assert_eq!(team.keep(&change).active().count(), 1);
}

#[test]
fn keys_that_are_none_do_not_wait() {
    let team = Team::new(&[]);
    let elsewhere = nightsafe_core::scalar::Site::parse("other.example").unwrap();
    let abroad = Identity::generate(&elsewhere, &mut rng()).unwrap();
    let none = Waiting { public: B64u(b"none".to_vec()), ..waits(&abroad, "Cleo") };
    let invitations = Invitations { open: vec![], waiting: vec![none.clone(), waits(&abroad, "Dora")] };
    assert!(waiting(&invitations, &team.roster()).is_empty());
    assert_eq!(team.change(&team.anna, &admit(none)).err(), Some(Failure::Malformed));
}

#[test]
fn what_the_roster_does_not_take_is_not_signed() {
    let team = Team::new(&[]);
    let revoke = |id: IdentityId, reason: &str| ChangeRequest::Revoke { identity: Hex(id.0), reason: reason.into() };
    let roles = |names: &[&str]| ChangeRequest::Roles {
        identity: Hex(team.anna.id().0),
        roles: names.iter().map(|&name| name.into()).collect(),
    };
    for (request, expected) in [
        (revoke(team.anna.id(), "left"), Failure::LastAdmin),
        (roles(&["shipping"]), Failure::LastAdmin),
        (ChangeRequest::Threshold { threshold: 2 }, Failure::LastAdmin),
        (admit(waits(&team.person(), "anna")), Failure::NameTaken),
        (revoke(team.person().id(), "left"), Failure::ChangeRefused),
        (admit(waits(&team.anna, "Anna")), Failure::ChangeRefused),
        (revoke(team.anna.id(), "bored"), Failure::Malformed),
        (roles(&["shipping", "admin"]), Failure::Malformed),
        (roles(&[]), Failure::Malformed),
    ] {
        assert_eq!(team.change(&team.anna, &request).err(), Some(expected));
    }
}

#[test]
fn requests_have_one_form() {
    let id = "0".repeat(32);
    for text in [
        format!(r#"{{"change":"revoke","identity":"{id}","reason":"lost"}}"#),
        format!(r#"{{"change":"roles","identity":"{id}","roles":["admin"]}}"#),
        r#"{"change":"threshold","threshold":2}"#.into(),
        r#"{"change":"admit","person":{"name":"Ben","roles":["admin"],"public":"AA","joined":""}}"#.into(),
    ] {
        assert!(serde_json::from_str::<ChangeRequest>(&text).is_ok(), "{text}");
    }
    for text in [r#"{"change":"threshold"}"#, r#"{"change":"threshold","threshold":2,"x":1}"#, r#"{"change":"audit"}"#]
    {
        assert!(serde_json::from_str::<ChangeRequest>(text).is_err(), "{text}");
    }
}

/// Anna and Ben, and two must sign.
fn two() -> (Team, Identity) {
    let mut team = Team::new(&[]);
    let ben = team.person();
    let change = team.change(&team.anna, &admit(waits(&ben, "Ben"))).unwrap();
    team.keep(&change);
    let change = team.change(&ben, &ChangeRequest::Threshold { threshold: 2 }).unwrap();
    team.keep(&change);
    (team, ben)
}

#[test]
fn the_second_admin_sees_what_he_signs_and_grants() {
    let (mut team, ben) = two();
    let cleo = team.person();
    let proposed = team.change(&team.anna, &admit(waits(&cleo, "Cleo"))).unwrap();
    assert!(proposed.grants.is_empty(), "nobody is in before two have signed");
    let roster = team.roster();
    let fault = roster.clone().append(&proposed.entry, &team.anchor).unwrap_err().fault;
    assert_eq!(fault, Fault::TooFewSignatures);

    let proposals = Proposals { entries: vec![proposed.entry.clone()] };
    let json =
        |who: &Identity| serde_json::to_value(team.signing(who, &roster).proposals(&proposals)).unwrap()[0].clone();
    let (own, seen) = (json(&team.anna), json(&ben));
    assert_eq!((own["own"].as_bool(), seen["own"].as_bool()), (Some(true), Some(false)));
    assert_eq!(seen["signed"], serde_json::json!(["Anna"]));
    let words = cleo.id().words().join(" ");
    let said = serde_json::json!([{"change": "add", "name": "Cleo", "roles": ["admin"], "words": words}]);
    assert_eq!(seen["changes"], said);

    let signed = team.signing(&ben, &roster).cosign(&proposed.entry, &[waits(&cleo, "Cleo")], &mut rng()).unwrap();
    let again = team.signing(&team.anna, &roster).cosign(&proposed.entry, &[waits(&cleo, "Cleo")], &mut rng());
    assert_eq!(again.err(), Some(Failure::ChangeRefused), "one person does not sign twice");
    let after = team.keep(&signed);
    assert!(after.active_at(&cleo.id(), after.sequence()).is_some() && team.opens(&signed.grants, &cleo, &after));
}

#[test]
fn changes_are_said_in_parts() {
    let (team, ben) = two();
    let (roster, id) = (team.roster(), ben.id());
    let view = |change: &Change| serde_json::to_value(ChangeView::new(change, &roster)).unwrap();
    let keys = AdminKeys::from(team.anna.public());
    let words = team.anna.id().words().join(" ");
    for (change, said) in [
        (Change::Threshold(1), serde_json::json!({"change": "threshold", "threshold": 1})),
        (Change::AuditKey(*keys.encryption()), serde_json::json!({"change": "audit-key"})),
        (
            Change::Revoke { id, reason: Reason::Lost },
            serde_json::json!({"change": "revoke", "name": "Ben", "reason": "lost"}),
        ),
        (
            Change::Replace { id, old: Some(OldKeys::Lost), keys: keys.clone() },
            serde_json::json!({"change": "replace", "name": "Ben", "words": words, "old_keys": "lost"}),
        ),
        (
            Change::Replace { id, old: None, keys },
            serde_json::json!({"change": "replace", "name": "Ben", "words": words, "old_keys": "forgotten"}),
        ),
        (
            Change::Roles { id, roles: Roles::parse("a,b").unwrap() },
            serde_json::json!({"change": "roles", "name": "Ben", "roles": ["a", "b"]}),
        ),
    ] {
        assert_eq!(view(&change), said);
    }
}

#[test]
fn no_proposal_of_a_hostile_vault_is_shown_or_signed() {
    let (team, ben) = two();
    let (roster, ghost, cleo) = (team.roster(), team.person(), team.person());
    let entry = roster.next(NOW, vec![add(&ghost, "admin", "Ghost")]);
    let signed_by = |entry: &Entry, who: &Identity| entry.sign(&[who.signer()]).unwrap();
    let good = signed_by(&entry, &team.anna);
    // By somebody who is no admin; under another's signature; for another place; nothing that could follow
    let moved = roster.next(NOW, vec![add(&cleo, "admin", "Cleo")]).encode();
    let moved = good.replacen(&entry.encode(), &moved, 1);
    let stale = signed_by(&Entry { sequence: entry.sequence - 1, ..entry.clone() }, &team.anna);
    let empty = signed_by(&roster.next(NOW, vec![Change::Revoke { id: ghost.id(), reason: Reason::Left }]), &team.anna);
    let hostile = vec![signed_by(&entry, &ghost), moved, stale, empty, "no note".into()];
    let browser = team.signing(&ben, &roster);
    assert!(browser.proposals(&Proposals { entries: hostile.clone() }).is_empty());
    for entry in hostile {
        assert!(browser.cosign(&entry, &[waits(&ghost, "Ghost"), waits(&cleo, "Cleo")], &mut rng()).is_err());
    }
    // The keys that come beside it are others than those that Anna signed: nothing is granted to them
    let refused = browser.cosign(&good, &[waits(&cleo, "Ghost")], &mut rng());
    assert_eq!(refused.err(), Some(Failure::ChangeRefused));
}

#[test]
fn who_lacks_a_key_is_granted_it_and_nobody_else_is() {
    let (mut team, ben) = two();
    let roster = team.roster();
    let public = |identity: &Identity| B64u(identity.public().to_bytes());
    let (anna, ghost) = (team.anna.id(), team.person());
    let missing = |team: &Team, admin: &Identity, holders: &[IdentityId], identities: &[B64u]| {
        team.signing(admin, &roster).grant_missing(&team.custody(holders), identities, &mut rng()).unwrap()
    };
    let all = [public(&team.anna), public(&ben), public(&ghost)];
    let grants = missing(&team, &team.anna, &[anna], &all).unwrap().grants;
    assert_eq!(grants.len(), 4, "two items of each of two keys");
    assert!(team.opens(&grants, &ben, &roster));
    assert!(missing(&team, &team.anna, &[anna, ben.id()], &all).is_none());
    // Other keys in Ben's place, or none: nothing is granted to them
    for swapped in [&[public(&team.anna), public(&ghost)][..], &[B64u(b"none".to_vec())]] {
        assert!(missing(&team, &team.anna, &[anna], swapped).is_none());
    }
    assert!(missing(&team, &ghost, &[], &all).is_none(), "who is not in the roster grants nothing");
    // A vault that says that nobody has anything does not keep the browser busy for ever
    team.keys = (0..150).map(|_| PrivateItems::generate(Suite::X25519, &mut rng()).unwrap()).collect();
    let ask = |_: u8| missing(&team, &team.anna, &[], &all).unwrap().grants.len();
    assert_eq!(ask(0), 300);
    team.keys.extend((0..150).map(|_| PrivateItems::generate(Suite::X25519, &mut rng()).unwrap()));
    assert_eq!(missing(&team, &team.anna, &[], &all).unwrap().grants.len(), MAX_GRANTS);
}

#[test]
fn a_hostile_vaults_roster_is_refused() {
    let mut team = Team::new(&[]);
    let (ben, ghost) = (team.person(), team.person());
    let change = team.change(&team.anna, &admit(waits(&ben, "Ben"))).unwrap();
    let with_ben = team.keep(&change).remember();
    let change = ChangeRequest::Revoke { identity: Hex(ben.id().0), reason: "compromised".into() };
    let change = team.change(&team.anna, &change).unwrap();
    let roster = team.keep(&change);
    let seen = roster.remember();
    let read = |entries: &[String], remembered: Option<Remembered>| {
        verify(entries, &team.anchor, remembered).map(|roster| roster.active().count())
    };
    assert_eq!(read(&team.entries, Some(seen)), Ok(1));
    let with = |entry: String| [&team.entries[..], &[entry]].concat();

    // A ghost admin: signed by himself, or by who was revoked
    let entry = roster.next(NOW, vec![add(&ghost, "admin", "Ghost")]);
    for signer in [ghost.signer(), ben.signer()] {
        assert_eq!(read(&with(entry.sign(&[signer]).unwrap()), Some(seen)), Err(Failure::RosterRefused));
    }
    // A swapped key: the ghost's in the place of Ben's
    let key = |identity: &Identity| identity.public().encryption_key().fingerprint().to_hex();
    let mut swapped = team.entries.clone();
    swapped[1] = swapped[1].replace(&key(&ben), &key(&ghost));
    assert_ne!(swapped, team.entries);
    assert_eq!(read(&swapped, None), Err(Failure::RosterRefused));
    // A revocation that is left out: by a browser that has seen it, and under a later entry
    assert_eq!(read(&team.entries[..2], Some(seen)), Err(Failure::RosterRolledBack));
    let later = roster.next(NOW, vec![add(&ghost, "shipping", "Dora")]).sign(&[team.anna.signer()]).unwrap();
    let dropped = [&team.entries[..2], &[later]].concat();
    assert_eq!(read(&dropped, None), Err(Failure::RosterRefused));
    // Yesterday's list, to a browser that knows today's; none at all
    assert_eq!(read(&team.entries[..1], Some(with_ben)), Err(Failure::RosterRolledBack));
    assert_eq!(read(&[], Some(with_ben)), Err(Failure::RosterRolledBack));
    // A fork, signed by a real admin
    let before = verify(&team.entries[..2], &team.anchor, None).unwrap();
    let other = before.next(NOW, vec![add(&ghost, "admin", "Ghost")]).sign(&[ben.signer()]).unwrap();
    let fork = [&team.entries[..2], &[other]].concat();
    assert_eq!(read(&fork, Some(seen)), Err(Failure::RosterForked));
}
