//! From the outbox into the vault.

use std::sync::Arc;
use std::time::Duration;

use nightsafe_core::scalar::Site;
use nightsafe_serve::clock::SystemClock;
use nightsafe_store::outbox::{OutboxReader, OutboxRow};
use nightsafe_vault::{Direct, Progress, Pulled, Puller, Schedule};
use sqlx::Connection;
use tokio::sync::{Notify, oneshot};

use crate::fixture::{NOW, Vault, ingest, phone, row, site};

#[tokio::test]
async fn a_step_takes_a_batch_and_empties_the_outbox() {
    let vault = Vault::new().await;
    let deposits: Vec<_> = (0..5).map(|n| vault.seal(&format!("ORDER-{n}"), &[("phone", phone())])).collect();
    vault.ingest(&deposits.iter().collect::<Vec<_>>()).await;
    let puller = vault.puller().await.with_batch(3);
    assert_eq!(puller.step().await.unwrap(), Pulled { stored: 3, more: true, ..Pulled::default() });
    assert_eq!(vault.backlog().await, 2);
    assert_eq!(puller.step().await.unwrap(), Pulled { stored: 2, ..Pulled::default() });
    assert_eq!(puller.step().await.unwrap(), Pulled::default());
    for deposit in &deposits {
        assert!(vault.store.deposit(&deposit.id()).await.unwrap().is_some());
        for field in &deposit.parts().fields {
            assert_eq!(vault.store.field_rows(&field.tag).await.unwrap().len(), 1);
        }
    }
}

#[tokio::test]
async fn a_retry_after_the_outbox_was_emptied_changes_nothing() {
    let vault = Vault::new().await;
    let deposit = vault.with_order("ORDER-1").await;
    vault.ingest(&[&deposit]).await;
    assert_eq!(vault.puller().await.step().await.unwrap(), Pulled::default());
}

#[tokio::test]
async fn a_crash_between_commit_and_delete_leaves_one_deposit() {
    let vault = Vault::new().await;
    let deposit = vault.seal("ORDER-1", &[("phone", phone())]);
    vault.ingest(&[&deposit]).await;
    // The deletion is refused, as if the process or the disk had gone at that moment
    let outbox = vault.outbox_path();
    let mut raw = sqlx::SqliteConnection::connect(outbox.to_str().unwrap()).await.unwrap();
    let refuse = "CREATE TRIGGER gone BEFORE DELETE ON deposit BEGIN SELECT RAISE(ABORT, 'gone'); END";
    sqlx::query(refuse).execute(&mut raw).await.unwrap();
    assert!(vault.puller().await.step().await.is_err());
    assert!(vault.store.deposit(&deposit.id()).await.unwrap().is_some());
    assert_eq!(vault.backlog().await, 1);

    sqlx::query("DROP TRIGGER gone").execute(&mut raw).await.unwrap();
    assert_eq!(vault.puller().await.step().await.unwrap(), Pulled { already_there: 1, ..Pulled::default() });
    assert_eq!(vault.backlog().await, 0);
    for field in &deposit.parts().fields {
        assert_eq!(vault.store.field_rows(&field.tag).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn bad_deposits_are_quarantined_and_the_queue_moves_on() {
    let vault = Vault::new().await;
    let good = vault.seal("ORDER-1", &[("phone", phone())]);
    let mut wrong_id = row(&vault.seal("ORDER-2", &[("phone", phone())]));
    wrong_id.deposit_id[0] ^= 1;
    let mut cut = row(&vault.seal("ORDER-3", &[("phone", phone())]));
    cut.body.pop();
    let garbage = OutboxRow { deposit_id: [9; 32], day: "2026-11-21".into(), nonce: [0; 32], body: vec![0xff; 50] };
    let bad_day = OutboxRow { day: "2026-13-45".into(), ..row(&vault.seal("ORDER-4", &[("phone", phone())])) };
    ingest(&vault.outbox_path(), vec![wrong_id, cut, garbage, bad_day, row(&good)]).await;

    let pulled = vault.puller().await.step().await.unwrap();
    assert_eq!(pulled, Pulled { stored: 1, quarantined: 4, ..Pulled::default() });
    assert_eq!(vault.backlog().await, 0);
    let mut reasons: Vec<_> = vault.store.quarantined(10).await.unwrap().into_iter().map(|row| row.reason).collect();
    reasons.sort();
    assert_eq!(reasons, ["malformed", "malformed", "malformed", "wrong-id"]);
    assert!(vault.store.deposit(&good.id()).await.unwrap().is_some());
}

#[tokio::test]
async fn a_deposit_for_another_site_is_quarantined() {
    let vault = Vault::new().await;
    vault.ingest(&[&vault.seal("ORDER-1", &[("phone", phone())])]).await;
    let outbox = OutboxReader::open(&vault.outbox_path().into()).await.unwrap();
    let puller = Puller::new(Direct::new(outbox), vault.store.clone(), Site::parse("other.example").unwrap());
    assert_eq!(puller.step().await.unwrap().quarantined, 1);
    assert_eq!(vault.store.quarantined(10).await.unwrap()[0].reason, "wrong-site");
}

fn progress() -> Arc<Progress> {
    Arc::new(Progress::new(NOW))
}

#[tokio::test]
async fn the_task_wakes_by_notification_and_ends_when_asked() {
    let vault = Vault::new().await;
    let (wake, (end, ended)) = (Arc::new(Notify::new()), oneshot::channel::<()>());
    let long = Duration::from_secs(3600);
    let schedule = Schedule::every(long, Arc::clone(&wake), Arc::new(SystemClock));
    let task = tokio::spawn(vault.puller().await.with_batch(2).run(schedule, progress(), async {
        let _ = ended.await;
    }));
    let deposits: Vec<_> = (0..5).map(|n| vault.seal(&format!("ORDER-{n}"), &[("phone", phone())])).collect();
    vault.ingest(&deposits.iter().collect::<Vec<_>>()).await;
    wake.notify_one();
    let all_there = async {
        while vault.store.deposit(&deposits[4].id()).await.unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), all_there).await.unwrap();
    end.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(20), task).await.unwrap().unwrap();
    assert_eq!(vault.backlog().await, 0);
}

#[tokio::test]
async fn the_task_wakes_by_its_interval() {
    let vault = Vault::new().await;
    let deposit = vault.seal("ORDER-1", &[("phone", phone())]);
    let puller = vault.puller().await;
    let schedule = Schedule::every(Duration::from_millis(10), Arc::default(), Arc::new(SystemClock));
    let task = tokio::spawn(puller.run(schedule, progress(), std::future::pending()));
    vault.ingest(&[&deposit]).await;
    let there = async {
        while vault.store.deposit(&deposit.id()).await.unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), there).await.unwrap();
    task.abort();
}

/// A row that was planted under a deposit's id, an hour before it: each goes where it belongs, and none is lost.
#[tokio::test]
async fn a_planted_row_does_not_take_the_deposit_with_it() {
    let Ok(server) = std::env::var("NIGHTSAFE_TEST_POSTGRES_URL") else {
        eprintln!("SKIPPED: no PostgreSQL, because NIGHTSAFE_TEST_POSTGRES_URL is not set (cargo xtask test sets it)");
        return;
    };
    let name = format!("ns_vault_planted_{}", std::process::id());
    execute(&server, &format!("CREATE DATABASE {name}")).await;
    let (place, parameters) = server.split_once('?').map_or((server.as_str(), ""), |parts| parts);
    let url = format!("{}/{name}?{parameters}", place.rsplit_once('/').unwrap().0);
    nightsafe_store::postgres::migrate(&url.parse().unwrap(), &[nightsafe_store::outbox::POSTGRES]).await.unwrap();

    for batch in [1, 9] {
        let vault = Vault::new().await;
        let good = vault.seal("ORDER-1", &[("phone", phone())]);
        let planted = OutboxRow { body: vec![0xff; 50], ..row(&good) };
        for (row, hours_ago) in [(&planted, 3), (&row(&good), 2), (&row(&good), 1)] {
            put(&url, row, hours_ago).await;
        }
        let outbox = OutboxReader::open(&url.parse().unwrap()).await.unwrap();
        let puller = Puller::new(Direct::new(outbox.clone()), vault.store.clone(), site()).with_batch(batch);
        let mut all = Pulled::default();
        for _ in 0..3 {
            let pulled = puller.step().await.unwrap();
            all.stored += pulled.stored;
            all.quarantined += pulled.quarantined;
        }
        assert_eq!((all.stored, all.quarantined), (1, 1), "a batch of {batch}");
        assert!(vault.store.deposit(&good.id()).await.unwrap().is_some());
        assert_eq!(vault.store.quarantined(9).await.unwrap()[0].content, planted.content());
        assert_eq!(outbox.backlog().await.unwrap(), 0);
        puller.close().await;
    }
    execute(&server, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
}

async fn put(url: &str, row: &OutboxRow, hours_ago: u32) {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let sql = format!(
        "INSERT INTO outbox.deposit (slot, deposit_id, day, nonce, body) VALUES \
         ((extract(hour FROM clock_timestamp() AT TIME ZONE 'UTC')::integer + 24 - {hours_ago}) % 24, \
         '\\x{}', '{}', '\\x{}', '\\x{}')",
        hex(&row.deposit_id),
        row.day,
        hex(&row.nonce),
        hex(&row.body)
    );
    execute(url, &sql).await;
}

async fn execute(url: &str, sql: &str) {
    let mut raw = <sqlx::PgConnection as sqlx::Connection>::connect(url).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut raw).await.unwrap();
}
