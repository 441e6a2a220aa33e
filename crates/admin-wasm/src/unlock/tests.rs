use getrandom::SysRng;
use nightsafe_core::anchor::{Origin, WasmFile};
use nightsafe_core::custody::{Argon2Params, Kek, Purpose, WrapContext};
use nightsafe_core::encoding::b64;
use nightsafe_core::grant::grant_key;
use nightsafe_core::identity::AdminName;
use nightsafe_core::note::NoteSigner;
use nightsafe_core::roster::{Change, Entry, Roles};
use nightsafe_core::scalar::Site;
use nightsafe_core::time::UnixTime;
use nightsafe_proto::vault::custody::CustodyItem;
use nightsafe_proto::wire::Hex;
use rand_core::UnwrapErr;
use zeroize::Zeroizing;

use super::*;
use crate::place::Trust;
use crate::session::{Answers, Session};

const NOW: UnixTime = UnixTime::from_seconds(1_795_219_200);

fn rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

fn text(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

/// By a site key that nobody has.
pub(crate) fn anchor() -> TrustAnchor {
    Vault::new().anchor
}

/// A new identity, as the vault keeps it under an export key of these bytes.
pub(crate) fn kept(anchor: &TrustAnchor, export_key: u8) -> (Identity, KeptIdentity) {
    let identity = Identity::generate(&anchor.site, &mut rng()).unwrap();
    let wrapped = identity.wrap(&Unlock::Login(&[export_key; 64]), &mut rng()).unwrap();
    let way = KeptWrapped { method: "login".into(), slot: String::new(), wrapped: B64u(wrapped.to_bytes()) };
    let public = B64u(identity.public().to_bytes());
    (identity, KeptIdentity { public, wrapped: vec![way] })
}

/// A vault of before there was a roster: one data key, under the passphrase "right".
struct Vault {
    anchor: TrustAnchor,
    site_key: NoteSigner,
    export_key: ExportKey,
    identity: OwnIdentity,
    roster: RosterEntries,
    custody: Custody,
    /// By the browser.
    remembered: Option<Place>,
    /// By the timestamp note.
    current: Option<RosterHead>,
}

impl Vault {
    fn new() -> Self {
        let site = Site::parse("demo.nightsafe.example").unwrap();
        let site_key = NoteSigner::generate("site-a", &mut rng()).unwrap();
        let wasm = WasmFile { name: "admin.wasm".into(), integrity: format!("sha384-{}", b64(&[0; 48])) };
        let anchor = TrustAnchor {
            site: site.clone(),
            site_keys: vec![site_key.vkey().clone()],
            threshold: 1,
            sequence_floor: 1,
            ingest: Origin::parse("http://localhost:4803").unwrap(),
            wasm: wasm.clone(),
            wasm_portable: wasm,
        };
        let key = PrivateItems::generate(Suite::XWing, &mut rng()).unwrap();
        let name = key.public_key().key_id().to_hex();
        let kek = Kek::generate(b"right", Argon2Params::new(8, 1, 1).unwrap(), &mut rng()).unwrap();
        let items = key.items().map(|(item, bytes)| {
            let context = WrapContext { site: &site, purpose: Purpose::DataKey, name: &name, item };
            let wrapped = kek.wrap(&context, bytes, &mut rng()).unwrap().to_bytes();
            CustodyItem { item: item.as_str().into(), wrapped: B64u(wrapped) }
        });
        let key = CustodyKey {
            key_id: Hex(key.public_key().key_id().0),
            suite: "xwing".into(),
            public_key: B64u(key.public_key().as_bytes().to_vec()),
            items: items.collect(),
            grants: Vec::new(),
            holders: Vec::new(),
            ended: Vec::new(),
        };
        Self {
            anchor,
            site_key,
            export_key: Zeroizing::new([7; 64]),
            identity: OwnIdentity::default(),
            roster: RosterEntries::default(),
            custody: Custody { keys: vec![key], ..Custody::default() },
            remembered: None,
            current: None,
        }
    }

    fn unlock(&self, passphrase: &[u8]) -> Result<Unlocked, Failure> {
        self.unlock_with(With::SignIn { export_key: &self.export_key, passphrase })
    }

    fn unlock_with(&self, with: With<'_>) -> Result<Unlocked, Failure> {
        Unlocking {
            with,
            anchor: &self.anchor,
            remembered: self.remembered,
            current: self.current,
            identity: self.identity.clone(),
            roster: self.roster.clone(),
            custody: self.custody.clone(),
        }
        .run(&mut rng())
    }

    /// Signs this identity in, by the site key or another.
    fn begin_roster(&mut self, public: &PublicIdentity, signer: Option<&NoteSigner>) {
        let (roles, name) = (Roles::parse("admin").unwrap(), AdminName::parse("Anna").unwrap());
        let changes = vec![Change::Threshold(1), Change::Add { keys: public.into(), roles, name }];
        let entry = Entry::first(&self.anchor.site, NOW, changes);
        self.roster.identities = vec![B64u(public.to_bytes())];
        self.roster.entries = vec![entry.sign(&[signer.unwrap_or(&self.site_key)]).unwrap()];
    }

    /// Everything that brings the passphrase installation to identity, roster and grants.
    fn migrated() -> Self {
        let mut vault = Self::new();
        vault.identity.identity = vault.unlock(b"right").unwrap().new_identity;
        vault.begin_roster(&vault.public(), None);
        vault.current = Some(vault.head());
        let unlocked = vault.unlock(b"right").unwrap();
        vault.current = None;
        vault.keep(unlocked.new_grants.unwrap());
        vault
    }

    /// What a timestamp note names.
    fn head(&self) -> RosterHead {
        roster::verify_at_any_time(&self.roster.entries, &self.anchor).unwrap().head()
    }

    /// Grants of the one data key to the admin, as the vault keeps them.
    fn keep(&mut self, grants: Grants) {
        self.custody.keys[0].grants = grants.grants;
        self.custody.keys[0].holders = vec![Hex(self.public().id().0)];
    }

    fn public(&self) -> PublicIdentity {
        PublicIdentity::parse(&self.identity.identity.as_ref().unwrap().public.0).unwrap()
    }
}

#[test]
fn a_passphrase_installation_comes_to_identity_roster_and_grants() {
    let mut vault = Vault::new();
    assert_eq!(vault.unlock(b"wrong").err(), Some(Failure::WrongPassphrase));
    let first = vault.unlock(b"right").unwrap();
    assert!(first.keys.len() == 1 && first.new_grants.is_none(), "nobody stands in a roster yet");

    // Kept by the vault; the site keys have not signed it
    vault.identity.identity = first.new_identity;
    let second = vault.unlock(b"right").unwrap();
    assert!(second.keys.len() == 1 && second.new_identity.is_none() && second.new_grants.is_none());
    let words = vault.public().id().words().join(" ");
    assert_eq!([first.words, second.words], [Some(words.clone()), Some(words)]);

    vault.begin_roster(&vault.public(), None);
    let third = vault.unlock(b"right").unwrap();
    assert!(third.keys.len() == 1 && third.words.is_none());
    assert!(third.new_grants.is_none(), "nobody but the vault says that this list is not an old one");
    vault.current = Some(vault.head());
    let third = vault.unlock(b"right").unwrap();
    vault.keep(third.new_grants.unwrap());
    // From now on nothing is under the passphrase
    vault.custody.keys[0].items.clear();
    let last = vault.unlock(b"not asked for").unwrap();
    assert!(last.keys.len() == 1 && last.new_identity.is_none() && last.new_grants.is_none());
    assert_eq!(last.refused_grants, 0);
}

#[test]
fn another_sign_in_unlocks_nothing() {
    let mut vault = Vault::migrated();
    vault.export_key = Zeroizing::new([8; 64]);
    assert_eq!(vault.unlock(b"right").err(), Some(Failure::IdentityRefused));
}

/// What a tab has the vault keep for the session.
fn kept_for(unlocked: &Unlocked, tab: &TabHalf, row: [u8; 32]) -> SessionIdentity {
    let with = Unlock::Session { tab: tab.as_bytes(), row: &row };
    let wrapped = unlocked.admin.as_ref().unwrap().wrap(&with, &mut rng()).unwrap();
    SessionIdentity { half: Hex(row), wrapped: B64u(wrapped.to_bytes()) }
}

#[test]
fn a_tab_and_its_session_unlock_what_the_sign_in_did_and_neither_does_alone() {
    let mut vault = Vault::migrated();
    vault.custody.keys[0].items.clear();
    let unlocked = vault.unlock(b"not asked for").unwrap();
    assert!(unlocked.resumable);
    let tab = TabHalf::generate(&mut rng());
    let mine = kept_for(&unlocked, &tab, [3; 32]);
    let resume = |tab: &TabHalf, kept: &SessionIdentity| vault.unlock_with(With::Session { tab, kept });
    let resumed = resume(&tab, &mine).unwrap();
    assert_eq!(resumed.admin.unwrap().id(), unlocked.admin.as_ref().unwrap().id());
    assert!(resumed.keys.len() == 1 && resumed.resumable && resumed.new_identity.is_none());

    // The row with another tab; the tab with another row; what was kept for another admin
    let other = TabHalf::generate(&mut rng());
    let swapped = SessionIdentity { half: Hex([4; 32]), ..mine.clone() };
    let stranger = Identity::generate(&vault.anchor.site, &mut rng()).unwrap();
    let foreign = stranger.wrap(&Unlock::Session { tab: tab.as_bytes(), row: &[3; 32] }, &mut rng()).unwrap();
    let foreign = SessionIdentity { wrapped: B64u(foreign.to_bytes()), ..mine.clone() };
    let by_login = vault.identity.identity.as_ref().unwrap().wrapped[0].wrapped.clone();
    let by_login = SessionIdentity { wrapped: by_login, ..mine.clone() };
    for (tab, kept) in [(&other, &mine), (&tab, &swapped), (&tab, &foreign), (&tab, &by_login)] {
        assert_eq!(resume(tab, kept).err(), Some(Failure::IdentityRefused));
    }
    let none = SessionIdentity { wrapped: B64u(Vec::new()), ..mine };
    assert_eq!(resume(&tab, &none).err(), Some(Failure::Malformed));
}

#[test]
fn a_passkey_unlocks_what_the_sign_in_did_and_another_output_nothing() {
    let mut vault = Vault::migrated();
    vault.custody.keys[0].items.clear();
    let unlocked = vault.unlock(b"not asked for").unwrap();
    let (prf, admin) = ([6; 32], unlocked.admin.as_ref().unwrap());
    let wrap = |identity: &Identity, with: &Unlock<'_>| B64u(identity.wrap(with, &mut rng()).unwrap().to_bytes());
    let mine = wrap(admin, &Unlock::Passkey(&prf));
    let unlock = |prf: &[u8; 32], wrapped: &B64u| vault.unlock_with(With::Passkey { prf, wrapped });
    let by_passkey = unlock(&prf, &mine).unwrap();
    assert_eq!(by_passkey.admin.unwrap().id(), admin.id());
    assert!(by_passkey.keys.len() == 1 && by_passkey.resumable && by_passkey.new_identity.is_none());
    let stranger = Identity::generate(&vault.anchor.site, &mut rng()).unwrap();
    for (prf, wrapped) in [
        ([7; 32], mine),
        (prf, wrap(&stranger, &Unlock::Passkey(&prf))),
        (prf, wrap(admin, &Unlock::Session { tab: &prf, row: &prf })),
    ] {
        assert_eq!(unlock(&prf, &wrapped).err(), Some(Failure::IdentityRefused));
    }
    assert_eq!(unlock(&prf, &B64u(Vec::new())).err(), Some(Failure::Malformed));
}

#[test]
fn what_is_under_the_passphrase_alone_asks_for_it_again() {
    let mut vault = Vault::migrated();
    let with_grants = vault.unlock(b"right").unwrap();
    assert!(with_grants.resumable, "what is granted is not under the passphrase alone");
    vault.custody.keys[0].grants.clear();
    let unlocked = vault.unlock(b"right").unwrap();
    assert!(!unlocked.resumable && unlocked.keys.len() == 1);
    let tab = TabHalf::generate(&mut rng());
    let mine = kept_for(&unlocked, &tab, [3; 32]);
    let resumed = vault.unlock_with(With::Session { tab: &tab, kept: &mine });
    assert_eq!(resumed.err(), Some(Failure::PassphraseNeeded));
    vault.identity.identity = None;
    assert!(!vault.unlock(b"right").unwrap().resumable);
    let resumed = vault.unlock_with(With::Session { tab: &tab, kept: &mine });
    assert_eq!(resumed.err(), Some(Failure::PassphraseNeeded));
}

#[test]
fn a_roster_that_the_site_keys_did_not_begin_is_refused() {
    let mut vault = Vault::migrated();
    let stranger = NoteSigner::generate("site-a", &mut rng()).unwrap();
    vault.begin_roster(&vault.public(), Some(&stranger));
    assert_eq!(vault.unlock(b"right").err(), Some(Failure::RosterRefused));
    vault.roster.entries = vec!["no note".into()];
    assert_eq!(vault.unlock(b"right").err(), Some(Failure::RosterRefused));
}

#[test]
fn a_browser_that_has_seen_a_roster_takes_none_that_is_older_or_another() {
    let mut vault = Vault::migrated();
    let first = vault.roster.entries.clone();
    let place = |unlocked: &Unlocked| {
        unlocked.roster.as_ref().map(|roster| Place { remembered: roster.remember(), is_sure: true })
    };
    let seen = vault.unlock(b"right").unwrap();
    // The next entry, by the site key
    let next =
        seen.roster.as_ref().unwrap().next(NOW, vec![Change::AuditKey(*vault.public().encryption_key().fingerprint())]);
    vault.roster.entries.push(next.sign(&[&vault.site_key]).unwrap());
    vault.remembered = place(&seen);
    let grown = vault.unlock(b"right").unwrap();
    assert_eq!(grown.keys.len(), 1, "it goes on from what was seen");

    vault.remembered = place(&grown);
    vault.roster.entries = first;
    assert_eq!(vault.unlock(b"right").err(), Some(Failure::RosterRolledBack), "yesterday's");
    vault.roster.entries.clear();
    assert_eq!(vault.unlock(b"right").err(), Some(Failure::RosterRolledBack), "none at all");
    // Signed by the same site key, at another time
    vault.remembered = place(&seen);
    let changes = vec![
        Change::Threshold(1),
        Change::Add {
            keys: (&vault.public()).into(),
            roles: Roles::parse("admin").unwrap(),
            name: AdminName::parse("Anna").unwrap(),
        },
    ];
    let other = Entry::first(&vault.anchor.site, NOW.plus(1), changes);
    vault.roster.entries = vec![other.sign(&[&vault.site_key]).unwrap()];
    assert_eq!(vault.unlock(b"right").err(), Some(Failure::RosterForked));
    let text = vault.remembered.unwrap().remembered.to_text();
    assert_eq!(Remembered::parse(&text), vault.remembered.map(|place| place.remembered));
    for bad in ["", "0", "00 00", &format!(" {text}"), &format!("{text} "), &text.to_uppercase()] {
        assert_eq!(Remembered::parse(bad), None, "{bad}");
    }
}

#[test]
fn grants_of_somebody_else_are_refused_and_counted() {
    let mut vault = Vault::migrated();
    let ghost = Identity::generate(&vault.anchor.site, &mut rng()).unwrap();
    let key = vault.unlock(b"right").unwrap().keys.remove(0);
    let add = |public: &PublicIdentity, name: &str| Change::Add {
        keys: public.into(),
        roles: Roles::parse("admin").unwrap(),
        name: AdminName::parse(name).unwrap(),
    };
    let anna = vault.public();
    // Made under a roster in which the ghost stands, which the site keys never signed
    let site_key = NoteSigner::generate("ghost", &mut rng()).unwrap();
    let anchor = TrustAnchor { site_keys: vec![site_key.vkey().clone()], ..vault.anchor.clone() };
    let changes = vec![Change::Threshold(1), add(&anna, "Anna"), add(ghost.public(), "Ghost")];
    let note = Entry::first(&vault.anchor.site, NOW, changes).sign(&[&site_key]).unwrap();
    let roster = roster::verify_at_any_time(&[note], &anchor).unwrap();
    let grants = grant_key(&ghost, &roster, &anna, &key, &mut rng()).unwrap();
    vault.custody.keys[0].grants = grants.iter().map(|grant| B64u(grant.to_bytes())).collect();
    let unlocked = vault.unlock(b"right").unwrap();
    assert!(unlocked.keys.is_empty() && unlocked.refused_grants == 1);
    vault.custody.keys[0].grants = vec![B64u(b"no grant".to_vec())];
    assert_eq!(vault.unlock(b"right").unwrap().refused_grants, 1);
}

#[test]
fn answers_that_do_not_belong_together_are_malformed() {
    let mut vault = Vault::migrated();
    vault.custody.keys[0].key_id = Hex([0; 16]);
    assert_eq!(vault.unlock(b"right").err(), Some(Failure::Malformed));
    let mut vault = Vault::migrated();
    vault.identity.identity.as_mut().unwrap().wrapped.clear();
    assert_eq!(vault.unlock(b"right").err(), Some(Failure::Malformed));
    let mut vault = Vault::migrated();
    let other = Identity::generate(&vault.anchor.site, &mut rng()).unwrap();
    vault.identity.identity.as_mut().unwrap().public = B64u(other.public().to_bytes());
    assert_eq!(vault.unlock(b"right").err(), Some(Failure::IdentityRefused));
}

#[test]
fn a_roster_that_ends_before_the_timestamp_note_is_refused_and_one_that_goes_on_is_not() {
    let mut vault = Vault::migrated();
    let head = |vault: &Vault| vault.unlock(b"right").map(|unlocked| unlocked.roster.unwrap().head());
    let before = head(&vault).unwrap();
    vault.current = Some(before);
    assert_eq!(head(&vault), Ok(before));

    // A second person came in, and the note does not know it yet
    let roster = vault.unlock(b"right").unwrap().roster.unwrap();
    let admin = vault.unlock(b"right").unwrap().admin.unwrap();
    let ben = Identity::generate(&vault.anchor.site, &mut rng()).unwrap();
    let (roles, name) = (Roles::parse("admin").unwrap(), AdminName::parse("Ben").unwrap());
    let add = Change::Add { keys: ben.public().into(), roles, name };
    let entry = roster.next(NOW, vec![add]).sign(&[admin.signer()]).unwrap();
    vault.roster.entries.push(entry);
    let after = head(&vault).unwrap();
    assert_ne!(after, before);

    // Now it does, and the vault shows yesterday's list to a browser that has never seen another
    vault.current = Some(after);
    assert_eq!(head(&vault), Ok(after));
    vault.roster.entries.pop();
    assert_eq!(head(&vault), Err(Failure::RosterNotCurrent));
    vault.roster.entries.clear();
    assert_eq!(head(&vault), Err(Failure::RosterNotCurrent));
    vault.current = None;
    assert!(vault.unlock(b"right").unwrap().roster.is_none(), "an installation without a roster");
}

#[test]
fn under_a_list_that_only_the_vault_shows_nothing_is_signed() {
    let vault = Vault::migrated();
    let (identity, roster, custody) = (text(&vault.identity), text(&vault.roster), text(&vault.custody));
    let session = |remembered: &str| {
        let answers = Answers {
            identity: &identity,
            roster: &roster,
            custody: &custody,
            manifests: r#"{"notes":[]}"#,
            remembered,
            log_key: "",
            log_place: "",
            timestamp: None,
            now: NOW,
        };
        Session::unlock(&vault.export_key, b"right", &answers, &vault.anchor.encode(), &mut rng()).unwrap()
    };
    let id = Hex(vault.public().id().0);
    let request = format!(r#"{{"change":"roles","identity":{},"roles":["admin","auditor"]}}"#, text(&id));
    let now = NOW.plus(60).to_text();
    let mut unsure = session("");
    assert_eq!(unsure.roster_trust(), Trust::Unconfirmed);
    assert_eq!(unsure.change(&request, &now, &mut rng()).err(), Some(Failure::RosterUnconfirmed));
    assert_eq!(
        unsure.cosign("", r#"{"open":[],"waiting":[]}"#, &now, &mut rng()).err(),
        Some(Failure::RosterUnconfirmed)
    );
    // It is remembered, and that makes it no more certain at the next sign-in
    let mut again = session(&unsure.roster_place().unwrap());
    assert_eq!(again.roster_trust(), Trust::Unconfirmed);
    assert_eq!(again.change(&request, &now, &mut rng()).err(), Some(Failure::RosterUnconfirmed));
    // Confirmed once
    let mut sure = session(&unsure.roster_place().unwrap().replace(" unconfirmed", ""));
    assert_eq!(sure.roster_trust(), Trust::Remembered);
    assert!(sure.change(&request, &now, &mut rng()).is_ok());
}
