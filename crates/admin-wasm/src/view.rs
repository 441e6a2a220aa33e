//! The JSON that JavaScript gets. Its shapes are documented at the top of the crate.

use std::collections::BTreeMap;

use nightsafe_core::opening::{Difference, ListedField, OpenedValues};
use nightsafe_core::policy::Kind;
use nightsafe_core::value::Value;
use nightsafe_proto::wire::{Hex, Hex32};
use serde::Serialize;

/// Answer of `open_locator`.
#[derive(Serialize)]
pub(crate) struct LocatorView<'a> {
    deposit_id: Hex32,
    fields: Vec<FieldView<'a>>,
    differences: Vec<DifferenceView<'a>>,
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
