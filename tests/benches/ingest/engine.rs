//! The two databases, each for our side and for the raw one; an empty one for every measurement.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nightsafe_tests::cluster::Cluster;
use nightsafe_tests::http::Connection;
use nightsafe_tests::server::Server;
use nightsafe_tests::site::RealSite;

use crate::Size;
use crate::load::{Outcome, drive};
use crate::raw::{PostgresRaw, SqliteRaw};
use crate::supply::Supply;

/// Where deposits are stored.
pub(crate) enum Engine {
    /// In files of this folder.
    Sqlite(PathBuf),
    /// In a cluster of our own.
    Postgres(Cluster),
}

/// Our side of one measurement.
pub(crate) struct Ours {
    pub(crate) outcome: Outcome,
    /// KiB, of the server.
    pub(crate) peak_memory: u64,
}

impl Engine {
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }

    /// Through a fresh server.
    pub(crate) async fn ours(&self, site: &RealSite, supply: &Arc<Supply>, size: Size) -> Ours {
        let server = Server::ingest(site, &self.empty_outbox(), "");
        let mut sinks = Vec::new();
        for _ in 0..size.connections {
            sinks.push(Connection::open(server.address()).await.unwrap());
        }
        let outcome = drive(sinks, supply, size).await;
        let peak_memory = server.peak_memory();
        server.stop();
        Ours { outcome, peak_memory }
    }

    /// Without us.
    pub(crate) async fn raw(&self, supply: &Arc<Supply>, size: Size) -> Outcome {
        match self {
            Self::Sqlite(folder) => {
                let file = folder.join("raw.db");
                remove(&file);
                let outcome = drive(SqliteRaw::open(&file, size.connections).await, supply, size).await;
                remove(&file);
                outcome
            }
            Self::Postgres(cluster) => {
                let url = cluster.url("postgres");
                drive(PostgresRaw::open(&url, size.connections).await, supply, size).await
            }
        }
    }

    fn empty_outbox(&self) -> String {
        match self {
            Self::Sqlite(folder) => {
                let file = folder.join("outbox.db");
                remove(&file);
                format!("sqlite:{}", file.display())
            }
            Self::Postgres(cluster) => {
                cluster.sql("postgres", "TRUNCATE outbox.deposit; CHECKPOINT");
                cluster.url_as("nightsafe_ingest", "postgres")
            }
        }
    }
}

fn remove(file: &Path) {
    for end in ["", "-wal", "-shm"] {
        let mut name = file.as_os_str().to_owned();
        name.push(end);
        let _ = fs::remove_file(name);
    }
}
