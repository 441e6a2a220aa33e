//! Canonical bodies: 32 bytes of id, 32 of nonce, then the body.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nightsafe_core::deposit::Deposit;
use nightsafe_core::scalar::{DepositId, Nonce};

fuzz_target!(|data: &[u8]| {
    let Some((id, rest)) = data.split_first_chunk::<32>() else { return };
    let Some((nonce, body)) = rest.split_first_chunk::<32>() else { return };
    if let Ok(deposit) = Deposit::from_canonical_body(&DepositId(*id), Nonce(*nonce), body) {
        assert_eq!(deposit.canonical_body(), body);
    }
});
