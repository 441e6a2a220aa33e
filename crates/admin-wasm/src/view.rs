//! The JSON that JavaScript gets. Its shapes are documented at the top of the crate.

use std::collections::BTreeMap;

use nightsafe_core::epoch::{Due, Epoch, due, epochs};
use nightsafe_core::keys::KeyState;
use nightsafe_core::manifest::VerifiedManifest;
use nightsafe_core::opening::{Difference, ListedField, OpenedValues};
use nightsafe_core::policy::Kind;
use nightsafe_core::roster::{Admin, Roster};
use nightsafe_core::scalar::{IdentityId, KeyId};
use nightsafe_core::time::UnixTime;
use nightsafe_core::value::Value;
use nightsafe_proto::vault::log::ToLog;
use nightsafe_proto::wire::{B64u, Hex, Hex32};
use serde::Serialize;

/// What a new passphrase, or the code of a recovery kit, is sent with: so much of `POST /v1/passphrase/finish`, of
/// `POST /v1/recovery/passphrase/finish`, and all of `POST /v1/kit/finish`.
#[derive(Serialize)]
pub(crate) struct RenewedView {
    pub(crate) registration: B64u,
    pub(crate) wrapped: B64u,
    /// Where it is recorded by the same request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) log: Option<ToLog>,
}

/// Somebody of the roster.
#[derive(Serialize)]
pub(crate) struct PersonView {
    identity: String,
    name: String,
    /// Now, or at the end.
    roles: Vec<String>,
    words: String,
    /// `active`, `replaced`, `replaced_lost` when somebody else may have the old keys, or why it was revoked.
    state: &'static str,
    /// RFC 3339, of the entry that brought it in.
    since: String,
    /// Who is signed in.
    own: bool,
}

/// The data keys, and what is due.
#[derive(Serialize)]
pub(crate) struct KeysView {
    keys: Vec<KeyView>,
    due: Vec<DueView>,
    /// RFC 3339: when the manifest in force ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    ends: Option<String>,
}

#[derive(Serialize)]
struct KeyView {
    key_id: String,
    suite: &'static str,
    state: &'static str,
    /// RFC 3339.
    start: String,
    /// RFC 3339: when it goes into the next state by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    /// Whether this admin opens what is sealed to it.
    held: bool,
    /// Whether somebody who has left does.
    known: bool,
}

#[derive(Serialize)]
struct DueView {
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    days: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
}

/// Answer of `open_locator`.
#[derive(Serialize)]
pub(crate) struct LocatorView<'a> {
    deposit_id: Hex32,
    fields: Vec<FieldView<'a>>,
    differences: Vec<DifferenceView<'a>>,
}

/// A deposit that is not sealed anew.
#[derive(Serialize)]
pub(crate) struct LeftView<'a> {
    deposit_id: Hex32,
    reference: &'a str,
    differences: Vec<DifferenceView<'a>>,
}

impl<'a> LeftView<'a> {
    pub(crate) fn new(deposit_id: Hex32, reference: &'a str, differences: &'a [Difference]) -> Self {
        Self { deposit_id, reference, differences: differences.iter().map(difference).collect() }
    }
}

/// Answer of `open_fields`.
#[derive(Serialize)]
pub(crate) struct ValuesView<'a> {
    pub(crate) deposits: Vec<ViewedDeposit<'a>>,
}

#[derive(Serialize)]
pub(crate) struct ViewedDeposit<'a> {
    deposit_id: Hex32,
    fields: Vec<ValueView<'a>>,
    differences: Vec<DifferenceView<'a>>,
}

#[derive(Serialize)]
struct FieldView<'a> {
    kind: &'a str,
    index: u32,
    tag: Hex32,
    labels: BTreeMap<&'a str, &'a str>,
    parts: Vec<&'a str>,
}

#[derive(Serialize)]
struct ValueView<'a> {
    kind: &'a str,
    index: u32,
    parts: Vec<PartView<'a>>,
}

#[derive(Serialize)]
struct PartView<'a> {
    name: &'a str,
    value: &'a str,
}

#[derive(Serialize)]
struct DifferenceView<'a> {
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    facet: Option<&'static str>,
}

impl<'a> LocatorView<'a> {
    pub(crate) fn new(
        deposit_id: Hex32,
        listed: impl Iterator<Item = ListedField<'a>>,
        differences: &'a [Difference],
    ) -> Self {
        Self {
            deposit_id,
            fields: listed.map(field).collect(),
            differences: differences.iter().map(difference).collect(),
        }
    }
}

impl<'a> ViewedDeposit<'a> {
    pub(crate) fn new(deposit_id: Hex32, values: &'a OpenedValues<'a>) -> Self {
        Self {
            deposit_id,
            fields: values.fields.iter().map(|(listed, value)| opened(listed, value)).collect(),
            differences: values.differences.iter().map(difference).collect(),
        }
    }
}

impl KeysView {
    pub(crate) fn new(
        manifests: &[VerifiedManifest],
        (held, known, purged): (&[KeyId], &[KeyId], &[KeyId]),
        now: UnixTime,
    ) -> Self {
        let all = || manifests.iter().map(VerifiedManifest::manifest);
        let newest = all().max_by_key(|manifest| manifest.sequence);
        let key = |epoch: Epoch| KeyView {
            key_id: epoch.key.key_id().to_hex(),
            suite: epoch.key.suite.name(),
            state: state(&epoch, purged),
            start: epoch.key.start.to_text(),
            until: epoch.until.map(UnixTime::to_text),
            held: held.contains(&epoch.key.key_id()),
            known: known.contains(&epoch.key.key_id()),
        };
        Self {
            keys: epochs(all(), now).into_iter().map(key).collect(),
            due: newest.map(|manifest| due(manifest, known, now)).unwrap_or_default().iter().map(due_view).collect(),
            ends: newest.map(|manifest| manifest.not_after.to_text()),
        }
    }
}

/// What the manifests say; and whether the items of a key that is over were destroyed, which the vault alone says. Of another
/// key that is not believed.
fn state(epoch: &Epoch, purged: &[KeyId]) -> &'static str {
    match epoch.state {
        _ if epoch.is_over() && purged.contains(&epoch.key.key_id()) => "purged",
        KeyState::Purged => "discarded",
        state => state.as_str(),
    }
}

fn due_view(due: &Due) -> DueView {
    let (days, at) = match due {
        Due::ManifestEnds { within_days, at } => (Some(*within_days), Some(*at)),
        Due::ManifestEnded { at } => (None, Some(*at)),
        Due::KeyKnownToLeaver { .. } => (None, None),
        Due::KeyOverdue { days, .. } => (Some(*days), None),
        Due::NoNextKey { overdue, .. } => (None, Some(*overdue)),
    };
    DueView { code: due.code(), days, at: at.map(UnixTime::to_text) }
}

pub(crate) fn people(roster: &Roster, own: Option<IdentityId>) -> Vec<PersonView> {
    let mut admins: Vec<&Admin> = roster.everybody().collect();
    admins.sort_by_key(|admin| admin.since());
    admins.into_iter().map(|admin| person(admin, roster, own)).collect()
}

fn person(admin: &Admin, roster: &Roster, own: Option<IdentityId>) -> PersonView {
    PersonView {
        identity: admin.id().to_hex(),
        name: admin.name().as_str().to_owned(),
        roles: admin.last_roles().map(str::to_owned).collect(),
        words: admin.id().words().join(" "),
        state: admin.state(),
        since: roster.entry(admin.since()).map(|(time, _)| time.to_text()).unwrap_or_default(),
        own: own == Some(admin.id()),
    }
}

fn field(listed: ListedField<'_>) -> FieldView<'_> {
    let labels = listed.kind.iter().flat_map(|kind| &kind.labels);
    FieldView {
        kind: listed.field.kind.as_str(),
        index: listed.field.index,
        tag: Hex(listed.tag.0),
        labels: labels.map(|label| (label.language.as_str(), label.text.as_str())).collect(),
        parts: listed.kind.map(part_names).unwrap_or_default(),
    }
}

/// Parts in the manifest's order; then those that it does not know, so that nothing sealed is kept from the admin.
fn opened<'a>(listed: &ListedField<'a>, value: &'a Value) -> ValueView<'a> {
    let known = listed.kind.map(part_names).unwrap_or_default();
    let mut parts: Vec<_> = value.parts().map(|(name, value)| PartView { name, value }).collect();
    parts.sort_by_key(|part| known.iter().position(|name| *name == part.name).unwrap_or(usize::MAX));
    ValueView { kind: listed.field.kind.as_str(), index: listed.field.index, parts }
}

fn part_names(kind: &Kind) -> Vec<&str> {
    kind.parts.iter().map(|part| part.name.as_str()).collect()
}

fn difference(difference: &Difference) -> DifferenceView<'_> {
    let field = difference.field();
    DifferenceView {
        code: difference.code(),
        kind: field.map(|(kind, _)| kind.as_str()),
        index: field.map(|(_, index)| index),
        facet: difference.facet().map(|facet| facet.name()),
    }
}
