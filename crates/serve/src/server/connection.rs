//! One connection, from its first byte to its end.

use std::pin::pin;

use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::ServerLimits;
use crate::forwarded::Peer;
use crate::metrics::ListenerMetrics;
use crate::tls::Tls;

/// Longest head of a request, and most that is buffered of what is read or written, in bytes.
const BUFFER: usize = 16 << 10;

/// [`serve`], after the handshake, which has the time of a head.
pub(super) async fn serve_tls(
    stream: TcpStream,
    tls: &Tls,
    origin: Origin,
    router: Router,
    limits: ServerLimits,
    mut stopped: watch::Receiver<bool>,
) {
    let stream = tokio::select! {
        stream = tokio::time::timeout(limits.head_time, tls.acceptor().accept(stream)) => stream,
        _ = stopped.wait_for(|stopped| *stopped) => return,
    };
    // A handshake that fails is no event of ours: scanners do that all day
    if let Ok(Ok(stream)) = stream {
        serve(stream, origin, router, limits, stopped).await;
    }
}

/// Serves until the client ends it, its time is over, or `stopped` turns true; a request that is being answered then
/// has some time to finish.
pub(super) async fn serve<S>(
    stream: S,
    origin: Origin,
    router: Router,
    limits: ServerLimits,
    mut stopped: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head_time)
            .max_buf_size(BUFFER)
            .serve_connection(TokioIo::new(stream), service_fn(answer(router, origin)))
    );
    tokio::select! {
        // A client that hangs up or sends nonsense is no event of ours
        _ = connection.as_mut() => return,
        _ = stopped.wait_for(|stopped| *stopped) => {}
        () = sleep_until(Instant::now() + limits.connection_time) => {}
    }
    connection.as_mut().graceful_shutdown();
    // Whoever takes longer is cut off
    let _ = tokio::time::timeout(limits.drain_time, connection).await;
}

/// What every request knows of its connection.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    pub(super) peer: Peer,
    pub(super) metrics: Option<ListenerMetrics>,
}

fn answer(
    router: Router,
    origin: Origin,
) -> impl Fn(Request<Incoming>) -> <TowerToHyperService<Router> as Service<Request<Incoming>>>::Future {
    let service = TowerToHyperService::new(router);
    move |mut request| {
        request.extensions_mut().insert(origin.peer);
        if let Some(metrics) = &origin.metrics {
            request.extensions_mut().insert(metrics.clone());
        }
        service.call(request)
    }
}
