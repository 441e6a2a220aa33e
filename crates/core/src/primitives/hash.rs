//! SHA-256 (FIPS 180-4), SHA3-256 and SHAKE256 (FIPS 202).

use super::Secret32;
use sha2::{Digest, Sha256};
use shake::{ExtendableOutput, Shake256, XofReader};
use zeroize::Zeroizing;

/// SHA-256 over the parts, one after the other.
pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

/// X-Wing's combiner (draft-connolly-cfrg-xwing-kem section 5.3):
/// SHA3-256(ss_M || ss_X || ct_X || pk_X || XWingLabel).
pub(super) fn xwing_combiner(ss_m: &[u8; 32], ss_x: &[u8; 32], ct_x: &[u8], pk_x: &[u8]) -> Secret32 {
    let mut hash = sha3::Sha3_256::new();
    for part in [ss_m, ss_x, ct_x, pk_x, br"\.//^\"] {
        hash.update(part);
    }
    Zeroizing::new(hash.finalize().into())
}

/// X-Wing's expansion of its 32-byte seed (section 5.2): d || z of ML-KEM, then the X25519 scalar.
pub(crate) fn expand_xwing_seed(seed: &[u8; 32]) -> (Zeroizing<[u8; 64]>, Secret32) {
    use shake::Update;
    let mut hash = Shake256::default();
    hash.update(seed);
    let mut stream = hash.finalize_xof();
    let (mut mlkem, mut x25519) = (Zeroizing::new([0; 64]), Zeroizing::new([0; 32]));
    stream.read(mlkem.as_mut_slice());
    stream.read(x25519.as_mut_slice());
    (mlkem, x25519)
}
