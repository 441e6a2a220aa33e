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
    let first = reader.next_batch(100).await.unwrap();
    assert_eq!(first, reader.next_batch(100).await.unwrap());
    assert_eq!(first[0].body, waiting(0).body);
    let ids: Vec<_> = first.iter().map(|row| row.deposit_id).collect();
    reader.delete(&ids).await.unwrap();
    reader.delete(&ids).await.unwrap();
    assert_eq!(reader.backlog().await.unwrap(), 200);
    let second = reader.next_batch(1000).await.unwrap();
    assert!(second.iter().all(|row| !ids.contains(&row.deposit_id)));
}

pub(crate) async fn a_deposit_that_was_taken_does_no_harm_when_it_comes_again(place: &Place) {
    let (writer, _task) = OutboxWriter::open(&place.outbox(), WriterLimits::default()).await.unwrap();
    let reader = OutboxReader::open(&place.taking()).await.unwrap();
    writer.insert(waiting(1)).await.unwrap();
    reader.delete(&[waiting(1).deposit_id]).await.unwrap();
    assert_eq!(place.count("outbox", "taken").await, 1);

    // It counts as stored either way. Ingest on PostgreSQL cannot know; there the vault does.
    writer.insert(waiting(1)).await.unwrap();
    let again = reader.next_batch(10).await.unwrap();
    assert_eq!(again.len(), usize::from(place.outbox().is_postgres()));
    reader.delete(&[waiting(1).deposit_id]).await.unwrap();
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
