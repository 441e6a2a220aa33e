//! The one place that names OPAQUE's building blocks.

use opaque_ke::CipherSuite;
use opaque_ke::errors::InternalError;
use opaque_ke::generic_array::{ArrayLength, GenericArray};
use opaque_ke::ksf::Ksf;

use crate::Error;

/// Bound into every handshake (RFC 9807, 6.4: application and version), so that a transcript of one fits no other.
pub(crate) const CONTEXT: &[u8] = b"nightsafe login v1";

/// The cipher suite; see the crate's documentation.
pub(crate) struct Suite;

impl CipherSuite for Suite {
    type OprfCs = opaque_ke::Ristretto255;
    type KeyExchange = opaque_ke::TripleDh<opaque_ke::Ristretto255, sha2_0_10::Sha512>;
    type Ksf = Stretch;
}

/// How hard a guess at a passphrase is: Argon2id's parameters (RFC 9106). Client and registration must use the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Stretch {
    /// What is registered with: 64 MiB, which a phone's browser can give, and twice the passes of RFC 9106's second
    /// recommended option, for a quarter of a second or more on a core of today. Anything lower is for tests.
    pub const STANDARD: Self = Self { memory_kib: 65_536, passes: 6, lanes: 4 };

    /// What was registered with before: RFC 9106's second recommended option. Such passphrases go on until they are changed.
    pub const EARLIER: Self = Self { passes: 3, ..Self::STANDARD };

    /// What a record may have been made with, for who signs in with these parameters. The vault does not say which: that
    /// would tell names that exist from those that do not.
    pub(crate) fn tried(self) -> impl Iterator<Item = Self> {
        let earlier = (self == Self::STANDARD).then_some(Self::EARLIER);
        std::iter::once(self).chain(earlier)
    }

    /// Refuses parameters that Argon2id does not know, before a protocol run is wasted on them.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.params().map(|_| ()).map_err(|_| Error::Stretch)
    }

    fn params(&self) -> Result<argon2::Params, argon2::Error> {
        argon2::Params::new(self.memory_kib, self.passes, self.lanes, None)
    }
}

impl Default for Stretch {
    fn default() -> Self {
        Self::STANDARD
    }
}

impl Ksf for Stretch {
    /// `Argon2id(input, salt = 16 zero bytes, length of input)`: RFC 9807, 7; the salt of a guess is the OPRF key.
    fn hash<L: ArrayLength<u8>>(&self, input: GenericArray<u8, L>) -> Result<GenericArray<u8, L>, InternalError> {
        let params = self.params().map_err(|_| InternalError::KsfError)?;
        let mut output = GenericArray::default();
        argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params)
            .hash_password_into(&input, &[0; 16], &mut output)
            .map_err(|_| InternalError::KsfError)?;
        Ok(output)
    }
}
