use super::*;
use crate::anchor::Origin;
use crate::keys::{ItemName, PrivateItems};
use crate::note::NoteSigner;
use crate::scalar::Site;
use crate::suite::Suite;
use KeyState::{Active, Pending, Purged, Retired, Retiring};

const HOUR: u64 = 3600;

fn day(day: u64) -> UnixTime {
    UnixTime::parse("2026-12-01T00:00:00Z").unwrap().plus_days(day)
}

/// Data key `number` from a day on.
fn key(number: u8, start: u64) -> DataKey {
    let items = PrivateItems::from_items(Suite::X25519, &[(ItemName::X25519, &[number; 32])]).unwrap();
    DataKey::new(day(start), items.public_key())
}

/// Signed on a day, for 395 days.
fn manifest(sequence: u64, signed: u64, data_keys: &[DataKey]) -> KeyManifest {
    let online = |name, seed| NoteSigner::from_seed(name, &[seed; 32]).unwrap().vkey().clone();
    let origin = Origin::parse("http://localhost:4801").unwrap();
    KeyManifest {
        site: Site::parse("demo.nightsafe.example").unwrap(),
        sequence,
        not_before: day(signed),
        not_after: day(signed + 395),
        ingest: origin.clone(),
        parents: vec![origin],
        timestamp_key: online("timestamp", 1),
        receipt_key: online("receipt", 2),
        data_keys: data_keys.to_vec(),
        kinds: Vec::new(),
    }
}

fn states(manifests: &[KeyManifest], now: UnixTime) -> Vec<KeyState> {
    epochs(manifests, now).iter().map(|epoch| epoch.state).collect()
}

#[test]
fn a_key_goes_through_its_states_by_the_clock() {
    let one = [manifest(1, 0, &[key(1, 0), key(2, 90), key(3, 180)])];
    // A clock that is behind takes the first key
    assert_eq!(states(&one, day(0).minus(HOUR)), [Active, Pending, Pending]);
    assert_eq!(states(&one, day(0)), [Active, Pending, Pending]);
    assert_eq!(states(&one, day(90).minus(1)), [Active, Pending, Pending]);
    assert_eq!(states(&one, day(90)), [Retiring, Active, Pending]);
    assert_eq!(states(&one, day(93)), [Retiring, Active, Pending], "a note of 48 hours, and a clock 24 hours behind");
    assert_eq!(states(&one, day(93).plus(1)), [Retired, Active, Pending]);
    assert_eq!(states(&one, day(181)), [Retired, Retiring, Active]);
    let until = |now| epochs(&one, now).iter().map(|epoch| epoch.until).collect::<Vec<_>>();
    assert_eq!(until(day(90)), [Some(day(93)), Some(day(180)), Some(day(180))]);
    assert_eq!(until(day(200)), [None, None, None]);
    assert_eq!(states(&[], day(0)), []);
}

#[test]
fn keys_that_the_newest_manifest_no_longer_names_are_remembered_by_the_others() {
    let first = manifest(1, 0, &[key(1, 0), key(2, 90)]);
    let third = manifest(3, 200, &[key(2, 90), key(3, 180)]);
    let second = manifest(2, 100, &[key(1, 0), key(2, 90), key(3, 180)]);
    // In whatever order they come
    for all in [[&first, &second, &third], [&third, &first, &second]] {
        let found = epochs(all, day(210));
        assert_eq!(found.iter().map(|epoch| epoch.state).collect::<Vec<_>>(), [Retired, Retired, Active]);
        assert_eq!(found.iter().map(|epoch| epoch.key.start).collect::<Vec<_>>(), [day(0), day(90), day(180)]);
    }
    // One that is left out while it is the active one retires from then on
    let at_once = manifest(2, 10, &[key(3, 10)]);
    assert_eq!(states(&[first.clone(), at_once.clone()], day(11)), [Retiring, Active, Purged]);
    assert_eq!(states(&[first, at_once], day(14)), [Retired, Active, Purged]);
}

#[test]
fn a_key_is_over_when_no_browser_can_be_sealing_to_it_any_more() {
    let over = |manifests: &[KeyManifest], now| epochs(manifests, now).iter().map(Epoch::is_over).collect::<Vec<_>>();
    let one = [manifest(1, 0, &[key(1, 0), key(2, 90)])];
    assert_eq!(over(&one, day(93)), [false, false], "within the tolerance of the last note");
    assert_eq!(over(&one, day(93).plus(1)), [true, false]);
    // Discarded on day 10; a browser whose clock is ahead may have taken it for three days more
    let two = [one[0].clone(), manifest(2, 10, &[key(1, 0), key(3, 10)])];
    assert_eq!(over(&two, day(13)), [false, false, false]);
    assert_eq!(over(&two, day(13).plus(1)), [true, false, true]);
}

#[test]
fn a_key_that_is_discarded_before_its_start_was_never_sealed_to() {
    // Somebody was revoked on day 10: the pending key is dropped, another starts at once
    let all = [manifest(1, 0, &[key(1, 0), key(2, 90)]), manifest(2, 10, &[key(1, 0), key(3, 10), key(4, 100)])];
    assert_eq!(states(&all, day(10)), [Retiring, Active, Purged, Pending]);
}

#[test]
fn the_end_of_a_manifest_is_announced_at_60_30_7_and_1_days() {
    let steps = |left: u64| manifest_due(day(100), day(100).minus(left));
    let within = |left: u64| match steps(left) {
        Some(Due::ManifestEnds { within_days, .. }) => Some(within_days),
        _ => None,
    };
    assert_eq!(steps(60 * DAY + 1), None);
    for (left, days) in
        [(60 * DAY, 60), (30 * DAY + 1, 60), (30 * DAY, 30), (7 * DAY, 7), (DAY + 1, 7), (DAY, 1), (1, 1)]
    {
        assert_eq!(within(left), Some(days), "{left}");
    }
    assert_eq!(steps(0), Some(Due::ManifestEnded { at: day(100) }));
    assert_eq!(manifest_due(day(100), day(101)), Some(Due::ManifestEnded { at: day(100) }));
}

#[test]
fn an_overdue_key_and_one_that_nothing_follows_are_announced() {
    let (one, two) = (key(1, 0), key(2, 90));
    let codes = |keys: &[DataKey], now| due(&manifest(1, 0, keys), &[], now).iter().map(Due::code).collect::<Vec<_>>();
    assert_eq!(codes(&[one.clone(), two.clone()], day(89)), [""; 0]);
    assert_eq!(codes(std::slice::from_ref(&one), day(89)), ["no_next_key"]);
    assert_eq!(codes(std::slice::from_ref(&one), day(90)), ["key_overdue"]);
    assert_eq!(codes(&[one.clone(), two.clone()], day(90)), ["no_next_key"]);
    assert_eq!(codes(&[one.clone(), two.clone()], day(180)), ["key_overdue"]);
    assert_eq!(codes(&[one.clone(), two], day(395)), ["manifest_ended", "key_overdue"]);
    // One that follows too late is no reason to say nothing
    assert_eq!(codes(&[one.clone(), key(3, 200)], day(100)), ["key_overdue"]);
    let [Due::KeyOverdue { key, days }] = due(&manifest(1, 0, std::slice::from_ref(&one)), &[], day(95).plus(HOUR))[..]
    else {
        panic!()
    };
    assert_eq!((key, days), (one.key_id(), 95));
}

#[test]
fn a_key_that_somebody_who_left_opens_is_late_until_none_such_is_in_use() {
    let keys = [key(1, 0), key(2, 90), key(3, 180)];
    let known = |numbers: &[usize], now| {
        let known: Vec<_> = numbers.iter().map(|number| keys[*number].key_id()).collect();
        let due = due(&manifest(1, 0, &keys), &known, now);
        due.iter().find(|due| due.code() == "key_known_to_leaver").cloned()
    };
    let told = |number: usize| Some(Due::KeyKnownToLeaver { key: keys[number].key_id() });
    assert_eq!(known(&[], day(100)), None);
    assert_eq!(known(&[1], day(100)), told(1), "the active one");
    assert_eq!(known(&[2], day(100)), told(2), "one that follows");
    assert_eq!(known(&[0, 1, 2], day(100)), told(1));
    assert_eq!(known(&[0], day(100)), None, "nothing is sealed to it any more");
    assert_eq!(known(&[0], day(0).minus(HOUR)), told(0), "a clock that is behind seals to the first");
    assert!(told(0).unwrap().is_late());
}

#[test]
fn each_step_has_a_name_of_its_own_and_says_what_to_do() {
    let key = key(1, 0).key_id();
    let all = [
        Due::ManifestEnds { within_days: 30, at: day(100) },
        Due::ManifestEnds { within_days: 7, at: day(100) },
        Due::ManifestEnded { at: day(100) },
        Due::KeyKnownToLeaver { key },
        Due::KeyOverdue { key, days: 91 },
        Due::NoNextKey { key, overdue: day(90) },
    ];
    let steps: std::collections::BTreeSet<_> = all.iter().map(Due::step).collect();
    assert_eq!(steps.len(), all.len());
    assert_eq!(all[0].step(), "manifest_ends 2027-03-11T00:00:00Z 30");
    assert_eq!(all.iter().filter(|due| due.is_late()).count(), 3);
    for due in &all {
        let text = due.to_string();
        assert!(text.contains("nightsafe keys propose") && !text.contains('\n'), "{text}");
    }
    assert!(Due::ManifestEnds { within_days: 1, at: day(100) }.to_string().starts_with("less than 1 day until"));
}
