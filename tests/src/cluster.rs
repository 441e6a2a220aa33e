//! A PostgreSQL cluster of one's own, on the disk, with fsync on: to measure and to kill.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nightsafe_store::{outbox, postgres, vault};
use rustix::process::{Pid, Signal, geteuid, kill_process};

use crate::process::pause;
use crate::site::run;

/// A cluster in a folder; ended when dropped.
#[derive(Debug)]
pub struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
}

impl Cluster {
    /// Makes and starts one; `None` where PostgreSQL is not installed.
    pub fn start(folder: &Path) -> Option<Self> {
        let cluster = Self { programs: programs()?, folder: folder.to_owned() };
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

    /// Starts it again after [`Self::kill`].
    pub fn resume(&self) {
        let mut start = self.program("pg_ctl");
        start.arg("-D").arg(self.data()).arg("-l").arg(self.folder.join("log")).args(["-w", "-t", "60"]);
        let options = format!("-k {} -c listen_addresses='' -c max_connections=300", self.folder.display());
        // Its log must not hold our pipes open
        let status = start.arg("-o").arg(options).arg("start").stdout(Stdio::null()).status().unwrap();
        assert!(status.success(), "{}", fs::read_to_string(self.folder.join("log")).unwrap_or_default());
    }

    /// Kill -9 of the server and every process of it.
    pub fn kill(&self) {
        let pid_file = fs::read_to_string(self.data().join("postmaster.pid")).unwrap();
        let main: i32 = pid_file.lines().next().unwrap().trim().parse().unwrap();
        let mut all = children(main);
        all.insert(0, main);
        for id in &all {
            // One may have ended by itself since
            let _ = kill_process(Pid::from_raw(*id).unwrap(), Signal::KILL);
        }
        let start = Instant::now();
        while all.iter().any(|id| is_alive(*id)) {
            assert!(start.elapsed() < Duration::from_secs(20), "killed processes of PostgreSQL are still there");
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

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn program(&self, name: &str) -> Command {
        let path = self.programs.join(name);
        if !geteuid().is_root() {
            return Command::new(path);
        }
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(path).current_dir("/");
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut stop = self.program("pg_ctl");
        let _ = stop.arg("-D").arg(self.data()).args(["-m", "immediate", "stop"]).stdout(Stdio::null()).status();
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

fn children(of: i32) -> Vec<i32> {
    let tasks = fs::read_to_string(format!("/proc/{of}/task/{of}/children")).unwrap_or_default();
    tasks.split_whitespace().filter_map(|id| id.parse().ok()).collect()
}

fn is_alive(id: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // The state stands after the name in parentheses
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}
