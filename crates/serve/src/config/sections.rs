use std::net::SocketAddr;
use std::time::Duration;

use ipnet::IpNet;
use serde::Deserialize;

use crate::forwarded::{ForwardedHeader, Trust};
use crate::limits::{Admission, Guard, Memory, Rate, RateLimits, Rates};
use crate::logging::LogFormat;
use crate::server::{ServerLimits, Setup};
use crate::tls::{Tls, TlsError, TlsFiles};

/// `[log]`: what is logged, and how a line looks.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// A level, or `target=level,...`
    pub filter: String,
    /// `json` or `text`.
    pub format: LogFormat,
}

impl Default for Log {
    fn default() -> Self {
        Self { filter: "info".to_owned(), format: LogFormat::Json }
    }
}

impl Log {
    /// Starts logging.
    ///
    /// # Errors
    /// As [`crate::logging::init`].
    pub fn start(&self) -> Result<(), crate::logging::LoggingError> {
        crate::logging::init(self.format, &self.filter)
    }
}

/// A listener: `[listen]` and the like.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listen {
    /// Where to listen; port 0 takes a free one.
    pub address: SocketAddr,
    /// Connections at once.
    #[serde(default = "connections")]
    pub connections: usize,
    /// Connections at once of one client that is not a trusted proxy.
    #[serde(default = "client_connections")]
    pub client_connections: usize,
    /// Until the last byte of a request's head is there, also on an idle connection.
    #[serde(default = "head_seconds")]
    pub head_seconds: u32,
    /// How long a connection lasts.
    #[serde(default = "connection_seconds")]
    pub connection_seconds: u32,
    /// How long requests may go on after the end was asked for.
    #[serde(default = "drain_seconds")]
    pub drain_seconds: u32,
    /// TLS; without it, plain HTTP for a proxy on the same machine.
    pub tls: Option<TlsFiles>,
    /// Networks of the proxies whose word on the client's address is taken.
    #[serde(default)]
    pub trusted_proxies: Vec<IpNet>,
    /// Where they write it.
    #[serde(default)]
    pub forwarded_header: ForwardedHeader,
}

fn connections() -> usize {
    ServerLimits::default().connections
}

fn client_connections() -> usize {
    ServerLimits::default().client_connections
}

fn head_seconds() -> u32 {
    seconds(ServerLimits::default().head_time)
}

fn connection_seconds() -> u32 {
    seconds(ServerLimits::default().connection_time)
}

fn drain_seconds() -> u32 {
    seconds(ServerLimits::default().drain_time)
}

fn seconds(time: Duration) -> u32 {
    u32::try_from(time.as_secs()).unwrap_or(u32::MAX)
}

impl Listen {
    /// How the connections are treated; reads the certificate.
    ///
    /// # Errors
    /// [`TlsError`]
    pub fn setup(&self) -> Result<Setup, TlsError> {
        let time = |seconds: u32| Duration::from_secs(seconds.into());
        let limits = ServerLimits {
            connections: self.connections,
            client_connections: self.client_connections,
            head_time: time(self.head_seconds),
            connection_time: time(self.connection_seconds),
            drain_time: time(self.drain_seconds),
        };
        let tls = self.tls.clone().map(Tls::load).transpose()?;
        Ok(Setup { limits, trust: self.trust(), metrics: None, tls })
    }

    /// Whose word on addresses is taken.
    pub fn trust(&self) -> Trust {
        Trust::new(self.trusted_proxies.clone(), self.forwarded_header)
    }
}

/// `[limits]`: how much may be asked for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Requests of one client.
    pub client: Rate,
    /// Requests of all clients together.
    pub all: Rate,
    /// Clients that are told apart at once.
    pub clients: usize,
    /// Bytes of bodies that may be on their way in at once.
    pub body_bytes: usize,
}

/// The rates of [`RateLimits`], and 32 MiB.
impl Default for Limits {
    fn default() -> Self {
        let RateLimits { client, all, clients } = RateLimits::default();
        Self { client, all, clients, body_bytes: 32 << 20 }
    }
}

impl Limits {
    /// The rates.
    pub fn rates(&self) -> Rates {
        Rates::new(RateLimits { client: self.client, all: self.all, clients: self.clients })
    }

    /// The limits of the API at `listen`.
    pub fn guard(&self, listen: &Listen) -> Guard {
        let admission = Admission { trust: listen.trust(), rates: self.rates() };
        Guard { admission, memory: Memory::new(self.body_bytes) }
    }
}
