//! What is served, and making another release the served one: one link is exchanged, so that there is the old release or the
//! new one, and never something between.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use nightsafe_core::release::SiteRelease;
use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::stage;
use crate::data_dir::{DataDir, ReleaseFolder};
use crate::files;

/// The release that is served.
pub(crate) struct Served {
    pub(crate) release: SiteRelease,
    pub(crate) document: String,
    /// The signed note. A site is served without one until the site keys signed for the first time.
    pub(crate) note: Option<String>,
}

impl Served {
    /// None before the first build, and of a site that was built before there were releases.
    pub(crate) fn read(folder: &ReleaseFolder) -> Result<Option<Self>> {
        if !folder.document().exists() {
            return Ok(None);
        }
        let document = files::read_text(&folder.document())?;
        let release = SiteRelease::parse(&document).with_context(|| {
            format!("{} is not a release of this version: restore it from a copy", folder.document().display())
        })?;
        let note = match folder.note().exists() {
            true => Some(files::read_text(&folder.note())?),
            false => None,
        };
        Ok(Some(Self { release, document, note }))
    }
}

/// Serves the release of that number from now on.
pub(crate) fn serve(data: &DataDir, sequence: u64) -> Result<()> {
    let (site, target) = (data.site(), PathBuf::from("releases").join(sequence.to_string()));
    if fs::read_link(&site).is_ok_and(|current| current == target) {
        return Ok(());
    }
    let link = data.root().join(".site.next");
    // Left behind by a run that was killed: the link, or the folder that changed places with it
    match link.is_symlink() {
        true => fs::remove_file(&link).with_context(|| format!("cannot remove {}", link.display()))?,
        false => move_old_away(data, &link)?,
    }
    symlink(&target, &link).with_context(|| format!("cannot make the link {}", link.display()))?;
    if site.is_dir() && !site.is_symlink() {
        exchange(&site, &link)?;
        move_old_away(data, &link)?;
    } else {
        fs::rename(&link, &site).with_context(|| format!("cannot exchange the link {}", site.display()))?;
    }
    files::sync_parent(&site)
}

/// A site of before there were releases is a folder: it changes places with the link in one step.
fn exchange(site: &Path, link: &Path) -> Result<()> {
    renameat_with(CWD, link, CWD, site, RenameFlags::EXCHANGE).with_context(|| {
        format!(
            "this file system cannot exchange the folder {0} for a link: stop the servers, make the folder releases beside \
             it, move {0} to releases/0, make a link {0} to releases/0, and run this again",
            site.display()
        )
    })
}

fn move_old_away(data: &DataDir, link: &Path) -> Result<()> {
    if !link.exists() {
        return Ok(());
    }
    let old = data.release_folder(0);
    stage::remove(old.root())?;
    fs::rename(link, old.root()).with_context(|| format!("cannot move {} away", link.display()))
}

/// Removes what is neither served nor the release before: their files that are still needed are in both. Documents and notes
/// stay.
pub(crate) fn prune(data: &DataDir, served: u64, before: u64) -> Result<()> {
    for entry in fs::read_dir(data.releases()).context("cannot read the folder of releases")? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let (number, is_proposal) = match name.strip_suffix(".proposal") {
            Some(number) => (number, true),
            None => (name.as_str(), false),
        };
        let Ok(number) = number.parse::<u64>() else { continue };
        if number >= served || number == before {
            continue;
        }
        match is_proposal {
            true => fs::remove_file(data.release_proposal(number)).context("cannot remove an old proposal")?,
            false => stage::remove(data.release_folder(number).root())?,
        }
    }
    Ok(())
}
