//! Signing in.

use std::fmt;

use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::encoding::{b64u, b64u_decode};
use nightsafe_core::time::UnixTime;
use nightsafe_login::{ClientLogin, ExportKey, Stretch};
use nightsafe_proto::vault::login::LoginWaiting;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use zeroize::Zeroize;

use crate::failure::Failure;
use crate::opener::Opener;
use crate::session::{Answers, Session};
use crate::unlock::unwrap;

/// One attempt to sign in.
#[wasm_bindgen]
pub struct LoginAttempt {
    state: Option<ClientLogin>,
    message: String,
    export_key: Option<ExportKey>,
    remembered: String,
    /// Key and place of the audit log.
    log: (String, String),
    timestamp: Option<String>,
    now: UnixTime,
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
        let message = self.end(reply, &Stretch::STANDARD);
        nightsafe_wipe::stack();
        Ok(message?)
    }

    /// What to hold the roster against.
    pub fn remember(&mut self, place: String) {
        self.remembered = place;
    }

    /// What to hold the audit log against.
    pub fn remember_log(&mut self, key: String, place: String) {
        self.log = (key, place);
    }

    /// What time it is, and ingest's note that says which roster is the current one.
    pub fn confirm(&mut self, timestamp: String, now: f64) {
        (self.timestamp, self.now) = (Some(timestamp), time(now));
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
        let (timestamp, now) = (self.timestamp.take(), self.now);
        let answers = Answers {
            identity,
            roster,
            custody,
            manifests,
            remembered: &remembered,
            log_key: &log_key,
            log_place: &log_place,
            timestamp: timestamp.as_deref(),
            now,
        };
        let session = self.opened(passphrase.as_bytes(), &answers, anchor);
        passphrase.zeroize();
        nightsafe_wipe::stack();
        Ok(Opener::of(session?))
    }

    /// Words of somebody who has joined and is not in the roster yet; instead of unlock().
    pub fn waiting_words(&mut self, waiting: &str, anchor: &str) -> Result<String, JsValue> {
        Ok(self.words(waiting, anchor)?)
    }
}

impl LoginAttempt {
    /// Of the identity that the sign-in unlocks: the vault cannot show another's.
    fn words(&mut self, waiting: &str, anchor: &str) -> Result<String, Failure> {
        let export_key = self.export_key.take().ok_or(Failure::Locked)?;
        let anchor = TrustAnchor::parse(anchor).map_err(|_| Failure::Malformed)?;
        let LoginWaiting { identity } = serde_json::from_str(waiting).map_err(|_| Failure::Malformed)?;
        Ok(unwrap(&identity, &anchor, &export_key)?.id().words().join(" "))
    }

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
            timestamp: None,
            now: UnixTime::default(),
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

/// A number of seconds as JavaScript has it; what is no time becomes 1970 or 9999.
pub(crate) const fn time(seconds: f64) -> UnixTime {
    UnixTime::from_seconds(seconds as u64)
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
    fn whoever_waits_is_shown_the_words_of_the_own_identity_and_of_no_other() {
        let anchor = crate::unlock::tests::anchor();
        let unlocked_by = |key: u8| {
            let mut attempt = LoginAttempt::start("right".into()).unwrap();
            attempt.export_key = Some(zeroize::Zeroizing::new([key; 64]));
            attempt
        };
        let (identity, kept) = crate::unlock::tests::kept(&anchor, 7);
        let waiting = serde_json::to_string(&LoginWaiting { identity: kept }).unwrap();
        let words = identity.id().words().join(" ");
        assert_eq!(unlocked_by(7).words(&waiting, &anchor.encode()), Ok(words));
        // A vault that puts somebody else's keys in their place
        assert_eq!(unlocked_by(8).words(&waiting, &anchor.encode()), Err(Failure::IdentityRefused));
        assert_eq!(unlocked_by(7).words("{}", &anchor.encode()), Err(Failure::Malformed));
    }

    #[test]
    fn a_reply_that_is_none_is_malformed_and_uses_the_attempt_up() {
        let mut attempt = LoginAttempt::start("right".into()).unwrap();
        assert_eq!(attempt.end("!", &QUICK), Err(Failure::Malformed));
        assert_eq!(attempt.end("AAAA", &QUICK), Err(Failure::Locked));
    }
}
