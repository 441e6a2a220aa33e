//! The release log (`docs/spec/release-log.md`) on the machine that publishes: what the site keys signed is in it before it is
//! served. What is to be in it follows from the files of the data directory, so whatever was interrupted is made up for by the
//! next command.

mod files;
mod source;

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};
use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::log::Logged;
use nightsafe_core::note::{Note, NoteSigner, Vkey};
use nightsafe_core::release::SiteRelease;
use nightsafe_core::release_log::{Entry, origin};
use nightsafe_core::scalar::Site;
use nightsafe_core::time::UnixTime;

use self::files::Log;
use crate::config::Config;
use crate::data_dir::{DataDir, ReleaseFolder};
use crate::keys::{online, rng};
use crate::{term, witness};

/// Whether to go on without the cosignatures that the configuration asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cosigned {
    /// What is to be published then is not.
    Must,
    /// What is in force already, and cannot wait.
    Should,
}

/// The log's public key. The key is made when there is none: it is nothing without the log that it signs.
pub(crate) fn key(data: &DataDir, site: &Site) -> Result<Vkey> {
    let path = data.release_log_key();
    if !path.exists() {
        if data.release_log().exists() {
            bail!("{} is gone, and the release log is not: restore the key from a copy", path.display());
        }
        let signer = NoteSigner::generate(&origin(site.as_str()), &mut rng())?;
        online::create(&path, &signer)?;
        crate::files::sync_parent(&path)?;
    }
    let key = online::read(&path)?.vkey().clone();
    if key.name() != origin(site.as_str()) {
        bail!("{} is no key of this site's release log: restore it from a copy", path.display());
    }
    Ok(key)
}

/// Appends what is not in the log yet, and serves the log as it is then. How many leaves there are.
pub(crate) fn record(data: &DataDir, anchor: &TrustAnchor) -> Result<u64> {
    let size = append(data, anchor)?.checkpoint().size;
    mirror(data, &data.served())?;
    Ok(size)
}

/// The same, asking the witnesses to cosign.
pub(crate) async fn record_cosigned(
    (data, config): (&DataDir, &Config),
    anchor: &TrustAnchor,
    (cosigned, now): (Cosigned, UnixTime),
) -> Result<()> {
    // Nobody else waits for the log while witnesses are asked
    drop(append(data, anchor)?);
    let outcome = cosign(data, config, now).await;
    mirror(data, &data.served())?;
    let (count, wanted) = (outcome?, config.release_log.cosigned);
    if count < wanted {
        let said = format!("{count} of the {wanted} witnesses that must cosign the release log did");
        match cosigned {
            Cosigned::Must => bail!("{said}, so nothing was published: run this again when they answer"),
            Cosigned::Should => term::warn(&said),
        }
    }
    Ok(())
}

/// Asks each witness that has not cosigned the last checkpoint. How many have.
pub(crate) async fn cosign(data: &DataDir, config: &Config, now: UnixTime) -> Result<usize> {
    if config.release_log.witness.is_empty() || !data.release_log().exists() {
        return Ok(0);
    }
    let site = config.site()?;
    let asked = Log::open(data, &site)?.note().clone();
    let mut note = asked.clone();
    for section in &config.release_log.witness {
        match witness::ask(
            &files::Folder(data.release_log()),
            section,
            config.release_log.ca_file.as_deref(),
            &note,
            now,
        )
        .await
        {
            Ok(line) => note.add_lines(&line).context("there are too many cosignatures")?,
            Err(error) => term::warn(&format!("witness {}: {error:#}", section.witness()?.name())),
        }
    }
    if note != asked {
        let mut log = Log::open(data, &site)?;
        // The log may have grown meanwhile: then they are asked again
        if log.note().text() == note.text() {
            log.put_checkpoint(note)?;
        }
        note = log.note().clone();
    }
    count(config, &note)
}

/// The witnesses of the configuration that cosigned.
fn count(config: &Config, note: &Note) -> Result<usize> {
    let mut count = 0_usize;
    for section in &config.release_log.witness {
        if section.witness()?.verify(note).is_ok_and(|time| time.is_some()) {
            count = count.saturating_add(1);
        }
    }
    Ok(count)
}

/// The proof that a release is in the log.
pub(crate) fn proof(data: &DataDir, release: &SiteRelease) -> Result<Logged> {
    Log::open(data, &release.site)?.proof(&Entry::of_release(release))
}

/// Copies the log into a release's folder, the checkpoint last. Nothing before there is a log.
pub(crate) fn mirror(data: &DataDir, folder: &ReleaseFolder) -> Result<()> {
    match folder.fields().is_dir() && data.release_log().exists() {
        true => files::copy(&data.release_log(), &folder.log()),
        false => Ok(()),
    }
}

/// The log with all that is to be in it.
fn append(data: &DataDir, anchor: &TrustAnchor) -> Result<Log> {
    key(data, &anchor.site)?;
    let mut log = Log::open(data, &anchor.site).context("the release log")?;
    let mut known: BTreeSet<Vec<u8>> = log.entries()?.into_iter().collect();
    let wanted = source::wanted(data, anchor)?.into_iter();
    let missing: Vec<String> =
        wanted.map(|entry| entry.encode()).filter(|entry| known.insert(entry.clone().into_bytes())).collect();
    log.append(&missing)?;
    Ok(log)
}

#[cfg(test)]
mod tests;
