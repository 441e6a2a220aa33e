//! The browser's side of a sign-in.

use std::fmt;

use opaque_ke::{ClientLoginFinishParameters, CredentialResponse, Identifiers};
use zeroize::Zeroizing;

use crate::entropy::Entropy;
use crate::suite::{CONTEXT, Suite};
use crate::{Error, ExportKey, Stretch};

/// A sign-in that waits for the server's reply. Dropping it zeroises the passphrase.
pub struct ClientLogin {
    state: opaque_ke::ClientLogin<Suite>,
    passphrase: Zeroizing<Vec<u8>>,
}

/// What a successful sign-in gives.
pub struct ClientDone {
    /// Last message, for the server.
    pub message: Vec<u8>,
    /// See [`ExportKey`].
    pub export_key: ExportKey,
}

impl ClientLogin {
    /// Begins a sign-in; the bytes are the message for the server.
    pub fn start(passphrase: &[u8]) -> Result<(Self, Vec<u8>), Error> {
        let started = opaque_ke::ClientLogin::start(&mut Entropy::from_system()?, passphrase)?;
        let message = started.message.serialize().to_vec();
        Ok((Self { state: started.state, passphrase: Zeroizing::new(passphrase.to_vec()) }, message))
    }

    /// Takes the server's reply and runs Argon2id, with [`Stretch::STANDARD`] also as it was before.
    /// [`Error::WrongPassphrase`] also for an unknown user.
    pub fn finish(self, reply: &[u8], stretch: &Stretch) -> Result<ClientDone, Error> {
        stretch.check()?;
        let reply = CredentialResponse::deserialize(reply)?;
        let mut done = Err(Error::WrongPassphrase);
        for stretch in stretch.tried() {
            done = self.finish_with(reply.clone(), &stretch);
            if !matches!(done, Err(Error::WrongPassphrase)) {
                break;
            }
        }
        done
    }

    fn finish_with(&self, reply: CredentialResponse<Suite>, stretch: &Stretch) -> Result<ClientDone, Error> {
        let done = self.state.clone().finish(
            &mut Entropy::from_system()?,
            &self.passphrase,
            reply,
            ClientLoginFinishParameters::new(Some(CONTEXT), Identifiers::default(), Some(stretch)),
        )?;
        Ok(ClientDone {
            message: done.message.serialize().to_vec(),
            export_key: Zeroizing::new(done.export_key.into()),
        })
    }
}

impl fmt::Debug for ClientLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientLogin(redacted)")
    }
}

impl fmt::Debug for ClientDone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientDone(redacted)")
    }
}
