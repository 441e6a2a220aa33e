//! Listening, limits of a connection, and an orderly end.

mod connection;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use self::connection::Origin;
use crate::forwarded::{Peer, Trust};
use crate::limits::{Client, Connections};
use crate::metrics::ListenerMetrics;
use crate::tls::Tls;

/// Limits of a listener.
#[derive(Debug, Clone, Copy)]
pub struct ServerLimits {
    /// Connections at once; more wait in the system's queue.
    pub connections: usize,
    /// Connections at once of one client; one more is closed. Trusted proxies may have all.
    pub client_connections: usize,
    /// Until the last byte of a request's head is there, also on an idle connection.
    pub head_time: Duration,
    /// How long a connection lasts; the request that is being answered then has [`Self::drain_time`] to finish.
    pub connection_time: Duration,
    /// How long requests may go on after the end was asked for.
    pub drain_time: Duration,
}

/// 2048 connections, 256 of one client, 15 seconds for a head, 5 minutes in all, 20 seconds to finish.
impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            connections: 2048,
            client_connections: 256,
            head_time: Duration::from_secs(15),
            connection_time: Duration::from_secs(300),
            drain_time: Duration::from_secs(20),
        }
    }
}

/// How a listener treats its connections.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// Limits.
    pub limits: ServerLimits,
    /// Proxies, which may have all connections.
    pub trust: Trust,
    /// TLS, unless it is plain HTTP.
    pub tls: Option<Tls>,
    /// Where is counted.
    pub metrics: Option<ListenerMetrics>,
}

/// Pause after `accept` failed: the system is out of descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Connections that the system keeps until they are accepted; it takes less where `net.core.somaxconn` is lower. With the
/// usual 128, a burst of some hundred shoppers is not kept waiting but reset.
const BACKLOG: u32 = 4096;

/// Listens at an address.
///
/// # Errors
/// Of the system: the address is taken, or not this machine's.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?; // a restart need not wait for the connections of before
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves HTTP/1.1 until `shutdown` is ready; then takes no more connections, finishes the
/// requests that are being answered, and returns.
pub async fn run(listener: TcpListener, router: Router, limits: ServerLimits, shutdown: impl Future<Output = ()>) {
    // Whoever sets up nothing else is behind a proxy of its own or on one machine: all connections may be of one client
    let limits = ServerLimits { client_connections: limits.connections, ..limits };
    run_with(listener, router, Setup { limits, ..Setup::default() }, shutdown).await;
}

/// As [`run`], with everything that can be set up.
pub async fn run_with(listener: TcpListener, router: Router, setup: Setup, shutdown: impl Future<Output = ()>) {
    let Setup { limits, trust, tls, metrics } = setup;
    let slots = Arc::new(Semaphore::new(limits.connections));
    let clients = Connections::new(limits.client_connections);
    let (stop, stopped) = watch::channel(false);
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let (stream, peer, slot) = tokio::select! {
            () = &mut shutdown => break,
            accepted = accept(&listener, &slots) => match accepted {
                Some(accepted) => accepted,
                None => continue,
            },
        };
        let counted = clients.count(Client::of(peer.ip()));
        if counted.is_none() && !trust.is_proxy(peer.ip()) {
            if let Some(metrics) = &metrics {
                metrics.refused();
            }
            continue;
        }
        let connected = metrics.as_ref().map(ListenerMetrics::connected);
        let origin = Origin { peer: Peer(peer), metrics: metrics.clone() };
        let (router, tls, stopped) = (router.clone(), tls.clone(), stopped.clone());
        tokio::spawn(async move {
            match tls {
                Some(tls) => connection::serve_tls(stream, &tls, origin, router, limits, stopped).await,
                None => connection::serve(stream, origin, router, limits, stopped).await,
            }
            // The place last: who gets it must not find that the one before is still counted
            drop((counted, connected, slot));
        });
    }
    drop(listener);
    stop.send_replace(true);
    let all = u32::try_from(limits.connections).unwrap_or(u32::MAX);
    // A connection's own end comes first; this is for the moment in between
    let patience = limits.drain_time.saturating_add(ACCEPT_PAUSE);
    if tokio::time::timeout(patience, slots.acquire_many(all)).await.is_err() {
        tracing::warn!("some requests were cut off: they took longer than the time to finish");
    }
}

async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let slot = Arc::clone(slots).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => {
            // Answers are small: waiting for more to send only delays them
            let _: Result<(), std::io::Error> = stream.set_nodelay(true);
            Some((stream, peer, slot))
        }
        Err(error) => {
            tracing::warn!(%error, "cannot take connections now");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

/// Ready when the process is asked to end: SIGTERM or Ctrl-C.
///
/// # Errors
/// When the system does not let us listen for signals.
pub fn end_requested() -> std::io::Result<impl Future<Output = ()> + Send> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
