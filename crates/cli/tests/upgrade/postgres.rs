use std::fs;
use std::path::PathBuf;
use std::process::Command;

use nightsafe_serve::clock::{Clock, SystemClock};
use nightsafe_store::vault::{self, VaultStore};
use nightsafe_store::{Database, outbox};
use nightsafe_tests::database::OwnDatabase;
use sqlx::{Connection, PgConnection};

use crate::common::sealing::deposit;
use crate::common::{Shop, ok, run};
use crate::{FILES, all, assert_opens, assert_there, fixture, insert, is_wanted, keep, pull, restore};

fn newest() -> PathBuf {
    fixture("postgres", [outbox::POSTGRES.schema.newest(), vault::POSTGRES.schema.newest()])
}

/// What each server opens, under its role.
fn databases(own: &OwnDatabase) -> [Database; 2] {
    ["nightsafe_ingest", "nightsafe_vault"].map(|role| own.url_as(role).parse().unwrap())
}

#[test]
fn the_newest_schemas_have_a_fixture() {
    assert_there(&newest());
}

#[tokio::test]
async fn what_earlier_versions_stored_opens() {
    for fixture in all("postgres") {
        let Some(own) = OwnDatabase::empty() else { return };
        let mut raw = PgConnection::connect(&own.url()).await.unwrap();
        for file in FILES {
            let text = fs::read_to_string(fixture.join(file)).unwrap();
            sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(&mut raw).await.unwrap();
        }
        raw.close().await.unwrap();
        let shop = restore(&fixture);
        let mut migrate = Command::new(env!("CARGO_BIN_EXE_nightsafe"));
        migrate.args(["db", "migrate", "--database-url"]).arg(own.url());
        let told = ok(run(migrate, ""));
        assert!(!told.contains("new, version"), "what is there was not found: {told}");

        let [_, vault] = databases(&own);
        let store = VaultStore::open(&vault).await.unwrap();
        let pulled = pull(&vault, &store).await;
        assert_eq!((pulled.stored, pulled.quarantined), (1, 0), "{}", fixture.display());
        let url = shop.url_file("vault.url", &own.url_as("nightsafe_vault"));
        let orders = ["ORDER-1", "ORDER-2", "ORDER-3"];
        for is_settled in [false, true] {
            if is_settled {
                store.settle(SystemClock.now()).await.unwrap();
            }
            for reference in orders {
                assert_opens(&shop, reference, &["--vault-url-file", url.to_str().unwrap()]);
            }
        }
        store.close().await;
    }
}

#[tokio::test]
#[ignore = "writes the fixture of the newest schemas"]
async fn write_the_fixture() {
    if !is_wanted(&newest()) {
        return;
    }
    let own = OwnDatabase::make().await.unwrap();
    let shop = Shop::new();
    let url = shop.url_file("vault.url", &own.url_as("nightsafe_vault"));
    ok(shop.init(&["--vault-url-file", url.to_str().unwrap()]));
    shop.write_assets("");
    ok(shop.build(&[]));
    let [ingest, vault] = databases(&own);
    let store = VaultStore::open(&vault).await.unwrap();
    insert(&ingest, &deposit(&shop, "ORDER-1")).await;
    assert_eq!(pull(&vault, &store).await.stored, 1);
    store.settle(SystemClock.now()).await.unwrap();
    insert(&ingest, &deposit(&shop, "ORDER-2")).await;
    assert_eq!(pull(&vault, &store).await.stored, 1);
    store.close().await;
    insert(&ingest, &deposit(&shop, "ORDER-3")).await;
    keep(&shop, &newest());
    for file in FILES {
        let mut dump = Command::new("pg_dump");
        dump.args(["--inserts", "--no-owner", "--no-privileges", "--schema", file.trim_end_matches(".sql")]);
        dump.arg("--dbname").arg(own.url());
        let text = ok(run(dump, ""));
        // What psql alone understands, and a setting that older servers do not have
        let lines = text.lines().filter(|line| !line.starts_with('\\') && !line.starts_with("SET transaction_timeout"));
        fs::write(newest().join(file), lines.map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    }
}
