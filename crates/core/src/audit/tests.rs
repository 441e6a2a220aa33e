//! Entries, and what an auditor finds when one of them was tampered with.

use super::*;
use crate::keys::{KeyState, PrivateItems};
use crate::log::{Checkpoint, Hashes, Origin, Plan, Proof, Tree};
use crate::note::NoteSigner;
use crate::passkey::PasskeyId;
use crate::scalar::{DepositId, IdentityId, KeyId, KindName, ManifestHash, PartName, RosterHead, Site};
use crate::suite::Suite;
use crate::testing::TestRng;
use crate::time::UnixTime;
use proptest::prelude::*;

const ANNA: IdentityId = IdentityId([0xa1; 16]);
const BEN: IdentityId = IdentityId([0xb2; 16]);

fn site() -> Site {
    Site::parse("demo.nightsafe.example").unwrap()
}

fn signer_of(actor: Actor) -> NoteSigner {
    match actor {
        Actor::Vault => NoteSigner::from_seed("demo.nightsafe.example/audit", &[0x31; 32]),
        Actor::Admin(id) => NoteSigner::from_seed(&format!("admin/{id}"), &[id.0[0]; 32]),
    }
    .unwrap()
}

fn signers() -> Vec<Signer> {
    [Actor::Vault, Actor::Admin(ANNA), Actor::Admin(BEN)]
        .map(|actor| Signer { actor, key: signer_of(actor).vkey().clone() })
        .into()
}

fn field(kind: &str, index: u32, point: u8) -> OpenedField {
    OpenedField { kind: KindName::parse(kind).unwrap(), index, point: PointHash::of(&[point; 32]) }
}

fn open(fields: Vec<OpenedField>) -> Action {
    Action::Open { deposit: DepositId([0xd0; 32]), fields, purpose: Purpose::Ship }
}

fn criteria(names: &[&str]) -> Vec<PartName> {
    names.iter().map(|name| PartName::parse(name).unwrap()).collect()
}

/// One of each, with who may sign it.
fn all() -> Vec<(Actor, Action)> {
    let (anna, key) = (Actor::Admin(ANNA), KeyId([0xc0; 16]));
    vec![
        (anna, Action::SignIn),
        (Actor::Vault, Action::SignInFailed(Some(ANNA))),
        (Actor::Vault, Action::SignInFailed(None)),
        (anna, Action::SignOut),
        (Actor::Vault, Action::SignOut),
        (anna, Action::Search { criteria: criteria(&["last4", "postal_code"]), purpose: None }),
        (anna, Action::Search { criteria: criteria(&["reference"]), purpose: Some(Purpose::Dispute) }),
        (anna, Action::List { limit: 50, purpose: Some(Purpose::Ship) }),
        (anna, open(vec![field("address", 0, 1), field("card", 0, 2), field("card", 1, 3), field("locator", 0, 4)])),
        (anna, Action::Reseal { deposit: DepositId([0xd0; 32]), data_key: key, fields: vec![field("card", 0, 2)] }),
        (anna, Action::Grant { data_key: key, to: BEN }),
        (anna, Action::Revoke(BEN)),
        (Actor::Vault, Action::KeyChange { data_key: key, state: KeyState::Active }),
        (anna, Action::KeyChange { data_key: key, state: KeyState::Purged }),
        (anna, Action::PolicyChange(ManifestHash([0xe0; 32]))),
        (Actor::Vault, Action::PolicyChange(ManifestHash([0xe1; 32]))),
        (anna, Action::Export { records: 50, purpose: Purpose::Ship }),
        (anna, Action::PassphraseChange),
        (Actor::Admin(BEN), Action::Recovery { identity: BEN, method: RecoveryMethod::Kit }),
        (anna, Action::RosterChange(RosterHead([0xf0; 32]))),
        (anna, Action::PasskeyChange { passkey: PasskeyId([0x90; 16]), change: PasskeyChange::Added }),
        (anna, Action::PasskeyChange { passkey: PasskeyId([0x90; 16]), change: PasskeyChange::Removed }),
    ]
}

fn entry(actor: Actor, action: Action) -> Result<Entry, AuditError> {
    Entry::new(site(), actor, action, UnixTime::parse("2026-12-01T09:30:00Z").unwrap())
}

/// Salted and signed.
fn signed() -> Vec<(Salt, SignedEntry)> {
    let mut rng = TestRng::new("audit tests");
    let sign = |(actor, action)| {
        let salt = Salt::generate(&mut rng);
        let signed = SignedEntry::sign(entry(actor, action).unwrap(), &salt, &signer_of(actor));
        (salt, signed)
    };
    all().into_iter().map(sign).collect()
}

#[test]
fn every_action_comes_back() {
    for (actor, action) in all() {
        let made = entry(actor, action.clone()).unwrap();
        let bytes = made.encode();
        let read = Entry::parse(&bytes).unwrap();
        assert_eq!((&read, read.actor(), read.action()), (&made, actor, &action));
        for end in 0..bytes.len() {
            assert!(Entry::parse(&bytes[..end]).is_err(), "{}", action.name());
        }
        assert_eq!(Entry::parse(&[&bytes[..], &[0]].concat()), Err(AuditError::Malformed));
    }
}

#[test]
fn who_may_sign_what() {
    for (_, action) in all() {
        let by_admin = entry(Actor::Admin(ANNA), action.clone());
        let by_vault = entry(Actor::Vault, action.clone());
        let expected = match action.name() {
            "sign-in-failed" => (false, true),
            "sign-out" | "key-change" | "policy-change" => (true, true),
            _ => (true, false),
        };
        assert_eq!((by_admin.is_ok(), by_vault.is_ok()), expected, "{}", action.name());
    }
}

#[test]
fn lists_have_a_length_and_an_order() {
    let anna = Actor::Admin(ANNA);
    let many = |count: u32| (0..count).map(|index| field("card", index, 1)).collect::<Vec<_>>();
    let long = |index| OpenedField { kind: KindName::parse(&"k".repeat(32)).unwrap(), ..field("k", index, 1) };
    // The longest there is fits, and can be sealed
    let site = Site::parse(&["s".repeat(63), "s".repeat(63), "s".repeat(63), "s".repeat(61)].join(".")).unwrap();
    let fields = (u32::MAX - 47..=u32::MAX).map(long).collect();
    let longest = Entry::new(site, anna, open(fields), UnixTime::from_seconds(u64::MAX)).unwrap();
    assert!(longest.encode().len() <= MAX_AUDIT_ENTRY);
    let (salt, mut rng) = (Salt::from_bytes([1; 32]), TestRng::new("longest"));
    let key = PrivateItems::generate(Suite::XWing, &mut rng).unwrap();
    let signed = SignedEntry::sign(longest, &salt, &signer_of(anna));
    assert_eq!(seal(key.public_key(), &salt, &signed, &mut rng).unwrap().len(), 1120 + 4096 + 16);

    // One tag may have several rows: the same place with another point
    let twice = [field("card", 0, 1), field("card", 0, 2)];
    let in_order = [twice.clone(), [twice[1].clone(), twice[0].clone()]];
    let accepted = in_order.map(|fields| entry(anna, open(fields.into())).is_ok());
    assert_eq!(accepted, if twice[0].point < twice[1].point { [true, false] } else { [false, true] });
    for fields in [vec![], many(49), vec![field("card", 1, 1), field("card", 0, 1)], vec![field("card", 0, 1); 2]] {
        assert_eq!(entry(anna, open(fields)), Err(AuditError::Limits));
    }
    assert!(entry(anna, open(many(48))).is_ok());
    let names: Vec<String> = (0..17).map(|number| format!("c{number:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let search = |names: &[&str]| entry(anna, Action::Search { criteria: criteria(names), purpose: None });
    assert!(search(&names[..16]).is_ok());
    for wrong in [&names[..], &[], &["b", "a"], &["a", "a"]] {
        assert_eq!(search(wrong), Err(AuditError::Limits));
    }
}

#[test]
fn what_is_not_specified_is_refused() {
    let bytes = |action| entry(Actor::Admin(ANNA), action).unwrap().encode();
    let replace = |bytes: &[u8], from: &[u8], to: &[u8]| {
        let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
        [&bytes[..at], to, &bytes[at + from.len()..]].concat()
    };
    let shipped = bytes(Action::List { limit: 50, purpose: Some(Purpose::Ship) });
    let plain = bytes(Action::SignIn);
    let exported = bytes(Action::Export { records: 1, purpose: Purpose::Ship });
    let changed = bytes(Action::KeyChange { data_key: KeyId([0; 16]), state: KeyState::Active });
    for wrong in [
        replace(&shipped, b"\x64list", b"\x64look"),
        replace(&shipped, b"\x64ship", b"\x64shop"),
        replace(&shipped, b"\x18\x32", b"\x19\x00\x32"),
        replace(&shipped, b"\x18\x32", b"\x1b\x00\x00\x00\x01\x00\x00\x00\x00"),
        replace(&shipped, b"audit-entry", b"audit-point"),
        replace(&plain, b"sign-in\x80\x60", b"sign-in\x80\x64ship"),
        replace(&plain, b"sign-in\x80", b"sign-in\x81\x00"),
        replace(&exported, b"\x64ship", b"\x60"),
        replace(&changed, b"\x66active", b"\x66actual"),
        replace(&plain, b"\x76demo.nightsafe.example", b"\x76Demo.nightsafe.example"),
        replace(&plain, &[&[0x50][..], &ANNA.0].concat(), &[&[0x4f][..], &ANNA.0[1..]].concat()),
        // A year that has no text
        [&plain[..plain.len() - 5], &[0x1b], &u64::MAX.to_be_bytes()].concat(),
    ] {
        assert_eq!(Entry::parse(&wrong), Err(AuditError::Malformed));
    }
    // Said to be by the vault
    let by_vault = replace(&plain, &[&[0x50][..], &ANNA.0].concat(), &[0x40]);
    assert_eq!(Entry::parse(&by_vault), Err(AuditError::Actor));
    assert_eq!(Entry::parse(&vec![0; MAX_AUDIT_ENTRY + 1]), Err(AuditError::Limits));
}

#[test]
fn a_signature_is_for_one_salt_and_one_key() {
    for (salt, signed) in signed() {
        let actor = signed.entry().actor();
        let key = signer_of(actor);
        assert!(signed.verify(&salt, key.vkey()).is_ok());
        assert_eq!(SignedEntry::parse(signed.as_bytes()).as_ref(), Ok(&signed));
        let other = signer_of(Actor::Admin(IdentityId([7; 16])));
        assert_eq!(signed.verify(&salt, other.vkey()), Err(AuditError::BadSignature));
        assert_eq!(signed.verify(&Salt::from_bytes([0; 32]), key.vkey()), Err(AuditError::BadSignature));
    }
}

#[test]
fn an_opening_says_which_points_it_opens() {
    let action = open(vec![field("address", 0, 1), field("card", 0, 2)]);
    assert!(action.opens(&[1; 32]) && action.opens(&[2; 32]));
    assert!(!action.opens(&[3; 32]) && !Action::SignIn.opens(&[1; 32]));
    let (deposit, data_key) = (DepositId([0xd0; 32]), KeyId([0xc0; 16]));
    let resealed = Action::Reseal { deposit, data_key, fields: vec![field("card", 0, 2)] };
    assert!(resealed.opens(&[2; 32]) && !resealed.opens(&[1; 32]) && resealed.purpose().is_none());
    assert!(entry(Actor::Admin(ANNA), Action::Reseal { deposit, data_key, fields: vec![] }).is_err());
    assert!(entry(Actor::Vault, resealed).is_err());
    // Neither the point nor a tag stands in the entry
    let bytes = entry(Actor::Admin(ANNA), action).unwrap().encode();
    assert!(!bytes.windows(32).any(|window| window == [1; 32] || window == [2; 32]));
}

#[test]
fn sealed_entries_open_in_their_place_with_their_key_only() {
    let mut rng = TestRng::new("sealed entries");
    let key = PrivateItems::generate(Suite::XWing, &mut rng).unwrap();
    let other = PrivateItems::generate(Suite::XWing, &mut rng).unwrap();
    let entries = signed();
    for (salt, signed) in &entries {
        let commitment = signed.commitment(salt);
        let mut sealed = seal(key.public_key(), salt, signed, &mut rng).unwrap();
        // All of one length
        assert_eq!(sealed.len(), 1120 + 1024 + 16);
        let (again, entry) = open_sealed(&key, &site(), &commitment, &sealed).unwrap();
        assert_eq!((&again, &entry), (salt, signed));
        let elsewhere = Site::parse("other.example").unwrap();
        for refused in [
            open_sealed(&other, &site(), &commitment, &sealed),
            open_sealed(&key, &elsewhere, &commitment, &sealed),
            open_sealed(&key, &site(), &Commitment([0; 32]), &sealed),
            open_sealed(&key, &site(), &commitment, &sealed[1..]),
            open_sealed(&key, &site(), &commitment, &[]),
        ] {
            assert_eq!(refused.unwrap_err(), AuditError::Open);
        }
        let last = sealed.len() - 1;
        sealed[last] ^= 1;
        assert_eq!(open_sealed(&key, &site(), &commitment, &sealed).unwrap_err(), AuditError::Open);
    }
    let (salt, signed) = &entries[0];
    let classical = PrivateItems::generate(Suite::X25519, &mut rng).unwrap();
    assert_eq!(seal(classical.public_key(), salt, signed, &mut rng), Err(AuditError::Seal));
    assert_eq!(format!("{salt:?}"), "Salt(..)");
}

#[test]
fn what_was_sealed_under_another_commitment_is_refused() {
    let mut rng = TestRng::new("sealed by a liar");
    let key = PrivateItems::generate(Suite::XWing, &mut rng).unwrap();
    let (public, site) = (key.public_key(), site());
    let entries = signed();
    let (salt, signed) = &entries[0];
    let claimed = entries[1].1.commitment(&entries[1].0);
    let aad = sealed::aad(&site, &public.key_id(), &claimed);
    let sealed_as = |plaintext: &[u8], rng: &mut TestRng| {
        let padded = crate::padding::pad(plaintext, crate::padding::Bucket::new(1024).unwrap()).unwrap();
        public.sealer().seal(&[], &sealed::info(&site), &aad, &padded, rng).unwrap()
    };
    let mut writer = crate::cbor::Writer::default();
    let other = writer.array(2).bytes(salt.as_bytes()).bytes(signed.as_bytes()).finish();
    let lie = sealed_as(&other, &mut rng);
    assert_eq!(open_sealed(&key, &site, &claimed, &lie).unwrap_err(), AuditError::OtherCommitment);
    let lie = sealed_as(&other[1..], &mut rng);
    assert_eq!(open_sealed(&key, &site, &claimed, &lie).unwrap_err(), AuditError::Malformed);
}

/// A log of the entries, as an honest vault keeps it.
struct Copy {
    leaves: Vec<Commitment>,
    opened: Vec<(u64, Salt, Vec<u8>)>,
}

impl Copy {
    fn honest() -> Self {
        let opened = (0..).zip(signed()).map(|(index, (salt, signed))| (index, salt, signed.as_bytes().to_vec()));
        let opened: Vec<(u64, Salt, Vec<u8>)> = opened.collect();
        Self { leaves: opened.iter().map(|(_, salt, signed)| Commitment::of(salt, signed)).collect(), opened }
    }

    /// What the log's key signs over these leaves: root can have it sign whatever it likes.
    fn checkpoint(&self, size: usize) -> Checkpoint {
        let mut tree = Tree::new();
        for leaf in &self.leaves[..size] {
            tree.append(leaf.leaf_hash()).unwrap();
        }
        Checkpoint {
            origin: Origin::parse("demo.nightsafe.example/audit").unwrap(),
            size: tree.size(),
            root: tree.root(),
        }
    }

    fn findings(&self, earlier: &[Checkpoint]) -> Vec<Finding> {
        self.under(&self.checkpoint(self.leaves.len()), earlier)
    }

    fn under(&self, checkpoint: &Checkpoint, earlier: &[Checkpoint]) -> Vec<Finding> {
        let (leaves, opened, signers, site) = (&self.leaves, &self.opened, &signers(), &site());
        check(&Evidence { site, checkpoint, earlier, leaves, opened, signers })
    }
}

/// What somebody outside has kept: the empty log, and sizes 5 and 11.
fn printed() -> [Checkpoint; 3] {
    [0, 5, 11].map(|size| Copy::honest().checkpoint(size))
}

#[test]
fn an_honest_log_has_no_findings() {
    let mut copy = Copy::honest();
    assert_eq!(copy.findings(&printed()), []);
    // Nor one of which entries were erased
    copy.opened.retain(|(index, ..)| index % 3 == 0);
    assert_eq!(copy.findings(&printed()), []);
    copy.opened.clear();
    assert_eq!(copy.findings(&[]), []);
}

#[test]
fn an_edited_entry_is_found() {
    let mut copy = Copy::honest();
    // Root has another entry that anna did sign, and puts it in the place of the opening
    let (salt, signed) = {
        let salt = Salt::from_bytes([9; 32]);
        let entry = entry(Actor::Admin(ANNA), Action::SignOut).unwrap();
        (salt.clone(), SignedEntry::sign(entry, &salt, &signer_of(Actor::Admin(ANNA))))
    };
    copy.leaves[8] = signed.commitment(&salt);
    // Who has the entry sees it, who has a checkpoint sees it, and without a new signature on the tree everybody does
    assert_eq!(copy.findings(&printed()), [Finding::Forked, Finding::NotInLog(8)]);
    let old = Copy::honest().checkpoint(copy.leaves.len());
    assert_eq!(copy.under(&old, &[]), [Finding::Edited, Finding::NotInLog(8)]);
    copy.opened[8] = (8, salt, signed.as_bytes().to_vec());
    assert_eq!(copy.findings(&printed()), [Finding::Forked]);
}

#[test]
fn a_dropped_entry_is_found() {
    let mut copy = Copy::honest();
    copy.leaves.remove(2);
    let findings = copy.findings(&printed());
    assert_eq!(findings[..3], [Finding::Forked, Finding::Forked, Finding::NotInLog(2)]);
    assert!(findings[3..].contains(&Finding::Reordered { index: 3, found: 2 }));
    // At the end
    let mut copy = Copy::honest();
    copy.leaves.truncate(9);
    copy.opened.truncate(9);
    assert_eq!(copy.findings(&printed()), [Finding::Dropped]);
    let whole = Copy::honest().checkpoint(17);
    assert_eq!(copy.under(&whole, &printed()), [Finding::Incomplete(9)]);
}

#[test]
fn reordered_entries_are_found() {
    let mut copy = Copy::honest();
    copy.leaves.swap(3, 12);
    let moved = [Finding::Reordered { index: 3, found: 12 }, Finding::Reordered { index: 12, found: 3 }];
    assert_eq!(copy.findings(&[]), moved);
    copy.opened.clear();
    assert_eq!(copy.findings(&printed()), [Finding::Forked, Finding::Forked]);
}

#[test]
fn a_fork_is_found() {
    let mut copy = Copy::honest();
    let end = copy.checkpoint(17);
    copy.leaves[16] = Commitment([7; 32]);
    copy.opened.truncate(16);
    assert_eq!(copy.findings(std::slice::from_ref(&end)), [Finding::Forked]);
    // A log of another name is none of this one's
    let other = Checkpoint { origin: Origin::parse("elsewhere").unwrap(), ..end };
    assert_eq!(copy.findings(&[other]), [Finding::OtherLog]);
}

#[test]
fn an_entry_that_is_put_in_again_is_found() {
    let mut copy = Copy::honest();
    copy.leaves.push(copy.leaves[8]);
    assert_eq!(copy.findings(&printed()), [Finding::Repeated { index: 22, first: 8 }]);
    // Under another salt the signature does not hold
    let mut copy = Copy::honest();
    let (salt, signed) = (Salt::from_bytes([8; 32]), copy.opened[8].2.clone());
    copy.leaves.push(Commitment::of(&salt, &signed));
    copy.opened.push((22, salt, signed));
    assert_eq!(copy.findings(&printed()), [Finding::Unsigned(22)]);
}

#[test]
fn entries_that_nobody_signed_are_found() {
    let put = |actor: Actor, by: Actor, site: Site| {
        let mut copy = Copy::honest();
        let salt = Salt::from_bytes([6; 32]);
        let action = if actor == Actor::Vault { Action::SignInFailed(None) } else { Action::SignIn };
        let entry = Entry::new(site, actor, action, UnixTime::from_seconds(1)).unwrap();
        let signed = SignedEntry::sign(entry, &salt, &signer_of(by));
        copy.leaves.push(signed.commitment(&salt));
        copy.opened.push((22, salt, signed.as_bytes().to_vec()));
        copy.findings(&printed())
    };
    let (anna, ghost) = (Actor::Admin(ANNA), Actor::Admin(IdentityId([7; 16])));
    assert_eq!(put(anna, anna, site()), []);
    assert_eq!(put(anna, Actor::Vault, site()), [Finding::Unsigned(22)]);
    assert_eq!(put(anna, Actor::Admin(BEN), site()), [Finding::Unsigned(22)]);
    assert_eq!(put(Actor::Vault, anna, site()), [Finding::Unsigned(22)]);
    assert_eq!(put(ghost, ghost, site()), [Finding::UnknownSigner(22)]);
    assert_eq!(put(anna, anna, Site::parse("other.example").unwrap()), [Finding::OtherSite(22)]);
    let mut copy = Copy::honest();
    let salt = Salt::from_bytes([5; 32]);
    copy.leaves.push(Commitment::of(&salt, b"anything"));
    copy.opened.push((22, salt, b"anything".to_vec()));
    assert_eq!(copy.findings(&printed()), [Finding::Malformed(22)]);
    // A place that the log does not have
    let mut copy = Copy::honest();
    copy.opened[0].0 = u64::MAX;
    assert_eq!(copy.findings(&[]), [Finding::Reordered { index: u64::MAX, found: 0 }]);
}

#[test]
fn proofs_do_for_who_has_no_copy() {
    let copy = Copy::honest();
    let (mut tree, mut hashes) = (Tree::new(), Hashes::default());
    for leaf in &copy.leaves {
        hashes.store(tree.append(leaf.leaf_hash()).unwrap());
    }
    let now = copy.checkpoint(22);
    for earlier in printed() {
        let proof = Plan::for_consistency(earlier.size, 22).unwrap().read_proof(&hashes).unwrap();
        assert_eq!(check_consistency(&earlier, &now, &proof), Ok(()));
        let other = Checkpoint { origin: Origin::parse("elsewhere").unwrap(), ..earlier.clone() };
        assert_eq!(check_consistency(&other, &now, &proof), Err(Finding::OtherLog));
        assert_eq!(check_consistency(&now, &earlier, &proof), Err(Finding::Dropped));
        let mut forked = earlier.clone();
        forked.root.0[0] ^= 1;
        assert_eq!(check_consistency(&forked, &now, &proof), Err(Finding::Forked));
    }
    for (index, salt, signed) in &copy.opened {
        let proof = Plan::for_inclusion(*index, 22).unwrap().read_proof(&hashes).unwrap();
        let check = |index, salt: &Salt, signed: &[u8], proof: &Proof, signers: &[Signer]| {
            check_inclusion(&now, &site(), (index, proof), (salt, signed), signers)
        };
        let entry = check(*index, salt, signed, &proof, &signers()).unwrap();
        assert_eq!(Some(&entry), SignedEntry::parse(signed).ok().as_ref().map(SignedEntry::entry));
        let missing = Err(Finding::NotInLog(*index));
        assert_eq!(check(*index, &Salt::from_bytes([0; 32]), signed, &proof, &signers()), missing);
        assert_eq!(check(*index, salt, &signed[1..], &proof, &signers()), missing);
        assert_eq!(check(*index, salt, signed, &Proof::default(), &signers()), missing);
        assert_eq!(check(index ^ 1, salt, signed, &proof, &signers()), Err(Finding::NotInLog(index ^ 1)));
        assert_eq!(check(*index, salt, signed, &proof, &[]), Err(Finding::UnknownSigner(*index)));
    }
}

proptest! {
    #[test]
    fn one_changed_bit_of_a_signed_entry_is_noticed(which in 0..18_usize, bit in any::<prop::sample::Index>()) {
        let (salt, signed) = signed().swap_remove(which);
        let mut bytes = signed.as_bytes().to_vec();
        let bit = bit.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        prop_assert_ne!(Commitment::of(&salt, &bytes), signed.commitment(&salt));
        if let Ok(read) = SignedEntry::parse(&bytes) {
            prop_assert_eq!(read.as_bytes(), &bytes);
            prop_assert!(signers().iter().all(|signer| read.verify(&salt, &signer.key).is_err()));
        }
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = (Entry::parse(&bytes), SignedEntry::parse(&bytes));
    }
}
