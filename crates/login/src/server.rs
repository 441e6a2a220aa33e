//! The vault's side of a sign-in.

use std::fmt;

use opaque_ke::{CredentialFinalization, CredentialRequest, ServerLoginParameters, ServerRegistration};
use zeroize::Zeroizing;

use crate::Error;
use crate::entropy::Entropy;
use crate::suite::{CONTEXT, Suite};

/// The vault's long-term secret for sign-in (OPRF seed and key pair). Without it a stolen record cannot even be
/// guessed at, so keep it apart from the database. Losing it means registering every admin again.
pub struct ServerSetup(opaque_ke::ServerSetup<Suite>);

/// A sign-in that waits for the client's last message. Belongs in memory only, and not for long.
pub struct ServerLogin(opaque_ke::ServerLogin<Suite>);

impl ServerSetup {
    /// Makes the secret of a new vault.
    pub fn generate() -> Result<Self, Error> {
        Ok(Self(opaque_ke::ServerSetup::new(&mut Entropy::from_system()?)))
    }

    /// Reads what [`ServerSetup::to_bytes`] wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Ok(Self(opaque_ke::ServerSetup::deserialize(bytes)?))
    }

    /// For a file that only the vault can read.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.0.serialize().to_vec())
    }

    pub(crate) fn inner(&self) -> &opaque_ke::ServerSetup<Suite> {
        &self.0
    }
}

impl ServerLogin {
    /// Answers a client's first message; the bytes are the reply. With `record` None (no such user) the reply has
    /// the same shape and comes from the same computation, and the client's passphrase turns out wrong.
    pub fn start(
        setup: &ServerSetup,
        user: &str,
        record: Option<&[u8]>,
        request: &[u8],
    ) -> Result<(Self, Vec<u8>), Error> {
        let record = record.map(ServerRegistration::<Suite>::deserialize).transpose()?;
        let request = CredentialRequest::deserialize(request)?;
        let started = opaque_ke::ServerLogin::start(
            &mut Entropy::from_system()?,
            setup.inner(),
            record,
            request,
            user.as_bytes(),
            parameters(),
        )?;
        Ok((Self(started.state), started.message.serialize().to_vec()))
    }

    /// Ok when the client has shown that it knows the passphrase.
    pub fn finish(self, message: &[u8]) -> Result<(), Error> {
        let message = CredentialFinalization::deserialize(message)?;
        self.0.finish(message, parameters())?;
        Ok(())
    }
}

fn parameters() -> ServerLoginParameters<'static, 'static> {
    ServerLoginParameters { context: Some(CONTEXT), ..ServerLoginParameters::default() }
}

impl fmt::Debug for ServerSetup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerSetup(redacted)")
    }
}

impl fmt::Debug for ServerLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerLogin(redacted)")
    }
}
