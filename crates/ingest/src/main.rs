//! `nightsafe-ingest`: takes deposits, hands out the timestamp note, serves the fields folder.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use clap::Parser;
use nightsafe_ingest::config::{Config, Fields, SiteFiles};
use nightsafe_ingest::metrics::{OutboxMetrics, register_state};
use nightsafe_ingest::relay::config::{RelaySection, RelaySettings};
use nightsafe_ingest::relay::relay_router;
use nightsafe_ingest::{Ingest, fields_router, guarded_router, samples_router};
use nightsafe_serve::clock::SystemClock;
use nightsafe_serve::config::{self, Arguments};
use nightsafe_serve::metrics::Metrics;
use nightsafe_serve::server;
use nightsafe_serve::service::{self, Service};
use nightsafe_store::Database;
use nightsafe_store::outbox::OutboxWriter;

/// Files that are read at the same time.
const FILE_THREADS: usize = 16;
/// How long closing the outbox may take.
const CLOSE_TIME: Duration = Duration::from_secs(10);

/// Takes sealed deposits into the outbox and serves the fields origin
#[derive(Parser)]
#[command(name = "nightsafe-ingest", version)]
struct Cli {
    #[command(flatten)]
    arguments: Arguments,
}

fn main() -> ExitCode {
    service::ended(run(&Cli::parse().arguments))
}

fn run(arguments: &Arguments) -> Result<()> {
    let config: Config = config::read(&arguments.config)?;
    let parts = Parts::read(&config)?;
    if arguments.check_config {
        #[expect(clippy::print_stdout, reason = "the answer to --check-config")]
        {
            println!("{}", config.memory_ceiling().told());
        }
        return Ok(());
    }
    config.log.start()?;
    let runtime = runtime().context("cannot start")?;
    runtime.block_on(serve(&config, parts))
}

/// Few threads for files: each may hold one.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().max_blocking_threads(FILE_THREADS).build()
}

/// Everything that the configuration names, read.
struct Parts {
    site: SiteFiles,
    outbox: Database,
    fields: Option<Router>,
    relay: Option<RelaySettings>,
}

impl Parts {
    fn read(config: &Config) -> Result<Self> {
        let folder = |fields: &Fields| {
            fields_router(config.site.fields_folder.to_path_buf(), fields.headers.to_path_buf())
                .with_context(|| format!("fields.headers: {}", fields.headers.display()))
        };
        let fields_listen = config.fields.as_ref().map(|fields| &fields.listen);
        let relay_listen = config.relay.as_ref().map(|relay| &relay.listen);
        let others = [fields_listen, relay_listen, config.metrics.as_ref()];
        for listen in std::iter::once(&config.listen).chain(others.into_iter().flatten()) {
            // Read again when the listener starts; here to find out whether it is good
            listen.setup().with_context(|| format!("the listener at {}", listen.address))?;
        }
        Ok(Self {
            site: config.site.read()?,
            outbox: config.outbox.database()?,
            fields: config.fields.as_ref().map(folder).transpose()?,
            relay: config.relay.as_ref().map(RelaySection::read).transpose()?,
        })
    }
}

async fn serve(config: &Config, parts: Parts) -> Result<()> {
    let end = server::end_requested()?;
    let mut metrics = Metrics::new("nightsafe-ingest", env!("CARGO_PKG_VERSION"));
    let observer = OutboxMetrics::register(metrics.registry());
    let (outbox, writer) = OutboxWriter::open_observed(&parts.outbox, config.outbox.limits(), observer).await?;
    let ingest = Ingest::new(config.site.ingest(parts.site, outbox.clone(), Arc::new(SystemClock)))?;
    // Logs what is wrong with the manifest; a site that is published later is found without a restart
    let _ = ingest.manifest();

    let guard = config.guard();
    let ceiling = config.memory_ceiling().bytes();
    tracing::info!(bytes = ceiling, "memory stays below");
    register_state(&mut metrics, Arc::clone(&ingest), outbox, guard.memory.clone(), ceiling);
    let mut service = Service::new(metrics.http());
    let samples = samples_router(Arc::clone(&ingest));
    service.listen("ingest", &config.listen, guarded_router(ingest, guard, config.reports)).await?;
    if let Some(listen) = &config.metrics {
        service.listen("metrics", listen, metrics.router_and(samples)).await?;
    }
    if let Some((fields, folder)) = config.fields.as_ref().zip(parts.fields) {
        service.listen("fields", &fields.listen, folder).await?;
    }
    let mut relay = None;
    if let Some((section, settings)) = config.relay.as_ref().zip(parts.relay) {
        let opened = settings.open(Arc::new(SystemClock)).await?;
        service.listen("relay", &section.listen, relay_router(opened.clone())).await?;
        relay = Some(opened);
    }
    let ended = service.run(end).await;
    if let Some(relay) = relay {
        relay.close().await;
    }
    if tokio::time::timeout(CLOSE_TIME, writer.finished()).await.is_err() {
        tracing::warn!("the outbox was not closed in time");
    }
    ended.map_err(Into::into)
}
