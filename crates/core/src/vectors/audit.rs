//! `audit-v1.json`: entries, signed, committed to and sealed.

use super::{bytes, key, key_of, read};
use crate::audit::{
    Action, Actor, Commitment, Entry, OpenedField, PasskeyChange, PointHash, Purpose, RecoveryMethod, Salt,
    SignedEntry, open_sealed, seal, sealed_parts, signed_message,
};
use crate::encoding::hex;
use crate::keys::KeyState;
use crate::log::Tree;
use crate::note::{NoteSigner, Vkey};
use crate::passkey::PasskeyId;
use crate::scalar::{DepositId, IdentityId, KeyId, KindName, ManifestHash, PartName, RosterHead, Site};
use crate::suite::Suite;
use crate::testing::TestRng;
use crate::time::UnixTime;
use serde::Serialize;
use serde_json::{Value, json};

const SITE: &str = "demo.nightsafe.example";
const ADMIN: IdentityId = IdentityId([0xa1; 16]);

#[derive(Serialize)]
#[allow(non_snake_case)] // As in `envelope-v1.json`
pub(super) struct Vectors {
    site: &'static str,
    /// The actor's identity, and keys.
    admin: String,
    admin_key: String,
    vault_key: String,
    /// The X-Wing seed of the audit key.
    skR: String,
    audit_key_id: String,
    points: Vec<Value>,
    entries: Vec<Vector>,
    /// Root over the commitments of `entries`.
    root: String,
    refused: Vec<Value>,
}

#[derive(Serialize)]
struct Vector {
    actor: &'static str,
    action: &'static str,
    purpose: Option<&'static str>,
    time: u64,
    salt: String,
    entry: String,
    message: String,
    signed: String,
    commitment: String,
    leaf_hash: String,
    info: String,
    aad: String,
    sealed: String,
}

fn signers() -> (NoteSigner, NoteSigner) {
    let admin = NoteSigner::from_seed(&format!("admin/{ADMIN}"), &[0x51; 32]).unwrap();
    (admin, NoteSigner::from_seed(&format!("{SITE}/audit"), &[0x31; 32]).unwrap())
}

fn actions() -> Vec<(Actor, Action)> {
    let (admin, other, data_key) = (Actor::Admin(ADMIN), IdentityId([0xb2; 16]), KeyId([0xc0; 16]));
    let names = |names: &[&str]| names.iter().map(|name| PartName::parse(name).unwrap()).collect();
    let field = |kind: &str, index, point| OpenedField {
        kind: KindName::parse(kind).unwrap(),
        index,
        point: PointHash::of(&[point; 32]),
    };
    let fields = vec![field("address", 0, 1), field("card", 0, 2), field("locator", 0, 3)];
    let deposit = DepositId([0xd0; 32]);
    let resealed = Action::Reseal { deposit, data_key, fields: fields[..2].to_vec() };
    vec![
        (admin, Action::SignIn),
        (Actor::Vault, Action::SignInFailed(None)),
        (Actor::Vault, Action::SignInFailed(Some(ADMIN))),
        (Actor::Vault, Action::SignOut),
        (admin, Action::Search { criteria: names(&["last4", "postal_code"]), purpose: Some(Purpose::Dispute) }),
        (admin, Action::List { limit: 50, purpose: None }),
        (admin, Action::Open { deposit, fields, purpose: Purpose::Ship }),
        (admin, Action::Grant { data_key, to: other }),
        (admin, Action::Revoke(other)),
        (Actor::Vault, Action::KeyChange { data_key, state: KeyState::Active }),
        (admin, Action::PolicyChange(ManifestHash([0xe0; 32]))),
        (admin, Action::Export { records: 50, purpose: Purpose::Charge }),
        (admin, Action::PassphraseChange),
        (admin, Action::Recovery { identity: ADMIN, method: RecoveryMethod::Kit }),
        (admin, Action::RosterChange(RosterHead([0xf0; 32]))),
        (admin, resealed),
        (admin, Action::PasskeyChange { passkey: PasskeyId([0x90; 16]), change: PasskeyChange::Added }),
        (Actor::Vault, Action::PolicyChange(ManifestHash([0xe1; 32]))),
        (Actor::Vault, Action::KeyChange { data_key, state: KeyState::Pending }),
    ]
}

pub(super) fn make() -> Vectors {
    let mut rng = TestRng::new("nightsafe audit-v1 vectors");
    let (seed, audit) = key(Suite::XWing, &mut rng);
    let (admin, vault) = signers();
    let (site, start) = (Site::parse(SITE).unwrap(), UnixTime::parse("2026-12-01T09:30:00Z").unwrap());
    let (mut entries, mut tree) = (Vec::new(), Tree::new());
    for (number, (actor, action)) in (0..).zip(actions()) {
        let (salt, time) = (Salt::generate(&mut rng), start.plus(number));
        let entry = Entry::new(site.clone(), actor, action, time).unwrap();
        let signed = SignedEntry::sign(entry.clone(), &salt, if actor == Actor::Vault { &vault } else { &admin });
        let commitment = signed.commitment(&salt);
        tree.append(commitment.leaf_hash()).unwrap();
        let (info, aad) = sealed_parts(&site, &audit.public_key().key_id(), &commitment);
        entries.push(Vector {
            actor: if actor == Actor::Vault { "vault" } else { "admin" },
            action: entry.action().name(),
            purpose: entry.action().purpose().map(Purpose::as_str),
            time: time.seconds(),
            salt: hex(salt.as_bytes()),
            entry: hex(&entry.encode()),
            message: hex(&signed_message(&salt, &entry.encode())),
            signed: hex(signed.as_bytes()),
            commitment: commitment.to_hex(),
            leaf_hash: commitment.leaf_hash().to_hex(),
            info: hex(&info),
            aad: hex(&aad),
            sealed: hex(&seal(audit.public_key(), &salt, &signed, &mut rng).unwrap()),
        });
    }
    let refused = refused(&entries);
    Vectors {
        site: SITE,
        admin: ADMIN.to_hex(),
        admin_key: admin.vkey().to_text(),
        vault_key: vault.vkey().to_text(),
        skR: hex(&seed),
        audit_key_id: audit.public_key().key_id().to_hex(),
        points: [1, 2, 3]
            .map(|point| json!({"point": hex(&[point; 32]), "hash": hex(&PointHash::of(&[point; 32]).0)}))
            .into(),
        root: tree.root().to_hex(),
        entries,
        refused,
    }
}

/// Entries with one piece of hex exchanged.
fn refused(entries: &[Vector]) -> Vec<Value> {
    let entry = |action: &str| entries.iter().find(|one| one.action == action).unwrap().entry.clone();
    let changed = |case: &str, action: &str, from: &str, to: &str, error: &str| {
        let entry = entry(action);
        assert!(entry.contains(from), "{case}");
        json!({"case": case, "entry": entry.replacen(from, to, 1), "error": error})
    };
    let (admin, card) = (format!("50{}", ADMIN.to_hex()), format!("64{}", hex(b"card")));
    vec![
        changed("an unknown action", "list", &hex(b"list"), &hex(b"look"), "malformed"),
        changed("an unknown purpose", "export", &hex(b"charge"), &hex(b"gossip"), "malformed"),
        changed("an export without purpose", "export", &format!("66{}", hex(b"charge")), "60", "malformed"),
        changed("a sign-in with purpose", "sign-in", "8060", &format!("8064{}", hex(b"ship")), "malformed"),
        changed("a longer head than needed", "list", "1832", "190032", "malformed"),
        changed("a subject too many", "sign-in", "80", "8100", "malformed"),
        changed("an identity of 15 bytes", "sign-in", &admin, &format!("4f{}", &admin[4..]), "malformed"),
        changed("signed in by the vault", "sign-in", &admin, "40", "wrong_actor"),
        changed("a failed sign-in by an admin", "sign-in-failed", "406e", &format!("{admin}6e"), "wrong_actor"),
        changed("fields out of order", "open", &card, &format!("64{}", hex(b"aard")), "out_of_limits"),
        changed("a re-seal with purpose", "reseal", "60", &format!("64{}", hex(b"ship")), "malformed"),
        json!({"case": "bytes left over", "entry": entry("sign-in") + "00", "error": "malformed"}),
    ]
}

#[test]
fn they_open() {
    let vectors = read("audit-v1.json");
    let text = |name: &str| vectors[name].as_str().unwrap();
    let (site, audit) =
        (Site::parse(text("site")).unwrap(), key_of(Suite::XWing, &bytes(&vectors, "skR").try_into().unwrap()));
    let mut tree = Tree::new();
    for vector in vectors["entries"].as_array().unwrap() {
        let commitment = Commitment(bytes(vector, "commitment").try_into().unwrap());
        let (salt, signed) = open_sealed(&audit, &site, &commitment, &bytes(vector, "sealed")).unwrap();
        assert_eq!(
            (salt.as_bytes().to_vec(), signed.as_bytes()),
            (bytes(vector, "salt"), &bytes(vector, "signed")[..])
        );
        let key = Vkey::parse(text(if vector["actor"] == "vault" { "vault_key" } else { "admin_key" })).unwrap();
        let entry = signed.verify(&salt, &key).unwrap();
        assert_eq!(entry.encode(), bytes(vector, "entry"));
        assert_eq!(
            (json!(entry.action().name()), json!(entry.time().seconds())),
            (vector["action"].clone(), vector["time"].clone())
        );
        tree.append(commitment.leaf_hash()).unwrap();
    }
    assert_eq!(tree.root().to_hex(), text("root"));
    for vector in vectors["points"].as_array().unwrap() {
        let point = bytes(vector, "point").try_into().unwrap();
        assert_eq!(PointHash::of(&point).0.to_vec(), bytes(vector, "hash"));
    }
    for case in vectors["refused"].as_array().unwrap() {
        let error = Entry::parse(&bytes(case, "entry")).unwrap_err();
        assert_eq!(json!(error.code()), case["error"], "{}", case["case"]);
    }
}
