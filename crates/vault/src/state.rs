use std::fmt;
use std::sync::Arc;

use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::scalar::Site;
use nightsafe_core::time::UnixTime;
use nightsafe_login::ServerSetup;
use nightsafe_serve::clock::Clock;
use nightsafe_serve::limits::{Admission, Guard, Memory};
use nightsafe_store::vault::{SessionLimits, VaultStore};

use crate::limit::{LoginLimiter, LoginLimits};
use crate::log::{AuditLog, LogConfig};
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
    /// How much may be asked for at all.
    pub guard: Guard,
    /// The audit log; without it there is none, and nothing is recorded there.
    pub log: Option<LogConfig>,
    /// What the roster of admins is verified by; without it the vault knows nobody of it, and no audit key.
    pub anchor: Option<TrustAnchor>,
}

/// Everything the API's handlers share. Cheap to clone.
#[derive(Clone)]
pub struct State(Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) store: VaultStore,
    pub(crate) site: Site,
    pub(crate) admin_origin: String,
    pub(crate) login: ServerSetup,
    pub(crate) sessions: SessionLimits,
    pub(crate) admission: Arc<Admission>,
    pub(crate) memory: Memory,
    pub(crate) limiter: LoginLimiter,
    pub(crate) pending: PendingLogins,
    pub(crate) log: Option<AuditLog>,
    anchor: Option<TrustAnchor>,
    clock: Arc<dyn Clock>,
}

impl VaultConfig {
    /// With the usual limits of sign-in, no rates, and no audit log.
    pub fn new(site: Site, admin_origin: String, login: ServerSetup) -> Self {
        let (sessions, attempts) = (SessionLimits::default(), LoginLimits::default());
        Self { site, admin_origin, login, sessions, attempts, guard: Guard::default(), log: None, anchor: None }
    }
}

impl State {
    /// The state of one running vault.
    pub fn new(store: VaultStore, config: VaultConfig, clock: Arc<dyn Clock>) -> Self {
        let VaultConfig { site, admin_origin, login, sessions, attempts, guard, log, anchor } = config;
        let log = log.map(|log| AuditLog::new(store.clone(), site.clone(), log, anchor.clone()));
        Self(Arc::new(Shared {
            store,
            site,
            admin_origin,
            login,
            sessions,
            admission: Arc::new(guard.admission),
            memory: guard.memory,
            limiter: LoginLimiter::new(attempts),
            pending: PendingLogins::default(),
            log,
            anchor,
            clock,
        }))
    }

    /// Says in the server's log when what admins do is not recorded in the audit log, or cannot be.
    pub async fn tell_of_log(&self) {
        let Some(log) = &self.0.log else {
            return tracing::warn!("there is no audit log: `nightsafe keys log` makes its key");
        };
        match log.recorder().await {
            Ok(Some(_)) => {}
            Ok(None) if self.0.anchor.is_none() => {
                tracing::warn!("openings are not in the audit log: the vault has no trust anchor (site.anchor)");
            }
            Ok(None) => tracing::warn!("openings are not in the audit log: `nightsafe keys audit` makes its audit key"),
            Err(error) => tracing::error!(%error, "the audit log cannot be written: nothing can be opened"),
        }
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
        f.debug_struct("State").field("site", &self.0.site).finish_non_exhaustive()
    }
}
