//! The ring of hours that the outbox on PostgreSQL is.

use std::collections::BTreeSet;

use nightsafe_store::outbox::{OutboxReader, OutboxRow, OutboxWriter, WriterLimits};
use sqlx::PgConnection;

use crate::place::{Place, Server};
use crate::rows::waiting;

async fn server() -> Option<(Place, OutboxReader)> {
    let place = Place::postgres().await?;
    let reader = OutboxReader::open(&place.taking()).await.unwrap();
    Some((place, reader))
}

fn of(place: &Place) -> &Server {
    let Place::Postgres(server) = place else { panic!("not on PostgreSQL") };
    server
}

/// A deposit that arrived in another hour: what only the server's clock can do for ingest.
async fn arrived(server: &Server, number: u32, hours_ago: u32) {
    put(server, &waiting(number), hours_ago).await;
}

async fn put(server: &Server, row: &OutboxRow, hours_ago: u32) {
    let sql = format!(
        "INSERT INTO outbox.deposit (slot, deposit_id, day, nonce, body) VALUES \
         ((extract(hour FROM clock_timestamp() AT TIME ZONE 'UTC')::integer + 24 - {hours_ago}) % 24, \
         '\\x{}', '2026-11-21', '\\x{}', '\\x{}')",
        hex(&row.deposit_id),
        hex(&row.nonce),
        hex(&row.body)
    );
    server.execute(&sql).await;
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Hours ago of the slots that take room.
async fn in_use(server: &Server) -> BTreeSet<i32> {
    let hours: Vec<i32> = sqlx::query_scalar(
        "SELECT (extract(hour FROM clock_timestamp() AT TIME ZONE 'UTC')::integer + 24 - slot) % 24 \
         FROM generate_series(0, 23) slot \
         WHERE pg_relation_size(format('outbox.deposit_%s', to_char(slot, 'FM00'))::regclass) > 0",
    )
    .fetch_all(&mut server.connect().await)
    .await
    .unwrap();
    hours.into_iter().collect()
}

#[tokio::test]
async fn hours_that_are_over_give_back_their_space_once_they_are_empty() {
    let Some((place, reader)) = server().await else { return };
    let server = of(&place);
    for (number, hours_ago) in [(1, 0), (2, 1), (3, 2), (4, 5), (5, 5), (6, 23)] {
        arrived(server, number, hours_ago).await;
    }
    assert_eq!(in_use(server).await, BTreeSet::from([0, 1, 2, 5, 23]));
    assert_eq!(reader.empty_slots().await.unwrap(), 0, "nothing is taken yet");
    let ids: Vec<_> = [1, 2, 3, 4, 6].iter().map(|number| waiting(*number).taken()).collect();
    // Does it by itself the first time
    reader.delete(&ids).await.unwrap();
    assert_eq!(in_use(server).await, BTreeSet::from([0, 1, 5]));
    assert_eq!(reader.next_batch(9, usize::MAX).await.unwrap().rows, [waiting(5)]);

    reader.delete(&[waiting(5).taken()]).await.unwrap();
    assert_eq!(reader.empty_slots().await.unwrap(), 1);
    assert_eq!(in_use(server).await, BTreeSet::from([0, 1]));
}

#[tokio::test]
async fn a_slot_that_somebody_works_in_is_left_for_later() {
    let Some((place, reader)) = server().await else { return };
    let server = of(&place);
    arrived(server, 1, 5).await;
    server.execute("DELETE FROM outbox.deposit").await;
    let mut other = server.connect().await;
    run(&mut other, "BEGIN; SELECT count(*) FROM outbox.deposit").await;
    assert_eq!(reader.empty_slots().await.unwrap(), 0);
    run(&mut other, "COMMIT").await;
    assert_eq!(reader.empty_slots().await.unwrap(), 1);
}

/// An older snapshot does not see what was committed since, and would take the slot for empty.
#[tokio::test]
async fn an_older_snapshot_may_not_decide_what_is_empty() {
    let Some((place, _)) = server().await else { return };
    let server = of(&place);
    let mut relay = <PgConnection as sqlx::Connection>::connect(&server.login_url("nightsafe_relay")).await.unwrap();
    run(&mut relay, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1").await;
    arrived(server, 1, 5).await;
    let refused = sqlx::query("SELECT outbox.empty_slots()").execute(&mut relay).await.unwrap_err();
    assert!(refused.to_string().contains("read committed"), "{refused}");
    assert_eq!(place.count("outbox", "deposit").await, 1);
}

#[tokio::test]
async fn a_retry_in_a_later_hour_is_handed_out_once_and_deleted_twice() {
    let Some((place, reader)) = server().await else { return };
    arrived(of(&place), 1, 3).await;
    let (writer, _task) = OutboxWriter::open(&place.outbox(), WriterLimits::default()).await.unwrap();
    writer.insert(waiting(1)).await.unwrap();
    writer.insert(waiting(2)).await.unwrap();
    assert_eq!(place.count("outbox", "deposit").await, 3);
    assert_eq!(reader.next_batch(9, usize::MAX).await.unwrap().rows, [waiting(1), waiting(2)]);
    reader.delete(&[waiting(1).taken()]).await.unwrap();
    assert_eq!(reader.next_batch(9, usize::MAX).await.unwrap().rows, [waiting(2)]);
}

/// Somebody who may insert knows an id and was there first; the deposit itself has a receipt.
#[tokio::test]
async fn a_planted_row_of_an_earlier_hour_does_not_take_the_deposit_with_it() {
    let Some((place, reader)) = server().await else { return };
    let server = of(&place);
    let planted = OutboxRow { body: vec![1; 50], ..waiting(1) };
    put(server, &planted, 3).await;
    put(server, &waiting(1), 2).await;
    put(server, &waiting(1), 1).await;
    let rows = reader.next_batch(9, usize::MAX).await.unwrap().rows;
    assert_eq!(rows, [planted.clone(), waiting(1)]);
    assert_eq!(reader.next_batch(1, usize::MAX).await.unwrap().rows, std::slice::from_ref(&planted));
    assert_eq!(reader.delete(&[planted.taken()]).await.unwrap(), 1);
    assert_eq!(reader.next_batch(9, usize::MAX).await.unwrap().rows, [waiting(1)]);
    put(server, &planted, 3).await;
    assert_eq!(reader.delete(&[waiting(1).taken()]).await.unwrap(), 2);
    assert_eq!(reader.next_batch(9, usize::MAX).await.unwrap().rows, [planted]);
}

async fn run(connection: &mut PgConnection, sql: &'static str) {
    sqlx::raw_sql(sql).execute(connection).await.unwrap();
}
