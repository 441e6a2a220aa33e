//! Getting back in by the code of a recovery kit: it is shown like a passphrase, unlocks the identity, and a new passphrase
//! wraps that anew.

use std::fmt;

use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::audit::{Action, RecoveryMethod};
use nightsafe_core::encoding::{b64u, b64u_decode};
use nightsafe_core::identity::{Identity, Method, RecoveryCode, Unlock};
use nightsafe_core::time::UnixTime;
use nightsafe_login::{ClientLogin, ClientRegistration, Stretch};
use nightsafe_proto::vault::identity::KeptIdentity;
use nightsafe_proto::vault::log::InLog;
use nightsafe_proto::wire::B64u;
use rand_core::CryptoRng;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use zeroize::Zeroize;

use crate::failure::Failure;
use crate::journal::Journal;
use crate::login::rng;
use crate::session::{read, write};
use crate::unlock::unwrap_with;
use crate::view::RenewedView;

/// One attempt to get back in. Freeing it zeroises code and identity.
#[wasm_bindgen]
pub struct Recovery {
    code: RecoveryCode,
    state: Option<ClientLogin>,
    message: String,
    identity: Option<Identity>,
    /// Where the vault keeps a log.
    logs: bool,
    renewal: Option<ClientRegistration>,
    journal: Option<Journal>,
}

#[wasm_bindgen]
impl Recovery {
    /// Reads what was typed, and starts an attempt.
    #[wasm_bindgen(constructor)]
    pub fn new(code: String) -> Result<Recovery, JsValue> {
        Ok(Self::start(code)?)
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

    /// Unlocks the identity; says whether a log is kept.
    pub fn unlock(&mut self, identity: &str, logs: bool, anchor: &str) -> Result<(), JsValue> {
        let unlocked = self.unlocked(identity, logs, anchor);
        nightsafe_wipe::stack();
        Ok(unlocked?)
    }

    /// First message of a new passphrase.
    pub fn begin_passphrase(&mut self, mut passphrase: String) -> Result<String, JsValue> {
        let message = self.begin(passphrase.as_bytes());
        passphrase.zeroize();
        Ok(message?)
    }

    /// Last message of a new passphrase, with the identity, and the entries for the log.
    pub fn finish_passphrase(
        &mut self,
        reply: &str,
        log_key: &str,
        log_place: &str,
        now: &str,
    ) -> Result<String, JsValue> {
        let log = (log_key, log_place);
        Ok(self.renewed(reply, log, now, &Stretch::STANDARD, &mut rng()?)?)
    }

    /// Takes the proof that both entries are in the log; what to remember of it.
    pub fn logged(&mut self, in_log: &str) -> Result<Option<String>, JsValue> {
        Ok(self.settled(in_log)?)
    }
}

impl Recovery {
    fn start(mut typed: String) -> Result<Self, Failure> {
        let code = RecoveryCode::parse(&typed);
        typed.zeroize();
        let code = code?;
        let (state, message) = ClientLogin::start(code.to_text().as_bytes())?;
        let (identity, renewal, journal) = (None, None, None);
        Ok(Self { code, state: Some(state), message: b64u(&message), identity, logs: false, renewal, journal })
    }

    fn end(&mut self, reply: &str, stretch: &Stretch) -> Result<String, Failure> {
        let state = self.state.take().ok_or(Failure::Locked)?;
        let reply = b64u_decode(reply).ok_or(Failure::Malformed)?;
        Ok(b64u(&state.finish(&reply, stretch)?.message))
    }

    fn unlocked(&mut self, identity: &str, logs: bool, anchor: &str) -> Result<(), Failure> {
        let anchor = TrustAnchor::parse(anchor).map_err(|_| Failure::Malformed)?;
        let identity: KeptIdentity = read(identity)?;
        let way = identity.wrapped.iter().find(|way| way.method == Method::RecoveryCode.as_str());
        let wrapped = &way.ok_or(Failure::Malformed)?.wrapped;
        self.identity = Some(unwrap_with(&identity, wrapped, &anchor, &Unlock::RecoveryCode(&self.code))?);
        self.logs = logs;
        Ok(())
    }

    fn begin(&mut self, passphrase: &[u8]) -> Result<String, Failure> {
        self.identity.as_ref().ok_or(Failure::Locked)?;
        let (renewal, message) = ClientRegistration::start(passphrase)?;
        self.renewal = Some(renewal);
        Ok(b64u(&message))
    }

    fn renewed(
        &mut self,
        reply: &str,
        (log_key, log_place): (&str, &str),
        now: &str,
        stretch: &Stretch,
        rng: &mut impl CryptoRng,
    ) -> Result<String, Failure> {
        let renewal = self.renewal.take().ok_or(Failure::Locked)?;
        let admin = self.identity.as_ref().ok_or(Failure::Locked)?;
        let reply = b64u_decode(reply).ok_or(Failure::Malformed)?;
        let now = UnixTime::parse(now).map_err(|_| Failure::Malformed)?;
        let done = renewal.finish(&reply, stretch)?;
        let wrapped = admin.wrap(&Unlock::Login(&done.export_key), rng).map_err(|_| Failure::Randomness)?;
        self.journal = self.logs.then(|| Journal::new(log_key, log_place, Vec::new())).transpose()?;
        let recovery = Action::Recovery { identity: admin.id(), method: RecoveryMethod::Kit };
        let actions = vec![recovery, Action::PassphraseChange];
        let log = self.journal.as_mut().map(|journal| journal.sign(admin, actions, now, rng)).transpose()?;
        write(&RenewedView { registration: B64u(done.message), wrapped: B64u(wrapped.to_bytes()), log })
    }

    fn settled(&mut self, in_log: &str) -> Result<Option<String>, Failure> {
        let Some(journal) = &mut self.journal else { return Ok(None) };
        let in_log: Option<InLog> = read(in_log)?;
        journal.settle(in_log.as_ref())?;
        Ok(journal.place())
    }
}

impl fmt::Debug for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recovery(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use nightsafe_core::identity::{WrappedIdentity, kit_credential};
    use nightsafe_login::{ServerLogin, ServerSetup, export_key, register, registration_record, registration_reply};
    use nightsafe_proto::vault::identity::KeptWrapped;
    use nightsafe_proto::vault::log::ToLog;
    use serde::Deserialize;

    use super::*;
    use crate::unlock::tests::{anchor, kept};

    const QUICK: Stretch = Stretch { memory_kib: 64, passes: 1, lanes: 1 };
    const NOW: &str = "2026-11-21T00:00:00Z";

    #[derive(Deserialize)]
    struct Renewed {
        registration: B64u,
        wrapped: B64u,
        log: Option<ToLog>,
    }

    struct Kit {
        setup: ServerSetup,
        record: Vec<u8>,
        code: RecoveryCode,
        identity: Identity,
        kept: String,
        logs: bool,
    }

    fn kit(logs: bool) -> Kit {
        let setup = ServerSetup::generate().unwrap();
        let code = RecoveryCode::generate(&mut rng().unwrap());
        let credential = kit_credential("anna");
        let record = register(&setup, &credential, code.to_text().as_bytes(), &QUICK).unwrap().record;
        let (identity, own) = kept(&anchor(), 7);
        let wrapped = identity.wrap(&Unlock::RecoveryCode(&code), &mut rng().unwrap()).unwrap();
        let way =
            KeptWrapped { method: "recovery-code".into(), slot: String::new(), wrapped: B64u(wrapped.to_bytes()) };
        let kept = write(&KeptIdentity { public: own.public, wrapped: vec![way] }).unwrap();
        Kit { setup, record, code, identity, kept, logs }
    }

    fn shown(kit: &Kit, typed: &str) -> Result<Recovery, Failure> {
        let mut recovery = Recovery::start(typed.to_owned())?;
        let request = b64u_decode(&recovery.message()).unwrap();
        let credential = kit_credential("anna");
        let (server, reply) = ServerLogin::start(&kit.setup, &credential, Some(&kit.record), &request).unwrap();
        let last = recovery.end(&b64u(&reply), &QUICK)?;
        server.finish(&b64u_decode(&last).unwrap()).unwrap();
        Ok(recovery)
    }

    fn unlock(recovery: &mut Recovery, kit: &Kit) -> Result<(), Failure> {
        recovery.unlocked(&kit.kept, kit.logs, &anchor().encode())
    }

    #[test]
    fn the_code_unlocks_the_identity_and_a_new_passphrase_wraps_it() {
        let kit = kit(false);
        let mut recovery = shown(&kit, &kit.code.to_text().to_lowercase()).unwrap();
        assert_eq!(recovery.begin(b"new"), Err(Failure::Locked));
        unlock(&mut recovery, &kit).unwrap();
        let request = b64u_decode(&recovery.begin(b"new").unwrap()).unwrap();
        let reply = b64u(&registration_reply(&kit.setup, "anna", &request).unwrap());
        let renewed = recovery.renewed(&reply, ("", ""), NOW, &QUICK, &mut rng().unwrap()).unwrap();
        let renewed: Renewed = serde_json::from_str(&renewed).unwrap();
        let record = registration_record(&renewed.registration.0).unwrap();
        let key = export_key(&kit.setup, "anna", &record, b"new", &QUICK).unwrap();
        let wrapped = WrappedIdentity::parse(&renewed.wrapped.0).unwrap();
        let again = wrapped.unwrap(&anchor().site, &kit.identity.id(), &Unlock::Login(&key)).unwrap();
        assert_eq!(again.public(), kit.identity.public());
        assert!(renewed.log.is_none());
        assert_eq!(recovery.settled("null"), Ok(None));
    }

    #[test]
    fn where_a_log_is_kept_both_entries_are_signed_and_an_answer_without_them_is_refused() {
        let kit = kit(true);
        let mut recovery = shown(&kit, &kit.code.to_text()).unwrap();
        unlock(&mut recovery, &kit).unwrap();
        let key = nightsafe_core::note::NoteSigner::from_seed("shop.example/log", &[3; 32]).unwrap();
        let mut renewed = |key: &str| {
            let request = b64u_decode(&recovery.begin(b"new").unwrap()).unwrap();
            let reply = b64u(&registration_reply(&kit.setup, "anna", &request).unwrap());
            recovery.renewed(&reply, (key, ""), NOW, &QUICK, &mut rng().unwrap())
        };
        assert_eq!(renewed(""), Err(Failure::LogKeyMissing));
        let renewed: Renewed = serde_json::from_str(&renewed(&key.vkey().to_text()).unwrap()).unwrap();
        let actions = renewed.log.unwrap().entries.into_iter().map(|entry| {
            let signed = nightsafe_core::audit::SignedEntry::parse(&entry.signed.0).unwrap();
            signed.entry().action().clone()
        });
        let identity = kit.identity.id();
        let expected = [Action::Recovery { identity, method: RecoveryMethod::Kit }, Action::PassphraseChange];
        assert_eq!(actions.collect::<Vec<_>>(), expected);
        assert_eq!(recovery.settled("null"), Err(Failure::LogRefused));
    }

    #[test]
    fn what_is_typed_wrong_is_told_by_its_group_and_another_code_is_wrong() {
        let (one, other) = (kit(false), kit(false));
        let text = one.code.to_text();
        assert_eq!(Recovery::start(text[..40].into()).unwrap_err(), Failure::CodeLength);
        let mut groups: Vec<&str> = text.split('-').collect();
        groups.swap(2, 5);
        assert_eq!(Recovery::start(groups.join("-")).unwrap_err(), Failure::CodeTypo(3));
        assert_eq!(Failure::CodeTypo(3).code(), "code_typo_3");
        assert_eq!(shown(&one, &other.code.to_text()).unwrap_err(), Failure::WrongPassphrase);
        // A vault that hands out another's identity, or one that the code does not unlock
        let mut recovery = shown(&one, &text).unwrap();
        assert_eq!(unlock(&mut recovery, &other), Err(Failure::IdentityRefused));
        assert_eq!(recovery.unlocked("{}", false, &anchor().encode()), Err(Failure::Malformed));
        assert_eq!(recovery.begin(b"new"), Err(Failure::Locked));
    }
}
