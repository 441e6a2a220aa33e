//! Site keys: Ed25519 signers of manifests, one file each, wrapped under a passphrase, kept outside the data directory.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::custody::{Kek, Purpose, WrapContext, WrappedItem};
use nightsafe_core::keys::ItemName;
use nightsafe_core::label::Label;
use nightsafe_core::note::{NoteSigner, Vkey};
use nightsafe_core::scalar::Site;

use super::kek::derive_for;
use super::rng;
use crate::files;
use crate::labelled::{Reader, Writer};
use crate::passphrase::{Descriptor, Passphrase, Source};

const WHAT: &str = "site key file";

/// A site key as it lies in its file.
pub(crate) struct SiteKeyFile {
    site: Site,
    vkey: Vkey,
    wrapped: WrappedItem,
}

impl SiteKeyFile {
    /// Wraps a fresh key.
    pub(crate) fn wrap(site: &Site, signer: &NoteSigner, kek: &Kek) -> Result<Self> {
        let vkey = signer.vkey().clone();
        let wrapped = kek.wrap(&context(site, &vkey), signer.seed().as_slice(), &mut rng())?;
        Ok(Self { site: site.clone(), vkey, wrapped })
    }

    pub(crate) fn read(path: &Path) -> Result<Self> {
        Self::parse(&files::read_text(path)?).with_context(|| format!("{} is refused", path.display()))
    }

    pub(crate) fn to_text(&self) -> String {
        let mut text = Writer::new(Label::SiteKey.as_str());
        text.value("site", self.site.as_str());
        text.value("key", &self.vkey.to_text());
        text.bytes("wrapped", &self.wrapped.to_bytes());
        text.finish().to_string()
    }

    pub(crate) fn vkey(&self) -> &Vkey {
        &self.vkey
    }

    /// Opens the key with its passphrase; refuses a file of another site, or one whose parts do not belong together.
    pub(crate) async fn unlock(&self, site: &Site, passphrase: Passphrase) -> Result<NoteSigner> {
        if self.site != *site {
            bail!("the site key is one of another site");
        }
        let what = format!("site key {}", self.vkey.name());
        let kek = derive_for(&passphrase, &self.wrapped, &what).await?;
        let seed = kek.unwrap(&context(&self.site, &self.vkey), &self.wrapped);
        let seed = seed.with_context(|| format!("cannot unlock {what}"))?;
        let seed = seed.as_slice().try_into().context("the site key has another length")?;
        let signer = NoteSigner::from_seed(self.vkey.name(), seed)?;
        if signer.vkey() != &self.vkey {
            bail!("the private part of {what} does not belong to its public part: restore the file from a copy");
        }
        Ok(signer)
    }

    fn parse(text: &str) -> Result<Self> {
        let mut lines = Reader::new(WHAT, Label::SiteKey.as_str(), text)?;
        let site = Site::parse(lines.value("site")?)?;
        let vkey = Vkey::parse(lines.value("key")?)?;
        let wrapped = WrappedItem::parse(&lines.bytes("wrapped")?)?;
        lines.finish()?;
        Ok(Self { site, vkey, wrapped })
    }
}

/// Opens the site keys of these files: different ones of the anchor, at least as many as must sign.
pub(crate) async fn unlock_signers(
    paths: &[PathBuf],
    passphrase_fd: Option<&Descriptor>,
    site: &Site,
    anchor: &TrustAnchor,
) -> Result<Vec<NoteSigner>> {
    let files = open_files(paths, anchor)?;
    if files.len() < usize::from(anchor.threshold) {
        bail!("{} site keys must sign: name that many with --site-key", anchor.threshold);
    }
    unlock(&files, passphrase_fd, site).await
}

/// The files of different site keys of the anchor; nothing is unlocked yet.
pub(crate) fn open_files(paths: &[PathBuf], anchor: &TrustAnchor) -> Result<Vec<SiteKeyFile>> {
    let mut files = Vec::new();
    for path in paths {
        let file = SiteKeyFile::read(path)?;
        if !anchor.site_keys.contains(file.vkey()) {
            bail!("{} is not among the site keys of the trust anchor", path.display());
        }
        if files.iter().any(|other: &SiteKeyFile| other.vkey() == file.vkey()) {
            bail!("{} holds a site key that was named already", path.display());
        }
        files.push(file);
    }
    Ok(files)
}

/// Opens site keys with their passphrases.
pub(crate) async fn unlock(
    files: &[SiteKeyFile],
    passphrase_fd: Option<&Descriptor>,
    site: &Site,
) -> Result<Vec<NoteSigner>> {
    let mut source = Source::new(passphrase_fd);
    let mut signers = Vec::new();
    for file in files {
        let passphrase = source.existing(&format!("site key {}", file.vkey().name()))?;
        signers.push(file.unlock(site, passphrase).await?);
    }
    Ok(signers)
}

fn context<'a>(site: &'a Site, vkey: &'a Vkey) -> WrapContext<'a> {
    WrapContext { site, purpose: Purpose::SiteKey, name: vkey.name(), item: ItemName::Ed25519 }
}

#[cfg(test)]
mod tests {
    use nightsafe_core::custody::Argon2Params;
    use zeroize::Zeroizing;

    use super::*;

    #[tokio::test]
    async fn the_file_opens_with_its_passphrase_and_for_its_site_only() {
        let site = Site::parse("demo.example").unwrap();
        let signer = NoteSigner::generate("demo.example/site-key-1", &mut rng()).unwrap();
        let params = Argon2Params::new(8, 1, 1).unwrap();
        let kek = Kek::generate(b"right", params, &mut rng()).unwrap();
        let text = SiteKeyFile::wrap(&site, &signer, &kek).unwrap().to_text();
        let file = SiteKeyFile::parse(&text).unwrap();
        assert_eq!(file.to_text(), text);
        let word = |text: &str| Zeroizing::new(text.to_owned());
        let opened = file.unlock(&site, word("right")).await.unwrap();
        assert_eq!(opened.vkey(), signer.vkey());
        assert!(file.unlock(&site, word("wrong")).await.is_err());
        let other = Site::parse("other.example").unwrap();
        assert!(file.unlock(&other, word("right")).await.is_err());
        assert!(SiteKeyFile::parse(&format!("{text}x")).is_err());
    }
}
