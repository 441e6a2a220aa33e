//! HPKE's derivations (RFC 9180) over HKDF-SHA256 (RFC 5869): DHKEM's, and the key schedule for sealing.
//!
//! `hpke` would bring a key schedule for each suite, which differ by an id alone, and with them a kilobyte of the checkout
//! WASM. It opens what is sealed by this one, and the published vectors say the same of both.

use super::Secret32;
use crate::suite::Suite;
use hkdf::{Hkdf, HkdfExtract};
use sha2::Sha256;
use zeroize::Zeroizing;

/// No salt: HMAC fills a key up with zeros.
const NONE: [u8; 32] = [0; 32];
/// What `suite_id` begins with for DHKEM(X25519, HKDF-SHA256) (section 4.1).
const DHKEM: &[u8] = b"KEM\x00\x20";
/// Key and nonce of ChaCha20-Poly1305 (section 7.3), in bytes.
const KEY: u8 = 32;
const NONCE: u8 = 12;

/// HKDF-SHA256 with an empty salt, 32 bytes; `info` is the parts, one after the other.
pub(crate) fn derive_tag(secret: &[u8; 32], info: &[&[u8]]) -> [u8; 32] {
    *expand(&extract(&NONE, &[secret]), info, 32)
}

/// HKDF-SHA256 with an empty salt over secret parts, one after the other: 32 bytes.
#[cfg(feature = "admin")]
pub(crate) fn derive_kek(secret: &[&[u8]], info: &[u8]) -> Secret32 {
    expand(&extract(&NONE, secret), &[info], 32)
}

/// ExtractAndExpand(dh, enc || pkR) of DHKEM (section 4.1).
pub(super) fn dhkem(dh: &[u8; 32], enc: &[u8], public_key: &[u8]) -> Secret32 {
    let secret = labeled_extract(DHKEM, &NONE, b"eae_prk", dh);
    labeled_expand(DHKEM, &secret, b"shared_secret", &[enc, public_key].concat(), KEY)
}

/// DeriveKeyPair of DHKEM (section 7.1.3): the scalar.
pub(super) fn ephemeral(random: &[u8; 32]) -> Secret32 {
    let secret = labeled_extract(DHKEM, &NONE, b"dkp_prk", random);
    labeled_expand(DHKEM, &secret, b"sk", &[], KEY)
}

/// KeySchedule in mode base (section 5.1): key and base nonce, which is the nonce of the first message.
pub(super) fn key_schedule(suite: Suite, secret: &Secret32, info: &[u8]) -> (Secret32, [u8; 12]) {
    // KDF HKDF-SHA256, AEAD ChaCha20-Poly1305
    let id = [b"HPKE", suite.kem_id().to_be_bytes().as_slice(), &[0, 1, 0, 3]].concat();
    let hashed = |label, text| labeled_extract(&id, &NONE, label, text);
    let context = [&[0], hashed(b"psk_id_hash", &[]).as_slice(), hashed(b"info_hash", info).as_slice()].concat();
    let secret = labeled_extract(&id, secret, b"secret", &[]);
    let key = labeled_expand(&id, &secret, b"key", &context, KEY);
    let nonce = labeled_expand(&id, &secret, b"base_nonce", &context, NONCE);
    (key, *nonce.first_chunk().unwrap_or(&[0; 12]))
}

/// Section 4.
fn labeled_extract(suite_id: &[u8], salt: &[u8; 32], label: &[u8], ikm: &[u8]) -> Secret32 {
    extract(salt, &[b"HPKE-v1", suite_id, label, ikm])
}

/// Section 4. The first `length` bytes count, at most 32.
fn labeled_expand(suite_id: &[u8], secret: &Secret32, label: &[u8], info: &[u8], length: u8) -> Secret32 {
    expand(secret, &[&[0, length], b"HPKE-v1", suite_id, label, info], length)
}

/// HKDF-Extract over the parts, one after the other.
fn extract(salt: &[u8; 32], parts: &[&[u8]]) -> Secret32 {
    let mut extract = HkdfExtract::<Sha256>::new(Some(salt));
    for part in parts {
        extract.input_ikm(part);
    }
    Zeroizing::new(extract.finalize().0.into())
}

/// HKDF-Expand; the first `length` bytes are filled, at most 32.
#[expect(
    clippy::expect_used,
    reason = "a hash's length in, at most that out: nothing that HKDF refuses; to go on would mean a key of zeros"
)]
fn expand(prk: &Secret32, info: &[&[u8]], length: u8) -> Secret32 {
    let mut out = Zeroizing::new([0; 32]);
    let bytes = out.get_mut(..length.into()).expect("at most a hash");
    let hkdf = Hkdf::<Sha256>::from_prk(prk.as_slice()).expect("a hash");
    hkdf.expand_multi_info(info, bytes).expect("at most a hash");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primitives::combined::Combined;
    use hpke::OpModeS;
    use hpke::aead::{AeadCtxS, ChaCha20Poly1305};
    use hpke::kdf::{HkdfSha256, Kdf};
    use hpke::kem::SharedSecret;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn tags_are_those_of_the_hkdf_crate(secret in any::<[u8; 32]>(), info in prop::collection::vec(any::<Vec<u8>>(), 0..4)) {
            let parts: Vec<&[u8]> = info.iter().map(Vec::as_slice).collect();
            let mut expected = [0; 32];
            hkdf::Hkdf::<Sha256>::new(None, &secret).expand_multi_info(&parts, &mut expected).unwrap();
            prop_assert_eq!(derive_tag(&secret, &parts), expected);
        }

        #[test]
        fn derivations_of_dhkem_are_those_of_hpke(secret in any::<[u8; 32]>(), enc in any::<[u8; 32]>(), key in any::<[u8; 32]>()) {
            let id: &[u8; 5] = DHKEM.try_into().unwrap();
            prop_assert_eq!(*ephemeral(&secret), HkdfSha256::derive_x25519_sk_eph_bytes(id, &secret));
            let mut expected = [0; 32];
            HkdfSha256::extract_and_expand(&secret, id, &[enc, key].concat(), &mut expected).unwrap();
            prop_assert_eq!(*dhkem(&secret, &enc, &key), expected);
        }

        #[test]
        fn what_is_sealed_is_what_hpke_seals(secret in any::<[u8; 32]>(), info: Vec<u8>, aad: Vec<u8>, text: Vec<u8>) {
            fn peer<const KEM_ID: u16>(secret: [u8; 32], info: &[u8], aad: &[u8], text: &[u8]) -> Vec<u8> {
                let secret = SharedSecret::<Combined<KEM_ID>>(secret.into());
                let context = HkdfSha256::combine_secrets::<ChaCha20Poly1305, _, _>(&OpModeS::Base, secret, info);
                AeadCtxS::from(context).seal(text, aad).unwrap()
            }
            for (suite, expected) in [
                (Suite::XWing, peer::<0x647a>(secret, &info, &aad, &text)),
                (Suite::X25519, peer::<0x0020>(secret, &info, &aad, &text)),
            ] {
                let mut sealed = b"before".to_vec();
                super::super::seal::aead_seal(suite, &Zeroizing::new(secret), &info, &aad, &text, &mut sealed).unwrap();
                prop_assert_eq!(sealed.strip_prefix(b"before").unwrap(), expected);
            }
        }
    }
}
