use std::path::PathBuf;

use nightsafe_core::encoding;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokio_rustls::rustls;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::sign::CertifiedKey;

use crate::config::{AbsolutePath, Secret, SecretError};
use crate::stamp::Stamp;

/// `tls` of a listener: PEM files. To be exchanged without a restart, the key must be a file that the service's user
/// may read, not a credential: systemd copies those once.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFiles {
    /// The certificate, and those between it and the root.
    pub certificate: AbsolutePath,
    /// Its private key.
    pub key: Secret,
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate's file.
    #[error("tls.certificate: cannot read {}: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// No certificate in it.
    #[error("tls.certificate: {} holds no PEM certificate", .0.display())]
    Certificate(PathBuf),
    /// The key's file.
    #[error("tls.key: {0}")]
    Secret(#[from] SecretError),
    /// No key in it.
    #[error("tls.key: the file holds no PEM private key")]
    Key,
    /// The two do not fit, or are of a kind that is not supported.
    #[error("tls: the certificate and the key cannot be used: {0}")]
    Rustls(rustls::Error),
}

/// Reads both files, and checks that they belong together.
pub(super) fn load(files: &TlsFiles) -> Result<CertifiedKey, TlsError> {
    let path = files.certificate.to_path_buf();
    let pem = std::fs::read(&path).map_err(|source| TlsError::Unreadable { path: path.clone(), source })?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or(TlsError::Certificate(path))?;
    let key = PrivateKeyDer::from_pem_slice(&files.key.read()?).map_err(|_| TlsError::Key)?;
    CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(TlsError::Rustls)
}

/// SHA-256 of the certificate, in hex, as browsers show it.
pub(super) fn fingerprint(key: &CertifiedKey) -> String {
    key.cert.first().map(|certificate| encoding::hex(&Sha256::digest(certificate))).unwrap_or_default()
}

/// How both files looked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stamps(Option<Stamp>, Option<Stamp>);

impl Stamps {
    pub(super) fn of(files: &TlsFiles) -> Self {
        let key = files.key.path().ok().and_then(|path| Stamp::of(&path));
        Self(Stamp::of(&files.certificate), key)
    }
}
