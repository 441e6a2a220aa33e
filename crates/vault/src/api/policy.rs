//! What the policy lets an admin open: the `open` lines of the manifest that a deposit was sealed under.
//!
//! The kind is the request's; the store then hands out no row of another kind. Which deposit a row belongs to, the vault
//! cannot know, so the manifest is that of the deposit that the request names.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use nightsafe_core::manifest::KeyManifest;
use nightsafe_core::note::Note;
use nightsafe_core::roster::Roles;
use nightsafe_core::scalar::{DepositId, ManifestHash};
use nightsafe_proto::problem::ProblemType;
use nightsafe_serve::problem::Problem;
use nightsafe_store::vault::{OpeningRequest, VaultStore};

use super::error;

/// Manifests that a batch has asked about so far; `None` for one that the vault does not have or cannot read.
#[derive(Default)]
struct Policies(HashMap<ManifestHash, Option<KeyManifest>>);

/// Refuses a batch with a field that its deposit's policy does not let somebody with these roles open. A kind that no
/// policy names is not let open by one; nobody who has no role opens anything.
pub(super) async fn check(
    store: &VaultStore,
    roles: Option<&Roles>,
    requests: &[OpeningRequest],
) -> Result<(), Problem> {
    let mut policies = Policies::default();
    for (position, request) in requests.iter().enumerate().filter(|(_, request)| !request.open.is_empty()) {
        let policy = policies.of(store, &request.deposit_id).await?;
        if let Some(field) = request.open.iter().position(|field| !allows(policy, roles, &field.kind)) {
            let pointer = format!("/deposits/{position}/open/{field}/kind");
            return Err(Problem::new(ProblemType::OpeningNotAllowed).at(pointer));
        }
    }
    Ok(())
}

impl Policies {
    async fn of(&mut self, store: &VaultStore, deposit: &DepositId) -> Result<Option<&KeyManifest>, Problem> {
        let hash = store.manifest_of(deposit).await.map_err(|error| error::storage(&error))?;
        let hash = hash.ok_or(ProblemType::UnknownDeposit)?;
        match self.0.entry(hash) {
            Entry::Occupied(known) => Ok(known.into_mut().as_ref()),
            Entry::Vacant(place) => {
                let note = store.manifest(&hash).await.map_err(|error| error::storage(&error))?;
                Ok(place.insert(note.as_deref().and_then(read)).as_ref())
            }
        }
    }
}

/// Its signatures were verified when it was added.
fn read(note: &str) -> Option<KeyManifest> {
    let note = Note::parse(note).ok()?;
    KeyManifest::parse(note.text()).ok()
}

fn allows(policy: Option<&KeyManifest>, roles: Option<&Roles>, kind: &str) -> bool {
    let (Some(kind), Some(roles)) = (policy.and_then(|policy| policy.kind(kind)), roles) else { return false };
    kind.open.iter().any(|role| roles.has(role))
}
