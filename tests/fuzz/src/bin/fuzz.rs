//! libFuzzer over the target that `NIGHTSAFE_FUZZ_TARGET` names: one program, because linking takes longer than starting.
#![no_main]
#![allow(
    unsafe_code,
    clippy::expect_used,
    reason = "libFuzzer calls a C function, and there is no one to return an error to"
)]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

static RUN: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let name = std::env::var("NIGHTSAFE_FUZZ_TARGET").expect("NIGHTSAFE_FUZZ_TARGET names no target");
    nightsafe_fuzz::target(&name).expect("there is no target of that name").run
});

fuzz_target!(|data: &[u8]| RUN(data));
