//! The next manifest, before it is signed; and putting it in place afterwards.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use nightsafe_core::manifest::{DataKey, KeyManifest, MAX_DATA_KEYS};
use nightsafe_core::scalar::KeyId;
use nightsafe_core::time::UnixTime;
use nightsafe_store::vault::{CustodyKey, VaultStore};

use crate::config;
use crate::data_dir::DataDir;
use crate::keys::leavers::Leavers;
use crate::keys::{EPOCH_DAYS, data_key, now};
use crate::manifests::{self, Signed};
use crate::release_log::{self, Cosigned};
use crate::site::{self, release::Release, signed_headers::Signatures};
use crate::{files, term};

/// What is asked of the next manifest.
#[derive(clap::Args, Debug)]
pub(super) struct Wanted {
    /// Days that the manifest is valid
    #[arg(long, value_name = "DAYS", default_value_t = 395, value_parser = clap::value_parser!(u16).range(1..=400))]
    pub(super) days: u16,
    /// New field policy: a text of `kind` blocks [default: as before]
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// New list of origins whose pages may embed the frame [default: as before]
    #[arg(long = "parent", value_name = "ORIGIN")]
    parents: Vec<String>,
}

/// The manifest to sign: what is wanted, the keys of the current one that are still needed, and every data key made since. It
/// has no data key when somebody who has left opens all of them: then one is to be made.
pub(super) fn next_manifest(
    wanted: &Wanted,
    history: &[Signed],
    (custody, leavers): (&[CustodyKey], &Leavers),
    now: UnixTime,
) -> Result<KeyManifest> {
    let before = history.last().context("there is no key manifest yet")?.manifest();
    let mut next = before.clone();
    next.sequence = before.sequence.checked_add(1).context("there are no sequence numbers left")?;
    next.not_before = now;
    next.not_after = now.plus_days(wanted.days.into());
    next.data_keys = data_keys(history, before, (custody, leavers.keys()), now)?;
    // What is sealed to a purged key nobody opens. It was over when it was purged, so that no other moves
    next.data_keys.retain(|key| !leavers.purged().contains(&key.key_id()));
    if !wanted.parents.is_empty() {
        next.parents = wanted.parents.iter().map(|parent| config::origin(parent)).collect::<Result<_>>()?;
    }
    if let Some(path) = &wanted.policy {
        next.kinds = manifests::parse_policy(&files::read_text(path)?, before)
            .with_context(|| format!("{} is refused", path.display()))?;
    }
    Ok(next)
}

/// Refuses a manifest that has nothing to seal to.
pub(super) fn check_any_key(next: &KeyManifest) -> Result<()> {
    if next.data_keys.is_empty() {
        bail!(
            "somebody who has left opens every data key: run `nightsafe keys next` first, or `nightsafe keys propose`"
        );
    }
    Ok(())
}

/// How many data keys are to be made, so that one after the other covers the manifest's time.
pub(super) fn lacking(next: &KeyManifest) -> usize {
    let mut covered = next.data_keys.last().map_or(next.not_before, |last| last.start.plus_days(EPOCH_DAYS));
    let mut lacking = 0_usize;
    while covered < next.not_after && next.data_keys.len().saturating_add(lacking) < MAX_DATA_KEYS {
        covered = covered.max(next.not_before).plus_days(EPOCH_DAYS);
        lacking = lacking.saturating_add(1);
    }
    lacking
}

/// The keys of the manifest before, without those that no browser can be sealing to any more and those that are `known` to
/// somebody who has left; then the new ones, each an epoch after the one before it. When the active key goes, what follows it
/// begins at once.
fn data_keys(
    history: &[Signed],
    before: &KeyManifest,
    (custody, known): (&[CustodyKey], &[KeyId]),
    now: UnixTime,
) -> Result<Vec<DataKey>> {
    let active = before.data_keys.iter().rposition(|key| key.start <= now).unwrap_or(0);
    let is_known = |id: KeyId| known.contains(&id);
    let ends = before.data_keys.get(active).is_some_and(|key| is_known(key.key_id()));
    // A browser whose clock is behind may still take the key before the active one; never in the place of the active one
    let first = if ends { active.saturating_add(1) } else { active.saturating_sub(1) };
    let kept = before.data_keys.iter().skip(first).filter(|key| !is_known(key.key_id()));
    let mut keys: Vec<DataKey> = Vec::new();
    for key in kept {
        keys.push(DataKey { start: moved_up(&keys, key.start, now, known.is_empty()), ..key.clone() });
    }
    for stored in custody {
        let key = data_key::public_key(stored)?;
        // What a manifest named once and this one does not is past its time
        if is_known(key.key_id()) || history.iter().any(|signed| signed.manifest().data_key(key.key_id()).is_some()) {
            continue;
        }
        let start = keys.last().map_or(now, |last| last.start.plus_days(EPOCH_DAYS).max(now));
        keys.push(DataKey::new(start, &key));
    }
    if keys.len() > MAX_DATA_KEYS {
        bail!("a manifest names at most {MAX_DATA_KEYS} data keys, and there are {}", keys.len());
    }
    Ok(keys)
}

/// When a pending key begins: as it was signed, or as soon as there would be none without it.
fn moved_up(before: &[DataKey], start: UnixTime, now: UnixTime, as_signed: bool) -> UnixTime {
    if start <= now || as_signed {
        return start;
    }
    start.min(before.last().map_or(now, |last| last.start.plus_days(EPOCH_DAYS).max(now.plus(1))))
}

/// Puts a signed manifest in its places, the published one last: until then the old one is in force, whole.
pub(super) async fn place(data: &DataDir, config: &config::Config, store: &VaultStore, signed: &Signed) -> Result<()> {
    // The vault first: whoever opens a deposit finds the manifest that it was sealed under
    store.add_manifest(&signed.hash(), signed.sequence(), &signed.note).await?;
    signed.store(data)?;
    // In the log before anybody gets it
    let anchor = manifests::read_anchor(data)?;
    release_log::record_cosigned((data, config), &anchor, (Cosigned::Must, now())).await?;
    publish(data, config, signed)
}

/// What came of it.
pub(super) fn tell(signed: &Signed) -> Result<()> {
    term::print(&format!("{}\n", signed.hash()))?;
    let manifest = signed.manifest();
    term::progress(&format!(
        "manifest {} with {} data keys, valid until {}",
        signed.sequence(),
        manifest.data_keys.len(),
        manifest.not_after.to_text()
    ));
    Ok(())
}

/// Puts it beside the site's files, if the site was built: parents and data keys are in the headers, too.
fn publish(data: &DataDir, config: &config::Config, signed: &Signed) -> Result<()> {
    match Release::read(&data.release())? {
        Some(release) => {
            // What the manifest names is there before it
            let folder = data.served();
            site::publish_keys(data, &folder, signed.manifest())?;
            // Whether or not the keys of scripts are on this machine: nothing that they signed is another
            let signatures = (&Signatures::AsBefore, &folder);
            site::publish_headers(&folder, &release, &config.origins, signed.manifest(), signatures)?;
            site::publish_manifest(&folder, &signed.note)?;
            if folder.note().exists() {
                term::warn(
                    "the signed site release names the key manifest of before: run `nightsafe site build`, have the new \
                     release signed and publish it, or whoever checks the site will see that it differs",
                );
            }
            Ok(())
        }
        None => {
            term::progress("the site is not built yet: `nightsafe site build` publishes the manifest");
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::rng;
    use crate::manifests::tests::signed;
    use nightsafe_core::keys::PrivateItems;
    use nightsafe_core::suite::Suite;

    /// What manifest and vault say of fresh keys that start on these days.
    fn fresh(days: &[u64]) -> (Vec<DataKey>, Vec<CustodyKey>) {
        let start = |day: &u64| UnixTime::from_seconds(0).plus_days(*day);
        let both = days.iter().map(|day| {
            let items = PrivateItems::generate(Suite::X25519, &mut rng()).unwrap();
            let public = items.public_key();
            let (suite, public_key) = (public.suite().name().to_owned(), public.as_bytes().to_vec());
            let stored = CustodyKey { key_id: public.key_id(), suite, public_key, items: Vec::new() };
            (DataKey::new(start(day), public), stored)
        });
        both.unzip()
    }

    /// Which of `all` the next manifest names, by number, and when each starts, in days.
    fn next(all: &[CustodyKey], history: &[Signed], day: u64) -> Vec<(usize, u64)> {
        without(&[], all, history, day)
    }

    /// The same when somebody who has left opens those of these numbers.
    fn without(known: &[usize], all: &[CustodyKey], history: &[Signed], day: u64) -> Vec<(usize, u64)> {
        let now = UnixTime::from_seconds(0).plus_days(day);
        let known: Vec<_> = known.iter().map(|number| all[*number].key_id).collect();
        let keys = data_keys(history, history.last().unwrap().manifest(), (all, &known), now).unwrap();
        let number = |key: &DataKey| all.iter().position(|one| one.key_id == key.key_id()).unwrap();
        keys.iter().map(|key| (number(key), key.start.seconds() / 86_400)).collect()
    }

    #[test]
    fn new_keys_come_in_and_retired_ones_stay_out() {
        let (all, stored) = fresh(&[0, 90, 180, 270]);
        let history = vec![signed(1, &all[..2])];
        assert_eq!(next(&stored[..2], &history, 10), [(0, 0), (1, 90)]);
        assert_eq!(next(&stored[..3], &history, 10), [(0, 0), (1, 90), (2, 180)]);
        // The one before the active key stays for browsers whose clock is behind
        let history = vec![signed(1, &all[..2]), signed(2, &all[..3])];
        assert_eq!(next(&stored[..3], &history, 100), [(0, 0), (1, 90), (2, 180)]);
        assert_eq!(next(&stored[..3], &history, 200), [(1, 90), (2, 180)]);
        // What an older manifest named does not come back as a new key
        let history = vec![signed(1, &all[..2]), signed(2, &all[..3]), signed(3, &all[1..3])];
        assert_eq!(next(&stored, &history, 200), [(1, 90), (2, 180), (3, 270)]);
        // A key that comes late starts at once, not in the past
        assert_eq!(next(&stored, &history, 300), [(1, 90), (2, 180), (3, 300)]);
    }

    #[test]
    fn what_somebody_who_left_opens_goes_and_what_follows_begins_at_once() {
        let (all, stored) = fresh(&[0, 90, 180, 270, 360]);
        let history = vec![signed(1, &all[..3])];
        // All three were granted: nothing is left, and whatever is made then begins now
        assert_eq!(without(&[0, 1, 2], &stored[..3], &history, 10), Vec::new());
        assert_eq!(without(&[0, 1, 2], &stored, &history, 10), [(3, 10), (4, 100)]);
        // Made after the person left, and signed already: moved up, and no key is overdue before the next
        assert_eq!(without(&[0, 1], &stored[..4], &history, 10), [(2, 10), (3, 100)]);
        // Only a pending one goes
        assert_eq!(without(&[1], &stored[..4], &history, 10), [(0, 0), (2, 90), (3, 180)]);
        assert_eq!(without(&[2], &stored[..3], &history, 10), [(0, 0), (1, 90)]);
        // The key before the active one goes, and does not come back when the active one does
        assert_eq!(without(&[0], &stored[..3], &history, 100), [(1, 90), (2, 180)]);
        assert_eq!(without(&[1], &stored[..3], &history, 100), [(2, 100)]);
        // Made but unsigned when the person left
        assert_eq!(without(&[0, 1, 2, 3], &stored, &history, 100), [(4, 100)]);
        // Again, after it was published
        let history = vec![signed(1, &all[..3]), signed(2, &[DataKey { start: day_of(10), ..all[3].clone() }])];
        assert_eq!(without(&[0, 1, 2], &stored, &history, 11), [(3, 10), (4, 100)]);
    }

    fn day_of(day: u64) -> UnixTime {
        UnixTime::from_seconds(0).plus_days(day)
    }

    #[test]
    fn keys_are_made_ahead_until_the_manifest_is_covered() {
        let (all, _) = fresh(&[0, 90]);
        let until = |day: u64, keys: &[DataKey]| KeyManifest {
            not_after: UnixTime::from_seconds(0).plus_days(day),
            ..signed(2, keys).manifest().clone()
        };
        assert_eq!(lacking(&until(180, &all)), 0);
        assert_eq!(lacking(&until(181, &all)), 1);
        assert_eq!(lacking(&until(395, &all)), 3);
        // Not more than a manifest can name
        let (many, _) = fresh(&[0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(lacking(&until(395, &many)), 1);
        // An overdue key: what follows it begins now, not in the past
        let late = KeyManifest { not_before: UnixTime::from_seconds(0).plus_days(300), ..until(695, &all) };
        assert_eq!(lacking(&late), 5);
    }
}
