//! What was entered, by field and part, on its way to values.

use nightsafe_core::deposit::FieldToSeal;
use nightsafe_core::encoding::push_decimal;
use nightsafe_core::policy::Kind;
use nightsafe_core::time::Month;
use nightsafe_core::value::Value;
use zeroize::Zeroizing;

/// What was entered for one part of a field.
pub(crate) struct Entry {
    /// As the page names it: a kind, or a kind and a part.
    pub(crate) field: String,
    pub(crate) index: u32,
    pub(crate) text: Zeroizing<String>,
}

/// A field whose inputs make a value.
#[derive(Debug)]
pub(crate) struct Field<'a> {
    pub(crate) kind: &'a Kind,
    pub(crate) index: u32,
    pub(crate) value: Value,
}

impl Field<'_> {
    pub(crate) fn to_seal(&self) -> FieldToSeal<'_> {
        FieldToSeal { kind: self.kind, index: self.index, value: &self.value }
    }
}

/// One line of a report: `field index code`.
struct Problem {
    field: String,
    index: u32,
    code: &'static str,
}

/// Checks all entries and makes the values to seal. A field whose inputs are all empty is left out, unless its kind is
/// `needed`: whether a page's own input must be filled in is the page's business.
///
/// # Errors
/// A report with a line for each part that is wrong.
pub(crate) fn fields<'a>(
    kinds: &'a [Kind],
    entries: &[Entry],
    needed: Option<&str>,
    month: Month,
) -> Result<Vec<Field<'a>>, String> {
    let mut problems = Vec::new();
    let mut groups: Vec<Group<'a, '_>> = Vec::new();
    for entry in entries {
        let Some((kind, part)) = resolve(kinds, &entry.field) else {
            problems.push(Problem { field: entry.field.clone(), index: entry.index, code: "unknown_field" });
            continue;
        };
        match groups.iter_mut().find(|group| group.kind == kind && group.index == entry.index) {
            Some(group) => group.texts.push((part, entry)),
            None => groups.push(Group { kind, index: entry.index, texts: vec![(part, entry)] }),
        }
    }
    let mut fields = Vec::with_capacity(groups.len());
    for group in groups.iter().filter(|group| group.is_wanted(needed)) {
        match group.kind.value(month, |part| group.text(part)) {
            Ok(value) => fields.push(Field { kind: group.kind, index: group.index, value }),
            Err(errors) => problems.extend(errors.iter().map(|wrong| Problem {
                field: group.name(wrong.part.as_str()),
                index: group.index,
                code: wrong.error.code(),
            })),
        }
    }
    if problems.is_empty() { Ok(fields) } else { Err(report(&problems)) }
}

/// Kind and part of a name: `phone` is the one part of its kind, `address.city` the part of a record. A kind's own name
/// may have dots, too.
fn resolve<'a, 'n>(kinds: &'a [Kind], field: &'n str) -> Option<(&'a Kind, &'n str)> {
    let find = |name: &str| kinds.iter().find(|kind| kind.name.as_str() == name);
    if let Some(kind) = find(field).filter(|kind| kind.is_single()) {
        return Some((kind, "value"));
    }
    let dot = field.bytes().rposition(|byte| byte == b'.')?;
    let (kind, part) = (field.get(..dot)?, field.get(dot.checked_add(1)?..)?);
    let kind = find(kind)?;
    kind.part(part)?;
    Some((kind, part))
}

/// The inputs of one field.
struct Group<'a, 'e> {
    kind: &'a Kind,
    index: u32,
    texts: Vec<(&'e str, &'e Entry)>,
}

impl Group<'_, '_> {
    fn is_wanted(&self, needed: Option<&str>) -> bool {
        needed == Some(self.kind.name.as_str()) || self.texts.iter().any(|(_, entry)| !entry.text.trim().is_empty())
    }

    fn text(&self, part: &str) -> &str {
        self.texts.iter().find(|(name, _)| *name == part).map_or("", |(_, entry)| &entry.text)
    }

    /// The name that the page gave the part, else the one that it would have to give.
    fn name(&self, part: &str) -> String {
        let given = self.texts.iter().find(|(name, _)| *name == part);
        given.map_or_else(|| [self.kind.name.as_str(), ".", part].concat(), |(_, entry)| entry.field.clone())
    }
}

fn report(problems: &[Problem]) -> String {
    let mut lines = String::new();
    for Problem { field, index, code } in problems {
        if !lines.is_empty() {
            lines.push('\n');
        }
        lines.push_str(field);
        lines.push(' ');
        push_decimal(&mut lines, u64::from(*index), 1);
        lines.push(' ');
        lines.push_str(code);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use nightsafe_core::policy::builtin;

    fn entry(field: &str, index: u32, text: &str) -> Entry {
        Entry { field: field.into(), index, text: Zeroizing::new(text.into()) }
    }

    /// What would be sealed, as `kind index part=text …`.
    fn check(entries: &[Entry], needed: Option<&str>) -> Result<Vec<String>, String> {
        let kinds = builtin();
        let fields = fields(&kinds, entries, needed, Month::new(2026, 11).unwrap())?;
        Ok(fields
            .iter()
            .map(|field| {
                let parts: Vec<String> = field.value.parts().map(|(name, text)| format!("{name}={text}")).collect();
                format!("{} {} {}", field.kind.name, field.index, parts.join(" "))
            })
            .collect())
    }

    #[test]
    fn parts_of_one_field_are_brought_together() {
        let entries = [
            entry("address.country", 0, "DE"),
            entry("person.name", 0, "Ada Lovelace"),
            entry("address.line1", 0, "Hauptstr. 5"),
            entry("address.city", 0, "Berlin"),
            entry("phone", 1, "+49 30 1234567"),
            entry("address.postal_code", 0, "10115"),
            entry("phone", 0, "+49 30 7654321"),
        ];
        assert_eq!(
            check(&entries, None),
            Ok(vec![
                "address 0 city=Berlin line1=Hauptstr. 5 country=DE postal_code=10115".into(),
                "person.name 0 value=Ada Lovelace".into(),
                "phone 1 value=+49301234567".into(),
                "phone 0 value=+49307654321".into(),
            ])
        );
    }

    #[test]
    fn a_name_with_dots_is_a_kind_before_it_is_a_part() {
        assert_eq!(check(&[entry("person.name.value", 0, "Ada")], None), Ok(vec!["person.name 0 value=Ada".into()]));
        for field in ["person", "address", "address.planet", "card.cvc", "", ".", "phone.x"] {
            assert_eq!(check(&[entry(field, 3, "1")], None), Err(format!("{field} 3 unknown_field")));
        }
    }

    #[test]
    fn empty_fields_are_left_out_unless_they_are_needed() {
        let entries = [entry("phone", 0, " "), entry("card.number", 0, ""), entry("card.expiry", 0, "")];
        assert_eq!(check(&entries, None), Ok(vec![]));
        assert_eq!(check(&entries, Some("card")), Err("card.number 0 required\ncard.expiry 0 required".into()));
    }

    #[test]
    fn the_report_names_fields_as_the_page_does() {
        let entries = [
            entry("phone", 2, "030+1234567"),
            entry("address.line1", 0, "Hauptstr. 5"),
            entry("address.city", 0, "Berlin"),
            entry("address.postal_code", 0, "x"),
            entry("address.country", 0, "DE"),
            entry("email", 0, "ada@example.com"),
        ];
        assert_eq!(
            check(&entries, None),
            Err("phone 2 invalid_phone\naddress.postal_code 0 invalid_postal_code".into())
        );
        let half = [entry("card.number", 0, "4242 4242 4242 4242")];
        assert_eq!(check(&half, None), Err("card.expiry 0 required".into()));
    }
}
