//! Files of online keys: the signers of receipts and timestamps. Their text form is that of the servers.

use std::path::Path;

use anyhow::{Context, Result};
use nightsafe_core::note::NoteSigner;
use nightsafe_serve::online_key;
use zeroize::Zeroizing;

use crate::files::{self, Access};

/// Writes a key to a new file.
pub(crate) fn create(path: &Path, signer: &NoteSigner) -> Result<()> {
    files::create_new(path, Access::Owner, online_key::to_text(signer).as_bytes())
}

/// Reads a key.
pub(crate) fn read(path: &Path) -> Result<NoteSigner> {
    let text = Zeroizing::new(files::read_text(path)?);
    online_key::parse(&text).with_context(|| {
        format!("{} is not one line of PRIVATE+KEY+name+id+base64: restore it from a copy", path.display())
    })
}
