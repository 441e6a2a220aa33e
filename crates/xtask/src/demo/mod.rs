//! `cargo xtask demo`: all of Nightsafe and a shop on this machine, for looking at and for the end-to-end tests.

mod children;
mod keep;
mod monitor;
mod passphrase;
mod ports;
mod servers;
mod site;

use crate::setup::npm;
use crate::{assets, place, program, run, say};
use anyhow::Result;
use children::Children;
use clap::Args;
use keep::Keep;
use ports::Ports;
use std::path::{Path, PathBuf};

/// What can be chosen.
#[derive(Args)]
pub(crate) struct Options {
    /// Folder for databases, keys of the online servers and the published site [default: demo-data/data]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// First of the ten ports that it may use [default: what the data was made for, else 4800]
    #[arg(long, value_name = "PORT")]
    port_base: Option<u16>,
    /// Print one line of JSON once all is up, for scripts
    #[arg(long)]
    json: bool,
}

/// Sets up, starts, and stays until Ctrl-C or SIGTERM.
pub(crate) fn run(options: &Options) -> Result<()> {
    let data = std::path::absolute(options.data_dir.clone().unwrap_or_else(|| place::root().join("demo-data/data")))?;
    let keep = Keep::open(&data, options.port_base)?;
    let ports = keep.ports();
    ports.check_free()?;
    prepare()?;
    let programs = Programs { nightsafe: program::command()?, monitor: program::monitor()? };
    while_it_runs(&programs, &data, &keep, |children| {
        announce(options.json, &ports, &data, &keep)?;
        children.wait()
    })
}

/// What is built of Rust.
pub(crate) struct Programs {
    pub(crate) nightsafe: PathBuf,
    pub(crate) monitor: PathBuf,
}

/// Starts a demo, does this, and stops it. Unless a signal comes first.
fn while_it_runs(
    programs: &Programs,
    data: &Path,
    keep: &Keep,
    work: impl FnOnce(&Children) -> Result<()>,
) -> Result<()> {
    site::make(&programs.nightsafe, data, keep, &place::assets())?;
    monitor::bring_anchor(data, keep)?;
    let children = Children::new()?;
    let outcome = servers::start(&children, programs, data, keep)
        .and_then(|started| if started { work(&children) } else { Ok(()) });
    say::note("stopping");
    children.stop();
    outcome
}

/// Does this with a demo that runs already in that folder; or, with ports, with one that is started there, of programs in the
/// release profile.
pub(crate) fn measured(data: &Path, port_base: Option<u16>, work: impl FnOnce(&Measured) -> Result<()>) -> Result<()> {
    let keep = Keep::open(data, port_base)?;
    let ports = keep.ports();
    let of = |monitor| Measured {
        monitor,
        anchor: monitor::anchor(&keep),
        release: data.join("site/site-release.json"),
        targets: monitor::targets(ports),
    };
    if port_base.is_none() {
        return work(&of(program::monitor()?));
    }
    ports.check_free()?;
    prepare()?;
    let [nightsafe, monitor] = program::released()?;
    let programs = Programs { nightsafe, monitor };
    while_it_runs(&programs, data, &keep, |_| work(&of(programs.monitor.clone())))
}

/// What a check of the demo takes.
pub(crate) struct Measured {
    pub(crate) monitor: PathBuf,
    pub(crate) anchor: PathBuf,
    /// The document of the release that is served.
    pub(crate) release: PathBuf,
    pub(crate) targets: [String; 2],
}

/// Makes a site like the demo's from these assets, and starts nothing.
pub(crate) fn publish(nightsafe: &Path, data: &Path, assets: &Path) -> Result<()> {
    site::make(nightsafe, data, &Keep::open(data, None)?, assets)
}

/// Everything that has to be built besides the programs.
fn prepare() -> Result<()> {
    npm::ensure()?;
    assets::build()?;
    run::quiet(run::command("node", &place::web()).args(["build.mjs", "demo"]))
}

#[expect(clippy::print_stdout, reason = "the line of JSON is this command's result")]
fn announce(json: bool, ports: &Ports, data: &Path, keep: &Keep) -> Result<()> {
    let user = site::ADMIN_USER;
    let passphrase = keep.admin_passphrase()?;
    if json {
        let line = serde_json::json!({
            "shop": ports.shop(), "fields": ports.fields(), "ingest": ports.ingest(), "admin": ports.admin(),
            "thief": ports.thief(), "data_dir": data, "admin_login": { "user": user, "passphrase": passphrase },
        });
        println!("{line}");
        return Ok(());
    }
    eprintln!(
        "\nNightsafe is up. Ctrl-C stops it.\n\n  \
         Shop     {}/checkout   buy something; any card of a test range, such as 4242 4242 4242 4242\n  \
         Thief    {}            what somebody gets who steals everything, and what a monitor says of it\n  \
         Admin    {}            sign in as {user} with the passphrase {passphrase}\n\n  \
         Data     {}\n  Logs     {}\n",
        ports.shop(),
        ports.thief(),
        ports.admin(),
        data.display(),
        servers::logs(data).display(),
    );
    Ok(())
}
