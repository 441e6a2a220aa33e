//! Argon2id (RFC 9106, version 0x13) and XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03), for items at rest.

use super::Secret32;
use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

/// 32 bytes from a passphrase; costs are memory in KiB, passes, lanes. `None` when there is not that much memory.
pub(crate) fn argon2id(passphrase: &[u8], salt: &[u8; 16], costs: (u32, u32, u32)) -> Option<Secret32> {
    let params = Params::new(costs.0, costs.1, costs.2, Some(32)).ok()?;
    let mut key = Zeroizing::new([0; 32]);
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password_into(passphrase, salt, key.as_mut_slice()).ok()?;
    Some(key)
}

/// The ciphertext with its tag.
pub(crate) fn aead_seal(key: &Secret32, nonce: &[u8; 24], aad: &[u8], plaintext: &[u8]) -> Option<Vec<u8>> {
    let payload = Payload { msg: plaintext, aad };
    cipher(key).encrypt(&XNonce::from(*nonce), payload).ok()
}

/// The plaintext; `None` when anything was changed.
pub(crate) fn aead_open(key: &Secret32, nonce: &[u8; 24], aad: &[u8], ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let payload = Payload { msg: ciphertext, aad };
    cipher(key).decrypt(&XNonce::from(*nonce), payload).ok().map(Zeroizing::new)
}

fn cipher(key: &Secret32) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new((&**key).into())
}
