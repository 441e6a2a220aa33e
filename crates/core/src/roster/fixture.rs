//! People, site keys and an honest roster that tests and vectors share.

use super::{AdminKeys, Change, Entry, Reason, Roles, Roster, verify_at_any_time};
use crate::anchor::{Origin, TrustAnchor, WasmFile};
use crate::identity::{AdminName, Identity};
use crate::note::NoteSigner;
use crate::scalar::{KeyFingerprint, Site};
use crate::testing::TestRng;
use crate::time::UnixTime;

pub(crate) const SITE: &str = "demo.nightsafe.example";
/// The last entry of [`honest`].
pub(crate) const LAST: usize = 5;

pub(crate) fn site() -> Site {
    Site::parse(SITE).unwrap()
}

/// Site key 1, 2 or 3: 32 equal bytes.
pub(crate) fn site_key(number: u8) -> NoteSigner {
    NoteSigner::from_seed(&format!("{SITE}/site-{number}"), &[number; 32]).unwrap()
}

/// Two of three.
pub(crate) fn anchor() -> TrustAnchor {
    let wasm = WasmFile { name: "checkout.wasm".into(), integrity: format!("sha384-{}", "A".repeat(64)) };
    TrustAnchor {
        site: site(),
        site_keys: (1..=3).map(|number| site_key(number).vkey().clone()).collect(),
        threshold: 2,
        sequence_floor: 0,
        ingest: Origin::parse("https://ingest.example").unwrap(),
        wasm: wasm.clone(),
        wasm_portable: wasm,
    }
}

/// The same name is the same identity.
pub(crate) fn person(name: &'static str) -> Identity {
    Identity::generate(&site(), &mut TestRng::new(name)).unwrap()
}

pub(crate) fn add(identity: &Identity, roles: &str, name: &str) -> Change {
    Change::Add {
        keys: AdminKeys::from(identity.public()),
        roles: Roles::parse(roles).unwrap(),
        name: AdminName::parse(name).unwrap(),
    }
}

pub(crate) fn revoke(identity: &Identity) -> Change {
    Change::Revoke { id: identity.id(), reason: Reason::Left }
}

/// Minutes of 2026-12-01.
pub(crate) fn at(minute: u64) -> UnixTime {
    UnixTime::parse("2026-12-01T12:00:00Z").unwrap().plus(minute * 60)
}

/// A roster and what it was verified from.
pub(crate) struct List {
    pub(crate) entries: Vec<String>,
}

impl List {
    /// A first entry by two site keys.
    pub(crate) fn first(changes: Vec<Change>) -> Self {
        let note = Entry::first(&site(), at(0), changes).sign(&[&site_key(1), &site_key(2)]);
        Self { entries: vec![note.unwrap()] }
    }

    pub(crate) fn roster(&self) -> Roster {
        verify_at_any_time(&self.entries, &anchor()).unwrap()
    }

    /// The next entry, a minute after the last.
    pub(crate) fn next(&self, changes: Vec<Change>) -> Entry {
        self.roster().next(at(self.entries.len() as u64), changes)
    }

    /// With one more entry, whether or not it may follow.
    pub(crate) fn and(mut self, changes: Vec<Change>, signers: &[&NoteSigner]) -> Self {
        self.entries.push(self.next(changes).sign(signers).unwrap());
        self
    }

    /// The first entries.
    pub(crate) fn upto(&self, last: usize) -> Self {
        Self { entries: self.entries[..=last].to_vec() }
    }
}

/// Anna; then Ben, and two must sign; Cleo and Dora; Ben leaves; Cleo gets new keys; Dora another role.
pub(crate) fn honest() -> List {
    let [anna, ben, cleo, dora, new_cleo] = ["anna", "ben", "cleo", "dora", "new cleo"].map(person);
    let replace = Change::Replace { id: cleo.id(), old: None, keys: AdminKeys::from(new_cleo.public()) };
    let roles = Change::Roles { id: dora.id(), roles: Roles::parse("auditor,shipping").unwrap() };
    List::first(vec![Change::Threshold(1), Change::AuditKey(KeyFingerprint([0x2a; 32])), add(&anna, "admin", "Anna")])
        .and(vec![add(&ben, "admin", "Ben"), Change::Threshold(2)], &[anna.signer()])
        .and(
            vec![add(&cleo, "admin,auditor", "Cleo"), add(&dora, "shipping", "Dora O'Neill")],
            &[anna.signer(), ben.signer()],
        )
        .and(vec![revoke(&ben)], &[anna.signer(), cleo.signer()])
        .and(vec![replace], &[anna.signer(), cleo.signer()])
        .and(vec![roles], &[new_cleo.signer(), anna.signer()])
}
