//! One statement text, two engines: a thin layer over two separate drivers, so that a method is written once.
//!
//! Values are of the few types that both engines store the same way: bytes, text and 64-bit numbers.

use sqlx::postgres::{PgPool, PgRow};
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{Decode, Postgres, Row as _, Sqlite, Type};

/// Connections to one database.
#[derive(Debug, Clone)]
pub(crate) enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// A transaction; undone unless it is committed.
pub(crate) enum Transaction {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

/// Where a statement runs.
pub(crate) enum On<'c> {
    Pool(&'c Pool),
    Transaction(&'c mut Transaction),
}

/// A statement with its values. The text begins with a comment that names it.
pub(crate) struct Statement<'q> {
    text: &'static str,
    values: Vec<Value<'q>>,
}

/// A value of a statement.
pub(crate) enum Value<'q> {
    Bytes(&'q [u8]),
    Text(Option<&'q str>),
    Number(i64),
}

/// A row of an answer.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// A statement without values so far.
pub(crate) fn statement(text: &'static str) -> Statement<'static> {
    Statement { text, values: Vec::new() }
}

/// Runs a driver's method on whatever there is to run it on.
macro_rules! run {
    ($statement:ident, $on:expr, $method:ident) => {
        match $on.into() {
            On::Pool(Pool::Sqlite(pool)) => $statement.sqlite().$method(pool).await.map(Into::into),
            On::Pool(Pool::Postgres(pool)) => $statement.postgres().$method(pool).await.map(Into::into),
            On::Transaction(Transaction::Sqlite(one)) => $statement.sqlite().$method(&mut **one).await.map(Into::into),
            On::Transaction(Transaction::Postgres(one)) => {
                $statement.postgres().$method(&mut **one).await.map(Into::into)
            }
        }
    };
}

/// The same binding for both drivers.
macro_rules! bound {
    ($statement:ident) => {
        $statement.values.into_iter().fold(sqlx::query($statement.text), |query, value| match value {
            Value::Bytes(bytes) => query.bind(bytes),
            Value::Text(text) => query.bind(text),
            Value::Number(number) => query.bind(number),
        })
    };
}

impl<'q> Statement<'q> {
    /// Adds the next value.
    pub(crate) fn bind<'v>(mut self, value: impl Into<Value<'v>>) -> Statement<'v>
    where
        'q: 'v,
    {
        let mut values: Vec<Value<'v>> = std::mem::take(&mut self.values);
        values.push(value.into());
        Statement { text: self.text, values }
    }

    /// Runs it; returns how many rows it touched.
    pub(crate) async fn execute<'c>(self, on: impl Into<On<'c>>) -> Result<u64, sqlx::Error> {
        let Touched(rows) = run!(self, on, execute)?;
        Ok(rows)
    }

    /// All rows.
    pub(crate) async fn fetch_all<'c>(self, on: impl Into<On<'c>>) -> Result<Vec<Row>, sqlx::Error> {
        let Rows(rows) = run!(self, on, fetch_all)?;
        Ok(rows)
    }

    /// The first row.
    pub(crate) async fn fetch_optional<'c>(self, on: impl Into<On<'c>>) -> Result<Option<Row>, sqlx::Error> {
        let First(row) = run!(self, on, fetch_optional)?;
        Ok(row)
    }

    /// The first row, which is always there.
    pub(crate) async fn fetch_one<'c>(self, on: impl Into<On<'c>>) -> Result<Row, sqlx::Error> {
        self.fetch_optional(on).await?.ok_or(sqlx::Error::RowNotFound)
    }

    fn sqlite(self) -> sqlx::query::Query<'q, Sqlite, sqlx::sqlite::SqliteArguments> {
        bound!(self)
    }

    fn postgres(self) -> sqlx::query::Query<'q, Postgres, sqlx::postgres::PgArguments> {
        bound!(self)
    }
}

impl Pool {
    /// A transaction that writes. On SQLite it holds the write lock from its start, so that what it read stays true;
    /// on PostgreSQL others may write at the same time.
    pub(crate) async fn write(&self) -> Result<Transaction, sqlx::Error> {
        Ok(match self {
            Self::Sqlite(pool) => Transaction::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres(pool) => Transaction::Postgres(pool.begin().await?),
        })
    }

    /// Closes all connections.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl Transaction {
    /// Waits until no other transaction holds this lock, and holds it until the end. On SQLite a transaction that
    /// writes is alone already.
    pub(crate) async fn serialise(&mut self, lock: i64) -> Result<(), sqlx::Error> {
        if let Self::Postgres(_) = self {
            statement("/* postgres serialise */ SELECT pg_advisory_xact_lock($1)").bind(lock).execute(self).await?;
        }
        Ok(())
    }

    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await,
            Self::Postgres(transaction) => transaction.commit().await,
        }
    }
}

impl Row {
    /// A column's value.
    pub(crate) fn get<'r, T>(&'r self, column: &str) -> Result<T, sqlx::Error>
    where
        T: Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, Postgres> + Type<Postgres>,
    {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }
}

/// What the drivers answer, brought together.
struct Touched(u64);
struct Rows(Vec<Row>);
struct First(Option<Row>);

macro_rules! answers {
    ($engine:ident, $done:ty, $row:ty) => {
        impl From<$done> for Touched {
            fn from(done: $done) -> Self {
                Self(done.rows_affected())
            }
        }

        impl From<Vec<$row>> for Rows {
            fn from(rows: Vec<$row>) -> Self {
                Self(rows.into_iter().map(Row::$engine).collect())
            }
        }

        impl From<Option<$row>> for First {
            fn from(row: Option<$row>) -> Self {
                Self(row.map(Row::$engine))
            }
        }
    };
}

answers!(Sqlite, sqlx::sqlite::SqliteQueryResult, SqliteRow);
answers!(Postgres, sqlx::postgres::PgQueryResult, PgRow);

impl<'c> From<&'c Pool> for On<'c> {
    fn from(pool: &'c Pool) -> Self {
        Self::Pool(pool)
    }
}

impl<'c> From<&'c mut Transaction> for On<'c> {
    fn from(transaction: &'c mut Transaction) -> Self {
        Self::Transaction(transaction)
    }
}

impl<'q> From<&'q [u8]> for Value<'q> {
    fn from(bytes: &'q [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'q, const N: usize> From<&'q [u8; N]> for Value<'q> {
    fn from(bytes: &'q [u8; N]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'q> From<&'q Vec<u8>> for Value<'q> {
    fn from(bytes: &'q Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'q> From<&'q str> for Value<'q> {
    fn from(text: &'q str) -> Self {
        Self::Text(Some(text))
    }
}

impl<'q> From<&'q String> for Value<'q> {
    fn from(text: &'q String) -> Self {
        Self::Text(Some(text))
    }
}

impl<'q> From<Option<&'q String>> for Value<'q> {
    fn from(text: Option<&'q String>) -> Self {
        Self::Text(text.map(String::as_str))
    }
}

impl<'q> From<&'q Option<String>> for Value<'q> {
    fn from(text: &'q Option<String>) -> Self {
        Self::Text(text.as_deref())
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}
