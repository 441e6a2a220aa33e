use super::*;
use crate::roster::fixture::{List, add, anchor, honest, person, revoke, site};
use crate::roster::{Change, verify_at_any_time};
use crate::suite::Suite;
use crate::testing::TestRng;
use proptest::prelude::*;

fn data_key() -> PrivateItems {
    PrivateItems::generate(Suite::XWing, &mut TestRng::new("data key")).unwrap()
}

fn granted(granter: &Identity, roster: &Roster, recipient: &Identity) -> Result<Vec<AdminGrant>, GrantError> {
    grant_key(granter, roster, recipient.public(), &data_key(), &mut TestRng::new("grant"))
}

#[test]
fn a_granted_key_opens_for_its_recipient() {
    let (roster, anna, dora) = (honest().roster(), person("anna"), person("dora"));
    let grants = granted(&anna, &roster, &dora).unwrap();
    assert_eq!(grants.len(), 2);
    let read: Vec<_> = grants.iter().map(|grant| AdminGrant::parse(&grant.to_bytes()).unwrap()).collect();
    assert_eq!(read, grants);
    assert_eq!((read[0].granter(), read[0].recipient(), read[0].sequence()), (anna.id(), dora.id(), 5));
    let key = open_key(&dora, &roster, data_key().public_key(), &read).unwrap();
    assert_eq!(key.items().collect::<Vec<_>>(), data_key().items().collect::<Vec<_>>());
    // To oneself, and when the roster has gone on
    let early = honest().upto(3).roster();
    let own = granted(&anna, &early, &anna).unwrap();
    assert!(open_key(&anna, &roster, data_key().public_key(), &own).is_ok());
    assert_eq!(own[0].open(&dora, &roster), Err(GrantError::OtherRecipient));
}

#[test]
fn nobody_outside_of_the_roster_grants_or_is_granted_to() {
    let (list, roster) = (honest(), honest().roster());
    let [anna, ben, cleo, mallory] = ["anna", "ben", "cleo", "mallory"].map(person);
    for gone in [&ben, &cleo, &mallory] {
        assert_eq!(granted(gone, &roster, &anna), Err(GrantError::UnknownGranter));
        assert_eq!(granted(&anna, &roster, gone), Err(GrantError::UnknownRecipient));
    }
    // A ghost admin stands in the vault's roster alone
    let ghost = List::first(vec![Change::Threshold(1), add(&mallory, "admin", "M"), add(&anna, "admin", "Anna")]);
    let forged = granted(&mallory, &ghost.roster(), &anna).unwrap();
    assert_eq!(forged[0].open(&anna, &roster), Err(GrantError::OtherRoster));
    let renumbered = AdminGrant { sequence: 5, head: roster.head(), ..forged[0].clone() };
    assert_eq!(renumbered.open(&anna, &roster), Err(GrantError::UnknownGranter));
    let renamed = AdminGrant { granter: person("new cleo").id(), ..renumbered };
    assert_eq!(renamed.open(&anna, &roster), Err(GrantError::BadSignature));
    // Ben's own, from when he was one, stay good; from later on they are not
    let early = list.upto(2).roster();
    let by_ben = granted(&ben, &early, &anna).unwrap();
    assert!(by_ben[0].open(&anna, &roster).is_ok());
    let later = AdminGrant { sequence: 3, head: roster.head_at(3).unwrap(), ..by_ben[0].clone() };
    assert_eq!(later.open(&anna, &roster), Err(GrantError::UnknownGranter));
    // Of a state that the reader has not seen yet
    let grants = granted(&anna, &roster, &anna).unwrap();
    assert_eq!(grants[0].open(&anna, &early), Err(GrantError::OtherRoster));
    // To somebody who was no admin yet
    let erik = person("erik");
    let more = list.and(vec![add(&erik, "admin", "Erik")], &[anna.signer(), person("new cleo").signer()]);
    let early = AdminGrant { recipient: erik.id(), ..grants[0].clone() };
    assert_eq!(early.open(&erik, &more.roster()), Err(GrantError::UnknownRecipient));
    // Revoked since, both of them
    let gone = more.and(vec![revoke(&anna)], &[person("new cleo").signer(), erik.signer()]);
    let after = verify_at_any_time(&gone.entries, &anchor()).unwrap();
    assert_eq!(granted(&anna, &after, &erik), Err(GrantError::UnknownGranter));
}

#[test]
fn another_granter_cannot_put_his_name_to_it() {
    let (roster, anna, cleo, dora) = (honest().roster(), person("anna"), person("new cleo"), person("dora"));
    let mut taken = granted(&anna, &roster, &dora).unwrap().remove(0);
    taken.granter = cleo.id();
    taken.signature = cleo.signer().sign(&taken.body());
    assert_eq!(taken.open(&dora, &roster), Err(GrantError::Open));
}

#[test]
fn items_of_another_key_are_told() {
    let (roster, anna) = (honest().roster(), person("anna"));
    let other = PrivateItems::generate(Suite::XWing, &mut TestRng::new("other key")).unwrap();
    let grants = granted(&anna, &roster, &anna).unwrap();
    let open = |public: &DataPublicKey, grants: &[AdminGrant]| open_key(&anna, &roster, public, grants).map(|_| ());
    assert_eq!(open(other.public_key(), &grants), Err(GrantError::OtherKey));
    assert_eq!(open(data_key().public_key(), &grants[..1]), Err(GrantError::OtherKey));
    assert_eq!(open(data_key().public_key(), &[grants[0].clone(), grants[0].clone()]), Err(GrantError::OtherKey));
    // An admin who lies about what he seals
    let items: Vec<_> = other.items().collect();
    let lies = AdminGrant::make(
        &anna,
        &roster,
        anna.public(),
        (&data_key().public_key().key_id(), items[1]),
        &mut TestRng::new("lie"),
    );
    let lies = [grants[0].clone(), lies.unwrap()];
    assert_eq!(open(data_key().public_key(), &lies), Err(GrantError::OtherKey));
}

#[test]
fn another_site_is_told() {
    let (roster, anna) = (honest().roster(), person("anna"));
    let elsewhere = Site::parse("other.example").unwrap();
    let foreign = Identity::generate(&elsewhere, &mut TestRng::new("anna")).unwrap();
    assert_eq!(granted(&foreign, &roster, &anna), Err(GrantError::WrongSite));
    assert_eq!(granted(&anna, &roster, &foreign), Err(GrantError::WrongSite));
    let moved = AdminGrant { site: elsewhere, ..granted(&anna, &roster, &anna).unwrap().remove(0) };
    assert_eq!(moved.open(&anna, &roster), Err(GrantError::WrongSite));
    assert_eq!(moved.site, *foreign.public().site());
    assert_eq!(site(), *roster.site());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_changed_grant_is_refused(place: prop::sample::Index, bit in 0_u8..8) {
        let (roster, anna) = (honest().roster(), person("anna"));
        let mut bytes = granted(&anna, &roster, &anna).unwrap()[0].to_bytes();
        let place = place.index(bytes.len());
        bytes[place] ^= 1 << bit;
        if let Ok(grant) = AdminGrant::parse(&bytes) {
            prop_assert_eq!(grant.to_bytes(), bytes);
            prop_assert!(grant.open(&anna, &roster).is_err());
        }
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = AdminGrant::parse(&bytes);
    }
}
