//! The thief at work on SQLite files.

use nightsafe_core::time::UnixTime;
use nightsafe_store::vault::VaultStore;
use tempfile::TempDir;

use crate::judge::{SHUFFLES, much_better_than_chance, no_better_than_chance, told};
use crate::score::{Score, Verdict};
use crate::shop::Shop;
use crate::sqlite::Dump;

const NOW: UnixTime = UnixTime::from_seconds(1_795_219_200);
/// A vault in use: while a copy is taken it has its files open.
struct Vault {
    store: VaultStore,
    folder: TempDir,
    shop: Shop,
}

impl Vault {
    async fn new(seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = VaultStore::open(&folder.path().join("vault.db").into()).await.unwrap();
        Self { store, folder, shop: Shop::new(seed) }
    }

    async fn day(&mut self, day: usize, deposits: usize) {
        for batch in self.shop.day(day, deposits) {
            self.store.take_in(&batch).await.unwrap();
        }
    }

    async fn settle(&self) {
        self.store.settle(NOW).await.unwrap();
    }

    fn dump(&self) -> Dump {
        Dump::take(&self.folder.path().join("vault.db"))
    }
}

/// 60 days of five deposits.
async fn many_days(seeds: std::ops::Range<u64>, settles: bool) -> Verdict {
    let mut score = Score::new(SHUFFLES);
    for seed in seeds {
        let mut vault = Vault::new(seed).await;
        for day in 0..60 {
            vault.day(day, 5).await;
        }
        if settles {
            vault.settle().await;
        }
        score.add(&vault.dump().loot(None), &vault.shop.truth, &vault.shop.truth.day, seed);
    }
    told("sqlite", "60 days of 5", settles, score)
}

/// One day of a thousand deposits, into an empty vault.
async fn one_day(seeds: std::ops::Range<u64>, settles: bool) -> Verdict {
    let mut score = Score::new(SHUFFLES);
    for seed in seeds {
        let mut vault = Vault::new(seed).await;
        vault.day(0, 1000).await;
        if settles {
            vault.settle().await;
        }
        score.add(&vault.dump().loot(None), &vault.shop.truth, &vault.shop.truth.batch, seed);
    }
    told("sqlite", "one day of 1,000", settles, score)
}

/// A copy each night for 60 days: what came in between is known, and each pair of nights is one more try.
async fn two_copies(seeds: std::ops::Range<u64>, nights: usize, settles: bool) -> Verdict {
    // Near is the same as exact here: what came together is one deposit
    let mut score = Score::new(9);
    for seed in seeds {
        let mut vault = Vault::new(seed).await;
        let mut last = vault.dump();
        for day in 0..nights {
            vault.day(day, 5).await;
            if settles {
                vault.settle().await;
            }
            let now = vault.dump();
            score.add(&now.loot(Some(&last)), &vault.shop.truth, &vault.shop.truth.batch, seed);
            last = now;
        }
    }
    told("sqlite", "two copies, a day of 5 apart", settles, score)
}

/// A settled day whose deposits are all sealed to another key then, each by a transaction of its own.
async fn sealed_anew(seeds: std::ops::Range<u64>, settles: bool) -> Verdict {
    let mut score = Score::new(SHUFFLES);
    for seed in seeds {
        let mut vault = Vault::new(seed).await;
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
        score.add(&vault.dump().loot(None), &vault.shop.truth, &each, seed);
    }
    told("sqlite", "400 sealed anew", settles, score)
}

#[tokio::test]
async fn what_was_sealed_anew_and_settled_does_not_link() {
    no_better_than_chance(&sealed_anew(0..1, true).await);
}

#[tokio::test]
async fn settled_days_do_not_link() {
    no_better_than_chance(&many_days(0..2, true).await);
}

#[tokio::test]
async fn a_settled_day_does_not_link() {
    no_better_than_chance(&one_day(0..1, true).await);
}

#[tokio::test]
async fn what_came_between_two_settled_copies_does_not_link() {
    let verdict = two_copies(0..1, 60, true).await;
    no_better_than_chance(&verdict);
}

#[tokio::test]
async fn a_vault_that_never_settles_is_read_like_a_list() {
    let days = many_days(0..1, false).await;
    much_better_than_chance(&days);
    assert!(days.p_exact < 1e-9, "the thief is too weak: {}", days.text);
    much_better_than_chance(&one_day(0..1, false).await);
    much_better_than_chance(&two_copies(0..1, 8, false).await);
}

#[tokio::test]
async fn settling_leaves_no_log_no_free_page_and_no_list_of_pages() {
    let mut vault = Vault::new(7).await;
    for day in 0..3 {
        vault.day(day, 50).await;
        let busy = vault.dump();
        assert!(!busy.log_is_empty() && busy.pages_in_log_index().len() > 100);
        vault.settle().await;
        let settled = vault.dump();
        assert!(settled.log_is_empty());
        assert_eq!(settled.free_pages(), 0);
        // The page of the time of settling, the file's first page, and the one that begins the next block
        assert!(settled.pages_in_log_index().len() <= 2, "{:?}", settled.pages_in_log_index());
    }
}

#[tokio::test]
#[ignore = "takes minutes: many shops"]
async fn many_settled_shops_do_not_link() {
    no_better_than_chance(&many_days(100..120, true).await);
    no_better_than_chance(&one_day(100..110, true).await);
    no_better_than_chance(&two_copies(100..110, 60, true).await);
}
