//! Checkpoints as they come back from elsewhere: from a file, a mail, a witness.

use anyhow::{Context, Result, bail};
use clap::Args;
use nightsafe_core::log::Witness;
use nightsafe_core::note::Note;

use super::findings::Findings;

/// The witnesses that an auditor knows.
#[derive(Args, Debug)]
pub(super) struct KnownWitnesses {
    /// Key of a witness, name+id+base64: the copy's checkpoint, or one of the earlier ones, must have its cosignature
    #[arg(long, value_name = "VKEY", value_parser = Witness::parse)]
    witness: Vec<Witness>,
    /// So many of these witnesses must have cosigned one checkpoint [default: all of them]
    #[arg(long, value_name = "N", requires = "witness")]
    quorum: Option<usize>,
}

impl KnownWitnesses {
    /// How many must have cosigned; 0 without witnesses.
    pub(super) fn quorum(&self) -> Result<usize> {
        let (count, quorum) = (self.count(), self.quorum.unwrap_or_else(|| self.count()));
        if quorum > count || (quorum == 0 && count > 0) {
            bail!("--quorum takes 1 to {count}, which is how many witnesses are named");
        }
        Ok(quorum)
    }

    /// A witness that is named twice is one.
    fn count(&self) -> usize {
        self.distinct().count()
    }

    fn distinct(&self) -> impl Iterator<Item = &Witness> {
        let is_first = |(place, one): &(usize, &Witness)| self.witness.iter().take(*place).all(|before| before != *one);
        self.witness.iter().enumerate().filter(is_first).map(|(_, one)| one)
    }

    /// How many of them cosigned this checkpoint. A line in the name of one that it did not sign is a finding.
    pub(super) fn cosigned(&self, note: &str, what: &str, findings: &mut Findings) -> Result<usize> {
        let note = Note::parse(note).with_context(|| format!("{what} is no signed note"))?;
        let mut count = 0_usize;
        for witness in self.distinct() {
            match witness.verify(&note) {
                Ok(Some(_)) => count = count.saturating_add(1),
                Ok(None) => {}
                Err(error) => {
                    findings.about(error.code(), what, &format!("the cosignature of {} is wrong", witness.name()));
                }
            }
        }
        Ok(count)
    }
}

/// The signed note of this log that stands somewhere in a text: as it is, or in a mail, with whatever stands before and after it.
/// Without one, the whole text.
pub(super) fn note_in(text: &str, origin: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let start = format!("{origin}\n");
    let place = match text.starts_with(&start) {
        true => Some(0),
        false => text.find(&format!("\n{start}")).and_then(|at| at.checked_add(1)),
    };
    let note = place.and_then(|at| text.get(at..)).and_then(|rest| {
        let (signed, lines) = rest.split_once("\n\n")?;
        let lines: String = lines.split_inclusive('\n').take_while(|line| line.starts_with("— ")).collect();
        Some(format!("{signed}\n\n{lines}"))
    });
    note.unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::note_in;

    const NOTE: &str = "shop.example/log\n5\nAAAA\n\n— shop.example/log BBBB\n— witness.example CCCC\n";

    #[test]
    fn a_note_is_found_in_what_was_mailed() {
        for text in [
            NOTE.to_owned(),
            format!("Dear auditor,\n\nkeep this:\n\n{NOTE}\nYours\n"),
            format!("Subject: x\r\n\r\n{}\r\nbye", NOTE.replace('\n', "\r\n")),
        ] {
            assert_eq!(note_in(&text, "shop.example/log"), NOTE, "{text}");
        }
        for text in ["", "shop.example/log", "x shop.example/log\n5\nAAAA\n\n— a b\n", "shop.example/log\n5\n"] {
            assert_eq!(note_in(text, "shop.example/log"), text, "{text}");
        }
    }
}
