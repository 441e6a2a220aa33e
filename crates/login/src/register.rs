//! Registration: both sides at once, where an admin is made.

use std::fmt;

use opaque_ke::{ClientRegistration, ClientRegistrationFinishParameters, Identifiers, ServerRegistration};
use zeroize::Zeroizing;

use crate::entropy::Entropy;
use crate::suite::Suite;
use crate::{Error, ExportKey, ServerSetup, Stretch};

/// A new admin's record and export key.
pub struct Registered {
    /// What the vault stores. About as sensitive as a password hash.
    pub record: Vec<u8>,
    /// See [`ExportKey`].
    pub export_key: ExportKey,
}

/// Registers `user` with `passphrase`: the command that makes an admin holds both the passphrase and the vault's
/// setup, so no messages travel. A record fits one user name and one setup only.
pub fn register(setup: &ServerSetup, user: &str, passphrase: &[u8], stretch: &Stretch) -> Result<Registered, Error> {
    stretch.check()?;
    let mut entropy = Entropy::from_system()?;
    let started = ClientRegistration::<Suite>::start(&mut entropy, passphrase)?;
    let reply = ServerRegistration::<Suite>::start(setup.inner(), started.message, user.as_bytes())?;
    let done = started.state.finish(
        &mut entropy,
        passphrase,
        reply.message,
        ClientRegistrationFinishParameters::new(Identifiers::default(), Some(stretch)),
    )?;
    Ok(Registered {
        record: ServerRegistration::finish(done.message).serialize().to_vec(),
        export_key: Zeroizing::new(done.export_key.into()),
    })
}

impl fmt::Debug for Registered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Registered(redacted)")
    }
}
