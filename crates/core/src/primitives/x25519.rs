//! X25519 (RFC 7748).

use super::Secret32;
#[cfg(not(target_family = "wasm"))]
use super::curve::is_of_large_order;
use x25519_dalek::{PublicKey, StaticSecret, X25519_BASEPOINT_BYTES};
use zeroize::Zeroizing;

/// A scalar; zeroised by `x25519-dalek` when dropped.
#[derive(Clone)]
pub(crate) struct X25519Secret(StaticSecret);

impl X25519Secret {
    pub(crate) fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(StaticSecret::from(*bytes))
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// X25519 with the base point (RFC 7748 section 6.1). By the Montgomery ladder that Diffie-Hellman needs anyway:
    /// multiplication on the Edwards curve would be a kilobyte more of the checkout WASM.
    pub(crate) fn public_key(&self) -> [u8; 32] {
        self.0.diffie_hellman(&PublicKey::from(X25519_BASEPOINT_BYTES)).to_bytes()
    }

    /// The Diffie-Hellman result; `None` when it is all zero, which says that the point was of low order.
    pub(crate) fn diffie_hellman(&self, point: &[u8; 32]) -> Option<Secret32> {
        let shared = self.0.diffie_hellman(&PublicKey::from(*point));
        shared.was_contributory().then(|| Zeroizing::new(shared.to_bytes()))
    }
}

/// Whether the bytes are a point that an honest sender or key owner could have made: the canonical
/// encoding of a point on the curve, not on its twist, and not of small order (RFC 7748 section 6.1).
pub(crate) fn point_is_good(bytes: &[u8; 32]) -> bool {
    is_canonical(bytes) && is_of_large_order(bytes)
}

/// By conversion to the Edwards curve: two kilobytes less of WASM, where few points are looked at.
#[cfg(target_family = "wasm")]
fn is_of_large_order(bytes: &[u8; 32]) -> bool {
    let point = curve25519_dalek::montgomery::MontgomeryPoint(*bytes).to_edwards(0);
    point.is_some_and(|point| !point.is_small_order())
}

/// Whether the little-endian number is below 2^255 - 19: the one encoding of its coordinate.
fn is_canonical([low, middle @ .., high]: &[u8; 32]) -> bool {
    *high < 0x7f || (*high == 0x7f && (*low < 0xed || middle.iter().any(|byte| *byte != 0xff)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use curve25519_dalek::montgomery::MontgomeryPoint;

    /// The encodings of every u-coordinate of small order, on the curve and its twist: 0, 1, -1, the two of
    /// order 8, and p and p + 1 once more for 0 and 1.
    const EVERY_SMALL_ORDER: [&str; 7] = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ];

    #[test]
    fn small_order_points_are_bad_and_give_no_secret() {
        for hex in EVERY_SMALL_ORDER {
            let mut point = crate::encoding::hex_array::<32>(hex).unwrap();
            for _ in 0..2 {
                assert!(!point_is_good(&point), "{hex}");
                assert!(X25519Secret::from_bytes(&[7; 32]).diffie_hellman(&point).is_none(), "{hex}");
                point[31] ^= 0x80;
            }
        }
    }

    /// What is good goes to the Edwards curve and comes back as the same bytes; nothing else does.
    fn comes_back(bytes: &[u8; 32]) -> bool {
        let point = MontgomeryPoint(*bytes).to_edwards(0);
        point.is_some_and(|point| !point.is_small_order() && point.to_montgomery().0 == *bytes)
    }

    proptest::proptest! {
        #[test]
        fn good_points_come_back(bytes: [u8; 32]) {
            proptest::prop_assert_eq!(point_is_good(&bytes), comes_back(&bytes));
        }
    }

    #[test]
    fn good_points_come_back_around_the_prime() {
        for high in [0x7e, 0x7f, 0xff] {
            for low in 0..=0xff {
                let mut bytes = [0xff; 32];
                (bytes[0], bytes[31]) = (low, high);
                assert_eq!(point_is_good(&bytes), comes_back(&bytes), "{low} {high}");
            }
        }
    }

    #[test]
    fn public_keys_are_good_and_have_one_encoding() {
        let mut point = X25519Secret::from_bytes(&[7; 32]).public_key();
        assert!(point_is_good(&point));
        point[31] ^= 0x80;
        assert!(!point_is_good(&point));
        // u = 2 is on the twist, u = 9 the base point
        let mut point = [0; 32];
        point[0] = 2;
        assert!(!point_is_good(&point));
        point[0] = 9;
        assert!(point_is_good(&point));
    }
}
