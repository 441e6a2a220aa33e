//! Setting a vault up: what `nightsafe` does and the API cannot.
//!
//! The sign-in secret is [`ServerSetup::generate`], kept as [`ServerSetup::to_bytes`] in a file of its own that only
//! the vault can read (`keys/login.key`). It is deliberately not in the database: without it a stolen registration
//! record cannot be guessed at. When it is lost, no passphrase unlocks an identity any more: the recovery key opens the data.

use nightsafe_core::anchor::{TrustAnchor, TrustError};
use nightsafe_core::identity::{AdminName, Identity, IdentityError, PublicIdentity, Unlock};
use nightsafe_core::invitation::InvitationToken;
use nightsafe_core::manifest;
use nightsafe_core::roster::{Roles, Roster};
use nightsafe_core::scalar::Site;
use nightsafe_core::time::UnixTime;
use nightsafe_login::{ExportKey, ServerSetup, Stretch, register};
use nightsafe_store::StoreError;
use nightsafe_store::vault::{
    Invitation, NewAuditKey, NewDataKey, NewEntry, Newcomer, StoredIdentity, StoredWrapped, VaultStore,
};
use rand_core::CryptoRng;

/// Who invited somebody whom no admin did.
const BY_SITE_KEYS: &str = "site keys";

/// Why setting up did not work.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// Not a name.
    #[error("an admin's name takes 1 to 64 bytes, with single blanks between words and no invisible characters")]
    Name,
    /// The passphrase is empty.
    #[error("an empty passphrase protects nothing: give one")]
    EmptyPassphrase,
    /// There is such an admin.
    #[error("an admin of this name exists; choose another name")]
    NameTaken,
    /// The admin has an identity, or there is no such admin.
    #[error("the admin has an identity already")]
    IdentityThere,
    /// The identity was not wrapped.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The roster does not go on with this entry.
    #[error("the vault's roster has another last entry by now: read it again")]
    RosterMoved,
    /// There is such a key.
    #[error("the vault has this key already")]
    KeyThere,
    /// A key without items and grants could never be opened, or never be recovered.
    #[error("a key comes with its items, wrapped or granted, and their recovery grants")]
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

/// Gives an admin this identity, to be unlocked by what signs in.
///
/// # Errors
/// [`SetupError`]
pub async fn add_identity(
    store: &VaultStore,
    admin: &str,
    identity: &Identity,
    export_key: &ExportKey,
    rng: &mut impl CryptoRng,
) -> Result<(), SetupError> {
    let wrapped = identity.wrap(&Unlock::Login(export_key), rng)?;
    let way = StoredWrapped {
        method: wrapped.method().as_str().to_owned(),
        slot: String::new(),
        wrapped: wrapped.to_bytes(),
    };
    let stored = StoredIdentity { id: identity.id(), public: identity.public().to_bytes(), wrapped: vec![way] };
    if store.add_identity(admin, &stored).await? { Ok(()) } else { Err(SetupError::IdentityThere) }
}

/// Makes somebody who waits for an entry of the roster, as if by an invitation: for when nobody is left to invite.
///
/// # Errors
/// [`SetupError`]; [`SetupError::NameTaken`] when somebody waits under the name, or is invited.
pub async fn make_newcomer(
    store: &VaultStore,
    login: &ServerSetup,
    (site, name, roles): (&Site, &AdminName, &Roles),
    passphrase: &[u8],
    stretch: &Stretch,
    now: UnixTime,
    rng: &mut impl CryptoRng,
) -> Result<PublicIdentity, SetupError> {
    if passphrase.is_empty() {
        return Err(SetupError::EmptyPassphrase);
    }
    let made = register(login, name.as_str(), passphrase, stretch)?;
    let identity = Identity::generate(site, rng)?;
    let wrapped = identity.wrap(&Unlock::Login(&made.export_key), rng)?.to_bytes();
    let token = InvitationToken::generate(rng);
    let (name, roles) = (name.as_str().to_owned(), roles.to_text());
    let invitation =
        Invitation { name: name.clone(), roles: roles.clone(), invited_by: BY_SITE_KEYS.into(), expires: now.plus(60) };
    let public = identity.public().clone();
    let (record, bytes) = (made.record, public.to_bytes());
    let newcomer = Newcomer { name, id: identity.id(), record, public: bytes, wrapped, roles, joined: now };
    if !store.invite(&invitation, &token.hash(), now).await? || !store.join(&token.hash(), &newcomer).await? {
        return Err(SetupError::NameTaken);
    }
    Ok(public)
}

/// Takes an entry that the site keys signed, with all that it does to who may sign in. `after` is the roster that ends with it.
///
/// # Errors
/// [`SetupError::RosterMoved`] when another entry came first, or whom it brings in does not wait; [`SetupError::Store`].
pub async fn take_roster_entry(store: &VaultStore, after: &Roster, note: &str) -> Result<(), SetupError> {
    let ended = after.everybody().filter(|admin| admin.end().is_some_and(|(at, _)| at == after.sequence()));
    let admitted = after.active().filter(|admin| admin.since() == after.sequence());
    let entry = NewEntry {
        sequence: after.sequence(),
        head: after.head(),
        note: note.to_owned(),
        ended: ended.map(|admin| admin.id()).collect(),
        admitted: admitted.map(|admin| (admin.name().as_str().to_owned(), admin.id())).collect(),
        grants: Vec::new(),
    };
    if store.take_roster_entry(&entry).await? { Ok(()) } else { Err(SetupError::RosterMoved) }
}

/// Adds an entry to the roster. `after` is the roster that ends with it, which is how it was verified.
///
/// # Errors
/// [`SetupError::RosterMoved`], [`SetupError::Store`].
pub async fn add_roster_entry(store: &VaultStore, after: &Roster, note: &str) -> Result<(), SetupError> {
    let added = store.add_roster_entry(after.sequence(), &after.head(), note).await?;
    if added { Ok(()) } else { Err(SetupError::RosterMoved) }
}

/// Adds a data key with everything that opens it, all or nothing.
///
/// # Errors
/// [`SetupError`]
pub async fn add_data_key(store: &VaultStore, new: &NewDataKey) -> Result<(), SetupError> {
    let items = new.key.items.len().max(usize::from(!new.admin_grants.is_empty()));
    if items == 0 || new.grants.len() < items {
        return Err(SetupError::KeyIncomplete);
    }
    if store.add_data_key(new).await? { Ok(()) } else { Err(SetupError::KeyThere) }
}

/// Adds an audit key with everything that opens it, all or nothing. Nothing is sealed to it before the roster names it.
///
/// # Errors
/// [`SetupError`]
pub async fn add_audit_key(store: &VaultStore, new: &NewAuditKey) -> Result<(), SetupError> {
    if new.admin_grants.is_empty() || new.grants.is_empty() {
        return Err(SetupError::KeyIncomplete);
    }
    if store.add_audit_key(new).await? { Ok(()) } else { Err(SetupError::KeyThere) }
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

pub(crate) fn is_admin_name(name: &str) -> bool {
    AdminName::parse(name).is_ok()
}
