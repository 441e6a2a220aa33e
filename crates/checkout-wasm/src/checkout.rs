//! The one object that the loader holds.

use crate::entries::{self, Entry, Field};
use crate::inputs::{self, Inputs, KIND};
use crate::trust::{self, Code};
use getrandom::SysRng;
use nightsafe_core::anchor::PinnedAnchor;
use nightsafe_core::deposit::{FieldToSeal, Order, assemble};
use nightsafe_core::facets;
use nightsafe_core::manifest::SealingManifest;
use nightsafe_core::scalar::Reference;
use nightsafe_core::time::{Month, UnixTime};
use rand_core::UnwrapErr;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::HtmlInputElement;
use zeroize::Zeroizing;

/// The frame's inputs, what was handed over by the page, and what both are sealed under.
#[wasm_bindgen]
pub struct Checkout {
    anchor: PinnedAnchor,
    parent: String,
    verified: Option<SealingManifest>,
    month: Month,
    inputs: Inputs,
    handed: Vec<Entry>,
}

#[wasm_bindgen]
impl Checkout {
    /// Takes the trust anchor's text and the origin of the page that embeds the frame. Nothing works before `renew`.
    ///
    /// # Errors
    /// Throws `anchor_malformed`.
    #[wasm_bindgen(constructor)]
    pub fn new(anchor: &str, parent: String) -> Result<Self, Code> {
        Ok(Self {
            anchor: trust::anchor(anchor)?,
            parent,
            verified: None,
            month: UnixTime::default().month(),
            inputs: Inputs::default(),
            handed: Vec::new(),
        })
    }

    /// Verifies manifest and timestamp (signed notes) at a time in seconds since 1970, and that the page may embed the
    /// frame.
    ///
    /// # Errors
    /// Throws `manifest_…` or `timestamp_…` with core's code, or `parent_not_allowed`; what was verified before stays.
    pub fn renew(&mut self, manifest: &str, timestamp: &str, now: f64) -> Result<(), Code> {
        let now = time(now);
        let before = self.verified.as_ref();
        self.verified = Some(trust::verify(&self.anchor, (manifest, timestamp), &self.parent, before, now)?);
        self.month = now.month();
        Ok(())
    }

    /// Takes an input for a part of the card: 0 when the policy has no such part, 1 when it may stay empty, else 2.
    pub fn bind(&mut self, part: &str, input: HtmlInputElement) -> u8 {
        let need = self.verified.as_ref().and_then(|verified| inputs::part(verified, part));
        let need = need.map_or(0, |part| if part.optional { 1 } else { 2 });
        if need > 0 {
            self.inputs.bind(part, input);
        }
        need
    }

    /// A part's input was edited: formats it.
    pub fn edited(&self, part: &str) {
        if let Some(verified) = &self.verified {
            self.inputs.format(verified, part);
        }
    }

    /// What is wrong with a part: a stable code, or an empty text.
    pub fn check(&self, part: &str) -> String {
        let verified = self.verified.as_ref();
        let error = verified.and_then(|verified| self.inputs.check(verified, part, self.month));
        error.map_or(String::new(), |error| error.code().into())
    }

    /// The card's brand as far as it is typed, as in the facet, or an empty text.
    pub fn brand(&self) -> String {
        self.inputs.brand().map_or(String::new(), |brand| brand.name().into())
    }

    /// Whether nothing is in the inputs.
    pub fn empty(&self) -> bool {
        self.inputs.are_blank()
    }

    /// Empties the inputs.
    pub fn clear(&self) {
        self.inputs.clear();
    }

    /// Takes a value of the page's own input, for the next `seal`: `field` is a kind, or a kind and a part.
    pub fn put(&mut self, field: String, index: u32, text: String) {
        self.handed.push(Entry { field, index, text: Zeroizing::new(text) });
    }

    /// Seals the inputs and what was put, and forgets the latter. Returns the deposit's JSON.
    ///
    /// # Errors
    /// Throws `malformed_reference`, `no_manifest`, `nothing_to_seal`, `no_data_key`, `seal_failed`, or lines of `field index code`.
    pub fn seal(&mut self, reference: &str, now: f64) -> Result<String, Code> {
        let mut entries: Vec<Entry> = self.inputs.entries().collect();
        entries.append(&mut self.handed);
        let reference = Reference::parse(reference).map_err(|_| Code::from("malformed_reference"))?;
        let manifest = self.verified.as_ref().ok_or("no_manifest")?;
        let now = time(now);
        let needed = (!self.inputs.is_empty()).then_some(KIND);
        let fields = entries::fields(&manifest.kinds, &entries, needed, now.month())?;
        if fields.is_empty() {
            return Err("nothing_to_seal".into());
        }
        let named = fields.iter().map(|field| (field.kind.name.as_str(), field.index, &field.value));
        let order = Order {
            site: &self.anchor.site,
            reference: &reference,
            manifest: &manifest.hash(),
            key: &manifest.active_key(now).ok_or("no_data_key")?,
            facets: &facets::derive_all(&manifest.kinds, named),
            now,
        };
        let fields: Vec<FieldToSeal<'_>> = fields.iter().map(Field::to_seal).collect();
        let deposit = assemble(&order, &fields, &mut UnwrapErr(SysRng)).map_err(|_| Code::from("seal_failed"))?;
        Ok(deposit.to_json())
    }
}

/// Seconds since 1970 as JavaScript has them: whole, not negative.
fn time(seconds: f64) -> UnixTime {
    // A cast of a float saturates
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and NaN becomes 0")]
    UnixTime::from_seconds(seconds as u64)
}
