//! What a log is set up with.

use nightsafe_core::log::Origin;
use nightsafe_core::note::NoteSigner;
use nightsafe_core::scalar::Site;

/// The key that signs checkpoints and the vault's own entries. What entries are sealed to is said by the roster.
#[derive(Debug)]
pub struct LogConfig {
    signer: NoteSigner,
    origin: Origin,
}

/// Why keys do not make a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LogConfigError {
    /// The signer is not the site's log key.
    #[error("the name of a log's key is the site's name and /log: use keys/log.key of this site")]
    Name,
}

impl LogConfig {
    /// The name of a site's log, and of the key that signs for it.
    pub fn name(site: &Site) -> String {
        format!("{site}/log")
    }

    /// With the key of [`Self::name`].
    ///
    /// # Errors
    /// [`LogConfigError`]
    pub fn new(site: &Site, signer: NoteSigner) -> Result<Self, LogConfigError> {
        let name = Self::name(site);
        if signer.vkey().name() != name {
            return Err(LogConfigError::Name);
        }
        let origin = Origin::parse(&name).map_err(|_| LogConfigError::Name)?;
        Ok(Self { signer, origin })
    }

    pub(super) fn signer(&self) -> &NoteSigner {
        &self.signer
    }

    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }
}
