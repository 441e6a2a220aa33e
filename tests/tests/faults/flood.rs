//! Many large bodies while PostgreSQL holds still: memory stays below what the configuration states.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use nightsafe_ingest::config::Config;
use nightsafe_serve::config;
use nightsafe_tests::binaries::Binaries;
use nightsafe_tests::http::Connection;
use sqlx::{Connection as _, PgConnection};
use tokio::task::JoinSet;

use crate::rig::{postgres, readable};
use crate::single::Single;

const CONNECTIONS: usize = 400;

/// Statuses of so many requests with the same body at once.
async fn flood(address: SocketAddr, body: &[u8]) -> Vec<u16> {
    let mut tasks = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let body = body.to_vec();
        tasks.spawn(async move {
            let mut connection = Connection::open(address).await.unwrap();
            connection.post_deposit(&body, b"").await.unwrap().status
        });
    }
    tasks.join_all().await
}

#[test]
fn memory_stays_below_the_stated_ceiling_while_postgres_holds_still() {
    let folder = readable();
    let cluster = postgres(folder.path().join("pg"));
    let mut single = Single::start_on(&cluster);
    let ceiling = config::read::<Config>(single.server.config()).unwrap().memory_ceiling();
    let told = Command::new(Binaries::get().path("nightsafe-ingest"))
        .arg("--config")
        .arg(single.server.config())
        .arg("--check-config")
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(told.stdout).unwrap(), format!("{}\n", ceiling.told()));

    // A large deposit, over and over: as far as the queue is concerned, each is one more
    let large = single.large().to_json().into_bytes();
    let address = single.server.address();
    let owner = cluster.url("postgres");
    let answers = single.runtime.block_on(async {
        let mut lock = PgConnection::connect(&owner).await.unwrap();
        let held = lock.begin_with("BEGIN; LOCK TABLE outbox.deposit IN ACCESS EXCLUSIVE MODE").await.unwrap();
        let flooded = tokio::spawn(async move { flood(address, &large).await });
        // Less than what a commit may take, so that those who wait are stored in the end
        tokio::time::sleep(Duration::from_secs(4)).await;
        held.rollback().await.unwrap();
        flooded.await.unwrap()
    });
    let count = |status| answers.iter().filter(|answer| **answer == status).count();
    assert_eq!(count(201) + count(503), CONNECTIONS, "{answers:?}");
    assert!(count(201) > 0, "{}", single.server.log());

    let (peak, ceiling) = (single.server.peak_memory() * 1024, ceiling.bytes());
    eprintln!(
        "PostgreSQL stood still under {CONNECTIONS} large deposits, default limits: {} taken, {} refused; peak {} \
         MiB, ceiling {} MiB",
        count(201),
        count(503),
        peak >> 20,
        ceiling >> 20
    );
    assert!(peak < ceiling, "{peak} of {ceiling}");
    assert_eq!(single.deposit(), 201);
    single.server.stop();
}
