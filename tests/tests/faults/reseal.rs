//! Somebody has left, and the vault is killed while what he could open is sealed anew: at each step that a batch goes through,
//! and in the middle of the transactions of the vault. A moment is named by what the vault has done by then, and is waited
//! for: nothing is left to chance or to a pause. See `docs/spec/reseal.md`.

mod admin;
mod at;
mod held;
mod shop;

use std::collections::BTreeMap;

use nightsafe_core::scalar::DepositId;

use self::held::Held;
use self::shop::Shop;
use crate::rig::Engine;

/// Deposits of a batch.
const BATCH: usize = 4;

/// When the vault is killed.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// What is to be sealed anew was listed.
    Listed,
    /// In the transaction that appends the entries, after which the envelopes would be handed out.
    Recording,
    /// They were handed out, all of it is sealed, and nothing was sent.
    HandedOut,
    /// In the transaction of the deposit at this place of the batch, when its index row is written and a field is not.
    Exchanging(usize),
    /// All of the batch is exchanged, and the browser does not know.
    Exchanged,
}

const MOMENTS: [Moment; 7] = [
    Moment::Listed,
    Moment::Recording,
    Moment::HandedOut,
    Moment::Exchanging(0),
    Moment::Exchanging(2),
    Moment::Exchanging(BATCH - 1),
    Moment::Exchanged,
];

/// What the browser knows of its own, to be compared with what the vault has.
#[derive(Default)]
struct Known {
    /// How often each deposit was handed out: so many entries there must be.
    handed_out: BTreeMap<DepositId, usize>,
    exchanged: usize,
}

impl Known {
    fn hands_out(&mut self, batch: &admin::Batch) {
        batch.ids().for_each(|id| *self.handed_out.entry(id).or_default() += 1);
    }
}

/// Goes on with what is left, until this moment; gives how many deposits of the batch were exchanged by then.
async fn killed_at(moment: Moment, shop: &mut Shop, known: &mut Known) {
    let rows = shop.admin.list(BATCH).await;
    assert_eq!(rows.len(), BATCH, "{moment:?}");
    match moment {
        Moment::Listed => shop.vault.kill(),
        Moment::Recording => {
            let request = shop.admin.to_open(&rows).await;
            let mut held = Held::entries(&shop.database).await;
            let unanswered = shop.admin.send("/v1/reseal/open", &request).await;
            held.wait().await;
            shop.vault.kill();
            drop(unanswered);
            held.let_go().await;
        }
        Moment::HandedOut => {
            known.hands_out(&shop.admin.sealed(rows).await);
            shop.vault.kill();
        }
        Moment::Exchanging(place) => {
            let batch = shop.admin.sealed(rows).await;
            known.hands_out(&batch);
            let mut held = Held::field(&shop.database, batch.last_tag(place)).await;
            let unanswered = shop.admin.send("/v1/reseal", batch.request()).await;
            held.wait().await;
            shop.vault.kill();
            drop(unanswered);
            held.let_go().await;
            known.exchanged += place; // those before it are in, and of this one nothing
        }
        Moment::Exchanged => {
            let batch = shop.admin.sealed(rows).await;
            known.hands_out(&batch);
            let unanswered = shop.admin.send("/v1/reseal", batch.request()).await;
            known.exchanged += BATCH;
            shop.wait_for_exchanged(known.exchanged).await;
            shop.vault.kill();
            drop(unanswered);
        }
    }
}

async fn survives(engine: Engine) {
    let Some(mut shop) = Shop::with_a_leaver(engine, BATCH * MOMENTS.len()).await else { return };
    let mut known = Known::default();
    shop.is_whole(known.exchanged).await;
    for moment in MOMENTS {
        killed_at(moment, &mut shop, &mut known).await;
        // As it lies there, before any vault has had a chance to mend it; and as the next vault has it
        shop.is_whole(known.exchanged).await;
        shop.vault.resume();
        let left = shop.deposits() - known.exchanged;
        assert_eq!(shop.admin.left().await, left, "{moment:?}");
        assert_eq!(
            shop.admin.entries().await,
            known.handed_out,
            "{moment:?}: what was handed out is in the log, and no more"
        );
    }
    while shop.admin.left().await > 0 {
        let batch = shop.admin.list(BATCH).await;
        let batch = shop.admin.sealed(batch).await;
        known.hands_out(&batch);
        shop.admin.finish(&batch).await;
        known.exchanged += batch.ids().count();
    }
    assert_eq!(known.exchanged, shop.deposits());
    shop.is_whole(known.exchanged).await;
    // An entry for each time that a deposit was handed out: once, and once more for each run that was broken off after it
    assert_eq!(shop.admin.entries().await, known.handed_out);
    let again = known.handed_out.values().filter(|times| **times > 1).count();
    let once = known.handed_out.len() - again;
    let deposits = shop.deposits();
    shop.close().await;
    eprintln!(
        "{engine:?}: {} kills while {deposits} deposits are sealed anew, {again} of them handed out more than once, {once} once: \
         each exchanged once, whole at every moment, open for who stays and closed for who left",
        MOMENTS.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_deposit_is_sealed_anew_once_on_sqlite() {
    survives(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_deposit_is_sealed_anew_once_on_postgres() {
    survives(Engine::Postgres).await;
}
