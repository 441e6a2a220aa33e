//! Joining by an invitation: a passphrase becomes a registration and an identity.

use std::fmt;

use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::encoding::{b64u, b64u_decode};
use nightsafe_core::identity::{Identity, Unlock};
use nightsafe_core::invitation::InvitationToken;
use nightsafe_login::{ClientRegistration, Stretch};
use nightsafe_proto::vault::identity::{KeptIdentity, KeptWrapped};
use nightsafe_proto::wire::{B64u, Hex, Hex32};
use rand_core::CryptoRng;
use serde::Serialize;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use zeroize::Zeroize;

use crate::failure::Failure;
use crate::login::rng;

/// A fresh invitation: JSON of `token` and `token_hash`.
#[wasm_bindgen]
pub fn new_invitation() -> Result<String, JsValue> {
    let token = InvitationToken::generate(&mut rng()?);
    let view = InvitationView { token: &token.to_text(), token_hash: Hex(token.hash()) };
    Ok(serde_json::to_string(&view).map_err(|_| Failure::Malformed)?)
}

#[derive(Serialize)]
struct InvitationView<'a> {
    token: &'a str,
    token_hash: Hex32,
}

/// What joining is finished with, besides the token.
#[derive(Serialize)]
struct JoinView {
    registration: B64u,
    identity: KeptIdentity,
}

/// One attempt to join.
#[wasm_bindgen]
pub struct Joining {
    state: Option<ClientRegistration>,
    message: String,
    words: Option<String>,
}

#[wasm_bindgen]
impl Joining {
    /// Starts an attempt.
    #[wasm_bindgen(constructor)]
    pub fn new(passphrase: String) -> Result<Joining, JsValue> {
        Ok(Self::start(passphrase)?)
    }

    /// First message, b64u.
    #[wasm_bindgen(getter)]
    pub fn message(&self) -> String {
        self.message.clone()
    }

    /// Takes the vault's reply, gives the rest of the last request.
    pub fn finish(&mut self, reply: &str, anchor: &str) -> Result<String, JsValue> {
        Ok(self.end(reply, anchor, &Stretch::STANDARD, &mut rng()?)?)
    }

    /// Words of the identity, after `finish`.
    #[wasm_bindgen(getter)]
    pub fn words(&self) -> Option<String> {
        self.words.clone()
    }
}

impl Joining {
    fn start(mut passphrase: String) -> Result<Self, Failure> {
        let started = ClientRegistration::start(passphrase.as_bytes());
        passphrase.zeroize();
        let (state, message) = started?;
        Ok(Self { state: Some(state), message: b64u(&message), words: None })
    }

    fn end(
        &mut self,
        reply: &str,
        anchor: &str,
        stretch: &Stretch,
        rng: &mut impl CryptoRng,
    ) -> Result<String, Failure> {
        let state = self.state.take().ok_or(Failure::Locked)?;
        let reply = b64u_decode(reply).ok_or(Failure::Malformed)?;
        let site = TrustAnchor::parse(anchor).map_err(|_| Failure::Malformed)?.site;
        let done = state.finish(&reply, stretch)?;
        let identity = Identity::generate(&site, rng).map_err(|_| Failure::Randomness)?;
        let wrapped = identity.wrap(&Unlock::Login(&done.export_key), rng).map_err(|_| Failure::Randomness)?;
        let way = KeptWrapped {
            method: wrapped.method().as_str().to_owned(),
            slot: String::new(),
            wrapped: B64u(wrapped.to_bytes()),
        };
        let kept = KeptIdentity { public: B64u(identity.public().to_bytes()), wrapped: vec![way] };
        self.words = Some(identity.id().words().join(" "));
        let view = JoinView { registration: B64u(done.message), identity: kept };
        serde_json::to_string(&view).map_err(|_| Failure::Malformed)
    }
}

impl fmt::Debug for Joining {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Joining(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use nightsafe_core::identity::{PublicIdentity, WrappedIdentity};
    use nightsafe_login::{ServerSetup, export_key, registration_record, registration_reply};
    use serde::Deserialize;

    use super::*;

    const QUICK: Stretch = Stretch { memory_kib: 64, passes: 1, lanes: 1 };

    #[derive(Deserialize)]
    struct Joined {
        registration: B64u,
        identity: KeptIdentity,
    }

    #[test]
    fn the_passphrase_signs_in_and_unlocks_the_identity_whose_words_are_shown() {
        let setup = ServerSetup::generate().unwrap();
        let anchor = crate::unlock::tests::anchor();
        let mut joining = Joining::start("entirely my own words".into()).unwrap();
        assert_eq!(joining.words(), None);
        let request = b64u_decode(&joining.message()).unwrap();
        let reply = b64u(&registration_reply(&setup, "ben", &request).unwrap());
        let text = joining.end(&reply, &anchor.encode(), &QUICK, &mut rng().unwrap()).unwrap();
        let joined: Joined = serde_json::from_str(&text).unwrap();
        let record = registration_record(&joined.registration.0).unwrap();
        let key = export_key(&setup, "ben", &record, b"entirely my own words", &QUICK).unwrap();
        let public = PublicIdentity::parse(&joined.identity.public.0).unwrap();
        let [way] = joined.identity.wrapped.as_slice() else { panic!() };
        let wrapped = WrappedIdentity::parse(&way.wrapped.0).unwrap();
        let identity = wrapped.unwrap(&anchor.site, &public.id(), &Unlock::Login(&key)).unwrap();
        assert_eq!(joining.words(), Some(identity.id().words().join(" ")));
        // Used up
        assert_eq!(joining.end(&reply, &anchor.encode(), &QUICK, &mut rng().unwrap()), Err(Failure::Locked));
    }

    #[test]
    fn a_reply_that_is_none_is_malformed() {
        for (reply, anchor) in [("!", crate::unlock::tests::anchor().encode()), ("AAAA", "none".into())] {
            let mut joining = Joining::start("entirely my own words".into()).unwrap();
            assert_eq!(joining.end(reply, &anchor, &QUICK, &mut rng().unwrap()), Err(Failure::Malformed));
            assert_eq!(joining.words(), None);
        }
    }
}
