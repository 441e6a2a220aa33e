//! Proofs for whoever reads along: that entries are in the log, and that it continues what was seen of it.

use std::collections::BTreeSet;

use nightsafe_core::log::{Checkpoint, Hashes, Node, Plan};
use nightsafe_core::note::Note;

use super::{AuditLog, AuditLogError};

/// A checkpoint with its proofs, as texts of `docs/spec/log.md`.
#[derive(Debug)]
pub struct Proofs {
    /// The signed checkpoint.
    pub checkpoint: String,
    /// From the size that was named.
    pub consistency: String,
    /// One for each leaf that was named, with its number.
    pub inclusion: Vec<(u64, String)>,
}

impl AuditLog {
    /// How many leaves the log has.
    ///
    /// # Errors
    /// [`AuditLogError`]
    pub async fn size(&self) -> Result<u64, AuditLogError> {
        size_of(&self.checkpoint().await?)
    }

    /// Proofs under a checkpoint of this log, from the size `since` on and for these leaves. `None` when it has fewer
    /// leaves than that.
    ///
    /// # Errors
    /// [`AuditLogError`]
    pub async fn proofs(
        &self,
        checkpoint: String,
        since: u64,
        leaves: impl IntoIterator<Item = u64>,
    ) -> Result<Option<Proofs>, AuditLogError> {
        let size = size_of(&checkpoint)?;
        let Ok(consistency) = Plan::for_consistency(since, size) else { return Ok(None) };
        let plan = |number| Plan::for_inclusion(number, size).map(|plan| (number, plan));
        let plans = leaves.into_iter().map(plan).collect::<Result<Vec<_>, _>>().map_err(|_| AuditLogError::Damaged)?;
        let nodes = plans.iter().map(|(_, plan)| plan).chain([&consistency]).flat_map(Plan::nodes);
        let nodes: Vec<Node> = nodes.collect::<BTreeSet<_>>().into_iter().collect();
        let found = self.store.log_hashes(&nodes).await?.ok_or(AuditLogError::Damaged)?;
        let mut hashes = Hashes::default();
        hashes.store(nodes.into_iter().zip(found));
        let text =
            |plan: &Plan| plan.read_proof(&hashes).map(|proof| proof.encode()).map_err(|_| AuditLogError::Damaged);
        let inclusion = plans.iter().map(|(number, plan)| text(plan).map(|text| (*number, text)));
        let inclusion = inclusion.collect::<Result<_, _>>()?;
        Ok(Some(Proofs { consistency: text(&consistency)?, inclusion, checkpoint }))
    }
}

/// Of a note that this vault signed.
fn size_of(note: &str) -> Result<u64, AuditLogError> {
    let note = Note::parse(note).map_err(|_| AuditLogError::Damaged)?;
    Ok(Checkpoint::parse(note.text()).map_err(|_| AuditLogError::Damaged)?.size)
}
