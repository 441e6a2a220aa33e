//! `nightsafe up`: the whole of a site in one process. The outbox is a SQLite file; the vault may lie on PostgreSQL.

mod listen;
mod log;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use nightsafe_core::epoch;
use nightsafe_core::scalar::Site;
use nightsafe_ingest::{Ingest, IngestConfig, RosterFiles};
use nightsafe_serve::clock::SystemClock;
use nightsafe_serve::logging::{self, LogFormat};
use nightsafe_serve::server;
use nightsafe_serve::static_files::{self, StaticFolder};
use nightsafe_store::outbox::{OutboxReader, OutboxWriter, WriterLimits, WriterTask};
use nightsafe_vault::{
    Direct, Leavers, LogConfig, Progress, Puller, SETTLE_HOUR, Schedule, ServerSetup, State, VaultConfig, VaultStore,
    publish_roster, write_roster,
};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use self::listen::Listener;
use crate::cmd::mail::announcer;
use crate::config::{self, Config};
use crate::data_dir::{DataDir, DataDirArg};
use crate::database_url::VaultArg;
use crate::keys::{now, online};
use crate::{manifests, term};

/// How long a deposit waits in the outbox at the longest, while the vault runs.
const PULL_EVERY: Duration = Duration::from_millis(500);
/// How long closing the outbox may take.
const CLOSE_TIME: Duration = Duration::from_secs(5);
/// How often it is looked what is due.
const CHECK_MANIFEST_EVERY: Duration = Duration::from_secs(3600);

/// Runs fields origin, ingest, admin site and vault in one process until Ctrl-C or SIGTERM
///
/// Prints the addresses, then a line `ready` once all of them take connections. For trying out and for small shops
/// behind a TLS proxy; the parts are also servers of their own.
#[derive(clap::Args, Debug)]
pub(crate) struct UpArgs {
    #[command(flatten)]
    data: DataDirArg,
    #[command(flatten)]
    vault: VaultArg,
    /// Listen here for the fields origin [default: as in nightsafe.toml; port 0 takes a free one]
    #[arg(long, value_name = "ADDR:PORT")]
    fields_bind: Option<SocketAddr>,
    /// The same for ingest
    #[arg(long, value_name = "ADDR:PORT")]
    ingest_bind: Option<SocketAddr>,
    /// The same for the admin site
    #[arg(long, value_name = "ADDR:PORT")]
    admin_bind: Option<SocketAddr>,
    /// The same for the vault
    #[arg(long, value_name = "ADDR:PORT")]
    vault_bind: Option<SocketAddr>,
    /// What to log: a level, or target=level,...
    #[arg(long, value_name = "FILTER", default_value = "info")]
    log: String,
    /// Log one JSON object a line
    #[arg(long)]
    log_json: bool,
}

pub(crate) async fn run(args: &UpArgs) -> Result<()> {
    let (data, config) = args.data.open()?;
    let format = if args.log_json { LogFormat::Json } else { LogFormat::Text };
    logging::init(format, &args.log)?;
    let end = server::end_requested()?;

    let (outbox, writer) = OutboxWriter::open(&data.outbox(), WriterLimits::default()).await?;
    let store = VaultStore::open(&args.vault.database(&data, &config)?).await?;
    // Before anybody can ask: the first timestamp note names its head
    write_roster(&store, &data.roster()).await?;
    // And in the log before anybody asks for either
    log::record(&data).await;
    let state = vault(&data, &config, &store).await?;
    let listeners = [
        Listener::bind("fields", args.fields_bind.unwrap_or(config.bind.fields), fields(&data)?)?,
        Listener::bind(
            "ingest",
            args.ingest_bind.unwrap_or(config.bind.ingest),
            ingest(&data, &config, outbox.clone())?,
        )?,
        Listener::bind("admin", args.admin_bind.unwrap_or(config.bind.admin), admin(&data)?)?,
        Listener::bind("vault", args.vault_bind.unwrap_or(config.bind.vault), nightsafe_vault::router(state.clone()))?,
    ];

    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    for listener in listeners {
        term::print(&listener.describe(&config)?)?;
        tasks.spawn(listener.serve(until(stopped.clone())));
    }
    let source = Direct::new(OutboxReader::open(&data.outbox()).await?);
    let schedule = Schedule::every(PULL_EVERY, Arc::new(Notify::new()), Arc::new(SystemClock));
    let puller = Puller::new(source, store.clone(), config.site()?);
    let progress = Arc::new(Progress::new(now()));
    tasks.spawn(puller.run(schedule, Arc::clone(&progress), until(stopped.clone())));
    tasks.spawn(nightsafe_vault::record_key_news(state.clone(), until(stopped.clone())));
    tasks.spawn(nightsafe_vault::purge_hourly(
        state,
        progress,
        nightsafe_vault::PurgeGauges::default(),
        until(stopped.clone()),
    ));
    let settling = until(stopped.clone());
    tasks.spawn(nightsafe_vault::settle_daily(store.clone(), SETTLE_HOUR, Arc::new(SystemClock), settling));
    tasks.spawn(publish_roster(store.clone(), data.roster(), until(stopped.clone())));
    let leavers = Leavers::new(Some(manifests::read_anchor(&data)?));
    if let Some(mail) = &config.mail {
        let announcer = announcer(mail, &data, config.site()?)?;
        let (leavers, clock) = (leavers.clone(), Arc::new(SystemClock));
        tasks.spawn(announcer.watch(store.clone(), leavers, clock, until(stopped.clone())));
    }
    tasks.spawn(log::keep(data.clone(), config.clone(), until(stopped.clone())));
    tasks.spawn(watch_manifest(data, store.clone(), leavers, until(stopped)));
    term::print("ready\n")?;

    tokio::select! {
        () = end => {}
        // A task that ends before it was asked to has failed: the rest must not go on as if nothing was
        _ = tasks.join_next() => tracing::error!("a part ended by itself; everything is stopped"),
    }
    let asked = stop.send(true);
    while tasks.join_next().await.is_some() {}
    // Only now: of two connections that close at once each sees the other, and neither empties the write-ahead log
    drop(outbox);
    close(writer, store).await;
    asked.context("a part of the servers ended by itself: see the log")
}

fn fields(data: &DataDir) -> Result<Router> {
    nightsafe_ingest::fields_router(data.fields(), data.fields_headers())
        .context("the site is not built yet: run `nightsafe site build` first")
}

fn admin(data: &DataDir) -> Result<Router> {
    let folder = StaticFolder { root: data.admin(), headers: data.admin_headers(), readable_by_all: false };
    static_files::router(folder).context("the site is not built yet: run `nightsafe site build` first")
}

fn ingest(data: &DataDir, config: &Config, outbox: OutboxWriter) -> Result<Router> {
    let ingest = Ingest::new(IngestConfig {
        anchor: manifests::read_anchor(data)?,
        fields_origin: config::origin(&config.origins.fields)?,
        admin_origin: Some(config::origin(&config.origins.admin)?),
        fields_folder: data.fields(),
        manifest_history: data.manifests(),
        roster: Some(RosterFiles { roster: data.roster(), seen: data.roster_seen() }),
        receipt_signer: online::read(&data.receipt_key())?,
        timestamp_signer: online::read(&data.timestamp_key())?,
        outbox,
        clock: Arc::new(SystemClock),
    })?;
    ingest.manifest().context("no deposit can be taken")?;
    Ok(nightsafe_ingest::router(ingest))
}

async fn vault(data: &DataDir, config: &Config, store: &VaultStore) -> Result<State> {
    let login = zeroize::Zeroizing::new(std::fs::read(data.login_key()).with_context(|| {
        format!("cannot read {}: restore it from a copy, or make the admins anew", data.login_key().display())
    })?);
    let (log, sessions) = (log(data, &config.site()?)?, config.sessions.limits());
    let config = VaultConfig::new(config.site()?, config.origins.admin.clone(), ServerSetup::from_bytes(&login)?);
    let config = VaultConfig { anchor: Some(manifests::read_anchor(data)?), log, sessions, ..config };
    let state = State::new(store.clone(), config, Arc::new(SystemClock));
    state.tell_of_log().await;
    Ok(state)
}

/// Sites of earlier versions have no key for it.
fn log(data: &DataDir, site: &Site) -> Result<Option<LogConfig>> {
    if !data.log_key().exists() {
        return Ok(None);
    }
    Ok(Some(LogConfig::new(site, online::read(&data.log_key())?)?))
}

/// Ready when the end was asked for.
async fn until(mut stopped: watch::Receiver<bool>) {
    // The sender going away means the end, too
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// Warns in the log of what is due.
async fn watch_manifest(data: DataDir, store: VaultStore, leavers: Leavers, stopped: impl Future<Output = ()>) {
    let mut stopped = std::pin::pin!(stopped);
    loop {
        match manifests::read_anchor(&data).and_then(|anchor| manifests::latest(&data, &anchor)) {
            Ok(latest) => {
                let known = leavers.keys(&store).await;
                for due in epoch::due(latest.manifest(), &known, now()) {
                    tracing::warn!("{due}");
                }
            }
            Err(error) => tracing::error!("{error:#}"),
        }
        tokio::select! {
            () = &mut stopped => break,
            () = tokio::time::sleep(CHECK_MANIFEST_EVERY) => {}
        }
    }
}

/// Empties the write-ahead logs into the files. A request that was cut off may still hold the outbox; what it was told
/// is on the disk, so waiting for it has an end.
async fn close(writer: WriterTask, store: VaultStore) {
    if tokio::time::timeout(CLOSE_TIME, writer.finished()).await.is_err() {
        tracing::warn!("the outbox was not closed in time; its log is taken over at the next start");
    }
    store.close().await;
}
