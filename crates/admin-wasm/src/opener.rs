//! Opening deposits: the bindings. What they call is in `session`.

use nightsafe_core::session::TabHalf;
use nightsafe_login::Stretch;
use nightsafe_proto::wire::Hex32;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use zeroize::Zeroize;

use crate::failure::Failure;
use crate::login::{rng, time};
use crate::session::Session;

/// Holder of the private keys, until it is locked.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Opener {
    session: Option<Session>,
}

#[wasm_bindgen]
impl Opener {
    /// JSON array of key ids.
    #[wasm_bindgen(getter)]
    pub fn key_ids(&self) -> Result<String, JsValue> {
        Ok(self.session()?.key_ids()?)
    }

    /// How many data keys have grants that were refused.
    #[wasm_bindgen(getter)]
    pub fn refused_grants(&self) -> Result<u32, JsValue> {
        Ok(self.session()?.refused_grants())
    }

    /// Body of `POST /v1/identity`, if that is due.
    #[wasm_bindgen(getter)]
    pub fn new_identity(&self) -> Result<Option<String>, JsValue> {
        Ok(self.session()?.new_identity()?)
    }

    /// Words of an identity that the roster does not name.
    #[wasm_bindgen(getter)]
    pub fn words(&self) -> Result<Option<String>, JsValue> {
        Ok(self.session()?.words())
    }

    /// Body of `POST /v1/grants`, if that is due.
    pub fn new_grants(&mut self, now: &str) -> Result<Option<String>, JsValue> {
        Ok(self.session.as_mut().ok_or(Failure::Locked)?.new_grants(now, &mut rng()?)?)
    }

    /// How many manifests were refused.
    #[wasm_bindgen(getter)]
    pub fn refused_manifests(&self) -> Result<u32, JsValue> {
        Ok(self.session()?.refused_manifests())
    }

    /// Takes the vault's manifests as they are now.
    pub fn renew_manifests(&mut self, manifests: &str) -> Result<(), JsValue> {
        Ok(self.session.as_mut().ok_or(Failure::Locked)?.renew_manifests(manifests)?)
    }

    /// Opens the locator of an index row.
    pub fn open_locator(&mut self, row: &str) -> Result<String, JsValue> {
        Ok(self.session.as_mut().ok_or(Failure::Locked)?.open_locator(row)?)
    }

    /// Opens an answer of the vault.
    #[wasm_bindgen(unchecked_return_type = "string")]
    pub fn open_fields(&mut self, answer: &str) -> Result<JsValue, JsValue> {
        // Not as a String: that would be freed without being zeroised
        let values = self.session.as_mut().ok_or(Failure::Locked)?.open_fields(answer)?;
        Ok(JsValue::from_str(&values))
    }

    /// Whether what this admin does is to be signed for the audit log.
    #[wasm_bindgen(getter)]
    pub fn logs(&self) -> Result<bool, JsValue> {
        Ok(self.session()?.logs())
    }

    /// Whether this admin can read the audit log.
    #[wasm_bindgen(getter)]
    pub fn reads_log(&self) -> Result<bool, JsValue> {
        Ok(self.session()?.reads_log())
    }

    /// How many entries the log had when it was last seen, in decimal.
    #[wasm_bindgen(getter)]
    pub fn log_size(&self) -> Result<String, JsValue> {
        Ok(self.session()?.log_size().to_string())
    }

    /// What to remember of the audit log.
    #[wasm_bindgen(getter)]
    pub fn log_place(&self) -> Result<Option<String>, JsValue> {
        Ok(self.session()?.log_place())
    }

    /// Signs what is done.
    pub fn sign(&mut self, deeds: &str, now: &str) -> Result<String, JsValue> {
        Ok(self.session.as_mut().ok_or(Failure::Locked)?.sign(deeds, now, &mut rng()?)?)
    }

    /// Takes the proof that it is in the log.
    pub fn logged(&mut self, in_log: &str) -> Result<(), JsValue> {
        Ok(self.session.as_mut().ok_or(Failure::Locked)?.logged(in_log)?)
    }

    /// Opens and verifies entries of the log.
    pub fn read_log(&mut self, entries: &str) -> Result<String, JsValue> {
        Ok(self.session.as_mut().ok_or(Failure::Locked)?.read_log(entries)?)
    }

    /// Body of an opening.
    pub fn request_open(&mut self, chosen: &str, purpose: &str, now: &str) -> Result<String, JsValue> {
        Ok(self.session.as_mut().ok_or(Failure::Locked)?.request_open(chosen, purpose, now, &mut rng()?)?)
    }

    /// Opens the locators of a page that is to be sealed anew.
    pub fn reseal_list(&mut self, page: &str, now: &str) -> Result<String, JsValue> {
        Ok(self.session.as_mut().ok_or(Failure::Locked)?.reseal_list(page, now)?)
    }

    /// Compares what lies there, and asks for the envelopes.
    pub fn reseal_open(&mut self, answer: &str, now: &str) -> Result<String, JsValue> {
        Ok(self.session.as_mut().ok_or(Failure::Locked)?.reseal_open(answer, now, &mut rng()?)?)
    }

    /// Seals them anew.
    pub fn reseal_seal(&mut self, answer: &str) -> Result<String, JsValue> {
        let sealed = self.session.as_mut().ok_or(Failure::Locked)?.reseal_seal(answer, &mut rng()?);
        nightsafe_wipe::stack();
        Ok(sealed?)
    }

    /// First message of a new passphrase.
    pub fn begin_passphrase(&mut self, mut passphrase: String) -> Result<String, JsValue> {
        let message = self.session.as_mut().ok_or(Failure::Locked)?.begin_passphrase(passphrase.as_bytes());
        passphrase.zeroize();
        Ok(message?)
    }

    /// Last message of a new passphrase, with the identity.
    pub fn finish_passphrase(&mut self, reply: &str) -> Result<String, JsValue> {
        let session = self.session.as_mut().ok_or(Failure::Locked)?;
        Ok(session.finish_passphrase(reply, &Stretch::STANDARD, &mut rng()?)?)
    }

    /// Makes the code of a recovery kit; first message of its registration.
    pub fn begin_kit(&mut self) -> Result<String, JsValue> {
        Ok(self.session.as_mut().ok_or(Failure::Locked)?.begin_kit(&mut rng()?)?)
    }

    /// The code, to be shown.
    #[wasm_bindgen(getter, unchecked_return_type = "string | undefined")]
    pub fn kit_code(&self) -> Result<JsValue, JsValue> {
        // Not as a String: that would be freed without being zeroised
        Ok(self.session()?.kit_code().map_or(JsValue::UNDEFINED, |code| JsValue::from_str(&code)))
    }

    /// Whether a group of the code was typed back.
    pub fn is_kit_group(&self, number: u8, mut typed: String) -> Result<bool, JsValue> {
        let is = self.session()?.is_kit_group(number, &typed);
        typed.zeroize();
        Ok(is)
    }

    /// Last message of its registration, with the identity.
    pub fn finish_kit(&mut self, reply: &str) -> Result<String, JsValue> {
        let session = self.session.as_mut().ok_or(Failure::Locked)?;
        Ok(session.finish_kit(reply, &Stretch::STANDARD, &mut rng()?)?)
    }

    /// Forgets the code; harmless after `lock`.
    pub fn forget_kit(&mut self) {
        if let Some(session) = &mut self.session {
            session.forget_kit();
        }
        nightsafe_wipe::stack();
    }

    /// Body of `POST /v1/passkeys/finish`.
    pub fn add_passkey(&mut self, made: &str, mut prf: Option<Vec<u8>>, now: &str) -> Result<String, JsValue> {
        let session = self.session.as_mut().ok_or(Failure::Locked)?;
        let added = session.add_passkey(made, prf.as_deref(), now, &mut rng()?);
        prf.zeroize();
        nightsafe_wipe::stack();
        Ok(added?)
    }

    /// Body of `POST /v1/passkeys/remove`.
    pub fn remove_passkey(&mut self, id: &str, now: &str) -> Result<String, JsValue> {
        Ok(self.session.as_mut().ok_or(Failure::Locked)?.remove_passkey(id, now, &mut rng()?)?)
    }

    /// What to remember of the roster.
    #[wasm_bindgen(getter)]
    pub fn roster_place(&self) -> Result<Option<String>, JsValue> {
        Ok(self.session()?.roster_place())
    }

    /// Whether the roster is known to be the current one.
    #[wasm_bindgen(getter)]
    pub fn roster_trust(&self) -> Result<String, JsValue> {
        Ok(self.session()?.roster_trust().as_str().to_owned())
    }

    /// JSON of the data keys, and what is due at this Unix time.
    pub fn keys(&self, now: f64) -> Result<String, JsValue> {
        Ok(self.session()?.keys(time(now))?)
    }

    /// JSON of everybody in the roster.
    #[wasm_bindgen(getter)]
    pub fn people(&self) -> Result<String, JsValue> {
        Ok(self.session()?.people()?)
    }

    /// How many admins must sign a change of the roster.
    #[wasm_bindgen(getter)]
    pub fn threshold(&self) -> Result<u8, JsValue> {
        Ok(self.session()?.threshold())
    }

    /// Takes the roster as it is now.
    pub fn renew_roster(&mut self, roster: &str, custody: &str) -> Result<(), JsValue> {
        Ok(self.session.as_mut().ok_or(Failure::Locked)?.renew_roster(roster, custody, &mut rng()?)?)
    }

    /// JSON of those who wait.
    pub fn waiting(&self, invitations: &str) -> Result<String, JsValue> {
        Ok(self.session()?.waiting(invitations)?)
    }

    /// JSON of entries that wait for a signature.
    pub fn proposals(&self, proposals: &str) -> Result<String, JsValue> {
        Ok(self.session()?.proposals(proposals)?)
    }

    /// Signs a change of the roster.
    pub fn change(&mut self, request: &str, now: &str) -> Result<String, JsValue> {
        Ok(self.session.as_mut().ok_or(Failure::Locked)?.change(request, now, &mut rng()?)?)
    }

    /// Signs an entry that somebody else has signed.
    pub fn cosign(&mut self, entry: &str, invitations: &str, now: &str) -> Result<String, JsValue> {
        Ok(self.session.as_mut().ok_or(Failure::Locked)?.cosign(entry, invitations, now, &mut rng()?)?)
    }

    /// Opens keys with the organisation's recovery key.
    pub fn recover(&mut self, mut file: String, grants: &str, custody: &str, now: &str) -> Result<String, JsValue> {
        let session = self.session.as_mut().ok_or(Failure::Locked)?;
        let recovered = session.recover(&file, grants, custody, now, &mut rng()?);
        file.zeroize();
        nightsafe_wipe::stack();
        Ok(recovered?)
    }

    /// Forgets a deposit; one that is not held does no harm.
    pub fn forget(&mut self, deposit_id: &str) {
        if let (Some(session), Ok(id)) = (&mut self.session, Hex32::parse(deposit_id)) {
            session.forget(&id);
        }
    }

    /// Zeroises everything.
    pub fn lock(&mut self) {
        self.session = None;
        nightsafe_wipe::stack();
    }
}

impl Opener {
    pub(crate) fn kept_for(&self, tab: &TabHalf) -> Result<Option<String>, Failure> {
        self.session()?.kept_for(tab, &mut rng()?)
    }

    pub(crate) fn of(session: Session) -> Self {
        Self { session: Some(session) }
    }

    fn session(&self) -> Result<&Session, Failure> {
        self.session.as_ref().ok_or(Failure::Locked)
    }
}
