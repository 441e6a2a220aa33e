//! The keys that the command makes, reads and uses, and the files they lie in.

pub(crate) mod audit_key;
pub(crate) mod carried;
pub(crate) mod data_key;
pub(crate) mod fresh;
pub(crate) mod integrity_keys;
pub(crate) mod kek;
pub(crate) mod keyholder;
pub(crate) mod leavers;
pub(crate) mod online;
pub(crate) mod proposal;
pub(crate) mod recovery;
pub(crate) mod roster_proposal;
pub(crate) mod signatures;
pub(crate) mod site_key;

pub(crate) use nightsafe_core::epoch::EPOCH_DAYS;
use nightsafe_core::time::UnixTime;
use nightsafe_serve::clock::{Clock, SystemClock};

/// The system's random generator. It gives bytes or ends the process: no key may come from anything less.
pub(crate) type SystemRng = getrandom::rand_core::UnwrapErr<getrandom::SysRng>;

/// A generator for key material.
pub(crate) fn rng() -> SystemRng {
    getrandom::rand_core::UnwrapErr(getrandom::SysRng)
}

/// The time that manifests and keys are dated with.
pub(crate) fn now() -> UnixTime {
    SystemClock.now()
}
