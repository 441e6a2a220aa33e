//! Making a recovery kit of this admin's identity.

use std::fmt;

use nightsafe_core::encoding::{b64u, b64u_decode};
use nightsafe_core::identity::{RecoveryCode, Unlock};
use nightsafe_login::{ClientRegistration, Stretch};
use nightsafe_proto::wire::B64u;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{Session, write};
use crate::failure::Failure;
use crate::view::RenewedView;

/// A kit that the vault does not have yet.
pub(super) struct MadeKit {
    code: RecoveryCode,
    registration: Option<ClientRegistration>,
}

impl Session {
    /// Makes the code; gives the first message of its registration.
    pub(crate) fn begin_kit(&mut self, rng: &mut impl CryptoRng) -> Result<String, Failure> {
        self.admin.as_ref().ok_or(Failure::NoIdentity)?;
        let code = RecoveryCode::generate(rng);
        let (registration, message) = ClientRegistration::start(code.to_text().as_bytes())?;
        self.kit = Some(MadeKit { code, registration: Some(registration) });
        Ok(b64u(&message))
    }

    /// The code as it is printed.
    pub(crate) fn kit_code(&self) -> Option<Zeroizing<String>> {
        self.kit.as_ref().map(|kit| kit.code.to_text())
    }

    /// Whether a group of the code was typed back.
    pub(crate) fn is_kit_group(&self, number: u8, typed: &str) -> bool {
        self.kit.as_ref().is_some_and(|kit| kit.code.is_group(number, typed))
    }

    /// Last message of the registration, and the identity wrapped under the code.
    pub(crate) fn finish_kit(
        &mut self,
        reply: &str,
        stretch: &Stretch,
        rng: &mut impl CryptoRng,
    ) -> Result<String, Failure> {
        let kit = self.kit.as_mut().ok_or(Failure::Locked)?;
        let registration = kit.registration.take().ok_or(Failure::Locked)?;
        let reply = b64u_decode(reply).ok_or(Failure::Malformed)?;
        let done = registration.finish(&reply, stretch)?;
        let admin = self.admin.as_ref().ok_or(Failure::NoIdentity)?;
        let wrapped = admin.wrap(&Unlock::RecoveryCode(&kit.code), rng).map_err(|_| Failure::Randomness)?;
        write(&RenewedView { registration: B64u(done.message), wrapped: B64u(wrapped.to_bytes()), log: None })
    }

    /// Forgets the code.
    pub(crate) fn forget_kit(&mut self) {
        self.kit = None;
    }
}

impl fmt::Debug for MadeKit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MadeKit(redacted)")
    }
}
