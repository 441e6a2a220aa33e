//! What the authenticator says: `authenticatorData` (WebAuthn level 3, section 6.1).

use crate::Error;

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const HAS_CREDENTIAL: u8 = 0x40;
const HAS_EXTENSIONS: u8 = 0x80;

/// Longest credential id (section 4).
const MAX_CREDENTIAL: usize = 1023;

pub(crate) struct AuthenticatorData<'a> {
    pub(crate) party: [u8; 32],
    flags: u8,
    pub(crate) count: u32,
    rest: &'a [u8],
}

impl<'a> AuthenticatorData<'a> {
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        let (party, rest) = bytes.split_first_chunk::<32>().ok_or(Error::Malformed)?;
        let (flags, rest) = rest.split_first().ok_or(Error::Malformed)?;
        let (count, rest) = rest.split_first_chunk::<4>().ok_or(Error::Malformed)?;
        let holds = |bits: u8| flags & bits != 0;
        let ends = holds(HAS_CREDENTIAL | HAS_EXTENSIONS) != rest.is_empty();
        // What cannot be backed up is not (section 6.1.3)
        if !ends || holds(BACKED_UP) && !holds(BACKUP_ELIGIBLE) {
            return Err(Error::Malformed);
        }
        Ok(Self { party: *party, flags: *flags, count: u32::from_be_bytes(*count), rest })
    }

    /// Somebody was there, and was asked for a PIN, a finger or a face.
    pub(crate) const fn is_verified(&self) -> bool {
        let both = USER_PRESENT | USER_VERIFIED;
        self.flags & both == both
    }

    /// Id of a credential that was made, and what follows: its key, and extensions.
    pub(crate) fn credential(&self) -> Result<(&'a [u8], &'a [u8]), Error> {
        if self.flags & HAS_CREDENTIAL == 0 {
            return Err(Error::Malformed);
        }
        // The model of the authenticator is nobody's business here
        let (_aaguid, rest) = self.rest.split_first_chunk::<16>().ok_or(Error::Malformed)?;
        let (length, rest) = rest.split_first_chunk::<2>().ok_or(Error::Malformed)?;
        let length = usize::from(u16::from_be_bytes(*length));
        if length == 0 || length > MAX_CREDENTIAL {
            return Err(Error::Malformed);
        }
        rest.split_at_checked(length).ok_or(Error::Malformed)
    }
}
