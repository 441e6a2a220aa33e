//! Whether many deposits that have passed make anything slow: ingest above all, which must not notice, and a page of a
//! listing by last four. The vault's taking in, which does touch the rows that grow, must not go on getting slower.
//!
//! Two installations stand beside each other, each with an ingest of its own, a program asked over HTTP: one grows, the
//! other keeps the fewest rows. Ingest's time is compared with the other one's of the same second, a round here and a round
//! there: the sizes are half an hour apart, in which a machine's disk changes by more than the aim allows for.
//!
//! With each row of the vault's index comes the id that the outbox keeps of a deposit that was taken. On SQLite, ingest looks
//! among those for each deposit, in a file that it shares with nothing else of the vault. On PostgreSQL it looks at neither,
//! and shares the server with both: one database, its buffers, its write-ahead log.
//!
//! The rows are made by bulk SQL, which says nothing that a deposit would not: random ids, keys and locators, facets as
//! they are spread among cards. 10 thousand and 100 thousand rows in every run; with `NIGHTSAFE_LONG`, which
//! `cargo xtask test --long` sets, 1 and 5 million more (`NIGHTSAFE_ROWS` names another end).

mod installation;
mod rig;

use nightsafe_tests::bulk::CHUNK;

use installation::Installation;
use rig::Measured;

const SIZES: [u64; 4] = [10_000, 100_000, 1_000_000, 5_000_000];

/// How many times as long a transaction of 64 deposits (`rig::BATCH`) may take among more rows than the fewest.
///
/// A row's place in an index by random ids is in one leaf, found through the levels above it. Among 10 thousand rows an index
/// has some 35 leaves of SQLite's 16 KiB, or 85 of PostgreSQL's 8 KiB, of which 64 rows touch 29, or 45; among any number of
/// rows they touch 64 at most, which is 2.2 times as many to read, to log and to write. Five million rows need one level more
/// than the two or three that there were: at most half as much again to walk. Both together are 3.3, and the log's whole pages
/// after a checkpoint come on top, for which there is some room. Work for each row that is there would be 500 times as
/// much, and its square root 22 times.
const INTAKE_SLOWER: f64 = 4.0;

/// The aims: how much slower ingest may get, and milliseconds of a page at p99.
const SLOWER: f64 = 1.2;
const LISTING_P99: f64 = 50.0;

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    let _turn = crate::TURN.lock().await;
    let (few, many) = (Installation::sqlite().await, Installation::sqlite().await);
    grow("SQLite", few, many).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    let _turn = crate::TURN.lock().await;
    let (few, many) = (Installation::postgres().await, Installation::postgres().await);
    grow("PostgreSQL", few, many).await;
}

async fn grow(engine: &str, mut few: Installation, mut many: Installation) {
    few.fill(0, SIZES[0]).await;
    few.settle(SIZES[0]).await;
    let mut results = Vec::new();
    for (from, to) in steps() {
        many.fill(from, to).await;
        if SIZES.contains(&to) {
            many.settle(to).await;
            let measured = rig::measure(&few.rig, &many.rig, to).await;
            eprintln!("{engine}, {measured}");
            results.push(measured);
        }
    }
    few.stop().await;
    many.stop().await;
    judge(&results);
}

/// From how many rows to how many, one chunk after the other.
fn steps() -> Vec<(u64, u64)> {
    let named = std::env::var("NIGHTSAFE_ROWS").ok().and_then(|text| text.parse().ok());
    let most: u64 = named.unwrap_or(if is_long() { SIZES[3] } else { SIZES[1] });
    let ends = SIZES.into_iter().chain((1..).map(|number| number * CHUNK).take_while(|end| *end <= SIZES[3]));
    let mut ends: Vec<u64> = ends.filter(|end| *end <= most).collect();
    ends.sort_unstable();
    ends.dedup();
    let from = std::iter::once(0).chain(ends.iter().copied());
    from.zip(ends.iter().copied()).collect()
}

/// Times are held to their aims in the long run only, when nothing else is tested beside it.
fn judge(results: &[Measured]) {
    if !is_long() {
        return;
    }
    let first = results.first().unwrap();
    for one in results {
        assert!(one.listing_p99 < LISTING_P99, "a page took {:.1} ms with {} rows", one.listing_p99, one.rows);
        assert!(one.slower <= SLOWER, "ingest got {:.2} times as slow with {} rows", one.slower, one.rows);
        let longer = one.take_in / first.take_in;
        assert!(longer <= INTAKE_SLOWER, "taking in takes {longer:.2} times as long with {} rows", one.rows);
    }
}

fn is_long() -> bool {
    std::env::var_os("NIGHTSAFE_LONG").is_some()
}
