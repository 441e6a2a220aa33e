//! What a verified roster says, and what its writers are told. What a hostile vault may try is in the vectors.

use super::fixture::{LAST, add, anchor, at, honest, person, revoke, site, site_key};
use super::*;
use proptest::prelude::*;

#[test]
fn it_says_who_was_active_when() {
    let (list, roster) = (honest(), honest().roster());
    assert_eq!(roster.sequence(), LAST as u64);
    assert_eq!(verify(&list.entries, &anchor(), roster.head(), Some(roster.remember())).as_ref(), Ok(&roster));
    let earlier = list.upto(2).roster();
    assert_eq!(roster.head_at(2), Some(earlier.head()));
    assert!(verify(&list.entries, &anchor(), roster.head(), Some(earlier.remember())).is_ok());
    assert_eq!((roster.threshold(), roster.audit_key()), (Some(2), Some(KeyFingerprint([0x2a; 32]))));
    assert_eq!((roster.entry(0), roster.entry(3)), (Some((at(0), By::SiteKeys)), Some((at(3), By::Admins))));
    assert_eq!(roster.entry(6), None);

    let names: Vec<_> = roster.active().map(|admin| admin.name().as_str()).collect();
    assert_eq!(names, ["Anna", "Dora O'Neill", "Cleo"]);
    let signers: Vec<_> = roster.signers().map(|admin| admin.name().as_str()).collect();
    assert_eq!(signers, ["Anna", "Cleo"]);
    let [ben, cleo, new_cleo, dora] = ["ben", "cleo", "new cleo", "dora"].map(|name| person(name).id());
    let when = |id| (0..8).filter(|sequence| roster.active_at(id, *sequence).is_some()).collect::<Vec<u64>>();
    assert_eq!(when(&ben), [1, 2]);
    assert_eq!(when(&cleo), [2, 3]);
    assert_eq!(when(&new_cleo), [4, 5]);
    assert!(when(&person("mallory").id()).is_empty());
    assert_eq!(roster.admin(&ben).unwrap().end(), Some((3, End::Revoked(Reason::Left))));
    assert_eq!(roster.admin(&cleo).unwrap().end(), Some((4, End::Replaced(new_cleo, OldKeys::Forgotten))));
    assert_eq!(roster.everybody().count(), 5);
    let roles = |sequence| roster.admin(&dora).unwrap().roles_at(sequence).map(Roles::to_text);
    assert_eq!([roles(1), roles(2), roles(5)], [None, Some("shipping".into()), Some("auditor,shipping".into())]);
    assert_eq!(roster.admin(&new_cleo).unwrap().roles_at(4).unwrap().to_text(), "admin,auditor");
}

#[test]
fn who_has_new_keys_has_not_left_until_these_are_revoked() {
    let list = honest();
    let [ben, cleo, new_cleo, anna, mallory] =
        ["ben", "cleo", "new cleo", "anna", "mallory"].map(|name| person(name).id());
    let left = |roster: &Roster| [ben, cleo, new_cleo, anna, mallory].map(|id| roster.has_left(&id));
    assert_eq!(left(&list.upto(2).roster()), [false; 5]);
    assert_eq!(left(&list.roster()), [true, false, false, false, false]);
    let goes = list.next(vec![Change::Threshold(1), revoke(&person("new cleo"))]);
    let gone = list.roster().preview(&goes, By::Admins, &anchor()).unwrap();
    assert_eq!(left(&gone), [true, true, true, false, false]);
    // Somebody else may have the keys: it is as if that one had left
    let replace = |old| Change::Replace { id: new_cleo, old, keys: AdminKeys::from(person("erik").public()) };
    for (old, expected) in [(None, false), (Some(OldKeys::Forgotten), false), (Some(OldKeys::Lost), true)] {
        let replaced = list.roster().preview(&list.next(vec![replace(old)]), By::Admins, &anchor()).unwrap();
        // What was replaced before by keys that are lost now was this person's, too
        assert_eq!(left(&replaced), [true, expected, expected, false, false], "{old:?}");
        assert_eq!(replaced.known_to_leavers(&[(KeyId([1; 16]), new_cleo)]).len(), usize::from(expected));
        let state = if expected { "replaced_lost" } else { "replaced" };
        assert_eq!(replaced.admin(&new_cleo).unwrap().state(), state);
        assert!(!replaced.has_left(&person("erik").id()));
    }
    let (one, two, three) = (KeyId([1; 16]), KeyId([2; 16]), KeyId([3; 16]));
    let ended = [(three, ben), (one, cleo), (one, ben), (two, anna), (two, mallory)];
    assert_eq!(gone.known_to_leavers(&ended), [one, three]);
}

#[test]
fn a_key_beside_the_roster_is_the_one_that_it_names() {
    let roster = honest().roster();
    let (anna, mallory) = (person("anna"), person("mallory"));
    let admin = roster.admin(&anna.id()).unwrap();
    assert_eq!(admin.identity(&site(), anna.public().encryption_key().clone()).as_ref(), Ok(anna.public()));
    let swapped = admin.identity(&site(), mallory.public().encryption_key().clone());
    assert_eq!(swapped, Err(Fault::SwappedKey));
    assert!(admin.has_keys(anna.public()) && !admin.has_keys(mallory.public()));
}

#[test]
fn two_sign_one_after_the_other() {
    let (list, anna, cleo) = (honest().upto(3), person("anna"), person("cleo"));
    let roster = list.roster();
    let erik = person("erik");
    let entry = list.next(vec![add(&erik, "admin", "Erik")]);
    let after = roster.preview(&entry, By::Admins, &anchor()).unwrap();
    assert!(after.active_at(&erik.id(), 4).is_some());
    let one = entry.sign(&[anna.signer()]).unwrap();
    let few = RosterError { sequence: 4, fault: Fault::TooFewSignatures };
    assert_eq!(roster.clone().append(&one, &anchor()), Err(few));
    assert_eq!(roster.clone().append(&cosign(&one, anna.signer()).unwrap(), &anchor()), Err(few));
    let who = |note: &str| {
        let (note, _) = take_apart(note).unwrap();
        roster.signed(&note).map(|admins| admins.iter().map(|admin| admin.name().as_str()).collect::<Vec<_>>())
    };
    assert_eq!(who(&one), Ok(vec!["Anna"]));
    // Not yet in it, or without the role
    assert_eq!(who(&entry.sign(&[erik.signer(), person("dora").signer()]).unwrap()), Ok(vec![]));
    // Anna's signature, under another entry
    let text = list.next(vec![Change::Threshold(1)]).encode();
    let moved = one.replacen(&entry.encode(), &text, 1);
    assert_eq!(who(&moved), Err(Fault::BadSignature));
    let both = cosign(&one, cleo.signer()).unwrap();
    assert_eq!(who(&both), Ok(vec!["Anna", "Cleo"]));
    assert_eq!(roster.append(&both, &anchor()), Ok(after));
    assert_eq!(cosign("no note", anna.signer()), Err(Fault::Malformed(0)));
}

#[test]
fn a_preview_says_what_a_reader_would() {
    let list = honest();
    let roster = list.roster();
    let preview = |entry: &Entry, by| roster.preview(entry, by, &anchor()).map(|_| ()).map_err(|error| error.fault);
    let all = vec![revoke(&person("anna")), revoke(&person("new cleo"))];
    assert_eq!(preview(&list.next(all.clone()), By::Admins), Err(Fault::LastAdmin));
    assert_eq!(preview(&list.next(all), By::SiteKeys), Ok(()));
    let late = Entry { sequence: 7, ..list.next(vec![Change::Threshold(1)]) };
    assert_eq!(preview(&late, By::Admins), Err(Fault::OutOfSequence));
    assert_eq!(preview(&list.next(vec![revoke(&person("ben"))]), By::Admins), Err(Fault::UnknownAdmin));
    // A clock that is behind does not stand in the way
    assert_eq!(roster.next(at(0), vec![Change::Threshold(1)]).time, at(5));
}

#[test]
fn no_more_than_64_people_at_a_time() {
    // Made-up fingerprints: nothing is sealed here
    let someone = |number: u8| {
        let mut seed = [0xc0; 32];
        seed[0] = number;
        let signing = crate::note::NoteSigner::from_seed("any", &seed).unwrap();
        let encryption = KeyFingerprint([number; 32]);
        let id = crate::identity::id_of(&site(), &encryption, signing.vkey().public_key());
        let vkey = crate::note::Vkey::new(&crate::identity::signing_name(&id), signing.vkey().public_key()).unwrap();
        format!("add {} {} admin Person {number}", vkey.to_text(), encryption.to_hex())
    };
    let text = |count: u8| {
        let head = Entry::first(&site(), at(0), vec![]).encode();
        let lines: Vec<String> = (0..count).map(someone).collect();
        format!("{head}threshold 1\n{}\n", lines.join("\n"))
    };
    let read = |text: &str| {
        let note = crate::note::sign(text, &[&site_key(1), &site_key(2)]).unwrap();
        verify_at_any_time(&[note], &anchor()).map_err(|error| error.fault)
    };
    assert_eq!(read(&text(63)).unwrap().active().count(), 63);
    assert_eq!(read(&text(64)), Err(Fault::Malformed(70)));
    let full = read(&text(63)).unwrap();
    let more = |names: &[&'static str]| {
        let changes = names.iter().map(|name| add(&person(name), "admin", name)).collect();
        full.preview(&full.next(at(1), changes), By::SiteKeys, &anchor()).map(|after| after.active().count())
    };
    assert_eq!(more(&["a"]), Ok(64));
    assert_eq!(more(&["a", "b"]).unwrap_err().fault, Fault::TooMany);
}

#[test]
fn a_name_is_free_again_when_its_bearer_has_gone() {
    let list = honest().upto(3);
    let after = |changes| list.roster().preview(&list.next(changes), By::Admins, &anchor());
    let (other, cleo) = (person("other"), person("cleo"));
    assert_eq!(after(vec![add(&other, "admin", "aNNa")]).unwrap_err().fault, Fault::NameTaken);
    assert!(after(vec![add(&other, "admin", "Ben")]).is_ok());
    assert!(after(vec![add(&other, "admin", "Cleo"), revoke(&cleo)]).is_err());
    assert!(after(vec![revoke(&cleo), add(&other, "admin", "Cleo")]).is_ok());
}

#[test]
fn errors_say_where_and_what_to_do() {
    let error = RosterError { sequence: 3, fault: Fault::Malformed(7) };
    assert_eq!(error.to_string(), "roster entry 3: write the entry in its one canonical form; look at line 7");
    let error = RosterError { sequence: 4, fault: Fault::Fork };
    assert_eq!(error.to_string(), "roster entry 4: stop trusting this vault: it shows another roster than before");
}

/// Anything that can be written.
fn changes() -> impl Strategy<Value = Vec<Change>> {
    let person = || prop::sample::select(vec!["anna", "ben", "cleo"]).prop_map(person);
    let roles = || prop::sample::select(vec!["admin", "shipping", "admin,auditor", "a.b-c,x1"]);
    let name = "[a-zé+,]{1,8}( [A-Z]{1,8}){0,2}";
    let change = prop_oneof![
        (1_u8..=2).prop_map(Change::Threshold),
        any::<[u8; 32]>().prop_map(|key| Change::AuditKey(KeyFingerprint(key))),
        (person(), roles(), name).prop_map(|(person, roles, name)| add(&person, roles, &name)),
        person().prop_map(|person| revoke(&person)),
        (
            any::<[u8; 16]>(),
            proptest::sample::select(vec![None, Some(OldKeys::Lost), Some(OldKeys::Forgotten)]),
            person()
        )
            .prop_map(|(id, old, person)| Change::Replace {
                id: IdentityId(id),
                old,
                keys: person.public().into()
            }),
        (any::<[u8; 16]>(), roles())
            .prop_map(|(id, roles)| Change::Roles { id: IdentityId(id), roles: Roles::parse(roles).unwrap() }),
    ];
    prop::collection::vec(change, 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read(changes in changes(), sequence in 0_u64..9_999_999_999, previous: [u8; 32], minute in 0_u64..9999) {
        let entry = Entry { site: site(), sequence, previous: RosterHead(previous), time: at(minute), changes };
        prop_assert_eq!(Entry::parse(&entry.encode()), Ok(entry));
    }

    #[test]
    fn a_changed_entry_is_refused(place: prop::sample::Index, entry in 0..=LAST, bit in 0_u8..7) {
        let mut list = honest();
        let text = list.entries[entry].find("\n\n").unwrap();
        let mut bytes = list.entries[entry].clone().into_bytes();
        bytes[place.index(text)] ^= 1 << bit;
        if let Ok(changed) = String::from_utf8(bytes) {
            list.entries[entry] = changed;
            let error = verify_at_any_time(&list.entries, &anchor()).unwrap_err();
            prop_assert_eq!(error.sequence, entry as u64);
        }
    }

    #[test]
    fn any_subset_in_any_order_is_refused_or_a_beginning(order in prop::collection::vec(0..=LAST, 0..=LAST + 1)) {
        let list = honest();
        let entries: Vec<&String> = order.iter().map(|place| &list.entries[*place]).collect();
        let begins = !order.is_empty() && order.iter().enumerate().all(|(place, one)| place == *one);
        prop_assert_eq!(verify_at_any_time(&entries, &anchor()).is_ok(), begins);
        let current = verify(&entries, &anchor(), list.roster().head(), None);
        prop_assert_eq!(current.is_ok(), begins && order.len() == LAST + 1);
    }

    #[test]
    fn any_text_is_answered(text: String) {
        let _ = (Entry::parse(&text), cosign(&text, &site_key(1)), Roles::parse(&text));
    }
}

#[test]
fn roles_have_one_form() {
    for text in ["admin", "a,b,c", "a,b,c,d,e,f,g,h"] {
        assert_eq!(Roles::parse(text).unwrap().to_text(), text);
    }
    for text in ["", ",", "a,", "b,a", "a,a", "A", "a, b", "a,b,c,d,e,f,g,h,i"] {
        assert_eq!(Roles::parse(text), None, "{text}");
    }
    assert!(Roles::parse("admin,x").unwrap().is_admin() && !Roles::parse("administrator").unwrap().is_admin());
}
