//! Signing in.

use std::fmt;

use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use nightsafe_core::encoding::{b64u, b64u_decode};
use nightsafe_login::{ClientLogin, ExportKey, Stretch};
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use zeroize::Zeroize;

use crate::failure::Failure;
use crate::opener::Opener;
use crate::session::{Answers, Session};

/// One attempt to sign in.
#[wasm_bindgen]
pub struct LoginAttempt {
    state: Option<ClientLogin>,
    message: String,
    export_key: Option<ExportKey>,
    remembered: String,
    /// Key and place of the audit log.
    log: (String, String),
}

#[wasm_bindgen]
impl LoginAttempt {
    /// Starts an attempt.
    #[wasm_bindgen(constructor)]
    pub fn new(passphrase: String) -> Result<LoginAttempt, JsValue> {
        Ok(Self::start(passphrase)?)
    }

    /// First message, b64u.
    #[wasm_bindgen(getter)]
    pub fn message(&self) -> String {
        self.message.clone()
    }

    /// Takes the vault's reply, gives the last message.
    pub fn finish(&mut self, reply: &str) -> Result<String, JsValue> {
        Ok(self.end(reply, &Stretch::STANDARD)?)
    }

    /// What to hold the roster against.
    pub fn remember(&mut self, place: String) {
        self.remembered = place;
    }

    /// What to hold the audit log against.
    pub fn remember_log(&mut self, key: String, place: String) {
        self.log = (key, place);
    }

    /// Unlocks the identity, verifies roster and manifests, opens the data keys.
    pub fn unlock(
        &mut self,
        mut passphrase: String,
        identity: &str,
        roster: &str,
        custody: &str,
        anchor: &str,
        manifests: &str,
    ) -> Result<Opener, JsValue> {
        let remembered = std::mem::take(&mut self.remembered);
        let (log_key, log_place) = std::mem::take(&mut self.log);
        let (log_key, log_place) = (log_key.as_str(), log_place.as_str());
        let answers = Answers { identity, roster, custody, manifests, remembered: &remembered, log_key, log_place };
        let session = self.opened(passphrase.as_bytes(), &answers, anchor);
        passphrase.zeroize();
        Ok(Opener::of(session?))
    }
}

impl LoginAttempt {
    fn start(mut passphrase: String) -> Result<Self, Failure> {
        let started = ClientLogin::start(passphrase.as_bytes());
        passphrase.zeroize();
        let (state, message) = started?;
        Ok(Self {
            state: Some(state),
            message: b64u(&message),
            export_key: None,
            remembered: String::new(),
            log: Default::default(),
        })
    }

    /// Uses the export key up, so that it does not stay in memory.
    fn opened(&mut self, passphrase: &[u8], answers: &Answers<'_>, anchor: &str) -> Result<Session, Failure> {
        let export_key = self.export_key.take().ok_or(Failure::Locked)?;
        Session::unlock(&export_key, passphrase, answers, anchor, &mut rng()?)
    }

    fn end(&mut self, reply: &str, stretch: &Stretch) -> Result<String, Failure> {
        let state = self.state.take().ok_or(Failure::Locked)?;
        let reply = b64u_decode(reply).ok_or(Failure::Malformed)?;
        let done = state.finish(&reply, stretch)?;
        self.export_key = Some(done.export_key);
        Ok(b64u(&done.message))
    }
}

/// The browser's generator gives bytes or ends the module; that it gives none is found out here.
pub(crate) fn rng() -> Result<UnwrapErr<SysRng>, Failure> {
    getrandom::fill(&mut [0; 8]).map_err(|_| Failure::Randomness)?;
    Ok(UnwrapErr(SysRng))
}

impl fmt::Debug for LoginAttempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoginAttempt(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use nightsafe_login::{ServerLogin, ServerSetup, register};

    use super::*;

    const QUICK: Stretch = Stretch { memory_kib: 64, passes: 1, lanes: 1 };

    fn sign_in(passphrase: &str) -> Result<(), Failure> {
        let setup = ServerSetup::generate().unwrap();
        let made = register(&setup, "admin", b"right", &QUICK).unwrap();
        let mut attempt = LoginAttempt::start(passphrase.into())?;
        let request = b64u_decode(&attempt.message()).unwrap();
        let (server, reply) = ServerLogin::start(&setup, "admin", Some(&made.record), &request).unwrap();
        let last = attempt.end(&b64u(&reply), &QUICK)?;
        assert_eq!(attempt.end(&b64u(&reply), &QUICK), Err(Failure::Locked));
        server.finish(&b64u_decode(&last).unwrap()).unwrap();
        Ok(())
    }

    #[test]
    fn the_messages_are_those_of_the_vault() {
        assert_eq!(sign_in("right"), Ok(()));
        assert_eq!(sign_in("wrong"), Err(Failure::WrongPassphrase));
    }

    #[test]
    fn a_reply_that_is_none_is_malformed_and_uses_the_attempt_up() {
        let mut attempt = LoginAttempt::start("right".into()).unwrap();
        assert_eq!(attempt.end("!", &QUICK), Err(Failure::Malformed));
        assert_eq!(attempt.end("AAAA", &QUICK), Err(Failure::Locked));
    }
}
