//! A vault that keeps an audit log, as a browser sees it: signs, and believes what is proven.

use axum::http::StatusCode;
use nightsafe_core::audit::{Action, Actor, Commitment, Entry, Salt, SeenLog, SignedEntry, is_in_log, open_sealed};
use nightsafe_core::grant::grant_key;
use nightsafe_core::identity::{AdminName, Identity};
use nightsafe_core::keys::PrivateItems;
use nightsafe_core::log::Proof;
use nightsafe_core::note::NoteSigner;
use nightsafe_core::recovery::{GrantContext, grant};
use nightsafe_core::roster::{self, Change, Entry as RosterEntry, Roles, Roster};
use nightsafe_core::scalar::Site;
use nightsafe_core::suite::Suite;
use nightsafe_core::time::UnixTime;
use nightsafe_proto::problem::ProblemType as P;
use nightsafe_proto::vault::log::{InLog, SaltedEntry, ToLog};
use nightsafe_proto::wire::B64u;
use nightsafe_store::vault::{NewAuditKey, RecoveryGrant, StoredAuditKey, StoredGrant};
use nightsafe_vault::setup;

use crate::fixture::{NOW, Vault, rng, site};
use crate::identity::{identity, kept};
use crate::log::{config, log_key};

/// A vault whose roster names an audit key and Anna, who is signed in.
pub(crate) struct Audited {
    pub(crate) vault: Vault,
    pub(crate) anna: Identity,
    pub(crate) audit_key: PrivateItems,
    pub(crate) token: String,
    roster: Roster,
}

impl Audited {
    /// The sign-in is not recorded yet.
    pub(crate) async fn new() -> Self {
        let vault = Vault::with_log(config()).await;
        let token = vault.sign_in().await;
        let anna = identity();
        vault.taken("/v1/identity", &token, &kept(&anna)).await;
        let audit_key = PrivateItems::generate(Suite::XWing, &mut rng()).unwrap();
        let add = Change::Add {
            keys: anna.public().into(),
            roles: Roles::parse("admin").unwrap(),
            name: AdminName::parse("Anna").unwrap(),
        };
        let named = Change::AuditKey(*audit_key.public_key().fingerprint());
        let first = RosterEntry::first(&site(), NOW, vec![Change::Threshold(1), named, add]);
        let note = first.sign(&[&vault.site_key]).unwrap();
        let roster = roster::verify_at_any_time(&[&note], &vault.anchor).unwrap();
        let audited = Self { vault, anna, audit_key, token, roster };
        audited.keep(&audited.audit_key).await;
        setup::add_roster_entry(&audited.vault.store, &audited.roster, &note).await.unwrap();
        audited
    }

    /// With a recorded sign-in.
    pub(crate) async fn signed_in() -> Self {
        let audited = Self::new().await;
        let answer = audited.record(&[audited.sign(Action::SignIn)]).await;
        assert_eq!(answer, Ok(0));
        audited
    }

    /// Puts an audit key into the vault, granted to Anna.
    pub(crate) async fn keep(&self, key: &PrivateItems) {
        let public = key.public_key();
        let recovery = PrivateItems::generate(Suite::XWing, &mut rng()).unwrap();
        let (site, key_id) = (site(), public.key_id());
        let grants = key.items().map(|(item, bytes)| RecoveryGrant {
            item: item.as_str().into(),
            recovery_key_id: recovery.public_key().key_id(),
            sealed: {
                let context = GrantContext { site: &site, data_key: &key_id, item };
                grant(recovery.public_key(), &context, bytes, &mut rng()).unwrap()
            },
        });
        let granted = self.grants(key).into_iter().map(|grant| StoredGrant {
            key_id: grant.data_key(),
            recipient: grant.recipient(),
            item: grant.item().as_str().into(),
            granted: grant.to_bytes(),
        });
        let new = NewAuditKey {
            grants: grants.collect(),
            admin_grants: granted.collect(),
            key: StoredAuditKey { key_id, public_key: public.as_bytes().to_vec() },
        };
        setup::add_audit_key(&self.vault.store, &new).await.unwrap();
    }

    pub(crate) fn grants(&self, key: &PrivateItems) -> Vec<nightsafe_core::grant::AdminGrant> {
        grant_key(&self.anna, &self.roster, self.anna.public(), key, &mut rng()).unwrap()
    }

    /// The site keys sign one more entry.
    pub(crate) async fn change(&mut self, change: Change) {
        let note = self.roster.next(NOW, vec![change]).sign(&[&self.vault.site_key]).unwrap();
        self.roster = self.roster.clone().append(&note, &self.vault.anchor).unwrap();
        setup::add_roster_entry(&self.vault.store, &self.roster, &note).await.unwrap();
    }

    pub(crate) fn sign(&self, action: Action) -> SaltedEntry {
        self.sign_at(action, NOW)
    }

    pub(crate) fn sign_at(&self, action: Action, time: UnixTime) -> SaltedEntry {
        signed((&site(), &self.anna), action, time, self.anna.signer())
    }

    /// Number of the first leaf, or the problem.
    pub(crate) async fn record(&self, entries: &[SaltedEntry]) -> Result<u64, P> {
        let answer = self.vault.post("/v1/log/record", &self.token, &to_log(entries)).await;
        if answer.status == StatusCode::OK { Ok(verified(&answer.json(), entries)) } else { Err(answer.problem()) }
    }

    /// Leaves, and rows of openings.
    pub(crate) async fn written(&self) -> (u64, i64) {
        let size = self.vault.checkpoint(&self.token).await.size;
        let row = sqlx::query_scalar("SELECT count(*) FROM opening").fetch_one(&mut self.vault.raw().await).await;
        (size, row.unwrap())
    }

    /// The last entry, opened.
    pub(crate) async fn last(&self) -> Entry {
        let entries = self.vault.entries(&self.token).await.entries;
        let last = entries.last().unwrap();
        let commitment = Commitment(last.commitment.0);
        let (salt, signed) = open_sealed(&self.audit_key, &site(), &commitment, &last.sealed.0).unwrap();
        signed.verify(&salt, self.anna.signer().vkey()).unwrap().clone()
    }
}

pub(crate) fn signed(
    (site, by): (&Site, &Identity),
    action: Action,
    time: UnixTime,
    signer: &NoteSigner,
) -> SaltedEntry {
    let salt = Salt::generate(&mut rng());
    let entry = Entry::new(site.clone(), Actor::Admin(by.id()), action, time).unwrap();
    let signed = SignedEntry::sign(entry, &salt, signer);
    SaltedEntry { salt: B64u(salt.as_bytes().to_vec()), signed: B64u(signed.as_bytes().to_vec()) }
}

pub(crate) fn to_log(entries: &[SaltedEntry]) -> ToLog {
    ToLog { since: 0, entries: entries.to_vec() }
}

/// As a browser verifies it that sees the log for the first time; the number of the first leaf.
pub(crate) fn verified(in_log: &InLog, entries: &[SaltedEntry]) -> u64 {
    let mut seen = SeenLog::new(log_key().vkey().clone(), "");
    let checkpoint = seen.advance(&in_log.checkpoint, &Proof::parse(&in_log.consistency).unwrap()).unwrap();
    assert_eq!(in_log.entries.len(), entries.len());
    for (leaf, entry) in in_log.entries.iter().zip(entries) {
        let salt = Salt::from_bytes(entry.salt.0.as_slice().try_into().unwrap());
        let commitment = Commitment::of(&salt, &entry.signed.0);
        is_in_log(&checkpoint, &commitment, leaf.number, &Proof::parse(&leaf.proof).unwrap()).unwrap();
    }
    in_log.entries[0].number
}
