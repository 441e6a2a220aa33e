//! Whom a client believes.

use std::path::Path;
use std::sync::Arc;

use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::version::TLS13;
use tokio_rustls::rustls::{ClientConfig, Error, RootCertStore};

use super::pinned::PinnedKey;
use crate::pin::Pin;

/// Which certificates the other side may show.
#[derive(Debug, Clone)]
pub struct ClientTls(Arc<ClientConfig>);

/// Why a set of certification authorities is not taken.
#[derive(Debug, thiserror::Error)]
pub enum AuthoritiesError {
    /// The file.
    #[error("cannot read certificates: {0}")]
    Pem(#[from] pem::Error),
    /// A certificate that is no authority's.
    #[error("a certificate is not taken: {0}")]
    Certificate(#[from] Error),
    /// The file holds no certificate.
    #[error("there is no certificate in the file: give one authority or more in PEM")]
    Empty,
}

impl ClientTls {
    /// The authorities of this machine.
    ///
    /// # Errors
    /// [`AuthoritiesError::Certificate`]
    pub fn system() -> Result<Self, AuthoritiesError> {
        let found = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        // One that cannot be read is no reason to do without the others
        let (_, _ignored) = roots.add_parsable_certificates(found.certs);
        Self::with(roots)
    }

    /// The authorities in a PEM file, and no others.
    ///
    /// # Errors
    /// [`AuthoritiesError`]
    pub fn from_file(path: &Path) -> Result<Self, AuthoritiesError> {
        let certificates: Vec<CertificateDer<'static>> =
            CertificateDer::pem_file_iter(path)?.collect::<Result<_, _>>()?;
        if certificates.is_empty() {
            return Err(AuthoritiesError::Empty);
        }
        Self::trusting(&certificates)
    }

    /// These authorities, and no others.
    ///
    /// # Errors
    /// [`AuthoritiesError::Certificate`]
    pub fn trusting(certificates: &[CertificateDer<'static>]) -> Result<Self, AuthoritiesError> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates {
            roots.add(certificate.clone())?;
        }
        Self::with(roots)
    }

    /// Servers that have one of these keys, over TLS 1.3, whatever their certificates say besides; no others, so none without
    /// a pin. Each connection proves it anew.
    ///
    /// # Errors
    /// [`AuthoritiesError::Certificate`], when TLS cannot be set up at all.
    pub fn pinned(pins: Vec<Pin>) -> Result<Self, AuthoritiesError> {
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&TLS13])?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(PinnedKey::new(pins)))
            .with_no_client_auth();
        config.resumption = Resumption::disabled();
        Ok(Self(Arc::new(config)))
    }

    fn with(roots: RootCertStore) -> Result<Self, AuthoritiesError> {
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(Arc::new(config)))
    }

    pub(super) fn client_config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.0)
    }
}
