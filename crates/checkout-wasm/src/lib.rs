//! Bindings over core for the frame of the checkout page: conversions and DOM inputs, no logic.
//!
//! The same bytes for every shop: what is a shop's own comes in as texts, and all of it is verified here against the
//! trust anchor. TypeScript sees states, stable codes and the sealed deposit; what the shopper types into the frame
//! goes from its inputs into this module's memory and leaves it sealed only.
//!
//! Signatures are verified by the browser: `ask` says which, `renew` takes the verdicts and decides. With the feature
//! `portable`, for browsers whose WebCrypto has no Ed25519, `renew` verifies them itself and looks at no verdict.
//!
//! Errors are returned as texts. One word is a code for the whole, such as `manifest_expired`; lines of
//! `field index code` are fields that cannot be sealed as they are.

mod checkout;
mod entries;
mod inputs;
mod rng;
mod trust;
#[cfg(target_arch = "wasm32")]
mod wipe;

pub use checkout::{ask, bind, brand, check, clear, edited, empty, put, renew, seal, start};
