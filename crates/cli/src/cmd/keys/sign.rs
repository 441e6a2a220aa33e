//! `nightsafe keys sign`: the next key manifest, signed by site keys and published.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use nightsafe_core::manifest::{self, DataKey, KeyManifest, MAX_DATA_KEYS};
use nightsafe_core::time::UnixTime;
use nightsafe_store::vault::{CustodyKey, VaultStore};

use crate::config;
use crate::data_dir::{DataDir, DataDirArg};
use crate::database_url::VaultArg;
use crate::keys::site_key::unlock_signers;
use crate::keys::{EPOCH_DAYS, data_key, now};
use crate::manifests::{self, Signed};
use crate::passphrase::Descriptor;
use crate::site::{self, release::Release};
use crate::{files, term};

/// Signs the next key manifest with site keys, and publishes it
///
/// It names the keys of the current one that are still needed and every data key made since. A running `nightsafe up`
/// takes it over by itself.
#[derive(clap::Args, Debug)]
pub(crate) struct SignArgs {
    #[command(flatten)]
    data: DataDirArg,
    #[command(flatten)]
    vault: VaultArg,
    /// File of a site key; as many as must sign
    #[arg(long = "site-key", value_name = "FILE", required = true)]
    site_keys: Vec<PathBuf>,
    /// Days that the manifest is valid
    #[arg(long, value_name = "DAYS", default_value_t = 395, value_parser = clap::value_parser!(u16).range(1..=400))]
    days: u16,
    /// New field policy: a text of `kind` blocks [default: as before]
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// New list of origins whose pages may embed the frame [default: as before]
    #[arg(long = "parent", value_name = "ORIGIN")]
    parents: Vec<String>,
    /// Read the site keys' passphrases from this file descriptor: one line each, or a single line for all
    #[arg(long, value_name = "FD")]
    site_passphrase_fd: Option<Descriptor>,
}

pub(super) async fn run(args: &SignArgs) -> Result<()> {
    let (data, config) = args.data.open()?;
    let anchor = manifests::read_anchor(&data)?;
    let history = manifests::all(&data, &anchor)?;
    let store = VaultStore::open(&args.vault.database(&data, &config)?).await?;
    let now = now();
    let next = next_manifest(args, &history, &store.custody().await?, now)?;
    for key in &next.data_keys {
        manifests::read_key(&data, key)?;
    }

    let signers = unlock_signers(&args.site_keys, args.site_passphrase_fd.as_ref(), &config.site()?, &anchor).await?;
    let note = manifest::sign(&next, &signers.iter().collect::<Vec<_>>())?;
    manifest::verify(&note, &anchor, now).context("the new manifest does not verify, so it was not published")?;
    let signed = Signed::verify(note, &anchor)?;
    // The vault first: whoever opens a deposit finds the manifest that it was sealed under
    store.add_manifest(&signed.hash(), signed.sequence(), &signed.note).await?;
    store.close().await;
    signed.store(&data)?;
    publish(&data, &config, &signed)?;

    term::print(&format!("{}\n", signed.hash()))?;
    term::progress(&format!(
        "manifest {} with {} data keys, valid until {}",
        signed.sequence(),
        next.data_keys.len(),
        next.not_after.to_text()
    ));
    Ok(())
}

fn next_manifest(args: &SignArgs, history: &[Signed], custody: &[CustodyKey], now: UnixTime) -> Result<KeyManifest> {
    let before = history.last().context("there is no key manifest yet")?.manifest();
    let mut next = before.clone();
    next.sequence = before.sequence.checked_add(1).context("there are no sequence numbers left")?;
    next.not_before = now;
    next.not_after = now.plus_days(args.days.into());
    next.data_keys = data_keys(history, before, custody, now)?;
    if !args.parents.is_empty() {
        next.parents = args.parents.iter().map(|parent| config::origin(parent)).collect::<Result<_>>()?;
    }
    if let Some(path) = &args.policy {
        next.kinds = manifests::parse_policy(&files::read_text(path)?, before)
            .with_context(|| format!("{} is refused", path.display()))?;
    }
    Ok(next)
}

/// The keys of the manifest before, without those that no browser can be sealing to any more, and then the new ones,
/// each an epoch after the one before it.
fn data_keys(history: &[Signed], before: &KeyManifest, custody: &[CustodyKey], now: UnixTime) -> Result<Vec<DataKey>> {
    let active = before.data_keys.iter().rposition(|key| key.start <= now).unwrap_or(0);
    // A browser whose clock is behind may still take the key before the active one
    let mut keys: Vec<DataKey> = before.data_keys.iter().skip(active.saturating_sub(1)).cloned().collect();
    for stored in custody {
        let key = data_key::public_key(stored)?;
        // What a manifest named once and this one does not is past its time
        if history.iter().any(|signed| signed.manifest().data_key(key.key_id()).is_some()) {
            continue;
        }
        let start = keys.last().map_or(now, |last| last.start.plus_days(EPOCH_DAYS).max(now));
        term::progress(&format!(
            "new data key {}, sealing from {}: compare it with what `nightsafe keys next` printed",
            key.key_id(),
            start.to_text()
        ));
        keys.push(DataKey::new(start, &key));
    }
    if keys.len() > MAX_DATA_KEYS {
        bail!("a manifest names at most {MAX_DATA_KEYS} data keys, and there are {}", keys.len());
    }
    Ok(keys)
}

/// Puts it beside the site's files, if the site was built: parents and data keys are in the headers, too.
fn publish(data: &DataDir, config: &config::Config, signed: &Signed) -> Result<()> {
    match Release::read(&data.release())? {
        Some(release) => {
            // What the manifest names is there before it
            site::publish_keys(data, signed.manifest())?;
            site::publish_headers(data, &release, &config.origins, signed.manifest())?;
            site::publish_manifest(data, &signed.note)
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
        let now = UnixTime::from_seconds(0).plus_days(day);
        let keys = data_keys(history, history.last().unwrap().manifest(), all, now).unwrap();
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
}
