//! Passphrases that a person can read off the screen and type.

use anyhow::{Context, Result};

const CONSONANTS: &[u8; 16] = b"bdfghjklmnprstvz";
const VOWELS: &[u8; 4] = b"aeio";
const WORDS: usize = 6;

/// Six words of two syllables, like `nadi-keso-…`: 72 bits.
pub(crate) fn random() -> Result<String> {
    let mut bytes = [0; WORDS * 2];
    getrandom::fill(&mut bytes).context("the system gives no randomness")?;
    let words: Vec<String> =
        bytes.chunks_exact(2).map(|pair| pair.iter().copied().flat_map(syllable).collect()).collect();
    Ok(words.join("-"))
}

/// Four bits choose the consonant, two the vowel; two are dropped.
fn syllable(byte: u8) -> [char; 2] {
    let pick = |letters: &[u8], index: u8| char::from(letters.get(usize::from(index)).copied().unwrap_or(b'o'));
    [pick(CONSONANTS, byte >> 4), pick(VOWELS, byte >> 2 & 3)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_readable_and_never_the_same() {
        let (one, other) = (random().unwrap(), random().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.split('-').count(), WORDS);
        assert!(one.split('-').all(|word| word.len() == 4 && word.bytes().all(|letter| letter.is_ascii_lowercase())));
    }
}
