//! `nightsafe audit key`: an audit key in a file, for whoever reads the log without being an admin.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use nightsafe_core::scalar::KeyId;
use nightsafe_vault::VaultStore;

use crate::data_dir::DataDirArg;
use crate::database_url::VaultArg;
use crate::files::{self, Access};
use crate::keys::{audit_key, data_key, recovery};
use crate::manifests;
use crate::term;

/// Write the private part of the audit key to a file, for an auditor; needs the recovery key
///
/// Whoever has the file reads every entry of the audit log that was sealed to this key, in a copy of it. Make it on a
/// machine that is not the vault's, from a copy of the data directory.
#[derive(Args, Debug)]
pub(crate) struct KeyArgs {
    #[command(flatten)]
    data: DataDirArg,
    #[command(flatten)]
    vault: VaultArg,
    /// File of the recovery key
    #[arg(long, value_name = "FILE")]
    recovery_file: PathBuf,
    /// File to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Which audit key [default: the one that the roster names]
    #[arg(long, value_name = "ID", value_parser = KeyId::from_hex)]
    key: Option<KeyId>,
}

pub(super) async fn run(args: &KeyArgs) -> Result<()> {
    let (data, config) = args.data.open()?;
    let (site, anchor) = (config.site()?, manifests::read_anchor(&data)?);
    let recovery = recovery::read_private(&args.recovery_file, &site)?;
    let store = VaultStore::open_read_only(&args.vault.database(&data, &config)?).await?;
    let id = match args.key {
        Some(id) => id,
        None => {
            let roster = nightsafe_core::roster::verify_at_any_time(&store.roster().await?, &anchor);
            let named = roster.context("the vault's roster of admins is refused")?.audit_key();
            named.context("the roster names no audit key: `nightsafe keys audit` makes one")?.key_id()
        }
    };
    let keys = store.audit_keys().await?;
    let key = keys.iter().find(|key| key.key_id == id).context("the vault has no such audit key")?;
    let grants = store.audit_recovery_grants(&id).await?;
    store.close().await;
    let items = data_key::recover(&site, &audit_key::as_data_key(key), &grants, &recovery)?;
    files::create_new(&args.out, Access::Owner, audit_key::private_text(&site, &items).as_bytes())?;
    term::print(&format!("{id}\n"))
}
