//! A site release on its way to those who sign it: one file with everything that a signer has to see and to verify. It holds
//! nothing secret, and nothing in it is believed.

use anyhow::{Context, Result, bail};
use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::label::Label;
use nightsafe_core::release::{self, SiteRelease, VerifiedRelease};

use crate::keys::carried::Carried;
use crate::keys::signatures::Signatures;
use crate::labelled::{Reader, Writer};
use crate::manifests::Signed;

const WHAT: &str = "proposal";

/// The file.
#[derive(Debug)]
pub(crate) struct SiteProposal {
    anchor: TrustAnchor,
    /// The signed release that it follows; none when it is the first one.
    before: Option<Before>,
    /// The key manifest that it goes with.
    manifest: Signed,
    release: SiteRelease,
    /// Its document, and the text that is signed.
    document: String,
    signatures: Signatures,
}

/// A release that was signed, as it was signed.
#[derive(Debug)]
pub(crate) struct Before {
    note: String,
    document: String,
    verified: VerifiedRelease,
}

impl Before {
    pub(crate) fn verify(note: String, document: String, anchor: &TrustAnchor) -> Result<Self> {
        let verified = release::verify_at_any_time(&note, &document, anchor)?;
        Ok(Self { note, document, verified })
    }

    pub(crate) fn verified(&self) -> &VerifiedRelease {
        &self.verified
    }

    pub(crate) fn note(&self) -> &str {
        &self.note
    }
}

impl SiteProposal {
    /// Nobody has signed it.
    pub(crate) fn new(
        anchor: TrustAnchor,
        before: Option<Before>,
        manifest: Signed,
        release: SiteRelease,
    ) -> Result<Self> {
        let (document, signatures) = (release.encode(), Signatures::none(release::text(&release)));
        let proposal = Self { anchor, before, manifest, release, document, signatures };
        proposal.check()?;
        Ok(proposal)
    }

    pub(crate) fn before(&self) -> Option<&Before> {
        self.before.as_ref()
    }

    pub(crate) fn release(&self) -> &SiteRelease {
        &self.release
    }

    pub(crate) fn document(&self) -> &str {
        &self.document
    }

    /// What must be so whoever signs: the same site, a higher number, the document that the signed text names, the key
    /// manifest that the document names, good signatures.
    fn check(&self) -> Result<()> {
        let next = &self.release;
        if next.site != self.anchor.site {
            bail!("the proposed release is one of another site");
        }
        if let Some(before) = &self.before {
            let before = before.verified.release();
            if next.sequence <= before.sequence {
                bail!(
                    "the proposed release does not follow the one before: {} after {}",
                    next.sequence,
                    before.sequence
                );
            }
        }
        if next.key_manifest.hash != self.manifest.hash() || next.key_manifest.sequence != self.manifest.sequence() {
            bail!("the proposed release goes with another key manifest than the one in the file");
        }
        if self.signatures.text() != release::text(next) {
            bail!("what is signed is not the document in the file");
        }
        self.signatures.signers(&self.anchor).map(drop).context("a signature in the proposal is wrong")
    }
}

impl Carried for SiteProposal {
    /// Two documents, a manifest and an anchor, in base64.
    const MAX_FILE: u64 = 4 << 20;
    const COMMANDS: [&'static str; 2] = ["nightsafe site sign", "nightsafe site publish"];

    fn parse(text: &str) -> Result<Self> {
        let mut lines = Reader::new(WHAT, Label::SiteReleaseProposal.as_str(), text)?;
        let mut next = |name: &str| -> Result<String> {
            String::from_utf8(lines.bytes(name)?.to_vec()).context("it has a text that is not UTF-8")
        };
        let anchor = TrustAnchor::parse(&next("anchor")?).context("the trust anchor in it is refused")?;
        let (document, note) = (next("before")?, next("before-note")?);
        let before = match document.is_empty() && note.is_empty() {
            true => None,
            false => Some(
                Before::verify(note, document, &anchor)
                    .context("the release before, in it, is not signed by the site keys")?,
            ),
        };
        let manifest = Signed::verify(next("key-manifest")?, &anchor);
        let manifest = manifest.context("the key manifest in it is not signed by the site keys")?;
        let document = next("document")?;
        let release = SiteRelease::parse(&document).context("the proposed release is refused")?;
        let signatures = Signatures::parse(next("release")?);
        lines.finish()?;
        let proposal = Self { anchor, before, manifest, release, document, signatures };
        proposal.check()?;
        Ok(proposal)
    }

    fn to_text(&self) -> String {
        let (before, before_note) = match &self.before {
            Some(before) => (before.document.as_str(), before.note.as_str()),
            None => ("", ""),
        };
        let mut text = Writer::new(Label::SiteReleaseProposal.as_str());
        text.bytes("anchor", self.anchor.encode().as_bytes());
        text.bytes("before", before.as_bytes());
        text.bytes("before-note", before_note.as_bytes());
        text.bytes("key-manifest", self.manifest.note.as_bytes());
        text.bytes("document", self.document.as_bytes());
        text.bytes("release", self.signatures.note().as_bytes());
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
        let before = |proposal: &Self| proposal.before.as_ref().map(|before| before.verified.hash());
        if (&self.document, &self.anchor, before(self)) != (&other.document, &other.anchor, before(other)) {
            bail!("the files hold different proposals: publish the copies of one");
        }
        Ok(())
    }
}
