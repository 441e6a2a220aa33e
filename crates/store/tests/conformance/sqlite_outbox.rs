//! What only SQLite has: the files themselves, and a process that is killed while it writes them.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use nightsafe_store::StoreError;
use nightsafe_store::outbox::{OutboxReader, OutboxRow, OutboxWriter, WriterLimits};
use sqlx::Connection;

use crate::rows::waiting;

#[tokio::test]
async fn files_are_private_and_pages_are_large() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outbox.db");
    let (writer, _task) = OutboxWriter::open(&path.as_path().into(), WriterLimits::default()).await.unwrap();
    writer.insert(waiting(1)).await.unwrap();
    let mut seen = 0;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        use std::os::unix::fs::PermissionsExt;
        let mode = file.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        seen += 1;
    }
    assert_eq!(seen, 3, "database, write-ahead log, shared memory");

    let mut connection = sqlx::SqliteConnection::connect(path.to_str().unwrap()).await.unwrap();
    let pages: i64 = sqlx::query_scalar("PRAGMA page_size").fetch_one(&mut connection).await.unwrap();
    assert_eq!(pages, 16_384);
    let journal: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut connection).await.unwrap();
    assert_eq!(journal, "wal");
}

#[tokio::test]
async fn deleted_bytes_are_gone_from_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outbox.db");
    let (writer, task) = OutboxWriter::open(&path.as_path().into(), WriterLimits::default()).await.unwrap();
    let marked = OutboxRow { body: b"a body that is easy to find again".repeat(200), ..waiting(1) };
    writer.insert(marked.clone()).await.unwrap();
    drop(writer);
    task.finished().await;
    assert!(holds(folder.path(), b"easy to find"));
    let reader = OutboxReader::open(&path.as_path().into()).await.unwrap();
    reader.delete(&[marked.taken()]).await.unwrap();
    reader.close().await;
    assert!(!holds(folder.path(), b"easy to find"));
}

fn holds(folder: &Path, needle: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|file| {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        bytes.windows(needle.len()).any(|window| window == needle)
    })
}

/// The first release had no name for the order of arrival, and kept no ids.
#[tokio::test]
async fn an_outbox_of_the_first_schema_version_keeps_its_deposits_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outbox.db");
    let nightsafe_store::schema::Schema { database, migrations } = nightsafe_store::outbox::SQLITE;
    let first = nightsafe_store::schema::Schema { database, migrations: &migrations[..1] };
    let pool = nightsafe_store::sqlite::open(&path, &first, 1).await.unwrap();
    for number in [5, 3, 9, 1] {
        let row = waiting(number);
        sqlx::query("INSERT INTO deposit (deposit_id, day, nonce, body) VALUES ($1, $2, $3, $4)")
            .bind(row.deposit_id.as_slice())
            .bind(row.day)
            .bind(row.nonce.as_slice())
            .bind(row.body)
            .execute(&pool)
            .await
            .unwrap();
    }
    pool.close().await;

    let reader = OutboxReader::open(&path.as_path().into()).await.unwrap();
    assert_eq!(reader.next_batch(9, usize::MAX).await.unwrap().rows, [waiting(5), waiting(3), waiting(9), waiting(1)]);
    reader.delete(&[waiting(5).taken(), waiting(9).taken()]).await.unwrap();
    let (writer, _task) = OutboxWriter::open(&path.as_path().into(), WriterLimits::default()).await.unwrap();
    for number in [2, 5] {
        writer.insert(waiting(number)).await.unwrap();
    }
    assert_eq!(reader.next_batch(9, usize::MAX).await.unwrap().rows, [waiting(3), waiting(1), waiting(2)]);
}

#[tokio::test]
async fn foreign_and_newer_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();

    let newer = folder.path().join("newer.db");
    drop(OutboxReader::open(&newer.as_path().into()).await.unwrap());
    execute(
        &newer,
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (99, 'later', TRUE, x'00', 0)",
    )
    .await;
    let refused = OutboxReader::open(&newer.as_path().into()).await.unwrap_err();
    assert!(matches!(refused, StoreError::NewerSchema { found: 99, known: 3, .. }), "{refused}");

    let edited = folder.path().join("edited.db");
    drop(OutboxReader::open(&edited.as_path().into()).await.unwrap());
    execute(&edited, "UPDATE _sqlx_migrations SET checksum = x'00'").await;
    let refused = OutboxReader::open(&edited.as_path().into()).await.unwrap_err();
    assert!(matches!(refused, StoreError::ForeignSchema { .. }), "{refused}");

    let small = folder.path().join("small.db");
    execute(&small, "PRAGMA page_size = 4096; CREATE TABLE other (x)").await;
    let refused = OutboxReader::open(&small.as_path().into()).await.unwrap_err();
    assert!(matches!(refused, StoreError::PageSize { found: 4096, .. }), "{refused}");

    let text = folder.path().join("text.db");
    std::fs::write(&text, "not a database, but long enough to be looked at".repeat(20)).unwrap();
    let refused = OutboxReader::open(&text.as_path().into()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable { .. }), "{refused}");
}

async fn execute(path: &Path, statement: &'static str) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// Kills a writing process in the middle of its work, several times on one file: everything that
/// it had acknowledged is there, once and whole.
#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outbox.db");
    let mut acknowledged = HashSet::new();
    for round in 0..5_u32 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "sqlite_outbox::writes_until_killed", "--ignored", "--nocapture"])
            .env("NIGHTSAFE_TEST_OUTBOX", &path)
            .env("NIGHTSAFE_TEST_FIRST", (round * 1_000_000).to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let enough = acknowledged.len() + 40 + 25 * round as usize;
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            if let Some(number) = line.unwrap().strip_prefix("stored ") {
                acknowledged.insert(number.parse::<u32>().unwrap());
            }
            if acknowledged.len() == enough {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        assert!(acknowledged.len() >= enough, "the child ended by itself");
    }

    let reader = OutboxReader::open(&path.as_path().into()).await.unwrap();
    let rows = reader.next_batch(u32::MAX, usize::MAX).await.unwrap().rows;
    let there: HashSet<_> = rows.iter().map(|row| row.deposit_id).collect();
    assert_eq!(there.len(), rows.len());
    assert!(rows.iter().all(|found| found.body == waiting(0).body));
    for number in acknowledged {
        assert!(there.contains(&waiting(number).deposit_id), "{number} is lost");
    }
}

/// The process that [`what_was_acknowledged_survives_a_kill`] starts and kills.
#[tokio::test]
#[ignore = "run by what_was_acknowledged_survives_a_kill"]
async fn writes_until_killed() {
    let Some(path) = std::env::var_os("NIGHTSAFE_TEST_OUTBOX") else { return };
    let first: u32 = std::env::var("NIGHTSAFE_TEST_FIRST").unwrap().parse().unwrap();
    let (writer, _task) = OutboxWriter::open(&Path::new(&path).into(), WriterLimits::default()).await.unwrap();
    println!();
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..16 {
        let writer = writer.clone();
        callers.spawn(async move {
            for number in (first + caller..).step_by(16) {
                writer.insert(waiting(number)).await.unwrap();
                let mut out = std::io::stdout().lock();
                writeln!(out, "stored {number}").unwrap();
            }
        });
    }
    callers.join_all().await;
}
