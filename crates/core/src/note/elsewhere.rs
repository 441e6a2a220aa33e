//! Signatures that are verified elsewhere: by a browser's own WebCrypto, in the checkout.
//!
//! Whatever reads signed notes runs twice over the same input. The first time [`Requests`] writes down what there is to
//! verify and lets all of it pass, so that it sees everything; what comes of that run is not to be used. The second
//! time [`Verdicts`] says what was found. A verdict counts for the very key, message and signature that it was given
//! for, and for its place among them; what nobody asked about, or has no verdict, is a wrong signature.

use super::Vkey;

/// Bytes of a request before its message: public key, signature, length of the message.
const HEAD: usize = 32 + 64 + 4;

/// What there is to verify, one request after the other: public key (32 bytes), signature (64), length of the message
/// (u32, big-endian), message.
#[derive(Clone, Debug, Default)]
pub struct Requests(Vec<u8>);

impl Requests {
    /// None yet.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Writes a request down; `true` unless the signature is of no length that a signature has.
    pub fn add(&mut self, key: &Vkey, message: &[u8], signature: &[u8]) -> bool {
        match request(key, message, signature) {
            Some(request) => self.0.extend_from_slice(&request),
            None => return false,
        }
        true
    }

    /// All of them.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// What was found, in the order of the requests.
#[derive(Clone, Copy, Debug)]
pub struct Verdicts<'a> {
    requests: &'a [u8],
    verdicts: &'a [u8],
}

impl<'a> Verdicts<'a> {
    /// A byte for each request: 1 for a good signature, anything else for a wrong one.
    pub fn new(requests: &'a Requests, verdicts: &'a [u8]) -> Self {
        Self { requests: requests.as_bytes(), verdicts }
    }

    /// Whether the next request was exactly this one, and found good.
    pub fn take(&mut self, key: &Vkey, message: &[u8], signature: &[u8]) -> bool {
        let rest = request(key, message, signature).and_then(|request| self.requests.strip_prefix(request.as_slice()));
        let (Some(requests), Some((verdict, verdicts))) = (rest, self.verdicts.split_first()) else {
            // Out of step: none of the verdicts that are left is for what comes
            self.verdicts = &[];
            return false;
        };
        (self.requests, self.verdicts) = (requests, verdicts);
        *verdict == 1
    }
}

/// `None` when the signature has not 64 bytes, or the message is longer than can be said.
fn request(key: &Vkey, message: &[u8], signature: &[u8]) -> Option<Vec<u8>> {
    let signature: &[u8; 64] = signature.try_into().ok()?;
    let length = u32::try_from(message.len()).ok()?;
    let mut request = Vec::with_capacity(HEAD.saturating_add(message.len()));
    for part in [key.public_key().as_slice(), signature, &length.to_be_bytes(), message] {
        request.extend_from_slice(part);
    }
    Some(request)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::{NoteError, NoteSigner, open, sign};

    fn signer(byte: u8) -> NoteSigner {
        NoteSigner::from_seed(&format!("key-{byte}"), &[byte; 32]).unwrap()
    }

    fn keys() -> [Vkey; 2] {
        [1, 2].map(|byte| signer(byte).vkey().clone())
    }

    fn note(text: &str) -> String {
        sign(text, &[&signer(1), &signer(2)]).unwrap()
    }

    fn requests(note: &str) -> Requests {
        let mut requests = Requests::default();
        open(note, &keys(), 2, &mut |key, message, signature| requests.add(key, message, signature)).unwrap();
        requests
    }

    fn answered<'n>(note: &'n str, requests: &Requests, verdicts: &[u8]) -> Result<&'n str, NoteError> {
        let mut verdicts = Verdicts::new(requests, verdicts);
        open(note, &keys(), 2, &mut |key, message, signature| verdicts.take(key, message, signature))
    }

    #[test]
    fn requests_have_the_form_that_is_documented() {
        let requests = requests(&note("text\n"));
        let (first, second) = requests.as_bytes().split_at(HEAD + 5);
        assert_eq!(second.len(), HEAD + 5);
        assert_eq!(&first[..32], keys()[0].public_key());
        assert_eq!(first[32..96], signer(1).sign(b"text\n"));
        assert_eq!(&first[96..], b"\0\0\0\x05text\n");
    }

    #[test]
    fn good_verdicts_open_the_note_and_all_others_do_not() {
        let note = note("text\n");
        let requests = requests(&note);
        assert_eq!(answered(&note, &requests, &[1, 1]), Ok("text\n"));
        assert_eq!(answered(&note, &requests, &[1, 1, 1]), Ok("text\n"));
        for verdicts in [[].as_slice(), &[1], &[1, 0], &[0, 1], &[0, 0], &[1, 2], &[255, 255]] {
            assert_eq!(answered(&note, &requests, verdicts), Err(NoteError::BadSignature), "{verdicts:?}");
        }
    }

    #[test]
    fn a_verdict_is_for_one_signature_alone() {
        let asked = requests(&note("text\n"));
        // Another message; the same signatures in another order; a signature of the same key over another message
        let other = note("texu\n");
        let swapped = sign("text\n", &[&signer(2), &signer(1)]).unwrap();
        let line = |note: &str, place: usize| note.lines().nth(place).unwrap().to_owned();
        let foreign = note("text\n").replace(&line(&note("text\n"), 3), &line(&other, 3));
        for changed in [&other, &swapped, &foreign] {
            assert_eq!(answered(changed, &asked, &[1, 1]), Err(NoteError::BadSignature));
        }
        // Nothing was asked
        assert_eq!(answered(&other, &Requests::default(), &[1, 1]), Err(NoteError::BadSignature));
        // Once out of step, it stays so
        let mut verdicts = Verdicts::new(&asked, &[1, 1]);
        let [first, second] = [1, 2].map(|byte| signer(byte).sign(b"text\n"));
        assert!(!verdicts.take(&keys()[1], b"text\n", &second));
        assert!(!verdicts.take(&keys()[0], b"text\n", &first));
    }

    #[test]
    fn a_signature_of_another_length_is_wrong_at_once() {
        assert!(!Requests::default().add(&keys()[0], b"text\n", &[0; 63]));
    }
}
