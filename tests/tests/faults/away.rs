//! PostgreSQL that is gone for a while.

use nightsafe_tests::deposits::SIX_FIELDS;

use crate::rig::{postgres, readable};
use crate::single::Single;

#[test]
fn while_postgres_is_away_senders_are_told_to_come_again_and_then_get_their_receipts() {
    let folder = readable();
    let mut cluster = postgres(folder.path().join("pg"));
    let mut single = Single::start_on(&cluster);
    let first = single.order(SIX_FIELDS);
    let receipt = single.send(&first);
    assert_eq!(receipt.status, 201, "{}", receipt.text());

    cluster.kill();
    let second = single.order(SIX_FIELDS);
    // Not only the one whose connection it was
    for _ in 0..3 {
        for deposit in [&second, &first] {
            let answer = single.send(deposit);
            assert_eq!(answer.status, 503, "{}", answer.text());
            assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{}", answer.head);
            assert!(answer.text().contains("storage-unavailable"), "{}", answer.text());
            let wait: u32 = answer.header("retry-after").unwrap().parse().unwrap();
            assert!((1..=60).contains(&wait), "{wait}");
        }
    }
    assert!(single.server.log().contains("deposits were not stored"), "{}", single.server.log());

    // No restart of ours
    cluster.resume();
    let answer = single.send(&second);
    assert_eq!(answer.status, 201, "{}: {}", answer.text(), single.server.log());
    assert!(answer.text().contains(&second.id().to_hex()), "{}", answer.text());
    let again = single.send(&first);
    assert_eq!((again.status, again.text()), (201, receipt.text()));
    assert_eq!(single.stored(), 2);
    single.server.stop();
}
