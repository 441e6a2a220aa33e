//! What an admin's browser makes of the vault's answers, without the WASM module around it.

use getrandom::rand_core::CryptoRng;
use nightsafe_core::audit::{OpenedField, PointHash};
use nightsafe_core::opening::{self, OpenedDeposit, OpenedValues, Opener, SealedDeposit, SealedRow, Target};
use nightsafe_core::scalar::{EnvelopeHash, KeyId, ManifestHash, Tag};
use nightsafe_proto::vault::openings::{self, OpenField, PresentRow};
use nightsafe_proto::vault::reseal::{ResealedDeposit, ResealedField};
use nightsafe_proto::vault::search::IndexRow;
use nightsafe_proto::wire::{B64u, Hex};

/// What the locator of a row lists.
pub fn locate(opener: &Opener, row: &IndexRow) -> OpenedDeposit {
    let facets: Vec<_> = row.facets.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    opener.open_locator(&SealedDeposit {
        site: &row.site,
        reference: &row.reference,
        manifest: ManifestHash(row.manifest.0),
        key_id: KeyId(row.key_id.0),
        facets: &facets,
        locator: &row.locator.0,
    })
}

/// What was handed out, opened, and what was not, checked.
pub fn open_rows<'a>(
    opener: &'a Opener,
    located: &'a OpenedDeposit,
    answer: &openings::OpenedDeposit,
) -> OpenedValues<'a> {
    let present: Vec<_> =
        answer.present.iter().map(|row| (Tag(row.tag.0), EnvelopeHash(row.envelope_hash.0))).collect();
    opener.open_rows(located, &rows(answer), &present)
}

/// All that a deposit lists: as it is asked for, and as the log's entry names it by the points that a check told.
pub fn named(opener: &Opener, located: &OpenedDeposit, present: &[PresentRow]) -> (Vec<OpenField>, Vec<OpenedField>) {
    let both = opener.listed(located).map(|listed| {
        let (kind, index) = (listed.field.kind.clone(), listed.field.index);
        let point = present.iter().find(|row| row.tag.0 == listed.tag.0).unwrap().point.unwrap();
        let asked = OpenField { kind: kind.as_str().into(), index, tag: Hex(listed.tag.0) };
        (asked, OpenedField { kind, index, point: PointHash(point.0) })
    });
    let (asked, mut logged): (Vec<_>, Vec<_>) = both.unzip();
    logged.sort();
    (asked, logged)
}

/// All of a deposit that was handed out, sealed anew.
pub fn reseal(
    opener: &Opener,
    row: &IndexRow,
    answer: &openings::OpenedDeposit,
    target: &Target<'_>,
    rng: &mut impl CryptoRng,
) -> ResealedDeposit {
    let new = opener.reseal(&locate(opener, row), &rows(answer), &[], target, rng).unwrap();
    let field = |field: &opening::ResealedField| ResealedField {
        tag: Hex(field.tag.0),
        before: Hex(field.before.0),
        envelope: B64u(field.envelope.as_bytes().to_vec()),
    };
    ResealedDeposit {
        deposit_id: row.deposit_id,
        before: Hex(new.before.0),
        locator: B64u(new.locator.as_bytes().to_vec()),
        fields: new.fields.iter().map(field).collect(),
    }
}

fn rows(answer: &openings::OpenedDeposit) -> Vec<SealedRow<'_>> {
    answer.rows.iter().map(|row| SealedRow { tag: Tag(row.tag.0), envelope: &row.envelope.0 }).collect()
}
