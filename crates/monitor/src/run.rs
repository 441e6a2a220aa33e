//! What the commands do.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nightsafe_core::anchor::{Origin, TrustAnchor};
use nightsafe_core::note::MAX_NOTE;
use nightsafe_monitor::anchor;
use nightsafe_monitor::check::{Job, Target, check, items_of};
use nightsafe_monitor::compare::compare;
use nightsafe_monitor::inventory::{Inventory, draft};
use nightsafe_monitor::local::Local;
use nightsafe_monitor::net::Net;
use nightsafe_monitor::report::Report;
use nightsafe_monitor::visitor::{Patience, VISITORS};
use nightsafe_monitor::witness;
use nightsafe_serve::client::ClientTls;
use nightsafe_serve::clock::{Clock, SystemClock};
use nightsafe_store::monitor::{MonitorStore, ReadLog, WatchedSite};
use tokio::time::Instant;
use url::Url;

use crate::arguments::{CheckArgs, Command, CompareArgs, InventoryArgs, Remembered, Way};

/// Between two tries.
const PAUSE: Duration = Duration::from_secs(1);
/// Most that one visitor looks at one origin or page: Nagios ends a check after a minute.
const CHECK_TIME: Duration = Duration::from_secs(25);

/// Output and exit status.
pub(crate) async fn run(command: Command) -> Result<(String, u8)> {
    match command {
        Command::Check(args) => run_check(args).await,
        Command::Inventory(args) => run_inventory(args).await,
        Command::Checkpoint(args) => Ok((remembered(&args.remembered).await?.checkpoint, 0)),
        Command::Compare(args) => run_compare(args).await,
        Command::Witness(args) => witness::config::run(&args.config).await.map(|()| (String::new(), 0)),
        Command::WitnessKey(args) => Ok((format!("{}\n", witness::config::make_key(&args.file, &args.name)?), 0)),
    }
}

async fn run_check(args: CheckArgs) -> Result<(String, u8)> {
    let start = Instant::now();
    let now = SystemClock.now();
    let path = state_path(args.state.as_deref())?;
    let store = MonitorStore::open(&path).await.with_context(|| format!("cannot use {}", path.display()))?;
    let (net, patience) = (net(&args.way)?, patience(&args.way));
    let (anchor, known, warning) = trust(&args, &net, &patience, &store.sites().await?).await?;
    if args.replace_log {
        store.forget_log(&anchor.site).await?;
    }
    let log = store.release_log(&anchor.site).await?;
    let cosigned = args.cosigned.unwrap_or(args.witness.len());
    if cosigned > args.witness.len() {
        bail!("--cosigned asks for more witnesses than --witness names");
    }
    let job = Job {
        anchor,
        targets: args.targets.iter().map(|(_, target)| target.clone()).collect(),
        inventory: args.inventory.as_deref().map(Inventory::read).transpose()?.unwrap_or_default(),
        net,
        patience,
        now,
        known,
        log,
        witnesses: (args.witness.clone(), cosigned),
        local: args.local.clone().map(|folder| Local {
            folder,
            programs: args.program.clone(),
            installed: args.programs.clone(),
        }),
        days: (args.warning, args.critical),
    };
    let outcome = check(job.clone()).await;
    let seen = outcome.remember(&job);
    store.remember(&seen).await?;
    if let Some(read) = &outcome.log {
        store.remember_log(&job.anchor.site, read).await?;
    }
    store.close().await;
    let report = Report {
        site: job.anchor.site.as_str().to_owned(),
        at: now,
        took: start.elapsed(),
        targets: args.targets.into_iter().map(|(text, _)| text).collect(),
        local: args.local.map(|folder| folder.display().to_string()),
        outcome,
        first_seen: seen.first_seen,
        last_ok: seen.last_ok,
        warning,
    };
    Ok((report.write(args.format), report.severity().exit_status()))
}

/// The anchor, what is remembered of its site, and what must be said of the anchor.
async fn trust(
    args: &CheckArgs,
    net: &Net,
    patience: &Patience,
    sites: &[WatchedSite],
) -> Result<(TrustAnchor, Option<WatchedSite>, Option<String>)> {
    if let Some(path) = &args.anchor {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let anchor = TrustAnchor::parse(&text).with_context(|| format!("{} is refused", path.display()))?;
        let known = sites.iter().find(|known| known.site == anchor.site).cloned();
        if let Some(known) = &known
            && !args.replace_anchor
            && !anchor::is_same_trust(&pinned(known)?, &anchor)
        {
            bail!(
                "{} has other site keys than the anchor that was pinned on {}: find out why, then give --replace-anchor once",
                path.display(),
                known.first_seen.day()
            );
        }
        return Ok((anchor, known, None));
    }
    let mut fitting = sites.iter().filter(|known| args.site.as_ref().is_none_or(|name| known.site.as_str() == name));
    match (fitting.next(), fitting.next()) {
        (Some(known), None) if !args.trust_first => Ok((pinned(known)?, Some(known.clone()), None)),
        (Some(_), Some(_)) if !args.trust_first => {
            bail!("several sites are known: name one with --site, or give --anchor")
        }
        _ if args.trust_first => {
            let first = args.targets.iter().find_map(|(_, target)| match target {
                Target::Site(origin) => Some(origin),
                Target::Page(_) => None,
            });
            let fields = first.context("--trust-first needs the fields origin among the addresses")?;
            trust_first(net, patience, fields, sites).await
        }
        _ => bail!("no trust anchor is known: give --anchor FILE once, with the file from the shop"),
    }
}

async fn trust_first(
    net: &Net,
    patience: &Patience,
    fields: &Origin,
    sites: &[WatchedSite],
) -> Result<(TrustAnchor, Option<WatchedSite>, Option<String>)> {
    let [first, ..] = VISITORS;
    let manner = Arc::new(first.manner(patience, None, None));
    let anchor = anchor::from_site(net, fields, &manner).await?;
    // Trusted once: from then on what was pinned counts
    if let Some(known) = sites.iter().find(|known| known.site == anchor.site) {
        return Ok((pinned(known)?, Some(known.clone()), None));
    }
    let warning = format!(
        "the trust anchor was taken from {fields} itself and pinned: if somebody serves other keys there today, this and all \
         later checks believe them. Compare with the shop's anchor.txt"
    );
    Ok((anchor, None, Some(warning)))
}

fn pinned(known: &WatchedSite) -> Result<TrustAnchor> {
    TrustAnchor::parse(&known.anchor).context("the pinned anchor is damaged: give --anchor FILE with --replace-anchor")
}

async fn run_inventory(args: InventoryArgs) -> Result<(String, u8)> {
    let (name, Target::Page(page)) = args.page else {
        bail!("an inventory is that of a page, which has a path, at least /");
    };
    let items = items_of(&net(&args.way)?, &patience(&args.way), &page).await;
    let items = items.map_err(|said| anyhow::anyhow!("{name} {said}"))?;
    Ok((draft(&items), 0))
}

async fn run_compare(args: CompareArgs) -> Result<(String, u8)> {
    let read = remembered(&args.remembered).await?;
    let other = match Url::parse(&args.other) {
        Ok(url) if url.has_host() => {
            let [first, ..] = VISITORS;
            let manner = Arc::new(first.manner(&patience(&args.way), None, None));
            let origin =
                Origin::parse(&url.origin().ascii_serialization()).context("an address begins with https://")?;
            let text = net(&args.way)?.server(&origin, &manner).text(url.path(), MAX_NOTE).await;
            text.map_err(|finding| anyhow::anyhow!("{} {}", finding.what, finding.said))?
        }
        _ => {
            let cannot = || format!("cannot read {}", args.other);
            let length = std::fs::metadata(&args.other).with_context(cannot)?.len();
            if length > u64::try_from(MAX_NOTE)? {
                bail!("{} is too long for a checkpoint", args.other);
            }
            std::fs::read_to_string(&args.other).with_context(cannot)?
        }
    };
    let compared = compare(&read, &other);
    Ok((compared.told(&read, &other), compared.severity().exit_status()))
}

/// The release log of the one site that is meant.
async fn remembered(args: &Remembered) -> Result<ReadLog> {
    let path = state_path(args.state.as_deref())?;
    let store = MonitorStore::open(&path).await.with_context(|| format!("cannot use {}", path.display()))?;
    let sites = store.sites().await?;
    let mut fitting = sites.iter().filter(|known| args.site.as_ref().is_none_or(|name| known.site.as_str() == name));
    let site = match (fitting.next(), fitting.next()) {
        (Some(known), None) => &known.site,
        (None, _) => bail!("nothing is remembered of such a site: run `nightsafe-monitor check` first"),
        (Some(_), Some(_)) => bail!("several sites are known: name one with --site"),
    };
    let read = store.release_log(site).await?.context("no release log of this site was seen yet")?;
    store.close().await;
    Ok(read)
}

fn net(way: &Way) -> Result<Net> {
    let tls = match &way.ca_file {
        Some(path) => ClientTls::from_file(path).with_context(|| format!("{} is refused", path.display()))?,
        None => ClientTls::system().context("the authorities of this machine cannot be read: give --ca-file")?,
    };
    Ok(Net { tls, proxy: way.proxy.clone(), connect: way.connect.iter().cloned().collect() })
}

fn patience(way: &Way) -> Patience {
    Patience { exchange: Duration::from_secs_f64(way.timeout), check: CHECK_TIME, again: (way.retries, PAUSE) }
}

fn state_path(given: Option<&Path>) -> Result<PathBuf> {
    if let Some(path) = given {
        return Ok(path.to_owned());
    }
    let folder = match (std::env::var_os("XDG_STATE_HOME"), std::env::var_os("HOME")) {
        (Some(folder), _) if !folder.is_empty() => PathBuf::from(folder),
        (_, Some(home)) if !home.is_empty() => PathBuf::from(home).join(".local/state"),
        _ => bail!("there is no home directory: name a file with --state"),
    };
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder.join("nightsafe-monitor.db"))
}
