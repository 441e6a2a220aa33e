//! HTTP requests signed with Ed25519: a narrow profile of HTTP Message Signatures (RFC 9421) with Content-Digest
//! (RFC 9530). `docs/spec/relay.md` is normative.
//!
//! The profile leaves nothing open: one signature, these four components and five parameters in this order, in one
//! spelling. So a request has one signature base and there is no negotiation to attack:
//!
//! ```text
//! Content-Digest: sha-256=:<base64>:
//! Signature-Input: nightsafe=("@method" "@authority" "@path" "content-digest");created=<Unix seconds>;nonce="<22 base64url>";keyid="<8 hex>";alg="ed25519";tag="nightsafe-relay"
//! Signature: nightsafe=:<base64>:
//! ```
//!
//! [`sign`] makes the three fields. [`Verifier`] checks them, in constant memory, before a byte of the body is read,
//! and gives a [`SignedHead`], which then checks the body. Why a request was refused is for the log alone: every
//! refusal looks the same from outside.

mod base;
mod digest;
mod nonces;
mod params;
mod sign;
mod verify;

pub use params::{Nonce, WINDOW};
pub use sign::{SignedFields, Target, sign};
pub use verify::{Refusal, SignedHead, Verifier};

use axum::http::HeaderName;
use nightsafe_core::anchor::Origin;

/// RFC 9530 section 2.
pub const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");
/// RFC 9421 section 4.1.
pub const SIGNATURE_INPUT: HeaderName = HeaderName::from_static("signature-input");
/// RFC 9421 section 4.2.
pub const SIGNATURE: HeaderName = HeaderName::from_static("signature");

/// `@authority` of requests to an origin (RFC 9421 section 2.2.3).
pub fn authority(origin: &Origin) -> &str {
    // An origin is already in lower case and without its scheme's own port
    origin.as_str().split_once("://").map_or("", |(_, authority)| authority)
}
