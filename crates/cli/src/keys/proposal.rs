//! A manifest on its way to those who sign it: one file with everything that a signer has to see and to verify. It holds
//! nothing secret, and nothing in it is believed.

use anyhow::{Context, Result, bail};
use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::keys::DataPublicKey;
use nightsafe_core::label::Label;
use nightsafe_core::manifest::KeyManifest;

use super::carried::Carried;
use super::signatures::Signatures;
use crate::labelled::{Reader, Writer};
use crate::manifests::Signed;

const WHAT: &str = "proposal";

/// The file.
#[derive(Debug)]
pub(crate) struct Proposal {
    /// Whose signatures count, as the file says.
    pub(crate) anchor: TrustAnchor,
    /// The manifest that is in force.
    before: Signed,
    /// The one that is to follow.
    manifest: KeyManifest,
    /// Its text and who has signed it.
    signatures: Signatures,
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
        let signatures = Signatures::none(manifest.encode());
        let proposal = Self { anchor, before, manifest, signatures, keys };
        proposal.check()?;
        Ok(proposal)
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
        self.signatures.signers(&self.anchor).map(drop).context("a signature in the proposal is wrong")
    }
}

impl Carried for Proposal {
    /// Two manifests, an anchor and eight public keys, in base64.
    const MAX_FILE: u64 = 1 << 20;
    const COMMANDS: [&'static str; 2] = ["nightsafe keys sign", "nightsafe keys publish"];

    fn parse(text: &str) -> Result<Self> {
        let mut lines = Reader::new(WHAT, Label::ManifestProposal.as_str(), text)?;
        let anchor = utf8(&lines.bytes("anchor")?)?;
        let anchor = TrustAnchor::parse(&anchor).context("the trust anchor in it is refused")?;
        let before = Signed::verify(utf8(&lines.bytes("before")?)?, &anchor);
        let before = before.context("the manifest before, in it, is not signed by the site keys")?;
        let signatures = Signatures::parse(utf8(&lines.bytes("manifest")?)?);
        let manifest = KeyManifest::parse(signatures.text());
        let manifest = manifest.context("the proposed manifest is refused")?;
        let mut keys = Vec::new();
        for named in &manifest.data_keys {
            let key = named.open(&lines.bytes("data-key")?);
            keys.push(key.with_context(|| format!("it does not have the data key {}", named.key_id()))?);
        }
        lines.finish()?;
        let proposal = Self { anchor, before, manifest, signatures, keys };
        proposal.check()?;
        Ok(proposal)
    }

    fn to_text(&self) -> String {
        let mut text = Writer::new(Label::ManifestProposal.as_str());
        text.bytes("anchor", self.anchor.encode().as_bytes());
        text.bytes("before", self.before.note.as_bytes());
        text.bytes("manifest", self.signatures.note().as_bytes());
        for key in &self.keys {
            text.bytes("data-key", key.as_bytes());
        }
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
        let same = other.manifest == self.manifest && other.before.hash() == self.before.hash();
        if !same || other.anchor != self.anchor {
            bail!("the files hold different proposals: publish the copies of one");
        }
        Ok(())
    }
}

pub(super) fn utf8(bytes: &[u8]) -> Result<String> {
    String::from_utf8(bytes.to_vec()).context("it has a text that is not UTF-8")
}

#[cfg(test)]
mod tests {
    use nightsafe_core::note::NoteSigner;

    use super::*;
    use crate::keys::rng;
    use crate::manifests::tests::TestSite;

    fn proposal(site: &TestSite) -> Proposal {
        let next = KeyManifest { sequence: 2, ..site.manifest.clone() };
        Proposal::new(site.anchor.clone(), site.signed(), next, site.keys.clone()).unwrap()
    }

    fn missing(proposal: &Proposal) -> usize {
        proposal.signatures.missing(&proposal.anchor).unwrap()
    }

    fn join(proposal: &mut Proposal, other: &Proposal) -> Result<()> {
        proposal.check_same(other)?;
        proposal.signatures.merge(&other.signatures)
    }

    #[test]
    fn signers_follow_each_other_in_any_order_and_copies_are_joined() {
        let site = TestSite::new();
        let [a, b, c] = &site.site_keys;
        let unsigned = proposal(&site);
        assert_eq!(missing(&unsigned), 2);
        let read = |proposal: &Proposal| {
            let again = Proposal::parse(&proposal.to_text()).unwrap();
            assert_eq!(again.to_text(), proposal.to_text());
            again
        };
        let mut first = read(&unsigned);
        first.signatures.add(b).unwrap();
        let once = first.to_text();
        first.signatures.add(b).unwrap();
        assert_eq!((first.to_text(), missing(&first)), (once, 1));
        let mut other = read(&unsigned);
        other.signatures.add(c).unwrap();
        let mut joined = read(&first);
        join(&mut joined, &read(&other)).unwrap();
        join(&mut joined, &read(&other)).unwrap();
        join(&mut joined, &unsigned).unwrap();
        assert_eq!(missing(&joined), 0);
        assert_eq!(joined.signatures.signers(&site.anchor).unwrap(), [b.vkey(), c.vkey()]);
        let mut late = read(&unsigned);
        join(&mut late, &joined).unwrap();
        late.signatures.add(a).unwrap();
        assert_eq!(late.signatures.signers(&site.anchor).unwrap().len(), 3);
        Signed::verify(read(&late).signatures.note(), &site.anchor).unwrap();

        let mut another = site.manifest.clone();
        another.sequence = 3;
        let another = Proposal::new(site.anchor.clone(), site.signed(), another, site.keys.clone()).unwrap();
        assert!(join(&mut joined, &another).is_err());
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
        signed.signatures.add(&site.site_keys[0]).unwrap();
        let note = signed.signatures.note();
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
        forged.signatures.add(&liar).unwrap();
        assert_eq!(missing(&forged), 2, "a key of another id is nobody's");
    }
}
