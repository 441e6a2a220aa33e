use sqlx::migrate::MigrateError;

/// Why a database could not be opened or used. Holds no values of rows.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file or the server cannot be used.
    #[error("the {database} database is not available: {source}")]
    Unavailable {
        /// Which database.
        database: &'static str,
        /// The driver's reason.
        #[source]
        source: sqlx::Error,
    },
    /// The file cannot be created or read.
    #[error("cannot open the file of the {database} database: {source}")]
    File {
        /// Which database.
        database: &'static str,
        /// The system's reason.
        #[source]
        source: std::io::Error,
    },
    /// The database was written by a newer version of this program.
    #[error(
        "the {database} database has schema version {found}, this program knows up to {known}: \
         use the newer program, or restore a backup of that age"
    )]
    NewerSchema {
        /// Which database.
        database: &'static str,
        /// Version in the database.
        found: i64,
        /// Newest version that this program knows.
        known: i64,
    },
    /// The database is not at the version that this program needs. Servers never migrate PostgreSQL themselves.
    #[error(
        "the {database} database has schema version {found}, this program needs {known}: \
         run `nightsafe db migrate` with a role that owns the database"
    )]
    NotMigrated {
        /// Which database.
        database: &'static str,
        /// Version in the database, 0 when it has none of our tables.
        found: i64,
        /// Version that this program needs.
        known: i64,
    },
    /// The database is of another kind, or a migration was changed after it ran.
    #[error("this is not a {database} database of ours, or its schema was changed by hand: {source}")]
    ForeignSchema {
        /// Which database was expected.
        database: &'static str,
        /// What did not fit.
        #[source]
        source: MigrateError,
    },
    /// The page size is one that betrays the order of insertion.
    #[error(
        "the {database} database has pages of {found} bytes, it must have {wanted}: \
         make a new file and copy the rows"
    )]
    PageSize {
        /// Which database.
        database: &'static str,
        /// Bytes a page.
        found: i64,
        /// Bytes a page that are needed.
        wanted: i64,
    },
    /// A row holds what this program never writes.
    #[error("a row of the {database} database is damaged: {what}")]
    Damaged {
        /// Which database.
        database: &'static str,
        /// Which column, and what is wrong with it.
        what: &'static str,
    },
    /// What is to be done needs a moment in which nobody else uses the database, and there was none.
    #[error(
        "the {database} database is in use without a pause (a backup, or a transaction that somebody left open?): \
         try again when that has ended"
    )]
    InUse {
        /// Which database.
        database: &'static str,
    },
    /// The task that writes has ended.
    #[error("the {database} database is closed")]
    Closed {
        /// Which database.
        database: &'static str,
    },
}

impl StoreError {
    /// For `map_err`: a driver error of `database`.
    pub(crate) fn unavailable(database: &'static str) -> impl Fn(sqlx::Error) -> Self + Copy {
        move |source| Self::Unavailable { database, source }
    }
}
