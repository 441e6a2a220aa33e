//! Somebody leaves, and what he could open is sealed anew: by an admin, with an entry for each deposit, whole or not at all, and
//! again after whatever interruption.

use nightsafe_core::audit::{Action, OpenedField, PointHash};
use nightsafe_core::envelope::Envelope;
use nightsafe_core::keys::PrivateItems;
use nightsafe_core::opening::{Opener, SealedRow, Target};
use nightsafe_core::roster::{Change, Reason};
use nightsafe_core::scalar::{DepositId, EnvelopeHash, KeyId, KindName, ManifestHash, Tag};
use nightsafe_proto::problem::ProblemType as P;
use nightsafe_proto::vault::custody::Custody;
use nightsafe_proto::vault::openings::{Opened, OpenedDeposit as Answered};
use nightsafe_proto::vault::reseal::{
    DepositToReseal, ListToReseal, OpenToReseal, Reseal, ResealLeft, Resealed, ResealedDeposit, ToReseal,
};
use nightsafe_proto::vault::search::IndexRow;
use nightsafe_proto::wire::{B64u, Hex, Hex32};
use nightsafe_tests::browser::{locate, named, reseal};

use crate::audited::{to_log, verified};
use crate::fixture::{Answer, PASSPHRASE, rng, site};
use crate::recorded::{Recorded, head};
use crate::team::BEN;

/// Orders, and Ben, who was granted their key and has left.
pub(crate) struct Left {
    pub(crate) recorded: Recorded,
    pub(crate) old: KeyId,
}

/// The browser of the admin who stays, and what it seals to.
pub(crate) struct Browser {
    opener: Opener,
    pub(crate) next: PrivateItems,
    manifest: ManifestHash,
}

impl Left {
    pub(crate) async fn new(orders: u32) -> Self {
        let recorded = Recorded::new().await;
        for number in 1..=orders {
            recorded.team.vault.with_order(&format!("ORDER-{number}")).await;
        }
        let ben = recorded.with_ben().await;
        let old = recorded.team.vault.key.public_key().key_id();
        let left = Self { recorded, old };
        assert_eq!(left.counts().await, [], "nobody has left");
        let change = left.recorded.entry(vec![Change::Revoke { id: ben.id(), reason: Reason::Left }], &[]).await;
        let actions = [Action::RosterChange(head(&change)), Action::Revoke(ben.id())];
        assert!(left.recorded.taken(change, &actions).await.0);
        let custody: Custody = left.get("/v1/custody").await.json();
        assert_eq!(custody.keys[0].ended, [Hex(ben.id().0)]);
        left
    }

    pub(crate) async fn browser(&self) -> Browser {
        let (next, manifest) = self.recorded.team.vault.next_epoch().await;
        let opener = self.recorded.team.vault.unlock(&self.recorded.team.token, PASSPHRASE).await;
        Browser { opener, next, manifest }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.recorded.team.vault.get(path, &self.recorded.team.token).await
    }

    async fn post(&self, path: &str, body: &impl serde::Serialize) -> Answer {
        self.recorded.team.vault.post(path, &self.recorded.team.token, body).await
    }

    pub(crate) async fn counts(&self) -> Vec<(KeyId, u64)> {
        let left: ResealLeft = self.get("/v1/reseal").await.json();
        left.keys.iter().map(|key| (KeyId(key.key_id.0), key.deposits)).collect()
    }

    pub(crate) async fn list(&self, after: Option<Hex32>, limit: u32) -> Vec<IndexRow> {
        let entries = self.recorded.sign(&self.recorded.team.anna, &[Action::List { limit, purpose: None }]);
        let request = ListToReseal { key_id: Hex(self.old.0), after, limit, log: to_log(&entries) };
        let page: ToReseal = self.post("/v1/reseal/list", &request).await.json();
        verified(&page.log, &entries);
        page.deposits
    }

    /// What there is under the tags of a row, as a check tells it.
    async fn points(&self, browser: &Browser, row: &IndexRow) -> (DepositToReseal, Vec<OpenedField>) {
        let opened = locate(&browser.opener, row);
        let tags: Vec<_> = browser.opener.listed(&opened).map(|listed| Hex(listed.tag.0)).collect();
        let check = serde_json::json!({"deposits": [{"deposit_id": row.deposit_id, "open": [], "check": tags}]});
        let found: Opened = self.post("/v1/openings", &check).await.json();
        let (open, fields) = named(&browser.opener, &opened, &found.deposits[0].present);
        (DepositToReseal { deposit_id: row.deposit_id, open }, fields)
    }

    /// The request that hands out what is sealed in these rows.
    async fn to_open(&self, browser: &Browser, rows: &[IndexRow]) -> OpenToReseal {
        let (mut deposits, mut actions) = (Vec::new(), Vec::new());
        for row in rows {
            let (request, fields) = self.points(browser, row).await;
            let (deposit, data_key) = (DepositId(row.deposit_id.0), browser.next.public_key().key_id());
            actions.push(Action::Reseal { deposit, data_key, fields });
            deposits.push(request);
        }
        let log = to_log(&self.recorded.sign(&self.recorded.team.anna, &actions));
        OpenToReseal { key_id: Hex(browser.next.public_key().key_id().0), deposits, log }
    }

    /// Sealed anew, and not sent yet.
    pub(crate) async fn sealed(&self, browser: &Browser, rows: &[IndexRow]) -> Reseal {
        let request = self.to_open(browser, rows).await;
        let opened: Opened = self.post("/v1/reseal/open", &request).await.json();
        verified(opened.log.as_ref().unwrap(), &request.log.entries);
        let deposits = rows.iter().zip(&opened.deposits).map(|(row, answer)| browser.seal(row, answer));
        Reseal { key_id: request.key_id, manifest: Hex(browser.manifest.0), deposits: deposits.collect() }
    }

    pub(crate) async fn send(&self, resealed: &Reseal) -> Vec<Hex32> {
        self.post("/v1/reseal", resealed).await.json::<Resealed>().conflicts
    }

    /// Data keys of all field rows, each once.
    async fn field_keys(&self) -> Vec<Vec<u8>> {
        let keys = sqlx::query_scalar("SELECT DISTINCT key_id FROM field ORDER BY 1");
        keys.fetch_all(&mut self.recorded.team.vault.raw().await).await.unwrap()
    }
}

impl Browser {
    fn seal(&self, row: &IndexRow, answer: &Answered) -> ResealedDeposit {
        let target = Target { key: self.next.public_key(), manifest: &self.manifest };
        reseal(&self.opener, row, answer, &target, &mut rng())
    }
}

#[tokio::test]
async fn what_a_leaver_could_open_is_sealed_anew_and_his_key_opens_nothing_any_more() {
    let left = Left::new(3).await;
    assert_eq!(left.counts().await, [(left.old, 3)]);
    let browser = left.browser().await;
    let rows = left.list(None, 2).await;
    assert_eq!(rows.len(), 2);
    assert!(rows[0].deposit_id.0 < rows[1].deposit_id.0);
    // Handed out, and then the browser is gone: the log says so, and nothing has changed
    left.post("/v1/reseal/open", &left.to_open(&browser, &rows).await).await.json::<Opened>();
    assert_eq!(left.counts().await, [(left.old, 3)]);
    assert_eq!(left.list(None, 2).await.len(), 2);

    let size = left.recorded.size().await;
    let resealed = left.sealed(&browser, &rows).await;
    assert_eq!(left.recorded.size().await, size + 2, "an entry for each deposit");
    assert_eq!(left.send(&resealed).await, []);
    assert_eq!(left.counts().await, [(left.old, 1)]);
    // Two at once: the second is told, and nothing is exchanged twice
    assert_eq!(left.send(&resealed).await, [rows[0].deposit_id, rows[1].deposit_id]);
    let rest = left.list(None, 9).await;
    let mine = left.sealed(&browser, &rest).await;
    let other = left.sealed(&browser, &rest).await;
    assert_eq!((left.send(&mine).await, left.send(&other).await), (vec![], vec![rest[0].deposit_id]));
    assert_eq!(left.counts().await, [(left.old, 0)]);
    assert!(left.list(None, 9).await.is_empty());

    // With the old key and a copy of the database
    let next = browser.next.public_key().key_id();
    assert_eq!(left.field_keys().await, [next.0.to_vec()]);
    let store = &left.recorded.team.vault.store;
    let admin = left.recorded.team.vault.unlock(&left.recorded.team.token, PASSPHRASE).await;
    for (row, was) in [(&rows[0], &resealed.deposits[0]), (&rest[0], &mine.deposits[0])] {
        let stored = store.deposit(&DepositId(row.deposit_id.0)).await.unwrap().unwrap();
        assert_eq!((stored.key_id, stored.manifest, stored.reference), (next, browser.manifest, row.reference.clone()));
        assert_eq!(stored.locator, was.locator.0);
        let row = IndexRow {
            key_id: Hex(next.0),
            manifest: Hex(browser.manifest.0),
            locator: was.locator.clone(),
            ..row.clone()
        };
        let thief = Opener::new(site(), vec![left.recorded.team.vault.key.clone()], Vec::new());
        assert!(!locate(&thief, &row).differences().is_empty());
        // Who stays opens it as before
        let opened = locate(&admin, &row);
        assert!(opened.differences().is_empty(), "{:?}", opened.differences());
        let mut sealed = Vec::new();
        for listed in admin.listed(&opened) {
            sealed.extend(store.field_rows(&listed.tag).await.unwrap());
        }
        let sealed: Vec<_> = sealed.iter().map(|row| SealedRow { tag: row.tag, envelope: &row.envelope }).collect();
        let values = admin.open_rows(&opened, &sealed, &[]);
        assert_eq!((values.fields.len(), values.differences), (2, vec![]));
    }
}

#[tokio::test]
async fn what_an_entry_does_not_say_exactly_is_not_handed_out() {
    let left = Left::new(2).await;
    let (team, early) = (&left.recorded.team, left.list(None, 9).await);
    // Before another key has taken over, nothing can be sealed to
    let opener = team.vault.unlock(&team.token, PASSPHRASE).await;
    let none = Browser { opener, next: team.vault.key.clone(), manifest: ManifestHash([0; 32]) };
    let request = left.to_open(&none, &early).await;
    assert_eq!(left.post("/v1/reseal/open", &request).await.problem(), P::NotTheActiveKey);

    let browser = left.browser().await;
    let (rows, next) = (left.list(None, 9).await, browser.next.public_key().key_id());
    let good = left.to_open(&browser, &rows[..1]).await;
    let (request, fields) = left.points(&browser, &rows[0]).await;
    let deposit = DepositId(rows[0].deposit_id.0);
    let size = left.recorded.size().await;
    let reseal =
        |deposit, data_key, fields: &[OpenedField]| Action::Reseal { deposit, data_key, fields: fields.to_vec() };
    let other = OpenedField { kind: KindName::parse("card").unwrap(), index: 0, point: PointHash([1; 32]) };
    for (what, actions, problem) in [
        ("nothing", vec![], P::LogEntryRefused),
        ("another action", vec![Action::List { limit: 1, purpose: None }], P::LogEntryRefused),
        ("another deposit", vec![reseal(DepositId([1; 32]), next, &fields)], P::LogEntryRefused),
        ("another key", vec![reseal(deposit, left.old, &fields)], P::LogEntryRefused),
        ("not all fields", vec![reseal(deposit, next, &fields[..1])], P::LogEntryDiffers),
        ("another envelope", vec![reseal(deposit, next, &[other])], P::LogEntryDiffers),
    ] {
        let log = to_log(&left.recorded.sign(&team.anna, &actions));
        let request = OpenToReseal { log, deposits: vec![request.clone()], ..good.clone() };
        assert_eq!(left.post("/v1/reseal/open", &request).await.problem(), problem, "{what}");
    }
    for (what, request, problem) in [
        ("another target", OpenToReseal { key_id: Hex(left.old.0), ..good.clone() }, P::NotTheActiveKey),
        ("too many", OpenToReseal { deposits: vec![request.clone(); 51], ..good.clone() }, P::BatchTooLarge),
    ] {
        assert_eq!(left.post("/v1/reseal/open", &request).await.problem(), problem, "{what}");
    }
    let list = ListToReseal {
        key_id: Hex(next.0),
        after: None,
        limit: 9,
        log: to_log(&left.recorded.sign(&team.anna, &[Action::List { limit: 9, purpose: None }])),
    };
    assert_eq!(left.post("/v1/reseal/list", &list).await.problem(), P::MalformedMember, "nobody left with this key");
    let long = ListToReseal { key_id: Hex(left.old.0), limit: 51, ..list.clone() };
    assert_eq!(left.post("/v1/reseal/list", &long).await.problem(), P::BatchTooLarge);
    let other = ListToReseal { key_id: Hex(left.old.0), limit: 8, ..list };
    assert_eq!(left.post("/v1/reseal/list", &other).await.problem(), P::LogEntryRefused);
    assert_eq!(left.recorded.size().await, size);

    // Once it is sealed anew, it is not handed out by this way any more
    assert_eq!(left.send(&left.sealed(&browser, &rows[..1]).await).await, []);
    let again = left.recorded.sign(&team.anna, &[reseal(deposit, next, &fields)]);
    let again = OpenToReseal { log: to_log(&again), ..good };
    assert_eq!(left.post("/v1/reseal/open", &again).await.problem(), P::UnknownDeposit);
    // By an admin only
    for path in ["/v1/reseal"] {
        assert_eq!(team.vault.get(path, "").await.problem(), P::SignInRequired);
    }
    assert!(team.vault.try_sign_in("ben", BEN).await.is_none());
}

#[tokio::test]
async fn what_is_not_what_it_was_or_no_envelope_is_not_taken() {
    let left = Left::new(3).await;
    let browser = left.browser().await;
    let rows = left.list(None, 9).await;
    let good = left.sealed(&browser, &rows).await;
    let with = |edit: &dyn Fn(&mut Reseal)| {
        let mut request = good.clone();
        edit(&mut request);
        request
    };
    let old = Envelope::parse(rows[0].locator.0.clone()).unwrap();
    for (what, request, problem) in [
        ("another key", with(&|one| one.key_id = Hex(left.old.0)), P::NotTheActiveKey),
        ("another manifest", with(&|one| one.manifest = Hex([1; 32])), P::NotTheActiveKey),
        ("no envelope", with(&|one| one.deposits[0].locator = B64u(vec![1, 2, 3])), P::MalformedEnvelope),
        (
            "to the old key",
            with(&|one| one.deposits[0].fields[0].envelope = B64u(old.as_bytes().to_vec())),
            P::WrongEnvelopeKey,
        ),
        ("no field", with(&|one| one.deposits[1].fields.clear()), P::MalformedMember),
    ] {
        assert_eq!(left.post("/v1/reseal", &request).await.problem(), problem, "{what}");
    }
    assert_eq!(left.counts().await, [(left.old, 3)]);

    // Somebody exchanges a field under way: that deposit stays as it is, whole, and the others go on
    let damaged = &good.deposits[1];
    let mut raw = left.recorded.team.vault.raw().await;
    let exchanged = sqlx::query("UPDATE field SET envelope_hash = $1 WHERE tag = $2 AND envelope_hash = $3")
        .bind(&[9; 32][..])
        .bind(&damaged.fields[1].tag.0[..])
        .bind(&damaged.fields[1].before.0[..])
        .execute(&mut raw)
        .await
        .unwrap();
    assert_eq!(exchanged.rows_affected(), 1);
    assert_eq!(left.send(&good).await, [damaged.deposit_id]);
    assert_eq!(left.counts().await, [(left.old, 1)]);
    let stored = left.recorded.team.vault.store.deposit(&DepositId(damaged.deposit_id.0)).await.unwrap().unwrap();
    assert_eq!(EnvelopeHash::of(&stored.locator).0, damaged.before.0);
    let first = left.recorded.team.vault.store.field_rows(&Tag(damaged.fields[0].tag.0)).await.unwrap();
    assert_eq!(first.iter().map(|row| row.key_id).collect::<Vec<_>>(), [left.old]);
    // It is walked past
    let only = left.list(None, 9).await;
    assert_eq!(only.len(), 1);
    assert!(left.list(Some(only[0].deposit_id), 9).await.is_empty());
}
