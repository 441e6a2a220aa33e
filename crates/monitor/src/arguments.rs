//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use nightsafe_core::anchor::Origin;
use nightsafe_core::encoding::hex_array;
use nightsafe_core::log::Witness;
use nightsafe_monitor::check::Target;
use nightsafe_monitor::report::Format;
use nightsafe_serve::client::Proxy;

/// Looks whether a site serves what its site keys signed
#[derive(Parser)]
#[command(name = "nightsafe-monitor", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    Check(CheckArgs),
    Inventory(InventoryArgs),
    Checkpoint(CheckpointArgs),
    Compare(CompareArgs),
    Witness(WitnessArgs),
    WitnessKey(WitnessKeyArgs),
}

/// Holds pages, files, headers and keys of a site against its signed release, once
///
/// Exit status, as Nagios has it: 0 all is as it was signed; 1 something new or something due, and signed; 2 something is not as
/// it was signed; 3 nobody knows: no answer, or the command could not be carried out.
#[derive(Args)]
pub(crate) struct CheckArgs {
    /// Origins of the site, like https://fields.shop.example, and pages of the shop, which have a path: https://shop.example/checkout
    #[arg(value_name = "URL", required_unless_present = "local", value_parser = target)]
    pub(crate) targets: Vec<(String, Target)>,
    /// On a server of the site: also look at its disk, at a data directory, or a folder with `fields`, `admin` or both in it
    #[arg(long, value_name = "DIR")]
    pub(crate) local: Option<PathBuf>,
    /// A folder in which that server has programs that the release names; once for each [default: /usr/local/sbin,
    /// /usr/local/bin, /usr/sbin, /usr/bin]
    #[arg(long, value_name = "DIR", requires = "local")]
    pub(crate) programs: Vec<PathBuf>,
    /// A program on that server, and what its SHA-256 must be, whatever the release says; once for each
    #[arg(long, value_name = "FILE=SHA256", value_parser = program, requires = "local")]
    pub(crate) program: Vec<(PathBuf, [u8; 32])>,
    #[command(flatten)]
    pub(crate) way: Way,
    /// The site's trust anchor. It is pinned: later checks need none, and refuse one with other keys
    #[arg(long, value_name = "FILE")]
    pub(crate) anchor: Option<PathBuf>,
    /// Without an anchor, believe the one that the site itself serves now. Whoever serves it can have put any keys into it
    #[arg(long, conflicts_with = "anchor")]
    pub(crate) trust_first: bool,
    /// Pin this anchor in place of the one with other keys
    #[arg(long, requires = "anchor")]
    pub(crate) replace_anchor: bool,
    /// Which of the pinned sites, when there are several
    #[arg(long, value_name = "NAME", conflicts_with = "anchor")]
    pub(crate) site: Option<String>,
    /// What the shop's pages may run: `nightsafe-monitor inventory URL` begins one
    #[arg(long, value_name = "FILE")]
    pub(crate) inventory: Option<PathBuf>,
    /// What is remembered between checks [default: nightsafe-monitor.db in $XDG_STATE_HOME, or in ~/.local/state]
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
    /// A witness that is to have cosigned the site's release log, by its key, name+id+base64; once for each
    #[arg(long, value_name = "VKEY", value_parser = Witness::parse)]
    pub(crate) witness: Vec<Witness>,
    /// How many of them at least [default: all]
    #[arg(long, value_name = "NUMBER", requires = "witness")]
    pub(crate) cosigned: Option<usize>,
    /// Forget the release log that was seen, because the shop has replaced it and said why
    #[arg(long)]
    pub(crate) replace_log: bool,
    /// The form of the report
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
    /// Days before the end of release or key manifest at which that is a warning
    #[arg(short, long, value_name = "DAYS", default_value_t = 30)]
    pub(crate) warning: u64,
    /// Days before the end at which it is critical
    #[arg(short, long, value_name = "DAYS", default_value_t = 7)]
    pub(crate) critical: u64,
}

/// Prints an inventory of what a page runs, to be filled in
#[derive(Args)]
pub(crate) struct InventoryArgs {
    /// A page of the shop
    #[arg(value_name = "URL", value_parser = target)]
    pub(crate) page: (String, Target),
    #[command(flatten)]
    pub(crate) way: Way,
}

/// Which of the sites that are remembered.
#[derive(Args)]
pub(crate) struct Remembered {
    /// Which of the sites, when there are several
    #[arg(long, value_name = "NAME")]
    pub(crate) site: Option<String>,
    /// What is remembered between checks [default: nightsafe-monitor.db in $XDG_STATE_HOME, or in ~/.local/state]
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
}

/// Prints the last checkpoint of a site's release log that was seen here, for another monitor to compare
#[derive(Args)]
pub(crate) struct CheckpointArgs {
    #[command(flatten)]
    pub(crate) remembered: Remembered,
}

/// Compares what another monitor, or a witness, was shown of a site's release log with all that was seen here
///
/// Asks nobody about the log itself. Exit status: 0 it is the same log; 2 it is not, and both signed checkpoints are printed: they
/// prove it to anybody; 3 nobody knows, as when the other one has seen more.
#[derive(Args)]
pub(crate) struct CompareArgs {
    /// A file with the other's checkpoint, or an address where it is, like https://witness.example/HASH/checkpoint
    #[arg(value_name = "FILE-OR-URL")]
    pub(crate) other: String,
    #[command(flatten)]
    pub(crate) remembered: Remembered,
    #[command(flatten)]
    pub(crate) way: Way,
}

/// Cosigns release logs, for monitors elsewhere: a witness of c2sp.org/tlog-witness, which takes any C2SP log
#[derive(Args)]
pub(crate) struct WitnessArgs {
    /// The configuration
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
}

/// Makes the key of a witness, and prints its public key
#[derive(Args)]
pub(crate) struct WitnessKeyArgs {
    /// The file to make
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Name of the witness, like its address without https://
    #[arg(long, value_name = "NAME")]
    pub(crate) name: String,
}

/// How to get there.
#[derive(Args)]
pub(crate) struct Way {
    /// Look from another place: http://HOST:PORT or socks5://HOST:PORT
    #[arg(long, value_name = "URL")]
    pub(crate) proxy: Option<Proxy>,
    /// Connect to this address instead of where an origin's name leads: one server behind a load balancer, say
    #[arg(long, value_name = "ORIGIN=ADDR:PORT", value_parser = connect, conflicts_with = "proxy")]
    pub(crate) connect: Vec<(Origin, SocketAddr)>,
    /// Believe these authorities, in PEM, and not those of this machine
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Seconds to wait for one answer
    #[arg(short, long, value_name = "SECONDS", default_value_t = 5.0, value_parser = seconds)]
    pub(crate) timeout: f64,
    /// How often a request without an answer is made again
    #[arg(long, value_name = "TIMES", default_value_t = 2)]
    pub(crate) retries: u32,
}

fn target(text: &str) -> Result<(String, Target), String> {
    let said = "an origin like https://fields.shop.example, or a page with a path; http:// on localhost alone";
    Target::parse(text).map(|target| (text.to_owned(), target)).ok_or_else(|| said.to_owned())
}

fn connect(text: &str) -> Result<(Origin, SocketAddr), String> {
    let read = || {
        let (origin, address) = text.rsplit_once('=')?;
        Some((Origin::parse(origin)?, address.parse().ok()?))
    };
    read().ok_or_else(|| "an origin, =, an address and a port: https://shop.example=192.0.2.7:443".to_owned())
}

fn program(text: &str) -> Result<(PathBuf, [u8; 32]), String> {
    let read = || {
        let (path, hash) = text.rsplit_once('=')?;
        Some((PathBuf::from(path), hex_array(&hash.to_ascii_lowercase())?))
    };
    read().ok_or_else(|| "a file, =, and 64 hex digits".to_owned())
}

fn seconds(text: &str) -> Result<f64, String> {
    let good = text.parse().ok().filter(|seconds| (0.1..=600.0).contains(seconds));
    good.ok_or_else(|| "0.1 to 600 seconds".to_owned())
}
