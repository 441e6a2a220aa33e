//! `nightsafe-vault`: takes deposits from the outbox and answers signed-in admins.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use nightsafe_serve::clock::{Clock, SystemClock};
use nightsafe_serve::config::{self, Arguments, Listen};
use nightsafe_serve::metrics::{KeyGauges, Metrics};
use nightsafe_serve::server;
use nightsafe_serve::service::{self, Service};
use nightsafe_vault::config::{Config, Settings, SourceSettings, open_direct};
use nightsafe_vault::{
    AnonymityGauges, LeaverGauges, Leavers, Progress, Puller, PurgeGauges, Schedule, Source, State, VaultStore,
    metrics, publish_roster, purge_hourly, record_key_news, router, settle_daily, watch_keys,
};

/// How long closing the database may take.
const CLOSE_TIME: Duration = Duration::from_secs(10);

/// Takes deposits from the outbox and answers signed-in admins
#[derive(Parser)]
#[command(name = "nightsafe-vault", version)]
struct Cli {
    #[command(flatten)]
    arguments: Arguments,
}

fn main() -> ExitCode {
    service::ended(run(&Cli::parse().arguments))
}

fn run(arguments: &Arguments) -> Result<()> {
    let config: Config = config::read(&arguments.config)?;
    let settings = config.settings()?;
    // Read again when a listener starts; here to find out whether it is good
    let setup = |listen: &Listen| listen.setup().with_context(|| format!("the listener at {}", listen.address));
    let pin = setup(&config.listen)?.tls.and_then(|tls| tls.pin());
    config.metrics.as_ref().map(setup).transpose()?;
    if arguments.check_config {
        #[expect(clippy::print_stdout, reason = "the answer to --check-config")]
        {
            println!("{}", config.memory_ceiling().told());
            if let Some(pin) = pin {
                println!("clients that know the vault by its key pin {pin}");
            }
        }
        return Ok(());
    }
    config.log.start()?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start")?;
    let ended = runtime.block_on(serve(&config, settings));
    // A computation that was given up must not hold the process up
    runtime.shutdown_background();
    ended
}

async fn serve(config: &Config, settings: Settings) -> Result<()> {
    let end = server::end_requested()?;
    tracing::info!(bytes = config.memory_ceiling().bytes(), "memory stays below");
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = VaultStore::open(&settings.vault).await?;
    let progress = Arc::new(Progress::new(clock.now()));

    let mut numbers = Metrics::new("nightsafe-vault", env!("CARGO_PKG_VERSION"));
    metrics::register(&mut numbers, Arc::clone(&progress), Arc::clone(&clock));
    let gauges = AnonymityGauges::register(&mut numbers);
    let keys = (KeyGauges::register(&mut numbers), LeaverGauges::register(&mut numbers));
    let purge_gauges = PurgeGauges::register(&mut numbers);
    let leavers = Leavers::new(settings.api.anchor.clone());
    let mut service = Service::new(numbers.http());
    let api = State::new(store.clone(), settings.api, Arc::clone(&clock));
    api.tell_of_log().await;
    service.listen("vault", &config.listen, router(api.clone())).await?;
    if let Some(listen) = &config.metrics {
        service.listen("metrics", listen, numbers.router()).await?;
    }

    let taken = Arc::clone(&progress);
    let schedule = Schedule::every(settings.every, Arc::default(), Arc::clone(&clock));
    let schedule = Schedule { backoff: settings.backoff, ..schedule };
    let pull = Pull { store: store.clone(), site: settings.site, schedule, progress };
    match settings.source {
        SourceSettings::Direct(database) => pull.spawn(&mut service, open_direct(&database).await?),
        SourceSettings::Relay(relay) => pull.spawn(&mut service, relay.open(Arc::clone(&clock))),
    }
    let settled = store.clone();
    let hour = config.vault.settle_hour;
    service.spawn("settling", |stopped| settle_daily(settled, hour, Arc::new(SystemClock), stopped));
    if let Some(roster) = &config.publish.roster {
        let (published, path) = (store.clone(), roster.to_path_buf());
        service.spawn("writing the roster", |stopped| publish_roster(published, path, stopped));
    }
    let recorded = api.clone();
    service.spawn("recording key changes", |stopped| record_key_news(recorded, stopped));
    service.spawn("purging keys", |stopped| purge_hourly(api, taken, purge_gauges, stopped));
    let watched = store.clone();
    service.spawn("counting sets", |stopped| gauges.watch(watched, stopped));
    let (watched, known, time) = (store.clone(), leavers.clone(), Arc::clone(&clock));
    service.spawn("watching the keys", |stopped| watch_keys(keys, watched, known, time, stopped));
    if let Some(announcer) = settings.announcer {
        let announced = store.clone();
        service.spawn("announcing", |stopped| announcer.watch(announced, leavers, clock, stopped));
    }
    let ended = service.run(end).await;
    // Settling that was given up may go on in the driver, for minutes; it is made to be cut off
    if tokio::time::timeout(CLOSE_TIME, store.close()).await.is_err() {
        tracing::warn!("the vault's database was not closed in time");
    }
    ended.map_err(Into::into)
}

/// What a puller needs besides its source.
struct Pull {
    store: VaultStore,
    site: nightsafe_core::scalar::Site,
    schedule: Schedule,
    progress: Arc<Progress>,
}

impl Pull {
    fn spawn(self, service: &mut Service, source: impl Source) {
        let puller = Puller::new(source, self.store, self.site);
        service.spawn("the puller", |stopped| puller.run(self.schedule, self.progress, stopped));
    }
}
