//! A release while it is made: a folder beside the served one, which nothing serves. It begins with what is served, by hard
//! links: files are only ever replaced by name, so neither folder can change the other's.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use nightsafe_serve::release::folder::{BROTLI, GZIP, names};

use crate::data_dir::{DataDir, ReleaseFolder};
use crate::files;

/// Removed again unless it is kept.
pub(crate) struct Stage {
    folder: ReleaseFolder,
}

impl Stage {
    /// Takes over the files of both origins from `served`.
    pub(crate) fn begin(data: &DataDir, served: &ReleaseFolder) -> Result<Self> {
        files::create_public_dir(&data.releases())?;
        let folder = ReleaseFolder::new(data.releases().join(".building"));
        remove(folder.root())?;
        let stage = Self { folder };
        for (from, to) in [(served.fields(), stage.folder.fields()), (served.admin(), stage.folder.admin())] {
            files::create_public_dir(&to)?;
            if from.exists() {
                link_all(&from, &to)?;
            }
        }
        Ok(stage)
    }

    pub(crate) fn folder(&self) -> &ReleaseFolder {
        &self.folder
    }

    /// Gives the folder its place. Only one that is not served may be there.
    pub(crate) fn keep(self, place: &ReleaseFolder) -> Result<()> {
        remove(place.root())?;
        for folder in [self.folder.fields(), self.folder.admin(), self.folder.root().to_owned()] {
            files::sync_dir(&folder)?;
        }
        fs::rename(self.folder.root(), place.root())
            .with_context(|| format!("cannot move the new release to {}", place.root().display()))?;
        files::sync_parent(place.root())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Best effort: the failure that led here is the one to report
        let _ = fs::remove_dir_all(self.folder.root());
    }
}

/// Removes a folder, if it is there.
pub(crate) fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// Removes files and their compressed siblings from a served folder.
pub(crate) fn remove_files<'a>(folder: &Path, names: impl IntoIterator<Item = &'a String>) -> Result<()> {
    for name in names {
        for end in ["", BROTLI, GZIP] {
            let file = folder.join(format!("{name}{end}"));
            if file.exists() {
                fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))?;
            }
        }
    }
    Ok(())
}

fn link_all(from: &Path, to: &Path) -> Result<()> {
    for name in names(from)? {
        let (from, to) = (from.join(&name), to.join(&name));
        // On a file system without hard links; in the order of names, so that no compressed sibling is the older one
        if fs::hard_link(&from, &to).is_err() {
            fs::copy(&from, &to).with_context(|| format!("cannot copy {}", from.display()))?;
        }
    }
    Ok(())
}
