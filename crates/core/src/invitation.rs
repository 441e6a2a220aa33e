//! Invitations: the token that lets somebody join, once. It goes from one person to the other; the vault knows its hash.

use crate::encoding::{b64u, b64u_decode};
use crate::primitives::{random, sha256};
use core::fmt;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// Seconds for which an invitation is good at most: three days.
pub const MAX_LIFETIME: u64 = 72 * 3600;

/// 32 random bytes. Zeroised when dropped.
pub struct InvitationToken(Zeroizing<[u8; 32]>);

impl InvitationToken {
    /// A fresh token.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(Zeroizing::new(random(rng)))
    }

    /// Takes the bytes; `None` when they are not 32.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Zeroizing::new).map(Self)
    }

    /// Reads [`Self::to_text`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::from_slice(&Zeroizing::new(b64u_decode(text)?))
    }

    /// base64url, for a link.
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(b64u(self.0.as_slice()))
    }

    /// SHA-256 of the 32 bytes: all that the vault has until the token is used.
    pub fn hash(&self) -> [u8; 32] {
        sha256(&[self.0.as_slice()])
    }
}

impl fmt::Debug for InvitationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InvitationToken(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::hex;
    use crate::testing::TestRng;

    #[test]
    fn a_token_has_one_text_and_one_hash() {
        let token = InvitationToken::generate(&mut TestRng::new("invitation"));
        let text = token.to_text();
        assert_eq!(text.len(), 43);
        assert_eq!(InvitationToken::parse(&text).unwrap().hash(), token.hash());
        assert_ne!(InvitationToken::generate(&mut TestRng::new("another")).hash(), token.hash());
        for bad in ["", "A", &text[1..], &format!("{}A", *text), &format!("{}=", *text)] {
            assert!(InvitationToken::parse(bad).is_none(), "{bad}");
        }
        let zeros = InvitationToken::from_slice(&[0; 32]).unwrap();
        assert_eq!(hex(&zeros.hash()), "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925");
        assert_eq!(format!("{zeros:?}"), "InvitationToken(redacted)");
    }
}
