//! A SQLite file that the disk has damaged.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;

use sqlx::{Connection, SqliteConnection};

use crate::single::Single;

/// Bytes a page, as in every file of ours.
const PAGE: u64 = 16_384;

/// The page that the table of deposits begins with is overwritten while ingest is down. From then on nothing is
/// acknowledged, for a reason that is in the log; with the file from the copy, all receipts from before hold again.
#[test]
fn a_damaged_file_takes_no_deposit_and_says_so() {
    let mut single = Single::start(None);
    for _ in 0..20 {
        assert_eq!(single.deposit(), 201);
    }
    single.server.kill();
    let copy = single.outbox.with_extension("copy");
    let page = single.runtime.block_on(async {
        // Opening and closing takes the log over into the file
        let mut connection = SqliteConnection::connect(&format!("sqlite:{}", single.outbox.display())).await.unwrap();
        let page: i64 = sqlx::query_scalar("SELECT rootpage FROM sqlite_schema WHERE name = 'deposit'")
            .fetch_one(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
        page.unsigned_abs()
    });
    fs::copy(&single.outbox, &copy).unwrap();
    let file = File::options().write(true).open(&single.outbox).unwrap();
    file.write_all_at(&[0xa5; PAGE as usize], (page - 1) * PAGE).unwrap();
    drop(file);

    single.server.resume();
    let deposit = single.order(&[("phone", &[("value", "+4930123456")])]);
    for _ in 0..3 {
        let answer = single.send(&deposit);
        assert_eq!(answer.status, 503, "{}", answer.text());
        assert!(answer.text().contains("storage-unavailable"), "{}", answer.text());
    }
    let log = single.server.log();
    assert!(log.contains("malformed"), "the log names the reason: {log}");

    single.server.kill();
    for end in ["-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{end}", single.outbox.display()));
    }
    fs::copy(&copy, &single.outbox).unwrap();
    single.server.resume();
    assert_eq!(single.send(&deposit).status, 201);
    assert_eq!(single.stored(), 21);
    single.server.stop();
}
