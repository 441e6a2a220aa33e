//! Ceremonies with a passkey in software: what is taken, and every way in which it is not.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot be set up may panic")]

use nightsafe_passkey::{Assertion, ClientData, Error, Registered, RelyingParty};
use nightsafe_tests::authenticator::{Answer, Authenticator, client_data};

const ORIGIN: &str = "http://localhost:4804";
const CHALLENGE: [u8; 32] = [7; 32];

fn party() -> RelyingParty {
    RelyingParty::new(ORIGIN).unwrap()
}

fn both() -> [Authenticator; 2] {
    [Authenticator::ed25519("localhost"), Authenticator::p256("localhost")]
}

fn registered(answer: &Answer) -> Result<Registered, Error> {
    party().registered(&ClientData::parse(&answer.client_data)?, &answer.authenticator_data)
}

fn asserted(answer: &Answer, key: &[u8], count: u32) -> Result<u32, Error> {
    let assertion = Assertion { authenticator_data: &answer.authenticator_data, signature: &answer.signature };
    party().asserted(&ClientData::parse(&answer.client_data)?, assertion, key, count)
}

#[test]
fn a_passkey_is_made_and_signs() {
    for mut passkey in both() {
        let made = registered(&passkey.make(&CHALLENGE, ORIGIN)).unwrap();
        assert_eq!((&made.credential, made.sign_count), (&passkey.credential, 0));
        assert_eq!(made.public_key, passkey.cose_key());
        let answer = passkey.sign(&CHALLENGE, ORIGIN);
        assert_eq!(ClientData::parse(&answer.client_data).unwrap().challenge(), &CHALLENGE);
        assert_eq!(asserted(&answer, &made.public_key, 0), Ok(0));
    }
}

#[test]
fn other_pages_parties_and_ceremonies_are_refused() {
    for mut passkey in both() {
        let key = passkey.cose_key();
        let framed = String::from_utf8(client_data("webauthn.get", &CHALLENGE, ORIGIN)).unwrap();
        let framed = [
            framed.replace("\"crossOrigin\":false", "\"crossOrigin\":true"),
            framed.replace("\"crossOrigin\":false", "\"topOrigin\":\"http://localhost:4804\""),
        ];
        for said in framed {
            assert_eq!(asserted(&passkey.sign_on(said.into_bytes()), &key, 0), Err(Error::OtherOrigin));
        }
        for origin in
            ["http://localhost:4805", "https://localhost:4804", "http://localhost", "http://localhost:4804/", "null"]
        {
            assert_eq!(asserted(&passkey.sign(&CHALLENGE, origin), &key, 0), Err(Error::OtherOrigin), "{origin}");
            assert_eq!(registered(&passkey.make(&CHALLENGE, origin)), Err(Error::OtherOrigin), "{origin}");
        }
        let as_made = client_data("webauthn.create", &CHALLENGE, ORIGIN);
        assert_eq!(asserted(&passkey.sign_on(as_made), &key, 0), Err(Error::OtherCeremony));
        let as_signed = client_data("webauthn.get", &CHALLENGE, ORIGIN);
        assert_eq!(registered(&passkey.make_on(as_signed)), Err(Error::OtherCeremony));
        passkey.party = "example.com".into();
        assert_eq!(asserted(&passkey.sign(&CHALLENGE, ORIGIN), &key, 0), Err(Error::OtherParty));
        assert_eq!(registered(&passkey.make(&CHALLENGE, ORIGIN)), Err(Error::OtherParty));
    }
}

#[test]
fn nobody_is_signed_in_without_being_asked_for() {
    for mut passkey in both() {
        let key = passkey.cose_key();
        for flags in [0x00, 0x01, 0x04] {
            passkey.flags = flags;
            assert_eq!(asserted(&passkey.sign(&CHALLENGE, ORIGIN), &key, 0), Err(Error::NotVerified));
            assert_eq!(registered(&passkey.make(&CHALLENGE, ORIGIN)), Err(Error::NotVerified));
        }
        // Backed up, and not able to be
        passkey.flags = 0x15;
        assert_eq!(asserted(&passkey.sign(&CHALLENGE, ORIGIN), &key, 0), Err(Error::Malformed));
        passkey.flags = 0x1d;
        assert_eq!(asserted(&passkey.sign(&CHALLENGE, ORIGIN), &key, 0), Ok(0));
    }
}

#[test]
fn what_was_signed_is_what_was_said() {
    for mut passkey in both() {
        let key = passkey.cose_key();
        let good = passkey.sign(&CHALLENGE, ORIGIN);
        let other = Authenticator::ed25519("localhost").sign(&CHALLENGE, ORIGIN);
        let mut counted = good.clone();
        counted.authenticator_data[36] = 9;
        for bad in [
            Answer { signature: other.signature, ..good.clone() },
            Answer { signature: Vec::new(), ..good.clone() },
            Answer { client_data: client_data("webauthn.get", &[8; 32], ORIGIN), ..good.clone() },
            counted,
        ] {
            assert_eq!(asserted(&bad, &key, 0), Err(Error::Signature));
        }
        for other in both() {
            assert_eq!(asserted(&good, &other.cose_key(), 0), Err(Error::Signature));
        }
    }
}

#[test]
fn a_count_that_does_not_go_on_is_of_a_copy() {
    for mut passkey in both() {
        let key = passkey.cose_key();
        passkey.count = 4;
        let answer = passkey.sign(&CHALLENGE, ORIGIN);
        assert_eq!(asserted(&answer, &key, 4), Ok(5));
        assert_eq!(asserted(&answer, &key, 0), Ok(5));
        for seen in [5, 6, u32::MAX] {
            assert_eq!(asserted(&answer, &key, seen), Err(Error::Cloned));
        }
        passkey.count = 0;
        assert_eq!(asserted(&passkey.sign(&CHALLENGE, ORIGIN), &key, 5), Err(Error::Cloned), "it has stopped to count");
    }
}

#[test]
fn other_forms_are_malformed_and_never_read_past_their_end() {
    for mut passkey in both() {
        let (made, signed, key) =
            (passkey.make(&CHALLENGE, ORIGIN), passkey.sign(&CHALLENGE, ORIGIN), passkey.cose_key());
        for end in 0..made.authenticator_data.len() {
            let cut = Answer { authenticator_data: made.authenticator_data[..end].to_vec(), ..made.clone() };
            // Few bytes of a key may be those of another algorithm's
            assert!(matches!(registered(&cut), Err(Error::Malformed | Error::Algorithm)), "{end}");
        }
        for end in 0..signed.authenticator_data.len() {
            let cut = Answer { authenticator_data: signed.authenticator_data[..end].to_vec(), ..signed.clone() };
            assert_eq!(asserted(&cut, &key, 0), Err(Error::Malformed), "{end}");
        }
        let longer = Answer { authenticator_data: [&signed.authenticator_data[..], &[0]].concat(), ..signed.clone() };
        assert_eq!(asserted(&longer, &key, 0), Err(Error::Malformed));
        for bad in [&key[..key.len() - 1], &[&key[..], &[0]].concat(), &[]] {
            assert_eq!(asserted(&signed, bad, 0), Err(Error::Malformed));
        }
        // P-384, and a credential id of no bytes
        let mut other = made.clone();
        let at = other.authenticator_data.len() - key.len();
        other.authenticator_data[at] = 0xa3;
        assert_eq!(registered(&other), Err(Error::Algorithm));
        passkey.credential.clear();
        assert_eq!(registered(&passkey.make(&CHALLENGE, ORIGIN)), Err(Error::Malformed));
    }
    let good = String::from_utf8(client_data("webauthn.get", &CHALLENGE, ORIGIN)).unwrap();
    for bad in [
        String::new(),
        "{}".into(),
        format!("[{good}]"),
        format!(" {good}"),
        format!("{good}x"),
        good.replace("BwcHBw", "BwcH"),
        good.replace("BwcHBw", "====BwcHBw"),
    ] {
        assert!(matches!(ClientData::parse(bad.as_bytes()), Err(Error::Malformed)), "{bad}");
    }
}

#[test]
fn the_party_is_the_host_of_the_origin_and_addresses_have_none() {
    for (origin, id) in [
        ("http://localhost:4804", Some("localhost")),
        ("https://admin.shop.example", Some("admin.shop.example")),
        ("https://admin.shop.example:8443", Some("admin.shop.example")),
        ("https://127.0.0.1:4804", None),
        ("https://[::1]:4804", None),
        ("https://", None),
        ("https://shop.example.", None),
        ("shop.example", None),
    ] {
        assert_eq!(RelyingParty::new(origin).as_ref().map(RelyingParty::id), id, "{origin}");
    }
}

/// What Windows Hello makes: by OpenSSL, over the challenge of 32 zeros.
#[test]
fn an_rsa_key_signs() {
    let n = hex(N);
    let key = [&[0xa4, 1, 3, 3, 0x39, 1, 0, 0x20, 0x59, 1, 0][..], &n, &[0x21, 0x43, 1, 0, 1]].concat();
    let mut answer = Authenticator::p256("localhost").sign(&[0; 32], ORIGIN);
    answer.signature = hex(SIGNATURE);
    assert_eq!(asserted(&answer, &key, 0), Ok(0));
    answer.signature[9] ^= 1;
    assert_eq!(asserted(&answer, &key, 0), Err(Error::Signature));
    // Another exponent, a short modulus
    let exponent = [&key[..key.len() - 1], &[3]].concat();
    assert_eq!(asserted(&answer, &exponent, 0), Err(Error::Malformed));
    let short = [&key[..9], &[0, 128], &n[..128], &key[key.len() - 5..]].concat();
    assert_eq!(asserted(&answer, &short, 0), Err(Error::Algorithm));
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

const N: &str = "\
     bca2e84b20d8e1647ec2481acff9b8546fd8749e09827339e43568d56010c334125dbfd9c5fe9efaf901e04e5ddb4b53e25f8977\
     0436b91813617a0843eeb6ae6e9e3e3fad24965b9dd8109e342547c1f8600c67a606057fa29219cd61807b5c88e3574d32715303\
     bc501948fa8b1b21f7a439d7ec4efd10db6803abaeca3d66ce3de51956dae77ad8482a72e0ab984fe302af53c5de8b1f216d5f4c\
     cd1c0f5808994e34ecbc20f08dba58071fc2385edd89d3a9e5488b1da155ca36277f9e57d46cb8d697a461014d87c3bb17e1173c\
     281218673ca87082c842a72980129a20ed07bdfac6b23a50bedb83bb6cb6608fa9bd61347bb23176737805b9cdcab2a3";
const SIGNATURE: &str = "\
     6c872ff5ac38f25c2d3ba84998a3675d769786197fb568efbb5349f3cec7084c4e56d28a8e5df31480f29c63bf39a0391a692220\
     d62da0c56d7c5c4dac873f9db97d4ced2ce8f10c3833b6e001a1ad173877b42553a26ee31a2128ed5610b6bc85b5f7ada3be77d4\
     139ad1f98ca570945a25183c62522c1ebc9f8827625ef790a6d7a70a9aeb6a334880d72a3db05e4510898637f8e1ab7759d33a11\
     16282cba8198e960da3ff0e7d07bd011ea4e4958a4e4f50b907c33d1f2696bf1af8fce89592dc46c76da9ded10fd525d9085deef\
     56a6678b92868af6265f705b29c3489aff5a390017a718e48de9b670bd012d67627b88ac3b7f3e1189bd969c29a236a2";
