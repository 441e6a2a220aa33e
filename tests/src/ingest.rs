//! A running ingest.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use crate::binaries::Binaries;
use crate::process::{Process, free_address, wait_for};
use crate::site::RealSite;

/// One process that takes deposits into one outbox.
#[derive(Debug)]
pub struct RunningIngest {
    process: Process,
    address: SocketAddr,
    config: PathBuf,
}

impl RunningIngest {
    /// Starts it and waits until it takes connections.
    pub fn start(site: &RealSite, outbox: &str) -> Self {
        Self::start_with(site, outbox, "")
    }

    /// The same with more lines of configuration, each section in full.
    pub fn start_with(site: &RealSite, outbox: &str, more: &str) -> Self {
        let address = free_address();
        let config = site.folder().join(format!("ingest-{}.toml", address.port()));
        fs::write(&config, configuration(site, outbox, address) + more).unwrap();
        let process = launch(&config, address);
        Self { process, address, config }
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
        self.process = launch(&self.config, self.address);
    }

    /// KiB.
    pub fn peak_memory(&self) -> u64 {
        self.process.peak_memory()
    }

    /// An end in good order.
    pub fn stop(self) {
        let log = self.log();
        assert!(self.process.stop().success(), "ingest did not end well: {log}");
    }

    /// What it logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.config.with_extension("log")).unwrap_or_default()
    }
}

fn launch(config: &PathBuf, address: SocketAddr) -> Process {
    let log = config.with_extension("log");
    let mut command = Command::new(Binaries::get().path("nightsafe-ingest"));
    let mut process = Process::start(command.arg("--config").arg(config), &log);
    wait_for(address, &mut process, &log);
    process
}

fn configuration(site: &RealSite, outbox: &str, address: SocketAddr) -> String {
    let data = site.data();
    let data = data.display();
    format!(
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
         [log]\n\
         filter = \"warn\"\n"
    )
}
