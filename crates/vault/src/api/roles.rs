//! What the signed-in person may do, as the verified roster says.

use std::sync::Arc;

use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::roster::{Roles, Roster};
use nightsafe_core::scalar::IdentityId;
use nightsafe_proto::problem::ProblemType;
use nightsafe_serve::problem::Problem;

use super::error;
use super::identity::own;
use super::session::SignedIn;
use crate::state::Shared;

/// The role of everybody where nobody is told apart: there is no roster yet, or no trust anchor to verify it by.
const EVERYBODY: &str = "admin";

/// Proof that a request is of somebody who has the role `admin`.
pub(super) struct Administrator<'s> {
    pub(super) id: IdentityId,
    pub(super) roster: Arc<Roster>,
    pub(super) anchor: &'s TrustAnchor,
}

pub(super) async fn administrator<'s>(state: &'s Shared, session: &SignedIn) -> Result<Administrator<'s>, Problem> {
    let anchor = state.roster.anchor().ok_or(ProblemType::NoTrustAnchor)?;
    let roster = state.roster.now(&state.store).await.map_err(|unknown| error::roster(&unknown))?;
    let roster = roster.ok_or(ProblemType::NotAnAdmin)?;
    let id = own(&state.store, session).await?.map(|identity| identity.id).ok_or(ProblemType::NotAnAdmin)?;
    let is_admin = roles_in(&roster, &id).is_some_and(Roles::is_admin);
    if is_admin { Ok(Administrator { id, roster, anchor }) } else { Err(ProblemType::NotAnAdmin.into()) }
}

/// The roles of the signed-in person; `None` for somebody who is not in the roster.
pub(super) async fn roles(state: &Shared, session: &SignedIn) -> Result<Option<Roles>, Problem> {
    let roster = state.roster.now(&state.store).await.map_err(|unknown| error::roster(&unknown))?;
    let Some(roster) = roster else { return Ok(Roles::parse(EVERYBODY)) };
    let identity = own(&state.store, session).await?;
    Ok(identity.and_then(|identity| roles_in(&roster, &identity.id).cloned()))
}

fn roles_in<'r>(roster: &'r Roster, id: &IdentityId) -> Option<&'r Roles> {
    roster.admin(id)?.roles_at(roster.sequence())
}
