use axum::http::{HeaderMap, HeaderValue, Method};
use nightsafe_core::note::NoteSigner;
use nightsafe_core::time::UnixTime;

use super::base::signature_base;
use super::digest::content_digest;
use super::params::{Nonce, Params, signature_value};
use super::{CONTENT_DIGEST, SIGNATURE, SIGNATURE_INPUT};

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target<'a> {
    /// Method.
    pub method: &'a Method,
    /// Host in lower case, and the port unless it is the scheme's own (RFC 9421 section 2.2.3).
    pub authority: &'a str,
    /// Absolute path; a request with a query is never signed.
    pub path: &'a str,
}

/// The three fields that a signed request carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedFields {
    /// `Content-Digest`
    pub content_digest: String,
    /// `Signature-Input`
    pub signature_input: String,
    /// `Signature`
    pub signature: String,
}

/// Signs a request. `nonce` must be random, and new for every request, also for one that is sent again.
pub fn sign(signer: &NoteSigner, target: Target<'_>, body: &[u8], created: UnixTime, nonce: Nonce) -> SignedFields {
    let params = Params { created: created.seconds(), nonce, key: signer.vkey().id() };
    let content_digest = content_digest(body);
    let base = target.base(&content_digest, params);
    SignedFields {
        signature: signature_value(&signer.sign(base.as_bytes())),
        signature_input: params.to_input(),
        content_digest,
    }
}

impl Target<'_> {
    /// The signature base of the profile.
    pub(super) fn base(&self, content_digest: &str, params: Params) -> String {
        let components = [
            ("@method", self.method.as_str()),
            ("@authority", self.authority),
            ("@path", self.path),
            ("content-digest", content_digest),
        ];
        signature_base(&components, &params.to_text())
    }
}

impl SignedFields {
    /// Puts the fields into a request's head.
    pub fn insert_into(&self, headers: &mut HeaderMap) {
        for (name, value) in [
            (CONTENT_DIGEST, &self.content_digest),
            (SIGNATURE_INPUT, &self.signature_input),
            (SIGNATURE, &self.signature),
        ] {
            // All of it is printable ASCII, which a field value may hold
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        }
    }
}
