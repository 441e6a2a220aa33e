//! One copy of what many are being sent.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;

/// Contents kept; one more, and all are forgotten.
const KEPT: usize = 64;

/// What was served last, by the hash of its bytes. Every request reads the disk all the same; but a thousand slow
/// receivers of a file hold one copy of it.
#[derive(Debug, Default)]
pub(super) struct Recent(Mutex<HashMap<String, Bytes>>);

impl Recent {
    /// The same bytes, shared with those who are being sent them. `entity_tag` is made of their hash.
    pub(super) fn share(&self, entity_tag: String, bytes: Vec<u8>) -> Bytes {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.len() >= KEPT && !recent.contains_key(&entity_tag) {
            recent.clear();
        }
        recent.entry(entity_tag).or_insert_with(|| bytes.into()).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_content_is_there_once() {
        let recent = Recent::default();
        let first = recent.share("\"a\"".to_owned(), vec![1, 2]);
        let second = recent.share("\"a\"".to_owned(), vec![1, 2]);
        assert_eq!(first.as_ptr(), second.as_ptr());
        for number in 0..200 {
            recent.share(number.to_string(), vec![3]);
        }
        assert!(recent.0.lock().unwrap().len() <= KEPT);
    }
}
