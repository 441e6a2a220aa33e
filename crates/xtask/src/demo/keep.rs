//! What is kept beside the data directory, as a person would keep it elsewhere: site keys, recovery key, passphrases, and
//! what a monitor has.

use super::passphrase;
use super::ports::{DEFAULT_BASE, Ports};
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The folder `<data>.offline`.
pub(crate) struct Keep {
    folder: PathBuf,
    ports: Ports,
}

/// `demo.json`: origins are signed into the site's manifest, so the ports are a property of the data.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    port_base: u16,
}

impl Keep {
    /// Opens the folder that belongs to the data, or makes it for new data.
    pub(crate) fn open(data: &Path, port_base: Option<u16>) -> Result<Self> {
        let name = data.file_name().context("--data-dir needs a name")?.to_string_lossy();
        let folder = data.with_file_name(format!("{name}.offline"));
        let record = folder.join("demo.json");
        let (has_data, has_record) = (data.join("nightsafe.toml").exists(), record.exists());
        if has_data && has_record {
            return Self::reopen(folder, &record, port_base);
        }
        if has_data {
            bail!("{} was not made by this command: choose another --data-dir", data.display());
        }
        if has_record {
            fs::remove_dir_all(&folder)?; // ours, of a first run that was interrupted
        }
        if folder.exists() {
            bail!("{} is in the way: move it, or choose another --data-dir", folder.display());
        }
        Self::create(folder, Ports::new(port_base.unwrap_or(DEFAULT_BASE))?)
    }

    pub(crate) fn ports(&self) -> Ports {
        self.ports
    }

    pub(crate) fn site_keys(&self) -> PathBuf {
        self.folder.join("site-keys")
    }

    pub(crate) fn recovery_file(&self) -> PathBuf {
        self.folder.join("recovery.key")
    }

    /// File with the admin's passphrase.
    pub(crate) fn admin_passphrase_file(&self) -> PathBuf {
        self.folder.join("admin-passphrase")
    }

    pub(crate) fn admin_passphrase(&self) -> Result<String> {
        read(&self.admin_passphrase_file())
    }

    /// Wraps the site keys.
    pub(crate) fn site_passphrase(&self) -> Result<String> {
        read(&self.folder.join("site-passphrase"))
    }

    /// Folder of a monitor that trusts none of the servers: the trust anchor that somebody brought it, and what it remembers.
    pub(crate) fn monitor(&self) -> PathBuf {
        self.folder.join("monitor")
    }

    /// Writes a file that its owner alone can read, over an older one.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.folder.join(name);
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
        file.write_all(text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    }

    fn reopen(folder: PathBuf, record: &Path, port_base: Option<u16>) -> Result<Self> {
        let text = fs::read(record).with_context(|| format!("cannot read {}", record.display()))?;
        let Record { port_base: made_for } =
            serde_json::from_slice(&text).with_context(|| format!("{} is damaged", record.display()))?;
        if port_base.is_some_and(|base| base != made_for) {
            bail!(
                "this data was made for --port-base {made_for}, which is signed into it: leave --port-base out, or choose another --data-dir"
            );
        }
        Ok(Self { folder, ports: Ports::new(made_for)? })
    }

    fn create(folder: PathBuf, ports: Ports) -> Result<Self> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
        let keep = Self { folder, ports };
        keep.write("demo.json", &serde_json::to_string(&Record { port_base: ports.base() })?)?;
        keep.write("admin-passphrase", &passphrase::random()?)?;
        keep.write("site-passphrase", &passphrase::random()?)?;
        Ok(keep)
    }
}

fn read(path: &Path) -> Result<String> {
    Ok(fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_keeps_its_ports_and_passphrase() {
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path().join("data");
        let first = Keep::open(&data, Some(5000)).unwrap().admin_passphrase().unwrap();
        fs::create_dir(&data).unwrap();
        fs::write(data.join("nightsafe.toml"), "").unwrap();
        let again = Keep::open(&data, None).unwrap();
        assert_eq!(again.ports().base(), 5000);
        assert_eq!(again.admin_passphrase().unwrap(), first);
        assert!(Keep::open(&data, Some(6000)).is_err());
    }

    #[test]
    fn an_interrupted_first_run_starts_again_and_foreign_data_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path().join("data");
        Keep::open(&data, None).unwrap();
        Keep::open(&data, None).unwrap();
        let foreign = directory.path().join("foreign");
        fs::create_dir(&foreign).unwrap();
        fs::write(foreign.join("nightsafe.toml"), "").unwrap();
        assert!(Keep::open(&foreign, None).is_err());
    }
}
