//! Tags: where a field lies, known only to who can open the deposit's locator.

use crate::label::Label;
use crate::primitives;
use crate::scalar::{KindName, LocatorSecret, Tag};

/// HKDF-SHA256(secret, info = label, 0x00, kind, 0x00, index as u32 BE), 32 bytes.
///
/// Two tags of a deposit look unrelated to who does not have the secret.
pub fn derive(secret: &LocatorSecret, kind: &KindName, index: u32) -> Tag {
    let info: [&[u8]; 5] = [Label::Tag.as_bytes(), &[0], kind.as_str().as_bytes(), &[0], &index.to_be_bytes()];
    Tag(primitives::derive_tag(secret.as_bytes(), &info))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    proptest! {
        #[test]
        fn no_two_fields_share_a_tag(secret in any::<[u8; 32]>(), kinds in prop::collection::hash_set("[a-z][a-z0-9.-]{0,31}", 1..6)) {
            let secret = LocatorSecret::from_bytes(secret);
            let mut tags = HashSet::new();
            for kind in &kinds {
                for index in [0, 1, 255, 256, u32::MAX] {
                    tags.insert(derive(&secret, &KindName::parse(kind).unwrap(), index));
                }
            }
            prop_assert_eq!(tags.len(), kinds.len() * 5);
        }
    }
}
