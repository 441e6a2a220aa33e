use super::*;

/// Low on purpose: the tests are about the protocol, not about the price of a guess.
const QUICK: Stretch = Stretch { memory_kib: 64, passes: 1, lanes: 1 };

fn sign_in(setup: &ServerSetup, user: &str, record: Option<&[u8]>, passphrase: &[u8]) -> Result<ExportKey, Error> {
    let (client, request) = ClientLogin::start(passphrase)?;
    let (server, reply) = ServerLogin::start(setup, user, record, &request)?;
    let done = client.finish(&reply, &QUICK)?;
    server.finish(&done.message)?;
    Ok(done.export_key)
}

#[test]
fn register_then_sign_in_gives_the_same_export_key_each_time() {
    let setup = ServerSetup::generate().unwrap();
    let made = register(&setup, "admin", b"a passphrase", &QUICK).unwrap();
    for _ in 0..2 {
        let key = sign_in(&setup, "admin", Some(&made.record), b"a passphrase").unwrap();
        assert_eq!(*key, *made.export_key);
    }
}

#[test]
fn a_second_registration_has_another_export_key() {
    let setup = ServerSetup::generate().unwrap();
    let one = register(&setup, "admin", b"a passphrase", &QUICK).unwrap();
    let two = register(&setup, "admin", b"a passphrase", &QUICK).unwrap();
    assert_ne!(*one.export_key, *two.export_key);
}

#[test]
fn a_wrong_passphrase_is_refused_in_the_browser() {
    let setup = ServerSetup::generate().unwrap();
    let made = register(&setup, "admin", b"a passphrase", &QUICK).unwrap();
    let refused = sign_in(&setup, "admin", Some(&made.record), b"another passphrase");
    assert_eq!(refused.unwrap_err(), Error::WrongPassphrase);
}

#[test]
fn an_unknown_user_looks_like_a_wrong_passphrase() {
    let setup = ServerSetup::generate().unwrap();
    let made = register(&setup, "admin", b"a passphrase", &QUICK).unwrap();

    let (client, request) = ClientLogin::start(b"a passphrase").unwrap();
    let (_, known) = ServerLogin::start(&setup, "admin", Some(&made.record), &request).unwrap();
    let (server, unknown) = ServerLogin::start(&setup, "nobody", None, &request).unwrap();
    assert_eq!(known.len(), unknown.len());
    assert_eq!(client.finish(&unknown, &QUICK).unwrap_err(), Error::WrongPassphrase);
    assert_eq!(server.finish(&[7; 64]).unwrap_err(), Error::WrongPassphrase);
}

#[test]
fn the_blinded_element_of_an_unknown_user_is_stable() {
    // The evaluated element (first 32 bytes) depends on user name and request only. Were it fresh for unknown users,
    // asking twice would tell them apart.
    let setup = ServerSetup::generate().unwrap();
    let (_, request) = ClientLogin::start(b"a passphrase").unwrap();
    let (_, first) = ServerLogin::start(&setup, "nobody", None, &request).unwrap();
    let (_, second) = ServerLogin::start(&setup, "nobody", None, &request).unwrap();
    assert_eq!(first[..32], second[..32]);
    assert_ne!(first, second);
}

#[test]
fn a_record_fits_its_user_and_setup_only() {
    let setup = ServerSetup::generate().unwrap();
    let made = register(&setup, "admin", b"a passphrase", &QUICK).unwrap();
    let other_user = sign_in(&setup, "other", Some(&made.record), b"a passphrase");
    assert_eq!(other_user.unwrap_err(), Error::WrongPassphrase);
    let other_setup = ServerSetup::generate().unwrap();
    let other_vault = sign_in(&other_setup, "admin", Some(&made.record), b"a passphrase");
    assert_eq!(other_vault.unwrap_err(), Error::WrongPassphrase);
}

#[test]
fn a_finish_of_another_attempt_is_refused() {
    let setup = ServerSetup::generate().unwrap();
    let made = register(&setup, "admin", b"a passphrase", &QUICK).unwrap();
    let (client, request) = ClientLogin::start(b"a passphrase").unwrap();
    let (_first, reply) = ServerLogin::start(&setup, "admin", Some(&made.record), &request).unwrap();
    let (second, _) = ServerLogin::start(&setup, "admin", Some(&made.record), &request).unwrap();
    let done = client.finish(&reply, &QUICK).unwrap();
    assert_eq!(second.finish(&done.message).unwrap_err(), Error::WrongPassphrase);
}

#[test]
fn other_stretching_parameters_do_not_fit() {
    let setup = ServerSetup::generate().unwrap();
    let made = register(&setup, "admin", b"a passphrase", &QUICK).unwrap();
    let (client, request) = ClientLogin::start(b"a passphrase").unwrap();
    let (_, reply) = ServerLogin::start(&setup, "admin", Some(&made.record), &request).unwrap();
    let lower = Stretch { memory_kib: 32, ..QUICK };
    assert_eq!(client.finish(&reply, &lower).unwrap_err(), Error::WrongPassphrase);
}

#[test]
fn the_setup_survives_its_file() {
    let setup = ServerSetup::generate().unwrap();
    let made = register(&setup, "admin", b"a passphrase", &QUICK).unwrap();
    let again = ServerSetup::from_bytes(&setup.to_bytes()).unwrap();
    assert!(sign_in(&again, "admin", Some(&made.record), b"a passphrase").is_ok());
    assert_eq!(ServerSetup::from_bytes(&setup.to_bytes()[1..]).unwrap_err(), Error::Malformed);
}

#[test]
fn garbage_is_malformed_not_a_panic() {
    let setup = ServerSetup::generate().unwrap();
    for length in [0, 1, 31, 32, 96, 320, 1000] {
        let garbage = vec![0xff; length];
        assert!(ServerLogin::start(&setup, "admin", None, &garbage).is_err());
        let (client, request) = ClientLogin::start(b"a passphrase").unwrap();
        assert!(client.finish(&garbage, &QUICK).is_err());
        let (server, _) = ServerLogin::start(&setup, "admin", None, &request).unwrap();
        assert!(server.finish(&garbage).is_err());
        assert!(ServerLogin::start(&setup, "admin", Some(&garbage), &request).is_err());
    }
}

#[test]
fn parameters_out_of_range_are_named() {
    let setup = ServerSetup::generate().unwrap();
    let none = Stretch { memory_kib: 0, passes: 1, lanes: 1 };
    assert_eq!(register(&setup, "admin", b"x", &none).unwrap_err(), Error::Stretch);
}

#[test]
fn debug_shows_nothing() {
    let setup = ServerSetup::generate().unwrap();
    let made = register(&setup, "admin", b"x", &QUICK).unwrap();
    assert_eq!(format!("{setup:?} {made:?}"), "ServerSetup(redacted) Registered(redacted)");
}
