//! A text on its way to those who sign it: the signatures that it has so far, and putting those of several copies together.

use anyhow::{Result, bail};
use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::note::{self, Note, NoteError, NoteSigner, Vkey};

/// The text, with signatures when there are any.
#[derive(Clone, Debug)]
pub(crate) struct Signatures {
    text: String,
    signed: Option<Note>,
}

impl Signatures {
    /// Nobody has signed it.
    pub(crate) fn none(text: String) -> Self {
        Self { text, signed: None }
    }

    /// A note, or the text alone.
    pub(crate) fn parse(text: String) -> Self {
        match Note::parse(&text) {
            Ok(note) => Self { text: note.text().to_owned(), signed: Some(note) },
            Err(_) => Self::none(text),
        }
    }

    /// What is signed.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The note as far as it is signed; without signatures, the text.
    pub(crate) fn note(&self) -> String {
        self.signed.as_ref().map_or_else(|| self.text.clone(), Note::encode)
    }

    /// Which site keys have signed it. A wrong signature of one is an error.
    pub(crate) fn signers<'k>(&self, anchor: &'k TrustAnchor) -> Result<Vec<&'k Vkey>> {
        match &self.signed {
            Some(note) => match note.verify(&anchor.site_keys) {
                Err(NoteError::NotSigned) => Ok(Vec::new()),
                signed => Ok(signed?),
            },
            None => Ok(Vec::new()),
        }
    }

    /// How many signatures are missing.
    pub(crate) fn missing(&self, anchor: &TrustAnchor) -> Result<usize> {
        Ok(usize::from(anchor.threshold).saturating_sub(self.signers(anchor)?.len()))
    }

    /// Adds the signature of a site key; the same key's again changes nothing.
    pub(crate) fn add(&mut self, signer: &NoteSigner) -> Result<()> {
        match &mut self.signed {
            Some(note) => note.add(signer),
            None => self.signed = Some(Note::parse(&note::sign(&self.text, &[signer])?)?),
        }
        Ok(())
    }

    /// Adds the signatures of another copy, which went to other signers.
    pub(crate) fn merge(&mut self, other: &Self) -> Result<()> {
        if self.text != other.text {
            bail!("the files hold different proposals: publish the copies of one");
        }
        self.signed = match (self.signed.take(), &other.signed) {
            (Some(note), Some(more)) => Some(Note::parse(&joined(&note, more))?),
            (own, more) => own.or_else(|| more.clone()),
        };
        Ok(())
    }
}

/// The note with the signature lines of both that it does not have.
fn joined(note: &Note, more: &Note) -> String {
    let mut text = note.encode();
    let lines = more.encode();
    for line in lines.get(more.text().len()..).unwrap_or_default().lines().filter(|line| !line.is_empty()) {
        if !text.lines().any(|own| own == line) {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}
