//! Sign-in by OPAQUE (RFC 9807): the passphrase never leaves the machine on which it is typed, and the server holds
//! nothing that it could compare a guess with at once.
//!
//! Suite: ristretto255 with SHA-512, 3DH, HKDF and HMAC over SHA-512, Argon2id as the key stretching function
//! ([`Stretch`]). Only bytes cross this crate's surface, because `opaque-ke` brings an older generation of the curve
//! crates than the rest of the tree.
//!
//! ```
//! use nightsafe_login::{ClientLogin, ServerLogin, ServerSetup, Stretch, register};
//! # fn main() -> Result<(), nightsafe_login::Error> {
//! # let stretch = Stretch { memory_kib: 64, passes: 1, lanes: 1 };
//! let setup = ServerSetup::generate()?; // once for a vault
//! let made = register(&setup, "admin", b"correct horse", &stretch)?; // where the passphrase is typed
//!
//! let (client, request) = ClientLogin::start(b"correct horse")?; // browser
//! let (server, reply) = ServerLogin::start(&setup, "admin", Some(&made.record), &request)?; // vault
//! let done = client.finish(&reply, &stretch)?; // browser
//! server.finish(&done.message)?; // vault: Ok means signed in
//! assert_eq!(*done.export_key, *made.export_key);
//! # Ok(()) }
//! ```

#![forbid(unsafe_code)]

mod client;
mod entropy;
mod local;
mod register;
mod renew;
mod server;
mod suite;

pub use client::{ClientDone, ClientLogin};
pub use local::export_key;
pub use register::{Registered, register};
pub use renew::{ClientRegistered, ClientRegistration, registration_record, registration_reply};
pub use server::{ServerLogin, ServerSetup};
pub use suite::Stretch;

/// Bytes that only the holder of the passphrase can compute; the same at every sign-in. Zeroised when dropped.
pub type ExportKey = zeroize::Zeroizing<[u8; 64]>;

/// Why a step of sign-in did not work. Holds no input bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The passphrase is not the one registered, or there is no such user: by design the two look alike.
    #[error("wrong user name or passphrase; try again")]
    WrongPassphrase,
    /// A message or stored record is not one of this protocol.
    #[error("the message is not a sign-in message of this version; start the sign-in again")]
    Malformed,
    /// The stretching parameters are outside Argon2id's limits (RFC 9106, 3.1).
    #[error("the Argon2id parameters are out of range; use at least 8 KiB a lane, one pass and one lane")]
    Stretch,
    /// The system gave no random bytes.
    #[error("the system gave no random bytes; try again")]
    Randomness,
}

impl From<opaque_ke::errors::ProtocolError> for Error {
    fn from(error: opaque_ke::errors::ProtocolError) -> Self {
        use opaque_ke::errors::{InternalError, ProtocolError};
        match error {
            ProtocolError::InvalidLoginError => Self::WrongPassphrase,
            ProtocolError::LibraryError(InternalError::KsfError) => Self::Stretch,
            _ => Self::Malformed,
        }
    }
}

#[cfg(test)]
mod tests;
