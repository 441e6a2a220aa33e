//! A sign-in with both sides in one process: for commands that hold the vault's setup and the passphrase.

use crate::{ClientLogin, Error, ExportKey, ServerLogin, ServerSetup, Stretch};

/// The export key of a registered admin, as a sign-in with a browser gives it. [`Error::WrongPassphrase`] also for a
/// setup or a user name that the record is not of.
pub fn export_key(
    setup: &ServerSetup,
    user: &str,
    record: &[u8],
    passphrase: &[u8],
    stretch: &Stretch,
) -> Result<ExportKey, Error> {
    let (client, request) = ClientLogin::start(passphrase)?;
    let (server, reply) = ServerLogin::start(setup, user, Some(record), &request)?;
    let done = client.finish(&reply, stretch)?;
    server.finish(&done.message)?;
    Ok(done.export_key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register;

    const QUICK: Stretch = Stretch { memory_kib: 64, passes: 1, lanes: 1 };

    #[test]
    fn passphrases_of_earlier_parameters_go_on() {
        let setup = ServerSetup::generate().unwrap();
        for stretch in [Stretch::EARLIER, Stretch::STANDARD] {
            let made = register(&setup, "anna", b"right", &stretch).unwrap();
            let key = |passphrase: &[u8]| export_key(&setup, "anna", &made.record, passphrase, &Stretch::STANDARD);
            assert_eq!(key(b"right").unwrap(), made.export_key);
            assert_eq!(key(b"wrong").unwrap_err(), Error::WrongPassphrase);
        }
        // With others, for tests, nothing else is tried
        let made = register(&setup, "anna", b"right", &Stretch::EARLIER).unwrap();
        let other = export_key(&setup, "anna", &made.record, b"right", &QUICK);
        assert_eq!(other.unwrap_err(), Error::WrongPassphrase);
    }

    #[test]
    fn it_is_the_key_of_the_registration() {
        let setup = ServerSetup::generate().unwrap();
        let made = register(&setup, "anna", b"right", &QUICK).unwrap();
        let key = |user, passphrase: &[u8]| export_key(&setup, user, &made.record, passphrase, &QUICK);
        assert_eq!(key("anna", b"right").unwrap(), made.export_key);
        assert_eq!(key("anna", b"wrong").unwrap_err(), Error::WrongPassphrase);
        assert_eq!(key("ben", b"right").unwrap_err(), Error::WrongPassphrase);
        let other = ServerSetup::generate().unwrap();
        assert_eq!(export_key(&other, "anna", &made.record, b"right", &QUICK).unwrap_err(), Error::WrongPassphrase);
        assert_eq!(export_key(&setup, "anna", b"none", b"right", &QUICK).unwrap_err(), Error::Malformed);
    }
}
