//! What is to be in the log: all of the data directory that the site keys, or the roster's admins, signed.

use anyhow::{Context, Result};
use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::release;
use nightsafe_core::release_log::Entry;
use nightsafe_core::roster;

use crate::data_dir::DataDir;
use crate::{files, manifests};

/// In order: manifests, heads of the roster, releases, each by number.
pub(super) fn wanted(data: &DataDir, anchor: &TrustAnchor) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for signed in manifests::all(data, anchor)? {
        entries.push(Entry::of_manifest(&signed.into_verified()));
    }
    entries.extend(of_roster(data, anchor)?);
    entries.extend(of_releases(data, anchor)?);
    Ok(entries)
}

/// The vault writes the list for ingest; where it is on another machine there is none here.
fn of_roster(data: &DataDir, anchor: &TrustAnchor) -> Result<Vec<Entry>> {
    if !data.roster().exists() {
        return Ok(Vec::new());
    }
    let entries = roster::from_file(&files::read_text(&data.roster())?).context("the file of the roster is none")?;
    let roster = roster::verify_at_any_time(&entries, anchor).context("the roster of admins is refused")?;
    let heads = (0..=roster.sequence()).filter_map(|sequence| Some((sequence, roster.head_at(sequence)?)));
    Ok(heads.map(|(sequence, head)| Entry::of_roster(&anchor.site, sequence, head)).collect())
}

fn of_releases(data: &DataDir, anchor: &TrustAnchor) -> Result<Vec<Entry>> {
    let folder = data.signed_releases();
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let note = entry?.path();
        let document = note.with_extension("json");
        if note.extension().is_none_or(|end| end != "note") || !document.exists() {
            continue;
        }
        let (note, document) = (files::read_text(&note)?, files::read_text(&document)?);
        // Of site keys that were replaced since: it is in the log from then, or nobody can say whose it is
        if let Ok(verified) = release::verify_at_any_time(&note, &document, anchor) {
            found.push(Entry::of_release(verified.release()));
        }
    }
    found.sort_by_key(|entry| entry.sequence);
    Ok(found)
}
