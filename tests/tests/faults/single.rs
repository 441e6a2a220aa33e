//! One ingest, and deposits that are sent one by one.

use std::path::{Path, PathBuf};

use nightsafe_core::deposit::Deposit;
use nightsafe_tests::cluster::Cluster;
use nightsafe_tests::deposits::{Entered, SIX_FIELDS, seal};
use nightsafe_tests::http::{Answer, Connection};
use nightsafe_tests::opening::backlog;
use nightsafe_tests::server::Server;
use nightsafe_tests::site::{Published, RealSite};
use tokio::runtime::Runtime;

pub(crate) struct Single {
    pub(crate) server: Server,
    /// The file, on SQLite.
    pub(crate) outbox: PathBuf,
    /// URL of the outbox, with every right.
    owner: String,
    pub(crate) runtime: Runtime,
    manifest: Published,
    sent: usize,
    _folder: tempfile::TempDir,
}

impl Single {
    /// On SQLite, with the outbox in a folder, or beside everything else.
    pub(crate) fn start(outbox: Option<&Path>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let site = RealSite::make(&folder.path().join("site"));
        let outbox = outbox.map_or(site.data(), Path::to_path_buf).join("outbox.db");
        let url = format!("sqlite:{}", outbox.display());
        Self::on(&site, &url, url.clone(), outbox, folder)
    }

    /// On PostgreSQL.
    pub(crate) fn start_on(cluster: &Cluster) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let site = RealSite::make(&folder.path().join("site"));
        let url = cluster.url_as("nightsafe_ingest", "postgres");
        Self::on(&site, &url, cluster.url("postgres"), PathBuf::new(), folder)
    }

    fn on(site: &RealSite, url: &str, owner: String, outbox: PathBuf, folder: tempfile::TempDir) -> Self {
        let server = Server::ingest(site, url, "");
        let manifest = site.published();
        Self { server, outbox, owner, runtime: Runtime::new().unwrap(), manifest, sent: 0, _folder: folder }
    }

    /// An order that was not sealed before.
    pub(crate) fn order(&mut self, entered: Entered<'_>) -> Deposit {
        self.sent += 1;
        seal(&self.manifest, &format!("ORDER-{}", self.sent), entered)
    }

    /// An order of 32 long addresses, about 100 KB of JSON.
    pub(crate) fn large(&mut self) -> Deposit {
        let line = "x".repeat(250);
        let parts = ["line1", "line2", "city"].map(|part| (part, line.as_str()));
        let parts = [&parts[..], &[("postal_code", "10115"), ("country", "DE")]].concat();
        let entered: Vec<(&str, &[(&str, &str)])> = vec![("address", &parts); 32];
        self.order(&entered)
    }

    /// Sends a new order; returns the status.
    pub(crate) fn deposit(&mut self) -> u16 {
        let deposit = self.order(SIX_FIELDS);
        self.send(&deposit).status
    }

    /// Sends a deposit.
    pub(crate) fn send(&self, deposit: &Deposit) -> Answer {
        let json = deposit.to_json();
        self.runtime.block_on(async {
            let mut connection = Connection::open(self.server.address()).await.unwrap();
            connection.post_deposit(json.as_bytes(), b"").await.unwrap()
        })
    }

    /// Deposits in the outbox.
    pub(crate) fn stored(&self) -> u64 {
        backlog(&self.owner)
    }
}
