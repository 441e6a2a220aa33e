//! What the other commands need on the machine: looked for, then installed where possible, else named.

pub(crate) mod apt;
pub(crate) mod chromium;
pub(crate) mod faketime;
pub(crate) mod npm;
pub(crate) mod postgres;
pub(crate) mod proxies;
pub(crate) mod schemathesis;
pub(crate) mod wasm_target;
pub(crate) mod watchers;
