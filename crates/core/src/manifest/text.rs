//! A manifest as text.

use super::{DataKey, KeyManifest, MAX_DATA_KEYS, MAX_PARENTS, MAX_VALID_DAYS};
use crate::anchor::{Origin, TrustError};
use crate::label::Label;
use crate::note::Vkey;
use crate::note::lines::{Lines, push_line, push_number};
use crate::policy::{push_kinds, read_kinds};
use crate::scalar::Site;
use crate::time::UnixTime;

pub(super) fn parse(text: &str) -> Result<KeyManifest, TrustError> {
    let mut lines = Lines::new(text);
    let mut manifest = read_head(&mut lines).ok_or(TrustError::Malformed(lines.number()))?;
    if manifest.timestamp_key.public_key() == manifest.receipt_key.public_key() {
        return Err(TrustError::ReusedKey);
    }
    manifest.kinds = read_kinds(&mut lines)?;
    if manifest.encode() != text {
        return Err(TrustError::Malformed(0));
    }
    Ok(manifest)
}

fn read_head(lines: &mut Lines<'_>) -> Option<KeyManifest> {
    lines.label(Label::KeyManifest)?;
    let site = Site::parse(lines.take("site")?).ok()?;
    let sequence = lines.take_number("sequence")?;
    let not_before = take_time(lines, "not-before")?;
    let not_after = take_time(lines, "not-after")?;
    if not_after <= not_before || not_after > not_before.plus_days(MAX_VALID_DAYS) {
        return None;
    }
    let ingest = Origin::parse(lines.take("ingest")?)?;
    let mut parents: Vec<Origin> = Vec::new();
    while let Some(parent) = lines.take("parent") {
        let parent = Origin::parse(parent)?;
        let new = parents.len() < MAX_PARENTS && !parents.contains(&parent);
        parents.push(new.then_some(parent)?);
    }
    if parents.is_empty() {
        return None;
    }
    let timestamp_key = Vkey::parse(lines.take("timestamp-key")?).ok()?;
    let receipt_key = Vkey::parse(lines.take("receipt-key")?).ok()?;
    let mut data_keys: Vec<DataKey> = Vec::new();
    while let Some(line) = lines.take("data-key") {
        let next = DataKey::parse(line)?;
        let after = data_keys.last().is_none_or(|last| last.start < next.start);
        let new = data_keys.iter().all(|other| other.key_id() != next.key_id());
        data_keys.push((after && new && data_keys.len() < MAX_DATA_KEYS).then_some(next)?);
    }
    (!data_keys.is_empty()).then_some(KeyManifest {
        site,
        sequence,
        not_before,
        not_after,
        ingest,
        parents,
        timestamp_key,
        receipt_key,
        data_keys,
        kinds: Vec::new(),
    })
}

pub(super) fn take_time(lines: &mut Lines<'_>, key: &str) -> Option<UnixTime> {
    UnixTime::parse(lines.take(key)?).ok()
}

pub(super) fn encode(manifest: &KeyManifest) -> String {
    let mut out = String::with_capacity(4096);
    push_line(&mut out, &[Label::KeyManifest.as_str()]);
    push_line(&mut out, &["site", manifest.site.as_str()]);
    push_number(&mut out, "sequence", manifest.sequence);
    push_line(&mut out, &["not-before", &manifest.not_before.to_text()]);
    push_line(&mut out, &["not-after", &manifest.not_after.to_text()]);
    push_line(&mut out, &["ingest", manifest.ingest.as_str()]);
    for parent in &manifest.parents {
        push_line(&mut out, &["parent", parent.as_str()]);
    }
    push_line(&mut out, &["timestamp-key", &manifest.timestamp_key.to_text()]);
    push_line(&mut out, &["receipt-key", &manifest.receipt_key.to_text()]);
    for DataKey { start, suite, fingerprint } in &manifest.data_keys {
        push_line(&mut out, &["data-key", suite.name(), &start.to_text(), &fingerprint.to_hex()]);
    }
    push_kinds(&mut out, &manifest.kinds);
    out
}
