//! A tab's part of its session: the bindings. What they call is in core and in `session`.

use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::scalar::Site;
use nightsafe_core::session::TabHalf;
use nightsafe_core::time::UnixTime;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use crate::failure::Failure;
use crate::login::{rng, time};
use crate::opener::Opener;
use crate::session::{Answers, Session};

/// Holder of a tab's half.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Tab {
    half: TabHalf,
    site: Site,
    remembered: String,
    /// Key and place of the audit log.
    log: (String, String),
    timestamp: Option<String>,
    now: UnixTime,
}

#[wasm_bindgen]
impl Tab {
    /// A fresh one, or the one that was kept.
    #[wasm_bindgen(constructor)]
    pub fn new(anchor: &str, half: Option<String>) -> Result<Tab, JsValue> {
        Ok(Self::of(anchor, half.as_deref())?)
    }

    /// For the tab to keep.
    #[wasm_bindgen(getter)]
    pub fn half(&self) -> String {
        self.half.to_text().to_string()
    }

    /// For the header of every request.
    #[wasm_bindgen(getter)]
    pub fn proof(&self) -> String {
        self.half.proof(&self.site).to_text().to_string()
    }

    /// Body of `POST /v1/session/identity`, if there is anything to keep.
    pub fn keep(&self, opener: &Opener) -> Result<Option<String>, JsValue> {
        Ok(opener.kept_for(&self.half)?)
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

    /// Unlocks without the passphrase.
    pub fn resume(
        &self,
        resumed: &str,
        identity: &str,
        roster: &str,
        custody: &str,
        anchor: &str,
        manifests: &str,
    ) -> Result<Opener, JsValue> {
        let answers = Answers {
            identity,
            roster,
            custody,
            manifests,
            remembered: &self.remembered,
            log_key: &self.log.0,
            log_place: &self.log.1,
            timestamp: self.timestamp.as_deref(),
            now: self.now,
        };
        let session = Session::resume(&self.half, resumed, &answers, anchor, &mut rng()?);
        nightsafe_wipe::stack();
        Ok(Opener::of(session?))
    }
}

impl Tab {
    fn of(anchor: &str, half: Option<&str>) -> Result<Self, Failure> {
        let site = TrustAnchor::parse(anchor).map_err(|_| Failure::Malformed)?.site;
        let half = match half {
            Some(text) => TabHalf::parse(text).ok_or(Failure::Malformed)?,
            None => TabHalf::generate(&mut rng()?),
        };
        let (remembered, log) = Default::default();
        Ok(Self { half, site, remembered, log, timestamp: None, now: UnixTime::default() })
    }
}
