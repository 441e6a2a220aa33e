//! Bearer sessions: 32 random bytes, of which only the SHA-256 is kept.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use nightsafe_core::encoding;
use nightsafe_proto::problem::ProblemType;
use nightsafe_serve::problem::Problem;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::error;
use crate::State;

/// Bytes of a token.
const TOKEN: usize = 32;

/// Proof that a request comes from a signed-in admin; taking it counts as use of the session.
pub(super) struct SignedIn {
    pub(super) admin: String,
    pub(super) token_hash: [u8; 32],
}

/// A fresh token, and what is kept of it.
pub(super) fn new_token() -> Result<(Zeroizing<[u8; TOKEN]>, [u8; 32]), Problem> {
    let mut token = Zeroizing::new([0; TOKEN]);
    getrandom::fill(token.as_mut_slice()).map_err(|_| error::randomness())?;
    let hash = hash(token.as_slice());
    Ok((token, hash))
}

impl FromRequestParts<State> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Problem> {
        let state = state.shared();
        let token_hash = bearer(&parts.headers).ok_or(ProblemType::SignInRequired)?;
        let admin = state
            .store
            .use_session(&token_hash, state.now(), state.sessions)
            .await
            .map_err(|error| error::storage(&error))?
            .ok_or(ProblemType::SignInRequired)?;
        Ok(Self { admin, token_hash })
    }
}

/// The hash of the request's token. Looking it up by hash takes no time that tells anything about the token.
fn bearer(headers: &HeaderMap) -> Option<[u8; 32]> {
    let (scheme, text) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") || text.len() > 64 {
        return None;
    }
    let token = Zeroizing::new(encoding::b64u_decode(text)?);
    (token.len() == TOKEN).then(|| hash(&token))
}

fn hash(token: &[u8]) -> [u8; 32] {
    Sha256::digest(token).into()
}
