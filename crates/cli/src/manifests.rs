//! The key manifests of a data directory: every one that was ever signed, and which of them is current.

use anyhow::{Context, Result, bail};
use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::epoch;
use nightsafe_core::keys::DataPublicKey;
use nightsafe_core::manifest::{self, DataKey, KeyManifest, VerifiedManifest};
use nightsafe_core::policy::Kind;
use nightsafe_core::scalar::ManifestHash;
use nightsafe_core::time::UnixTime;

use crate::data_dir::DataDir;
use crate::{files, term};

/// A manifest that enough site keys signed.
#[derive(Debug)]
pub(crate) struct Signed {
    pub(crate) note: String,
    verified: VerifiedManifest,
}

impl Signed {
    /// Verifies a note but for its validity in time.
    pub(crate) fn verify(note: String, anchor: &TrustAnchor) -> Result<Self> {
        let verified = manifest::verify_at_any_time(&note, anchor)?;
        Ok(Self { note, verified })
    }

    pub(crate) fn manifest(&self) -> &KeyManifest {
        self.verified.manifest()
    }

    pub(crate) fn into_verified(self) -> VerifiedManifest {
        self.verified
    }

    pub(crate) fn hash(&self) -> ManifestHash {
        self.verified.hash()
    }

    pub(crate) fn sequence(&self) -> u64 {
        self.manifest().sequence
    }

    /// Writes it to its place among the manifests.
    pub(crate) fn store(&self, data: &DataDir) -> Result<()> {
        let path = data.manifests().join(format!("{}.note", self.hash()));
        files::place(&path, self.note.as_bytes())
    }

    /// Warns on stderr when the manifest ends soon.
    pub(crate) fn warn_of_expiry(&self, now: UnixTime) {
        if let Some(warning) = expiry_warning(self.manifest().not_after, now) {
            term::warn(&warning);
        }
    }
}

/// The trust anchor of the site.
pub(crate) fn read_anchor(data: &DataDir) -> Result<TrustAnchor> {
    let text = files::read_text(&data.anchor())?;
    TrustAnchor::parse(&text).with_context(|| format!("{} is refused", data.anchor().display()))
}

/// Keeps a data key's public part, for publishing it.
pub(crate) fn store_key(data: &DataDir, key: &DataKey, bytes: &[u8]) -> Result<()> {
    files::place(&data.manifests().join(key.file_name()), bytes)
}

/// The public key that a manifest names, from its file: what is signed or published must be there, and be that key.
pub(crate) fn read_key(data: &DataDir, key: &DataKey) -> Result<DataPublicKey> {
    let path = data.manifests().join(key.file_name());
    let bytes = std::fs::read(&path).with_context(|| {
        format!("cannot read {}: restore the data key's file from a copy, or from the published site", path.display())
    })?;
    key.open(&bytes).with_context(|| {
        format!(
            "{} is not the data key {}: restore it from a copy, or from the published site",
            path.display(),
            key.key_id()
        )
    })
}

/// Every manifest, in the order of sequence numbers.
pub(crate) fn all(data: &DataDir, anchor: &TrustAnchor) -> Result<Vec<Signed>> {
    let dir = data.manifests();
    let mut manifests = Vec::new();
    for entry in std::fs::read_dir(&dir).with_context(|| format!("cannot read {}", dir.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "note") {
            let signed = Signed::verify(files::read_text(&path)?, anchor)
                .with_context(|| format!("{} is refused: move it away or restore it", path.display()))?;
            manifests.push(signed);
        }
    }
    manifests.sort_by_key(Signed::sequence);
    Ok(manifests)
}

/// The manifest with the highest sequence number, valid now or not.
pub(crate) fn latest(data: &DataDir, anchor: &TrustAnchor) -> Result<Signed> {
    all(data, anchor)?.pop().with_context(|| format!("there is no key manifest in {}", data.manifests().display()))
}

/// The manifest that is in force: the latest one, which must be valid now.
pub(crate) fn current(data: &DataDir, anchor: &TrustAnchor, now: UnixTime) -> Result<Signed> {
    let latest = latest(data, anchor)?;
    manifest::verify(&latest.note, anchor, now)
        .context("the current key manifest is refused; `nightsafe keys sign` makes a new one")?;
    Ok(latest)
}

/// What to tell about a manifest that ends at `not_after`, if anything.
pub(crate) fn expiry_warning(not_after: UnixTime, now: UnixTime) -> Option<String> {
    Some(epoch::manifest_due(not_after, now)?.to_string())
}

/// Reads a policy: the `kind` blocks of a manifest, as text of their own. `like` is any manifest of the site.
pub(crate) fn parse_policy(policy: &str, like: &KeyManifest) -> Result<Vec<Kind>> {
    // The text's own reader is that of a whole manifest: put the policy under the head of one
    let head = KeyManifest { kinds: Vec::new(), ..like.clone() }.encode();
    let lines = u32::try_from(head.lines().count()).unwrap_or(u32::MAX);
    match KeyManifest::parse(&format!("{head}{policy}")) {
        Ok(manifest) => Ok(manifest.kinds),
        Err(nightsafe_core::anchor::TrustError::Malformed(line)) if line > lines => {
            bail!("correct line {} of the policy", line.saturating_sub(lines))
        }
        Err(error) => Err(error).context("the policy is refused"),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use nightsafe_core::anchor::{Origin, WasmFile};
    use nightsafe_core::keys::PrivateItems;
    use nightsafe_core::manifest::DataKey;
    use nightsafe_core::note::{NoteSigner, Vkey};
    use nightsafe_core::scalar::Site;
    use nightsafe_core::suite::Suite;

    use super::*;
    use crate::keys::rng;

    /// A site with three keys, two of which must sign, two data keys, and its first manifest.
    pub(crate) struct TestSite {
        pub(crate) site_keys: [NoteSigner; 3],
        pub(crate) anchor: TrustAnchor,
        pub(crate) manifest: KeyManifest,
        pub(crate) keys: Vec<DataPublicKey>,
    }

    impl TestSite {
        pub(crate) fn new() -> Self {
            let site_keys = [1, 2, 3].map(|n| NoteSigner::generate(&format!("site-key-{n}"), &mut rng()).unwrap());
            let key = || PrivateItems::generate(Suite::X25519, &mut rng()).unwrap().public_key().clone();
            let (keys, start) = ([key(), key()], UnixTime::from_seconds(0));
            let named = [DataKey::new(start, &keys[0]), DataKey::new(start.plus_days(90), &keys[1])];
            let manifest = signed(1, &named).manifest().clone();
            let anchor = TrustAnchor {
                site_keys: site_keys.iter().map(|key| key.vkey().clone()).collect(),
                threshold: 2,
                ..anchor_of(&manifest, site_keys[0].vkey())
            };
            Self { site_keys, anchor, manifest, keys: keys.to_vec() }
        }

        /// The manifest, signed by the first two.
        pub(crate) fn signed(&self) -> Signed {
            let [a, b, _] = &self.site_keys;
            Signed::verify(manifest::sign(&self.manifest, &[a, b]).unwrap(), &self.anchor).unwrap()
        }
    }

    /// A manifest whose data keys start on these days of 1970 and after, signed by a key of its own.
    pub(crate) fn signed(sequence: u64, data_keys: &[DataKey]) -> Signed {
        let signer = |name: &str| NoteSigner::generate(name, &mut rng()).unwrap();
        let (site_key, online) = (signer("site"), [signer("timestamp"), signer("receipt")]);
        let ingest = Origin::parse("http://localhost:4803").unwrap();
        let manifest = KeyManifest {
            site: Site::parse("demo.example").unwrap(),
            sequence,
            not_before: UnixTime::from_seconds(0),
            not_after: UnixTime::from_seconds(0).plus_days(395),
            ingest,
            parents: vec![Origin::parse("http://localhost:4801").unwrap()],
            timestamp_key: online[0].vkey().clone(),
            receipt_key: online[1].vkey().clone(),
            data_keys: data_keys.to_vec(),
            kinds: nightsafe_core::policy::builtin(),
        };
        let anchor = anchor_of(&manifest, site_key.vkey());
        Signed::verify(manifest::sign(&manifest, &[&site_key]).unwrap(), &anchor).unwrap()
    }

    fn anchor_of(manifest: &KeyManifest, site_key: &Vkey) -> TrustAnchor {
        let wasm = WasmFile { name: "x.wasm".to_owned(), integrity: crate::site::integrity::sha384(b"") };
        TrustAnchor {
            site: manifest.site.clone(),
            site_keys: vec![site_key.clone()],
            threshold: 1,
            sequence_floor: 1,
            ingest: manifest.ingest.clone(),
            wasm: wasm.clone(),
            wasm_portable: wasm,
        }
    }

    /// Fresh data keys that start on these days.
    pub(crate) fn data_keys(days: &[u64]) -> Vec<DataKey> {
        let start = |day: &u64| UnixTime::from_seconds(0).plus_days(*day);
        let key = || PrivateItems::generate(Suite::X25519, &mut rng()).unwrap().public_key().clone();
        days.iter().map(|day| DataKey::new(start(day), &key())).collect()
    }
}
