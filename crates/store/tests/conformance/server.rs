//! What only PostgreSQL has: a server that goes away and comes back, several writers at once, plans of its own.

use nightsafe_store::StoreError;
use nightsafe_store::outbox::{InsertError, OutboxReader, OutboxWriter, WriterLimits};
use nightsafe_store::vault::{Outcome, VaultStore};
use sqlx::Row;

use crate::place::{Place, Server};
use crate::rows::{arrival, field, index, waiting};

async fn end_all_connections(server: &Server) {
    let sql = format!(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
         WHERE datname = '{}' AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
        server.name()
    );
    server.execute_elsewhere(&sql).await;
}

#[tokio::test]
async fn a_lost_connection_is_made_anew_and_nobody_notices() {
    let Some(place) = Place::postgres().await else { return };
    let Place::Postgres(server) = &place else { panic!() };
    let (writer, _task) = OutboxWriter::open(&place.outbox(), WriterLimits::default()).await.unwrap();
    let reader = OutboxReader::open(&place.taking()).await.unwrap();
    let vault = VaultStore::open(&place.vault()).await.unwrap();
    for number in 0..3 {
        writer.insert(waiting(number)).await.unwrap();
        end_all_connections(server).await;
    }
    writer.probe().await.unwrap();
    assert_eq!(reader.next_batch(9, usize::MAX).await.unwrap().rows.len(), 3);
    vault.probe().await.unwrap();
}

#[tokio::test]
async fn a_lost_database_is_told_and_taken_up_again() {
    let Some(place) = Place::postgres().await else { return };
    let Place::Postgres(server) = &place else { panic!() };
    let (writer, _task) = OutboxWriter::open(&place.outbox(), WriterLimits::default()).await.unwrap();
    let vault = VaultStore::open(&place.vault()).await.unwrap();
    writer.insert(waiting(1)).await.unwrap();
    server.execute_elsewhere(&format!("ALTER DATABASE {} ALLOW_CONNECTIONS false", server.name())).await;
    end_all_connections(server).await;
    for _ in 0..2 {
        let refused = writer.insert(waiting(2)).await;
        assert!(matches!(refused, Err(InsertError::NotStored)), "{refused:?}");
        assert!(matches!(writer.probe().await, Err(InsertError::NotStored)));
    }
    let refused = vault.probe().await.unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable { .. }), "{refused}");

    server.execute_elsewhere(&format!("ALTER DATABASE {} ALLOW_CONNECTIONS true", server.name())).await;
    writer.insert(waiting(2)).await.unwrap();
    vault.probe().await.unwrap();
    let reader = OutboxReader::open(&place.taking()).await.unwrap();
    assert_eq!(reader.next_batch(9, usize::MAX).await.unwrap().rows, [waiting(1), waiting(2)]);
}

/// Several processes with the same deposits in every order: nobody waits for ever, and each is there once.
#[tokio::test(flavor = "multi_thread")]
async fn many_writers_of_the_same_deposits_do_not_get_in_each_others_way() {
    let Some(place) = Place::postgres().await else { return };
    let mut callers = tokio::task::JoinSet::new();
    for process in 0..3 {
        let (writer, _task) = OutboxWriter::open(&place.outbox(), WriterLimits::default()).await.unwrap();
        for caller in 0..8 {
            let writer = writer.clone();
            callers.spawn(async move {
                for step in 0..40_u32 {
                    // Each in another order
                    let number = (step * (2 * process + 3) + caller * 5) % 97;
                    writer.insert(waiting(number)).await.unwrap();
                }
            });
        }
    }
    while let Some(done) = callers.join_next().await {
        done.unwrap();
    }
    let reader = OutboxReader::open(&place.taking()).await.unwrap();
    let rows = reader.next_batch(u32::MAX, usize::MAX).await.unwrap().rows;
    let ids: std::collections::BTreeSet<_> = rows.iter().map(|row| row.deposit_id).collect();
    assert_eq!(ids.len(), rows.len());
    assert_eq!(rows.len(), 97);
}

/// Two vaults on one database: what one took in, the other finds.
#[tokio::test(flavor = "multi_thread")]
async fn two_vaults_take_the_same_batch_in_once() {
    let Some(place) = Place::postgres().await else { return };
    let mut vaults = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let store = VaultStore::open(&place.vault()).await.unwrap();
        vaults.spawn(async move {
            let batch: Vec<_> = (0..20).map(|n| arrival(index(n, "2026-11-21", &[]), vec![field(n, "card")])).collect();
            store.take_in(&batch).await.unwrap()
        });
    }
    let outcomes: Vec<Outcome> = vaults.join_all().await.concat();
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Stored).count(), 20);
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Stored | Outcome::AlreadyThere)));
    assert_eq!(place.count("vault", "field_row").await, 20);
}

/// Reads find a row in either table, and a resealed one beside a settled one.
#[tokio::test]
async fn a_settled_row_is_found_and_does_not_come_twice() {
    let Some(place) = Place::postgres().await else { return };
    let store = VaultStore::open(&place.vault()).await.unwrap();
    let one = || arrival(index(0, "2026-11-21", &[]), vec![field(0, "card")]);
    store.take_in(&[one()]).await.unwrap();
    place
        .execute(
            "vault",
            "CREATE TABLE field_2028_11 PARTITION OF field FOR VALUES IN ('2028-11'); \
             INSERT INTO field SELECT * FROM field_staging; TRUNCATE field_staging",
        )
        .await;
    assert_eq!(store.field_rows(&field(0, "card").tag).await.unwrap(), [field(0, "card")]);
    assert_eq!(store.take_in(&[one()]).await.unwrap(), [Outcome::AlreadyThere]);
    // The same field in another deposit is no second row, another envelope under its tag is
    let mut resealed = field(0, "card");
    resealed.envelope_hash.0[31] ^= 1;
    let others = [
        arrival(index(1, "2026-11-21", &[]), vec![field(0, "card")]),
        arrival(index(2, "2026-11-21", &[]), vec![resealed.clone()]),
    ];
    assert_eq!(store.take_in(&others).await.unwrap(), [Outcome::Stored, Outcome::Stored]);
    assert_eq!(store.field_rows(&field(0, "card").tag).await.unwrap().len(), 2);
    assert_eq!(place.count("vault", "field_staging").await, 1);
}

#[tokio::test]
async fn read_only_is_read_only() {
    let Some(place) = Place::postgres().await else { return };
    let store = VaultStore::open_read_only(&place.vault()).await.unwrap();
    assert_eq!(store.manifests().await.unwrap(), Vec::<String>::new());
    let refused = store.take_in(&[arrival(index(0, "2026-11-21", &[]), vec![])]).await.unwrap_err();
    assert!(refused.to_string().contains("read-only"), "{refused}");
}

/// With the plan that PostgreSQL falls back to when it no longer looks at the values.
#[tokio::test]
async fn every_search_walks_an_index() {
    let Some(place) = Place::postgres().await else { return };
    let Place::Postgres(server) = &place else { panic!() };
    let mut raw = server.connect().await;
    // An empty table has no plan that is much better than another: only those that need no sorting are of interest
    sqlx::raw_sql("SET search_path = vault; SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off")
        .execute(&mut raw)
        .await
        .unwrap();
    for (number, statement) in nightsafe_store::vault::search_statements().iter().enumerate() {
        let types = "text, text, text, text, text, text, text, bytea, bigint";
        let prepare = format!("PREPARE search_{number} ({types}) AS {statement}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(prepare)).execute(&mut raw).await.unwrap();
        let explain = format!("EXPLAIN (COSTS off) EXECUTE search_{number} ('a', 'a', 'a', 'a', 'a', 'a', 'a', '', 1)");
        let plan = sqlx::raw_sql(sqlx::AssertSqlSafe(explain)).fetch_all(&mut raw).await.unwrap();
        let steps: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
        assert!(steps.iter().any(|step| step.contains("Index Scan using deposit_index_")), "{statement}: {steps:#?}");
        assert!(!steps.iter().any(|step| step.contains("Sort") || step.contains("Seq")), "{statement}: {steps:#?}");
    }
}
