//! The release log: a public log of what a site's keys signed. Its leaves name each signed release, each key manifest and each
//! head of the roster of admins by a hash. `docs/spec/release-log.md` is normative.

use crate::label::Label;
use crate::log::Hash;
use crate::manifest::VerifiedManifest;
use crate::note::lines::{Lines, push_line, push_number};
use crate::primitives::sha256;
use crate::release::{self, SiteRelease};
use crate::scalar::{RosterHead, Site};
use core::fmt;

/// Most bytes of an entry: the text has five lines, of which the site's name is the longest.
pub const MAX_ENTRY: usize = 512;

/// What an entry is of. In this order they are written when several come together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A key manifest.
    Manifest,
    /// An entry of the roster of admins.
    Roster,
    /// A site release.
    Release,
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The site.
    pub site: Site,
    /// Of what.
    pub kind: Kind,
    /// Its sequence number.
    pub sequence: u64,
    /// SHA-256 of the signed text: of a manifest its hash, of a roster its head.
    pub hash: [u8; 32],
}

/// Origin of a site's release log, and the name of its key.
pub fn origin(site: &str) -> String {
    [site, "/release-log"].concat()
}

impl Kind {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::Roster => "roster",
            Self::Release => "release",
        }
    }

    /// Reads [`Kind::as_str`].
    pub fn from_name(word: &str) -> Option<Self> {
        [Self::Manifest, Self::Roster, Self::Release].into_iter().find(|kind| kind.as_str() == word)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Entry {
    /// Of a release: what its site keys sign, without who signed.
    pub fn of_release(of: &SiteRelease) -> Self {
        let hash = sha256(&[release::text(of).as_bytes()]);
        Self { site: of.site.clone(), kind: Kind::Release, sequence: of.sequence, hash }
    }

    /// Of a key manifest.
    pub fn of_manifest(manifest: &VerifiedManifest) -> Self {
        let of = manifest.manifest();
        let hash = *manifest.hash().as_bytes();
        Self { site: of.site.clone(), kind: Kind::Manifest, sequence: of.sequence, hash }
    }

    /// Of the roster as it is after its entry of that number.
    pub fn of_roster(site: &Site, sequence: u64, head: RosterHead) -> Self {
        Self { site: site.clone(), kind: Kind::Roster, sequence, hash: *head.as_bytes() }
    }

    /// The bytes of the leaf.
    pub fn encode(&self) -> String {
        let mut out = String::with_capacity(200);
        push_line(&mut out, &[Label::ReleaseLogEntry.as_str()]);
        push_line(&mut out, &["site", self.site.as_str()]);
        push_line(&mut out, &["kind", self.kind.as_str()]);
        push_number(&mut out, "sequence", self.sequence);
        push_line(&mut out, &["hash", &crate::encoding::hex(&self.hash)]);
        out
    }

    /// Reads the bytes of a leaf; `None` for all that [`Entry::encode`] does not write.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let text = core::str::from_utf8(bytes).ok().filter(|text| text.len() <= MAX_ENTRY)?;
        let lines = &mut Lines::new(text);
        lines.label(Label::ReleaseLogEntry)?;
        let site = Site::parse(lines.take("site")?).ok()?;
        let kind = Kind::from_name(lines.take("kind")?)?;
        let sequence = lines.take_number("sequence")?;
        let hash = crate::encoding::hex_array(lines.take("hash")?)?;
        let entry = Self { site, kind, sequence, hash };
        (lines.at_end() && entry.encode() == text).then_some(entry)
    }

    /// The hash of the leaf.
    pub fn leaf(&self) -> Hash {
        Hash::of_leaf(self.encode().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::sample::release;

    #[test]
    fn there_is_one_text_for_an_entry() {
        let site = release().site;
        for entry in [
            Entry::of_release(&release()),
            Entry::of_roster(&site, 0, RosterHead([7; 32])),
            Entry { site: site.clone(), kind: Kind::Manifest, sequence: 9_999_999_999, hash: [0xab; 32] },
        ] {
            let text = entry.encode();
            assert_eq!(Entry::parse(text.as_bytes()), Some(entry.clone()));
            for bad in [
                text.replace("sequence ", "sequence 0"),
                text.replace("kind ", "kind x"),
                text.replace("v1", "v2"),
                text.replace("hash ", "hash A"),
                text.replace("site ", "site Ü"),
                text.trim_end().to_owned(),
                format!("{text}\n"),
            ] {
                assert_eq!(Entry::parse(bad.as_bytes()), None, "{bad}");
            }
        }
    }

    #[test]
    fn a_releases_entry_is_of_the_text_that_is_signed() {
        let entry = Entry::of_release(&release());
        let note = release::sign(&release(), &[&release::sample::site_key(1), &release::sample::site_key(2)]).unwrap();
        let (text, _) = note.split_once("\n\n").unwrap();
        assert_eq!(entry.hash, sha256(&[format!("{text}\n").as_bytes()]));
    }
}
