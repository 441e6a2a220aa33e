//! A manifest on its way to those who sign it: one file with everything that a signer has to see and to verify. It holds
//! nothing secret, and nothing in it is believed.

use anyhow::{Context, Result, bail};
use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::keys::DataPublicKey;
use nightsafe_core::label::Label;
use nightsafe_core::manifest::{self, KeyManifest};
use nightsafe_core::note::{Note, NoteError, NoteSigner, Vkey};

use crate::labelled::{Reader, Writer};
use crate::manifests::Signed;

const WHAT: &str = "proposal";
/// Longer than any proposal: two manifests, an anchor and eight public keys, in base64.
pub(crate) const MAX_FILE: u64 = 1 << 20;

/// The file.
#[derive(Debug)]
pub(crate) struct Proposal {
    /// Whose signatures count, as the file says.
    pub(crate) anchor: TrustAnchor,
    /// The manifest that is in force.
    before: Signed,
    /// The one that is to follow.
    manifest: KeyManifest,
    /// Its text, with signatures when there are any.
    signed: Option<Note>,
    /// The public keys that it names, in its order.
    keys: Vec<DataPublicKey>,
}

impl Proposal {
    /// What is to follow a manifest; nobody has signed it.
    pub(crate) fn new(
        anchor: TrustAnchor,
        before: Signed,
        manifest: KeyManifest,
        keys: Vec<DataPublicKey>,
    ) -> Result<Self> {
        let proposal = Self { anchor, before, manifest, signed: None, keys };
        proposal.check()?;
        Ok(proposal)
    }

    /// Reads the file; refuses one whose parts do not belong together.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut lines = Reader::new(WHAT, Label::ManifestProposal.as_str(), text)?;
        let anchor = utf8(&lines.bytes("anchor")?)?;
        let anchor = TrustAnchor::parse(&anchor).context("the trust anchor in it is refused")?;
        let before = Signed::verify(utf8(&lines.bytes("before")?)?, &anchor);
        let before = before.context("the manifest before, in it, is not signed by the site keys")?;
        let text = utf8(&lines.bytes("manifest")?)?;
        let signed = Note::parse(&text).ok();
        let manifest = KeyManifest::parse(signed.as_ref().map_or(text.as_str(), Note::text));
        let manifest = manifest.context("the proposed manifest is refused")?;
        let mut keys = Vec::new();
        for named in &manifest.data_keys {
            let key = named.open(&lines.bytes("data-key")?);
            keys.push(key.with_context(|| format!("it does not have the data key {}", named.key_id()))?);
        }
        lines.finish()?;
        let proposal = Self { anchor, before, manifest, signed, keys };
        proposal.check()?;
        Ok(proposal)
    }

    pub(crate) fn to_text(&self) -> String {
        let mut text = Writer::new(Label::ManifestProposal.as_str());
        text.bytes("anchor", self.anchor.encode().as_bytes());
        text.bytes("before", self.before.note.as_bytes());
        text.bytes("manifest", self.note().as_bytes());
        for key in &self.keys {
            text.bytes("data-key", key.as_bytes());
        }
        text.finish().to_string()
    }

    pub(crate) fn before(&self) -> &Signed {
        &self.before
    }

    pub(crate) fn manifest(&self) -> &KeyManifest {
        &self.manifest
    }

    pub(crate) fn keys(&self) -> &[DataPublicKey] {
        &self.keys
    }

    /// The manifest as far as it is signed.
    pub(crate) fn note(&self) -> String {
        self.signed.as_ref().map_or_else(|| self.manifest.encode(), Note::encode)
    }

    /// Which site keys have signed it. A wrong signature of one is an error.
    pub(crate) fn signers(&self) -> Result<Vec<&Vkey>> {
        match &self.signed {
            Some(note) => match note.verify(&self.anchor.site_keys) {
                Err(NoteError::NotSigned) => Ok(Vec::new()),
                signed => Ok(signed?),
            },
            None => Ok(Vec::new()),
        }
    }

    /// How many signatures are missing.
    pub(crate) fn missing(&self) -> Result<usize> {
        Ok(usize::from(self.anchor.threshold).saturating_sub(self.signers()?.len()))
    }

    /// Adds the signature of a site key; the same key's again changes nothing.
    pub(crate) fn sign(&mut self, signer: &NoteSigner) -> Result<()> {
        match &mut self.signed {
            Some(note) => note.add(signer),
            None => self.signed = Some(Note::parse(&manifest::sign(&self.manifest, &[signer])?)?),
        }
        self.check()
    }

    /// Adds the signatures of another copy, which went to other signers.
    pub(crate) fn merge(&mut self, other: &Self) -> Result<()> {
        let same = other.manifest == self.manifest && other.before.hash() == self.before.hash();
        if !same || other.anchor != self.anchor {
            bail!("the files hold different proposals: publish the copies of one");
        }
        self.signed = match (self.signed.take(), &other.signed) {
            (Some(note), Some(more)) => Some(Note::parse(&joined(&note, more))?),
            (own, more) => own.or_else(|| more.clone()),
        };
        self.check()
    }

    /// What must be so whoever signs: the same site, a higher number, online keys that are no site keys, good signatures.
    fn check(&self) -> Result<()> {
        let (before, next) = (self.before.manifest(), &self.manifest);
        if next.site != self.anchor.site || next.ingest != self.anchor.ingest {
            bail!("the proposed manifest is one of another site, or names another ingest origin");
        }
        if next.sequence <= before.sequence {
            bail!("the proposed manifest does not follow the one before: {} after {}", next.sequence, before.sequence);
        }
        let online = [next.timestamp_key.public_key(), next.receipt_key.public_key()];
        if self.anchor.site_keys.iter().any(|key| online.contains(&key.public_key())) {
            bail!("the proposed manifest uses a site key as an online key");
        }
        self.signers().map(drop).context("a signature in the proposal is wrong")
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

pub(super) fn utf8(bytes: &[u8]) -> Result<String> {
    String::from_utf8(bytes.to_vec()).context("it has a text that is not UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::rng;
    use crate::manifests::tests::TestSite;

    fn proposal(site: &TestSite) -> Proposal {
        let next = KeyManifest { sequence: 2, ..site.manifest.clone() };
        Proposal::new(site.anchor.clone(), site.signed(), next, site.keys.clone()).unwrap()
    }

    #[test]
    fn signers_follow_each_other_in_any_order_and_copies_are_joined() {
        let site = TestSite::new();
        let [a, b, c] = &site.site_keys;
        let unsigned = proposal(&site);
        assert_eq!(unsigned.missing().unwrap(), 2);
        let read = |proposal: &Proposal| {
            let again = Proposal::parse(&proposal.to_text()).unwrap();
            assert_eq!(again.to_text(), proposal.to_text());
            again
        };
        let mut first = read(&unsigned);
        first.sign(b).unwrap();
        let once = first.to_text();
        first.sign(b).unwrap();
        assert_eq!((first.to_text(), first.missing().unwrap()), (once, 1));
        let mut other = read(&unsigned);
        other.sign(c).unwrap();
        let mut joined = read(&first);
        joined.merge(&read(&other)).unwrap();
        joined.merge(&read(&other)).unwrap();
        joined.merge(&unsigned).unwrap();
        assert_eq!(joined.missing().unwrap(), 0);
        assert_eq!(joined.signers().unwrap(), [b.vkey(), c.vkey()]);
        let mut late = read(&unsigned);
        late.merge(&joined).unwrap();
        late.sign(a).unwrap();
        assert_eq!(late.signers().unwrap().len(), 3);
        Signed::verify(read(&late).note(), &site.anchor).unwrap();

        let mut another = site.manifest.clone();
        another.sequence = 3;
        let another = Proposal::new(site.anchor.clone(), site.signed(), another, site.keys.clone()).unwrap();
        assert!(joined.merge(&another).is_err());
    }

    #[test]
    fn what_does_not_belong_together_is_refused() {
        let site = TestSite::new();
        let make =
            |manifest: KeyManifest| Proposal::new(site.anchor.clone(), site.signed(), manifest, site.keys.clone());
        let next = KeyManifest { sequence: 2, ..site.manifest.clone() };
        assert!(make(site.manifest.clone()).unwrap_err().to_string().contains("does not follow"));
        let taken = site.site_keys[2].vkey().clone();
        let error = make(KeyManifest { receipt_key: taken, ..next.clone() }).unwrap_err();
        assert!(error.to_string().contains("online key"));
        let ingest = next.parents[0].clone();
        assert!(make(KeyManifest { ingest, ..next.clone() }).is_err());

        let text = proposal(&site).to_text();
        // Another key's bytes, a missing one, one too many, and a manifest before that a stranger signed
        let keys: Vec<&str> = text.lines().filter(|line| line.starts_with("data-key ")).collect();
        let stranger = TestSite::new();
        let before = |site: &TestSite| nightsafe_core::encoding::b64(site.signed().note.as_bytes());
        for bad in [
            text.replace(keys[0], keys[1]),
            text.replace(&format!("{}\n", keys[1]), ""),
            format!("{text}{}\n", keys[1]),
            text.replace(&before(&site), &before(&stranger)),
            text.replace("manifest-proposal", "manifest"),
            text.trim_end().to_owned(),
            String::new(),
        ] {
            assert!(Proposal::parse(&bad).is_err(), "{bad}");
        }
        // A wrong signature in the name of a site key, by its id
        let mut signed = proposal(&site);
        signed.sign(&site.site_keys[0]).unwrap();
        let note = signed.note();
        let mut wrong = note.trim_end().to_owned().into_bytes();
        let place = wrong.len() - 10;
        wrong[place] = if wrong[place] == b'A' { b'B' } else { b'A' };
        wrong.push(b'\n');
        let (note, wrong) = (nightsafe_core::encoding::b64(note.as_bytes()), nightsafe_core::encoding::b64(&wrong));
        let error = Proposal::parse(&signed.to_text().replace(&note, &wrong)).unwrap_err();
        assert!(error.to_string().contains("a signature in the proposal is wrong"), "{error}");
        // One in its name only
        let mut forged = proposal(&site);
        let liar = NoteSigner::generate(site.site_keys[0].vkey().name(), &mut rng()).unwrap();
        forged.sign(&liar).unwrap();
        assert_eq!(forged.missing().unwrap(), 2, "a key of another id is nobody's");
    }
}
