//! `nightsafe db anonymity`: how many field rows there are that nothing tells apart.

use std::fmt::Write;

use anyhow::Result;
use clap::Args;
use nightsafe_store::vault::{AnonymitySet, VaultStore};

use super::DatabaseArgs;
use crate::term;

/// Count the vault's field rows that nothing tells apart, the smallest sets first
///
/// Who copies the database sees kind, data key, month of expiry and size of every sealed field, and the month of every
/// order. Which field belongs to which order he has to guess within these sets: the smaller, the easier.
#[derive(Args, Debug)]
pub(crate) struct AnonymityArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// A set with fewer rows than this is called small
    #[arg(long, value_name = "ROWS", default_value_t = 20)]
    small: u64,
}

pub(crate) async fn run(args: &AnonymityArgs) -> Result<()> {
    let store = VaultStore::open_read_only(&args.database.database()?).await?;
    let sets = store.anonymity_sets().await;
    let last = store.last_settled().await;
    store.close().await;
    let last = last?.map_or_else(|| "never".to_owned(), |time| time.to_text());
    term::print(&format!("{}last settled: {last}\n", report(&sets?, args.small)?))
}

fn report(sets: &[AnonymitySet], small: u64) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    if sets.is_empty() {
        return Ok("there are no field rows\n".to_owned());
    }
    writeln!(text, "    rows  bytes  expires  key                               kind")?;
    for set in sets {
        writeln!(text, "{:>8} {:>6}  {}  {}  {}", set.rows, set.size, set.expires, set.key_id, set.kind)?;
    }
    let count = sets.iter().filter(|set| set.rows < small).count();
    match sets.first() {
        Some(smallest) if count > 0 => writeln!(
            text,
            "{count} of {} sets {} smaller than {small} rows; the smallest has {}: whoever copies this database \
             guesses, one time in {}, to which order of its month such a field belongs. Sets grow with the deposits of \
             the month; a larger bucket for the kind, or a later month for the change of keys, makes them larger, too.",
            sets.len(),
            if count == 1 { "is" } else { "are" },
            smallest.rows,
            smallest.rows,
        )?,
        _ => writeln!(text, "no set is smaller than {small} rows")?,
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nightsafe_core::scalar::KeyId;

    fn set(rows: u64) -> AnonymitySet {
        AnonymitySet { kind: "card".into(), key_id: KeyId([7; 16]), expires: "2028-11".into(), size: 1284, rows }
    }

    #[test]
    fn small_sets_are_said_in_a_sentence() {
        let text = report(&[set(3), set(25)], 20).unwrap();
        assert!(text.contains("       3   1284  2028-11  07070707070707070707070707070707  card\n"), "{text}");
        assert!(text.contains("1 of 2 sets is smaller than 20 rows; the smallest has 3: "), "{text}");
        assert!(report(&[set(20)], 20).unwrap().ends_with("no set is smaller than 20 rows\n"));
        assert_eq!(report(&[], 20).unwrap(), "there are no field rows\n");
    }
}
