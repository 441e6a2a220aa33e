//! `nightsafe admin`: the admin site on the machine of the person who works with it, and the way from there to the vault.

mod local;
mod release;
mod seen;
mod settings;
mod source;
mod way;

use std::path::PathBuf;

use anyhow::{Context, Result};
use nightsafe_core::anchor::Origin;
use nightsafe_serve::logging::{self, LogFormat};
use nightsafe_serve::pin::Pin;
use nightsafe_serve::server;
use tokio::sync::watch;
use tokio::task::JoinSet;

use self::local::Listener;
use self::release::Loaded;
use self::seen::Seen;
use self::settings::Settings;
use self::way::Way;
use crate::keys::now;
use crate::term;

/// Serves the admin site on http://localhost, after every byte was compared with what the site keys signed, and passes its requests on to the vault
///
/// Answers only this machine. The vault is known by the key that is pinned, so it needs no certificate of an authority. Ports are those that the
/// site was built for: of an admin origin and a vault origin on http://localhost. Prints both addresses, then a line `ready`; stays until Ctrl-C or
/// SIGTERM. A release that is changed on the disk later is not noticed and not served: its bytes are in memory. Start again for a new one.
#[derive(clap::Args, Debug)]
pub(crate) struct AdminArgs {
    /// Configuration file with what the options below say; paths in it are as seen from its folder
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The site's trust anchor, got from whoever holds the site keys
    #[arg(long, value_name = "FILE")]
    anchor: Option<PathBuf>,
    /// The signed release: a folder with `admin` in it, or the origin of a server that has its files
    #[arg(long, value_name = "DIR-OR-ORIGIN")]
    release: Option<String>,
    /// Where the vault is, like https://192.168.1.20:4805
    #[arg(long, value_name = "ORIGIN", value_parser = crate::config::origin)]
    vault: Option<Origin>,
    /// The vault's key as `nightsafe vault pin` prints it; twice, while one takes the place of the other
    #[arg(long = "pin", value_name = "PIN")]
    pins: Vec<Pin>,
    /// The lowest sequence number that the release may have
    #[arg(long, value_name = "NUMBER")]
    at_least: Option<u64>,
    /// File that remembers the newest release that was served, so that none that is older is [default: in the user's state folder]
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Show the site in the browser
    #[arg(long)]
    open: bool,
    /// Print one line of JSON instead
    #[arg(long)]
    json: bool,
    /// What to log: a level, or target=level,...
    #[arg(long, value_name = "FILTER", default_value = "warn")]
    log: String,
}

pub(crate) async fn run(args: &AdminArgs) -> Result<()> {
    let settings = Settings::read(args)?;
    logging::init(LogFormat::Text, &args.log)?;
    let end = server::end_requested()?;
    let seen = Seen::read(settings.state.clone(), &settings.anchor.site)?;
    let loaded = Loaded::read(&settings, &seen, now()).await?;
    let way = Way::new(&settings)?;
    way.try_out().await?;

    let Loaded { admin, vault, verified, held } = loaded;
    let listeners = [
        Listener::bind(&admin, held.router(|router| local::site(router, &admin)))?,
        Listener::bind(&vault, way.router(&vault, &admin))?,
    ];
    seen.keep(&verified)?;
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    for listener in listeners {
        listener.serve(&mut tasks, &stopped);
    }
    let release = verified.release();
    if args.json {
        let line = serde_json::json!({
            "admin": admin.as_str(), "vault": vault.as_str(), "release": release.version, "sequence": release.sequence,
        });
        term::print(&format!("{line}\n"))?;
    } else {
        term::print(&format!("admin {admin}\nvault {vault}\nready\n"))?;
    }
    if args.open {
        show(&admin);
    }
    tokio::select! {
        () = end => {}
        _ = tasks.join_next() => tracing::error!("a listener ended by itself; everything is stopped"),
    }
    stop.send_replace(true);
    while tasks.join_next().await.is_some() {}
    Ok(())
}

/// Ready when the end was asked for.
async fn until(mut stopped: watch::Receiver<bool>) {
    // The sender going away means the end, too
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// In the browser that the person has chosen; who has none reads the address.
fn show(admin: &Origin) {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let started = std::process::Command::new(program)
        .arg(admin.as_str())
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .context("cannot start a browser");
    if let Err(error) = started {
        term::warn(&format!("{error:#}: open {admin} in the browser"));
    }
}
