//! Which u-coordinates are of Curve25519 and not of its twist (RFC 7748 section 4.1).
//!
//! Ingest asks this of seven envelopes of a deposit. By conversion to the Edwards curve, with an inversion and a square root,
//! it took more than half of ingest's work; Euler's criterion is one power. The field's arithmetic is verified code.

use fiat_crypto::curve25519_64::{
    fiat_25519_add, fiat_25519_carry, fiat_25519_carry_mul, fiat_25519_carry_square, fiat_25519_from_bytes,
    fiat_25519_loose_field_element, fiat_25519_relax, fiat_25519_tight_field_element, fiat_25519_to_bytes,
};

/// Whether a canonical u-coordinate is of a point on the curve, and not of small order. Not constant-time in what it
/// answers: coordinates are public.
pub(super) fn is_of_large_order(u: &[u8; 32]) -> bool {
    !SMALL_ORDER.contains(u) && is_on_curve(u)
}

/// The u-coordinates of the curve's points of order 4 and 8. That of order 2 is 0, which [`is_on_curve`] refuses, and all
/// others of small order are on the twist.
const SMALL_ORDER: [[u8; 32]; 3] = [
    [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    [
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09,
        0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00,
    ],
    [
        0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44,
        0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57,
    ],
];

/// Whether u^3 + 486662 u^2 + u is a square other than 0.
fn is_on_curve(u: &[u8; 32]) -> bool {
    let u = Element::from_bytes(u);
    let right = u.times(&u.times(&u.plus(&Element::A)).plus(&Element::ONE));
    right.to_half_of_p().to_bytes() == Element::ONE.to_bytes()
}

/// An element of the field of p = 2^255 - 19 elements.
struct Element(fiat_25519_tight_field_element);

impl Element {
    const ONE: Self = Self(fiat_25519_tight_field_element([1, 0, 0, 0, 0]));
    const A: Self = Self(fiat_25519_tight_field_element([486_662, 0, 0, 0, 0]));

    fn from_bytes(bytes: &[u8; 32]) -> Self {
        let mut element = Self::ONE;
        fiat_25519_from_bytes(&mut element.0, bytes);
        element
    }

    fn to_bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        fiat_25519_to_bytes(&mut bytes, &self.0);
        bytes
    }

    fn relaxed(&self) -> fiat_25519_loose_field_element {
        let mut loose = fiat_25519_loose_field_element([0; 5]);
        fiat_25519_relax(&mut loose, &self.0);
        loose
    }

    fn plus(&self, other: &Self) -> Self {
        let (mut loose, mut sum) = (fiat_25519_loose_field_element([0; 5]), Self::ONE);
        fiat_25519_add(&mut loose, &self.0, &other.0);
        fiat_25519_carry(&mut sum.0, &loose);
        sum
    }

    fn times(&self, other: &Self) -> Self {
        let mut product = Self::ONE;
        fiat_25519_carry_mul(&mut product.0, &self.relaxed(), &other.relaxed());
        product
    }

    fn squared(&self, times: u8) -> Self {
        let mut square = Self(self.0);
        for _ in 0..times {
            let loose = square.relaxed();
            fiat_25519_carry_square(&mut square.0, &loose);
        }
        square
    }

    /// To the power of (p - 1)/2 = 2^254 - 10: 1 for squares, -1 for what is none, 0 for 0 (Euler's criterion).
    fn to_half_of_p(&self) -> Self {
        // x<n> is the power of 2^n - 1
        let x2 = self.squared(1).times(self);
        let x4 = x2.squared(2).times(&x2);
        let x5 = x4.squared(1).times(self);
        let x10 = x5.squared(5).times(&x5);
        let x20 = x10.squared(10).times(&x10);
        let x40 = x20.squared(20).times(&x20);
        let x50 = x40.squared(10).times(&x10);
        let x100 = x50.squared(50).times(&x50);
        let x200 = x100.squared(100).times(&x100);
        let x250 = x200.squared(50).times(&x50);
        // 2^254 - 10 = (2^250 - 1) 2^4 + 2 (2^2 - 1)
        x250.squared(4).times(&x2.squared(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use curve25519_dalek::montgomery::MontgomeryPoint;

    proptest::proptest! {
        #[test]
        fn is_what_has_a_point_on_the_edwards_curve(mut bytes: [u8; 32]) {
            bytes[31] &= 0x7f;
            let expected = MontgomeryPoint(bytes).to_edwards(0).is_some();
            proptest::prop_assert_eq!(is_on_curve(&bytes), expected);
        }
    }

    #[test]
    fn knows_what_is_small() {
        // 0 has a point, of order 2, but its square is 0
        let on: Vec<u8> = (0..40)
            .filter(|u| {
                let mut bytes = [0; 32];
                bytes[0] = *u;
                let is_on = is_on_curve(&bytes);
                assert_eq!(is_on || *u == 0, MontgomeryPoint(bytes).to_edwards(0).is_some(), "{u}");
                is_on
            })
            .collect();
        assert!(on.contains(&9) && !on.contains(&0) && !on.contains(&2), "{on:?}");
    }
}
