//! What a browser's tab proves itself with at the vault (`docs/spec/session.md`): half of what unlocks the identity of a
//! session, and what follows from it.

use crate::cbor::Writer;
use crate::encoding::{b64u, b64u_decode, hex};
use crate::label::Label;
use crate::primitives::{Secret32, derive_kek, random, sha256};
use crate::scalar::Site;
use core::fmt;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// What the names of sessions' cookies begin with. The prefix keeps them to one host, over TLS or on localhost, and to the
/// path `/` (RFC 6265bis, section 4.1.3).
pub const COOKIE: &str = "__Host-nightsafe-";

/// A tab's half of what unlocks the identity for a session: 32 random bytes. Never sent; zeroised when dropped.
pub struct TabHalf(Secret32);

/// What a request shows that it comes from the tab: follows from the half, and does not lead back to it. Zeroised when
/// dropped.
pub struct TabProof(Secret32);

impl TabHalf {
    /// A fresh one.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(Zeroizing::new(random(rng)))
    }

    /// Reads what [`Self::to_text`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        parse(text).map(Self)
    }

    /// For the tab to keep.
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(b64u(self.0.as_slice()))
    }

    /// The bytes, to unlock with.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// HKDF-SHA256 over the half; `info` is CBOR [label, site].
    pub fn proof(&self, site: &Site) -> TabProof {
        TabProof(derive_kek(&[self.0.as_slice()], &info(site)))
    }
}

impl TabProof {
    /// Reads what [`Self::to_text`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        parse(text).map(Self)
    }

    /// For the header of a request.
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(b64u(self.0.as_slice()))
    }

    /// SHA-256: what the vault keeps.
    pub fn hash(&self) -> [u8; 32] {
        sha256(&[self.0.as_slice()])
    }

    /// Name of the cookie with this session's token: tabs share one host's cookies, and each has a session of its own.
    pub fn cookie(&self) -> String {
        let [a, b, c, d, e, f, g, h, ..] = self.hash();
        format!("{COOKIE}{}", hex(&[a, b, c, d, e, f, g, h]))
    }
}

pub(crate) fn info(site: &Site) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.array(2).text(Label::TabProof.as_str()).text(site.as_str());
    writer.finish()
}

fn parse(text: &str) -> Option<Secret32> {
    if text.len() != 43 {
        return None;
    }
    let bytes = Zeroizing::new(b64u_decode(text)?);
    bytes.as_slice().try_into().ok().map(Zeroizing::new)
}

impl fmt::Debug for TabHalf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TabHalf(redacted)")
    }
}

impl fmt::Debug for TabProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TabProof(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestRng;

    fn site(name: &str) -> Site {
        Site::parse(name).unwrap()
    }

    #[test]
    fn a_half_and_its_proof_are_read_back() {
        let half = TabHalf::generate(&mut TestRng::new("tab"));
        let again = TabHalf::parse(&half.to_text()).unwrap();
        assert_eq!(again.as_bytes(), half.as_bytes());
        let proof = half.proof(&site("shop.example"));
        assert_eq!(TabProof::parse(&proof.to_text()).unwrap().hash(), proof.hash());
        assert_eq!(again.proof(&site("shop.example")).cookie(), proof.cookie());
        assert_ne!(half.proof(&site("other.example")).cookie(), proof.cookie());
        assert!(!format!("{half:?}{proof:?}").contains(half.to_text().as_str()));
    }

    #[test]
    fn other_texts_are_none() {
        let text = TabHalf::generate(&mut TestRng::new("tab")).to_text();
        for bad in ["", &text[..42], &format!("{}A", *text), &text.replace(&text[..1], "!"), &"A".repeat(44)] {
            assert!(TabHalf::parse(bad).is_none() && TabProof::parse(bad).is_none(), "{bad}");
        }
    }
}
