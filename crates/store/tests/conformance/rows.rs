//! Rows to test with.

use nightsafe_core::scalar::{DepositId, EnvelopeHash, KeyId, ManifestHash, Tag};
use nightsafe_core::time::UnixTime;
use nightsafe_store::outbox::OutboxRow;
use nightsafe_store::vault::{Arrival, FieldRow, IndexRow};

pub(crate) const NOW: UnixTime = UnixTime::from_seconds(1_795_219_200);

/// Bytes that look random but are the same for the same number.
pub(crate) fn spread(number: u32, what: u8) -> [u8; 32] {
    let mut bytes = [what; 32];
    bytes[..4].copy_from_slice(&number.wrapping_mul(0x9e37_79b9).to_be_bytes());
    bytes
}

pub(crate) fn waiting(number: u32) -> OutboxRow {
    let row = OutboxRow {
        deposit_id: [0; 32],
        day: "2026-11-21".to_owned(),
        nonce: spread(number, 0),
        body: vec![0x5a; 6000],
    };
    OutboxRow { deposit_id: row.content(), ..row }
}

pub(crate) fn index(number: u32, day: &str, facets: &[(&str, &str)]) -> IndexRow {
    IndexRow {
        deposit_id: DepositId(spread(number, 1)),
        site: "demo.nightsafe.example".into(),
        reference: format!("ORDER-{number}"),
        manifest: ManifestHash([2; 32]),
        key_id: KeyId([3; 16]),
        facets: facets.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect(),
        day: day.into(),
        locator: vec![4; 1700],
    }
}

pub(crate) fn field(number: u32, kind: &str) -> FieldRow {
    FieldRow {
        tag: Tag(spread(number, 5)),
        envelope_hash: EnvelopeHash(spread(number, 6)),
        kind: kind.into(),
        key_id: KeyId([3; 16]),
        expires: "2028-11".into(),
        envelope: vec![7; 1300],
    }
}

pub(crate) fn arrival(index: IndexRow, fields: Vec<FieldRow>) -> Arrival {
    Arrival {
        deposit_id: index.deposit_id.0,
        day: index.day.clone(),
        nonce: [8; 32],
        body: vec![9; 100],
        body_hash: index.deposit_id.0,
        content: Ok((index, fields)),
    }
}
