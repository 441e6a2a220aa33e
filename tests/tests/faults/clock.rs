//! A machine's clock that is set back by an hour while customers order: of the servers, and of PostgreSQL.

use std::time::{Duration, Instant};

use nightsafe_tests::deposits::now;
use nightsafe_tests::process::pause;
use nightsafe_tests::seeded::Seeded;
use nightsafe_tests::shoppers::Shoppers;

use crate::rig::{Engine, Mode, Part, Rig};

const HOUR: i64 = 3600;
const SHOPPERS: usize = 6;

/// Receipts before and after, at least.
const RECEIPTS: u64 = 150;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "{what}");
        pause(Duration::from_millis(10));
    }
}

/// Whether ingest and PostgreSQL are ahead of the system's clock by so many seconds, give or take what a note is used for.
fn all_are_ahead(rig: &Rig, seconds: i64) -> bool {
    let now = i64::try_from(now().seconds()).unwrap();
    rig.times().iter().all(|time| (time - now - seconds).abs() < HOUR / 4)
}

fn survives(engine: Engine, mode: Mode) {
    let mut seed = Seeded::announced(&format!("clock set back, {engine:?}, {mode:?}"));
    let Some((mut rig, clock)) = Rig::ahead(engine, mode, HOUR) else { return };
    assert!(all_are_ahead(&rig, HOUR), "{:?}", rig.times());
    let shoppers = Shoppers::start(SHOPPERS, &[rig.ingest.address()], rig.site.published(), &mut seed);
    wait_until("receipts before", || shoppers.receipts() >= RECEIPTS);

    clock.set(0);
    let at_that_moment = shoppers.receipts();
    wait_until("the clocks are not set", || all_are_ahead(&rig, 0));
    let since = shoppers.receipts();
    wait_until("receipts after", || shoppers.receipts() >= since + RECEIPTS);
    let failures = shoppers.failures();
    let held = shoppers.stop();
    assert_eq!(failures, 0, "somebody noticed: {}", rig.ingest.log());
    if mode == Mode::Relay {
        // It takes no signature from before it knows again what it has seen: an hour from now, or when it starts anew
        rig.wait_for_vault_to_say(&[
            "deposits were not taken; they stay in the outbox",
            "does not take this vault's signature",
        ]);
        rig.kill(Part::Relay);
        rig.resume(Part::Relay);
    }
    rig.check(&held);
    eprintln!(
        "clock set back by an hour, {engine:?}, {mode:?}: {} receipts, {at_that_moment} of them before, all of them open, none \
         twice",
        held.len()
    );
}

#[test]
fn sqlite_direct() {
    survives(Engine::Sqlite, Mode::Direct);
}

#[test]
fn sqlite_relay() {
    survives(Engine::Sqlite, Mode::Relay);
}

#[test]
fn postgres_direct() {
    survives(Engine::Postgres, Mode::Direct);
}
