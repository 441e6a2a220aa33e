//! `nightsafe-relay`: hands the outbox's deposits to the vault, as a process of its own.
//!
//! `nightsafe-ingest` can do this too. Apart, its database role may read and delete, while ingest's may only insert.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Parser;
use nightsafe_ingest::relay::config::{RelayFile, RelaySettings};
use nightsafe_ingest::relay::relay_router;
use nightsafe_serve::clock::SystemClock;
use nightsafe_serve::config::{self, Arguments};
use nightsafe_serve::metrics::Metrics;
use nightsafe_serve::server;
use nightsafe_serve::service::{self, Service};

/// Hands the outbox's deposits to the vault that signs its requests, and to nobody else
#[derive(Parser)]
#[command(name = "nightsafe-relay", version)]
struct Cli {
    #[command(flatten)]
    arguments: Arguments,
}

fn main() -> ExitCode {
    service::ended(run(&Cli::parse().arguments))
}

fn run(arguments: &Arguments) -> Result<()> {
    let config: RelayFile = config::read(&arguments.config)?;
    let settings = config.relay.read()?;
    for listen in std::iter::once(&config.relay.listen).chain(config.metrics.as_ref()) {
        // Read again when the listener starts; here to find out whether it is good
        listen.setup().with_context(|| format!("the listener at {}", listen.address))?;
    }
    if arguments.check_config {
        #[expect(clippy::print_stdout, reason = "the answer to --check-config")]
        {
            println!("{}", config.memory_ceiling().told());
        }
        return Ok(());
    }
    config.log.start()?;
    tokio::runtime::Runtime::new().context("cannot start")?.block_on(serve(&config, settings))
}

async fn serve(config: &RelayFile, settings: RelaySettings) -> Result<()> {
    let end = server::end_requested()?;
    tracing::info!(bytes = config.memory_ceiling().bytes(), "memory stays below");
    let relay = settings.open(Arc::new(SystemClock)).await?;
    let numbers = Metrics::new("nightsafe-relay", env!("CARGO_PKG_VERSION"));
    let mut service = Service::new(numbers.http());
    service.listen("relay", &config.relay.listen, relay_router(relay.clone())).await?;
    if let Some(listen) = &config.metrics {
        service.listen("metrics", listen, numbers.router()).await?;
    }
    let ended = service.run(end).await;
    relay.close().await;
    ended.map_err(Into::into)
}
