//! The two keys that sign what browsers run, as a second factor beside the hash: that of now, which signs, and the one that
//! follows, which every pin lists already. So pins of before hold when one is exchanged for the other.
//!
//! They lie where the site is built, unwrapped like online keys, and no web server needs them: the signatures are headers.

use std::fs;

use anyhow::{Context, Result, bail};
use nightsafe_core::encoding::b64;
use nightsafe_core::note::NoteSigner;
use nightsafe_core::scalar::Site;

use super::{online, rng};
use crate::data_dir::DataDir;
use crate::files;

/// Both keys, and what of them is not on the disk yet.
pub(crate) struct IntegrityKeys {
    current: NoteSigner,
    next: NoteSigner,
    news: News,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum News {
    Nothing,
    Both,
    /// The next key alone.
    Next,
    /// What was the next key is the current one; whether that one is still there.
    Rotated {
        is_lost: bool,
    },
}

impl IntegrityKeys {
    pub(crate) fn generate(site: &Site) -> Result<Self> {
        Ok(Self { current: fresh(site)?, next: fresh(site)?, news: News::Both })
    }

    /// Reads them. A site of before there were such keys, which pins none, gets its first ones.
    pub(crate) fn read(data: &DataDir, site: &Site, is_pinned: bool) -> Result<Self> {
        let (current, next) = (data.integrity_key(), data.integrity_next_key());
        match (current.exists(), next.exists()) {
            (true, true) => {
                Ok(Self { current: read(data, site, false)?, next: read(data, site, true)?, news: News::Nothing })
            }
            // Killed while rotating, or lost: nothing was signed with it
            (true, false) => Ok(Self { current: read(data, site, false)?, next: fresh(site)?, news: News::Next }),
            (false, false) if !is_pinned => Self::generate(site),
            (false, true) => bail!(
                "{} is gone: restore it from a copy, or make the next key the current one with --rotate-integrity-key",
                current.display()
            ),
            (false, false) => bail!(
                "{} and {} are gone, and what is served is pinned by them: restore them from a copy, or begin anew with \
                 --rotate-integrity-key",
                current.display(),
                next.display()
            ),
        }
    }

    /// The next key becomes the current one, with a fresh one to follow. Where both are lost, both are fresh.
    pub(crate) fn rotated(data: &DataDir, site: &Site, is_pinned: bool) -> Result<Self> {
        let (current, next) = (data.integrity_key(), data.integrity_next_key());
        if next.exists() {
            let news = News::Rotated { is_lost: !current.exists() };
            return Ok(Self { current: read(data, site, true)?, next: fresh(site)?, news });
        }
        if is_pinned && !current.exists() {
            return Self::generate(site);
        }
        bail!("there is no {} to rotate to: build the site without rotating first", next.display())
    }

    /// Stores what is new. Interrupted, it leaves a next key to be made, and loses none that anything was signed with.
    pub(crate) fn keep(&self, data: &DataDir) -> Result<()> {
        let (current, next) = (data.integrity_key(), data.integrity_next_key());
        match self.news {
            News::Nothing => return Ok(()),
            News::Both => online::create(&current, &self.current)?,
            News::Next => {}
            News::Rotated { .. } => {
                fs::rename(&next, &current).with_context(|| format!("cannot replace {}", current.display()))?;
            }
        }
        online::create(&next, &self.next)?;
        files::sync_parent(&next)
    }

    /// Whether a key goes that is still there: then nothing may be left that needs it.
    pub(crate) fn has_to_fit(&self) -> bool {
        self.news == News::Rotated { is_lost: false }
    }

    /// Whether this site has none on its disk yet.
    pub(crate) fn are_first(&self) -> bool {
        self.news == News::Both
    }

    /// The key that signs.
    pub(crate) fn signer(&self) -> &NoteSigner {
        &self.current
    }

    /// What a pin lists besides the hash.
    pub(crate) fn pins(&self) -> Vec<String> {
        [&self.current, &self.next].map(pin).to_vec()
    }
}

/// A key as `integrity` attributes list it.
pub(crate) fn pin(key: &NoteSigner) -> String {
    format!("ed25519-{}", b64(key.vkey().public_key()))
}

fn fresh(site: &Site) -> Result<NoteSigner> {
    Ok(NoteSigner::generate(&name(site), &mut rng())?)
}

fn read(data: &DataDir, site: &Site, is_next: bool) -> Result<NoteSigner> {
    let path = if is_next { data.integrity_next_key() } else { data.integrity_key() };
    let key = online::read(&path)?;
    if key.vkey().name() != name(site) {
        bail!("{} is no integrity key of this site: restore it from a copy", path.display());
    }
    Ok(key)
}

fn name(site: &Site) -> String {
    format!("{site}/integrity")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> (tempfile::TempDir, DataDir, Site) {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::new(dir.path());
        fs::create_dir(data.keys()).unwrap();
        (dir, data, Site::parse("demo.example").unwrap())
    }

    #[test]
    fn the_next_key_takes_over_and_pins_of_before_list_it() {
        let (_dir, data, site) = place();
        let first = IntegrityKeys::read(&data, &site, false).unwrap();
        assert!(first.are_first() && IntegrityKeys::rotated(&data, &site, false).is_err());
        first.keep(&data).unwrap();
        let read = || IntegrityKeys::read(&data, &site, true).unwrap();
        assert_eq!((read().pins(), read().are_first()), (first.pins(), false));
        // Until it is kept, nothing is another
        let rotated = IntegrityKeys::rotated(&data, &site, true).unwrap();
        assert_eq!((read().pins(), rotated.has_to_fit()), (first.pins(), true));
        rotated.keep(&data).unwrap();
        assert_eq!(read().pins(), rotated.pins());
        assert_eq!(pin(read().signer()), first.pins()[1]);
        assert!(!first.pins().contains(&rotated.pins()[1]));
    }

    #[test]
    fn a_key_that_is_gone_is_made_again_only_where_nothing_needs_it() {
        let (_dir, data, site) = place();
        let first = IntegrityKeys::generate(&site).unwrap();
        first.keep(&data).unwrap();
        // As a rotation that was killed leaves it
        fs::remove_file(data.integrity_next_key()).unwrap();
        let again = IntegrityKeys::read(&data, &site, true).unwrap();
        again.keep(&data).unwrap();
        assert!(again.pins()[0] == first.pins()[0] && again.pins()[1] != first.pins()[1]);
        fs::remove_file(data.integrity_key()).unwrap();
        let said = |is_pinned| IntegrityKeys::read(&data, &site, is_pinned).err().unwrap().to_string();
        assert!(said(true).contains("--rotate-integrity-key") && said(false).contains("--rotate-integrity-key"));
        let rotated = IntegrityKeys::rotated(&data, &site, true).unwrap();
        assert!(!rotated.has_to_fit());
        rotated.keep(&data).unwrap();
        assert_eq!(IntegrityKeys::read(&data, &site, true).unwrap().pins()[0], again.pins()[1]);
        for path in [data.integrity_key(), data.integrity_next_key()] {
            fs::remove_file(path).unwrap();
        }
        assert!(said(true).contains("are gone"));
        let anew = IntegrityKeys::rotated(&data, &site, true).unwrap();
        assert!(!anew.has_to_fit() && !again.pins().contains(&anew.pins()[0]));
        // Another site's key is none
        IntegrityKeys::generate(&Site::parse("other.example").unwrap()).unwrap().keep(&data).unwrap();
        assert!(said(true).contains("no integrity key of this site"));
    }
}
