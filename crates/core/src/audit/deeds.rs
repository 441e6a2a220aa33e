//! What is recorded of a change of the roster, and of grants. An admin's browser signs these entries and the vault takes no
//! others: both come to the same list, in the same order.

use super::{Action, RecoveryMethod};
use crate::roster::{End, Roster};
use crate::scalar::{IdentityId, KeyId};
use std::collections::BTreeSet;

/// Of an entry that is in the roster now, as the last one: that it is, and whose access it ends, or renews by other keys.
pub fn of_roster_entry(after: &Roster) -> Vec<Action> {
    let ended = after.everybody().filter_map(|admin| {
        let (_, end) = admin.end().filter(|(at, _)| *at == after.sequence())?;
        Some(match end {
            End::Revoked(_) => Action::Revoke(admin.id()),
            End::Replaced(identity, _) => Action::Recovery { identity, method: RecoveryMethod::Admin },
        })
    });
    std::iter::once(Action::RosterChange(after.head())).chain(ended).collect()
}

/// Of what was granted to whom: one entry each, however many items a key has.
pub fn of_grants(granted: impl IntoIterator<Item = (KeyId, IdentityId)>) -> impl Iterator<Item = Action> {
    let granted: BTreeSet<_> = granted.into_iter().collect();
    granted.into_iter().map(|(data_key, to)| Action::Grant { data_key, to })
}
