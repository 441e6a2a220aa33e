//! Connections that are cut anywhere in a request.

use nightsafe_tests::deposits::SIX_FIELDS;
use nightsafe_tests::http::Connection;
use nightsafe_tests::seeded::Seeded;

use crate::rig::{postgres, readable};
use crate::single::Single;

const CUTS: usize = 60;

#[test]
fn a_request_that_is_cut_off_stores_nothing_and_disturbs_nobody_on_sqlite() {
    cut_off(Single::start(None));
}

#[test]
fn a_request_that_is_cut_off_stores_nothing_and_disturbs_nobody_on_postgres() {
    let folder = readable();
    let cluster = postgres(folder.path().join("pg"));
    cut_off(Single::start_on(&cluster));
}

fn cut_off(mut single: Single) {
    let mut seed = Seeded::announced("connections cut");
    let address = single.server.address();
    for cut in 0..CUTS {
        let deposit = single.order(SIX_FIELDS);
        let json = deposit.to_json();
        let request = format!(
            "POST /v1/deposits HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{json}",
            json.len()
        );
        // All but the last byte at most: what came whole may be stored
        let end = usize::try_from(seed.below(request.len() as u64 - 1)).unwrap();
        single.runtime.block_on(async {
            let mut connection = Connection::open(address).await.unwrap();
            connection.send(&request.as_bytes()[..end]).await.unwrap();
        });
        if cut % 10 == 0 {
            assert_eq!(single.deposit(), 201);
            // The shopper whose connection was cut tries again
            assert_eq!(single.send(&deposit).status, 201);
        }
    }
    assert_eq!(single.stored(), (CUTS / 10 * 2) as u64);
    single.server.stop();
}
