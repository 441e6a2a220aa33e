//! An entry as text, and its signatures.

use super::{Change, Fault, MAX_CHANGES, MAX_ENTRY, RosterError};
use crate::label::Label;
use crate::note::lines::{Lines, push_line, push_number};
use crate::note::{self, Note, NoteSigner};
use crate::primitives::sha256;
use crate::scalar::{RosterHead, Site};
use crate::time::UnixTime;

/// What is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The site.
    pub site: Site,
    /// Its place in the list, from 0.
    pub sequence: u64,
    /// SHA-256 of the text of the entry before it; of nothing, for the first.
    pub previous: RosterHead,
    /// When it was written; not before the entry before it.
    pub time: UnixTime,
    /// 1 to 64 changes, in the order in which they take effect.
    pub changes: Vec<Change>,
}

impl Entry {
    /// The first entry of a site.
    pub fn first(site: &Site, time: UnixTime, changes: Vec<Change>) -> Self {
        Self { site: site.clone(), sequence: 0, previous: head_of(""), time, changes }
    }

    /// Reads the signed text, without its signatures. Nothing is verified.
    ///
    /// # Errors
    /// [`Fault::Malformed`] for any text that [`Entry::encode`] does not write, [`Fault::SwappedKey`] for an identity
    /// whose id is not that of its keys.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let mut lines = Lines::new(text);
        let entry = read(&mut lines).map_err(|fault| match fault {
            Fault::Malformed(_) => Fault::Malformed(lines.number()),
            other => other,
        })?;
        (entry.encode() == text).then_some(entry).ok_or(Fault::Malformed(0))
    }

    /// The text to sign.
    pub fn encode(&self) -> String {
        let mut out = String::with_capacity(512);
        push_line(&mut out, &[Label::RosterEntry.as_str()]);
        push_line(&mut out, &["site", self.site.as_str()]);
        push_number(&mut out, "sequence", self.sequence);
        push_line(&mut out, &["previous", &self.previous.to_hex()]);
        push_line(&mut out, &["time", &self.time.to_text()]);
        for change in &self.changes {
            change.push(&mut out);
        }
        out
    }

    /// The head of a roster that ends with this entry.
    pub fn head(&self) -> RosterHead {
        head_of(&self.encode())
    }

    /// Checks the form as a reader would, and signs it. Whether it may follow in a roster is for
    /// [`Roster::preview`](super::Roster::preview) to say.
    ///
    /// # Errors
    /// What a reader would say of the text.
    pub fn sign(&self, signers: &[&NoteSigner]) -> Result<String, RosterError> {
        let at = |fault| RosterError { sequence: self.sequence, fault };
        let text = self.encode();
        Self::parse(&text).map_err(at)?;
        let note = note::sign(&text, signers).map_err(|_| at(Fault::Malformed(0)))?;
        (note.len() <= MAX_ENTRY).then_some(note).ok_or(at(Fault::TooMany))
    }
}

/// Reads a signed entry and adds a signature: the second person's. Look at the entry first.
///
/// # Errors
/// [`Fault::Malformed`], [`Fault::SwappedKey`].
pub fn cosign(note: &str, signer: &NoteSigner) -> Result<String, Fault> {
    let (mut note, _) = take_apart(note)?;
    note.add(signer);
    Ok(note.encode())
}

/// A note within the limits, and the entry in it. Nothing is verified.
///
/// # Errors
/// [`Fault::Malformed`], [`Fault::SwappedKey`].
pub fn take_apart(note: &str) -> Result<(Note, Entry), Fault> {
    let note = Some(note).filter(|note| note.len() <= MAX_ENTRY).and_then(|note| Note::parse(note).ok());
    let note = note.ok_or(Fault::Malformed(0))?;
    let entry = Entry::parse(note.text())?;
    Ok((note, entry))
}

/// SHA-256 of an entry's text.
pub(crate) fn head_of(text: &str) -> RosterHead {
    RosterHead(sha256(&[text.as_bytes()]))
}

fn read(lines: &mut Lines<'_>) -> Result<Entry, Fault> {
    let (site, sequence, previous, time) = read_first_lines(lines).ok_or(Fault::Malformed(0))?;
    let mut changes = Vec::new();
    while !lines.at_end() {
        if changes.len() == MAX_CHANGES {
            return Err(Fault::Malformed(0));
        }
        changes.push(Change::read(lines, &site)?);
    }
    if changes.is_empty() {
        return Err(Fault::Malformed(0));
    }
    Ok(Entry { site, sequence, previous, time, changes })
}

fn read_first_lines(lines: &mut Lines<'_>) -> Option<(Site, u64, RosterHead, UnixTime)> {
    lines.label(Label::RosterEntry)?;
    let site = Site::parse(lines.take("site")?).ok()?;
    let sequence = lines.take_number("sequence")?;
    let previous = RosterHead::from_hex(lines.take("previous")?).ok()?;
    Some((site, sequence, previous, UnixTime::parse(lines.take("time")?).ok()?))
}
