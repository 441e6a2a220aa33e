//! Migrations: never past what this program knows.

use sqlx::migrate::{Migrate, MigrateError, Migration, MigrationType, Migrator};
use sqlx::{Connection, SqlSafeStr};

use crate::StoreError;

/// The schema of one database on one engine.
#[derive(Debug, Clone, Copy)]
pub struct Schema {
    /// Name of the database, for error texts: `outbox`, `vault`.
    pub database: &'static str,
    /// Every migration, in ascending order, numbered from 1.
    pub migrations: &'static [Step],
}

/// One migration: a file of `migrations/<database>/<engine>/`, which never changes once released.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// Number in the file's name.
    pub version: i64,
    /// Rest of the file's name.
    pub name: &'static str,
    /// Its text.
    pub sql: &'static str,
}

impl Schema {
    /// The newest version that this program knows.
    pub fn newest(&self) -> i64 {
        self.migrations.last().map_or(0, |step| step.version)
    }

    /// Brings the database to [`Self::newest`]; returns the version it had before (0 when it was
    /// empty).
    ///
    /// # Errors
    /// [`StoreError::NewerSchema`] before anything is changed, [`StoreError::ForeignSchema`] when
    /// the applied migrations are not ours, [`StoreError::Unavailable`].
    pub async fn migrate<C>(&self, connection: &mut C) -> Result<i64, StoreError>
    where
        C: Connection + Migrate,
    {
        let found = self.version(connection).await?;
        if found > self.newest() {
            return Err(StoreError::NewerSchema { database: self.database, found, known: self.newest() });
        }
        self.migrator().run_direct(None, connection, false).await.map_err(|error| self.migrate_error(error))?;
        Ok(found)
    }

    /// Refuses every version but the newest, without changing anything.
    ///
    /// # Errors
    /// [`StoreError::NewerSchema`], [`StoreError::ForeignSchema`], [`StoreError::Unavailable`].
    pub async fn check<C>(&self, connection: &mut C) -> Result<(), StoreError>
    where
        C: Connection + Migrate,
    {
        let (database, known) = (self.database, self.newest());
        match self.version(connection).await? {
            found if found > known => Err(StoreError::NewerSchema { database, found, known }),
            found if found < known => {
                Err(StoreError::ForeignSchema { database, source: MigrateError::VersionMissing(known) })
            }
            _ => Ok(()),
        }
    }

    /// The version that the database has: 0 when no migration ever ran.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn version<C>(&self, connection: &mut C) -> Result<i64, StoreError>
    where
        C: Connection + Migrate,
    {
        let migrator = self.migrator();
        let unavailable = |error| self.migrate_error(error);
        connection.ensure_migrations_table(&migrator.table_name).await.map_err(unavailable)?;
        let applied = connection.list_applied_migrations(&migrator.table_name).await.map_err(unavailable)?;
        Ok(applied.iter().map(|one| one.version).max().unwrap_or(0))
    }

    fn migrator(&self) -> Migrator {
        let migrations = self.migrations.iter().map(|step| {
            Migration::new(step.version, step.name.into(), MigrationType::Simple, step.sql.into_sql_str(), false)
        });
        Migrator::with_migrations(migrations.collect())
    }

    fn migrate_error(&self, error: MigrateError) -> StoreError {
        let database = self.database;
        match error {
            MigrateError::Execute(source) => StoreError::Unavailable { database, source },
            source => StoreError::ForeignSchema { database, source },
        }
    }
}
