//! The thief at work on a PostgreSQL server: he has all of its files.

use std::collections::HashSet;

use nightsafe_core::scalar::{DepositId, Tag};
use nightsafe_core::time::UnixTime;
use nightsafe_store::vault::{FieldOpening, OpeningRequest, VaultStore};
use sqlx::PgConnection;

use crate::judge::{SHUFFLES, much_better_than_chance, no_better_than_chance, told};
use crate::loot::{Key, Loot};
use crate::place::{Place, Server};
use crate::postgres::{Dump, add_log, files_with, read_log};
use crate::score::{Score, Verdict};
use crate::shop::Shop;

const NOW: UnixTime = UnixTime::from_seconds(1_795_219_200);

/// A vault in use, and the superuser's connection, which sees everything that is in the files.
struct Vault {
    store: VaultStore,
    thief: PgConnection,
    shop: Shop,
    place: Place,
}

impl Vault {
    async fn new(seed: u64) -> Option<Self> {
        let place = Place::postgres().await?;
        let store = VaultStore::open(&place.vault()).await.unwrap();
        let thief = server(&place).connect().await;
        Some(Self { store, thief, shop: Shop::new(seed), place })
    }

    /// A day, with the statistics that the server takes at some time or other.
    async fn day(&mut self, day: usize, deposits: usize) {
        for batch in self.shop.day(day, deposits) {
            self.store.take_in(&batch).await.unwrap();
        }
        if day % 10 == 2 {
            self.sql("ANALYZE vault.field_staging, vault.field, vault.deposit_index, vault.taken").await;
        }
    }

    async fn settle(&self) {
        self.store.settle(NOW).await.unwrap();
    }

    async fn dump(&mut self) -> Dump {
        Dump::take(&mut self.thief).await
    }

    async fn sql(&self, sql: &str) {
        server(&self.place).execute(sql).await;
    }

    /// Has the server keep its log from here on, as an archive would, until the thief's connection ends; gives the place.
    /// Without that, the checkpoint of any other test does away with it.
    async fn keep_log(&mut self) -> String {
        let slot = "SELECT pg_create_physical_replication_slot('thief_' || pg_backend_pid(), true, true)::text";
        sqlx::query_scalar::<_, String>(slot).fetch_one(&mut self.thief).await.unwrap();
        sqlx::query_scalar("SELECT pg_current_wal_lsn()::text").fetch_one(&mut self.thief).await.unwrap()
    }

    fn tags(&self, loot: &Loot) -> HashSet<Key> {
        loot.fields.iter().map(|row| row.tag).collect()
    }
}

fn server(place: &Place) -> &Server {
    match place {
        Place::Postgres(server) => server,
        Place::Sqlite(_) => panic!("this is the PostgreSQL side"),
    }
}

/// 60 days of five deposits, settled every tenth night: months are then settled at different times, as they end up.
async fn many_days(seeds: std::ops::Range<u64>, settles: bool) -> Option<Verdict> {
    let mut score = Score::new(SHUFFLES);
    for seed in seeds {
        let mut vault = Vault::new(seed).await?;
        for day in 0..60 {
            vault.day(day, 5).await;
            if settles && day % 10 == 9 {
                vault.settle().await;
            }
        }
        let loot = vault.dump().await.loot(None);
        score.add(&loot, &vault.shop.truth, &vault.shop.truth.day, seed);
    }
    Some(told("postgres", "60 days of 5", settles, score))
}

async fn one_day(seeds: std::ops::Range<u64>, settles: bool) -> Option<Verdict> {
    let mut score = Score::new(SHUFFLES);
    for seed in seeds {
        let mut vault = Vault::new(seed).await?;
        vault.day(0, 1000).await;
        if settles {
            vault.settle().await;
        }
        let loot = vault.dump().await.loot(None);
        score.add(&loot, &vault.shop.truth, &vault.shop.truth.batch, seed);
    }
    Some(told("postgres", "one day of 1,000", settles, score))
}

async fn two_copies(seeds: std::ops::Range<u64>, nights: usize, settles: bool) -> Option<Verdict> {
    let mut score = Score::new(9);
    for seed in seeds {
        let mut vault = Vault::new(seed).await?;
        for day in 0..nights {
            let last = vault.dump().await;
            vault.day(day, 5).await;
            if settles {
                vault.settle().await;
            }
            let loot = vault.dump().await.loot(Some(&last));
            score.add(&loot, &vault.shop.truth, &vault.shop.truth.batch, seed);
        }
    }
    Some(told("postgres", "two copies, a day of 5 apart", settles, score))
}

/// A settled day whose deposits are all sealed to another key then, each by a transaction of its own.
async fn sealed_anew(seeds: std::ops::Range<u64>, settles: bool) -> Option<Verdict> {
    let mut score = Score::new(SHUFFLES);
    for seed in seeds {
        let mut vault = Vault::new(seed).await?;
        let arrivals = vault.shop.day(0, 400).concat();
        vault.store.take_in(&arrivals).await.unwrap();
        vault.settle().await;
        for one in vault.shop.sealed_anew(&arrivals) {
            assert!(vault.store.reseal(&one).await.unwrap());
        }
        if settles {
            vault.settle().await;
        }
        let each: Vec<usize> = (0..arrivals.len()).collect();
        let loot = vault.dump().await.loot(None);
        score.add(&loot, &vault.shop.truth, &each, seed);
    }
    Some(told("postgres", "400 sealed anew", settles, score))
}

fn no_better(verdict: Option<Verdict>) {
    verdict.iter().for_each(no_better_than_chance);
}

fn much_better(verdict: Option<Verdict>) {
    verdict.iter().for_each(much_better_than_chance);
}

#[tokio::test]
async fn what_was_sealed_anew_and_settled_does_not_link() {
    no_better(sealed_anew(0..1, true).await);
    much_better(sealed_anew(0..1, false).await);
}

#[tokio::test]
async fn settled_days_do_not_link() {
    no_better(many_days(0..1, true).await);
}

#[tokio::test]
async fn a_settled_day_does_not_link() {
    no_better(one_day(0..1, true).await);
}

#[tokio::test]
async fn what_came_between_two_settled_copies_does_not_link() {
    no_better(two_copies(0..1, 20, true).await);
}

#[tokio::test]
async fn a_vault_that_never_settles_is_read_like_a_list() {
    much_better(many_days(0..1, false).await);
    much_better(one_day(0..1, false).await);
    much_better(two_copies(0..1, 8, false).await);
}

#[tokio::test]
#[ignore = "takes minutes: many shops"]
async fn many_settled_shops_do_not_link() {
    no_better(many_days(100..110, true).await);
    no_better(one_day(100..105, true).await);
    no_better(two_copies(100..105, 60, true).await);
}

/// The write-ahead log, and every archive of it, is not settled: this is what `docs/THREAT-MODEL.md` says of it.
#[tokio::test]
async fn the_write_ahead_log_links_as_long_as_it_is_kept() {
    let Some(mut vault) = Vault::new(0).await else { return };
    let from = vault.keep_log().await;
    for day in 0..10 {
        vault.day(day, 5).await;
    }
    vault.settle().await;
    let log = read_log(&mut vault.thief, &from).await;
    let mut loot = vault.dump().await.loot(None);
    add_log(&mut loot, &log);
    let mut score = Score::new(SHUFFLES);
    score.add(&loot, &vault.shop.truth, &vault.shop.truth.day, 0);
    much_better_than_chance(&told("postgres with its write-ahead log", "10 days of 5", true, score));
}

#[tokio::test]
async fn settled_tags_are_nowhere_but_in_their_table() {
    let Some(mut vault) = Vault::new(1).await else { return };
    for day in 0..3 {
        vault.day(day, 50).await;
        let loot = vault.dump().await.loot(None);
        let tags = vault.tags(&loot);
        assert!(files_with(&mut vault.thief, &tags).await.contains(&"field_staging".to_owned()));
        vault.settle().await;
        vault.sql("ANALYZE").await;
        assert_eq!(files_with(&mut vault.thief, &tags).await, ["field", "field_pkey"]);
    }
}

/// The first reader of a row after its commit leaves a mark on it. Settling reads all of them.
#[tokio::test]
async fn an_opening_leaves_no_mark_on_settled_rows() {
    let Some(mut vault) = Vault::new(2).await else { return };
    let mut batches = vault.shop.day(0, 50);
    for batch in &batches {
        vault.store.take_in(batch).await.unwrap();
    }
    let (index, fields) = batches.remove(7).remove(0).content.unwrap();
    for settles_itself in [true, false] {
        if settles_itself {
            vault.settle().await;
        } else {
            // As the function leaves them when nobody reads the rows afterwards
            let tomorrow = vault.shop.day(1, 50);
            for batch in &tomorrow {
                vault.store.take_in(batch).await.unwrap();
            }
            vault.sql("SELECT vault.settle(1)").await;
        }
        let tags: Vec<Tag> = fields.iter().map(|field| field.tag).collect();
        let open = FieldOpening { kind: fields[0].kind.clone(), index: 0, tag: tags[0], purpose: "charge".into() };
        let request =
            OpeningRequest { deposit_id: DepositId(index.deposit_id.0), open: vec![open], check: tags.clone() };
        vault.store.open_fields(&[request], "admin", NOW).await.unwrap().unwrap();

        let versions = vault.dump().await.versions_of("field");
        let marks = |is_opened: bool| -> HashSet<u16> {
            let of = |key: &Key| tags.iter().any(|tag| tag.0 == *key) == is_opened;
            versions.iter().filter(|version| of(&version.key)).map(|version| version.marks).collect()
        };
        assert_eq!(marks(true).len(), 1);
        assert_eq!(marks(true) == marks(false), settles_itself, "{:?} {:?}", marks(true), marks(false));
    }
}
