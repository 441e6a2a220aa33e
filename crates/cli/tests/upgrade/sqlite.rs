use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use nightsafe_store::outbox;
use nightsafe_store::vault::{self, VaultStore};
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use crate::common::Shop;
use crate::common::sealing::{deposit, send};
use crate::{all, assert_opens, assert_there, fixture, insert, is_wanted, keep, pull, restore};

fn newest() -> PathBuf {
    fixture("sqlite", [outbox::SQLITE.newest(), vault::SQLITE.newest()])
}

#[test]
fn the_newest_schemas_have_a_fixture() {
    assert_there(&newest());
}

#[tokio::test]
async fn what_earlier_versions_stored_opens() {
    for fixture in all("sqlite") {
        let shop = restore(&fixture);
        for name in ["vault", "outbox"] {
            load(&fixture.join(format!("{name}.sql")), &shop.data().join(format!("{name}.db"))).await;
        }
        let store = VaultStore::open(&shop.data().join("vault.db").into()).await.unwrap();
        let pulled = pull(&shop.data().join("outbox.db").into(), &store).await;
        assert_eq!((pulled.stored, pulled.quarantined), (1, 0), "{}", fixture.display());
        store.close().await;
        for reference in ["ORDER-1", "ORDER-2"] {
            assert_opens(&shop, reference, &[]);
        }
    }
}

async fn load(sql: &Path, database: &Path) {
    let options = SqliteConnectOptions::new().filename(database).create_if_missing(true).page_size(16_384);
    let mut raw = SqliteConnection::connect_with(&options).await.unwrap();
    let text = fs::read_to_string(sql).unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(&mut raw).await.unwrap();
    raw.close().await.unwrap();
}

#[test]
#[ignore = "writes the fixture of the newest schemas"]
fn write_the_fixture() {
    if !is_wanted(&newest()) {
        return;
    }
    let shop = Shop::built();
    send(&shop, &[&deposit(&shop, "ORDER-1")]);
    let (outbox, waiting) = (shop.data().join("outbox.db").into(), deposit(&shop, "ORDER-2"));
    tokio::runtime::Runtime::new().unwrap().block_on(insert(&outbox, &waiting));
    keep(&shop, &newest());
    for name in ["vault", "outbox"] {
        let dump = Command::new("sqlite3").arg(shop.data().join(format!("{name}.db"))).arg(".dump").output().unwrap();
        assert!(dump.status.success(), "{dump:?}");
        fs::write(newest().join(format!("{name}.sql")), dump.stdout).unwrap();
    }
}
