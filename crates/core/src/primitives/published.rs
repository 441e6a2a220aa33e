//! Published vectors, run through our sealing and our opening path.

use super::{MLKEM_CIPHERTEXT, SealKey, open};
use crate::encoding::{hex, hex_into};
use crate::keys::{ItemName, PrivateItems};
use crate::suite::Suite;
use crate::testing::BytesRng;
use serde_json::Value;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn bytes(vector: &Value, name: &str) -> Vec<u8> {
    let text = vector[name].as_str().unwrap();
    let mut bytes = vec![0; text.len() / 2];
    assert!(hex_into(text, &mut bytes), "{name}");
    bytes
}

/// Seals with the vector's randomness and opens what came out: both must give the published bytes.
fn runs(vector: &Value, key: &PrivateItems) {
    let suite = Suite::from_name(vector["suite"].as_str().unwrap()).unwrap();
    let [info, aad, pt, ct] = ["info", "aad", "pt", "ct"].map(|name| bytes(vector, name));
    let seal_key = SealKey::parse(suite, key.public_key().as_bytes()).unwrap();
    let sealed = seal_key.seal(&[], &info, &aad, &pt, &mut BytesRng::new(bytes(vector, "ikmE"))).unwrap();
    let (enc, ciphertext) = sealed.split_at(suite.enc_len());
    assert_eq!(hex(ciphertext), hex(&ct));

    let secret = key.opening_secret(enc).unwrap();
    assert_eq!(secret.open(&info, &aad, ciphertext).unwrap().as_slice(), pt);
    let published = zeroize::Zeroizing::new(bytes(vector, "shared_secret").try_into().unwrap());
    assert_eq!(open(suite, &published, &info, &aad, ciphertext).unwrap().as_slice(), pt);
    if let Some(enc_published) = vector["enc"].as_str() {
        assert_eq!(hex(enc), enc_published);
    }
    if let Some(pk_published) = vector["pkR"].as_str() {
        assert_eq!(hex(key.public_key().as_bytes()), pk_published);
    }
}

#[test]
fn rfc_9180_appendix_a_2() {
    let vector = json(include_str!("../../../../tests/vectors/rfc9180-a2.json"));
    let items = [(ItemName::X25519, &bytes(&vector, "skR")[..])];
    runs(&vector, &PrivateItems::from_items(Suite::X25519, &items).unwrap());
}

#[test]
fn hpke_pq_with_xwing() {
    let vector = json(include_str!("../../../../tests/vectors/hpke-pq-xwing.json"));
    let seed = bytes(&vector, "skR").try_into().unwrap();
    runs(&vector, &PrivateItems::from_xwing_seed(&seed).unwrap());
}

#[test]
fn xwing_draft_appendix_c() {
    let file = json(include_str!("../../../../tests/vectors/xwing-draft.json"));
    let vectors = file["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 3);
    for vector in vectors {
        let key = PrivateItems::from_xwing_seed(&bytes(vector, "sk").try_into().unwrap()).unwrap();
        assert_eq!(hex(key.public_key().as_bytes()), vector["pk"].as_str().unwrap());

        let rng = &mut BytesRng::new(bytes(vector, "eseed"));
        let sealed = key.public_key().sealer().seal(&[], b"info", b"aad", b"pt", rng).unwrap();
        let (enc, ciphertext) = sealed.split_at(Suite::XWing.enc_len());
        assert_eq!(hex(enc), vector["ct"].as_str().unwrap());
        assert_eq!(enc.len(), MLKEM_CIPHERTEXT + 32);

        // The published shared secret is the one that both shares combine to, and that `hpke` sealed under
        let secret = key.opening_secret(enc).unwrap();
        assert_eq!(secret.open(b"info", b"aad", ciphertext).unwrap().as_slice(), b"pt");
        let published = zeroize::Zeroizing::new(bytes(vector, "ss").try_into().unwrap());
        assert_eq!(open(Suite::XWing, &published, b"info", b"aad", ciphertext).unwrap().as_slice(), b"pt");
    }
}
