//! COSE keys (RFC 9053) of the three algorithms. CTAP2 writes each in one way only, with these members and no others, so
//! reading is comparing.

use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};

use crate::Error;

/// Map of 5: kty EC2, alg ES256, crv P-256, x.
const ES256_X: [u8; 10] = [0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
/// And y.
const ES256_Y: [u8; 3] = [0x22, 0x58, 0x20];
/// Map of 4: kty OKP, alg EdDSA, crv Ed25519, x.
const EDDSA_X: [u8; 10] = [0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21, 0x58, 0x20];
/// Map of 4: kty RSA, alg RS256, n.
const RS256_N: [u8; 9] = [0xa4, 0x01, 0x03, 0x03, 0x39, 0x01, 0x00, 0x20, 0x59];
/// And e, 65537.
const RS256_E: [u8; 5] = [0x21, 0x43, 0x01, 0x00, 0x01];
const E: [u8; 3] = [0x01, 0x00, 0x01];

/// A map with the members of a key, of another algorithm than these.
const MAPS: std::ops::RangeInclusive<u8> = 0xa3..=0xa6;

pub(crate) enum PublicKey<'a> {
    Es256 { x: [u8; 32], y: [u8; 32] },
    EdDsa([u8; 32]),
    Rs256(&'a [u8]),
}

impl<'a> PublicKey<'a> {
    /// Gives also what follows.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), Error> {
        if let Some(rest) = bytes.strip_prefix(&ES256_X) {
            let (x, rest) = rest.split_first_chunk::<32>().ok_or(Error::Malformed)?;
            let rest = rest.strip_prefix(&ES256_Y).ok_or(Error::Malformed)?;
            let (y, rest) = rest.split_first_chunk::<32>().ok_or(Error::Malformed)?;
            return Ok((Self::Es256 { x: *x, y: *y }, rest));
        }
        if let Some(rest) = bytes.strip_prefix(&EDDSA_X) {
            let (x, rest) = rest.split_first_chunk::<32>().ok_or(Error::Malformed)?;
            return Ok((Self::EdDsa(*x), rest));
        }
        if let Some(rest) = bytes.strip_prefix(&RS256_N) {
            let (length, rest) = rest.split_first_chunk::<2>().ok_or(Error::Malformed)?;
            let length = usize::from(u16::from_be_bytes(*length));
            // 2048, 3072 or 4096 bits
            if !matches!(length, 256 | 384 | 512) {
                return Err(Error::Algorithm);
            }
            let (n, rest) = rest.split_at_checked(length).ok_or(Error::Malformed)?;
            return Ok((Self::Rs256(n), rest.strip_prefix(&RS256_E).ok_or(Error::Malformed)?));
        }
        let is_map = bytes.first().is_some_and(|first| MAPS.contains(first));
        Err(if is_map { Error::Algorithm } else { Error::Malformed })
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Es256 { x, y } => [&ES256_X[..], x, &ES256_Y, y].concat(),
            Self::EdDsa(x) => [&EDDSA_X[..], x].concat(),
            Self::Rs256(n) => {
                let length = u16::try_from(n.len()).unwrap_or(u16::MAX).to_be_bytes();
                [&RS256_N[..], &length, n, &RS256_E].concat()
            }
        }
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        match self {
            Self::Es256 { x, y } => {
                let point = [&[0x04][..], x, y].concat();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature)
            }
            Self::EdDsa(x) => UnparsedPublicKey::new(&ED25519, x).verify(message, signature),
            Self::Rs256(n) => {
                let key = RsaPublicKeyComponents { n: *n, e: &E[..] };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            }
        }
        .map_err(|_| Error::Signature)
    }
}
