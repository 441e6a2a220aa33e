//! Sessions (docs/spec/session.md): a token in a cookie that scripts cannot read, and the proof of the tab that signed in.
//! Of both only the SHA-256 is kept.

use axum::extract::FromRequestParts;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use nightsafe_core::encoding;
use nightsafe_core::session::TabProof;
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::vault::TAB_HEADER;
use nightsafe_serve::problem::Problem;
use nightsafe_store::vault::{SessionProof, UsedSession};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::error;
use crate::State;

/// Bytes of a token.
const TOKEN: usize = 32;

/// Proof that a request comes from a signed-in admin's tab; taking it counts as use of the session.
pub(super) struct SignedIn {
    pub(super) admin: String,
    pub(super) id: [u8; 16],
    pub(super) token_hash: [u8; 32],
}

/// What a request shows of its session, which nobody has looked for yet.
pub(super) struct Shown {
    pub(super) tab: Tab,
    pub(super) proof: SessionProof,
}

/// The tab that a request comes from.
pub(super) struct Tab {
    proof: TabProof,
}

/// A header that sets or removes a session's cookie.
pub(super) type SetCookie = [(HeaderName, HeaderValue); 1];

impl Tab {
    /// A fresh token: what is kept of the session, and the header that hands it out. The cookie ends when the session does,
    /// whatever happens to the page.
    pub(super) fn new_token(&self, absolute: u64) -> Result<(SessionProof, SetCookie), Problem> {
        let mut token = Zeroizing::new([0; TOKEN]);
        getrandom::fill(token.as_mut_slice()).map_err(|_| error::randomness())?;
        let text = Zeroizing::new(encoding::b64u(token.as_slice()));
        let proof = SessionProof { token_hash: hash(token.as_slice()), tab_hash: self.proof.hash() };
        Ok((proof, self.cookie(&text, absolute)?))
    }

    /// The header that takes it away again.
    pub(super) fn no_cookie(&self) -> Result<SetCookie, Problem> {
        self.cookie("", 0)
    }

    fn cookie(&self, value: &str, seconds: u64) -> Result<SetCookie, Problem> {
        let name = self.proof.cookie();
        let text = format!("{name}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Strict");
        let mut value = HeaderValue::try_from(text).map_err(|_| ProblemType::InternalError)?;
        value.set_sensitive(true);
        Ok([(SET_COOKIE, value)])
    }

    fn of(headers: &HeaderMap) -> Option<Self> {
        let proof = TabProof::parse(headers.get(TAB_HEADER)?.to_str().ok()?)?;
        Some(Self { proof })
    }

    /// The token of this tab's session, among the cookies of all tabs.
    fn token_hash(&self, headers: &HeaderMap) -> Option<[u8; 32]> {
        let name = self.proof.cookie();
        let pairs = headers.get_all(COOKIE).into_iter().filter_map(|line| line.to_str().ok());
        let mut pairs = pairs.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let (_, text) = pairs.find(|(found, _)| *found == name)?;
        if text.len() > 64 {
            return None;
        }
        let token = Zeroizing::new(encoding::b64u_decode(text)?);
        (token.len() == TOKEN).then(|| hash(&token))
    }
}

impl FromRequestParts<State> for Tab {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &State) -> Result<Self, Problem> {
        Self::of(&parts.headers).ok_or_else(|| ProblemType::SignInRequired.into())
    }
}

impl FromRequestParts<State> for Shown {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &State) -> Result<Self, Problem> {
        let tab = Tab::of(&parts.headers).ok_or(ProblemType::SignInRequired)?;
        let token_hash = tab.token_hash(&parts.headers).ok_or(ProblemType::SignInRequired)?;
        let proof = SessionProof { token_hash, tab_hash: tab.proof.hash() };
        Ok(Self { tab, proof })
    }
}

impl FromRequestParts<State> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Problem> {
        let Shown { proof, .. } = Shown::from_request_parts(parts, state).await?;
        let state = state.shared();
        let used = state.store.use_session(&proof, state.now(), state.sessions).await;
        let used = used.map_err(|error| error::storage(&error))?.ok_or(ProblemType::SignInRequired)?;
        let UsedSession { admin, id } = used;
        Ok(Self { admin, id, token_hash: proof.token_hash })
    }
}

fn hash(token: &[u8]) -> [u8; 32] {
    Sha256::digest(token).into()
}
