//! `nightsafe keys list`: which data keys there are, and what each is doing now.

use std::fmt::Write as _;

use anyhow::Result;
use nightsafe_core::manifest::{DataKey, KeyManifest};
use nightsafe_core::scalar::KeyId;
use nightsafe_core::time::UnixTime;
use nightsafe_store::vault::VaultStore;
use serde::Serialize;

use crate::data_dir::DataDirArg;
use crate::database_url::VaultArg;
use crate::keys::{EPOCH_DAYS, now};
use crate::manifests::{self, Signed};
use crate::term;

const DAY_SECONDS: u64 = 86_400;

/// Lists the data keys with their states, start dates and ages
#[derive(clap::Args, Debug)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    data: DataDirArg,
    #[command(flatten)]
    vault: VaultArg,
    /// Print one JSON array instead of a table
    #[arg(long)]
    json: bool,
}

/// What a data key is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    /// In the vault, but in no manifest: `keys sign` publishes it.
    Unsigned,
    /// In the manifest, its time has not come.
    Pending,
    /// Seals what is deposited now.
    Active,
    /// Sealed earlier deposits, which it still opens.
    Retiring,
    /// Dropped before its start, because somebody who was granted it has left.
    Discarded,
    /// Nothing that was sealed to it is left, and its private items are destroyed.
    Purged,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Row {
    key_id: String,
    suite: String,
    state: State,
    /// RFC 3339; absent while unsigned.
    start: Option<String>,
    /// Whole days since the start.
    age_days: Option<u64>,
    /// Active for longer than an epoch, with nothing that follows.
    overdue: bool,
}

/// A data key of the vault.
struct Known {
    id: KeyId,
    suite: String,
    is_purged: bool,
}

pub(super) async fn run(args: &ListArgs) -> Result<()> {
    let (data, config) = args.data.open()?;
    let anchor = manifests::read_anchor(&data)?;
    let history = manifests::all(&data, &anchor)?;
    let store = VaultStore::open(&args.vault.database(&data, &config)?).await?;
    let custody = store.custody().await?;
    let purged = store.purged_keys().await?;
    store.close().await;

    let mut known: Vec<Known> =
        custody.into_iter().map(|key| Known { id: key.key_id, suite: key.suite, is_purged: false }).collect();
    known.extend(purged.into_iter().map(|key| Known { id: key.key_id, suite: key.suite, is_purged: true }));
    let now = now();
    let rows = rows(&known, &history, now);
    let text = if args.json { format!("{}\n", serde_json::to_string(&rows)?) } else { table(&rows)? };
    term::print(&text)?;
    for row in rows.iter().filter(|row| row.overdue) {
        term::warn(&format!(
            "data key {} has sealed for more than {EPOCH_DAYS} days: run `nightsafe keys next`, then `nightsafe keys sign`",
            row.key_id
        ));
    }
    if let Some(latest) = history.last() {
        latest.warn_of_expiry(now);
    }
    Ok(())
}

fn rows(known: &[Known], history: &[Signed], now: UnixTime) -> Vec<Row> {
    let current = history.last().map(Signed::manifest);
    let active = current.and_then(|manifest| manifest.active_key(now)).map(|key| key.key_id());
    let follows = current.is_some_and(|manifest| manifest.data_keys.iter().any(|key| key.start > now));
    let mut rows: Vec<(Option<UnixTime>, Row)> = known
        .iter()
        .map(|Known { id, suite, is_purged }| {
            // The newest manifest that names the key knows its start best
            let start = history.iter().rev().find_map(|signed| start_in(&signed.manifest().data_keys, *id));
            let state = match start {
                _ if *is_purged => State::Purged,
                None => State::Unsigned,
                Some(start) if current.is_some_and(|current| is_dropped(current, *id, start)) => State::Discarded,
                Some(start) if start > now => State::Pending,
                Some(_) if active == Some(*id) => State::Active,
                Some(_) => State::Retiring,
            };
            let age = start.filter(|start| *start <= now).map(|start| days_between(start, now));
            let overdue = state == State::Active && !follows && age.is_some_and(|days| days >= EPOCH_DAYS);
            let row = Row {
                key_id: id.to_hex(),
                suite: suite.clone(),
                state,
                start: start.map(UnixTime::to_text),
                age_days: age,
                overdue,
            };
            (start, row)
        })
        .collect();
    // By start; what has none yet comes last
    rows.sort_by_key(|(start, _)| start.map_or(u64::MAX, UnixTime::seconds));
    rows.into_iter().map(|(_, row)| row).collect()
}

/// Whether a key that was to start then is in an earlier manifest only, and had not started when this one began.
fn is_dropped(current: &KeyManifest, id: KeyId, start: UnixTime) -> bool {
    current.data_key(id).is_none() && start > current.not_before
}

fn start_in(keys: &[DataKey], id: KeyId) -> Option<UnixTime> {
    keys.iter().find(|key| key.key_id() == id).map(|key| key.start)
}

fn days_between(from: UnixTime, to: UnixTime) -> u64 {
    to.seconds().saturating_sub(from.seconds()).checked_div(DAY_SECONDS).unwrap_or(0)
}

fn table(rows: &[Row]) -> Result<String> {
    let mut text = format!("{:32}  {:6}  {:8}  {:20}  {}\n", "KEY", "SUITE", "STATE", "START", "AGE");
    for row in rows {
        let state = format!("{:?}", row.state).to_lowercase();
        let start = row.start.as_deref().unwrap_or("-");
        let age = row.age_days.map_or("-".to_owned(), |days| format!("{days} d"));
        let note = if row.overdue { "  overdue" } else { "" };
        writeln!(text, "{:32}  {:6}  {state:8}  {start:20}  {age}{note}", row.key_id, row.suite)?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifests::tests::{data_keys, signed};

    #[test]
    fn states_follow_the_clock_and_an_overdue_key_is_marked() {
        let keys = data_keys(&[0, 90, 180, 270]);
        // The first key is in the older manifest only, the last one in none
        let history = [signed(1, &keys[..2]), signed(2, &keys[1..3])];
        let known = |is_purged: [bool; 4]| -> Vec<Known> {
            let key =
                |(key, is_purged): (&DataKey, bool)| Known { id: key.key_id(), suite: "x25519".to_owned(), is_purged };
            keys.iter().zip(is_purged).map(key).collect()
        };
        let held = known([false; 4]);
        let at = |day: u64| rows(&held, &history, UnixTime::from_seconds(0).plus_days(day));
        let states = |day: u64| at(day).iter().map(|row| row.state).collect::<Vec<_>>();
        use State::{Active, Pending, Retiring, Unsigned};
        assert_eq!(states(100), [Retiring, Active, Pending, Unsigned]);
        assert_eq!(states(200), [Retiring, Retiring, Active, Unsigned]);
        assert!(at(200).iter().all(|row| !row.overdue));
        // One that is not named any more before it starts
        let history = [signed(1, &keys[..3]), signed(2, &[keys[0].clone(), keys[2].clone()])];
        let dropped = rows(&held, &history, UnixTime::from_seconds(0).plus_days(100));
        let states: Vec<_> = dropped.iter().map(|row| row.state).collect();
        assert_eq!(states, [Active, State::Discarded, Pending, Unsigned]);
        // Its items are gone: it does nothing any more
        let purged = rows(&known([true, false, false, false]), &history, UnixTime::from_seconds(0).plus_days(200));
        assert_eq!((purged[0].state, table(&purged).unwrap().contains("purged")), (State::Purged, true));
        let late = at(300);
        assert_eq!(late.iter().map(|row| row.overdue).collect::<Vec<_>>(), [false, false, true, false]);
        assert_eq!(late[2].age_days, Some(120));
        assert!(table(&late).unwrap().contains("120 d  overdue"));
    }
}
