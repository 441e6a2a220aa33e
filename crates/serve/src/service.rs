//! A process of several parts that start together and end together.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;

use axum::Router;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::config::Listen;
use crate::metrics::HttpMetrics;
use crate::server::Setup;
use crate::tls::TlsError;
use crate::{notify, server};

/// The parts of a server. Every part is given a future that is ready when the end is asked for, and ends in order
/// after that.
#[derive(Debug)]
pub struct Service {
    stop: watch::Sender<bool>,
    parts: JoinSet<&'static str>,
    http: HttpMetrics,
}

/// Why a part could not start.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The address.
    #[error("cannot listen at {address} for {name}: {source}")]
    Address {
        /// Name of the listener.
        name: &'static str,
        /// Where it should have listened.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The certificate.
    #[error("{name}: {source}")]
    Tls {
        /// Name of the listener.
        name: &'static str,
        /// What is wrong.
        source: TlsError,
    },
}

/// A part ended although nobody asked it to.
#[derive(Debug, thiserror::Error)]
#[error("{0} ended by itself: see the log")]
pub struct PartEnded(&'static str);

impl Default for Service {
    fn default() -> Self {
        Self::new(HttpMetrics::default())
    }
}

/// How a program ends: why it could not go on is told where an operator looks when logging has not started.
pub fn ended<E: std::fmt::Display>(outcome: Result<(), E>) -> ExitCode {
    let Err(error) = outcome else { return ExitCode::SUCCESS };
    #[expect(clippy::print_stderr, reason = "logging may not have started")]
    {
        eprintln!("error: {error:#}");
    }
    ExitCode::FAILURE
}

impl Service {
    /// A service without parts, whose listeners count in `http`.
    pub fn new(http: HttpMetrics) -> Self {
        Self { stop: watch::Sender::new(false), parts: JoinSet::new(), http }
    }

    /// Serves `router` at a listener; gives the address that it has.
    ///
    /// # Errors
    /// [`ListenError`]
    pub async fn listen(
        &mut self,
        name: &'static str,
        listen: &Listen,
        router: Router,
    ) -> Result<SocketAddr, ListenError> {
        let failed = |source| ListenError::Address { name, address: listen.address, source };
        let socket = server::bind(listen.address).map_err(failed)?;
        let address = socket.local_addr().map_err(failed)?;
        tracing::info!(listener = name, %address, "listening");
        let setup = Setup {
            metrics: Some(self.http.listener(name)),
            ..listen.setup().map_err(|source| ListenError::Tls { name, source })?
        };
        if let Some(tls) = setup.tls.clone() {
            self.spawn(name, |stopped| tls.keep_fresh(name, stopped));
        }
        self.spawn(name, |stopped| server::run_with(socket, router, setup, stopped));
        Ok(address)
    }

    /// Runs a part.
    pub fn spawn<F>(&mut self, name: &'static str, part: impl FnOnce(Stopped) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let part = part(stopped(self.stop.subscribe()));
        self.parts.spawn(async move {
            part.await;
            name
        });
    }

    /// Tells the service manager that all is up, waits until `end` is ready, and until all parts have ended.
    ///
    /// # Errors
    /// [`PartEnded`]: the others were stopped then, too.
    pub async fn run(mut self, end: impl Future<Output = ()>) -> Result<(), PartEnded> {
        notify::ready();
        tracing::info!("ready");
        let result = tokio::select! {
            () = end => Ok(()),
            // The rest must not go on as if nothing was
            ended = self.parts.join_next() => Err(PartEnded(name_of(ended))),
        };
        notify::stopping();
        tracing::info!("stopping");
        self.stop.send_replace(true);
        while self.parts.join_next().await.is_some() {}
        result
    }
}

/// Ready when the end is asked for.
pub type Stopped = std::pin::Pin<Box<dyn Future<Output = ()> + Send + 'static>>;

fn stopped(mut asked: watch::Receiver<bool>) -> Stopped {
    Box::pin(async move {
        // The sender going away means the end, too
        let _ = asked.wait_for(|asked| *asked).await;
    })
}

fn name_of(ended: Option<Result<&'static str, tokio::task::JoinError>>) -> &'static str {
    match ended {
        Some(Ok(name)) => name,
        Some(Err(_)) => "a part that panicked",
        None => "a service without parts",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn all_parts_are_asked_to_end_and_waited_for() {
        let (told, mut heard) = tokio::sync::mpsc::channel(2);
        let mut service = Service::default();
        for _ in 0..2 {
            let told = told.clone();
            service.spawn("a part", |stopped| async move {
                stopped.await;
                tokio::time::sleep(Duration::from_millis(20)).await;
                told.send(()).await.unwrap();
            });
        }
        service.run(std::future::ready(())).await.unwrap();
        assert!(heard.try_recv().is_ok() && heard.try_recv().is_ok());
    }

    #[tokio::test]
    async fn a_part_that_ends_by_itself_ends_all() {
        let mut service = Service::default();
        service.spawn("short", |_| std::future::ready(()));
        service.spawn("long", |stopped| stopped);
        let error = service.run(std::future::pending()).await.unwrap_err();
        assert_eq!(error.to_string(), "short ended by itself: see the log");
    }
}
