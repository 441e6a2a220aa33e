//! A server known by its public key alone, whatever name, authority or dates its certificate has.

use std::fmt;
use std::str::FromStr;

use nightsafe_core::encoding::{b64, b64_decode};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::server::ParsedCertificate;

const PREFIX: &str = "sha256/";

/// SHA-256 of a SubjectPublicKeyInfo (RFC 7469, section 2.4), written as `sha256/` and base64. A new certificate of the same
/// key has the same pin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Pin([u8; 32]);

/// A text that is no pin, or bytes that are no certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PinError {
    /// The text.
    #[error("a pin is sha256/ and 44 characters of base64, as `nightsafe vault pin` prints it")]
    Text,
    /// The certificate.
    #[error("there is no X.509 certificate of version 3")]
    Certificate,
}

impl Pin {
    /// Of the key in a certificate.
    ///
    /// # Errors
    /// [`PinError::Certificate`]
    pub fn of(certificate: &CertificateDer<'_>) -> Result<Self, PinError> {
        let certificate = ParsedCertificate::try_from(certificate).map_err(|_| PinError::Certificate)?;
        Ok(Self(Sha256::digest(certificate.subject_public_key_info()).into()))
    }

    /// Of the first certificate in PEM, which is the server's own.
    ///
    /// # Errors
    /// [`PinError::Certificate`]
    pub fn of_pem(pem: &[u8]) -> Result<Self, PinError> {
        Self::of(&CertificateDer::from_pem_slice(pem).map_err(|_| PinError::Certificate)?)
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", b64(&self.0))
    }
}

impl FromStr for Pin {
    type Err = PinError;

    fn from_str(text: &str) -> Result<Self, PinError> {
        let hash = text.strip_prefix(PREFIX).and_then(b64_decode).ok_or(PinError::Text)?;
        Ok(Self(hash.try_into().map_err(|_| PinError::Text)?))
    }
}

impl TryFrom<String> for Pin {
    type Error = PinError;

    fn try_from(text: String) -> Result<Self, PinError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, PublicKeyData};

    use super::*;

    #[test]
    fn it_is_the_keys_and_not_the_certificates() {
        let key = KeyPair::generate().unwrap();
        let certificate = |name: &str| CertificateParams::new([name.to_owned()]).unwrap().self_signed(&key).unwrap();
        let [one, other] = ["vault", "10.0.0.7"].map(certificate);
        assert_ne!(one.der(), other.der());
        let pin = Pin::of(one.der()).unwrap();
        assert_eq!(Pin::of_pem(other.pem().as_bytes()), Ok(pin));
        assert_eq!(pin.to_string(), format!("sha256/{}", b64(&Sha256::digest(key.subject_public_key_info()))));
        assert_eq!(pin.to_string().parse(), Ok(pin));
        assert_ne!(
            Pin::of(CertificateParams::new([]).unwrap().self_signed(&KeyPair::generate().unwrap()).unwrap().der()),
            Ok(pin)
        );
        assert_eq!(Pin::of_pem(key.serialize_pem().as_bytes()), Err(PinError::Certificate));
        assert_eq!(Pin::of(&CertificateDer::from(vec![0x30, 0])), Err(PinError::Certificate));
    }

    #[test]
    fn there_is_one_way_to_write_it() {
        let pin = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        assert_eq!(pin.parse(), Ok(Pin([0; 32])));
        for text in [
            "",
            "sha256/",
            "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=",
            "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
            "SHA256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= ",
        ] {
            assert_eq!(text.parse::<Pin>(), Err(PinError::Text), "{text}");
        }
    }
}
