//! The monitor's database: what it remembers of the sites that it looks at. SQLite alone: it belongs to one program on one
//! machine.

mod log;
mod witness;

use std::path::Path;

use nightsafe_core::scalar::Site;
use nightsafe_core::time::UnixTime;

use crate::schema::{Schema, Step};
use crate::sql::{Pool, Row, statement};
use crate::{StoreError, sqlite};

/// Name of the database in error texts.
const DATABASE: &str = "monitor";

/// Schema of the monitor's database.
pub const SQLITE: Schema = Schema {
    database: DATABASE,
    migrations: &[
        Step { version: 1, name: "site", sql: include_str!("../../../migrations/monitor/sqlite/0001_site.sql") },
        Step { version: 2, name: "log", sql: include_str!("../../../migrations/monitor/sqlite/0002_log.sql") },
    ],
};

pub use self::log::ReadLog;
pub use self::witness::Cosigned;

/// What is remembered of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedSite {
    /// The site.
    pub site: Site,
    /// The trust anchor, as text.
    pub anchor: String,
    /// When it was looked at for the first time.
    pub first_seen: UnixTime,
    /// When all of it was right for the last time.
    pub last_ok: Option<UnixTime>,
    /// The highest release.
    pub release: Option<Highest>,
    /// The highest key manifest.
    pub manifest: Option<Highest>,
    /// The head of the roster of admins that was named last.
    pub roster_head: Option<[u8; 32]>,
}

/// A sequence number and what was seen under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Highest {
    /// The number.
    pub sequence: u64,
    /// SHA-256 of the text.
    pub hash: [u8; 32],
}

/// The database. Clones share one pool.
#[derive(Debug, Clone)]
pub struct MonitorStore {
    pool: Pool,
}

impl MonitorStore {
    /// Opens the file, which is made when it is not there.
    ///
    /// # Errors
    /// As [`crate::sqlite::open`].
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self { pool: Pool::Sqlite(sqlite::open(path, &SQLITE, 1).await?) })
    }

    /// All sites, by name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn sites(&self) -> Result<Vec<WatchedSite>, StoreError> {
        let rows = statement(
            "/* monitor sites */ SELECT site, anchor, first_seen, last_ok, release_sequence, release_hash, \
             manifest_sequence, manifest_hash, roster_head FROM site ORDER BY site",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(unavailable)?;
        rows.iter().map(read_row).collect()
    }

    /// Remembers a site. Numbers only go up, also when another process remembered more in the meantime; `first_seen` stays.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn remember(&self, seen: &WatchedSite) -> Result<(), StoreError> {
        let sequence =
            |highest: Option<Highest>| highest.map_or(0, |one| i64::try_from(one.sequence).unwrap_or(i64::MAX));
        let hash = |highest: &Option<Highest>| highest.map_or(Vec::new(), |one| one.hash.to_vec());
        let (release_hash, manifest_hash) = (hash(&seen.release), hash(&seen.manifest));
        let head = seen.roster_head.map_or(Vec::new(), |head| head.to_vec());
        // An empty value stands for none
        statement(
            "/* monitor remember */ INSERT INTO site (site, anchor, first_seen, last_ok, release_sequence, release_hash, \
             manifest_sequence, manifest_hash, roster_head) \
             VALUES ($1, $2, $3, nullif($4, 0), $5, nullif($6, x''), $7, nullif($8, x''), nullif($9, x'')) \
             ON CONFLICT (site) DO UPDATE SET anchor = excluded.anchor, \
             last_ok = coalesce(max(excluded.last_ok, site.last_ok), excluded.last_ok, site.last_ok), \
             release_hash = iif(excluded.release_sequence > site.release_sequence, excluded.release_hash, site.release_hash), \
             release_sequence = max(excluded.release_sequence, site.release_sequence), \
             manifest_hash = iif(excluded.manifest_sequence > site.manifest_sequence, excluded.manifest_hash, \
             site.manifest_hash), \
             manifest_sequence = max(excluded.manifest_sequence, site.manifest_sequence), \
             roster_head = coalesce(excluded.roster_head, site.roster_head)",
        )
        .bind(seen.site.as_str())
        .bind(seen.anchor.as_str())
        .bind(seconds(seen.first_seen))
        .bind(seen.last_ok.map_or(0, seconds))
        .bind(sequence(seen.release))
        .bind(release_hash.as_slice())
        .bind(sequence(seen.manifest))
        .bind(manifest_hash.as_slice())
        .bind(head.as_slice())
        .execute(&self.pool)
        .await
        .map_err(unavailable)?;
        Ok(())
    }

    /// Closes the database.
    pub async fn close(self) {
        self.pool.close().await;
    }
}

fn read_row(row: &Row) -> Result<WatchedSite, StoreError> {
    let damaged = |what| StoreError::Damaged { database: DATABASE, what };
    let site: &str = row.get("site").map_err(unavailable)?;
    let number = |column| -> Result<u64, StoreError> {
        let value: i64 = row.get(column).map_err(unavailable)?;
        u64::try_from(value).map_err(|_| damaged("a number is below zero"))
    };
    let hash = |column| -> Result<Option<[u8; 32]>, StoreError> {
        let bytes: Option<&[u8]> = row.get(column).map_err(unavailable)?;
        bytes.map(|bytes| bytes.try_into().map_err(|_| damaged("a hash is not 32 bytes"))).transpose()
    };
    let highest = |sequence, of| -> Result<Option<Highest>, StoreError> {
        let sequence = number(sequence)?;
        Ok(hash(of)?.map(|hash| Highest { sequence, hash }))
    };
    let last_ok: Option<i64> = row.get("last_ok").map_err(unavailable)?;
    Ok(WatchedSite {
        site: Site::parse(site).map_err(|_| damaged("site is not one"))?,
        anchor: row.get("anchor").map_err(unavailable)?,
        first_seen: UnixTime::from_seconds(number("first_seen")?),
        last_ok: last_ok.map(|seconds| UnixTime::from_seconds(seconds.unsigned_abs())),
        release: highest("release_sequence", "release_hash")?,
        manifest: highest("manifest_sequence", "manifest_hash")?,
        roster_head: hash("roster_head")?,
    })
}

fn seconds(time: UnixTime) -> i64 {
    i64::try_from(time.seconds()).unwrap_or(i64::MAX)
}

fn unavailable(source: sqlx::Error) -> StoreError {
    StoreError::Unavailable { database: DATABASE, source }
}
