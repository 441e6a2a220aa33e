//! `fill VAULT.DB DEPOSITS`: puts that many deposits, of one field each, into the SQLite vault of a site that is not running.
//! For tests in browsers, which cannot make a million deposits one by one.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a program of tests may panic")]

use nightsafe_tests::bulk::{CHUNK, SQLITE_FILLING, sqlite_fields, sqlite_index};
use sqlx::{Connection, Executor, SqliteConnection};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let (Some(path), Some(Ok(deposits))) = (arguments.next(), arguments.next().map(|text| text.parse::<u64>())) else {
        panic!("fill VAULT.DB DEPOSITS");
    };
    let mut vault = SqliteConnection::connect(&format!("sqlite:{path}")).await.unwrap();
    vault.execute(SQLITE_FILLING).await.unwrap();
    let mut from = 0;
    while from < deposits {
        let to = deposits.min(from + CHUNK);
        for rows in [sqlite_index(from, to), sqlite_fields(from, to)] {
            vault.execute(sqlx::AssertSqlSafe(rows)).await.unwrap();
        }
        vault.execute("PRAGMA wal_checkpoint(TRUNCATE)").await.unwrap();
        from = to;
    }
    vault.close().await.unwrap();
}
