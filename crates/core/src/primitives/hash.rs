//! SHA-256 (FIPS 180-4), HKDF-SHA256 (RFC 5869), SHA3-256 and SHAKE256 (FIPS 202).

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

/// HKDF-SHA256 with an empty salt, 32 bytes; `info` is the parts, one after the other.
pub(crate) fn derive_tag(secret: &[u8; 32], info: &[&[u8]]) -> [u8; 32] {
    let mut tag = [0; 32];
    // Fails only for more than 255 blocks of output; this is one
    let _ = hkdf::Hkdf::<Sha256>::new(None, secret).expand_multi_info(info, &mut tag);
    tag
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
