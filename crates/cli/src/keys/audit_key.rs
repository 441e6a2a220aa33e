//! The private part of an audit key, which entries of the audit log are sealed to: a file like that of the recovery key,
//! kept by whoever may read the log, never on the vault's machine.

use std::path::Path;

use anyhow::{Context, Result};
use nightsafe_core::keys::PrivateItems;
use nightsafe_core::label::Label;
use nightsafe_core::scalar::Site;
use zeroize::Zeroizing;

use super::recovery::parse_items;
use crate::files;

/// Reads the private part.
pub(crate) fn read_private(path: &Path, site: &Site) -> Result<PrivateItems> {
    let text = Zeroizing::new(files::read_text(path)?);
    parse_items("audit key file", Label::AuditKey, &text, site)
        .with_context(|| format!("{} is refused", path.display()))
}
