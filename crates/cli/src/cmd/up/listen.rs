//! One listener of `nightsafe up`.

use std::future::Future;
use std::net::SocketAddr;

use anyhow::{Context, Result};
use axum::Router;
use nightsafe_serve::server::{self, ServerLimits};
use tokio::net::TcpListener;

use crate::config::Config;

/// A part that is bound, and takes connections once it is served.
pub(super) struct Listener {
    name: &'static str,
    socket: TcpListener,
    router: Router,
}

impl Listener {
    pub(super) fn bind(name: &'static str, address: SocketAddr, router: Router) -> Result<Self> {
        let socket = server::bind(address).with_context(|| {
            format!("cannot listen at {address} for {name}: end what listens there, or choose --{name}-bind")
        })?;
        Ok(Self { name, socket, router })
    }

    /// One line: part, origin, address.
    pub(super) fn describe(&self, config: &Config) -> Result<String> {
        let origins = &config.origins;
        let origin = match self.name {
            "fields" => &origins.fields,
            "ingest" => &origins.ingest,
            "admin" => &origins.admin,
            _ => &origins.vault,
        };
        Ok(format!("{} {origin} {}\n", self.name, self.socket.local_addr()?))
    }

    pub(super) async fn serve(self, stopped: impl Future<Output = ()>) {
        server::run(self.socket, self.router, ServerLimits::default(), stopped).await;
    }
}
