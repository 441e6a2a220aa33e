//! Handing the roster to ingest, which names its head in the timestamp note: a file beside the database, for a process on
//! the same machine.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::Duration;

use nightsafe_core::roster::to_file;
use nightsafe_serve::files::{GROUP_READABLE, replace};
use nightsafe_serve::stamp::Stamp;
use nightsafe_store::StoreError;
use nightsafe_store::vault::VaultStore;

/// How often the vault's roster is looked at: an admin who was removed is to be gone within seconds.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Why the file is not what the vault has.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file.
    #[error("cannot write {}: {source}", .path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

/// Writes the vault's roster to this file, as `docs/spec/roster.md` says. Without a roster there is no file.
///
/// # Errors
/// [`PublishError`]; the file is then as it was.
pub async fn write_roster(store: &VaultStore, path: &Path) -> Result<(), PublishError> {
    write(&store.roster().await?, path)
}

/// Keeps the file what the vault has, until `stopped` is ready.
pub async fn publish_roster(store: VaultStore, path: PathBuf, stopped: impl Future<Output = ()>) {
    let mut stopped = pin!(stopped);
    let mut written: Option<(Vec<String>, Option<Stamp>)> = None;
    let mut failing = false;
    loop {
        match update(&store, &path, &mut written).await {
            Ok(()) => failing = false,
            // Said once, not every second
            Err(error) if !failing => {
                tracing::error!(%error, "the roster of admins was not written for ingest; it is tried again");
                failing = true;
            }
            Err(_) => {}
        }
        tokio::select! {
            () = &mut stopped => break,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// Writes what is new, or what somebody else changed.
async fn update(
    store: &VaultStore,
    path: &Path,
    written: &mut Option<(Vec<String>, Option<Stamp>)>,
) -> Result<(), PublishError> {
    let entries = store.roster().await?;
    if written.as_ref().is_some_and(|(last, stamp)| *last == entries && *stamp == Stamp::of(path)) {
        return Ok(());
    }
    write(&entries, path)?;
    *written = Some((entries, Stamp::of(path)));
    Ok(())
}

fn write(entries: &[String], path: &Path) -> Result<(), PublishError> {
    if entries.is_empty() {
        return Ok(());
    }
    replace(path, to_file(entries).as_bytes(), GROUP_READABLE)
        .map_err(|source| PublishError::Write { path: path.to_owned(), source })
}
