//! Adding and removing passkeys of this admin. WebAuthn is between page, authenticator and vault; here is what the PRF unlocks.

use nightsafe_core::audit::{Action, PasskeyChange};
use nightsafe_core::identity::Unlock;
use nightsafe_core::passkey::PasskeyId;
use nightsafe_proto::vault::passkey::{PasskeyFinish, PasskeyRemove};
use nightsafe_proto::wire::{B64u, Hex};
use rand_core::CryptoRng;
use serde::Deserialize;

use super::recorded::time;
use super::{Session, read, write};
use crate::failure::Failure;

/// What the browser made.
#[derive(Deserialize)]
struct Made {
    name: String,
    credential: B64u,
    client_data: B64u,
    authenticator_data: B64u,
}

impl Session {
    /// With the identity wrapped under the PRF, if there is one, and what it leaves in the log, where one is kept.
    pub(crate) fn add_passkey(
        &mut self,
        made: &str,
        prf: Option<&[u8]>,
        now: &str,
        rng: &mut impl CryptoRng,
    ) -> Result<String, Failure> {
        let Made { name, credential, client_data, authenticator_data } = read(made)?;
        let passkey = PasskeyId::of(&credential.0).ok_or(Failure::Malformed)?;
        let admin = self.admin.as_ref().ok_or(Failure::NoIdentity)?;
        let wrapped = match prf {
            None => None,
            Some(prf) => {
                let prf = prf.try_into().map_err(|_| Failure::Malformed)?;
                let wrapped = admin.wrap(&Unlock::Passkey(prf), rng).map_err(|_| Failure::Randomness)?;
                Some(B64u(wrapped.to_bytes()))
            }
        };
        let action = Action::PasskeyChange { passkey, change: PasskeyChange::Added };
        let log = self.signed(vec![action], time(now)?, rng)?;
        write(&PasskeyFinish { name, client_data, authenticator_data, wrapped, log })
    }

    /// With what it leaves in the log, where one is kept.
    pub(crate) fn remove_passkey(&mut self, id: &str, now: &str, rng: &mut impl CryptoRng) -> Result<String, Failure> {
        let passkey = PasskeyId::from_hex(id).ok_or(Failure::Malformed)?;
        let action = Action::PasskeyChange { passkey, change: PasskeyChange::Removed };
        let log = self.signed(vec![action], time(now)?, rng)?;
        write(&PasskeyRemove { id: Hex(passkey.0), log })
    }
}
