//! The vault's side of WebAuthn (level 3, sections 7.1 and 7.2) for passkeys without attestation: docs/spec/passkey.md.
//!
//! Without attestation nothing of a registration is signed by anybody: what counts is who sends it, which is the caller's
//! business. An assertion is signed by the passkey. User verification is required of both.

#![forbid(unsafe_code)]

mod authenticator;
mod client;
mod key;

use ring::digest::{SHA256, digest};

use authenticator::AuthenticatorData;
pub use client::ClientData;
use key::PublicKey;

/// Bytes of a challenge.
pub const CHALLENGE: usize = 32;

/// COSE names of the signatures that are taken, the one liked best first: Ed25519, ECDSA with P-256, RSA (Windows Hello).
pub const ALGORITHMS: [i64; 3] = [-8, -7, -257];

/// Why a registration or an assertion is not taken. Holds nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not in the form that WebAuthn gives it.
    #[error("not in the form of WebAuthn")]
    Malformed,
    /// An assertion for a registration, or the other way round.
    #[error("of another ceremony")]
    OtherCeremony,
    /// Made on another page than the admin site's, or in a frame.
    #[error("of another origin")]
    OtherOrigin,
    /// Made for another relying party.
    #[error("of another relying party")]
    OtherParty,
    /// Nobody touched it, or it did not ask who does.
    #[error("the user was not verified")]
    NotVerified,
    /// A key of a kind that was not asked for.
    #[error("a key of another algorithm")]
    Algorithm,
    /// The passkey did not sign this.
    #[error("wrong signature")]
    Signature,
    /// The count does not go on: there are two of this passkey.
    #[error("the signature count went back")]
    Cloned,
}

/// The admin site, as passkeys know it.
#[derive(Debug, Clone)]
pub struct RelyingParty {
    origin: String,
    id: String,
    id_hash: [u8; 32],
}

/// A passkey that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// What the authenticator calls it.
    pub credential: Vec<u8>,
    /// COSE key, in its one encoding.
    pub public_key: Vec<u8>,
    /// Its count; 0 where it has none.
    pub sign_count: u32,
}

/// What is said to have been signed.
#[derive(Debug, Clone, Copy)]
pub struct Assertion<'a> {
    /// `authenticatorData`.
    pub authenticator_data: &'a [u8],
    /// `signature`.
    pub signature: &'a [u8],
}

impl RelyingParty {
    /// Of an origin, `scheme://host[:port]`. `None` when its host is an address: browsers make passkeys for names only.
    pub fn new(origin: &str) -> Option<Self> {
        let (_, rest) = origin.split_once("://")?;
        let id = rest.rsplit_once(':').map_or(rest, |(host, _)| host);
        let is_name = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
        // The last label of a name is never a number
        let is_address =
            id.rsplit('.').next().is_none_or(|last| last.is_empty() || last.bytes().all(|b| b.is_ascii_digit()));
        if id.is_empty() || !is_name || is_address {
            return None;
        }
        Some(Self { origin: origin.to_owned(), id: id.to_owned(), id_hash: sha256(id.as_bytes()) })
    }

    /// Its id: the host.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Reads what a browser made (7.1). The challenge was looked up by the caller, and is used up.
    ///
    /// # Errors
    /// All but [`Error::Signature`] and [`Error::Cloned`].
    pub fn registered(&self, client: &ClientData, authenticator_data: &[u8]) -> Result<Registered, Error> {
        client.check("webauthn.create", &self.origin)?;
        let data = AuthenticatorData::parse(authenticator_data)?;
        self.check(&data)?;
        let (credential, rest) = data.credential()?;
        let (key, _extensions) = PublicKey::read(rest)?;
        Ok(Registered { credential: credential.to_vec(), public_key: key.to_bytes(), sign_count: data.count })
    }

    /// Verifies an assertion (7.2) by a passkey with this COSE key and count; gives its count now. The challenge was looked up by
    /// the caller, and is used up.
    ///
    /// # Errors
    /// [`Error`]
    pub fn asserted(
        &self,
        client: &ClientData,
        assertion: Assertion<'_>,
        public_key: &[u8],
        count: u32,
    ) -> Result<u32, Error> {
        client.check("webauthn.get", &self.origin)?;
        let data = AuthenticatorData::parse(assertion.authenticator_data)?;
        self.check(&data)?;
        let (key, rest) = PublicKey::read(public_key)?;
        if !rest.is_empty() {
            return Err(Error::Malformed);
        }
        let message = [assertion.authenticator_data, &client.hash].concat();
        key.verify(&message, assertion.signature)?;
        // One that counts never shows a count twice; one that does not shows 0 always
        if (data.count, count) != (0, 0) && data.count <= count {
            return Err(Error::Cloned);
        }
        Ok(data.count)
    }

    fn check(&self, data: &AuthenticatorData<'_>) -> Result<(), Error> {
        if data.party != self.id_hash {
            return Err(Error::OtherParty);
        }
        if !data.is_verified() {
            return Err(Error::NotVerified);
        }
        Ok(())
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}
