//! Opening data keys and audit keys with the organisation's recovery key, for an admin whom nobody is left to grant them to.

use nightsafe_core::audit::{Action, RecoveryMethod};
use nightsafe_core::keys::{DataPublicKey, ItemName, PrivateItems, read_private};
use nightsafe_core::label::Label;
use nightsafe_core::recovery::recover_key;
use nightsafe_core::scalar::KeyId;
use nightsafe_core::suite::Suite;
use nightsafe_proto::vault::custody::Custody;
use nightsafe_proto::vault::identity::Grants;
use nightsafe_proto::vault::recovery::RecoveryGrants;
use rand_core::CryptoRng;

use super::recorded::{granted, time};
use super::{Session, read, write};
use crate::failure::Failure;

impl Session {
    /// Body of `POST /v1/recovery-grants`: what the recovery key of this file opens and this admin does not hold, granted to
    /// this admin. Each key is checked against its public key. The recovery key is zeroised at the end.
    pub(crate) fn recover(
        &mut self,
        file: &str,
        grants: &str,
        custody: &str,
        now: &str,
        rng: &mut impl CryptoRng,
    ) -> Result<String, Failure> {
        let now = time(now)?;
        let recovery = read_private(Label::RecoveryKey, file, &self.anchor.site);
        let recovery = recovery.map_err(|_| Failure::RecoveryKeyRefused)?;
        let recovered = self.recovered(&recovery, &read(grants)?, &read(custody)?)?;
        if recovered.is_empty() {
            return Err(Failure::NothingToRecover);
        }
        let signing = self.deciding()?;
        let (identity, grants) = (signing.admin.id(), signing.grant_own(&recovered, rng)?);
        let recovery = Action::Recovery { identity, method: RecoveryMethod::Organisation };
        let actions = std::iter::once(recovery).chain(granted(&grants)?).collect();
        let log = self.signed(actions, now, rng)?;
        write(&Grants { grants, log })
    }

    /// Those that are sealed to another recovery key are left out; one that is sealed to this one and does not open is an error.
    fn recovered(
        &self,
        recovery: &PrivateItems,
        grants: &RecoveryGrants,
        custody: &Custody,
    ) -> Result<Vec<PrivateItems>, Failure> {
        let audit_keys = self.journal.as_ref().map_or(&[][..], |journal| &journal.audit_keys);
        let held: Vec<KeyId> =
            self.opener.keys().iter().chain(audit_keys).map(|key| key.public_key().key_id()).collect();
        let by = recovery.public_key().key_id();
        let mut recovered = Vec::new();
        for public in publics(custody)?.iter().filter(|public| !held.contains(&public.key_id())) {
            let id = public.key_id();
            let own = grants.grants.iter().filter(|grant| grant.key_id.0 == id.0 && grant.recovery_key_id.0 == by.0);
            let items = own.map(|grant| ItemName::from_name(&grant.item).map(|item| (item, grant.sealed.0.as_slice())));
            let items = items.collect::<Option<Vec<_>>>().ok_or(Failure::Malformed)?;
            if !items.is_empty() {
                let key = recover_key(recovery, &self.anchor.site, public, &items);
                recovered.push(key.map_err(|_| Failure::RecoveryGrantsRefused)?);
            }
        }
        Ok(recovered)
    }
}

/// Public keys of all data keys and audit keys.
fn publics(custody: &Custody) -> Result<Vec<DataPublicKey>, Failure> {
    let data_keys = custody.keys.iter().map(|key| (Suite::from_name(&key.suite), &key.public_key.0));
    let audit_keys = custody.audit_keys.iter().map(|key| (Some(Suite::XWing), &key.public_key.0));
    let parsed = data_keys.chain(audit_keys).map(|(suite, bytes)| DataPublicKey::parse(suite?, bytes).ok());
    parsed.collect::<Option<Vec<_>>>().ok_or(Failure::Malformed)
}
