//! `nightsafe db backup`: a copy of a SQLite file that is in use.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use nightsafe_store::backup;

use super::DatabaseArgs;
use crate::term;

/// Write a SQLite database, as it is at this moment, to a new file; the servers may run meanwhile
///
/// The file is a database like the first one: to restore it, stop the servers, delete the old file with its -wal and
/// -shm, and put this one in its place. Copying the files of a database in use gives a broken one. Run `nightsafe db
/// settle` before, so that the copy of a vault says nothing of which rows came together. PostgreSQL is backed up by
/// pg_dump.
#[derive(Args, Debug)]
pub(crate) struct BackupArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// File to make; it must not exist
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

pub(crate) async fn run(args: &BackupArgs) -> Result<()> {
    let database = args.database.database()?;
    backup::backup(&database, &args.to).await.with_context(|| format!("cannot write {}", args.to.display()))?;
    term::print(&format!("{database}\n  written to {}\n", args.to.display()))
}
