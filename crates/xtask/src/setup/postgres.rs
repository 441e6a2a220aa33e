//! PostgreSQL's server programs, for clusters that tests and benches make for themselves.

use super::apt;
use crate::run;
use anyhow::{Result, bail};
use std::fs;
use std::path::{Path, PathBuf};

/// Where Debian puts each version's programs; they are not on PATH.
const VERSIONS: &str = "/usr/lib/postgresql";

/// Folder of `initdb` and the rest, installed by apt where that is possible.
pub(crate) fn ensure() -> Result<PathBuf> {
    if let Some(found) = find() {
        return Ok(found);
    }
    if apt::usable() {
        apt::install(&["postgresql", "postgresql-client"])?;
        if let Some(found) = find() {
            return Ok(found);
        }
    }
    bail!("no PostgreSQL server found: install it (Debian: apt-get install postgresql), or put pg_config on PATH")
}

fn find() -> Option<PathBuf> {
    let versions = fs::read_dir(VERSIONS).into_iter().flatten().flatten().map(|version| version.path());
    let newest = versions.filter(|path| is_server(&path.join("bin"))).max_by_key(|path| version(path));
    newest.map(|path| path.join("bin")).or_else(|| {
        let folder = run::answer(run::command("pg_config", Path::new("/")).arg("--bindir"))?;
        Some(PathBuf::from(folder)).filter(|folder| is_server(folder))
    })
}

fn is_server(folder: &Path) -> bool {
    folder.join("initdb").is_file()
}

fn version(path: &Path) -> u32 {
    path.file_name().and_then(|name| name.to_str()?.parse().ok()).unwrap_or(0)
}
