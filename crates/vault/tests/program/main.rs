//! The program `nightsafe-vault`: its configuration, its start and its end.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests fail the test"
)]

mod metrics;
mod schemathesis;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use nightsafe_core::note::NoteSigner;
use nightsafe_serve::clock::{Clock, SystemClock};
use nightsafe_serve::online_key;
use nightsafe_vault::{ServerSetup, Stretch, VaultStore, setup};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};

/// Low on purpose: what a guess costs is tested elsewhere.
const STRETCH: Stretch = Stretch { memory_kib: 64, passes: 1, lanes: 1 };
const PASSPHRASE: &[u8] = b"night safe in a bank's wall";

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        place.secret("login.key", &ServerSetup::generate().unwrap().to_bytes());
        let key = NoteSigner::from_seed("demo.nightsafe.example/relay", &[7; 32]).unwrap();
        place.secret("relay.key", online_key::to_text(&key).as_bytes());
        let key = NoteSigner::from_seed("demo.nightsafe.example/log", &[8; 32]).unwrap();
        place.secret("log.key", online_key::to_text(&key).as_bytes());
        fs::write(place.path("anchor.txt"), anchor("demo.nightsafe.example")).unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn secret(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn configuration(&self, source: &str) -> String {
        let folder = self.folder.path().display();
        format!(
            "[site]\nname = \"demo.nightsafe.example\"\nadmin_origin = \"http://localhost:4804\"\n\
             login_key = \"{folder}/login.key\"\nlog_key = \"{folder}/log.key\"\n\
             anchor = \"{folder}/anchor.txt\"\n\
             [vault]\ndatabase = \"sqlite:{folder}/vault.db\"\n\
             [listen]\naddress = \"127.0.0.1:0\"\n[metrics]\naddress = \"127.0.0.1:0\"\n{source}"
        )
    }

    fn direct(&self) -> String {
        format!("[source.direct]\ndatabase = \"sqlite:{}/outbox.db\"\n", self.folder.path().display())
    }

    fn relay(&self) -> String {
        let folder = self.folder.path().display();
        format!("[source.relay]\norigin = \"http://localhost:9\"\nkey = \"{folder}/relay.key\"\n")
    }

    /// An admin in the database, before the program has it.
    fn make_admin(&self) {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let login = ServerSetup::from_bytes(&fs::read(self.path("login.key")).unwrap()).unwrap();
            let store = VaultStore::open(&self.path("vault.db").as_path().into()).await.unwrap();
            let now = SystemClock.now();
            setup::create_admin(&store, &login, "anna", PASSPHRASE, &STRETCH, now).await.unwrap();
            store.close().await;
        });
    }

    fn program(&self, configuration: &str) -> Command {
        fs::write(self.path("vault.toml"), configuration).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_nightsafe-vault"));
        command.arg("--config").arg(self.path("vault.toml"));
        command
    }

    fn check(&self, configuration: &str) -> Output {
        self.program(configuration).arg("--check-config").output().unwrap()
    }
}

fn anchor(site: &str) -> String {
    let site_key = NoteSigner::from_seed("site-1", &[9; 32]).unwrap().vkey().to_text();
    let wasm = format!("checkout.wasm sha384-{}", "A".repeat(64));
    format!(
        "nightsafe/v1/trust-anchor\nsite {site}\nsite-key {site_key}\nthreshold 1\nsequence-floor 1\n\
         ingest http://localhost:4803\nwasm {wasm}\nwasm-portable {wasm}\n"
    )
}

#[test]
fn a_good_configuration_is_called_good_and_nothing_is_made() {
    let place = Place::new();
    // 64 at rest, 96 for connections, 8 for clients, 64 for bodies, 48 for an answer; and a batch
    for (source, ceiling) in [(place.direct(), 280 + 144), (place.relay(), 280 + 24)] {
        let output = place.check(&place.configuration(&source));
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(text, format!("the configuration is good; memory stays below {ceiling} MiB\n"));
    }
    assert!(!place.path("vault.db").exists() && !place.path("outbox.db").exists());
}

#[test]
fn what_is_wrong_is_said_and_where() {
    let place = Place::new();
    let (direct, relay) = (place.configuration(&place.direct()), place.configuration(&place.relay()));
    fs::write(place.path("open.key"), "x").unwrap();
    fs::write(place.path("other.txt"), anchor("other.nightsafe.example")).unwrap();
    let both = format!("{direct}{}", place.relay());
    for (good, from, to, expected) in [
        (&direct, "admin_origin", "admin_orgin", "unknown field `admin_orgin`"),
        (&direct, "[source", "[sessions]\nidle_seconds = 59\n[source", "a minute to a week"),
        (&direct, "demo.nightsafe.example", "Demo", "site.name"),
        (&direct, "localhost:4804", "localhost:4804/", "site.admin_origin"),
        (&direct, "/login.key", "/relay.key", "site.login_key: the file is no sign-in secret"),
        (&direct, "/login.key", "/open.key", "is open to other users"),
        (&direct, "/log.key", "/login.key", "site.log_key"),
        (&direct, "/log.key", "/relay.key", "site.log_key: the name of a log's key"),
        (&direct, "/anchor.txt", "/none.txt", "site.anchor: cannot read the file"),
        (&direct, "/anchor.txt", "/open.key", "site.anchor: the file is no trust anchor: malformed"),
        (&direct, "/anchor.txt", "/other.txt", "site.anchor: the file is the trust anchor of another site"),
        (&direct, "sqlite:/", "sqlite:", "write the path in full"),
        (&relay, "/relay.key", "/login.key", "source.relay.key"),
        (&relay, "http://localhost:9", "http://relay.example", "source.relay.origin"),
        (&relay, "\nkey = ", "\nca = \"/none.pem\"\nkey = ", "source.relay.ca"),
        (&relay, "[source.relay]", "[source.relai]", "unknown field `relai`"),
        (&both, "[vault]", "[vault]", "name one of [source.direct] and [source.relay]"),
        (&direct, "[vault]", "[vault]\nsettle_hour = 24", "0 to 23"),
        (&direct, "[vault]", "[limits]\nclients = -1\n[vault]", "invalid value: integer `-1`"),
        (&direct, "[vault]", "[publish]\nroster = \"roster\"\n[vault]", "write the path in full"),
        (&direct, "[vault]", &format!("{MAIL}[vault]"), "mail.state"),
        (&direct, "[vault]", &format!("{MAIL}security = \"none\"\nstate = \"/x\"\n[vault]"), "mail.security"),
        (&direct, "[source.direct]", "[source]\n[elsewhere]", "unknown field"),
    ] {
        assert!(good.contains(from), "{from}");
        let output = place.check(&good.replacen(from, to, 1));
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && text.starts_with("error: ") && text.contains(expected), "{text}");
    }
}

const MAIL: &str = "[mail]\nserver = \"mail.example\"\nfrom = \"a@b.example\"\nto = [\"c@d.example\"]\n";

/// Does not outlive a test that fails: it would hold the runner's output open.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A running vault, and the addresses that its log names.
struct Running {
    child: Program,
    vault: String,
    metrics: String,
    log: BufReader<std::process::ChildStderr>,
}

impl Running {
    fn start(mut command: Command) -> Self {
        let mut child = Program(command.stderr(Stdio::piped()).spawn().unwrap());
        let mut log = BufReader::new(child.0.stderr.take().unwrap());
        let (mut vault, mut metrics) = (String::new(), String::new());
        loop {
            let mut line = String::new();
            assert!(log.read_line(&mut line).unwrap() > 0, "it ended before it was ready");
            let json: serde_json::Value = serde_json::from_str(&line).unwrap();
            match (json["message"].as_str(), json["listener"].as_str()) {
                (Some("ready"), _) => return Self { child, vault, metrics, log },
                (_, Some("vault")) => vault = json["address"].as_str().unwrap().to_owned(),
                (_, Some("metrics")) => metrics = json["address"].as_str().unwrap().to_owned(),
                _ => {}
            }
        }
    }

    fn get(address: &str, path: &str) -> String {
        Self::ask(address, &format!("GET {path} HTTP/1.1\r\n"), "")
    }

    /// A request of this head, its last lines left out.
    fn ask(address: &str, head: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "{head}Host: x\r\nConnection: close\r\n\r\n{body}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn stop(self) -> String {
        self.watched().stop()
    }

    /// Reads on what it logs: a program whose pipe is full stands still.
    fn watched(mut self) -> Watched {
        let log = std::thread::spawn(move || {
            let mut rest = String::new();
            self.log.read_to_string(&mut rest).map(|_| rest)
        });
        Watched { child: self.child, log }
    }
}

/// A vault whose log is read by a thread.
struct Watched {
    child: Program,
    log: std::thread::JoinHandle<std::io::Result<String>>,
}

impl Watched {
    fn stop(mut self) -> String {
        let id = rustix::process::Pid::from_child(&self.child.0);
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
        assert!(self.child.0.wait().unwrap().success());
        self.log.join().unwrap().unwrap()
    }
}

#[test]
fn it_starts_answers_and_ends_in_order() {
    let place = Place::new();
    let running = Running::start(place.program(&place.configuration(&place.direct())));
    assert!(Running::get(&running.vault, "/readyz").starts_with("HTTP/1.1 204"));
    let metrics = Running::get(&running.metrics, "/metrics");
    for line in [
        "nightsafe_quarantined_total 0",
        "nightsafe_taken_deposits_total{outcome=\"new\"} 0",
        "nightsafe_pull_failures_total 0",
        "nightsafe_pull_lag_seconds ",
        "nightsafe_pull_success_timestamp_seconds ",
        "nightsafe_manifest_end_timestamp_seconds 0",
        "nightsafe_manifest_expires_seconds 0",
        "nightsafe_data_key_age_seconds -1",
        "nightsafe_data_keys_ahead 0",
        "nightsafe_data_key_known_to_leaver 0",
        "nightsafe_deposits_to_reseal 0",
        "nightsafe_data_keys_retired 0",
        "nightsafe_data_keys_purged 0",
        "nightsafe_build_info{server=\"nightsafe-vault\"",
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
    assert!(running.stop().contains("stopping"));
    // Closed in order, so nothing is left in a log
    assert!(!place.path("vault.db-wal").exists() && !place.path("outbox.db-wal").exists());
}

/// Somebody reads the file all the time, so that settling has to wait for longer than a service manager does.
#[tokio::test]
async fn settling_does_not_keep_the_vault_from_ending() {
    let place = Place::new();
    let configuration = place.configuration(&place.direct());
    Running::start(place.program(&configuration)).stop();
    let open = async || {
        let options = SqliteConnectOptions::new().filename(place.path("vault.db")).busy_timeout(Duration::ZERO);
        SqliteConnection::connect_with(&options).await.unwrap()
    };
    let (mut reader, mut writer) = (open().await, open().await);
    sqlx::query("DELETE FROM settled").execute(&mut writer).await.unwrap();
    sqlx::query("BEGIN").execute(&mut reader).await.unwrap();
    sqlx::query("SELECT * FROM settled").fetch_all(&mut reader).await.unwrap();

    let running = Running::start(place.program(&configuration));
    let start = Instant::now();
    // It holds the lock of those who write while it waits for the reader
    while sqlx::query("BEGIN IMMEDIATE").execute(&mut writer).await.is_ok() {
        sqlx::query("ROLLBACK").execute(&mut writer).await.unwrap();
        assert!(start.elapsed() < Duration::from_secs(20), "it does not settle");
    }
    let start = Instant::now();
    let log = running.stop();
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}: {log}", start.elapsed());
    assert!(!log.contains("the field rows are settled"), "{log}");

    // Cut off in the middle, it is done by the next one
    sqlx::query("ROLLBACK").execute(&mut reader).await.unwrap();
    reader.close().await.unwrap();
    writer.close().await.unwrap();
    let mut running = Running::start(place.program(&configuration));
    let mut line = String::new();
    while !line.contains("the field rows are settled") {
        line.clear();
        assert!(running.log.read_line(&mut line).unwrap() > 0);
    }
    running.stop();
}

/// Nobody listens at the relay's address: admins are answered all the same, and the failure is in log and numbers.
#[test]
fn a_relay_that_cannot_be_reached_does_not_keep_admins_out() {
    let place = Place::new();
    let mut running = Running::start(place.program(&place.configuration(&place.relay())));
    let mut line = String::new();
    while !line.contains("deposits were not taken") {
        line.clear();
        assert!(running.log.read_line(&mut line).unwrap() > 0);
    }
    assert!(line.contains("the relay cannot be reached") && line.contains("\"ERROR\""), "{line}");
    assert!(Running::get(&running.vault, "/readyz").starts_with("HTTP/1.1 204"));
    assert!(!Running::get(&running.metrics, "/metrics").contains("nightsafe_pull_failures_total 0"));
    running.stop();
}
