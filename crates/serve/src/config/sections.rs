use std::net::SocketAddr;
use std::time::Duration;

use serde::Deserialize;

use crate::logging::LogFormat;
use crate::server::ServerLimits;

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
    /// Until the last byte of a request's head is there, also on an idle connection.
    #[serde(default = "head_seconds")]
    pub head_seconds: u32,
    /// How long requests may go on after the end was asked for.
    #[serde(default = "drain_seconds")]
    pub drain_seconds: u32,
}

fn connections() -> usize {
    ServerLimits::default().connections
}

fn head_seconds() -> u32 {
    seconds(ServerLimits::default().head_time)
}

fn drain_seconds() -> u32 {
    seconds(ServerLimits::default().drain_time)
}

fn seconds(time: Duration) -> u32 {
    u32::try_from(time.as_secs()).unwrap_or(u32::MAX)
}

impl Listen {
    /// The limits of the connections.
    pub fn limits(&self) -> ServerLimits {
        ServerLimits {
            connections: self.connections,
            head_time: Duration::from_secs(self.head_seconds.into()),
            drain_time: Duration::from_secs(self.drain_seconds.into()),
        }
    }
}
