//! An admin whose deeds are recorded, at a vault that keeps a log, or pretends to.

use nightsafe_core::audit::{Action, Actor, Entry, OpenedField, PasskeyChange, Salt, SignedEntry, seal};
use nightsafe_core::grant::grant_key;
use nightsafe_core::identity::{AdminName, WrappedIdentity};
use nightsafe_core::keys::{DataPublicKey, KeyState};
use nightsafe_core::log::{Checkpoint, Hashes, Origin, Plan, Tree};
use nightsafe_core::passkey::PasskeyId;
use nightsafe_core::roster::{self, Change, Entry as RosterEntry, Roles};
use nightsafe_core::scalar::{KeyId, PartName};
use nightsafe_core::session::TabHalf;
use nightsafe_proto::vault::custody::AuditKey;
use nightsafe_proto::vault::identity::{KeptWrapped, OwnIdentity, RosterEntries};
use nightsafe_proto::vault::log::{Entries, InLog, Leaf, LogEntry, ToLog};
use nightsafe_proto::vault::openings::Open;
use nightsafe_proto::vault::passkey::{PasskeyFinish, PasskeyRemove};
use nightsafe_proto::vault::roster::RosterChange;

use super::*;

mod organisation;
mod reseal;

const NOW: &str = "2026-11-21T10:00:00Z";

/// The vault's log, in memory.
#[derive(Clone)]
struct Log {
    tree: Tree,
    hashes: Hashes,
    entries: Vec<LogEntry>,
    audit_key: DataPublicKey,
}

fn log_key() -> NoteSigner {
    NoteSigner::from_seed("demo.nightsafe.example/log", &[0x31; 32]).unwrap()
}

impl Log {
    fn add(&mut self, salt: &Salt, signed: &SignedEntry) {
        let commitment = signed.commitment(salt);
        self.hashes.store(self.tree.append(commitment.leaf_hash()).unwrap());
        self.entries.push(LogEntry {
            number: self.tree.size() - 1,
            commitment: Hex(commitment.0),
            key_id: Hex(self.audit_key.key_id().0),
            sealed: B64u(seal(&self.audit_key, salt, signed, &mut rng()).unwrap()),
        });
    }

    /// What an honest vault answers.
    fn append(&mut self, to_log: &ToLog) -> InLog {
        let first = self.tree.size();
        for entry in &to_log.entries {
            let salt = Salt::from_bytes(entry.salt.0.as_slice().try_into().unwrap());
            self.add(&salt, &SignedEntry::parse(&entry.signed.0).unwrap());
        }
        self.proofs(to_log.since, first..self.tree.size())
    }

    fn proofs(&self, since: u64, leaves: std::ops::Range<u64>) -> InLog {
        let size = self.tree.size();
        let origin = Origin::parse("demo.nightsafe.example/log").unwrap();
        let text = |plan: Plan| plan.read_proof(&self.hashes).unwrap().encode();
        InLog {
            checkpoint: Checkpoint { origin, size, root: self.tree.root() }.sign(&log_key()).unwrap(),
            consistency: Plan::for_consistency(since, size).map(text).unwrap_or_default(),
            entries: leaves
                .map(|number| Leaf { number, proof: text(Plan::for_inclusion(number, size).unwrap()) })
                .collect(),
        }
    }

    fn read(&self, since: u64) -> Entries {
        Entries { entries: self.entries.clone(), log: Some(self.proofs(since, 0..self.tree.size())) }
    }
}

/// What the vault answers at a sign-in, and what the browser remembers.
struct Answered {
    identity: String,
    roster: String,
    custody: String,
    manifests: String,
    remembered: String,
}

impl Answered {
    fn as_text(&self) -> Answers<'_> {
        Answers {
            identity: &self.identity,
            roster: &self.roster,
            custody: &self.custody,
            manifests: &self.manifests,
            remembered: &self.remembered,
            log_key: "",
            log_place: "",
            timestamp: None,
            now: UnixTime::parse(NOW).unwrap(),
        }
    }
}

/// A vault whose deeds are recorded.
struct Recorded {
    shop: Shop,
    anna: Identity,
    audit_key: PrivateItems,
    roster: Vec<String>,
    granted: bool,
    /// Who else is in the roster.
    others: Vec<Identity>,
}

impl Recorded {
    fn new(names_key: bool) -> Self {
        Self::with(names_key, Vec::new())
    }

    fn with(names_key: bool, others: Vec<Identity>) -> Self {
        let shop = Shop::new();
        let anna = Identity::generate(&site(), &mut rng()).unwrap();
        let audit_key = PrivateItems::generate(Suite::XWing, &mut rng()).unwrap();
        let add = |identity: &Identity, name: &str| Change::Add {
            keys: identity.public().into(),
            roles: Roles::parse("admin").unwrap(),
            name: AdminName::parse(name).unwrap(),
        };
        let mut changes = vec![Change::Threshold(1), add(&anna, "Anna")];
        changes.extend(others.iter().map(|other| add(other, "Ben")));
        changes.extend(names_key.then(|| Change::AuditKey(*audit_key.public_key().fingerprint())));
        let note = RosterEntry::first(&site(), shop.manifest.not_before, changes).sign(&[&shop.site_key]).unwrap();
        Self { shop, anna, audit_key, roster: vec![note], granted: true, others }
    }

    fn log(&self) -> Log {
        let audit_key = self.audit_key.public_key().clone();
        Log { tree: Tree::new(), hashes: Hashes::default(), entries: Vec::new(), audit_key }
    }

    fn sign_in(&self, log_key: &str, log_place: &str) -> Result<Session, Failure> {
        let export_key = Zeroizing::new([7; 64]);
        let answers = self.answers(&export_key);
        let answers = Answers { log_key, log_place, ..answers.as_text() };
        Session::unlock(&export_key, b"", &answers, &self.shop.anchor.encode(), &mut rng())
    }

    /// All items of a key, to Anna.
    fn grants(&self, key: &PrivateItems) -> Vec<B64u> {
        let roster = roster::verify_at_any_time(&self.roster, &self.shop.anchor).unwrap();
        let grants = grant_key(&self.anna, &roster, self.anna.public(), key, &mut rng()).unwrap();
        grants.iter().map(|grant| B64u(grant.to_bytes())).collect()
    }

    fn answers(&self, export_key: &ExportKey) -> Answered {
        let wrapped = self.anna.wrap(&Unlock::Login(export_key), &mut rng()).unwrap();
        let way = KeptWrapped { method: "login".into(), slot: String::new(), wrapped: B64u(wrapped.to_bytes()) };
        let public = B64u(self.anna.public().to_bytes());
        let identity = OwnIdentity { identity: Some(KeptIdentity { public, wrapped: vec![way] }) };
        let roster = roster::verify_at_any_time(&self.roster, &self.shop.anchor).unwrap();
        let grants = |key: &PrivateItems| self.grants(key);
        let holders = vec![Hex(self.anna.id().0)];
        let mut custody: Custody = serde_json::from_str(&self.shop.custody()).unwrap();
        custody.keys[0].grants = grants(&self.shop.key);
        custody.keys[0].holders.clone_from(&holders);
        custody.audit_keys.push(AuditKey {
            key_id: Hex(self.audit_key.public_key().key_id().0),
            public_key: B64u(self.audit_key.public_key().as_bytes().to_vec()),
            grants: if self.granted { grants(&self.audit_key) } else { Vec::new() },
            holders,
        });
        let identities = self.others.iter().map(|other| B64u(other.public().to_bytes())).collect();
        Answered {
            identity: text(&identity),
            roster: text(&RosterEntries { entries: self.roster.clone(), identities }),
            custody: text(&custody),
            manifests: text(&Manifests { notes: self.shop.notes.clone() }),
            remembered: roster.remember().to_text(),
        }
    }

    fn session_without_log(&self) -> Session {
        self.sign_in("", "").unwrap()
    }

    fn session(&self) -> Session {
        self.sign_in(&log_key().vkey().to_text(), "").unwrap()
    }
}

fn sign(session: &mut Session, deeds: &Json) -> ToLog {
    serde_json::from_str(&session.sign(&deeds.to_string(), NOW, &mut rng()).unwrap()).unwrap()
}

fn sign_in(session: &mut Session) -> ToLog {
    sign(session, &json!([{"action": "sign-in"}]))
}

#[test]
fn what_is_signed_counts_once_it_is_shown_in_the_log() {
    let recorded = Recorded::new(true);
    let (mut session, mut log) = (recorded.session(), recorded.log());
    assert!(session.logs() && session.reads_log());
    assert_eq!((session.log_place(), session.log_size()), (None, 0));
    let deeds = json!([{"action": "search", "criteria": ["reference", "last4"]}, {"action": "list", "limit": 25}]);
    let to_log = sign(&mut session, &deeds);
    assert_eq!((to_log.since, to_log.entries.len()), (0, 2));
    let salt = Salt::from_bytes(to_log.entries[0].salt.0.as_slice().try_into().unwrap());
    let signed = SignedEntry::parse(&to_log.entries[0].signed.0).unwrap();
    let entry = signed.verify(&salt, recorded.anna.signer().vkey()).unwrap();
    assert_eq!((entry.actor(), entry.time().to_text().as_str()), (Actor::Admin(recorded.anna.id()), NOW));
    let names = ["last4", "reference"].map(|name| PartName::parse(name).unwrap());
    assert_eq!(entry.action(), &Action::Search { criteria: names.to_vec(), purpose: None });
    session.logged(&text(&log.append(&to_log))).unwrap();
    assert_eq!(session.log_size(), 2);
    // Once
    assert_eq!(session.logged(&text(&log.proofs(2, 0..2))), Err(Failure::LogRefused));

    type Lie = fn(&Log, InLog) -> InLog;
    let lies: [Lie; 5] = [
        |_, good| InLog { entries: vec![], ..good },
        |log, good| InLog { entries: log.proofs(2, 0..1).entries, ..good },
        |_, good| InLog { entries: vec![Leaf { number: 1, ..good.entries[0].clone() }], ..good },
        |_, good| InLog { checkpoint: good.checkpoint.replacen("\n3\n", "\n4\n", 1), ..good },
        |_, good| InLog { consistency: "x".into(), ..good },
    ];
    let place = session.log_place().unwrap();
    for lie in lies {
        let mut again = recorded.sign_in(&log_key().vkey().to_text(), &place).unwrap();
        let to_log = sign_in(&mut again);
        assert_eq!(to_log.since, 2);
        let mut log = log.clone();
        let good = log.append(&to_log);
        assert_eq!(again.logged(&text(&lie(&log, good))), Err(Failure::LogRefused));
    }
    assert_eq!(session.logged("{}"), Err(Failure::Malformed));
    for bad in [
        "{}",
        r#"[{"action":"open"}]"#,
        r#"[{"action":"search","criteria":["No Name"]}]"#,
        r#"[{"action":"search","criteria":[]}]"#,
    ] {
        assert_eq!(session.sign(bad, NOW, &mut rng()).err(), Some(Failure::Malformed), "{bad}");
    }
    assert_eq!(session.sign("[]", "today", &mut rng()).err(), Some(Failure::Malformed));
}

/// What the entries of a request say.
fn actions(log: Option<&ToLog>) -> Vec<Action> {
    let entries = &log.unwrap().entries;
    entries.iter().map(|entry| SignedEntry::parse(&entry.signed.0).unwrap().entry().action().clone()).collect()
}

#[test]
fn after_a_reload_the_identity_that_was_kept_signs_on() {
    let recorded = Recorded::new(true);
    let (mut session, mut log) = (recorded.session(), recorded.log());
    let to_log = sign_in(&mut session);
    session.logged(&text(&log.append(&to_log))).unwrap();
    let tab = TabHalf::generate(&mut rng());
    let kept = json(&session.kept_for(&tab, &mut rng()).unwrap().unwrap());
    let resumed = json!({"user": "anna", "expires_in": 900, "lock_after": 600, "identity": kept}).to_string();
    let answers = recorded.answers(&Zeroizing::new([7; 64]));
    let (log_key, log_place) = (log_key().vkey().to_text(), session.log_place().unwrap());
    let answers = Answers { log_key: &log_key, log_place: &log_place, ..answers.as_text() };
    let anchor = recorded.shop.anchor.encode();
    let mut again = Session::resume(&tab, &resumed, &answers, &anchor, &mut rng()).unwrap();
    assert!(again.logs() && again.reads_log());
    let to_log = sign(&mut again, &json!([{"action": "list", "limit": 25}]));
    assert_eq!(to_log.since, 1);
    again.logged(&text(&log.append(&to_log))).unwrap();
    assert_eq!(again.log_size(), 2);
}

#[test]
fn a_change_of_the_roster_carries_all_that_it_does_and_grants_the_audit_key_along() {
    let recorded = Recorded::new(true);
    let mut session = recorded.session();
    let ben = Identity::generate(&site(), &mut rng()).unwrap();
    let public = B64u(ben.public().to_bytes());
    let person = json!({"name": "Ben", "roles": ["admin"], "public": public, "joined": NOW});
    let request = json!({"change": "admit", "person": person}).to_string();
    let change: RosterChange = serde_json::from_str(&session.change(&request, NOW, &mut rng()).unwrap()).unwrap();
    let after = roster::verify_at_any_time(&[&recorded.roster[0], &change.entry], &recorded.shop.anchor).unwrap();
    let mut keys = [&recorded.shop.key, &recorded.audit_key].map(|key| key.public_key().key_id());
    keys.sort();
    let grants = keys.map(|data_key| Action::Grant { data_key, to: ben.id() });
    let expected = [vec![Action::RosterChange(after.head())], grants.to_vec()].concat();
    assert_eq!((actions(change.log.as_ref()), change.grants.len()), (expected, 4));
    assert_eq!(session.change(&request, "today", &mut rng()), Err(Failure::Malformed));

    let mut none = Recorded::new(false).session_without_log();
    let change: RosterChange = serde_json::from_str(&none.change(&request, NOW, &mut rng()).unwrap()).unwrap();
    assert!(change.log.is_none());
}

#[test]
fn who_lacks_the_audit_key_is_granted_it_and_the_log_says_so() {
    let ben = Identity::generate(&site(), &mut rng()).unwrap();
    let id = ben.id();
    let recorded = Recorded::with(true, vec![ben]);
    let mut session = recorded.session();
    let grants: Grants = serde_json::from_str(&session.new_grants(NOW, &mut rng()).unwrap().unwrap()).unwrap();
    let mut keys = [&recorded.shop.key, &recorded.audit_key].map(|key| key.public_key().key_id());
    keys.sort();
    let expected = keys.map(|data_key| Action::Grant { data_key, to: id });
    assert_eq!((actions(grants.log.as_ref()), grants.grants.len()), (expected.to_vec(), 4));
    let alone = Recorded::new(true);
    assert_eq!(alone.session().new_grants(NOW, &mut rng()), Ok(None));
}

#[test]
fn a_log_that_was_cut_off_or_rewritten_is_refused_at_the_next_visit() {
    let recorded = Recorded::new(true);
    let (mut session, mut log) = (recorded.session(), recorded.log());
    let young = log.clone();
    for _ in 0..3 {
        let to_log = sign_in(&mut session);
        session.logged(&text(&log.append(&to_log))).unwrap();
    }
    let (place, key) = (session.log_place().unwrap(), log_key().vkey().to_text());
    let visit = || recorded.sign_in(&key, &place).unwrap();
    let mut again = visit();
    assert_eq!(again.log_size(), 3);
    let to_log = sign_in(&mut again);
    again.logged(&text(&log.append(&to_log))).unwrap();
    // Cut off; and another from the beginning, which has grown longer
    let mut cut = visit();
    let to_log = sign_in(&mut cut);
    assert_eq!(cut.logged(&text(&young.clone().append(&to_log))), Err(Failure::LogRolledBack));
    let (mut forked, mut stranger) = (young, recorded.session());
    for _ in 0..3 {
        forked.append(&sign_in(&mut stranger));
    }
    let mut other = visit();
    let to_log = sign_in(&mut other);
    assert_eq!(other.logged(&text(&forked.append(&to_log))), Err(Failure::LogForked));
    assert_eq!(other.read_log(&text(&forked.read(3))), Err(Failure::LogForked));
    assert_eq!(other.log_place(), Some(place));
}

#[test]
fn an_opening_is_signed_for_what_lies_there_and_opened_with_its_proof_only() {
    let recorded = Recorded::new(true);
    let (mut session, mut log) = (recorded.session(), recorded.log());
    let deposit = recorded.shop.deposit();
    session.open_locator(&text(&row(&deposit))).unwrap();
    let chosen = json!([{"deposit_id": deposit.id().to_hex(), "fields": [{"kind": "card", "index": 0}]}]).to_string();
    let request = |session: &mut Session| session.request_open(&chosen, "charge", NOW, &mut rng());
    assert_eq!(request(&mut session).err(), Some(Failure::Unchecked));

    // A check, with the points that an honest vault tells
    let mut checked = answer(&deposit, "nothing");
    for present in &mut checked.deposits[0].present {
        let field = deposit.parts().fields.iter().find(|field| field.tag.0 == present.tag.0).unwrap();
        present.point = Some(Hex(PointHash::of(field.envelope.x25519_point()).0));
    }
    session.open_fields(&text(&checked)).unwrap();
    let body: Open = serde_json::from_str(&request(&mut session).unwrap()).unwrap();
    let field = |kind: &str| deposit.parts().fields.iter().find(|field| field.kind.as_str() == kind).unwrap();
    let card = field("card");
    assert_eq!(body.deposits[0].open[0].tag, Hex(card.tag.0));
    assert_eq!(body.deposits[0].check, [Hex(field("phone").tag.0)]);
    let signed = SignedEntry::parse(&body.log.as_ref().unwrap().entries[0].signed.0).unwrap();
    let point = PointHash::of(card.envelope.x25519_point());
    let fields = vec![OpenedField { kind: card.kind.clone(), index: 0, point }];
    let purpose = nightsafe_core::audit::Purpose::Charge;
    assert_eq!(signed.entry().action(), &Action::Open { deposit: deposit.id(), fields, purpose });

    let opened = answer(&deposit, "card");
    assert_eq!(session.open_fields(&text(&opened)), Err(Failure::LogRefused), "no proof, no value");
    request(&mut session).unwrap();
    let other = Opened { log: Some(log.append(body.log.as_ref().unwrap())), ..opened.clone() };
    assert_eq!(session.open_fields(&text(&other)), Err(Failure::LogRefused), "of an entry that was signed before");
    let body: Open = serde_json::from_str(&request(&mut session).unwrap()).unwrap();
    let good = Opened { log: Some(log.append(body.log.as_ref().unwrap())), ..opened };
    let values = json(&session.open_fields(&text(&good)).unwrap());
    assert_eq!(values["deposits"][0]["fields"][0]["parts"][0]["value"], "4111111111111111");

    // What is not there any more is compared, not opened, and then nothing is signed
    checked.deposits[0].present.retain(|present| present.tag.0 != card.tag.0);
    session.open_fields(&text(&checked)).unwrap();
    let body: Open = serde_json::from_str(&request(&mut session).unwrap()).unwrap();
    assert_eq!((body.purpose, body.deposits[0].open.len(), body.deposits[0].check.len()), (None, 0, 2));
    assert!(body.log.is_none());
    assert_eq!(session.request_open(&chosen, "curiosity", NOW, &mut rng()).err(), Some(Failure::Malformed));
}

#[test]
fn every_entry_is_read_and_what_does_not_verify_is_named() {
    let recorded = Recorded::new(true);
    let (mut session, mut log) = (recorded.session(), recorded.log());
    let to_log = sign(&mut session, &json!([{"action": "sign-in"}, {"action": "search", "criteria": ["day"]}]));
    session.logged(&text(&log.append(&to_log))).unwrap();
    let mut add = |actor: Actor, action: Action, by: &NoteSigner| {
        let salt = Salt::generate(&mut rng());
        let entry = Entry::new(site(), actor, action, UnixTime::parse(NOW).unwrap()).unwrap();
        log.add(&salt, &SignedEntry::sign(entry, &salt, by));
    };
    let ghost = Identity::generate(&site(), &mut rng()).unwrap();
    add(Actor::Vault, Action::SignInFailed(Some(recorded.anna.id())), &log_key());
    add(Actor::Admin(recorded.anna.id()), Action::SignOut, ghost.signer());
    add(Actor::Admin(ghost.id()), Action::SignOut, ghost.signer());
    let data_key = KeyId([0xab; 16]);
    add(Actor::Vault, Action::KeyChange { data_key, state: KeyState::Active }, &log_key());
    let mut read = log.read(session.log_size());
    // Exchanged
    read.entries[0].sealed = read.entries[1].sealed.clone();
    let told = json(&session.read_log(&text(&read)).unwrap());
    let anna = recorded.anna.id().to_hex();
    assert_eq!(told["size"], 6);
    assert_eq!(
        told["entries"],
        json!([
            {"number": 0, "problem": "open_failed"},
            {"number": 1, "action": "search", "by": anna, "at": NOW, "criteria": ["day"]},
            {"number": 2, "action": "sign-in-failed", "at": NOW, "identity": anna},
            {"number": 3, "problem": "unsigned"},
            {"number": 4, "problem": "unknown_signer"},
            {"number": 5, "action": "key-change", "at": NOW, "data_key": data_key.to_hex(), "state": "active"},
        ])
    );
    // The proofs of others are not theirs
    let mut shifted = log.read(6);
    shifted.entries.remove(0);
    let told = json(&session.read_log(&text(&shifted)).unwrap());
    assert_eq!(told["entries"][0], json!({"number": 1, "problem": "not_in_log"}));
    let mut edited = log.read(6);
    edited.entries[1].commitment = Hex([7; 32]);
    assert_eq!(json(&session.read_log(&text(&edited)).unwrap())["entries"][1]["problem"], "not_in_log");
    assert_eq!(session.read_log(&text(&Entries { log: None, ..log.read(6) })), Err(Failure::LogRefused));

    let without = Recorded { granted: false, ..recorded };
    let mut session = without.session();
    assert!(session.logs() && !session.reads_log());
    let told = json(&session.read_log(&text(&log.read(0))).unwrap());
    assert_eq!(told["entries"][1], json!({"number": 1}));
}

#[test]
fn a_log_without_its_key_is_not_gone_by_and_without_an_audit_key_there_is_none() {
    let recorded = Recorded::new(true);
    assert_eq!(recorded.sign_in("", "").err(), Some(Failure::LogKeyMissing));
    let none = Recorded::new(false);
    let mut session = none.sign_in("", "").unwrap();
    assert!(!session.logs() && !session.reads_log());
    assert_eq!(session.sign("[]", NOW, &mut rng()).err(), Some(Failure::NoLog));
    let deposit = none.shop.deposit();
    session.open_locator(&text(&row(&deposit))).unwrap();
    let chosen = json!([{"deposit_id": deposit.id().to_hex(), "fields": [{"kind": "card", "index": 0}]}]).to_string();
    let body: Open = serde_json::from_str(&session.request_open(&chosen, "ship", NOW, &mut rng()).unwrap()).unwrap();
    assert!(body.log.is_none() && body.deposits[0].open.len() == 1);
    assert!(session.open_fields(&text(&answer(&deposit, "card"))).is_ok());
}

#[test]
fn passkeys_are_added_and_removed_with_their_entries() {
    let vault = Recorded::new(true);
    let mut session = vault.sign_in(&log_key().vkey().to_text(), "").unwrap();
    let mut log = vault.log();
    let made =
        json!({"name": "Laptop", "credential": "AQID", "client_data": "e30", "authenticator_data": "AAAA"}).to_string();
    let passkey = PasskeyId::of(&[1, 2, 3]).unwrap();
    for prf in [Some([5; 32]), None] {
        let body = session.add_passkey(&made, prf.as_ref().map(<[u8; 32]>::as_slice), NOW, &mut rng()).unwrap();
        let added: PasskeyFinish = serde_json::from_str(&body).unwrap();
        assert_eq!((added.name.as_str(), added.client_data.0.as_slice()), ("Laptop", &b"{}"[..]));
        assert_eq!(added.wrapped.is_some(), prf.is_some());
        if let Some((wrapped, prf)) = added.wrapped.zip(prf) {
            let wrapped = WrappedIdentity::parse(&wrapped.0).unwrap();
            let unlocked = wrapped.unwrap(&site(), &vault.anna.id(), &Unlock::Passkey(&prf)).unwrap();
            assert_eq!(unlocked.public(), vault.anna.public());
        }
        let to_log = added.log.unwrap();
        let [entry] = to_log.entries.as_slice() else { panic!() };
        let signed = SignedEntry::parse(&entry.signed.0).unwrap();
        assert_eq!(signed.entry().action(), &Action::PasskeyChange { passkey, change: PasskeyChange::Added });
        session.logged(&serde_json::to_string(&log.append(&to_log)).unwrap()).unwrap();
    }
    let removed: PasskeyRemove =
        serde_json::from_str(&session.remove_passkey(&passkey.to_hex(), NOW, &mut rng()).unwrap()).unwrap();
    assert_eq!(removed.id.0, passkey.0);
    session.logged(&serde_json::to_string(&log.append(&removed.log.unwrap())).unwrap()).unwrap();
    for (made, prf) in [(made.replace("AQID", ""), None), ("{}".into(), None), (made.clone(), Some(&[5; 31][..]))] {
        assert_eq!(session.add_passkey(&made, prf, NOW, &mut rng()).err(), Some(Failure::Malformed));
    }
    assert_eq!(session.remove_passkey("00", NOW, &mut rng()).err(), Some(Failure::Malformed));
}
