//! The newest release that was served on this machine: an older one, however well signed, was put back by somebody.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use nightsafe_core::release::{ReleaseError, Remembered, VerifiedRelease};
use nightsafe_core::scalar::{ReleaseHash, Site};
use nightsafe_serve::files;
use serde::{Deserialize, Serialize};

use crate::files::read_text;

/// The file, and what it says.
pub(super) struct Seen {
    path: PathBuf,
    site: Site,
    last: Option<Remembered>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    site: String,
    sequence: u64,
    document: String,
}

impl Seen {
    /// A file that is not there remembers nothing; one that cannot be read is no reason to begin anew.
    pub(super) fn read(path: PathBuf, site: &Site) -> Result<Self> {
        let refused =
            || format!("{} is not what this command wrote: put it right, or take it away on purpose", path.display());
        let last = match path.try_exists().with_context(|| format!("cannot read {}", path.display()))? {
            false => None,
            true => {
                let wire: Wire = serde_json::from_str(&read_text(&path)?).with_context(refused)?;
                if wire.site != site.as_str() {
                    bail!("{} is of the site {}: name another file with --state", path.display(), wire.site);
                }
                let hash = ReleaseHash::from_hex(&wire.document).with_context(refused)?;
                Some(Remembered { sequence: wire.sequence, hash })
            }
        };
        Ok(Self { path, site: site.clone(), last })
    }

    /// Refuses what is older, or another one of the same number.
    pub(super) fn allows(&self, verified: &VerifiedRelease) -> Result<()> {
        let Some(last) = &self.last else { return Ok(()) };
        let number = verified.release().sequence;
        let Err(error) = verified.follows(last) else { return Ok(()) };
        let said = match error {
            ReleaseError::Fork => format!(
                "there are two releases of number {number}, both signed, and this machine served the other one: nothing is \
                 served. Tell whoever holds the site keys"
            ),
            _ => format!(
                "the release has number {number}, and this machine served number {} before: nothing is served. An old \
                 release was put back, or an old copy is named",
                last.sequence
            ),
        };
        Err(error).context(said)
    }

    /// Remembers a release, on the disk before anything of it is served.
    pub(super) fn keep(&self, verified: &VerifiedRelease) -> Result<()> {
        let Remembered { sequence, hash } = verified.remember();
        let wire = Wire { site: self.site.as_str().to_owned(), sequence, document: hash.to_hex() };
        let text = format!("{}\n", serde_json::to_string(&wire)?);
        files::replace(&self.path, text.as_bytes(), 0o600)
            .with_context(|| format!("cannot write {}: name another file with --state", self.path.display()))
    }
}
