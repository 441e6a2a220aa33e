//! The two cipher suites of envelope v1. KDF and AEAD are the same in both.

use core::fmt;

/// Which key encapsulation a data key is for; HKDF-SHA256 and ChaCha20-Poly1305 follow (RFC 9180 section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Suite {
    /// X-Wing: ML-KEM-768 and X25519 (draft-connolly-cfrg-xwing-kem). The default.
    XWing,
    /// DHKEM(X25519, HKDF-SHA256) (RFC 9180 section 4.1).
    X25519,
}

impl Suite {
    /// The HPKE KEM identifier.
    pub const fn kem_id(self) -> u16 {
        match self {
            Self::XWing => 0x647a,
            Self::X25519 => 0x0020,
        }
    }

    /// The suite of an HPKE KEM identifier.
    pub const fn from_kem_id(id: u16) -> Option<Self> {
        match id {
            0x647a => Some(Self::XWing),
            0x0020 => Some(Self::X25519),
            _ => None,
        }
    }

    /// The name in texts and JSON: `xwing` or `x25519`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::XWing => "xwing",
            Self::X25519 => "x25519",
        }
    }

    /// The suite of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "xwing" => Some(Self::XWing),
            "x25519" => Some(Self::X25519),
            _ => None,
        }
    }

    /// Bytes of an encapsulated key.
    pub const fn enc_len(self) -> usize {
        match self {
            Self::XWing => 1120,
            Self::X25519 => 32,
        }
    }

    /// Bytes of a public key.
    pub const fn public_key_len(self) -> usize {
        match self {
            Self::XWing => 1216,
            Self::X25519 => 32,
        }
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
