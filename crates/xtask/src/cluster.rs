//! A PostgreSQL cluster for one run of the tests: made from the machine's programs, gone with its folder at the end, also
//! when the run is interrupted.

use crate::setup::postgres;
use crate::{guard, run, say};
use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, geteuid, kill_process, test_kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::env;
use std::fs::{self, DirBuilder};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

/// Names a superuser of a server. The tests make databases of their own there, and drop them.
pub(crate) const URL: &str = "NIGHTSAFE_TEST_POSTGRES_URL";

/// Folders of clusters begin with this, followed by the id of the process that made them.
const PREFIX: &str = "nightsafe-pg-";

/// The server refuses to run as root. Debian's package makes the first, every system has the second.
const USERS: &[&str] = &["postgres", "nobody"];

/// What the tests use; ended when dropped, if it is ours.
pub(crate) struct Cluster {
    url: String,
    own: Option<Arc<Mutex<Own>>>,
}

/// `cargo xtask postgres`: a cluster for tests that are run by hand, until it is interrupted.
#[expect(clippy::print_stdout, reason = "the line to run is this command's result")]
pub(crate) fn run() -> Result<()> {
    let cluster = Cluster::make()?;
    println!("export {URL}='{}'", cluster.url());
    eprintln!("    ends with Ctrl-C");
    loop {
        thread::park(); // the thread that takes the signal ends the process
    }
}

/// A cluster that we made.
struct Own {
    folder: PathBuf,
    server: Option<Child>,
}

impl Cluster {
    /// The server that the environment names, or one of our own.
    ///
    /// Data that nobody keeps need not reach the disk, so `fsync` is off; what is about durability makes its own cluster.
    pub(crate) fn start() -> Result<Self> {
        match env::var(URL) {
            Ok(url) => Ok(Self { url, own: None }),
            Err(_) => Self::make(),
        }
    }

    fn make() -> Result<Self> {
        let programs = postgres::ensure()?;
        remove_stale();
        let folder = env::temp_dir().join(format!("{PREFIX}{}", std::process::id()));
        DirBuilder::new().mode(0o755).create(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let own = Arc::new(Mutex::new(Own { folder: folder.clone(), server: None }));
        end_on_signal(Arc::clone(&own))?;
        let cluster = Self { url: url(&folder), own: Some(Arc::clone(&own)) };
        say::step("PostgreSQL", || {
            let data = initialise(&programs, &folder)?;
            let server = serve(&programs, &folder, &data)?;
            own.lock().map_err(|_| anyhow::anyhow!("interrupted"))?.server = Some(server);
            Ok(())
        })?;
        Ok(cluster)
    }

    /// For [`URL`].
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(own) = &self.own {
            end(own);
        }
    }
}

fn url(folder: &Path) -> String {
    format!("postgres://postgres@localhost/postgres?host={}", folder.display())
}

/// Folders of runs that were killed before they could end anything; their servers have ended by themselves.
fn remove_stale() {
    for entry in fs::read_dir(env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let id = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.parse().ok()).and_then(Pid::from_raw);
        if id.is_some_and(|id| test_kill_process(id).is_err()) {
            let _ = fs::remove_dir_all(entry.path()); // another user's, at worst
        }
    }
}

/// Without a user of the system's, whoever may reach the socket is a superuser: the folder is a new one for each run.
fn initialise(programs: &Path, folder: &Path) -> Result<PathBuf> {
    if let Some(user) = user()? {
        run::quiet(Command::new("chown").arg(user).arg(folder))?;
    }
    let data = folder.join("data");
    let mut initdb = unprivileged(programs.join("initdb"), false)?;
    initdb.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--pgdata"]);
    run::quiet(initdb.arg(&data).current_dir(folder))?;
    Ok(data)
}

/// Returns when the server takes connections.
fn serve(programs: &Path, folder: &Path, data: &Path) -> Result<Child> {
    // Only ever from the main thread: the death signal comes when the starting thread ends
    let mut server = unprivileged(programs.join("postgres"), true)?;
    server.arg("-D").arg(data).arg("-k").arg(folder);
    for setting in
        ["listen_addresses=", "max_connections=200", "fsync=off", "full_page_writes=off", "log_min_messages=log"]
    {
        server.args(["-c", setting]);
    }
    server.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = server.spawn().context("cannot start PostgreSQL")?;
    let output = child.stderr.take().context("a child without output")?;
    match wait_until_ready(output) {
        Ok(()) => Ok(child),
        Err(said) => {
            let _ = child.wait();
            bail!("PostgreSQL did not start:\n{said}");
        }
    }
}

/// What it said so far, when it ended instead. What it says later is read and forgotten, so that it never has to wait.
fn wait_until_ready(output: ChildStderr) -> Result<(), String> {
    let mut lines = BufReader::new(output).lines();
    let mut said = String::new();
    for line in lines.by_ref().map_while(Result::ok) {
        if line.contains("ready to accept connections") {
            thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
            return Ok(());
        }
        said.push_str(&line);
        said.push('\n');
    }
    Err(said)
}

/// A program under another user when we are root; it may end when we do, however that comes.
fn unprivileged(program: PathBuf, dies_with_us: bool) -> Result<Command> {
    let Some(user) = user()? else {
        return if dies_with_us { guard::guarded(program) } else { Ok(Command::new(program)) };
    };
    if !run::on_path("setpriv") {
        let mut command = Command::new("runuser");
        command.args(["-u", user, "--"]).arg(program);
        return Ok(command);
    }
    let mut command = Command::new("setpriv");
    command.args([format!("--reuid={user}"), format!("--regid={}", group(user)?), "--init-groups".into()]);
    if dies_with_us {
        // Not by guard: the kernel forgets the death signal when the user changes
        command.arg("--pdeathsig=QUIT");
    }
    command.arg("--").arg(program);
    Ok(command)
}

/// Whom to run as; `None`: as ourselves.
fn user() -> Result<Option<&'static str>> {
    if !geteuid().is_root() {
        return Ok(None);
    }
    let found = USERS.iter().copied().find(|user| run::answer(Command::new("id").args(["-u", user])).is_some());
    found.map(Some).context("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")
}

fn group(user: &str) -> Result<String> {
    run::answer(Command::new("id").args(["-g", user])).with_context(|| format!("user {user} has no group"))
}

fn end_on_signal(own: Arc<Mutex<Own>>) -> Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("cannot take signals")?;
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            end(&own);
            // As if the signal had not been taken
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    });
    Ok(())
}

/// At once: nobody needs what is in it.
fn end(own: &Mutex<Own>) {
    let Ok(mut own) = own.lock() else { return };
    if let Some(mut server) = own.server.take() {
        if let Some(id) = i32::try_from(server.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(id, Signal::QUIT); // it may have ended by itself
        }
        let _ = server.wait();
    }
    let _ = fs::remove_dir_all(&own.folder);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_url_names_its_folder() {
        let url = url(Path::new("/tmp/nightsafe-pg-7"));
        assert_eq!(url, "postgres://postgres@localhost/postgres?host=/tmp/nightsafe-pg-7");
    }

    #[test]
    fn a_cluster_takes_connections_and_leaves_nothing_behind() {
        let cluster = Cluster::make().unwrap();
        let folder = PathBuf::from(cluster.url().split_once("host=").unwrap().1);
        std::os::unix::net::UnixStream::connect(folder.join(".s.PGSQL.5432")).unwrap();
        let own = Arc::clone(cluster.own.as_ref().unwrap());
        let server = own.lock().unwrap().server.as_ref().unwrap().id();
        drop(cluster);
        assert!(!folder.exists());
        assert!(test_kill_process(Pid::from_raw(server.try_into().unwrap()).unwrap()).is_err());
    }

    #[test]
    fn a_server_that_ends_says_why() {
        let mut child =
            Command::new("sh").args(["-c", "echo FATAL: no room >&2; exit 1"]).stderr(Stdio::piped()).spawn().unwrap();
        let said = wait_until_ready(child.stderr.take().unwrap()).unwrap_err();
        assert_eq!(said, "FATAL: no room\n");
        child.wait().unwrap();
    }
}
