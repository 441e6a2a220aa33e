//! The frame's own inputs: read, formatted as they are typed in, emptied.

use crate::entries::Entry;
use nightsafe_core::format;
use nightsafe_core::manifest::SealingManifest;
use nightsafe_core::policy::Part;
use nightsafe_core::rule::{CheckContext, FieldError, card};
use nightsafe_core::time::Month;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::HtmlInputElement;
use zeroize::Zeroizing;

/// The kind that the frame's inputs are parts of.
pub(crate) const KIND: &str = "card";

#[wasm_bindgen]
extern "C" {
    /// An input of type text, which has a caret. For other types the browser throws; these two, unlike `web-sys`'s own,
    /// do not hand that over to Rust, so that it ends the module, and what would hand it over is not sent.
    #[wasm_bindgen(extends = HtmlInputElement, typescript_type = "HTMLInputElement")]
    pub type Input;

    #[wasm_bindgen(method, getter, js_name = selectionStart)]
    fn selection_start(this: &Input) -> Option<u32>;

    #[wasm_bindgen(method, js_name = setSelectionRange)]
    fn set_selection_range(this: &Input, start: u32, end: u32);
}

/// The inputs that are bound, by their part's name.
pub(crate) struct Inputs(Vec<(String, Input)>);

impl Inputs {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn bind(&mut self, part: &str, input: Input) {
        self.0.push((part.into(), input));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether nothing has been entered.
    pub(crate) fn are_blank(&self) -> bool {
        self.0.iter().all(|(_, input)| text(input).is_empty())
    }

    /// Formats what stands in a part's input and keeps the caret at its place in the text.
    pub(crate) fn format(&self, manifest: &SealingManifest, name: &str) {
        let (Some(part), Some(input)) = (part(manifest, name), self.input(name)) else {
            return;
        };
        let before = text(input);
        // Where the browser does not tell, the caret is taken to be at the end
        let caret = input.selection_start().map_or(usize::MAX, |units| units as usize);
        let (after, caret) = format::edit(part.rule, &before, caret);
        if *after != **before {
            input.set_value(&after);
            let caret = u32::try_from(caret).unwrap_or(u32::MAX);
            input.set_selection_range(caret, caret);
        }
    }

    /// What is wrong with a part as it stands, if anything is.
    pub(crate) fn check(&self, manifest: &SealingManifest, name: &str, month: Month) -> Option<FieldError> {
        let (part, input) = (part(manifest, name)?, self.input(name)?);
        match part.rule.check(&text(input), &CheckContext { month, country: None }) {
            Err(FieldError::Required) if part.optional => None,
            checked => checked.err(),
        }
    }

    /// The brand of the number as far as it is typed.
    pub(crate) fn brand(&self) -> Option<card::Brand> {
        card::typed_brand(&text(self.input("number")?))
    }

    pub(crate) fn clear(&self) {
        for (_, input) in &self.0 {
            input.set_value("");
        }
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = Entry> {
        self.0.iter().map(|(part, input)| Entry { field: [KIND, ".", part].concat(), index: 0, text: text(input) })
    }

    fn input(&self, part: &str) -> Option<&Input> {
        self.0.iter().find_map(|(name, input)| (name == part).then_some(input))
    }
}

/// The policy's word on a part of the frame.
pub(crate) fn part<'a>(manifest: &'a SealingManifest, name: &str) -> Option<&'a Part> {
    manifest.kind(KIND)?.part(name)
}

fn text(input: &Input) -> Zeroizing<String> {
    Zeroizing::new(input.value())
}
