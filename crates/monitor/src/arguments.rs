//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use nightsafe_core::anchor::Origin;
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
}

/// Holds pages, files, headers and keys of a site against its signed release, once
///
/// Exit status, as Nagios has it: 0 all is as it was signed; 1 something new or something due, and signed; 2 something is not as
/// it was signed; 3 nobody knows: no answer, or the command could not be carried out.
#[derive(Args)]
pub(crate) struct CheckArgs {
    /// Origins of the site, like https://fields.shop.example, and pages of the shop, which have a path: https://shop.example/checkout
    #[arg(value_name = "URL", required = true, value_parser = target)]
    pub(crate) targets: Vec<(String, Target)>,
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

fn seconds(text: &str) -> Result<f64, String> {
    let good = text.parse().ok().filter(|seconds| (0.1..=600.0).contains(seconds));
    good.ok_or_else(|| "0.1 to 600 seconds".to_owned())
}
