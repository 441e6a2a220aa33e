//! The public half of an identity, and its id.

use super::IdentityError;
use crate::cbor::{Reader, Writer};
use crate::keys::DataPublicKey;
use crate::label::Label;
use crate::note::Vkey;
use crate::primitives::sha256;
use crate::scalar::{IdentityId, KeyFingerprint, Site};
use crate::suite::Suite;
use core::fmt;

/// An admin's public keys, checked. What the admin is called, and may do, is said by the roster.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicIdentity {
    site: Site,
    encryption: DataPublicKey,
    signing: Vkey,
    id: IdentityId,
}

/// SHA-256 over CBOR [label, site, fingerprint of the X-Wing key, Ed25519 public key].
pub(crate) fn digest(site: &Site, encryption: &KeyFingerprint, signing: &[u8; 32]) -> [u8; 32] {
    let mut writer = Writer::default();
    writer.array(4).text(Label::IdentityId.as_str()).text(site.as_str()).bytes(encryption.as_bytes()).bytes(signing);
    sha256(&[&writer.finish()])
}

/// The first 16 bytes of [`digest`].
pub(crate) fn id_of(site: &Site, encryption: &KeyFingerprint, signing: &[u8; 32]) -> IdentityId {
    IdentityId(*digest(site, encryption, signing).first_chunk().unwrap_or(&[0; IdentityId::LEN]))
}

/// The name under which an identity signs notes. Without the site's name, which the id commits to: the longest ones
/// would not fit.
pub(crate) fn signing_name(id: &IdentityId) -> String {
    ["admin/", &id.to_hex()].concat()
}

impl PublicIdentity {
    /// The identity of two public keys.
    ///
    /// # Errors
    /// [`IdentityError::Key`] when the first is no X-Wing key, or the second no point or one of small order.
    pub fn new(site: &Site, encryption: DataPublicKey, signing: &[u8; 32]) -> Result<Self, IdentityError> {
        if encryption.suite() != Suite::XWing {
            return Err(IdentityError::Key);
        }
        let id = id_of(site, encryption.fingerprint(), signing);
        let signing = Vkey::new(&signing_name(&id), signing).map_err(|_| IdentityError::Key)?;
        Ok(Self { site: site.clone(), encryption, signing, id })
    }

    /// CBOR [label, site, X-Wing public key, Ed25519 public key]: what a new admin's browser hands over.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.array(4).text(Label::PublicIdentity.as_str()).text(self.site.as_str());
        writer.bytes(self.encryption.as_bytes()).bytes(self.signing.public_key());
        writer.finish()
    }

    /// Reads what [`PublicIdentity::to_bytes`] writes, and nothing else. Whose keys they are is not verified: compare
    /// [`IdentityId::words`], or have the roster say so.
    ///
    /// # Errors
    /// [`IdentityError::Malformed`] or [`IdentityError::Key`].
    pub fn parse(bytes: &[u8]) -> Result<Self, IdentityError> {
        let (site, encryption, signing) = read(bytes).ok_or(IdentityError::Malformed)?;
        let encryption = DataPublicKey::parse(Suite::XWing, encryption).map_err(|_| IdentityError::Key)?;
        Self::new(&site, encryption, &signing)
    }

    /// The shop.
    pub const fn site(&self) -> &Site {
        &self.site
    }

    /// Its name: the first 16 bytes of SHA-256 over site and public keys.
    pub const fn id(&self) -> IdentityId {
        self.id
    }

    /// Data keys are granted to this one.
    pub const fn encryption_key(&self) -> &DataPublicKey {
        &self.encryption
    }

    /// Verifies what the admin signs; named `admin/` and the id in hex.
    pub const fn signing_key(&self) -> &Vkey {
        &self.signing
    }
}

fn read(bytes: &[u8]) -> Option<(Site, &[u8], [u8; 32])> {
    let mut reader = Reader::new(bytes);
    reader.array_of(4).ok()?;
    reader.expect_text(Label::PublicIdentity.as_str()).ok()?;
    let site = Site::parse(reader.text().ok()?).ok()?;
    let keys = (reader.bytes().ok()?, reader.byte_array().ok()?);
    reader.end().ok()?;
    Some((site, keys.0, keys.1))
}

impl fmt::Debug for PublicIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicIdentity({} of {})", self.id, self.site)
    }
}
