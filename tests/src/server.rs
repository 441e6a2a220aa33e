//! Ingest, relay and vault as an operator runs them: programs with a configuration file.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::binaries::Binaries;
use crate::moved_clock::MovedClock;
use crate::process::{Process, free_address, wait_for};
use crate::site::{RealSite, SITE, run};

/// A program at work, which can be killed and started again.
#[derive(Debug)]
pub struct Server {
    process: Process,
    program: &'static str,
    config: PathBuf,
    address: SocketAddr,
    clock: Option<MovedClock>,
}

/// Where a vault takes deposits from.
#[derive(Debug)]
pub enum Way<'a> {
    /// The outbox's database.
    Direct(&'a str),
    /// A relay.
    Relay(&'a Server),
}

impl Server {
    /// Takes deposits into one outbox. `more` is further configuration, in whole sections.
    pub fn ingest(site: &RealSite, outbox: &str, more: &str) -> Self {
        let address = free_address();
        let data = site.data();
        let data = data.display();
        // All clients of a test have one address, so the limits of one are those of all
        let text = format!(
            "[site]\n\
             anchor = \"{data}/anchor.txt\"\n\
             fields_origin = \"http://localhost:4802\"\n\
             fields_folder = \"{data}/site/fields\"\n\
             manifests = \"{data}/manifests\"\n\
             receipt_key = \"{data}/keys/receipt.key\"\n\
             timestamp_key = \"{data}/keys/timestamp.key\"\n\
             [outbox]\n\
             database = \"{outbox}\"\n\
             [listen]\n\
             address = \"{address}\"\n\
             client_connections = 500\n\
             [limits]\n\
             client = {{ per_second = 100000, burst = 100000 }}\n\
             all = {{ per_second = 100000, burst = 100000 }}\n\
             [log]\n\
             filter = \"warn\"\n\
             {more}"
        );
        Self::start("nightsafe-ingest", site, &text, address)
    }

    /// Hands deposits out of an outbox to the site's vault.
    pub fn relay(site: &RealSite, outbox: &str) -> Self {
        let address = free_address();
        let key = run(&mut site.nightsafe(&["keys", "relay"]), "");
        let text = format!(
            "[relay]\n\
             origin = \"http://localhost:{}\"\n\
             vault_keys = [\"{}\"]\n\
             database = \"{outbox}\"\n\
             [relay.listen]\n\
             address = \"{address}\"\n\
             [log]\n\
             filter = \"warn\"\n",
            address.port(),
            key.trim()
        );
        Self::start("nightsafe-relay", site, &text, address)
    }

    /// Takes deposits out of an outbox into a database.
    pub fn vault(site: &RealSite, database: &str, way: &Way<'_>) -> Self {
        Self::vault_with(site, database, way, "", "warn")
    }

    /// The same with the audit log and the roster, as admins need them, and everything logged that there is.
    pub fn vault_for_admins(site: &RealSite, database: &str, way: &Way<'_>) -> Self {
        let data = site.data();
        let data = data.display();
        let more = format!("log_key = \"{data}/keys/log.key\"\nanchor = \"{data}/anchor.txt\"\n");
        Self::vault_with(site, database, way, &more, "trace")
    }

    fn vault_with(site: &RealSite, database: &str, way: &Way<'_>, more: &str, filter: &str) -> Self {
        let address = free_address();
        let data = site.data();
        let data = data.display();
        let source = match way {
            Way::Direct(outbox) => format!("[source.direct]\ndatabase = \"{outbox}\""),
            Way::Relay(relay) => format!(
                "[source.relay]\norigin = \"http://localhost:{}\"\nkey = \"{data}/keys/relay.key\"",
                relay.address.port()
            ),
        };
        let text = format!(
            "[site]\n\
             name = \"{SITE}\"\n\
             admin_origin = \"http://localhost:4804\"\n\
             login_key = \"{data}/keys/login.key\"\n\
             {more}\
             [vault]\n\
             database = \"{database}\"\n\
             [source]\n\
             every_milliseconds = 50\n\
             {source}\n\
             [listen]\n\
             address = \"{address}\"\n\
             [log]\n\
             filter = \"{filter}\"\n"
        );
        Self::start("nightsafe-vault", site, &text, address)
    }

    fn start(program: &'static str, site: &RealSite, text: &str, address: SocketAddr) -> Self {
        let config = site.folder().join(format!("{program}-{}.toml", address.port()));
        fs::write(&config, text).unwrap();
        let clock = site.clock().cloned();
        let process = launch(program, &config, address, clock.as_ref());
        Self { process, program, config, address, clock }
    }

    /// Its configuration file.
    pub fn config(&self) -> &Path {
        &self.config
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Kill -9.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again, at the same address.
    pub fn resume(&mut self) {
        self.process = launch(self.program, &self.config, self.address, self.clock.as_ref());
    }

    /// KiB.
    pub fn peak_memory(&self) -> u64 {
        self.process.peak_memory()
    }

    /// An end in good order; it must not have ended before.
    pub fn stop(mut self) {
        assert!(self.process.is_running(), "{} ended by itself: {}", self.program, self.log());
        let (program, log) = (self.program, self.config.with_extension("log"));
        let status = self.process.stop();
        assert!(status.success(), "{program}: {status}: {}", fs::read_to_string(log).unwrap());
    }

    /// What it logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.config.with_extension("log")).unwrap_or_default()
    }
}

fn launch(program: &str, config: &PathBuf, address: SocketAddr, clock: Option<&MovedClock>) -> Process {
    let log = config.with_extension("log");
    let path = Binaries::get().path(program);
    let words = clock.map_or_else(|| vec![path.clone().into_os_string()], |clock| clock.command(&path));
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]);
    let mut process = Process::start(command.arg("--config").arg(config), &log);
    wait_for(address, &mut process, &log);
    process
}
