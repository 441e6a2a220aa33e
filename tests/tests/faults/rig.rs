//! Ingest, vault and their databases, each part a process that can be killed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use nightsafe_tests::cluster::Cluster;
use nightsafe_tests::opening::{all_open_once, drain};
use nightsafe_tests::server::{Server, Way};
use nightsafe_tests::shoppers::Held;
use nightsafe_tests::site::RealSite;

/// Where outbox and vault are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// How deposits get from one to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Direct,
    Relay,
}

/// What can be killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Ingest,
    Vault,
    Relay,
    Postgres,
}

/// Everything of one shop.
pub(crate) struct Rig {
    // In the order in which they end
    vault: Server,
    relay: Option<Server>,
    pub(crate) ingest: Server,
    cluster: Option<Cluster>,
    pub(crate) site: RealSite,
    /// URL of the outbox, with every right.
    outbox: String,
    /// URL of the vault's database, with every right.
    pub(crate) database: String,
    _folder: tempfile::TempDir,
}

impl Rig {
    pub(crate) fn start(engine: Engine, mode: Mode) -> Self {
        // PostgreSQL's user has to reach its part of it
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let cluster = (engine == Engine::Postgres).then(|| postgres(folder.path().join("pg")));
        let url = |role| cluster.as_ref().map(|cluster| cluster.url_as(role, "postgres"));
        let at = folder.path().join("site");
        let site = match url("nightsafe_vault") {
            Some(vault) => RealSite::make_with_vault(&at, &vault),
            None => RealSite::make(&at),
        };
        let file = |name| format!("sqlite:{}", site.data().join(name).display());
        let of = |role, name| url(role).unwrap_or_else(|| file(name));

        let outbox = of("nightsafe_vault", "outbox.db");
        // First, as it may have to make the file
        let ingest = Server::ingest(&site, &of("nightsafe_ingest", "outbox.db"), "");
        let relay = (mode == Mode::Relay).then(|| Server::relay(&site, &of("nightsafe_relay", "outbox.db")));
        let way = relay.as_ref().map_or(Way::Direct(&outbox), Way::Relay);
        let vault = Server::vault(&site, &of("nightsafe_vault", "vault.db"), &way);
        let (outbox, database) = (of("postgres", "outbox.db"), of("postgres", "vault.db"));
        Self { vault, relay, ingest, cluster, site, outbox, database, _folder: folder }
    }

    /// The parts there are.
    pub(crate) fn parts(&self) -> Vec<Part> {
        let (relay, postgres) =
            (self.relay.as_ref().map(|_| Part::Relay), self.cluster.as_ref().map(|_| Part::Postgres));
        [Part::Ingest, Part::Vault].into_iter().chain(relay).chain(postgres).collect()
    }

    pub(crate) fn kill(&mut self, part: Part) {
        match part {
            Part::Ingest => self.ingest.kill(),
            Part::Vault => self.vault.kill(),
            Part::Relay => self.relay.as_mut().unwrap().kill(),
            Part::Postgres => self.cluster.as_mut().unwrap().kill(),
        }
    }

    pub(crate) fn resume(&mut self, part: Part) {
        match part {
            Part::Ingest => self.ingest.resume(),
            Part::Vault => self.vault.resume(),
            Part::Relay => self.relay.as_mut().unwrap().resume(),
            Part::Postgres => self.cluster.as_mut().unwrap().resume(),
        }
    }

    /// Waits until the vault has taken everything.
    pub(crate) fn drained(&self) {
        if let Err(left) = drain(&self.outbox) {
            panic!("{left} deposits are still in the outbox: {}\n{}", self.vault.log(), self.ingest.log());
        }
    }

    /// Kills PostgreSQL, deletes all that it had, and makes an empty server at the same place.
    pub(crate) fn lose_postgres(&mut self) {
        self.kill(Part::Postgres);
        let folder = self.cluster.take().unwrap().folder().to_owned();
        fs::remove_dir_all(&folder).unwrap();
        self.cluster = Cluster::start(&folder);
    }

    /// Waits until the vault has taken everything, ends all parts in good order, and looks at what is there.
    pub(crate) fn check(self, held: &[Held]) {
        self.drained();
        self.vault.stop();
        if let Some(relay) = self.relay {
            relay.stop();
        }
        self.ingest.stop();
        all_open_once(&self.site, &self.database, held);
    }
}

fn postgres(folder: PathBuf) -> Cluster {
    let cluster = Cluster::start(&folder).expect("PostgreSQL is not installed: cargo xtask test installs it");
    tokio::runtime::Runtime::new().unwrap().block_on(cluster.migrate("postgres"));
    cluster
}
