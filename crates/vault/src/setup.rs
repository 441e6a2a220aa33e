//! Setting a vault up: what `nightsafe` does and the API cannot.
//!
//! The sign-in secret is [`ServerSetup::generate`], kept as [`ServerSetup::to_bytes`] in a file of its own that only
//! the vault can read (`keys/login.key`). It is deliberately not in the database: without it a stolen registration
//! record cannot be guessed at. When it is lost, admins must be made again; no data is.

use nightsafe_core::anchor::{TrustAnchor, TrustError};
use nightsafe_core::manifest;
use nightsafe_core::time::UnixTime;
use nightsafe_login::{ExportKey, ServerSetup, Stretch, register};
use nightsafe_store::StoreError;
use nightsafe_store::vault::{NewDataKey, VaultStore};

/// Why setting up did not work.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The name is empty, too long, or has control characters.
    #[error("an admin's name takes 1 to 64 bytes without control characters")]
    Name,
    /// The passphrase is empty.
    #[error("an empty passphrase protects nothing: give one")]
    EmptyPassphrase,
    /// There is such an admin.
    #[error("an admin of this name exists; choose another name")]
    NameTaken,
    /// There is such a data key.
    #[error("the vault has this data key already")]
    KeyThere,
    /// A data key without items or without grants could never be opened, or never be recovered.
    #[error("a data key comes with its wrapped items and their recovery grants")]
    KeyIncomplete,
    /// The manifest is not signed by enough of the anchor's site keys, or is malformed.
    #[error("the key manifest is refused: {0}")]
    Manifest(#[from] TrustError),
    /// The OPAQUE registration failed.
    #[error(transparent)]
    Login(#[from] nightsafe_login::Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes an admin: registers `passphrase` and stores the record. Use [`Stretch::STANDARD`] for everybody who signs in
/// with a browser: the admin site knows no other. Gives the export key, which later custodies wrap keys with.
///
/// # Errors
/// [`SetupError`]
pub async fn create_admin(
    store: &VaultStore,
    login: &ServerSetup,
    name: &str,
    passphrase: &[u8],
    stretch: &Stretch,
    now: UnixTime,
) -> Result<ExportKey, SetupError> {
    if !is_admin_name(name) {
        return Err(SetupError::Name);
    }
    if passphrase.is_empty() {
        return Err(SetupError::EmptyPassphrase);
    }
    let made = register(login, name, passphrase, stretch)?;
    if !store.add_admin(name, &made.record, now).await? {
        return Err(SetupError::NameTaken);
    }
    Ok(made.export_key)
}

/// Adds a data key with everything that opens it, all or nothing.
///
/// # Errors
/// [`SetupError`]
pub async fn add_data_key(store: &VaultStore, new: &NewDataKey) -> Result<(), SetupError> {
    if new.key.items.is_empty() || new.grants.len() < new.key.items.len() {
        return Err(SetupError::KeyIncomplete);
    }
    if store.add_data_key(new).await? { Ok(()) } else { Err(SetupError::KeyThere) }
}

/// Adds a key manifest that the site keys signed, whenever it is valid; true when it is new. Admins' browsers verify it
/// again: this keeps mistakes out of the vault, not attackers.
///
/// # Errors
/// [`SetupError::Manifest`], [`SetupError::Store`].
pub async fn add_manifest(store: &VaultStore, anchor: &TrustAnchor, note: &str) -> Result<bool, SetupError> {
    let verified = manifest::verify_at_any_time(note, anchor)?;
    Ok(store.add_manifest(&verified.hash(), verified.manifest().sequence, note).await?)
}

/// 1 to 64 bytes without control characters.
pub(crate) fn is_admin_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && !name.chars().any(char::is_control)
}
