//! The database's own rate for the same bytes, without anything of ours: prepared inserts of the same four values.
//!
//! PostgreSQL: 64 connections, one transaction each. SQLite has one writer, so 64 senders hand their rows to it and it
//! commits what has come in meanwhile, which gives the batch sizes that 64 connections give.

use std::path::Path;

use nightsafe_tests::deposits::{Copy, Stencil};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, Executor, PgConnection, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use crate::load::{Sink, today};

const INSERT: &str = "INSERT INTO raw (deposit_id, day, nonce, body) VALUES ($1, $2, $3, $4)";

/// A connection of its own.
pub(crate) struct PostgresRaw(PgConnection, String);

impl PostgresRaw {
    pub(crate) async fn open(url: &str, connections: usize) -> Vec<Self> {
        // Stored as ours: no time is spent on compressing what does not compress
        let mut admin = PgConnection::connect(url).await.unwrap();
        let table = "DROP TABLE IF EXISTS raw; CREATE TABLE raw (deposit_id bytea PRIMARY KEY, day text NOT NULL, \
             nonce bytea NOT NULL, body bytea NOT NULL); \
             ALTER TABLE raw ALTER COLUMN body SET STORAGE EXTERNAL; CHECKPOINT";
        admin.execute(sqlx::raw_sql(table)).await.unwrap();
        let mut sinks = Vec::new();
        for _ in 0..connections {
            sinks.push(Self(PgConnection::connect(url).await.unwrap(), today()));
        }
        sinks
    }
}

impl Sink for PostgresRaw {
    async fn store(&mut self, copy: &Copy, stencil: &Stencil) {
        let insert = sqlx::query(INSERT).bind(copy.deposit_id.as_slice()).bind(&self.1);
        let insert = insert.bind(copy.nonce.as_slice()).bind(stencil.body());
        assert_eq!(insert.execute(&mut self.0).await.unwrap().rows_affected(), 1);
    }
}

/// A sender to the one writer.
pub(crate) struct SqliteRaw(mpsc::Sender<Row>);

struct Row {
    deposit_id: [u8; 32],
    nonce: [u8; 32],
    body: Vec<u8>,
    done: oneshot::Sender<()>,
}

impl SqliteRaw {
    /// With the settings of our own files.
    pub(crate) async fn open(path: &Path, connections: usize) -> Vec<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .page_size(16_384)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("secure_delete", "ON");
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        let table = "CREATE TABLE raw (deposit_id BLOB NOT NULL PRIMARY KEY, day TEXT NOT NULL, nonce BLOB NOT NULL, \
             body BLOB NOT NULL) STRICT";
        connection.execute(table).await.unwrap();
        let (sender, rows) = mpsc::channel(connections);
        tokio::spawn(write(connection, rows, connections));
        (0..connections).map(|_| Self(sender.clone())).collect()
    }
}

impl Sink for SqliteRaw {
    async fn store(&mut self, copy: &Copy, stencil: &Stencil) {
        let (done, stored) = oneshot::channel();
        let row = Row { deposit_id: copy.deposit_id, nonce: copy.nonce, body: stencil.body().to_vec(), done };
        self.0.send(row).await.unwrap();
        stored.await.unwrap();
    }
}

async fn write(mut connection: SqliteConnection, mut rows: mpsc::Receiver<Row>, most: usize) {
    let (mut batch, day) = (Vec::new(), today());
    while rows.recv_many(&mut batch, most).await > 0 {
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.unwrap();
        for row in &batch {
            let insert = sqlx::query(INSERT).bind(row.deposit_id.as_slice()).bind(&day);
            let insert = insert.bind(row.nonce.as_slice()).bind(&row.body);
            insert.execute(&mut *transaction).await.unwrap();
        }
        transaction.commit().await.unwrap();
        for row in batch.drain(..) {
            let _ = row.done.send(());
        }
    }
    connection.close().await.unwrap();
}
