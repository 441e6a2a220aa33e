//! A shop on either engine, with deposits that somebody who has left could open.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use nightsafe_core::grant::{grant_key, open_key};
use nightsafe_core::identity::{AdminName, Identity, Unlock};
use nightsafe_core::keys::PrivateItems;
use nightsafe_core::opening::Opener;
use nightsafe_core::roster::{Change, Reason, Roles, Roster, take_apart, verify_at_any_time};
use nightsafe_store::Database;
use nightsafe_store::vault::{Invitation, NewEntry, Newcomer, StoredGrant, VaultStore};
use nightsafe_tests::database::OwnDatabase;
use nightsafe_tests::deposits::{now, seal};
use nightsafe_tests::http::Connection;
use nightsafe_tests::opening::{Opening, drain, first_admin};
use nightsafe_tests::process::pause;
use nightsafe_tests::server::{Server, Way};
use nightsafe_tests::shoppers::Held as Receipt;
use nightsafe_tests::site::{ADMIN, RealSite, run};

use super::admin::Admin;
use crate::rig::{Engine, readable};

const CARD: &[(&str, &str)] = &[("number", "4242424242424242"), ("expiry", "05/31"), ("holder", "Ada Lovelace")];

/// The vault must have got so far by then.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) struct Shop {
    // In the order in which they end
    pub(super) vault: Server,
    pub(super) admin: Admin,
    /// What the leaver took along: every key that was granted to him.
    leaver: Arc<Opener>,
    held: Vec<Receipt>,
    site: RealSite,
    /// URL of the vault's database, with every right.
    pub(super) database: String,
    _postgres: Option<OwnDatabase>,
    _folder: tempfile::TempDir,
}

impl Shop {
    /// With so many deposits, all of them sealed to a key that he knows; another has taken over. `None` without PostgreSQL.
    pub(super) async fn with_a_leaver(engine: Engine, deposits: usize) -> Option<Self> {
        let postgres = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(OwnDatabase::make().await?),
        };
        let folder = readable();
        let at = folder.path().join("site");
        let url = |role: &str| postgres.as_ref().map(|postgres| postgres.url_as(role));
        let site = match url("nightsafe_vault") {
            Some(vault) => RealSite::make_with_vault(&at, &vault),
            None => RealSite::make(&at),
        };
        let file = |name: &str| format!("sqlite:{}", site.data().join(name).display());
        let outbox = url("nightsafe_vault").unwrap_or_else(|| file("outbox.db"));
        let ingest = Server::ingest(&site, &url("nightsafe_ingest").unwrap_or_else(|| file("outbox.db")), "");
        let held = orders(&site, &ingest, deposits).await;
        ingest.stop();
        let at_work = url("nightsafe_vault").unwrap_or_else(|| file("vault.db"));
        let vault = Server::vault_for_admins(&site, &at_work, &Way::Direct(&outbox));
        tokio::task::spawn_blocking(move || drain(&outbox)).await.unwrap().unwrap();

        let database = postgres.as_ref().map_or_else(|| file("vault.db"), OwnDatabase::url);
        let old = site.published().key.key_id();
        let leaver = comes_and_goes(&site, &database).await;
        ceremony(&site);
        assert_ne!(site.published().key.key_id(), old);
        let admin = Admin::sign_in(&site, vault.address(), old).await;
        Some(Self { vault, admin, leaver, held, site, database, _postgres: postgres, _folder: folder })
    }

    pub(super) fn deposits(&self) -> usize {
        self.held.len()
    }

    /// Every deposit is there once and whole, sealed to the old key or to the new one with all that it has; so many to the new
    /// one. Who stays opens all of them to what was sealed; who left opens those of the old key, and no other.
    pub(super) async fn is_whole(&self, exchanged: usize) {
        let store = VaultStore::open(&self.database.parse::<Database>().unwrap()).await.unwrap();
        let stays = Opening::of(self.admin.opener(), store.clone());
        let left = Opening::of(self.leaver.clone(), store.clone());
        assert_eq!(stays.references().await.len(), self.held.len());
        let mut new = 0;
        for one in &self.held {
            let row = store.deposit(&one.id).await.unwrap().unwrap();
            let is_new = row.key_id == self.admin.target();
            new += usize::from(is_new);
            let texts = stays.texts(&one.id).await;
            assert!(texts.contains(&one.phone) && texts.len() == 4, "{}: {texts:?}", one.reference);
            for field in stays.rows(&one.id).await {
                assert_eq!(field.key_id, row.key_id, "{} is sealed to two keys", one.reference);
            }
            if is_new {
                assert!(left.differs(&one.id).await, "{} is open to who left", one.reference);
            } else {
                assert_eq!(left.texts(&one.id).await, texts, "{}", one.reference);
            }
        }
        assert_eq!(new, exchanged);
        store.close().await;
    }

    /// Until so many deposits are sealed to the new key.
    pub(super) async fn wait_for_exchanged(&self, number: usize) {
        let store = VaultStore::open(&self.database.parse::<Database>().unwrap()).await.unwrap();
        let (start, target) = (Instant::now(), self.admin.target());
        while store.deposits_under(&[target]).await.unwrap() != [(target, number as u64)] {
            assert!(start.elapsed() < PATIENCE, "they were not exchanged");
            pause(Duration::from_millis(10));
        }
        store.close().await;
    }

    /// Ends the vault in good order; its database goes with the rest.
    pub(super) async fn close(self) {
        self.vault.stop();
        drop(self.site);
    }
}

/// Orders whose deposits are in the outbox.
async fn orders(site: &RealSite, ingest: &Server, number: usize) -> Vec<Receipt> {
    let (published, mut held) = (site.published(), Vec::new());
    let mut connection = Connection::open(ingest.address()).await.unwrap();
    for number in 0..number {
        let (reference, phone) = (format!("ORDER-{number}"), format!("+4930100{number:04}"));
        let deposit = seal(&published, &reference, &[("card", CARD), ("phone", &[("value", &phone)])]);
        let answer = connection.post_deposit(deposit.to_json().as_bytes(), b"").await.unwrap();
        assert_eq!(answer.status, 201, "{}", answer.text());
        held.push(Receipt { id: deposit.id(), reference, phone, receipt: answer.text() });
    }
    held
}

/// Ben comes, is granted every key, and goes; gives what he opens with who kept what he was granted.
async fn comes_and_goes(site: &RealSite, database: &str) -> Arc<Opener> {
    let store = VaultStore::open(&database.parse::<Database>().unwrap()).await.unwrap();
    let (anna, keys) = first_admin(site, &store).await;
    let ben = Identity::generate(anna.public().site(), &mut UnwrapErr(SysRng)).unwrap();
    let invitation =
        Invitation { name: "ben".into(), roles: "admin".into(), invited_by: "anna".into(), expires: now().plus(3600) };
    assert!(store.invite(&invitation, &[2; 32], now()).await.unwrap());
    let newcomer = Newcomer {
        name: "ben".into(),
        id: ben.id(),
        record: b"signs in nowhere".to_vec(),
        public: ben.public().to_bytes(),
        wrapped: ben.wrap(&Unlock::Login(&[7; 64]), &mut UnwrapErr(SysRng)).unwrap().to_bytes(),
        roles: "admin".into(),
        joined: now(),
    };
    assert!(store.join(&[2; 32], &newcomer).await.unwrap());

    let (name, roles) = (AdminName::parse("ben").unwrap(), Roles::parse("admin").unwrap());
    let (roster, mut adds) = next(site, &store, &anna, Change::Add { keys: ben.public().into(), roles, name }).await;
    let (mut granted, mut kept): (Vec<StoredGrant>, Vec<PrivateItems>) = (Vec::new(), Vec::new());
    for key in &keys {
        let grants = grant_key(&anna, &roster, ben.public(), key, &mut UnwrapErr(SysRng)).unwrap();
        granted.extend(grants.iter().map(|grant| StoredGrant {
            key_id: grant.data_key(),
            recipient: grant.recipient(),
            item: grant.item().as_str().to_owned(),
            granted: grant.to_bytes(),
        }));
        kept.push(open_key(&ben, &roster, key.public_key(), &grants).unwrap());
    }
    (adds.admitted, adds.grants) = (vec![("ben".to_owned(), ben.id())], granted);
    assert!(store.take_roster_entry(&adds).await.unwrap());
    let (_, mut goes) = next(site, &store, &anna, Change::Revoke { id: ben.id(), reason: Reason::Left }).await;
    goes.ended = vec![ben.id()];
    assert!(store.take_roster_entry(&goes).await.unwrap());
    store.close().await;
    Arc::new(Opener::new(anna.public().site().clone(), kept, vec![site.manifest()]))
}

/// The next entry of the roster, signed by Anna, and the roster with it.
async fn next(site: &RealSite, store: &VaultStore, anna: &Identity, change: Change) -> (Roster, NewEntry) {
    let roster = verify_at_any_time(&store.roster().await.unwrap(), &site.anchor()).unwrap();
    let sequence = roster.sequence() + 1;
    let note = roster.next(now(), vec![change]).sign(&[anna.signer()]).unwrap();
    let head = take_apart(&note).unwrap().1.head();
    let roster = roster.append(&note, &site.anchor()).unwrap();
    let (ended, admitted, grants) = (Vec::new(), Vec::new(), Vec::new());
    (roster, NewEntry { sequence, head, note, ended, admitted, grants })
}

/// The three steps after which another data key seals.
fn ceremony(site: &RealSite) {
    let file = site.folder().join("next.proposal");
    let with = |arguments: &[&str]| -> Command { site.nightsafe(arguments) };
    let mut propose = with(&["keys", "propose", "--passphrase-fd", "0"]);
    run(propose.arg("--out").arg(&file), &format!("{ADMIN}\n"));
    site.sign_proposal(&file);
    run(with(&["keys", "publish"]).arg(&file), "");
}
