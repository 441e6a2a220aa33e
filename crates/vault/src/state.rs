use std::fmt;
use std::sync::Arc;

use nightsafe_core::scalar::Site;
use nightsafe_core::time::UnixTime;
use nightsafe_login::ServerSetup;
use nightsafe_serve::clock::Clock;
use nightsafe_store::vault::{SessionLimits, VaultStore};

use crate::limit::{LoginLimiter, LoginLimits};
use crate::pending::PendingLogins;

/// What a vault's API is set up with.
#[derive(Debug)]
pub struct VaultConfig {
    /// Site whose deposits it holds.
    pub site: Site,
    /// The one origin whose pages may call the API, `scheme://host[:port]`.
    pub admin_origin: String,
    /// Sign-in secret; see [`crate::setup`].
    pub login: ServerSetup,
    /// How long sessions last.
    pub sessions: SessionLimits,
    /// How often sign-in may be tried.
    pub attempts: LoginLimits,
}

/// Everything the API's handlers share. Cheap to clone.
#[derive(Clone)]
pub struct State(Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) store: VaultStore,
    pub(crate) config: VaultConfig,
    pub(crate) limiter: LoginLimiter,
    pub(crate) pending: PendingLogins,
    clock: Arc<dyn Clock>,
}

impl VaultConfig {
    /// With the usual limits.
    pub fn new(site: Site, admin_origin: String, login: ServerSetup) -> Self {
        Self { site, admin_origin, login, sessions: SessionLimits::default(), attempts: LoginLimits::default() }
    }
}

impl State {
    /// The state of one running vault.
    pub fn new(store: VaultStore, config: VaultConfig, clock: Arc<dyn Clock>) -> Self {
        let limiter = LoginLimiter::new(config.attempts);
        Self(Arc::new(Shared { store, config, limiter, pending: PendingLogins::default(), clock }))
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.0
    }
}

impl Shared {
    pub(crate) fn now(&self) -> UnixTime {
        self.clock.now()
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("site", &self.0.config.site).finish_non_exhaustive()
    }
}
