//! TLS with a server that is known by its key.

use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{WebPkiSupportedAlgorithms, ring, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

use crate::pin::Pin;

/// Takes exactly the servers that prove that they have one of these keys. Who else vouches for it, under which name and
/// until when, is nobody's word here.
#[derive(Debug)]
pub(super) struct PinnedKey {
    pins: Vec<Pin>,
    algorithms: WebPkiSupportedAlgorithms,
}

/// What [`PinnedKey`] says of any other key, and nothing else in this program says.
pub(super) const OTHER_KEY: Error = Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure);

impl PinnedKey {
    pub(super) fn new(pins: Vec<Pin>) -> Self {
        Self { pins, algorithms: ring::default_provider().signature_verification_algorithms }
    }
}

impl ServerCertVerifier for PinnedKey {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let is_pinned = Pin::of(end_entity).is_ok_and(|pin| self.pins.contains(&pin));
        if is_pinned { Ok(ServerCertVerified::assertion()) } else { Err(OTHER_KEY) }
    }

    /// TLS 1.2 is not offered: of its key exchanges some prove less.
    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(OTHER_KEY)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
