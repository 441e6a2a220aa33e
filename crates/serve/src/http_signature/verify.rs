use std::sync::{Mutex, PoisonError};

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use nightsafe_core::note::Vkey;
use nightsafe_core::time::UnixTime;

use super::digest;
use super::nonces::Nonces;
use super::params::{Params, parse_signature};
use super::sign::Target;
use super::{CONTENT_DIGEST, SIGNATURE, SIGNATURE_INPUT};

/// Tells requests of a few known keys from all others.
#[derive(Debug)]
pub struct Verifier {
    keys: Vec<Vkey>,
    authority: String,
    nonces: Mutex<Nonces>,
}

/// A head whose signature is good. The body is still to be checked.
#[derive(Debug)]
#[must_use]
pub struct SignedHead {
    digest: [u8; 32],
}

/// Why a request was refused. For the log alone: but for [`Refusal::Full`], a client is told the same for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A field is missing, or there twice.
    #[error("the request is not signed")]
    NotSigned,
    /// A field is not of the profile's form, or the request has a query.
    #[error("the signature is not of the form that is asked for")]
    Malformed,
    /// No configured key has this id.
    #[error("signed by a key that is not configured")]
    UnknownKey,
    /// Too old, too new, or from before the start of this process.
    #[error("signed at a time that is too far from this clock: compare the clocks of both machines")]
    Time,
    /// The signature does not fit.
    #[error("the signature is wrong: compare the key, and the relay's name as both sides know it")]
    Signature,
    /// This signature was taken before.
    #[error("the request came a second time")]
    Replayed,
    /// A good request, but no room to remember it.
    #[error("too many requests in the last minutes")]
    Full,
    /// Not the body that was signed.
    #[error("the body is not the one that was signed")]
    Digest,
}

impl Verifier {
    /// Takes requests that one of `keys` signed for `authority`, from `now` on. What a request's `Host` says does not
    /// matter: a proxy may have changed it.
    pub fn new(keys: Vec<Vkey>, authority: String, now: UnixTime) -> Self {
        Self { keys, authority, nonces: Mutex::new(Nonces::new(now)) }
    }

    /// Checks a request's head, and takes its nonce: the same head is refused from then on.
    ///
    /// # Errors
    /// [`Refusal`]
    pub fn verify(&self, head: &Parts, now: UnixTime) -> Result<SignedHead, Refusal> {
        let content_digest = only(&head.headers, &CONTENT_DIGEST)?;
        let input = only(&head.headers, &SIGNATURE_INPUT)?;
        let signature = only(&head.headers, &SIGNATURE)?;
        let params = Params::parse(input).ok_or(Refusal::Malformed)?;
        let signature = parse_signature(signature).ok_or(Refusal::Malformed)?;
        let digest = digest::parse(content_digest).ok_or(Refusal::Malformed)?;
        // A query is not among what is signed
        if head.uri.query().is_some() {
            return Err(Refusal::Malformed);
        }
        if !self.keys.iter().any(|key| key.id() == params.key) {
            return Err(Refusal::UnknownKey);
        }
        // Before the costly part
        self.nonces().check_time(&params, now)?;
        let target = Target { method: &head.method, authority: &self.authority, path: head.uri.path() };
        let base = target.base(content_digest, params);
        let mut keys = self.keys.iter().filter(|key| key.id() == params.key);
        if !keys.any(|key| key.verify(base.as_bytes(), &signature)) {
            return Err(Refusal::Signature);
        }
        self.nonces().take(&params)?;
        Ok(SignedHead { digest })
    }

    fn nonces(&self) -> std::sync::MutexGuard<'_, Nonces> {
        // No step in there leaves it half done
        self.nonces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SignedHead {
    /// Checks that the body is the one that was signed.
    ///
    /// # Errors
    /// [`Refusal::Digest`]
    pub fn check_body(&self, body: &[u8]) -> Result<(), Refusal> {
        if digest::is_digest_of(&self.digest, body) { Ok(()) } else { Err(Refusal::Digest) }
    }
}

/// The value of a field that is there once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<&'a str, Refusal> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().map_err(|_| Refusal::Malformed),
        _ => Err(Refusal::NotSigned),
    }
}
