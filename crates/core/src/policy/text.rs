//! Kinds as lines of a manifest.

use super::verification_code::asks_for_it;
use super::{Kind, KindLabel, MAX_KINDS, MAX_LABELS, MAX_PARTS, MAX_RETAIN, MAX_ROLES, Part};
use crate::anchor::TrustError;
use crate::facets::Facet;
use crate::note::lines::{Lines, cut, push_line, push_number};
use crate::padding::Bucket;
use crate::rule::Rule;
use crate::scalar::{KindName, PartName};

/// Reads all kinds up to the end of the text.
pub(crate) fn read_kinds(lines: &mut Lines<'_>) -> Result<Vec<Kind>, TrustError> {
    let mut kinds: Vec<Kind> = Vec::new();
    while let Some(name) = lines.take("kind") {
        if asks_for_it(name) {
            return Err(TrustError::VerificationCode);
        }
        let malformed = TrustError::Malformed(lines.number());
        let name = KindName::parse(name).map_err(|_| malformed)?;
        let taken = kinds.iter().any(|kind| kind.name == name);
        if taken || name.as_str() == KindName::LOCATOR || kinds.len() >= MAX_KINDS {
            return Err(malformed);
        }
        let kind = read_kind(lines, name).ok_or(TrustError::Malformed(lines.number()))?;
        let mut asked = kind.parts.iter().map(|part| part.name.as_str());
        let mut labels = kind.labels.iter().map(|label| label.text.as_str());
        if asked.any(asks_for_it) || labels.any(asks_for_it) {
            return Err(TrustError::VerificationCode);
        }
        kinds.push(kind);
    }
    if kinds.is_empty() || !lines.at_end() {
        return Err(TrustError::Malformed(lines.number()));
    }
    Ok(kinds)
}

/// Reads what a browser that seals needs of all kinds: `open` and `labels` stay empty, and limits, duplicates and
/// verification codes are left to [`read_kinds`].
pub(crate) fn read_kinds_to_seal(lines: &mut Lines<'_>) -> Option<Vec<Kind>> {
    let mut kinds: Vec<Kind> = Vec::new();
    while let Some(name) = lines.take("kind") {
        let mut kind = read_kind_head(lines, KindName::parse(name).ok()?)?;
        lines.take("open")?;
        lines.take_all("label");
        while let Some(part) = lines.take("part") {
            kind.parts.push(read_part(part)?);
        }
        while let Some(facet) = lines.take("facet") {
            kind.facets.push(Facet::from_name(facet)?);
        }
        kinds.push(kind);
    }
    lines.at_end().then_some(kinds)
}

fn read_kind_head(lines: &mut Lines<'_>, name: KindName) -> Option<Kind> {
    let bucket = Bucket::new(u16::try_from(lines.take_number("bucket")?).ok()?)?;
    let retain = u16::try_from(lines.take_number("retain")?).ok()?;
    (retain > 0 && retain <= MAX_RETAIN).then_some(Kind {
        name,
        bucket,
        retain,
        open: Vec::new(),
        labels: Vec::new(),
        parts: Vec::new(),
        facets: Vec::new(),
    })
}

fn read_kind(lines: &mut Lines<'_>, name: KindName) -> Option<Kind> {
    let mut kind = read_kind_head(lines, name)?;
    for role in lines.take("open")?.split(' ') {
        // Roles are named like kinds
        let ok = KindName::parse(role).is_ok() && !kind.open.iter().any(|other| other == role);
        kind.open.push((ok && kind.open.len() < MAX_ROLES).then(|| role.into())?);
    }
    while let Some(label) = lines.take("label") {
        let label = read_label(label)?;
        let new = kind.labels.iter().all(|other| !other.language.eq_ignore_ascii_case(&label.language));
        kind.labels.push((new && kind.labels.len() < MAX_LABELS).then_some(label)?);
    }
    if kind.labels.is_empty() {
        return None;
    }
    while let Some(part) = lines.take("part") {
        let part = read_part(part)?;
        let new = kind.part(part.name.as_str()).is_none();
        kind.parts.push((new && kind.parts.len() < MAX_PARTS).then_some(part)?);
    }
    if kind.parts.is_empty() {
        return None;
    }
    while let Some(facet) = lines.take("facet") {
        let facet = Facet::from_name(facet)?;
        let new = !kind.facets.contains(&facet) && kind.part_with(facet.rule()).is_some();
        kind.facets.push(new.then_some(facet)?);
    }
    Some(kind)
}

fn read_label(line: &str) -> Option<KindLabel> {
    let (language, text) = line.split_once(' ')?;
    let tag = (2..=35).contains(&language.len())
        && language.starts_with(|c: char| c.is_ascii_alphabetic())
        && language.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-');
    let readable = crate::rule::text::check_line(text).is_ok_and(|line| line.as_str() == text);
    (tag && readable && text.chars().count() <= 80).then(|| KindLabel { language: language.into(), text: text.into() })
}

fn read_part(line: &str) -> Option<Part> {
    let (name, rest) = cut(line, b' ')?;
    let (rule, optional) = match cut(rest, b' ') {
        None => (rest, false),
        Some((rule, "optional")) => (rule, true),
        Some(_) => return None,
    };
    Some(Part { name: PartName::parse(name).ok()?, rule: Rule::from_name(rule)?, optional })
}

/// Appends the lines of kinds.
pub(crate) fn push_kinds(out: &mut String, kinds: &[Kind]) {
    for kind in kinds {
        push_line(out, &["kind", kind.name.as_str()]);
        push_number(out, "bucket", kind.bucket.get().into());
        push_number(out, "retain", kind.retain.into());
        push_line(out, &["open", &kind.open.join(" ")]);
        for label in &kind.labels {
            push_line(out, &["label", &label.language, &label.text]);
        }
        for part in &kind.parts {
            let words = ["part", part.name.as_str(), part.rule.name(), "optional"];
            let count = if part.optional { 4 } else { 3 };
            push_line(out, words.get(..count).unwrap_or(&words));
        }
        for facet in &kind.facets {
            push_line(out, &["facet", facet.name()]);
        }
    }
}
