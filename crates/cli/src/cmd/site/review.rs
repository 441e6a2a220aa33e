//! What a signer is shown of a release, in plain words: what it is, and what is new since the one before.

use std::collections::{BTreeMap, BTreeSet};

use nightsafe_core::encoding::hex;
use nightsafe_core::note::{Note, Vkey};
use nightsafe_core::release::{Place, SiteRelease};
use nightsafe_core::time::UnixTime;

use crate::keys::carried::Carried;
use crate::review::{changed, days};
use crate::site::proposal::SiteProposal;

/// The text, with a line for each thing. `own` is the signer's key, which is asked for next.
pub(super) fn review(proposal: &SiteProposal, own: Option<&Vkey>, now: UnixTime) -> Vec<String> {
    let next = proposal.release();
    let before = proposal.before().map(|before| before.verified().release());
    let mut lines = vec![
        format!("Site              {}", next.site),
        match before {
            Some(before) => format!(
                "Release           {}, number {}, after number {}",
                next.version, next.sequence, before.sequence
            ),
            None => format!(
                "Release           {}, number {}   THE FIRST: refuse it when you have signed one before",
                next.version, next.sequence
            ),
        },
        format!("Document          {}", nightsafe_core::release::hash(proposal.document())),
        format!("Signed before by  {}", signed_before(proposal, own)),
        format!(
            "Valid             from {} to {}, {} days{}",
            next.created.to_text(),
            next.expires.to_text(),
            days(next.created, next.expires),
            if next.expires <= now { "   IT HAS ENDED ALREADY" } else { "" }
        ),
        format!(
            "Key manifest      {}",
            changed_from(
                before,
                |release| { format!("number {}, {}", release.key_manifest.sequence, release.key_manifest.hash) },
                next
            )
        ),
        format!("Nightsafe         {}", changed_from(before, |release| release.made_with.version.clone(), next)),
        format!("Built from        {}", changed_from(before, |release| release.made_with.source_commit.clone(), next)),
        format!("Built with        {}", changed_from(before, |release| release.made_with.toolchain.clone(), next)),
    ];
    lines.push("Project's modules: compare them with those that the project publishes for this version".to_owned());
    for (name, hash) in &next.made_with.modules {
        let was = before.and_then(|before| before.made_with.modules.get(name)).map(|hash| hex(hash));
        lines.push(format!("  {name} {}", changed_or_new(&hex(hash), was.as_deref(), before.is_some())));
    }
    lines.extend(programs(next, before));
    for (name, which) in [("Fields origin", 0), ("Admin site", 1)] {
        let [next, before] = [Some(next), before].map(|release| {
            release.map(|release| match which {
                0 => &release.fields,
                _ => &release.admin,
            })
        });
        lines.extend(next.map(|next| place(name, next, before)).unwrap_or_default());
    }
    lines
}

fn signed_before(proposal: &SiteProposal, own: Option<&Vkey>) -> String {
    let Some(before) = proposal.before() else { return "nobody".to_owned() };
    let note = Note::parse(before.note());
    let signed = note.as_ref().ok().and_then(|note| note.verify(&proposal.anchor().site_keys).ok()).unwrap_or_default();
    let names: Vec<&str> = signed.iter().map(|key| key.name()).collect();
    let is_own =
        own.map(|own| if signed.contains(&own) { "; yours is among them" } else { "; yours is not among them" });
    format!("{}{}", names.join(", "), is_own.unwrap_or_default())
}

fn changed_from(before: Option<&SiteRelease>, what: impl Fn(&SiteRelease) -> String, next: &SiteRelease) -> String {
    match before {
        Some(before) => changed(&what(next), &what(before)),
        None => what(next),
    }
}

fn changed_or_new(next: &str, before: Option<&str>, has_before: bool) -> String {
    match before {
        Some(before) => changed(next, before),
        None if has_before => format!("{next}   NEW"),
        None => next.to_owned(),
    }
}

/// What servers run, by SHA-256 as `sha256sum` prints it.
fn programs(next: &SiteRelease, before: Option<&SiteRelease>) -> Vec<String> {
    let nothing = BTreeMap::new();
    let were = before.map_or(&nothing, |before| &before.programs);
    let mut lines = Vec::new();
    if !next.programs.is_empty() || !were.is_empty() {
        lines.push("Servers' programs: compare them with those that the project publishes for this version".to_owned());
    }
    for (name, hash) in &next.programs {
        let was = were.get(name).map(|hash| hex(hash));
        lines.push(format!("  {name} {}", changed_or_new(&hex(hash), was.as_deref(), before.is_some())));
    }
    let gone = were.keys().filter(|name| !next.programs.contains_key(*name));
    lines.extend(gone.map(|name| format!("  {name}   NO LONGER")));
    lines
}

fn place(name: &str, next: &Place, before: Option<&Place>) -> Vec<String> {
    let origin = match before {
        Some(before) => changed(next.origin.as_str(), before.origin.as_str()),
        None => next.origin.as_str().to_owned(),
    };
    let mut lines = vec![format!("{name:<17} {origin}")];
    lines.extend(files(next, before));
    lines.extend(headers(next, before));
    lines
}

/// Files that came, went or have other bytes, and how many are as before.
fn files(next: &Place, before: Option<&Place>) -> Vec<String> {
    let (mut lines, mut same) = (Vec::new(), 0_usize);
    for (path, file) in &next.files {
        let was = before.and_then(|before| before.files.get(path));
        let news = match was {
            Some(was) if was == file => {
                same = same.saturating_add(1);
                continue;
            }
            Some(was) if was.sha384 == file.sha384 => "   ITS ENTRY IN THE INVENTORY CHANGED",
            Some(_) => "   CHANGED",
            None if before.is_some() => "   NEW",
            None => "",
        };
        lines.push(format!("  {} ({} bytes){news}", path.as_str(), file.bytes));
        lines.push(format!("    SHA-256 {}", hex(&file.sha256)));
        if let Some(script) = &file.script {
            lines.push(format!("    script of {}: {}", script.owner, script.purpose));
        }
    }
    let gone = before.into_iter().flat_map(|before| before.files.keys()).filter(|path| !next.files.contains_key(path));
    lines.extend(gone.map(|path| format!("  {}   NO LONGER", path.as_str())));
    if same > 0 {
        lines.push(format!("  {same} files as before"));
    }
    lines
}

/// Headers, path by path, where they are not as before; of a first release, those of every path.
fn headers(next: &Place, before: Option<&Place>) -> Vec<String> {
    let nothing = BTreeMap::new();
    let were = before.map_or(&nothing, |before| &before.headers);
    let paths: BTreeSet<&String> = next.headers.keys().chain(were.keys()).collect();
    let mut lines = Vec::new();
    for path in paths {
        let empty = BTreeMap::new();
        let (own, was) = (next.headers.get(path).unwrap_or(&empty), were.get(path).unwrap_or(&empty));
        let names: BTreeSet<&String> =
            own.keys().chain(was.keys()).filter(|name| own.get(*name) != was.get(*name)).collect();
        if names.is_empty() {
            continue;
        }
        let news = match (before.is_some(), next.headers.contains_key(path), were.contains_key(path)) {
            (false, ..) => "",
            (true, true, false) => "   NEW",
            (true, false, _) => "   NO LONGER",
            (true, true, true) => "   CHANGED",
        };
        lines.push(format!("  headers of {}{news}", if path == "*" { "every answer" } else { path }));
        for name in names {
            lines.extend(was.get(name).map(|value| format!("    - {name}: {value}")));
            lines.extend(own.get(name).map(|value| format!("    + {name}: {value}")));
        }
    }
    if lines.is_empty() {
        lines.push("  headers as before".to_owned());
    }
    lines
}
