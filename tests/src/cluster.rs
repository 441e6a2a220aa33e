//! A PostgreSQL cluster of one's own, on the disk, with fsync on: to measure and to kill.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use nightsafe_store::{outbox, postgres, vault};
use rustix::process::{Pid, Signal, geteuid, kill_process};

use crate::moved_clock::MovedClock;
use crate::process::{Process, pause};
use crate::site::run;

/// How long the server may take until it answers, the recovery after a kill included.
const START: Duration = Duration::from_secs(60);

/// A cluster in a folder; ended when dropped.
#[derive(Debug)]
pub struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    /// A child of ours, so that none of it is left when it was killed
    server: Option<Process>,
    clock: Option<MovedClock>,
}

impl Cluster {
    /// Makes and starts one; `None` where PostgreSQL is not installed.
    pub fn start(folder: &Path) -> Option<Self> {
        Self::start_under(folder, None)
    }

    /// The same with a clock of its own.
    pub fn start_under(folder: &Path, clock: Option<MovedClock>) -> Option<Self> {
        let mut cluster = Self { programs: programs()?, folder: folder.to_owned(), server: None, clock };
        fs::create_dir_all(folder).unwrap();
        if geteuid().is_root() {
            // The server refuses to run as root; its user must be able to reach the folder
            fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
            run(Command::new("chown").arg("postgres:").arg(folder), "");
        }
        let mut initdb = cluster.program("initdb");
        initdb.args(["-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "-D"]);
        run(initdb.arg(cluster.data()), "");
        cluster.resume();
        Some(cluster)
    }

    /// Starts it again after [`Self::kill`], and waits until it answers.
    pub fn resume(&mut self) {
        let log = self.folder.join("log");
        let mut postgres = self.program("postgres");
        postgres.arg("-D").arg(self.data()).arg("-k").arg(&self.folder);
        postgres.args(["-c", "listen_addresses=", "-c", "max_connections=300"]);
        let server = self.server.insert(Process::start(&mut postgres, &log));
        let start = Instant::now();
        let mut ready = Command::new(self.programs.join("pg_isready"));
        ready.args(["-q", "-U", "postgres", "-h"]).arg(&self.folder);
        while !ready.status().unwrap().success() {
            let is_late = !server.is_running() || start.elapsed() > START;
            assert!(!is_late, "PostgreSQL does not start: {}", fs::read_to_string(&log).unwrap_or_default());
            pause(Duration::from_millis(20));
        }
    }

    /// Kill -9 of the server and every process of it.
    pub fn kill(&mut self) {
        let Some(mut server) = self.server.take() else { return };
        let all = children(server.id());
        server.kill();
        for id in &all {
            // One may have ended by itself since
            let _ = kill_process(Pid::from_raw(*id).unwrap(), Signal::KILL);
        }
        let start = Instant::now();
        while all.iter().any(|id| is_alive(*id)) {
            assert!(start.elapsed() < START, "killed processes of PostgreSQL are still there");
            pause(Duration::from_millis(10));
        }
    }

    /// Makes roles, schemas and rights of outbox and vault in a database.
    pub async fn migrate(&self, database: &str) {
        let url = self.url(database).parse().unwrap();
        postgres::migrate(&url, &[outbox::POSTGRES, vault::POSTGRES]).await.unwrap();
    }

    /// A URL of the superuser; the folder of the socket is in it.
    pub fn url(&self, database: &str) -> String {
        self.url_as("postgres", database)
    }

    /// A URL of another role.
    pub fn url_as(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@localhost/{database}?host={}", self.folder.display())
    }

    /// Runs SQL by `psql` as the superuser.
    pub fn sql(&self, database: &str, text: &str) -> String {
        let mut psql = Command::new("psql");
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-h"]).arg(&self.folder);
        run(psql.args(["-d", database, "-c", text]), "").trim().to_owned()
    }

    /// Everything that it has is in it.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn program(&self, name: &str) -> Command {
        let path = self.programs.join(name);
        let mut words =
            self.clock.as_ref().map_or_else(|| vec![path.clone().into_os_string()], |clock| clock.command(&path));
        if geteuid().is_root() {
            let user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"].map(OsString::from);
            words.splice(0..0, user);
        }
        // Each word becomes the next one, and in the end the program, so that it is our child
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).current_dir("/");
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // An immediate shutdown: a killed one would leave its shared memory to the system
        if let Some(server) = self.server.take() {
            server.end(Signal::QUIT);
        }
    }
}

/// Newest version below Debian's folder, else wherever `pg_config` says.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions.map(|version| version.path().join("bin")).filter(|bin| bin.join("initdb").exists()).max();
    newest.or_else(|| {
        let output = Command::new("pg_config").arg("--bindir").output().ok()?;
        let bin = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
        bin.join("initdb").exists().then_some(bin)
    })
}

fn children(of: u32) -> Vec<i32> {
    let tasks = fs::read_to_string(format!("/proc/{of}/task/{of}/children")).unwrap_or_default();
    tasks.split_whitespace().filter_map(|id| id.parse().ok()).collect()
}

fn is_alive(id: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // The state stands after the name in parentheses
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}
