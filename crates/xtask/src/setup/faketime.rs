//! libfaketime, by which tests set the clocks of running programs.

use super::apt;
use crate::say;
use std::fs;

/// Installs it, where that is possible; the tests say what was left out.
pub(crate) fn ensure() {
    if !is_there()
        && apt::usable()
        && let Err(error) = apt::install(&["libfaketime"])
    {
        say::note(&format!("no libfaketime: {error:#}"));
    }
}

/// Where Debian puts it, and the tests look.
fn is_there() -> bool {
    let folders = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1")).any(|library| library.is_file())
}
