//! What a log is set up with.

use nightsafe_core::keys::DataPublicKey;
use nightsafe_core::log::Origin;
use nightsafe_core::note::NoteSigner;
use nightsafe_core::scalar::Site;
use nightsafe_core::suite::Suite;

/// The key that signs checkpoints and the vault's own entries, and the one that entries are sealed to.
#[derive(Debug)]
pub struct LogConfig {
    signer: NoteSigner,
    origin: Origin,
    audit_key: Option<DataPublicKey>,
}

/// Why keys do not make a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LogConfigError {
    /// The signer is not the site's log key.
    #[error("the name of a log's key is the site's name and /log: use keys/log.key of this site")]
    Name,
    /// The audit key is of another suite.
    #[error("entries are sealed to X-Wing keys: make a new audit key")]
    AuditKey,
}

impl LogConfig {
    /// The name of a site's log, and of the key that signs for it.
    pub fn name(site: &Site) -> String {
        format!("{site}/log")
    }

    /// With the key of [`Self::name`]. Without an audit key no entry is written.
    ///
    /// # Errors
    /// [`LogConfigError`]
    pub fn new(site: &Site, signer: NoteSigner, audit_key: Option<DataPublicKey>) -> Result<Self, LogConfigError> {
        let name = Self::name(site);
        if signer.vkey().name() != name {
            return Err(LogConfigError::Name);
        }
        if audit_key.as_ref().is_some_and(|key| key.suite() != Suite::XWing) {
            return Err(LogConfigError::AuditKey);
        }
        let origin = Origin::parse(&name).map_err(|_| LogConfigError::Name)?;
        Ok(Self { signer, origin, audit_key })
    }

    pub(super) fn signer(&self) -> &NoteSigner {
        &self.signer
    }

    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    pub(super) fn audit_key(&self) -> Option<&DataPublicKey> {
        self.audit_key.as_ref()
    }
}
