//! Where the shop's deposits wait: a file, or a database on the server of the tests.

use std::path::Path;

use nightsafe_core::encoding::hex;
use nightsafe_store::Database;
use nightsafe_store::outbox::{OutboxReader, OutboxRow, OutboxWriter, WriterLimits};
use nightsafe_tests::database::OwnDatabase;
use sqlx::{Connection, PgConnection};

pub(crate) enum Outbox {
    File(String),
    Server(OwnDatabase),
}

impl Outbox {
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self::File(format!("sqlite:{}", folder.join("outbox.db").display()))
    }

    /// `None` where there is no server.
    pub(crate) async fn on_server() -> Option<Self> {
        OwnDatabase::make().await.map(Self::Server)
    }

    /// The URL that the relay opens.
    pub(crate) fn relays(&self) -> String {
        self.url_as("nightsafe_relay")
    }

    fn url_as(&self, role: &str) -> String {
        match self {
            Self::File(url) => url.clone(),
            Self::Server(own) => own.url_as(role),
        }
    }

    /// Whether a late retry ends here: on PostgreSQL ingest cannot read the ids that were taken, and the vault finds out.
    pub(crate) fn knows_taken(&self) -> bool {
        matches!(self, Self::File(_))
    }

    /// As ingest does.
    pub(crate) async fn insert(&self, rows: Vec<OutboxRow>) {
        let database: Database = self.url_as("nightsafe_ingest").parse().unwrap();
        let (writer, task) = OutboxWriter::open(&database, WriterLimits::default()).await.unwrap();
        let mut inserts = tokio::task::JoinSet::new();
        for row in rows {
            let writer = writer.clone();
            inserts.spawn(async move { writer.insert(row).await.unwrap() });
        }
        inserts.join_all().await;
        drop(writer);
        task.finished().await;
    }

    /// A row of another hour, which only the server's clock can make for ingest: two rows under one id lie in two hours.
    pub(crate) async fn put(&self, row: &OutboxRow, hours_ago: u32) {
        let Self::Server(own) = self else { panic!("a file has no hours") };
        let sql = format!(
            "INSERT INTO outbox.deposit (slot, deposit_id, day, nonce, body) VALUES \
             ((extract(hour FROM clock_timestamp() AT TIME ZONE 'UTC')::integer + 24 - {hours_ago}) % 24, \
             '\\x{}', '{}', '\\x{}', '\\x{}')",
            hex(&row.deposit_id),
            row.day,
            hex(&row.nonce),
            hex(&row.body)
        );
        let mut raw = PgConnection::connect(&own.url()).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut raw).await.unwrap();
        raw.close().await.unwrap();
    }

    pub(crate) async fn backlog(&self) -> u64 {
        let outbox = OutboxReader::open(&self.relays().parse().unwrap()).await.unwrap();
        let backlog = outbox.backlog().await.unwrap();
        outbox.close().await;
        backlog
    }
}
