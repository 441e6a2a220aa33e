//! What the loader calls.

use crate::entries::{self, Entry, Field};
use crate::inputs::{self, Input, Inputs, KIND};
use crate::rng::BrowserRng;
use crate::trust::{self, Code, Verified};
use nightsafe_core::anchor::PinnedAnchor;
use nightsafe_core::deposit::{FieldToSeal, Order, assemble};
use nightsafe_core::facets;
use nightsafe_core::manifest::SealingManifest;
use nightsafe_core::note::{Requests, Verdicts, Verify, strictly};
use nightsafe_core::scalar::Reference;
use nightsafe_core::time::UnixTime;
use std::cell::RefCell;
use wasm_bindgen::prelude::wasm_bindgen;
use zeroize::Zeroizing;

/// The frame's inputs, what was handed over by the page, and what both are sealed under.
///
/// A frame has one checkout, and a module one frame: as a class it would cost glue and counted references.
struct Checkout {
    anchor: Option<PinnedAnchor>,
    parent: String,
    asked: Option<Asked>,
    verified: Option<Verified>,
    inputs: Inputs,
    handed: Vec<Entry>,
}

/// Notes that were asked about, what there is to verify in them, and when.
struct Asked {
    manifest: String,
    timestamp: String,
    now: UnixTime,
    requests: Requests,
}

thread_local! {
    static CHECKOUT: RefCell<Checkout> = const { RefCell::new(Checkout::new()) };
}

fn with<T>(work: impl FnOnce(&mut Checkout) -> T) -> T {
    CHECKOUT.with_borrow_mut(work)
}

/// Takes the trust anchor's text and the origin of the page that embeds the frame, and forgets what was before. Nothing
/// works before `renew`. Returns an empty text, or `anchor_malformed`.
#[wasm_bindgen]
pub fn start(anchor: &str, parent: String) -> String {
    told(trust::anchor(anchor).map(|anchor| {
        with(|checkout| *checkout = Checkout { anchor: Some(anchor), parent, ..Checkout::new() });
    }))
}

/// Takes manifest and timestamp (signed notes) and the time, in seconds since 1970. Returns what `renew` needs to be
/// given for them: the file of the active data key, and verdicts on signatures. The file's name comes first, after its
/// length (a byte; 0 when the notes are of no use), then one signature after the other: public key (32 bytes), signature
/// (64), length of the message (u32, big-endian), message.
#[wasm_bindgen]
pub fn ask(manifest: String, timestamp: String, now: f64) -> Vec<u8> {
    with(|checkout| checkout.ask(manifest, timestamp, time(now)))
}

/// Verifies what `ask` took, once, and that the page may embed the frame. `key` is the active data key's file,
/// `verdicts` a byte for each signature that `ask` gave, 1 for a good one.
///
/// Returns an empty text, or why not: `manifest_…` or `timestamp_…` with core's code, `parent_not_allowed`,
/// `data_key_refused` when `key` is not the one that the manifest names, `no_manifest` when nothing was asked. What was
/// verified before stays then.
#[wasm_bindgen]
pub fn renew(key: &[u8], verdicts: &[u8]) -> String {
    with(|checkout| told(checkout.renew(key, verdicts)))
}

/// Takes an input for a part of the card: 0 when the policy has no such part, 1 when it may stay empty, else 2.
#[wasm_bindgen]
pub fn bind(part: &str, input: Input) -> u8 {
    with(|checkout| {
        let need = checkout.verified.as_ref().and_then(|verified| inputs::part(&verified.manifest, part));
        let need = need.map_or(0, |part| if part.optional { 1 } else { 2 });
        if need > 0 {
            checkout.inputs.bind(part, input);
        }
        need
    })
}

/// A part's input was edited: formats it.
#[wasm_bindgen]
pub fn edited(part: &str) {
    with(|checkout| {
        if let Some(verified) = &checkout.verified {
            checkout.inputs.format(&verified.manifest, part);
        }
    });
}

/// What is wrong with a part: a stable code, or an empty text.
#[wasm_bindgen]
pub fn check(part: &str) -> String {
    with(|checkout| {
        let verified = checkout.verified.as_ref();
        let error = verified.and_then(|verified| checkout.inputs.check(&verified.manifest, part, verified.month));
        error.map_or(String::new(), |error| error.code().into())
    })
}

/// The card's brand as far as it is typed, as in the facet, or an empty text.
#[wasm_bindgen]
pub fn brand() -> String {
    with(|checkout| checkout.inputs.brand().map_or(String::new(), |brand| brand.name().into()))
}

/// Whether nothing is in the inputs.
#[wasm_bindgen]
pub fn empty() -> bool {
    with(|checkout| checkout.inputs.are_blank())
}

/// Empties the inputs.
#[wasm_bindgen]
pub fn clear() {
    with(|checkout| checkout.inputs.clear());
}

/// Takes a value of the page's own input, for the next `seal`: `field` is a kind, or a kind and a part.
#[wasm_bindgen]
pub fn put(field: String, index: u32, text: String) {
    let text = Zeroizing::new(text);
    with(|checkout| checkout.handed.push(Entry { field, index, text }));
}

/// Seals the inputs and what was put, and forgets the latter. Returns the deposit's JSON; or, behind an exclamation mark,
/// why not: `malformed_reference`, `no_manifest`, `nothing_to_seal`, `seal_failed`, or lines of `field index code`.
#[wasm_bindgen]
pub fn seal(reference: &str, now: f64) -> String {
    with(|checkout| checkout.seal(reference, time(now)).unwrap_or_else(|code| ["!", &code].concat()))
}

/// Texts instead of exceptions: what throws them would be more glue than all of these functions have.
fn told(outcome: Result<(), Code>) -> String {
    outcome.err().unwrap_or_default()
}

impl Checkout {
    const fn new() -> Self {
        Self {
            anchor: None,
            parent: String::new(),
            asked: None,
            verified: None,
            inputs: Inputs::new(),
            handed: Vec::new(),
        }
    }

    /// Everything is read as if all signatures were good, and nothing of it is kept but the requests.
    fn ask(&mut self, manifest: String, timestamp: String, now: UnixTime) -> Vec<u8> {
        let mut asked = Asked { manifest, timestamp, now, requests: Requests::new() };
        let mut requests = Requests::new();
        let read = self.verify(&asked, &mut |key, message, signature| requests.add(key, message, signature));
        let file = read.ok().and_then(|manifest| manifest.active_key(now)).map_or(String::new(), |key| key.file_name());
        // At most 41 bytes
        let mut answer = vec![u8::try_from(file.len()).unwrap_or(0)];
        answer.extend_from_slice(file.as_bytes());
        answer.extend_from_slice(requests.as_bytes());
        asked.requests = requests;
        self.asked = Some(asked);
        answer
    }

    fn renew(&mut self, key: &[u8], verdicts: &[u8]) -> Result<(), Code> {
        // Verdicts are given once
        let asked = self.asked.take().ok_or("no_manifest")?;
        let mut verdicts = Verdicts::new(&asked.requests, verdicts);
        let now = asked.now;
        let manifest = if cfg!(feature = "portable") {
            self.verify(&asked, &mut strictly)?
        } else {
            self.verify(&asked, &mut |key, message, signature| verdicts.take(key, message, signature))?
        };
        let key = manifest.active_key(now).and_then(|active| active.open(key)).ok_or("data_key_refused")?;
        self.verified = Some(Verified { manifest, key, month: now.month() });
        Ok(())
    }

    fn verify(&self, asked: &Asked, verify: Verify<'_>) -> Result<SealingManifest, Code> {
        let anchor = self.anchor.as_ref().ok_or("anchor_malformed")?;
        let notes = (asked.manifest.as_str(), asked.timestamp.as_str());
        trust::verify(anchor, notes, &self.parent, self.verified.as_ref(), asked.now, verify)
    }

    fn seal(&mut self, reference: &str, now: UnixTime) -> Result<String, Code> {
        let mut entries: Vec<Entry> = self.inputs.entries().collect();
        entries.append(&mut self.handed);
        let reference = Reference::parse(reference).map_err(|_| Code::from("malformed_reference"))?;
        let (anchor, verified) = self.anchor.as_ref().zip(self.verified.as_ref()).ok_or("no_manifest")?;
        let manifest = &verified.manifest;
        let needed = (!self.inputs.is_empty()).then_some(KIND);
        let fields = entries::fields(&manifest.kinds, &entries, needed, now.month())?;
        if fields.is_empty() {
            return Err("nothing_to_seal".into());
        }
        let named = fields.iter().map(|field| (field.kind.name.as_str(), field.index, &field.value));
        let order = Order {
            site: &anchor.site,
            reference: &reference,
            manifest: &manifest.hash(),
            key: &verified.key,
            facets: &facets::derive_all(&manifest.kinds, named),
            now,
        };
        let fields: Vec<FieldToSeal<'_>> = fields.iter().map(Field::to_seal).collect();
        let deposit = assemble(&order, &fields, &mut BrowserRng).map_err(|_| Code::from("seal_failed"))?;
        Ok(deposit.to_json())
    }
}

/// Seconds since 1970 as JavaScript has them: whole, not negative.
fn time(seconds: f64) -> UnixTime {
    // A cast of a float saturates
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and NaN becomes 0")]
    UnixTime::from_seconds(seconds as u64)
}
