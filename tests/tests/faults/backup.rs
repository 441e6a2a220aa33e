//! A vault is lost, and restored as docs/OPERATIONS.md says from a backup that was made while all ran: what was taken in
//! before the backup opens, what came later is missing and can be named, and new deposits go on being taken.

use std::fs;
use std::path::Path;
use std::process::Command;

use nightsafe_core::deposit::Deposit;
use nightsafe_tests::deposits::{ONE_FIELD, seal};
use nightsafe_tests::http::Connection;
use nightsafe_tests::opening::Opening;
use nightsafe_tests::process::pause;
use nightsafe_tests::seeded::Seeded;
use nightsafe_tests::shoppers::{Held, Shoppers};
use nightsafe_tests::site::{nightsafe, run};
use tokio::runtime::Runtime;

use crate::rig::{Engine, Mode, Part, Rig};

/// Receipts in each part of the test, at least.
const RECEIPTS: u64 = 30;
const SHOPPERS: usize = 4;

/// Orders of shoppers who were not there before, and what is done while they come.
fn orders(rig: &Rig, seed: &mut Seeded, first: usize, meanwhile: impl FnOnce()) -> Vec<Held> {
    let shoppers = Shoppers::start_from(first, SHOPPERS, &[rig.ingest.address()], rig.site.published(), seed);
    let wait = |count| {
        while shoppers.receipts() < count {
            pause(std::time::Duration::from_millis(5));
        }
    };
    wait(RECEIPTS);
    meanwhile();
    wait(shoppers.receipts() + RECEIPTS);
    shoppers.stop()
}

/// The receipt.
fn send(rig: &Rig, deposit: &Deposit) -> String {
    Runtime::new().unwrap().block_on(async {
        let mut connection = Connection::open(rig.ingest.address()).await.unwrap();
        let answer = connection.post_deposit(deposit.to_json().as_bytes(), b"").await.unwrap();
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.text()
    })
}

fn back_up(rig: &Rig, engine: Engine, to: &Path) {
    match engine {
        Engine::Sqlite => {
            let mut backup = nightsafe(&["db", "backup", "--database-url", &rig.database, "--to"]);
            run(backup.arg(to), "");
        }
        Engine::Postgres => {
            run(Command::new("pg_dump").args(["--format=custom", "--dbname", &rig.database, "--file"]).arg(to), "");
        }
    }
}

/// Nothing of the vault's database is left; on PostgreSQL, nothing of the server.
fn lose(rig: &mut Rig, engine: Engine) {
    rig.kill(Part::Vault);
    match engine {
        Engine::Sqlite => {
            for end in ["", "-wal", "-shm"] {
                fs::remove_file(rig.site.data().join(format!("vault.db{end}"))).unwrap();
            }
        }
        Engine::Postgres => {
            rig.kill(Part::Ingest);
            rig.lose_postgres();
        }
    }
}

fn restore(rig: &mut Rig, engine: Engine, from: &Path) {
    match engine {
        Engine::Sqlite => {
            fs::copy(from, rig.site.data().join("vault.db")).unwrap();
        }
        Engine::Postgres => {
            let mut restore = Command::new("pg_restore");
            restore.args(["--no-owner", "--no-privileges", "--exit-on-error", "--dbname", &rig.database]);
            run(restore.arg(from), "");
            run(&mut nightsafe(&["db", "migrate", "--database-url", &rig.database]), "");
            rig.resume(Part::Ingest);
        }
    }
    rig.resume(Part::Vault);
    run(&mut nightsafe(&["db", "settle", "--database-url", &rig.database]), "");
}

/// Those that are there, each of which opens.
async fn found<'a>(opening: &Opening, held: &'a [Held]) -> Vec<&'a Held> {
    let mut there = Vec::new();
    for one in held {
        if opening.has(&one.id).await {
            assert_eq!(opening.texts(&one.id).await, [one.phone.as_str()], "{}", one.reference);
            there.push(one);
        }
    }
    there
}

fn a_lost_vault_is_restored(engine: Engine) {
    let mut seed = Seeded::announced(&format!("backup and restore, {engine:?}"));
    let mut rig = Rig::start(engine, Mode::Direct);
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup");
    let before = orders(&rig, &mut seed, 0, || {});
    rig.drain();
    let during = orders(&rig, &mut seed, 10, || back_up(&rig, engine, &backup));
    let late = seal(&rig.site.published(), "LATE", ONE_FIELD);
    let receipt = send(&rig, &late);
    let after = orders(&rig, &mut seed, 20, || {});
    rig.drain();

    lose(&mut rig, engine);
    restore(&mut rig, engine, &backup);
    let new = orders(&rig, &mut seed, 30, || {});
    rig.drain();
    let (mut open, missing) = Runtime::new().unwrap().block_on(async {
        let opening = Opening::start(&rig.site, &rig.database).await;
        assert_eq!(found(&opening, &before).await.len(), before.len());
        assert_eq!(found(&opening, &new).await.len(), new.len());
        assert_eq!(found(&opening, &after).await.len(), 0);
        let during_there = found(&opening, &during).await.len();
        assert!(!opening.has(&late.id()).await);
        assert_eq!(opening.quarantined().await, 0);
        opening.close().await;
        (before.len() + new.len() + during_there, after.len() + during.len() - during_there)
    });
    // Who has the receipt can name what is missing
    let lost = after.first().unwrap().id.to_hex();
    let mut named = rig.site.nightsafe(&["open", "--offline", "--deposit", &lost]);
    let named = named.arg("--recovery-file").arg(rig.site.folder().join("recovery.key")).output().unwrap();
    let told = String::from_utf8(named.stderr).unwrap();
    assert!(!named.status.success() && told.contains("the vault has no such deposit"), "{told}");

    // Sent once more it gets its receipt again. A SQLite outbox keeps the ids of what was taken, so the vault does not
    // hear of it; on PostgreSQL ingest cannot read them, and the deposit comes back
    assert_eq!(send(&rig, &late), receipt);
    rig.drain();
    Runtime::new().unwrap().block_on(async {
        let opening = Opening::start(&rig.site, &rig.database).await;
        assert_eq!(opening.has(&late.id()).await, engine == Engine::Postgres);
        if engine == Engine::Postgres {
            assert_eq!(opening.texts(&late.id()).await, ["+4930123456"]);
            open += 1;
        }
        opening.close().await;
    });
    eprintln!("backup and restore, {engine:?}: {open} deposits open, {missing} came after the backup and are missing");
    rig.check(&[before, new].into_iter().flatten().collect::<Vec<_>>());
}

#[test]
fn on_sqlite() {
    a_lost_vault_is_restored(Engine::Sqlite);
}

#[test]
fn on_postgres() {
    a_lost_vault_is_restored(Engine::Postgres);
}
