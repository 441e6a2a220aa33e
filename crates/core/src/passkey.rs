//! What of a passkey is Nightsafe's own (`docs/spec/passkey.md`): what its PRF is asked for, and what it is called. The output
//! of the PRF unlocks an identity by [`crate::identity::Unlock::Passkey`]; challenges and assertions are WebAuthn's.

use crate::cbor::Writer;
use crate::encoding::{hex, hex_array};
use crate::label::Label;
use crate::primitives::sha256;
use crate::scalar::Site;
use core::fmt;

/// Bytes of the longest credential id (WebAuthn level 3, section 4).
pub const MAX_CREDENTIAL: usize = 1023;

/// Names a passkey: the first 16 bytes of SHA-256(label, 0x00, credential id). Also the slot of what it unlocks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PasskeyId(pub [u8; 16]);

impl PasskeyId {
    /// Of a credential id; `None` when it is empty or longer than [`MAX_CREDENTIAL`].
    pub fn of(credential: &[u8]) -> Option<Self> {
        if credential.is_empty() || credential.len() > MAX_CREDENTIAL {
            return None;
        }
        let digest = sha256(&[Label::PasskeyId.as_bytes(), &[0], credential]);
        let (id, _) = digest.split_first_chunk()?;
        Some(Self(*id))
    }

    /// Reads the text form: lower-case hex.
    pub fn from_hex(text: &str) -> Option<Self> {
        hex_array(text).map(Self)
    }

    /// The text form: lower-case hex.
    pub fn to_hex(&self) -> String {
        hex(&self.0)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// What the PRF is asked for (`eval.first`): CBOR [label, site]. The browser hashes it once more with a prefix of its own, and
/// each passkey answers with other bytes, so neither admin nor passkey need be in it.
pub fn prf_input(site: &Site) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.array(2).text(Label::PasskeyPrf.as_str()).text(site.as_str());
    writer.finish()
}

impl fmt::Debug for PasskeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

impl fmt::Display for PasskeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_that_of_its_credential_alone() {
        let id = PasskeyId::of(&[1; 16]).unwrap();
        assert_eq!(PasskeyId::from_hex(&id.to_hex()), Some(id));
        assert_ne!(PasskeyId::of(&[1; 17]), Some(id));
        assert!(PasskeyId::of(&[1; MAX_CREDENTIAL]).is_some());
        assert_eq!((PasskeyId::of(&[]), PasskeyId::of(&[1; MAX_CREDENTIAL + 1])), (None, None));
    }

    #[test]
    fn each_site_asks_for_another_output() {
        let site = |name| prf_input(&Site::parse(name).unwrap());
        assert_ne!(site("shop.example"), site("other.example"));
    }
}
