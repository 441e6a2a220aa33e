//! Kill -9 of any part at any moment, under load.

use std::time::{Duration, Instant};

use nightsafe_tests::process::pause;
use nightsafe_tests::seeded::Seeded;
use nightsafe_tests::shoppers::Shoppers;

use crate::rig::{Engine, Mode, Part, Rig};

/// In every run; `cargo xtask test --long` does more.
const KILLS: usize = 8;
const KILLS_LONG: usize = 250;
const SHOPPERS: usize = 6;

fn survives(engine: Engine, mode: Mode) {
    let long = std::env::var_os("NIGHTSAFE_LONG").is_some();
    let kills = if long { KILLS_LONG } else { KILLS };
    let what = format!("{kills} kills, {engine:?}, {mode:?}");
    let mut seed = Seeded::announced(&what);
    let start = Instant::now();
    let mut rig = Rig::start(engine, mode);
    let shoppers = Shoppers::start(SHOPPERS, &[rig.ingest.address()], rig.site.published(), &mut seed);
    let parts = rig.parts();
    let mut victims = Vec::new();
    for number in 0..kills {
        // After at least one deposit since the last kill: an idle server is easy to kill
        let before = shoppers.receipts();
        let patience = Instant::now();
        while shoppers.receipts() == before {
            assert!(patience.elapsed() < Duration::from_secs(60), "no deposit was taken since the last kill");
            pause(Duration::from_millis(2));
        }
        pause(Duration::from_millis(seed.below(250)));
        // Each part in turn at first, so that even a short run kills all of them
        let victim = parts.get(number).copied().unwrap_or_else(|| seed.choose(&parts));
        rig.kill(victim);
        pause(Duration::from_millis(seed.below(100)));
        rig.resume(victim);
        victims.push(victim);
    }
    pause(Duration::from_millis(200));
    let failures = shoppers.failures();
    let held = shoppers.stop();
    let count = |part| victims.iter().filter(|victim| **victim == part).count();
    rig.check(&held);
    eprintln!(
        "{what} (ingest {}, vault {}, relay {}, PostgreSQL {}): {} receipts, {failures} failed requests, all of them open, none \
         twice, in {:.1} s",
        count(Part::Ingest),
        count(Part::Vault),
        count(Part::Relay),
        count(Part::Postgres),
        held.len(),
        start.elapsed().as_secs_f64()
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

#[test]
fn postgres_relay() {
    survives(Engine::Postgres, Mode::Relay);
}
