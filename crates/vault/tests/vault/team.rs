//! A vault whose roster begins with its admin, and what the browsers of others do.

use nightsafe_core::grant::grant_key;
use nightsafe_core::identity::{AdminName, Identity, Unlock};
use nightsafe_core::invitation::InvitationToken;
use nightsafe_core::roster::{Change, Entry, Roles, Roster, verify_at_any_time};
use nightsafe_login::ClientRegistration;
use nightsafe_proto::vault::identity::{KeptIdentity, KeptWrapped};
use nightsafe_proto::vault::invitation::{Invite, JoinFinish, JoinStart, JoinStarted};
use nightsafe_proto::vault::roster::{RosterChange, RosterChanged};
use nightsafe_proto::wire::{B64u, Hex};
use nightsafe_vault::setup;

use crate::fixture::{Answer, NOW, STRETCH, Vault, rng, site};
use crate::identity::{identity, kept};

pub(crate) const BEN: &str = "Ben's own words";

pub(crate) struct Team {
    pub(crate) vault: Vault,
    /// Signs in as `admin`.
    pub(crate) anna: Identity,
    pub(crate) token: String,
}

pub(crate) fn add(identity: &Identity, roles: &str, name: &str) -> Change {
    Change::Add {
        keys: identity.public().into(),
        roles: Roles::parse(roles).unwrap(),
        name: AdminName::parse(name).unwrap(),
    }
}

pub(crate) fn invite(name: &str, roles: &[&str], token: &InvitationToken) -> Invite {
    let roles = roles.iter().map(|&role| role.into()).collect();
    Invite { name: name.into(), roles, token_hash: Hex(token.hash()), lifetime: 3600 }
}

pub(crate) fn token() -> InvitationToken {
    InvitationToken::generate(&mut rng())
}

pub(crate) fn b64u(token: &InvitationToken) -> B64u {
    B64u::parse(&token.to_text()).unwrap()
}

impl Team {
    pub(crate) async fn new() -> Self {
        let vault = Vault::new().await;
        let (anna, token) = (identity(), vault.sign_in().await);
        vault.taken("/v1/identity", &token, &kept(&anna)).await;
        let changes = vec![Change::Threshold(1), add(&anna, "admin", "admin")];
        let note = Entry::first(&site(), NOW, changes).sign(&[&vault.site_key]).unwrap();
        let roster = verify_at_any_time(&[&note], &vault.anchor).unwrap();
        setup::add_roster_entry(&vault.store, &roster, &note).await.unwrap();
        Self { vault, anna, token }
    }

    /// With Ben, who has these roles and signs in by [`BEN`].
    pub(crate) async fn with_ben(roles: &str) -> (Self, Identity) {
        let team = Self::new().await;
        let ben = team.joins("ben", roles, BEN).await;
        assert!(team.taken(vec![add(&ben, roles, "ben")], &[&team.anna], &[&ben]).await);
        (team, ben)
    }

    /// As every reader verifies it.
    pub(crate) async fn roster(&self) -> Roster {
        verify_at_any_time(&self.vault.store.roster().await.unwrap(), &self.vault.anchor).unwrap()
    }

    /// Is invited, and joins.
    pub(crate) async fn joins(&self, name: &str, roles: &str, passphrase: &str) -> Identity {
        let token = token();
        let roles: Vec<_> = roles.split(',').collect();
        self.vault.taken("/v1/invitations", &self.token, &invite(name, &roles, &token)).await;
        let (identity, finish) = self.joining(&token, passphrase).await;
        self.vault.taken("/v1/invitations/finish", "", &finish).await;
        identity
    }

    /// What the browser of an invited person sends last.
    pub(crate) async fn joining(&self, token: &InvitationToken, passphrase: &str) -> (Identity, JoinFinish) {
        let (client, message) = ClientRegistration::start(passphrase.as_bytes()).unwrap();
        let start = JoinStart { token: b64u(token), message: B64u(message) };
        let started: JoinStarted = self.vault.post("/v1/invitations/start", "", &start).await.json();
        let done = client.finish(&started.message.0, &STRETCH).unwrap();
        let identity = identity();
        let wrapped = identity.wrap(&Unlock::Login(&done.export_key), &mut rng()).unwrap();
        let way = KeptWrapped { method: "login".into(), slot: String::new(), wrapped: B64u(wrapped.to_bytes()) };
        let public = B64u(identity.public().to_bytes());
        let kept = KeptIdentity { public, wrapped: vec![way] };
        (identity, JoinFinish { token: b64u(token), registration: B64u(done.message), identity: kept })
    }

    /// The next entry, signed, with grants of the data key by the first signer.
    pub(crate) async fn entry(&self, changes: Vec<Change>, signers: &[&Identity], to: &[&Identity]) -> RosterChange {
        let roster = self.roster().await;
        let signing: Vec<_> = signers.iter().map(|identity| identity.signer()).collect();
        let entry = roster.next(NOW, changes).sign(&signing).unwrap();
        let after = roster.append(&entry, &self.vault.anchor);
        let mut grants = Vec::new();
        for recipient in to {
            let after = after.as_ref().unwrap();
            let made = grant_key(signers[0], after, recipient.public(), &self.vault.key, &mut rng()).unwrap();
            grants.extend(made.iter().map(|grant| B64u(grant.to_bytes())));
        }
        RosterChange { entry, grants, log: None }
    }

    /// Sends it as the first admin.
    pub(crate) async fn send(&self, change: &RosterChange) -> Answer {
        self.vault.post("/v1/roster", &self.token, change).await
    }

    /// Changes the roster; whether the entry was taken.
    pub(crate) async fn taken(&self, changes: Vec<Change>, signers: &[&Identity], to: &[&Identity]) -> bool {
        let change = self.entry(changes, signers, to).await;
        self.send(&change).await.json::<RosterChanged>().taken
    }
}
