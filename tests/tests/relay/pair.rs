//! A shop's outbox with its relay, and a vault: two programs, each with its files.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use nightsafe_core::deposit::{Deposit, FieldToSeal, Order, assemble};
use nightsafe_core::facets::derive_all;
use nightsafe_core::keys::PrivateItems;
use nightsafe_core::note::NoteSigner;
use nightsafe_core::policy::builtin;
use nightsafe_core::scalar::{ManifestHash, Reference, Site};
use nightsafe_core::suite::Suite;
use nightsafe_core::value::Value;
use nightsafe_serve::clock::{Clock, SystemClock};
use nightsafe_serve::online_key;
use nightsafe_store::outbox::OutboxRow;
use nightsafe_store::vault::Quarantined;
use nightsafe_tests::binaries::Binaries;
use nightsafe_tests::process::{Process, free_address, wait_for};
use nightsafe_vault::{ServerSetup, VaultStore};

use crate::outbox::Outbox;
use crate::wire::{Exchange, Message, PATIENCE, Wire};

const SITE: &str = "demo.nightsafe.example";

/// Both sides, and the wire between them.
pub(crate) struct Pair {
    folder: tempfile::TempDir,
    pub(crate) wire: Wire,
    pub(crate) relay: SocketAddr,
    relay_process: Option<Process>,
    vault_process: Option<Process>,
    pub(crate) deposits: Vec<Deposit>,
    key: PrivateItems,
    pub(crate) outbox: Outbox,
}

/// One of the two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Relay,
    Vault,
}

impl Pair {
    /// With a number of deposits in the outbox; both sides run, and the vault has asked nothing yet that was answered.
    pub(crate) async fn with(deposits: usize) -> Self {
        Self::logging("debug", deposits).await
    }

    /// The same, with another filter of what is logged.
    pub(crate) async fn logging(filter: &str, deposits: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let outbox = Outbox::in_folder(folder.path());
        Self::at(folder, outbox, filter, deposits).await
    }

    /// The outbox on PostgreSQL, each program under its role; `None` where there is no server.
    pub(crate) async fn on_postgres() -> Option<Self> {
        let outbox = Outbox::on_server().await?;
        Some(Self::at(tempfile::tempdir().unwrap(), outbox, "debug", 0).await)
    }

    async fn at(folder: tempfile::TempDir, outbox: Outbox, filter: &str, deposits: usize) -> Self {
        let wire = Wire::new().await;
        let key = PrivateItems::generate(Suite::X25519, &mut UnwrapErr(SysRng)).unwrap();
        let relay = free_address();
        let mut pair =
            Self { folder, wire, relay, relay_process: None, vault_process: None, deposits: Vec::new(), key, outbox };
        let signer = NoteSigner::generate(&format!("{SITE}/relay"), &mut UnwrapErr(SysRng)).unwrap();
        pair.write_secret("login.key", &ServerSetup::generate().unwrap().to_bytes());
        pair.write_secret("relay.key", online_key::to_text(&signer).as_bytes());
        pair.configure(&signer, filter);
        pair.shop(deposits).await;
        pair.start(Side::Relay).await;
        pair.start(Side::Vault).await;
        pair
    }

    fn configure(&self, signer: &NoteSigner, filter: &str) {
        let folder = self.folder.path().display();
        let origin = format!("http://localhost:{}", self.wire.address.port());
        let relay = format!(
            "[relay]\norigin = \"{origin}\"\nvault_keys = [\"{}\"]\ndatabase = \"{}\"\n\
             [relay.listen]\naddress = \"{}\"\n[log]\nfilter = \"{filter}\"\n",
            signer.vkey(),
            self.outbox.relays(),
            self.relay
        );
        let vault = format!(
            "[site]\nname = \"{SITE}\"\nadmin_origin = \"http://localhost:4804\"\nlogin_key = \"{folder}/login.key\"\n\
             [vault]\ndatabase = \"sqlite:{folder}/vault.db\"\n\
             [source]\nevery_milliseconds = 20\nretry_milliseconds = 20\nlongest_retry_milliseconds = 200\n\
             [source.relay]\norigin = \"{origin}\"\nkey = \"{folder}/relay.key\"\n\
             [listen]\naddress = \"127.0.0.1:0\"\n[log]\nfilter = \"{filter}\"\n"
        );
        fs::write(self.path("relay.toml"), relay).unwrap();
        fs::write(self.path("vault.toml"), vault).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file of either side's.
    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    fn write_secret(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// Customers order: so many new deposits come into the outbox.
    pub(crate) async fn shop(&mut self, number: usize) {
        let first = self.deposits.len();
        let new: Vec<Deposit> = (first..first + number).map(|number| self.seal(number)).collect();
        self.insert(new.iter().map(row).collect()).await;
        self.deposits.extend(new);
    }

    /// Customers' browsers send all deposits again, as after a lost answer.
    pub(crate) async fn retry_all(&self) {
        self.insert(self.deposits.iter().map(row).collect()).await;
    }

    pub(crate) async fn insert(&self, rows: Vec<OutboxRow>) {
        self.outbox.insert(rows).await;
    }

    pub(crate) fn seal(&self, number: usize) -> Deposit {
        let kinds = builtin();
        let kind = |name: &str| kinds.iter().find(|kind| kind.name.as_str() == name).unwrap();
        let value = Value::text(String::from("+4930123456")).unwrap();
        let fields = [("phone", 0), ("phone", 1), ("text", 0)].map(|(name, index)| (kind(name), index));
        let fields = fields.map(|(kind, index)| FieldToSeal { kind, index, value: &value });
        let order = Order {
            site: &Site::parse(SITE).unwrap(),
            reference: &Reference::parse(&format!("ORDER-{number}")).unwrap(),
            manifest: &ManifestHash([1; 32]),
            key: self.key.public_key(),
            facets: &derive_all(&kinds, std::iter::empty::<(&str, u32, &Value)>()),
            now: SystemClock.now(),
        };
        assemble(&order, &fields, &mut UnwrapErr(SysRng)).unwrap()
    }

    /// Starts a side and, for the relay, waits until it takes connections.
    pub(crate) async fn start(&mut self, side: Side) {
        let (program, file) = match side {
            Side::Relay => ("nightsafe-relay", "relay"),
            Side::Vault => ("nightsafe-vault", "vault"),
        };
        let log = self.path(&format!("{file}.log"));
        let mut command = Command::new(Binaries::get().path(program));
        let mut process = Process::start(command.arg("--config").arg(self.path(&format!("{file}.toml"))), &log);
        match side {
            Side::Relay => {
                wait_for(self.relay, &mut process, &log);
                self.relay_process = Some(process);
            }
            // Its first question is the sign
            Side::Vault => self.vault_process = Some(process),
        }
    }

    /// Kill -9. What a vault had asked is gone with it.
    pub(crate) fn kill(&mut self, side: Side) {
        let process = match side {
            Side::Relay => self.relay_process.take(),
            Side::Vault => self.vault_process.take(),
        };
        process.unwrap().kill();
        if side == Side::Vault {
            self.wire.clear();
        }
    }

    pub(crate) async fn restart(&mut self, side: Side) {
        self.kill(side);
        self.start(side).await;
    }

    /// Lets an exchange pass as it should; gives the relay's answer.
    pub(crate) async fn pass(&self, exchange: Exchange) -> Message {
        let answer = exchange.request.ask(self.relay).await.unwrap();
        exchange.deliver(&answer);
        answer
    }

    /// Lets everything pass until the next request of this kind.
    pub(crate) async fn until(&mut self, is_batch: bool) -> Exchange {
        loop {
            let exchange = self.wire.next().await;
            if exchange.is_batch() == is_batch {
                return exchange;
            }
            self.pass(exchange).await;
        }
    }

    /// Lets everything pass until the relay has nothing more to give.
    pub(crate) async fn drain(&mut self) {
        let drained = async {
            loop {
                let exchange = self.wire.next().await;
                let is_batch = exchange.is_batch();
                let answer = exchange.request.ask(self.relay).await.unwrap();
                exchange.deliver(&answer);
                if is_batch && answer.status() == 200 && answer.deposits() == 0 {
                    return;
                }
            }
        };
        if tokio::time::timeout(PATIENCE, drained).await.is_err() {
            panic!("the relay is not empty: {}\n{}", self.log(Side::Vault), self.log(Side::Relay));
        }
    }

    pub(crate) async fn backlog(&self) -> u64 {
        self.outbox.backlog().await
    }

    /// Why each row is there.
    pub(crate) async fn quarantined(&self) -> Vec<String> {
        self.quarantine().await.into_iter().map(|row| row.reason).collect()
    }

    pub(crate) async fn quarantine(&self) -> Vec<Quarantined> {
        let store = VaultStore::open(&self.path("vault.db").into()).await.unwrap();
        let rows = store.quarantined(1000).await.unwrap();
        store.close().await;
        rows
    }

    /// Every deposit is in the vault once and whole, the outbox is empty, and a late retry changes neither.
    pub(crate) async fn assert_exactly_once(&mut self) {
        self.drain().await;
        self.assert_all_there().await;
        self.retry_all().await;
        if self.outbox.knows_taken() {
            assert_eq!(self.backlog().await, 0, "a late retry is a new deposit");
        }
        self.drain().await;
        self.assert_all_there().await;
    }

    async fn assert_all_there(&self) {
        assert_eq!(self.backlog().await, 0, "something stayed in the outbox");
        let path = self.path("vault.db");
        let store = VaultStore::open(&path.clone().into()).await.unwrap();
        for deposit in &self.deposits {
            assert!(store.deposit(&deposit.id()).await.unwrap().is_some(), "a deposit is missing");
            for field in &deposit.parts().fields {
                assert_eq!(store.field_rows(&field.tag).await.unwrap().len(), 1, "a field is missing or there twice");
            }
        }
        store.close().await;
        // Nothing besides them
        let mut raw = <sqlx::SqliteConnection as sqlx::Connection>::connect(path.to_str().unwrap()).await.unwrap();
        for (query, each) in [("SELECT count(*) FROM deposit_index", 1), ("SELECT count(*) FROM field", 3)] {
            let count: i64 = sqlx::query_scalar(query).fetch_one(&mut raw).await.unwrap();
            assert_eq!(usize::try_from(count).unwrap(), self.deposits.len() * each, "{query}");
        }
    }

    /// What both sides logged, for a test that fails.
    pub(crate) fn log(&self, side: Side) -> String {
        let name = if side == Side::Relay { "relay.log" } else { "vault.log" };
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }
}

pub(crate) fn row(deposit: &Deposit) -> OutboxRow {
    OutboxRow {
        deposit_id: deposit.id().0,
        day: SystemClock.now().day().to_text(),
        nonce: deposit.parts().nonce.0,
        body: deposit.canonical_body(),
    }
}
