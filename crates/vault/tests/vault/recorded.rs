//! Changes of the roster and grants are in the audit log with everything that they do, or are not done.

use nightsafe_core::audit::{Action, RecoveryMethod};
use nightsafe_core::grant::grant_key;
use nightsafe_core::identity::Identity;
use nightsafe_core::keys::PrivateItems;
use nightsafe_core::roster::{AdminKeys, Change, OldKeys, Reason, Roles, take_apart};
use nightsafe_core::scalar::{KeyId, RosterHead};
use nightsafe_proto::problem::ProblemType as P;
use nightsafe_proto::vault::custody::Custody;
use nightsafe_proto::vault::identity::Grants;
use nightsafe_proto::vault::log::{Recorded as InTheLog, SaltedEntry, ToLog};
use nightsafe_proto::vault::roster::{RosterChange, RosterChanged};
use nightsafe_proto::vault::session::{EndOthers, EndSession, Sessions};
use nightsafe_proto::wire::{B64u, Hex};
use serde_json::json;

use crate::audited::{Audited, signed, to_log, verified};
use crate::fixture::{NOW, rng, site};
use crate::team::{BEN, Team, add};

/// A team whose roster names an audit key.
pub(crate) struct Recorded {
    pub(crate) team: Team,
    pub(crate) audit_key: PrivateItems,
}

impl Recorded {
    pub(crate) async fn new() -> Self {
        let Audited { vault, anna, token, audit_key, .. } = Audited::signed_in().await;
        Self { team: Team { vault, anna, token }, audit_key }
    }

    pub(crate) fn sign(&self, by: &Identity, actions: &[Action]) -> Vec<SaltedEntry> {
        let sign = |action: &Action| signed((&site(), by), action.clone(), NOW, by.signer());
        actions.iter().map(sign).collect()
    }

    pub(crate) async fn size(&self) -> u64 {
        self.team.vault.checkpoint(&self.team.token).await.size
    }

    /// What the next entry would be, with grants of both keys to these people.
    pub(crate) async fn entry(&self, changes: Vec<Change>, to: &[&Identity]) -> RosterChange {
        let mut change = self.team.entry(changes, &[&self.team.anna], to).await;
        let after = self.team.roster().await.append(&change.entry, &self.team.vault.anchor);
        for recipient in to {
            let (anna, public) = (&self.team.anna, recipient.public());
            let made = grant_key(anna, after.as_ref().unwrap(), public, &self.audit_key, &mut rng()).unwrap();
            change.grants.extend(made.iter().map(|grant| B64u(grant.to_bytes())));
        }
        change
    }

    /// Both keys to one person, as they are recorded.
    fn grants(&self, to: &Identity) -> Vec<Action> {
        let mut keys = [self.team.vault.key.public_key().key_id(), self.audit_key.public_key().key_id()];
        keys.sort();
        keys.map(|data_key| Action::Grant { data_key, to: to.id() }).to_vec()
    }

    /// Sends it with these entries; what is in the log then begins at this leaf.
    pub(crate) async fn taken(&self, change: RosterChange, actions: &[Action]) -> (bool, u64) {
        let entries = self.sign(&self.team.anna, actions);
        let change = RosterChange { log: Some(to_log(&entries)), ..change };
        let changed: RosterChanged = self.team.send(&change).await.json();
        (changed.taken, verified(changed.log.as_ref().unwrap(), &entries))
    }

    /// Ben, who is in the roster since the second leaf.
    pub(crate) async fn with_ben(&self) -> Identity {
        let ben = self.team.joins("ben", "admin", BEN).await;
        let change = self.entry(vec![add(&ben, "admin", "ben")], &[&ben]).await;
        let actions = [vec![Action::RosterChange(head(&change))], self.grants(&ben)].concat();
        assert_eq!(self.taken(change, &actions).await, (true, 1));
        ben
    }

    async fn custody(&self, token: &str) -> Custody {
        self.team.vault.get("/v1/custody", token).await.json()
    }
}

pub(crate) fn head(change: &RosterChange) -> RosterHead {
    take_apart(&change.entry).unwrap().1.head()
}

#[tokio::test]
async fn who_comes_in_is_granted_both_keys_and_the_log_says_so() {
    let recorded = Recorded::new().await;
    let ben = recorded.with_ben().await;
    assert_eq!(recorded.size().await, 4);
    let session = recorded.team.vault.try_sign_in("ben", BEN).await.unwrap();
    let custody = recorded.custody(&session).await;
    assert_eq!((custody.keys[0].grants.len(), custody.audit_keys[0].grants.len()), (2, 2));
    assert!(custody.audit_keys[0].holders.contains(&Hex(ben.id().0)));
    // Ben's sign-in is to be recorded, too, before he changes anything
    let change = recorded.team.entry(vec![Change::Threshold(2)], &[&ben], &[]).await;
    let entries = recorded.sign(&ben, &[Action::RosterChange(head(&change))]);
    let change = RosterChange { log: Some(to_log(&entries)), ..change };
    let early = recorded.team.vault.post("/v1/roster", &session, &change).await;
    assert_eq!(early.problem(), P::SignInNotRecorded);
    assert_eq!(recorded.team.roster().await.sequence(), 1);
}

#[tokio::test]
async fn who_goes_and_who_gets_new_keys_is_named_in_the_log_and_opens_no_entry_any_more() {
    let recorded = Recorded::new().await;
    let ben = recorded.with_ben().await;
    let new = recorded.team.joins("ben", "admin", "words that I remember").await;
    let keys = AdminKeys::from(new.public());
    let change = recorded.entry(vec![Change::Replace { id: ben.id(), old: Some(OldKeys::Lost), keys }], &[&new]).await;
    let regained = Action::Recovery { identity: new.id(), method: RecoveryMethod::Admin };
    let actions = [vec![Action::RosterChange(head(&change)), regained], recorded.grants(&new)].concat();
    assert_eq!(recorded.taken(change, &actions).await, (true, 4));
    let store = &recorded.team.vault.store;
    assert!(store.audit_grants_to(&ben.id()).await.unwrap().is_empty());
    assert_eq!(store.audit_grants_to(&new.id()).await.unwrap().len(), 2);

    let change = recorded.entry(vec![Change::Revoke { id: new.id(), reason: Reason::Left }], &[]).await;
    let actions = [Action::RosterChange(head(&change)), Action::Revoke(new.id())];
    assert_eq!(recorded.taken(change, &actions).await, (true, 8));
    assert!(store.audit_grants_to(&new.id()).await.unwrap().is_empty());
    assert!(!recorded.custody(&recorded.team.token).await.audit_keys[0].holders.contains(&Hex(new.id().0)));
}

#[tokio::test]
async fn a_change_that_is_not_recorded_exactly_is_not_made() {
    let recorded = Recorded::new().await;
    let (team, anna) = (&recorded.team, &recorded.team.anna);
    let ben = team.joins("ben", "admin", BEN).await;
    let change = recorded.entry(vec![add(&ben, "admin", "ben")], &[&ben]).await;
    let good = [vec![Action::RosterChange(head(&change))], recorded.grants(&ben)].concat();
    let other = |place: usize, action: Action| {
        let mut actions = good.clone();
        actions[place] = action;
        actions
    };
    let mut swapped = good.clone();
    swapped.swap(1, 2);
    for (what, actions, pointer) in [
        ("nothing", vec![], "/log/entries"),
        ("not the grants", good[..1].to_vec(), "/log/entries"),
        ("too much", [good.clone(), vec![Action::Revoke(ben.id())]].concat(), "/log/entries"),
        ("another entry", other(0, Action::RosterChange(RosterHead([1; 32]))), "/log/entries/0"),
        ("another key", other(1, Action::Grant { data_key: KeyId([1; 16]), to: ben.id() }), "/log/entries/1"),
        ("to somebody else", other(2, recorded.grants(anna)[1].clone()), "/log/entries/2"),
        ("in another order", swapped, "/log/entries/1"),
    ] {
        let log = Some(to_log(&recorded.sign(anna, &actions)));
        let refused = team.send(&RosterChange { log, ..change.clone() }).await;
        assert_eq!((refused.problem(), refused.pointer().as_deref()), (P::LogEntryRefused, Some(pointer)), "{what}");
    }
    for (what, log, problem) in [
        ("no entries", None, P::LogEntryRequired),
        ("by Ben", Some(to_log(&recorded.sign(&ben, &good))), P::LogEntryRefused),
        ("beyond", Some(ToLog { since: 2, ..to_log(&recorded.sign(anna, &good)) }), P::LogShorter),
    ] {
        assert_eq!(team.send(&RosterChange { log, ..change.clone() }).await.problem(), problem, "{what}");
    }
    assert_eq!((recorded.size().await, team.roster().await.sequence()), (1, 0));
    // What comes second leaves nothing in the log
    let late = recorded.entry(vec![Change::Threshold(1)], &[]).await;
    assert_eq!(recorded.taken(change, &good).await, (true, 1));
    let entries = recorded.sign(anna, &[Action::RosterChange(head(&late))]);
    let moved = team.send(&RosterChange { log: Some(to_log(&entries)), ..late }).await;
    assert_eq!((moved.problem(), recorded.size().await), (P::RosterMoved, 4));
}

#[tokio::test]
async fn of_an_entry_that_waits_the_log_says_that_it_was_signed() {
    let recorded = Recorded::new().await;
    let (team, ben) = (&recorded.team, recorded.with_ben().await);
    let two = recorded.entry(vec![Change::Threshold(2)], &[]).await;
    let actions = [Action::RosterChange(head(&two))];
    assert_eq!(recorded.taken(two, &actions).await, (true, 4));
    let roles = Change::Roles { id: ben.id(), roles: Roles::parse("admin,auditor").unwrap() };
    let waits = recorded.entry(vec![roles], &[]).await;
    let signs = Action::RosterChange(head(&waits));
    let more = to_log(&recorded.sign(&team.anna, &[signs.clone(), Action::Revoke(ben.id())]));
    let refused = team.send(&RosterChange { log: Some(more), ..waits.clone() }).await;
    assert_eq!(refused.problem(), P::LogEntryRefused, "nobody has gone");
    assert_eq!(recorded.taken(waits, &[signs]).await, (false, 5));
    assert_eq!((recorded.size().await, team.vault.store.proposals().await.unwrap().len()), (6, 1));
}

#[tokio::test]
async fn a_grant_is_kept_with_its_entry_or_not_at_all() {
    let recorded = Recorded::new().await;
    let (team, anna) = (&recorded.team, &recorded.team.anna);
    let key = &team.vault.key;
    let made = grant_key(anna, &team.roster().await, anna.public(), key, &mut rng()).unwrap();
    let grants: Vec<_> = made.iter().map(|grant| B64u(grant.to_bytes())).collect();
    let to_oneself = Action::Grant { data_key: key.public_key().key_id(), to: anna.id() };
    for (log, problem) in [
        (None, P::LogEntryRequired),
        (Some(to_log(&[])), P::LogEntryRefused),
        (Some(to_log(&recorded.sign(anna, &[Action::SignIn]))), P::LogEntryRefused),
    ] {
        let request = Grants { grants: grants.clone(), log };
        assert_eq!(team.vault.post("/v1/grants", &team.token, &request).await.problem(), problem);
    }
    assert!(team.vault.store.grants_to(&anna.id()).await.unwrap().is_empty());
    let entries = recorded.sign(anna, &[to_oneself]);
    let request = Grants { grants, log: Some(to_log(&entries)) };
    let granted: InTheLog = team.vault.post("/v1/grants", &team.token, &request).await.json();
    assert_eq!(verified(granted.log.as_ref().unwrap(), &entries), 1);
    assert_eq!(team.vault.store.grants_to(&anna.id()).await.unwrap().len(), 2);
}

#[tokio::test]
async fn ones_own_sessions_end_with_an_entry_or_not_at_all() {
    let recorded = Recorded::new().await;
    let (team, anna) = (&recorded.team, &recorded.team.anna);
    let list = async || team.vault.get("/v1/sessions", &team.token).await.json::<Sessions>().sessions;
    let (second, _third) = (team.vault.sign_in().await, team.vault.sign_in().await);
    let id = list().await.into_iter().find(|session| !session.own).unwrap().id;
    let out = || recorded.sign(anna, &[Action::SignOut]);
    for (path, body) in [
        ("/v1/sessions/end", json!(EndSession { id, log: None })),
        ("/v1/sessions/end-others", json!(EndOthers::default())),
    ] {
        assert_eq!(team.vault.post(path, &team.token, &body).await.problem(), P::LogEntryRequired, "{path}");
        // Of a session whose own sign-in is not recorded
        let mut signed = body;
        signed["log"] = json!(to_log(&out()));
        assert_eq!(team.vault.post(path, &second, &signed).await.problem(), P::SignInNotRecorded, "{path}");
    }
    assert_eq!((list().await.len(), recorded.size().await), (3, 1));
    let one = out();
    let ended: InTheLog =
        team.vault.post("/v1/sessions/end", &team.token, &EndSession { id, log: Some(to_log(&one)) }).await.json();
    assert_eq!((verified(ended.log.as_ref().unwrap(), &one), list().await.len()), (1, 2));
    let others = out();
    let request = EndOthers { log: Some(to_log(&others)) };
    let ended: InTheLog = team.vault.post("/v1/sessions/end-others", &team.token, &request).await.json();
    assert_eq!((verified(ended.log.as_ref().unwrap(), &others), list().await.len()), (2, 1));
}
