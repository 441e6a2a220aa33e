//! A new passphrase for somebody who has an account: the registration of RFC 9807 (section 5) with both sides apart, so
//! that the passphrase stays in the browser.

use std::fmt;

use opaque_ke::{
    ClientRegistrationFinishParameters, Identifiers, RegistrationRequest, RegistrationResponse, RegistrationUpload,
    ServerRegistration,
};
use zeroize::Zeroizing;

use crate::entropy::Entropy;
use crate::suite::Suite;
use crate::{Error, ExportKey, ServerSetup, Stretch};

/// A registration that waits for the server's reply. Dropping it zeroises the passphrase.
pub struct ClientRegistration {
    state: opaque_ke::ClientRegistration<Suite>,
    passphrase: Zeroizing<Vec<u8>>,
}

/// What a registration gives the client.
pub struct ClientRegistered {
    /// Last message, for [`registration_record`].
    pub message: Vec<u8>,
    /// See [`ExportKey`]; from now on sign-ins with the new passphrase give it.
    pub export_key: ExportKey,
}

impl ClientRegistration {
    /// Begins a registration; the bytes are the message for the server.
    pub fn start(passphrase: &[u8]) -> Result<(Self, Vec<u8>), Error> {
        let started = opaque_ke::ClientRegistration::start(&mut Entropy::from_system()?, passphrase)?;
        let message = started.message.serialize().to_vec();
        Ok((Self { state: started.state, passphrase: Zeroizing::new(passphrase.to_vec()) }, message))
    }

    /// Takes the server's reply and runs Argon2id.
    pub fn finish(self, reply: &[u8], stretch: &Stretch) -> Result<ClientRegistered, Error> {
        stretch.check()?;
        let reply = RegistrationResponse::deserialize(reply)?;
        let parameters = ClientRegistrationFinishParameters::new(Identifiers::default(), Some(stretch));
        let done = self.state.finish(&mut Entropy::from_system()?, &self.passphrase, reply, parameters)?;
        Ok(ClientRegistered {
            message: done.message.serialize().to_vec(),
            export_key: Zeroizing::new(done.export_key.into()),
        })
    }
}

/// The server's reply to the first message of `user`'s registration. Nothing is kept between the two.
pub fn registration_reply(setup: &ServerSetup, user: &str, request: &[u8]) -> Result<Vec<u8>, Error> {
    let request = RegistrationRequest::deserialize(request)?;
    let reply = ServerRegistration::<Suite>::start(setup.inner(), request, user.as_bytes())?;
    Ok(reply.message.serialize().to_vec())
}

/// The record to store, from the last message.
pub fn registration_record(message: &[u8]) -> Result<Vec<u8>, Error> {
    let upload = RegistrationUpload::<Suite>::deserialize(message)?;
    Ok(ServerRegistration::finish(upload).serialize().to_vec())
}

impl fmt::Debug for ClientRegistration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientRegistration(redacted)")
    }
}

impl fmt::Debug for ClientRegistered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientRegistered(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export_key;

    const QUICK: Stretch = Stretch { memory_kib: 64, passes: 1, lanes: 1 };

    #[test]
    fn the_new_passphrase_signs_in_and_gives_the_same_key() {
        let setup = ServerSetup::generate().unwrap();
        let (client, request) = ClientRegistration::start(b"new").unwrap();
        let reply = registration_reply(&setup, "anna", &request).unwrap();
        let done = client.finish(&reply, &QUICK).unwrap();
        let record = registration_record(&done.message).unwrap();
        assert_eq!(export_key(&setup, "anna", &record, b"new", &QUICK).unwrap(), done.export_key);
        assert_eq!(export_key(&setup, "anna", &record, b"old", &QUICK).unwrap_err(), Error::WrongPassphrase);
        assert_eq!(export_key(&setup, "ben", &record, b"new", &QUICK).unwrap_err(), Error::WrongPassphrase);
    }

    #[test]
    fn what_is_no_message_is_malformed() {
        let setup = ServerSetup::generate().unwrap();
        for bytes in [&b""[..], b"none", &[0; 32], &[0xff; 192]] {
            assert_eq!(registration_reply(&setup, "anna", bytes).unwrap_err(), Error::Malformed);
            assert_eq!(registration_record(bytes).unwrap_err(), Error::Malformed);
            let (client, _) = ClientRegistration::start(b"new").unwrap();
            assert_eq!(client.finish(bytes, &QUICK).unwrap_err(), Error::Malformed);
        }
    }
}
