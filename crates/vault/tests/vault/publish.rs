//! The roster is written for ingest, and stays what the vault has.

use std::path::Path;
use std::time::Duration;

use nightsafe_core::roster::from_file;
use nightsafe_vault::{PublishError, publish_roster, setup, write_roster};
use tokio::sync::oneshot;

use crate::fixture::Vault;
use crate::identity::{identity, roster};

/// Until the file is this list; looked at every 20 milliseconds.
async fn wait_for(path: &Path, entries: &[String]) {
    let is_there = async {
        while std::fs::read_to_string(path).ok().and_then(|file| from_file(&file)).as_deref() != Some(entries) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), is_there).await.unwrap();
}

#[tokio::test]
async fn each_change_is_written_and_what_somebody_else_wrote_is_put_right() {
    let vault = Vault::new().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("roster");
    write_roster(&vault.store, &path).await.unwrap();
    assert!(!path.exists(), "there is none yet");

    let (stop, stopped) = oneshot::channel::<()>();
    let written = path.clone();
    let stopped = async move { stopped.await.unwrap_or_default() };
    let task = tokio::spawn(publish_roster(vault.store.clone(), written, stopped));
    let (anna, ben) = (identity(), identity());
    let (after, note) = roster(&[&anna, &ben]);
    setup::add_roster_entry(&vault.store, &after, &note).await.unwrap();
    wait_for(&path, std::slice::from_ref(&note)).await;

    std::fs::write(&path, "something else").unwrap();
    wait_for(&path, std::slice::from_ref(&note)).await;
    std::fs::remove_file(&path).unwrap();
    wait_for(&path, &[note]).await;
    stop.send(()).unwrap();
    task.await.unwrap();
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_named() {
    let vault = Vault::new().await;
    let (after, note) = roster(&[&identity()]);
    setup::add_roster_entry(&vault.store, &after, &note).await.unwrap();
    let error = write_roster(&vault.store, Path::new("/nowhere/roster")).await.unwrap_err();
    assert!(matches!(error, PublishError::Write { .. }) && error.to_string().contains("/nowhere/roster"), "{error}");
}
