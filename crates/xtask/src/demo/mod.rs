//! `cargo xtask demo`: all of Nightsafe and a shop on this machine, for looking at and for the end-to-end tests.

mod children;
mod keep;
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
    let nightsafe = prepare()?;
    site::make(&nightsafe, &data, &keep, &place::assets())?;
    let children = Children::new()?;
    let outcome = servers::start(&children, &nightsafe, &data, &keep).and_then(|started| {
        if started {
            announce(options.json, &ports, &data, &keep)?;
            children.wait()?;
        }
        Ok(())
    });
    say::note("stopping");
    children.stop();
    outcome
}

/// Makes a site like the demo's from these assets, and starts nothing.
pub(crate) fn publish(nightsafe: &Path, data: &Path, assets: &Path) -> Result<()> {
    site::make(nightsafe, data, &Keep::open(data, None)?, assets)
}

/// Everything that has to be built; returns the path of the `nightsafe` command.
fn prepare() -> Result<PathBuf> {
    npm::ensure()?;
    assets::build()?;
    run::quiet(run::command("node", &place::web()).args(["build.mjs", "demo"]))?;
    program::command()
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
         Thief    {}            what somebody gets who steals everything\n  \
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
