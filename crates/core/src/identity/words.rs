//! Words that two people compare aloud, so that a key is the one that the other's machine shows.
//!
//! Words in even places have two syllables, words in odd places three: one that is left out, said twice or swapped
//! with its neighbour is heard.

use super::word_list::{THREE_SYLLABLES, TWO_SYLLABLES};
use crate::scalar::IdentityId;

/// How many words are compared: 12 are 96 bits. 80 are within reach of who can spend what miners of coins spend.
pub const WORDS: usize = 12;

impl IdentityId {
    /// The words of its first 12 bytes, one a byte, lower case.
    pub fn words(&self) -> [&'static str; WORDS] {
        let mut words = [""; WORDS];
        for (place, (byte, word)) in self.0.iter().zip(&mut words).enumerate() {
            let list = if place.is_multiple_of(2) { TWO_SYLLABLES } else { THREE_SYLLABLES };
            *word = list.split(' ').nth((*byte).into()).unwrap_or_default();
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn there_is_another_word_for_every_byte_in_every_place() {
        let lists = [TWO_SYLLABLES, THREE_SYLLABLES].map(|list| list.split(' ').collect::<Vec<_>>());
        assert!(lists.iter().all(|list| list.len() == 256));
        let all: BTreeSet<_> = lists.iter().flatten().copied().collect();
        assert_eq!(all.len(), 512);
        assert!(all.iter().all(|word| word.len() > 2 && word.bytes().all(|c| c.is_ascii_lowercase())));
    }

    #[test]
    fn the_list_is_the_published_one() {
        // The example of the list's authors
        let bytes: [u8; 20] = [
            0xe5, 0x82, 0x94, 0xf2, 0xe9, 0xa2, 0x27, 0x48, 0x6e, 0x8b, 0x06, 0x1b, 0x31, 0xcc, 0x52, 0x8f, 0xd7, 0xfa,
            0x3f, 0x19,
        ];
        let text = "topmost istanbul pluto vagabond treadmill pacific brackish dictator goldfish medusa afflict \
                    bravado chatter revolver dupont midsummer stopwatch whimsical cowbell bottomless";
        let words: Vec<&str> = text.split(' ').collect();
        let id = IdentityId(*bytes.first_chunk().unwrap());
        assert_eq!(id.words(), words[..WORDS]);
        let rest = IdentityId(*bytes.last_chunk().unwrap());
        assert_eq!(rest.words(), words[4..][..WORDS]);
        let end: [u8; 8] = *bytes.last_chunk().unwrap();
        let end = IdentityId([end, end].concat().try_into().unwrap());
        assert_eq!(end.words()[..8], words[12..]);
    }
}
