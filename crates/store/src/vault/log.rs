//! The audit log (`docs/spec/log.md`): appending. [`read`] is the rest.
//!
//! Leaves, the hashes of the subtrees that they complete, their sealed entries and the checkpoint over all of it are one
//! transaction, which may be one with what the entries are about. The key is not here: whoever appends signs, by a
//! closure that is given the new size and root.

mod read;

use std::collections::BTreeSet;

use nightsafe_core::audit::Commitment;
use nightsafe_core::log::{Checkpoint, CheckpointError, Hash, LogError, Node, Tree};
use nightsafe_core::note::Note;
use nightsafe_core::scalar::KeyId;

use super::{LOG_LOCK, VaultStore, sessions, unavailable};
use crate::StoreError;
use crate::sql::{Transaction, statement};

pub use read::LogEntry;

/// A leaf to append.
#[derive(Debug, Clone)]
pub struct NewLeaf {
    /// What the tree holds.
    pub commitment: Commitment,
    /// What it commits to.
    pub entry: SealedEntry,
}

/// An entry at rest.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedEntry {
    /// Audit key that it is sealed to.
    pub key_id: KeyId,
    /// As in `docs/spec/audit-entry.md`.
    pub sealed: Vec<u8>,
}

/// What was appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Place of the first new leaf; the others follow.
    pub first: u64,
    /// Number of leaves now.
    pub size: u64,
}

/// What an entry says of the session that it came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionEvent {
    /// Its sign-in is recorded.
    Began,
    /// It is over.
    Ended,
}

/// Why nothing was appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The commitment of this leaf, of those that were to be appended, is in the log, or was to be appended twice.
    #[error("an entry is in the log already: sign it anew, with a fresh salt")]
    Repeated(usize),
    /// What is stored is not what the last checkpoint says. Nothing more is signed.
    #[error(
        "the audit log's leaves and hashes are not those of its last checkpoint: \
         somebody changed them; compare with a copy (`nightsafe audit verify`)"
    )]
    Broken,
    /// The new checkpoint is not one of the new size and root.
    #[error("the checkpoint that was signed is not the audit log's next one")]
    OtherCheckpoint,
    /// The new checkpoint was not signed.
    #[error("the audit log's checkpoint was not signed: {0}")]
    Sign(#[from] CheckpointError),
    /// The log is full.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl VaultStore {
    /// Appends leaves in their order, and the checkpoint that `sign` makes of the new size and root: all or nothing.
    /// Without leaves nothing is signed.
    ///
    /// # Errors
    /// [`AppendError`]
    pub async fn append_log<S>(&self, leaves: &[NewLeaf], sign: S) -> Result<Appended, AppendError>
    where
        S: FnOnce(u64, Hash) -> Result<String, CheckpointError>,
    {
        let mut transaction = self.write().await?;
        let appended = append(&mut transaction, leaves, sign).await?;
        transaction.commit().await.map_err(unavailable)?;
        Ok(appended)
    }
}

impl VaultStore {
    /// The same, with what the leaves say of a session: that it began, so that it counts as recorded from now on, or that
    /// it ended, which ends it.
    ///
    /// # Errors
    /// [`AppendError`]
    pub async fn append_log_of_session<S>(
        &self,
        token_hash: &[u8; 32],
        event: SessionEvent,
        leaves: &[NewLeaf],
        sign: S,
    ) -> Result<Appended, AppendError>
    where
        S: FnOnce(u64, Hash) -> Result<String, CheckpointError>,
    {
        let mut transaction = self.write().await?;
        match event {
            SessionEvent::Began => sessions::record(&mut transaction, token_hash).await?,
            SessionEvent::Ended => sessions::end(&mut transaction, token_hash).await?,
        }
        let appended = append(&mut transaction, leaves, sign).await?;
        transaction.commit().await.map_err(unavailable)?;
        Ok(appended)
    }
}

/// Appends within a transaction, which is to be given up on an error. Others who append wait until its end, so this
/// comes last in it.
pub(super) async fn append<S>(
    transaction: &mut Transaction,
    leaves: &[NewLeaf],
    sign: S,
) -> Result<Appended, AppendError>
where
    S: FnOnce(u64, Hash) -> Result<String, CheckpointError>,
{
    transaction.serialise(LOG_LOCK).await.map_err(unavailable)?;
    let mut tree = resume(transaction).await?;
    let first = tree.size();
    if leaves.is_empty() {
        return Ok(Appended { first, size: first });
    }
    refuse_repeated(transaction, leaves).await?;
    for leaf in leaves {
        insert_leaf(transaction, tree.size(), leaf).await?;
        for (node, hash) in tree.append(leaf.commitment.leaf_hash())? {
            insert_node(transaction, node, hash).await?;
        }
    }
    let (size, root) = (tree.size(), tree.root());
    let note = sign(size, root)?;
    let signed = parse(&note).ok_or(AppendError::OtherCheckpoint)?;
    if (signed.size, signed.root) != (size, root) {
        return Err(AppendError::OtherCheckpoint);
    }
    insert_checkpoint(transaction, size, &note).await?;
    Ok(Appended { first, size })
}

/// The tree to append to, once it is known to be the one that was signed last: no second history may be signed.
async fn resume(transaction: &mut Transaction) -> Result<Tree, AppendError> {
    let (size, root) = match read::checkpoint(&mut *transaction).await? {
        Some(note) => parse(&note).map(|last| (last.size, last.root)).ok_or(AppendError::Broken)?,
        None => (0, Hash::of_empty_tree()),
    };
    let peaks = read::hashes(&mut *transaction, &Tree::peaks_of(size)?).await?.ok_or(AppendError::Broken)?;
    let tree = Tree::resume(size, peaks)?;
    if tree.root() != root || read::leaves(transaction).await? != size {
        return Err(AppendError::Broken);
    }
    Ok(tree)
}

/// Looked up before anything is written: on PostgreSQL, a statement that fails takes its transaction with it.
async fn refuse_repeated(transaction: &mut Transaction, leaves: &[NewLeaf]) -> Result<(), AppendError> {
    let mut new = BTreeSet::new();
    for (place, leaf) in leaves.iter().enumerate() {
        let found = statement("/* vault log is_leaf */ SELECT 1 FROM log_leaf WHERE commitment = $1")
            .bind(&leaf.commitment.0)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(unavailable)?;
        if found.is_some() || !new.insert(leaf.commitment) {
            return Err(AppendError::Repeated(place));
        }
    }
    Ok(())
}

async fn insert_leaf(transaction: &mut Transaction, number: u64, leaf: &NewLeaf) -> Result<(), StoreError> {
    statement("/* vault log insert_leaf */ INSERT INTO log_leaf (number, commitment) VALUES ($1, $2)")
        .bind(number.cast_signed())
        .bind(&leaf.commitment.0)
        .execute(&mut *transaction)
        .await
        .map_err(unavailable)?;
    statement("/* vault log insert_entry */ INSERT INTO log_entry (number, key_id, sealed) VALUES ($1, $2, $3)")
        .bind(number.cast_signed())
        .bind(&leaf.entry.key_id.0)
        .bind(&leaf.entry.sealed)
        .execute(transaction)
        .await
        .map_err(unavailable)?;
    Ok(())
}

async fn insert_node(transaction: &mut Transaction, node: Node, hash: Hash) -> Result<(), StoreError> {
    statement("/* vault log insert_node */ INSERT INTO log_node (level, number, hash) VALUES ($1, $2, $3)")
        .bind(i64::from(node.level()))
        .bind(node.index().cast_signed())
        .bind(&hash.0)
        .execute(transaction)
        .await
        .map_err(unavailable)?;
    Ok(())
}

async fn insert_checkpoint(transaction: &mut Transaction, size: u64, note: &str) -> Result<(), StoreError> {
    statement("/* vault log insert_checkpoint */ INSERT INTO checkpoint (size, note) VALUES ($1, $2)")
        .bind(size.cast_signed())
        .bind(note)
        .execute(transaction)
        .await
        .map_err(unavailable)?;
    Ok(())
}

/// Without its signature, which the key's owner made and readers verify.
fn parse(note: &str) -> Option<Checkpoint> {
    Checkpoint::parse(Note::parse(note).ok()?.text()).ok()
}

/// Shows the key and the size only.
impl std::fmt::Debug for SealedEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SealedEntry({}, {} bytes)", self.key_id, self.sealed.len())
    }
}
