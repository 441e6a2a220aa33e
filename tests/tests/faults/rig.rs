//! Ingest, vault and their databases, each part a process that can be killed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use nightsafe_tests::cluster::Cluster;
use nightsafe_tests::deposits::seal;
use nightsafe_tests::http::Connection;
use nightsafe_tests::moved_clock::MovedClock;
use nightsafe_tests::opening::{all_open_once, backlog, drain};
use nightsafe_tests::process::pause;
use nightsafe_tests::server::{Server, Way};
use nightsafe_tests::shoppers::Held;
use nightsafe_tests::site::RealSite;
use tokio::runtime::Runtime;

/// Seconds from the signing of a timestamp note to its end.
const NOTE_IS_GOOD_FOR: i64 = 24 * 3600;

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
    /// Outbox and vault, on SQLite.
    pub(crate) files: [PathBuf; 2],
    sent: usize,
    _folder: tempfile::TempDir,
}

impl Rig {
    pub(crate) fn start(engine: Engine, mode: Mode) -> Self {
        Self::make(engine, mode, None, readable(), None)
    }

    /// With servers whose clocks are so many seconds ahead, and can be set; `None` where that cannot be done.
    pub(crate) fn ahead(engine: Engine, mode: Mode, seconds: i64) -> Option<(Self, MovedClock)> {
        let folder = readable();
        let clock = MovedClock::ahead(folder.path(), seconds)?;
        Some((Self::make(engine, mode, None, folder, Some(clock.clone())), clock))
    }

    /// With the vault's SQLite file in another folder.
    pub(crate) fn with_vault(engine: Engine, mode: Mode, vault_folder: Option<&Path>) -> Self {
        Self::make(engine, mode, vault_folder, readable(), None)
    }

    fn make(
        engine: Engine,
        mode: Mode,
        vault_folder: Option<&Path>,
        folder: tempfile::TempDir,
        clock: Option<MovedClock>,
    ) -> Self {
        let cluster = (engine == Engine::Postgres).then(|| postgres_under(&folder.path().join("pg"), clock.clone()));
        let url = |role| cluster.as_ref().map(|cluster| cluster.url_as(role, "postgres"));
        let at = folder.path().join("site");
        let site = match url("nightsafe_vault") {
            Some(vault) => RealSite::make_with_vault(&at, &vault),
            None => RealSite::make(&at),
        };
        let site = site.under(clock);
        let data = site.data();
        let vault_file = vault_folder.unwrap_or(&data).join("vault.db");
        let outbox_file = data.join("outbox.db");
        if vault_folder.is_some() {
            // As `nightsafe init` made it, with the keys
            fs::copy(data.join("vault.db"), &vault_file).unwrap();
        }
        let of = |role, file: &Path| url(role).unwrap_or_else(|| format!("sqlite:{}", file.display()));

        let outbox = of("nightsafe_vault", &outbox_file);
        // First, as it may have to make the file
        let ingest = Server::ingest(&site, &of("nightsafe_ingest", &outbox_file), "");
        let relay = (mode == Mode::Relay).then(|| Server::relay(&site, &of("nightsafe_relay", &outbox_file)));
        let way = relay.as_ref().map_or(Way::Direct(&outbox), Way::Relay);
        let vault = Server::vault(&site, &of("nightsafe_vault", &vault_file), &way);
        let (outbox, database) = (of("postgres", &outbox_file), of("postgres", &vault_file));
        let files = [outbox_file, vault_file];
        Self { vault, relay, ingest, cluster, site, outbox, database, files, sent: 0, _folder: folder }
    }

    /// The parts there are.
    pub(crate) fn parts(&self) -> Vec<Part> {
        let (relay, postgres) =
            (self.relay.as_ref().map(|_| Part::Relay), self.cluster.as_ref().map(|_| Part::Postgres));
        [Part::Ingest, Part::Vault].into_iter().chain(relay).chain(postgres).collect()
    }

    /// Sends new orders; every one of them is acknowledged.
    pub(crate) fn order(&mut self, number: usize) -> Vec<Held> {
        let published = self.site.published();
        let runtime = Runtime::new().unwrap();
        let held = (self.sent..self.sent + number).map(|number| {
            let (reference, phone) = (format!("ORDER-{number}"), format!("+4930100{number:04}"));
            let deposit = seal(&published, &reference, &[("phone", &[("value", &phone)])]);
            let json = deposit.to_json();
            let answer = runtime.block_on(async {
                let mut connection = Connection::open(self.ingest.address()).await.unwrap();
                connection.post_deposit(json.as_bytes(), b"").await.unwrap()
            });
            assert_eq!(answer.status, 201, "{}: {}", answer.text(), self.ingest.log());
            Held { id: deposit.id(), reference, phone, receipt: answer.text() }
        });
        let held = held.collect();
        self.sent += number;
        held
    }

    /// Waits until the vault has taken everything.
    pub(crate) fn drain(&self) {
        if let Err(left) = drain(&self.outbox) {
            panic!("{left} deposits are still in the outbox: {}\n{}", self.vault.log(), self.ingest.log());
        }
    }

    /// What ingest and PostgreSQL take for the time, in Unix seconds. Ingest's is what its timestamp note says, which is signed
    /// anew when it is from the future; the `Date` of answers would be that of before for as long as the clock was set back.
    pub(crate) fn times(&self) -> Vec<i64> {
        let note = Runtime::new().unwrap().block_on(async {
            let mut connection = Connection::open(self.ingest.address()).await.unwrap();
            connection.get("/v1/timestamp").await.unwrap().text()
        });
        let until = note.lines().find_map(|line| line.strip_prefix("until ")).unwrap_or_else(|| panic!("{note}"));
        let postgres = self.cluster.iter().map(|cluster| {
            let now = cluster.sql("postgres", "SELECT floor(extract(epoch FROM clock_timestamp()))::bigint");
            now.parse::<i64>().unwrap()
        });
        std::iter::once(seconds(until) - NOTE_IS_GOOD_FOR).chain(postgres).collect()
    }

    /// Deposits in the outbox.
    pub(crate) fn waiting(&self) -> u64 {
        backlog(&self.outbox)
    }

    /// Whether the vault has said this.
    pub(crate) fn vault_says(&self, part: &str) -> bool {
        self.vault.log().contains(part)
    }

    /// Waits until the vault has said all of this in one line.
    pub(crate) fn wait_for_vault_to_say(&self, parts: &[&str]) -> String {
        let start = Instant::now();
        loop {
            let log = self.vault.log();
            if let Some(line) = log.lines().find(|line| parts.iter().all(|part| line.contains(part))) {
                return line.to_owned();
            }
            assert!(start.elapsed() < Duration::from_secs(60), "no line with {parts:?}: {log}");
            pause(Duration::from_millis(20));
        }
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

    /// Kills PostgreSQL, deletes all that it had, and makes an empty server at the same place.
    pub(crate) fn lose_postgres(&mut self) {
        self.kill(Part::Postgres);
        let folder = self.cluster.take().unwrap().folder().to_owned();
        fs::remove_dir_all(&folder).unwrap();
        self.cluster = Cluster::start(&folder);
    }

    /// Waits until the vault has taken everything, ends all parts in good order, and looks at what is there.
    pub(crate) fn check(self, held: &[Held]) {
        self.drain();
        self.vault.stop();
        if let Some(relay) = self.relay {
            relay.stop();
        }
        self.ingest.stop();
        all_open_once(&self.site, &self.database, held);
    }
}

/// Of an ISO date.
fn seconds(date: &str) -> i64 {
    let output = Command::new("date").args(["-u", "+%s", "-d", date]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

/// A folder that PostgreSQL's user can reach into.
pub(crate) fn readable() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

pub(crate) fn postgres(folder: PathBuf) -> Cluster {
    postgres_under(&folder, None)
}

fn postgres_under(folder: &Path, clock: Option<MovedClock>) -> Cluster {
    let cluster =
        Cluster::start_under(folder, clock).expect("PostgreSQL is not installed: cargo xtask test installs it");
    tokio::runtime::Runtime::new().unwrap().block_on(cluster.migrate("postgres"));
    cluster
}
