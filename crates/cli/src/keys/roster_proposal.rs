//! An entry of the roster on its way to the site keys: one file with all that a signer has to see and to verify. It holds nothing
//! secret, and nothing in it is believed.

use anyhow::{Context, Result, bail};
use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::label::Label;
use nightsafe_core::roster::{self, By, Change, Entry, OldKeys, Roster};

use super::carried::Carried;
use super::proposal::utf8;
use super::signatures::Signatures;
use crate::labelled::{Reader, Writer};

const WHAT: &str = "proposal for the roster";

/// The file.
#[derive(Debug)]
pub(crate) struct RosterProposal {
    /// Whose signatures count, as the file says.
    anchor: TrustAnchor,
    /// The roster so far, verified.
    pub(crate) before: Roster,
    entries: Vec<String>,
    /// What is to follow.
    pub(crate) entry: Entry,
    /// Its text and who has signed it.
    signatures: Signatures,
}

impl RosterProposal {
    /// What is to follow a roster; nobody has signed it.
    pub(crate) fn new(anchor: TrustAnchor, entries: Vec<String>, entry: Entry) -> Result<Self> {
        let signatures = Signatures::none(entry.encode());
        Self::checked(anchor, entries, entry, signatures)
    }

    fn checked(anchor: TrustAnchor, entries: Vec<String>, entry: Entry, signatures: Signatures) -> Result<Self> {
        let before = roster::verify_at_any_time(&entries, &anchor).context("the roster in it is refused")?;
        let proposal = Self { anchor, before, entries, entry, signatures };
        proposal.after()?;
        proposal.signatures.signers(&proposal.anchor).context("a signature in the proposal is wrong")?;
        Ok(proposal)
    }

    /// The roster with the entry, whoever signs it.
    pub(crate) fn after(&self) -> Result<Roster> {
        self.before.preview(&self.entry, By::SiteKeys, &self.anchor).context("the roster does not take this entry")
    }

    /// What a signer is shown, in plain words.
    pub(crate) fn review(&self) -> Result<Vec<String>> {
        let mut lines = vec![
            format!("Site              {}", self.entry.site),
            format!("Roster            entry {}, after entry {}", self.entry.sequence, self.before.sequence()),
        ];
        for change in &self.entry.changes {
            match change {
                Change::Add { keys, roles, name } => {
                    lines.push(format!("Comes in          {name} ({})", roles.to_text()));
                    lines.push(format!("  identity {}", keys.id()));
                    lines.push(format!("  words    {}", keys.id().words().join(" ")));
                }
                Change::Replace { id, old, keys } => {
                    let admin = self.before.admin(id).context("it replaces somebody who was never in the roster")?;
                    lines.push(format!("Gets new keys     {}; the old ones are ended", admin.name()));
                    lines.push(format!("  identity {}", keys.id()));
                    lines.push(format!("  words    {}", keys.id().words().join(" ")));
                    lines.push(format!("  old keys {}", told(*old)));
                }
                // Nothing else is proposed here, and nobody should sign what this version does not put into words
                _ => bail!("the proposal changes something else than who comes in: do not sign it"),
            }
        }
        lines.push("Stay as they are".to_owned());
        let after = self.after()?;
        for admin in self.before.active().filter(|admin| after.active_at(&admin.id(), after.sequence()).is_some()) {
            lines.push(format!("  {} ({})", admin.name(), admin.last_roles().collect::<Vec<_>>().join(", ")));
        }
        Ok(lines)
    }
}

/// Where the old keys are, and what follows from it.
const fn told(old: Option<OldKeys>) -> &'static str {
    match old {
        Some(OldKeys::Lost) => {
            "lost: somebody else may have them, so another data key begins, and what they open is sealed anew"
        }
        Some(OldKeys::Forgotten) | None => "forgotten: destroyed, and nobody has them, so nothing is sealed anew",
    }
}

impl Carried for RosterProposal {
    /// A whole roster is in it, in base64.
    const MAX_FILE: u64 = 16 << 20;
    const COMMANDS: [&'static str; 2] = ["nightsafe roster sign", "nightsafe roster publish"];

    fn parse(text: &str) -> Result<Self> {
        let mut lines = Reader::new(WHAT, Label::RosterProposal.as_str(), text)?;
        let anchor =
            TrustAnchor::parse(&utf8(&lines.bytes("anchor")?)?).context("the trust anchor in it is refused")?;
        let entries = roster::from_file(&utf8(&lines.bytes("roster")?)?).context("it has no roster in it")?;
        let signatures = Signatures::parse(utf8(&lines.bytes("entry")?)?);
        lines.finish()?;
        let entry = Entry::parse(signatures.text());
        let entry = entry.map_err(|_| anyhow::anyhow!("the proposed entry is none"))?;
        Self::checked(anchor, entries, entry, signatures)
    }

    fn to_text(&self) -> String {
        let mut text = Writer::new(Label::RosterProposal.as_str());
        text.bytes("anchor", self.anchor.encode().as_bytes());
        text.bytes("roster", roster::to_file(&self.entries).as_bytes());
        text.bytes("entry", self.signatures.note().as_bytes());
        text.finish().to_string()
    }

    fn anchor(&self) -> &TrustAnchor {
        &self.anchor
    }

    fn signatures(&self) -> &Signatures {
        &self.signatures
    }

    fn signatures_mut(&mut self) -> &mut Signatures {
        &mut self.signatures
    }

    fn check_same(&self, other: &Self) -> Result<()> {
        if other.entry != self.entry || other.before.head() != self.before.head() || other.anchor != self.anchor {
            bail!("the files hold different proposals: publish the copies of one");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use nightsafe_core::identity::{AdminName, Identity};
    use nightsafe_core::roster::Roles;

    use super::*;
    use crate::keys::keyholder::first_roster;
    use crate::keys::{now, rng};
    use crate::manifests::tests::TestSite;

    #[test]
    fn signers_follow_each_other_and_what_does_not_belong_together_is_refused() {
        let site = TestSite::new();
        let [a, b, _] = &site.site_keys;
        let [anna, again] = [(); 2].map(|()| Identity::generate(&site.anchor.site, &mut rng()).unwrap());
        let (roster, note) = first_roster(anna.public(), None, "anna", &site.anchor, &[a, b]).unwrap();
        let replace = Change::Replace { id: anna.id(), old: Some(OldKeys::Lost), keys: again.public().into() };
        let entry = roster.next(now(), vec![replace]);
        let make = |entry: Entry| RosterProposal::new(site.anchor.clone(), vec![note.clone()], entry);
        let mut proposal = make(entry.clone()).unwrap();
        let text = proposal.review().unwrap().join("\n");
        assert!(text.contains("old keys lost: somebody else may have them"), "{text}");
        assert!(text.contains("Gets new keys     anna") && text.contains(&again.id().words().join(" ")), "{text}");
        for (signer, missing) in [(a, 1), (a, 1), (b, 0)] {
            proposal.signatures_mut().add(signer).unwrap();
            proposal = RosterProposal::parse(&proposal.to_text()).unwrap();
            assert_eq!(proposal.signatures().missing(&site.anchor).unwrap(), missing);
        }
        let after = roster.clone().append(&proposal.signatures().note(), &site.anchor).unwrap();
        assert_eq!(after.head(), proposal.after().unwrap().head());

        // Another site's keys, another roster, an entry that does not follow, what is not put into words
        let stranger = TestSite::new();
        let swapped = proposal.to_text().replace(
            &nightsafe_core::encoding::b64(site.anchor.encode().as_bytes()),
            &nightsafe_core::encoding::b64(stranger.anchor.encode().as_bytes()),
        );
        assert!(RosterProposal::parse(&swapped).is_err());
        assert!(make(Entry { sequence: 2, ..entry.clone() }).is_err());
        assert!(RosterProposal::parse(&proposal.to_text().replace("roster-proposal", "manifest-proposal")).is_err());
        let quiet = make(roster.next(now(), vec![Change::Threshold(2)])).unwrap();
        assert!(quiet.review().is_err());
        let added = Change::Add {
            keys: again.public().into(),
            roles: Roles::parse("admin").unwrap(),
            name: AdminName::parse("Ben").unwrap(),
        };
        assert!(make(roster.next(now(), vec![added])).unwrap().review().unwrap().join("\n").contains("Ben (admin)"));
    }
}
