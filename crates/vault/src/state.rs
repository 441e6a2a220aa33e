use std::fmt;
use std::sync::Arc;

use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::scalar::{IdentityId, Site};
use nightsafe_core::time::UnixTime;
use nightsafe_login::ServerSetup;
use nightsafe_serve::clock::Clock;
use nightsafe_serve::limits::{Admission, Guard, Memory};
use nightsafe_store::StoreError;
use nightsafe_store::vault::{SessionLimits, VaultStore};

use crate::limit::{LoginLimiter, LoginLimits};
use crate::log::{AuditLog, LogConfig};
use crate::pending::PendingLogins;
use crate::roster::VaultRoster;
use crate::tickets::Tickets;

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
    /// The site keys that the roster is verified by; without them nobody is invited, the roster is not changed here, and
    /// nothing that admins do is recorded in the audit log.
    pub anchor: Option<TrustAnchor>,
    /// The audit log; without it there is none, and nothing is recorded there.
    pub log: Option<LogConfig>,
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
    /// Sessions, by their tokens' hashes, in which the passphrase was shown to make a recovery kit.
    pub(crate) kits: Tickets<()>,
    /// Who has shown the code of a kit.
    pub(crate) recoveries: Tickets<Recovering>,
    pub(crate) roster: Arc<VaultRoster>,
    pub(crate) log: Option<AuditLog>,
    clock: Arc<dyn Clock>,
}

/// Somebody who has shown the code of a recovery kit, and may set a new passphrase by it.
#[derive(Clone)]
pub(crate) struct Recovering {
    pub(crate) admin: String,
    /// The kit's record: one that was used, replaced or dropped meanwhile is good for nothing.
    pub(crate) kit: Vec<u8>,
    /// Whom the kit unlocks.
    pub(crate) identity: IdentityId,
}

impl VaultConfig {
    /// With the usual limits of sign-in, no rates, no trust anchor, and no audit log.
    pub fn new(site: Site, admin_origin: String, login: ServerSetup) -> Self {
        let (sessions, attempts) = (SessionLimits::default(), LoginLimits::default());
        Self { site, admin_origin, login, sessions, attempts, guard: Guard::default(), anchor: None, log: None }
    }
}

impl State {
    /// The state of one running vault.
    pub fn new(store: VaultStore, config: VaultConfig, clock: Arc<dyn Clock>) -> Self {
        let VaultConfig { site, admin_origin, login, sessions, attempts, guard, anchor, log } = config;
        let roster = Arc::new(VaultRoster::new(anchor));
        let log = log.map(|log| AuditLog::over(store.clone(), site.clone(), log, Arc::clone(&roster)));
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
            kits: Tickets::default(),
            recoveries: Tickets::default(),
            roster,
            log,
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
            Ok(None) if self.0.roster.anchor().is_none() => {
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

    /// Seconds without use after which an admin's pages lock: what was set, or less where the vault's own limit is by now.
    pub(crate) async fn lock_after(&self, admin: &str) -> Result<u64, StoreError> {
        Ok(self.store.lock_after(admin).await?.min(self.sessions.idle))
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("site", &self.0.site).finish_non_exhaustive()
    }
}
