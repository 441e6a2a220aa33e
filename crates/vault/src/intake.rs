//! From a row of the outbox to rows of the vault.

use nightsafe_core::deposit::{Deposit, DepositError, Field};
use nightsafe_core::scalar::{DepositId, Nonce, Site};
use nightsafe_core::time::Day;
use nightsafe_store::outbox::OutboxRow;
use nightsafe_store::vault::{Arrival, FieldRow, IndexRow, Reason};
use sha2::{Digest, Sha256};

/// Reads a deposit. Ingest has checked it already; this asks again because the outbox is on the other machine.
pub(crate) fn arrival(row: OutboxRow, site: &Site) -> Arrival {
    let content = read(&row, site);
    let body_hash = Sha256::new().chain_update(row.nonce).chain_update(&row.body).finalize().into();
    Arrival { deposit_id: row.deposit_id, day: row.day, nonce: row.nonce, body: row.body, body_hash, content }
}

fn read(row: &OutboxRow, site: &Site) -> Result<(IndexRow, Vec<FieldRow>), Reason> {
    let id = DepositId(row.deposit_id);
    let day = Day::parse(&row.day).map_err(|_| Reason::Malformed)?;
    let deposit = Deposit::from_canonical_body(&id, Nonce(row.nonce), &row.body).map_err(|error| match error {
        DepositError::Id => Reason::WrongId,
        _ => Reason::Malformed,
    })?;
    let parts = deposit.into_parts();
    if parts.site != *site {
        return Err(Reason::WrongSite);
    }
    let index = IndexRow {
        deposit_id: id,
        site: parts.site.as_str().to_owned(),
        reference: parts.reference.as_str().to_owned(),
        manifest: parts.manifest,
        key_id: parts.key_id,
        facets: parts.facets.iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect(),
        day: day.to_text(),
        locator: parts.locator.as_bytes().to_vec(),
    };
    Ok((index, parts.fields.iter().map(field).collect()))
}

fn field(field: &Field) -> FieldRow {
    FieldRow {
        tag: field.tag,
        envelope_hash: field.envelope.hash(),
        kind: field.kind.as_str().to_owned(),
        key_id: field.envelope.key_id(),
        expires: field.expires.to_text(),
        envelope: field.envelope.as_bytes().to_vec(),
    }
}
