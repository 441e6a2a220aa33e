//! A tab's part of its session: the bindings. What they call is in core and in `session`.

use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::scalar::Site;
use nightsafe_core::session::TabHalf;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use crate::failure::Failure;
use crate::login::rng;
use crate::opener::Opener;
use crate::session::{Answers, Session};

/// Holder of a tab's half.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Tab {
    half: TabHalf,
    site: Site,
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

    /// Unlocks without the passphrase.
    #[expect(clippy::too_many_arguments, reason = "texts, each of which is an answer of its own")]
    pub fn resume(
        &self,
        resumed: &str,
        identity: &str,
        roster: &str,
        custody: &str,
        anchor: &str,
        manifests: &str,
        remembered: &str,
    ) -> Result<Opener, JsValue> {
        let answers = Answers { identity, roster, custody, manifests, remembered };
        Ok(Opener::of(Session::resume(&self.half, resumed, &answers, anchor, &mut rng()?)?))
    }
}

impl Tab {
    fn of(anchor: &str, half: Option<&str>) -> Result<Self, Failure> {
        let site = TrustAnchor::parse(anchor).map_err(|_| Failure::Malformed)?.site;
        let half = match half {
            Some(text) => TabHalf::parse(text).ok_or(Failure::Malformed)?,
            None => TabHalf::generate(&mut rng()?),
        };
        Ok(Self { half, site })
    }
}
