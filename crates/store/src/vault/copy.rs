//! Copying a vault into an empty one, from either engine to either.
//!
//! One transaction on each side: the source as it is at one moment, the target with everything or nothing. Rows are
//! written in the order of their keys, which for ids and tags are random: neither places nor logs of the target say
//! which rows came together.

mod tables;

use super::{INTAKE_LOCK, LOG_LOCK, VaultStore, unavailable};
use crate::StoreError;
use crate::sql::{On, Pool, Row, Statement, Transaction, statement};
use tables::Column::{self, Bytes, Number, Text};
use tables::{PUT_STAGED, TABLES, Table};

/// Rows read at once. The largest are bodies in quarantine.
const PAGE: i64 = 100;

/// Tables of a vault with the number of their rows.
pub type RowCounts = Vec<(&'static str, u64)>;

/// Why nothing was copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// What is there could not be told from what came.
    #[error("the vault to copy to is not empty: table {table} has {rows} rows; take a new database")]
    NotEmpty {
        /// A table that has rows.
        table: &'static str,
        /// How many.
        rows: u64,
    },
    /// Found out before the commit.
    #[error("after copying, table {table} has {found} rows of {wanted}: nothing was kept, please report this")]
    Differs {
        /// Which table.
        table: &'static str,
        /// Rows in the target.
        found: u64,
        /// Rows in the source.
        wanted: u64,
    },
    /// One of the two databases failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A column's value.
enum Cell {
    Bytes(Vec<u8>),
    Text(Option<String>),
    Number(i64),
}

impl VaultStore {
    /// Copies everything but sessions into a vault that has nothing; returns how many rows of each table. Others may use
    /// the source meanwhile: what they add is not copied. Nobody can write to the target.
    ///
    /// # Errors
    /// [`CopyError`]: then the target is as it was.
    pub async fn copy_to(&self, target: &Self) -> Result<RowCounts, CopyError> {
        let mut from = snapshot(&self.pool).await?;
        let mut to = target.write().await?;
        to.serialise(INTAKE_LOCK).await.map_err(unavailable)?;
        to.serialise(LOG_LOCK).await.map_err(unavailable)?;
        check_empty(&row_counts(&mut to).await?)?;
        for table in &TABLES {
            copy_table(table, &mut from, &mut to).await?;
        }
        let (wanted, found) = (row_counts(&mut from).await?, row_counts(&mut to).await?);
        for ((table, wanted), (_, found)) in wanted.into_iter().zip(&found) {
            if wanted != *found {
                return Err(CopyError::Differs { table, found: *found, wanted });
            }
        }
        to.commit().await.map_err(unavailable)?;
        Ok(found)
    }

    /// Refuses a vault that holds anything.
    ///
    /// # Errors
    /// [`CopyError::NotEmpty`], [`CopyError::Store`].
    pub async fn check_empty(&self) -> Result<(), CopyError> {
        check_empty(&row_counts(&self.pool).await?)
    }
}

/// Everything that is read in it is as it was at its beginning.
async fn snapshot(pool: &Pool) -> Result<Transaction, StoreError> {
    let mut transaction = match pool {
        Pool::Sqlite(pool) => Transaction::Sqlite(pool.begin().await.map_err(unavailable)?),
        Pool::Postgres(pool) => Transaction::Postgres(
            pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await.map_err(unavailable)?,
        ),
    };
    if let Transaction::Postgres(_) = transaction {
        // Settling puts other tables in the place of these. A snapshot from before it would see nothing in them; this is
        // the one statement that waits for it without taking a snapshot
        statement("/* vault hold field rows */ LOCK TABLE field_row IN ACCESS SHARE MODE")
            .execute(&mut transaction)
            .await
            .map_err(unavailable)?;
    }
    Ok(transaction)
}

fn check_empty(counts: &RowCounts) -> Result<(), CopyError> {
    match counts.iter().find(|(_, rows)| *rows > 0) {
        Some((table, rows)) => Err(CopyError::NotEmpty { table, rows: *rows }),
        None => Ok(()),
    }
}

async fn row_counts<'c>(on: impl Into<On<'c>>) -> Result<RowCounts, StoreError> {
    let row = statement(
        "/* vault row_counts */ SELECT (SELECT count(*) FROM admin) AS admin, (SELECT count(*) FROM data_key) AS \
        data_key, (SELECT count(*) FROM purged_key) AS purged_key, (SELECT count(*) FROM wrapped_item) AS wrapped_item, (SELECT count(*) FROM recovery_grant) AS \
        recovery_grant, (SELECT count(*) FROM identity) AS identity, (SELECT \
        count(*) FROM admin_identity) AS admin_identity, (SELECT count(*) FROM admin_setting) AS admin_setting, \
        (SELECT count(*) FROM recovery_kit) AS recovery_kit, (SELECT count(*) FROM passkey) AS passkey, \
        (SELECT count(*) FROM wrapped_identity) AS wrapped_identity, \
        (SELECT count(*) FROM roster_entry) AS roster_entry, (SELECT count(*) FROM admin_grant) AS admin_grant, \
        (SELECT count(*) FROM ended_grant) AS ended_grant, \
        (SELECT count(*) FROM audit_key) AS audit_key, (SELECT count(*) FROM audit_grant) AS audit_grant, (SELECT \
        count(*) FROM audit_recovery_grant) AS audit_recovery_grant, \
        (SELECT count(*) FROM roster_proposal) AS roster_proposal, (SELECT count(*) FROM invitation) AS invitation, \
        (SELECT count(*) FROM newcomer) AS newcomer, \
        (SELECT count(*) FROM manifest) AS manifest, (SELECT count(*) FROM deposit_index) AS \
        deposit_index, (SELECT count(*) FROM taken) AS taken, (SELECT count(*) FROM field_row) AS field, (SELECT \
        count(*) FROM opening) AS opening, (SELECT count(*) FROM logged_manifest) AS logged_manifest, (SELECT \
        count(*) FROM logged_key) AS logged_key, (SELECT count(*) FROM log_leaf) AS log_leaf, (SELECT \
        count(*) FROM log_node) AS log_node, (SELECT count(*) FROM log_entry) AS log_entry, (SELECT count(*) FROM \
        checkpoint) AS checkpoint, (SELECT count(*) FROM quarantine) AS quarantine",
    )
    .fetch_one(on)
    .await
    .map_err(unavailable)?;
    let count = |table: &Table| {
        let rows: i64 = row.get(table.name).map_err(unavailable)?;
        Ok((table.name, rows.unsigned_abs()))
    };
    TABLES.iter().map(count).collect()
}

async fn copy_table(table: &Table, from: &mut Transaction, to: &mut Transaction) -> Result<(), StoreError> {
    let write = match to {
        Transaction::Postgres(_) if table.name == "field" => PUT_STAGED,
        _ => table.write,
    };
    let mut after: Vec<Cell> = table.columns.iter().take(table.key).map(Column::lowest).collect();
    loop {
        let page = bound(table.read, &after).bind(PAGE).fetch_all(&mut *from).await.map_err(unavailable)?;
        let is_last = page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
        for row in page {
            let mut cells = read(table.columns, &row)?;
            bound(write, cells.get(table.unwritten..).unwrap_or_default())
                .execute(&mut *to)
                .await
                .map_err(unavailable)?;
            cells.truncate(table.key);
            after = cells;
        }
        if is_last {
            return Ok(());
        }
    }
}

fn bound<'v>(text: &'static str, cells: &'v [Cell]) -> Statement<'v> {
    cells.iter().fold(statement(text), |statement: Statement<'v>, cell| match cell {
        Cell::Bytes(bytes) => statement.bind(bytes),
        Cell::Text(text) => statement.bind(text),
        Cell::Number(number) => statement.bind(*number),
    })
}

fn read(columns: &[Column], row: &Row) -> Result<Vec<Cell>, StoreError> {
    let cell = |column: &Column| match *column {
        Bytes(name) => row.get(name).map(Cell::Bytes),
        Text(name) => row.get(name).map(Cell::Text),
        Number(name) => row.get(name).map(Cell::Number),
    };
    columns.iter().map(cell).collect::<Result<_, _>>().map_err(unavailable)
}

impl Column {
    /// Before every value that a key has: none is empty.
    fn lowest(&self) -> Cell {
        match self {
            Bytes(_) => Cell::Bytes(Vec::new()),
            Text(_) => Cell::Text(Some(String::new())),
            Number(_) => Cell::Number(i64::MIN),
        }
    }
}
