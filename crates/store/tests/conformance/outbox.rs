//! The outbox: group commit, retries, order.

use nightsafe_store::outbox::{InsertError, OutboxReader, OutboxRow, OutboxWriter, WriterLimits};

use crate::place::Place;
use crate::rows::waiting;

pub(crate) async fn many_callers_are_stored_once_and_in_order(place: &Place) {
    let (writer, task) = OutboxWriter::open(&place.outbox(), WriterLimits::default()).await.unwrap();
    writer.probe().await.unwrap();
    let mut callers = tokio::task::JoinSet::new();
    for number in 0..300 {
        let writer = writer.clone();
        // Every deposit is sent twice, as a client does that lost its answer
        callers.spawn(async move {
            writer.insert(waiting(number)).await?;
            writer.insert(waiting(number)).await
        });
    }
    while let Some(done) = callers.join_next().await {
        done.unwrap().unwrap();
    }
    drop(writer);
    task.finished().await;

    let reader = OutboxReader::open(&place.taking()).await.unwrap();
    assert_eq!(reader.backlog().await.unwrap(), 300);
    let first = reader.next_batch(100, usize::MAX).await.unwrap().rows;
    assert_eq!(first, reader.next_batch(100, usize::MAX).await.unwrap().rows);
    assert_eq!(first[0].body, waiting(0).body);
    let ids: Vec<_> = first.iter().map(OutboxRow::taken).collect();
    reader.delete(&ids).await.unwrap();
    reader.delete(&ids).await.unwrap();
    assert_eq!(reader.backlog().await.unwrap(), 200);
    let second = reader.next_batch(1000, usize::MAX).await.unwrap().rows;
    assert!(second.iter().all(|row| !ids.contains(&row.taken())));
}

pub(crate) async fn a_deposit_that_was_taken_does_no_harm_when_it_comes_again(place: &Place) {
    let (writer, _task) = OutboxWriter::open(&place.outbox(), WriterLimits::default()).await.unwrap();
    let reader = OutboxReader::open(&place.taking()).await.unwrap();
    writer.insert(waiting(1)).await.unwrap();
    reader.delete(&[waiting(1).taken()]).await.unwrap();
    assert_eq!(place.count("outbox", "taken").await, 1);

    // It counts as stored either way. Ingest on PostgreSQL cannot know; there the vault does.
    writer.insert(waiting(1)).await.unwrap();
    let again = reader.next_batch(10, usize::MAX).await.unwrap().rows;
    assert_eq!(again.len(), usize::from(place.outbox().is_postgres()));
    reader.delete(&[waiting(1).taken()]).await.unwrap();
    assert_eq!(place.count("outbox", "taken").await, 1);
    assert_eq!(reader.backlog().await.unwrap(), 0);
    reader.close().await;
}

pub(crate) async fn memory_for_waiting_deposits_has_a_ceiling(place: &Place) {
    let limits = WriterLimits { queue_bytes: 3 * 6 * 1024, connections: 1, ..WriterLimits::default() };
    let (writer, _task) = OutboxWriter::open(&place.outbox(), limits).await.unwrap();
    let lock = place.lock_outbox().await;
    let mut callers = tokio::task::JoinSet::new();
    for number in 0..10 {
        let writer = writer.clone();
        callers.spawn(async move { writer.insert(waiting(number)).await });
    }
    for _ in 0..7 {
        let refused = callers.join_next().await.unwrap().unwrap();
        assert!(matches!(refused, Err(InsertError::Busy)), "{refused:?}");
    }
    lock.release().await;
    while let Some(done) = callers.join_next().await {
        done.unwrap().unwrap();
    }
    writer.insert(waiting(10)).await.unwrap();
}

pub(crate) async fn a_full_queue_is_busy_at_once(place: &Place) {
    let limits = WriterLimits { queue: 1, batch: 1, connections: 1, ..WriterLimits::default() };
    let (writer, task) = OutboxWriter::open(&place.outbox(), limits).await.unwrap();
    let lock = place.lock_outbox().await;

    let mut callers = tokio::task::JoinSet::new();
    for number in 0..8 {
        let writer = writer.clone();
        callers.spawn(async move { writer.insert(waiting(number)).await });
    }
    let refused = callers.join_next().await.unwrap().unwrap();
    assert!(matches!(refused, Err(InsertError::Busy)), "{refused:?}");
    lock.release().await;

    let mut stored = 0;
    while let Some(done) = callers.join_next().await {
        stored += u64::from(done.unwrap().is_ok());
    }
    drop(writer);
    task.finished().await;
    let reader = OutboxReader::open(&place.taking()).await.unwrap();
    assert_eq!(reader.backlog().await.unwrap(), stored);
    assert!(stored >= 1);
}

pub(crate) async fn a_database_that_fails_is_told_and_nothing_is_half_done(place: &Place) {
    let (writer, task) = OutboxWriter::open(&place.outbox(), WriterLimits::default()).await.unwrap();
    writer.insert(waiting(1)).await.unwrap();
    let damaged = OutboxRow { day: "soon".to_owned(), ..waiting(2) };
    let refused = writer.insert(damaged).await;
    assert!(matches!(refused, Err(InsertError::NotStored)));
    writer.insert(waiting(3)).await.unwrap();
    drop(writer);
    task.finished().await;
    let reader = OutboxReader::open(&place.taking()).await.unwrap();
    assert_eq!(reader.backlog().await.unwrap(), 2);
}

/// As in a database that is older than the limit, or that somebody has written to who may drop it.
pub(crate) async fn rows_too_long_for_a_deposit_block_nobody(place: &Place) {
    let (writer, _task) = OutboxWriter::open(&place.outbox(), WriterLimits::default()).await.unwrap();
    let long = |number| OutboxRow { body: vec![0x5a; 262_145], ..waiting(number) };
    assert!(matches!(writer.insert(long(9)).await, Err(InsertError::NotStored)));

    let (unbind, plant) = if place.outbox().is_postgres() {
        (
            "ALTER TABLE deposit DROP CONSTRAINT deposit_length",
            "INSERT INTO deposit (deposit_id, day, nonce, body) SELECT sha256(n::text::bytea), '2026-11-21', \
             sha256(''), decode(repeat('00', 262145), 'hex') FROM generate_series(1, 70) n",
        )
    } else {
        (
            "DROP TRIGGER deposit_length",
            "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 70) \
             INSERT INTO deposit (deposit_id, day, nonce, body) \
             SELECT CAST(printf('%032d', n) AS BLOB), '2026-11-21', zeroblob(32), zeroblob(262145) FROM c",
        )
    };
    place.execute("outbox", unbind).await;
    place.execute("outbox", plant).await;
    for number in [1, 2] {
        writer.insert(waiting(number)).await.unwrap();
    }
    let reader = OutboxReader::open(&place.taking()).await.unwrap();
    let batch = reader.next_batch(64, usize::MAX).await.unwrap();
    assert_eq!((batch.rows, batch.more), (vec![waiting(1), waiting(2)], false));
    assert_eq!((reader.backlog().await.unwrap(), reader.too_long().await.unwrap()), (2, 70));
    assert_eq!(reader.delete(&[waiting(1).taken(), waiting(2).taken()]).await.unwrap(), 2);
    assert_eq!((reader.backlog().await.unwrap(), reader.too_long().await.unwrap()), (0, 70));
}

pub(crate) async fn a_batch_is_bounded_in_bytes_too(place: &Place) {
    let (writer, _task) = OutboxWriter::open(&place.outbox(), WriterLimits::default()).await.unwrap();
    for number in 1..4 {
        let row = OutboxRow { body: vec![0x5a; 200_000], ..waiting(number) };
        writer.insert(OutboxRow { deposit_id: row.content(), ..row }).await.unwrap();
    }
    let reader = OutboxReader::open(&place.taking()).await.unwrap();
    for (limit, bytes, rows, more) in
        [(9, 1, 1, true), (9, 400_000, 2, true), (2, 600_000, 2, true), (9, 600_000, 3, false), (3, 600_000, 3, true)]
    {
        let batch = reader.next_batch(limit, bytes).await.unwrap();
        assert_eq!((batch.rows.len(), batch.more), (rows, more), "{limit} {bytes}");
    }
}

/// The id of a damaged row is that of a deposit which may still come.
pub(crate) async fn a_row_goes_only_with_the_content_that_was_read(place: &Place) {
    let (writer, _task) = OutboxWriter::open(&place.outbox(), WriterLimits::default()).await.unwrap();
    let reader = OutboxReader::open(&place.taking()).await.unwrap();
    let planted = OutboxRow { body: vec![1; 50], ..waiting(1) };
    writer.insert(planted.clone()).await.unwrap();
    assert_eq!(reader.delete(&[waiting(1).taken()]).await.unwrap(), 0, "nobody has read what lies there");
    place.execute("outbox", "DELETE FROM taken").await;
    assert_eq!(reader.next_batch(9, usize::MAX).await.unwrap().rows, std::slice::from_ref(&planted));
    assert_eq!(reader.delete(&[planted.taken()]).await.unwrap(), 1);
    assert_eq!(place.count("outbox", "taken").await, 0);
    writer.insert(waiting(1)).await.unwrap();
    assert_eq!(reader.next_batch(9, usize::MAX).await.unwrap().rows, [waiting(1)]);
}
