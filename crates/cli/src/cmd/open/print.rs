//! Printing opened deposits: what was asked for, and nothing else.

use anyhow::Result;
use serde_json::{Map, Value as Json, json};
use zeroize::Zeroizing;

use super::deposit::Opened;
use crate::term;

pub(super) fn print(opened: &[Opened], json: bool) -> Result<()> {
    let text = if json { as_json(opened)? } else { as_lines(opened) };
    term::print(&text)
}

/// `[{"deposit_id", "reference", "day", "fields": [{"kind", "index", "value": {part: text}}], "listed": [...],
/// "differences": [{"code", "kind", "index", "facet"}]}]`
fn as_json(opened: &[Opened]) -> Result<Zeroizing<String>> {
    let deposits: Vec<Json> = opened.iter().map(deposit_json).collect();
    let mut text = Zeroizing::new(serde_json::to_string(&deposits)?);
    text.push('\n');
    Ok(text)
}

fn deposit_json(opened: &Opened) -> Json {
    let fields: Vec<Json> = opened
        .values
        .iter()
        .map(|(name, value)| {
            let parts: Map<String, Json> = value.parts().map(|(part, text)| (part.to_owned(), json!(text))).collect();
            json!({ "kind": name.kind.as_str(), "index": name.index, "value": parts })
        })
        .collect();
    let listed: Vec<String> = opened.listed.iter().map(|(kind, index)| format!("{kind}#{index}")).collect();
    let differences: Vec<Json> = opened
        .differences
        .iter()
        .map(|difference| {
            json!({
                "code": difference.code(),
                "kind": difference.field().map(|(kind, _)| kind.as_str()),
                "index": difference.field().map(|(_, index)| index),
                "facet": difference.facet().map(|facet| facet.name()),
            })
        })
        .collect();
    json!({
        "deposit_id": opened.deposit_id,
        "reference": opened.reference,
        "day": opened.day,
        "fields": fields,
        "listed": listed,
        "differences": differences,
    })
}

fn as_lines(opened: &[Opened]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::new());
    for deposit in opened {
        text.push_str(&format!("deposit {} of {}, {}\n", deposit.deposit_id, deposit.day, deposit.reference));
        if deposit.values.is_empty() {
            let listed: Vec<String> = deposit.listed.iter().map(|(kind, index)| format!("{kind}#{index}")).collect();
            text.push_str(&format!("  holds {}\n", listed.join(", ")));
        }
        for (name, value) in &deposit.values {
            for (part, content) in value.parts() {
                // A line break in a value must not look like a line of ours
                let content = Zeroizing::new(content.replace('\n', "\\n"));
                for piece in ["  ", name.kind.as_str(), "#", &name.index.to_string(), " ", part, ": ", &content, "\n"] {
                    text.push_str(piece);
                }
            }
        }
        for difference in &deposit.differences {
            let field = difference.field().map_or(String::new(), |(kind, index)| format!(" ({kind}#{index})"));
            let facet = difference.facet().map_or(String::new(), |facet| format!(" ({})", facet.name()));
            text.push_str(&format!("  DIFFERENCE {}{field}{facet}: {difference}\n", difference.code()));
        }
    }
    text
}
