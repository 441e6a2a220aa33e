//! A site on the disk, and the program that serves it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nightsafe_core::deposit::Deposit;
use nightsafe_core::manifest::KeyManifest;
use nightsafe_serve::clock::{Clock, SystemClock};
use nightsafe_serve::online_key;
use serde_json::Value as Json;

use crate::support::{FIELDS_ORIGIN, SiteFiles, deposit_at, public_key, receipt_signer, timestamp_signer};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Files of a site, valid now, and a configuration.
pub(crate) struct SiteOnDisk {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) manifest: KeyManifest,
}

impl SiteOnDisk {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let files = SiteFiles::new(folder.path());
        let mut manifest = files.manifest(1);
        let now = SystemClock.now();
        manifest.not_before = now;
        manifest.not_after = now.plus(300 * 24 * 3600);
        manifest.data_keys[0].start = now;
        manifest.data_keys[1].start = now.plus(24 * 3600);
        files.publish(&manifest);
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("anchor.txt"), files.anchor.encode()).unwrap();
        std::fs::write(path("headers.json"), r#"{"*":{"x-frame":"yes"}}"#).unwrap();
        std::fs::write(path("fields/frame.html"), "<p>frame").unwrap();
        write_secret(&path("receipt.key"), &online_key::to_text(&receipt_signer()));
        write_secret(&path("timestamp.key"), &online_key::to_text(&timestamp_signer()));
        Self { folder, manifest }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A configuration that listens at free ports; `more` goes below `[listen]`.
    pub(crate) fn configuration(&self, more: &str) -> String {
        let folder = self.folder.path().display();
        format!(
            r#"
[site]
anchor = "{folder}/anchor.txt"
fields_origin = "{FIELDS_ORIGIN}"
fields_folder = "{folder}/fields"
manifests = "{folder}/manifests"
receipt_key = "{folder}/receipt.key"
timestamp_key = "{folder}/timestamp.key"

[outbox]
database = "sqlite:{folder}/outbox.db"

[fields]
headers = "{folder}/headers.json"
listen.address = "127.0.0.1:0"

[listen]
address = "127.0.0.1:0"
{more}
"#
        )
    }

    pub(crate) fn write_configuration(&self, text: &str) -> PathBuf {
        let path = self.path("ingest.toml");
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Starts the program with [`Self::configuration`].
    pub(crate) fn start(&self, more: &str) -> Running {
        Running::start(&self.write_configuration(&self.configuration(more)))
    }

    /// A deposit of 3 fields, sealed now.
    pub(crate) fn deposit(&self, reference: &str) -> Deposit {
        let key = public_key(self.manifest.data_keys[0].suite);
        deposit_at(SystemClock.now(), &self.manifest, &key, reference, &["card", "address", "phone"])
    }
}

pub(crate) fn write_secret(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

pub(crate) fn program(configuration: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nightsafe-ingest"));
    command.arg("--config").arg(configuration).env_remove("CREDENTIALS_DIRECTORY").env_remove("NOTIFY_SOCKET");
    command
}

/// Runs it to its end.
pub(crate) fn check(configuration: &Path) -> Output {
    program(configuration).arg("--check-config").output().unwrap()
}

/// The program, killed at the latest when this is dropped.
pub(crate) struct Running {
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
}

impl Running {
    pub(crate) fn start(configuration: &Path) -> Self {
        Self::start_command(program(configuration))
    }

    pub(crate) fn start_command(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let kept = Arc::clone(&log);
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| kept.lock().unwrap().push(line)));
        let running = Self { child, log };
        running.wait_for_line("\"message\":\"ready\"");
        running
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Everything logged so far.
    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    pub(crate) fn wait_for_line(&self, part: &str) -> String {
        let start = Instant::now();
        loop {
            if let Some(line) = self.log().into_iter().find(|line| line.contains(part)) {
                return line;
            }
            assert!(start.elapsed() < PATIENCE, "no line with {part} in {:#?}", self.log());
            pause();
        }
    }

    /// Asks until the line is there.
    pub(crate) async fn wait_for_line_after<F: Future>(&self, part: &str, ask: impl Fn() -> F) {
        let start = Instant::now();
        while !self.log().iter().any(|line| line.contains(part)) {
            assert!(start.elapsed() < PATIENCE, "no line with {part}");
            ask().await;
        }
    }

    /// Where a listener is.
    pub(crate) fn address(&self, listener: &str) -> SocketAddr {
        let line = self.wait_for_line(&format!("\"listener\":\"{listener}\""));
        let line: Json = serde_json::from_str(&line).unwrap();
        line["address"].as_str().unwrap().parse().unwrap()
    }

    pub(crate) fn url(&self, listener: &str, path: &str) -> String {
        format!("http://{}{path}", self.address(listener))
    }

    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.process().to_string()]).status().unwrap();
        assert!(status.success());
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "still running: {:#?}", self.log());
            pause();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[expect(clippy::disallowed_methods, reason = "another process is waited for, and it has no handle to wait on")]
fn pause() {
    std::thread::sleep(Duration::from_millis(20));
}

pub(crate) async fn post(url: String, body: impl Into<reqwest::Body>) -> reqwest::Result<reqwest::Response> {
    reqwest::Client::new().post(url).header("content-type", "application/json").body(body).send().await
}
