//! What a signer is shown, in plain words: everything that the manifest says, and what is new since the one before.

use nightsafe_core::keys::DataPublicKey;
use nightsafe_core::manifest::{DataKey, KeyManifest};
use nightsafe_core::note::Vkey;
use nightsafe_core::time::UnixTime;

use crate::keys::proposal::Proposal;
use crate::review::{changed, days, list};

/// The text, with a line for each thing. `own` is the signer's key, which is asked for next.
pub(super) fn review(proposal: &Proposal, own: Option<&Vkey>, now: UnixTime) -> Vec<String> {
    let (before, next) = (proposal.before().manifest(), proposal.manifest());
    let mut lines = vec![
        format!("Site              {}", next.site),
        format!(
            "Manifest          number {}, after number {} ({})",
            next.sequence,
            before.sequence,
            proposal.before().hash()
        ),
        format!("Signed before by  {}", signed_before(proposal, own)),
        format!(
            "Valid             from {} to {}, {} days{}",
            next.not_before.to_text(),
            next.not_after.to_text(),
            days(next.not_before, next.not_after),
            if next.not_after <= now { "   IT HAS ENDED ALREADY" } else { "" }
        ),
        format!("Deposits go to    {}", changed(next.ingest.as_str(), before.ingest.as_str())),
    ];
    lines.extend(list("Pages", &origins(next), &origins(before)));
    for (name, key, was) in [
        ("Timestamp key  ", &next.timestamp_key, &before.timestamp_key),
        ("Receipt key    ", &next.receipt_key, &before.receipt_key),
    ] {
        lines.push(format!("{name}   {}", changed(&key.to_text(), &was.to_text())));
    }
    lines.push("Data keys".to_owned());
    for (named, key) in next.data_keys.iter().zip(proposal.keys()) {
        lines.extend(data_key(named, key, before.data_key(named.key_id()), now));
    }
    let gone = before.data_keys.iter().filter(|key| next.data_key(key.key_id()).is_none());
    lines.extend(gone.map(|key| dropped(key, before, next)));
    lines.extend(policy(next, before));
    lines
}

fn signed_before(proposal: &Proposal, own: Option<&Vkey>) -> String {
    let note = nightsafe_core::note::Note::parse(&proposal.before().note);
    let signed = note.as_ref().ok().and_then(|note| note.verify(&proposal.anchor.site_keys).ok()).unwrap_or_default();
    let names: Vec<&str> = signed.iter().map(|key| key.name()).collect();
    let is_own =
        own.map(|own| if signed.contains(&own) { "; yours is among them" } else { "; yours is not among them" });
    format!("{}{}", names.join(", "), is_own.unwrap_or_default())
}

fn origins(manifest: &KeyManifest) -> Vec<String> {
    manifest.parents.iter().map(|origin| origin.as_str().to_owned()).collect()
}

fn data_key(named: &DataKey, key: &DataPublicKey, before: Option<&DataKey>, now: UnixTime) -> Vec<String> {
    let news = match before {
        None => "   NEW".to_owned(),
        Some(before) if before.start != named.start => format!("   MOVED; it was from {}", before.start.to_text()),
        Some(_) => " (as before)".to_owned(),
    };
    let when = if named.start <= now { "sealing since" } else { "seals from" };
    let fingerprint = key.fingerprint().to_hex();
    let groups: Vec<&str> =
        (0..fingerprint.len()).step_by(8).filter_map(|at| fingerprint.get(at..at.saturating_add(8))).collect();
    vec![
        format!("  {} ({}), {when} {}{news}", named.key_id(), named.suite.name(), named.start.to_text()),
        format!("    fingerprint {}", groups.join(" ")),
    ]
}

/// Why a key is not named any more follows from what it would be doing when the next manifest begins.
fn dropped(key: &DataKey, before: &KeyManifest, next: &KeyManifest) -> String {
    const WHY: &str = "as is done when somebody who was granted it has left";
    let (id, start, at) = (key.key_id(), key.start.to_text(), next.not_before);
    if key.start > at {
        return format!("  {id}   DISCARDED before its start on {start}, {WHY}");
    }
    if before.active_key(at).is_some_and(|active| active.key_id() == id) {
        return format!("  {id}   SEALS NO MORE from now on, {WHY}; it sealed from {start}");
    }
    format!("  no longer named: {id}, which sealed from {start}")
}

/// Kinds that came, went or changed, with the lines that differ.
fn policy(next: &KeyManifest, before: &KeyManifest) -> Vec<String> {
    let (blocks, were) = (kinds(next), kinds(before));
    if blocks == were {
        return vec![format!("Fields            as before: {}", names(&blocks))];
    }
    let mut lines = vec!["Fields            CHANGED".to_owned()];
    for (name, block) in &blocks {
        match were.iter().find(|(was, _)| was == name) {
            None => {
                lines.push(format!("  {name}   NEW"));
                lines.extend(block.iter().map(|line| format!("    + {line}")));
            }
            Some((_, was)) if was != block => {
                lines.push(format!("  {name}   CHANGED"));
                lines.extend(was.iter().filter(|line| !block.contains(line)).map(|line| format!("    - {line}")));
                lines.extend(block.iter().filter(|line| !was.contains(line)).map(|line| format!("    + {line}")));
            }
            Some(_) => lines.push(format!("  {name} (as before)")),
        }
    }
    let gone = were.iter().filter(|(was, _)| blocks.iter().all(|(name, _)| name != was));
    lines.extend(gone.map(|(name, _)| format!("  {name}   NO LONGER")));
    lines
}

/// Name and lines of each kind's block.
fn kinds(manifest: &KeyManifest) -> Vec<(String, Vec<String>)> {
    let text = manifest.encode();
    let mut blocks: Vec<(String, Vec<String>)> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("kind ") {
            blocks.push((name.to_owned(), Vec::new()));
        } else if let Some((_, lines)) = blocks.last_mut() {
            lines.push(line.to_owned());
        }
    }
    blocks
}

fn names(blocks: &[(String, Vec<String>)]) -> String {
    blocks.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use nightsafe_core::suite::Suite;

    use super::*;
    use crate::manifests::tests::TestSite;

    #[test]
    fn what_is_new_is_said_and_what_is_not_is_too() {
        let site = TestSite::new();
        let mut next = KeyManifest { sequence: 2, ..site.manifest.clone() };
        let same = Proposal::new(site.anchor.clone(), site.signed(), next.clone(), site.keys.clone()).unwrap();
        let own = site.site_keys[2].vkey();
        let text = review(&same, Some(own), UnixTime::from_seconds(0)).join("\n");
        assert!(
            !text.contains("NEW") && !text.contains("CHANGED") && text.contains("yours is not among them"),
            "{text}"
        );
        assert!(text.contains(&format!("{}, {}", site.site_keys[0].vkey().name(), site.site_keys[1].vkey().name())));
        assert!(text.contains("Fields            as before: card, ") && text.contains("395 days"), "{text}");
        let own = site.site_keys[0].vkey();
        assert!(review(&same, Some(own), UnixTime::from_seconds(0))[2].ends_with("yours is among them"));

        // Somebody was revoked: what he opens goes, and another key begins at once
        let mut at_once = next.clone();
        at_once.not_before = UnixTime::from_seconds(0).plus_days(10);
        let fresh = nightsafe_core::keys::PrivateItems::generate(Suite::X25519, &mut crate::keys::rng()).unwrap();
        at_once.data_keys = vec![DataKey::new(at_once.not_before, fresh.public_key())];
        let keys = vec![fresh.public_key().clone()];
        let proposal = Proposal::new(site.anchor.clone(), site.signed(), at_once, keys).unwrap();
        let text = review(&proposal, None, UnixTime::from_seconds(0).plus_days(10)).join("\n");
        let [active, pending] = [0, 1].map(|place| site.manifest.data_keys[place].key_id());
        for said in [
            format!("  {active}   SEALS NO MORE from now on, as is done when somebody who was granted it has left"),
            format!("  {pending}   DISCARDED before its start on 1970-04-01T00:00:00Z, as is done when"),
        ] {
            assert!(text.contains(&said), "{said}\n{text}");
        }

        let card = next.kinds.iter_mut().find(|kind| kind.name.as_str() == "card").unwrap();
        card.retain = 240;
        next.kinds.retain(|kind| kind.name.as_str() != "ssn");
        next.parents = vec![nightsafe_core::anchor::Origin::parse("https://evil.example").unwrap()];
        let stranger = nightsafe_core::note::NoteSigner::generate("x/timestamp", &mut crate::keys::rng()).unwrap();
        next.timestamp_key = stranger.vkey().clone();
        next.data_keys[1].start = next.data_keys[1].start.plus_days(1);
        let proposal = Proposal::new(site.anchor.clone(), site.signed(), next, site.keys.clone()).unwrap();
        let text = review(&proposal, None, UnixTime::from_seconds(0).plus_days(400)).join("\n");
        for said in [
            "    - retain 24",
            "    + retain 240",
            "  ssn   NO LONGER",
            "  card   CHANGED",
            "  address (as before)",
            "  https://evil.example   NEW",
            "  http://localhost:4801   NO LONGER",
            &format!("{}   NEW; it was ", stranger.vkey().to_text()),
            "   MOVED; it was from 1970-04-01T00:00:00Z",
            "IT HAS ENDED ALREADY",
        ] {
            assert!(text.contains(said), "{said}\n{text}");
        }
    }
}
