//! Real processes: started, watched, killed.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// How long a server may take until it answers.
const START: Duration = Duration::from_secs(20);

/// A child that does not outlive this value.
#[derive(Debug)]
pub struct Process {
    child: Child,
}

impl Process {
    /// Starts it; what it prints goes to the end of a file.
    pub fn start(command: &mut Command, log: &Path) -> Self {
        let log = File::options().create(true).append(true).open(log).unwrap();
        let child =
            command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().expect("cannot start");
        Self { child }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kill -9, and waits until it is gone.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end in good order, and waits.
    pub fn stop(self) -> ExitStatus {
        self.end(Signal::TERM)
    }

    /// Sends a signal that ends it, and waits.
    pub fn end(mut self, signal: Signal) -> ExitStatus {
        let id = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(id, signal).unwrap();
        self.child.wait().unwrap()
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// The most memory that it ever had in use, in KiB (VmHWM).
    pub fn peak_memory(&self) -> u64 {
        status_line(self.id(), "VmHWM:")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A number of KiB in `/proc/<id>/status`.
fn status_line(id: u32, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.trim().trim_end_matches("kB").trim().parse().unwrap_or(0)
}

/// An address that nobody listens at now, and that no client is given as its own: a killed server comes back to it.
pub fn free_address() -> SocketAddr {
    let mut bytes = [0; 2];
    loop {
        getrandom::fill(&mut bytes).unwrap();
        let port = 20_000 + u16::from_le_bytes(bytes) % 12_000;
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)) {
            return listener.local_addr().unwrap();
        }
    }
}

/// Waits until somebody listens there.
pub fn wait_for(address: SocketAddr, process: &mut Process, log: &Path) {
    let start = Instant::now();
    while TcpStream::connect(address).is_err() {
        if !process.is_running() || start.elapsed() > START {
            let log = fs::read_to_string(log).unwrap_or_default();
            let tail: Vec<_> = log.lines().rev().take(20).collect();
            panic!("nobody listens at {address}: {}", tail.into_iter().rev().collect::<Vec<_>>().join("\n"));
        }
        pause(Duration::from_millis(20));
    }
}

/// There is nothing else to wait for.
#[expect(clippy::disallowed_methods, reason = "another process gives no other sign")]
pub fn pause(time: Duration) {
    std::thread::sleep(time);
}
