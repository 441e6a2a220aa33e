//! Notes against the C2SP example, against the `signed_note` crate, and as shared vectors.

use crate::fixture::{shared, signed_text, site_key};
use nightsafe_core::note::{Note, NoteError, NoteSigner, Vkey, sign};
use proptest::prelude::*;
use serde_json::{Value, json};
use signed_note::{Note as PeerNote, StandardSigner, StandardVerifier, VerifierList};

/// The example of the Go package `sumdb/note`, from which the C2SP format comes.
const EXAMPLE_KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const EXAMPLE: &str = "If you think cryptography is the answer to your problem,\n\
then you don't know what your problem is.\n\
\n\
— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
/// The example of c2sp.org/signed-note; its key is not published.
const C2SP_EXAMPLE: &str = "Ognuno sta solo sul cuor della terra\n\
trafitto da un raggio di sole:\n\
\n\
ed è subito sera.\n\
\n\
— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";

fn verify(note: &str, keys: &[Vkey]) -> Result<Vec<String>, NoteError> {
    let note = Note::parse(note)?;
    Ok(note.verify(keys)?.iter().map(|key| key.name().to_owned()).collect())
}

#[test]
fn published_examples() {
    let key = Vkey::parse(EXAMPLE_KEY).unwrap();
    assert_eq!(key.to_text(), EXAMPLE_KEY);
    assert_eq!(verify(EXAMPLE, std::slice::from_ref(&key)), Ok(vec!["PeterNeumann".into()]));
    let note = Note::parse(C2SP_EXAMPLE).unwrap();
    assert!(note.text().ends_with("\n\ned è subito sera.\n"));
    assert_eq!(note.encode(), C2SP_EXAMPLE);
    assert_eq!(note.verify(&[key]), Err(NoteError::NotSigned));
}

/// The same private key in the peer's text form.
fn peer_signer(signer: &NoteSigner) -> StandardSigner {
    let mut bytes = vec![1];
    bytes.extend_from_slice(signer.seed().as_ref());
    let (name, id) = (signer.vkey().name(), signer.vkey().id_hex());
    let key = nightsafe_core::encoding::b64(&bytes);
    StandardSigner::new(&format!("PRIVATE+KEY+{name}+{id}+{key}")).unwrap()
}

fn peer_verifiers(keys: &[&NoteSigner]) -> VerifierList {
    let verifier = |key: &&NoteSigner| -> Box<dyn signed_note::Verifier> {
        Box::new(StandardVerifier::new(&key.vkey().to_text()).unwrap())
    };
    VerifierList::new(keys.iter().map(verifier).collect())
}

proptest! {
    #[test]
    fn the_peer_makes_and_accepts_the_same_notes(
        text in "([^\\p{Cc}]{0,40}\n){1,5}",
        name in "[a-z][a-z0-9./-]{0,20}",
        seeds: [[u8; 32]; 2],
    ) {
        let first = NoteSigner::from_seed(&name, &seeds[0]).unwrap();
        let second = NoteSigner::from_seed("second", &seeds[1]).unwrap();
        let ours = sign(&text, &[&first, &second]).unwrap();
        let mut theirs = PeerNote::new(text.as_bytes(), &[]).unwrap();
        theirs.add_sigs(&[&peer_signer(&first), &peer_signer(&second)]).unwrap();
        prop_assert_eq!(theirs.to_bytes(), ours.as_bytes());
        let read = PeerNote::from_bytes(ours.as_bytes()).unwrap();
        let (verified, unknown) = read.verify(&peer_verifiers(&[&first, &second])).unwrap();
        prop_assert_eq!((verified.len(), unknown.len()), (2, 0));
        prop_assert_eq!(Note::parse(&ours).unwrap().encode(), ours);
    }

    #[test]
    fn what_we_parse_the_peer_parses(note in "[a-z\n]{0,20}\n{0,3}(— [a-z+ ]{0,6} [A-Za-z0-9+/=]{0,12}\n?){0,3}") {
        if let Ok(ours) = Note::parse(&note) {
            let theirs = PeerNote::from_bytes(note.as_bytes()).unwrap();
            prop_assert_eq!(theirs.text(), ours.text().as_bytes());
        }
    }

    #[test]
    fn any_text_is_answered(note in "\\PC{0,60}", key in "[ -~]{0,60}") {
        let _ = (Note::parse(&note), Vkey::parse(&key));
    }

    #[test]
    fn one_changed_byte_is_noticed(place in 0..EXAMPLE.len(), to in 0x20..0x7f_u8) {
        let mut bytes = EXAMPLE.as_bytes().to_vec();
        prop_assume!(bytes[place] != to);
        bytes[place] = to;
        if let Ok(note) = String::from_utf8(bytes) {
            prop_assert!(verify(&note, &[Vkey::parse(EXAMPLE_KEY).unwrap()]).is_err());
        }
    }
}

#[test]
fn keys_have_one_text_form() {
    let key = site_key(1).vkey().to_text();
    let cut = |n: usize| key[..key.len() - n].to_owned();
    for text in [
        String::new(),
        "name".into(),
        key.to_uppercase(),
        cut(1),
        format!("{key}="),
        key.replacen("site-1", "site-2", 1),
        key.replacen("site-1", "site 1", 1),
        EXAMPLE_KEY.replace("+c74f20a3+", "+c74f20a4+"),
        EXAMPLE_KEY.replace("+ARpc", "+ABpc"),
        // Not a point, and the neutral element
        "n+00000000+AQIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into(),
        "n+00000000+AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into(),
    ] {
        assert_eq!(Vkey::parse(&text), Err(NoteError::Key), "{text}");
    }
    let mut small = [0; 32];
    small[0] = 1;
    assert_eq!(Vkey::new("n", &small), Err(NoteError::Key));
    let signer = site_key(1);
    assert!(!format!("{signer:?}").contains(&nightsafe_core::encoding::b64(&[1; 32])));
}

#[test]
fn a_second_signature_by_one_key_replaces_the_first() {
    let mut note = Note::parse(EXAMPLE).unwrap();
    note.add(&site_key(1));
    let once = note.encode();
    note.add(&site_key(1));
    assert_eq!(note.encode(), once);
    let keys = [Vkey::parse(EXAMPLE_KEY).unwrap(), site_key(1).vkey().clone()];
    assert_eq!(verify(&once, &keys).unwrap().len(), 2);
}

fn cases() -> Vec<Value> {
    let text = "first line\n\nthird line\n";
    let key = |number| site_key(number).vkey().to_text();
    let keys = json!([key(1), key(2)]);
    let one = signed_text(text, &[1]);
    let two = signed_text(text, &[1, 2]);
    let line = |number| {
        let note = signed_text(text, &[number]);
        note.split_inclusive('\n').next_back().unwrap().to_owned()
    };
    let accepted = |case: &str, note: &str, names: &[u8]| {
        let names: Vec<String> = names.iter().map(|n| site_key(*n).vkey().name().into()).collect();
        json!({"case": case, "note": note, "keys": keys, "text": text, "signed_by": names})
    };
    let refused =
        |case: &str, note: String, error: &str| json!({"case": case, "note": note, "keys": keys, "error": error});
    let unknown_line = "— someone.example AAAAAAAAAAAA\n";
    vec![
        accepted("one key", &one, &[1]),
        accepted("two keys", &two, &[1, 2]),
        accepted("an unknown key besides", &signed_text(text, &[3, 2]), &[2]),
        accepted("an unknown signature type besides", &(one.clone() + unknown_line), &[1]),
        accepted("one key twice counts once", &(one.clone() + &line(1)), &[1]),
        accepted("64 signatures", &(one.clone() + &unknown_line.repeat(63)), &[1]),
        json!({"case": "the example of sumdb/note", "note": EXAMPLE, "keys": [EXAMPLE_KEY],
               "text": EXAMPLE.split_inclusive('\n').take(2).collect::<String>(), "signed_by": ["PeterNeumann"]}),
        refused("empty", String::new(), "malformed"),
        refused("text without signature", text.into(), "malformed"),
        refused("no blank line", two.replace("\n\n—", "\n—"), "malformed"),
        refused("no line feed at the end", two.trim_end().into(), "malformed"),
        refused("carriage returns", two.replace('\n', "\r\n"), "malformed"),
        refused("a control character in the text", two.replace("third", "thi\trd"), "malformed"),
        refused("a hyphen for the dash", two.replace('—', "-"), "malformed"),
        refused("two blanks in a signature line", two.replace("— ", "—  "), "malformed"),
        refused("base64 without padding", one.replace("=\n", "\n"), "malformed"),
        refused("a signature of four bytes", format!("{text}\n— a AAAAAA==\n"), "malformed"),
        refused("65 signatures", one.clone() + &unknown_line.repeat(64), "malformed"),
        refused("a trailing blank line", one.clone() + "\n", "malformed"),
        refused("changed text", two.replace("first", "First"), "bad_signature"),
        refused(
            "one of two signatures of another text",
            one.clone() + signed_text("another\n", &[2]).split_inclusive('\n').next_back().unwrap(),
            "bad_signature",
        ),
        refused(
            "a known key's short signature",
            format!(
                "{text}\n— {} {}\n",
                site_key(1).vkey().name(),
                nightsafe_core::encoding::b64(&[&site_key(1).vkey().id()[..], &[0; 5]].concat())
            ),
            "bad_signature",
        ),
        refused("unknown key only", signed_text(text, &[3]), "not_signed"),
        refused("known name, other id", one.replace("site-1", "site-2"), "not_signed"),
    ]
}

#[test]
fn vectors() {
    let cases = cases();
    for case in &cases {
        let keys = case["keys"].as_array().unwrap().iter();
        let keys: Vec<Vkey> = keys.map(|key| Vkey::parse(key.as_str().unwrap()).unwrap()).collect();
        let note = case["note"].as_str().unwrap();
        match verify(note, &keys) {
            Ok(names) => {
                assert_eq!(json!(names), case["signed_by"], "{}", case["case"]);
                assert_eq!(json!(Note::parse(note).unwrap().text()), case["text"]);
            }
            Err(error) => assert_eq!(json!(error.code()), case["error"], "{}", case["case"]),
        }
    }
    shared("note-v1.json", &json!(cases));
}
