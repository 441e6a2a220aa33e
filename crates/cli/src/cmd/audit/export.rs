//! `nightsafe audit export`: a copy of the log out of the vault's database.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use nightsafe_core::log::{Checkpoint, Tile, encode_bundle};
use nightsafe_core::note::Note;
use nightsafe_core::scalar::Site;
use nightsafe_vault::VaultStore;

use super::copy;
use crate::data_dir::{DataDir, DataDirArg};
use crate::database_url::VaultArg;
use crate::files::{self, Access, Cleanup};
use crate::keys::{audit_key, online};
use crate::term;

/// Write a copy of the audit log to a new folder: its checkpoint, its leaves, the sealed entries, and the roster of admins
///
/// Give the copy to somebody who does not run the vault, and keep the checkpoints of earlier copies there: `nightsafe
/// audit verify` holds a later copy against them. Entries stay sealed; who may read them has the audit key or the recovery
/// key.
#[derive(Args, Debug)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    data: DataDirArg,
    #[command(flatten)]
    vault: VaultArg,
    /// Folder to write to; it must be new or empty
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub(super) async fn run(args: &ExportArgs) -> Result<()> {
    let (data, config) = args.data.open()?;
    let store = VaultStore::open_read_only(&args.vault.database(&data, &config)?).await?;
    let mut made = Cleanup::new();
    made.create_empty_dir(&args.out)?;
    let size = write(&store, &args.out).await;
    let keys = write_roster(&store, &config.site()?, &args.out).await;
    store.close().await;
    let size = size?;
    keys?;
    files::create_new(&args.out.join(copy::ANCHOR), Access::Owner, files::read_text(&data.anchor())?.as_bytes())?;
    write_log_key(&data, &args.out)?;
    made.keep();
    term::print(&format!("{size} entries of the audit log are in {}\n", args.out.display()))
}

/// Returns the checkpoint's size. What does not fit together is copied as far as it goes: to find out is the reader's.
async fn write(store: &VaultStore, out: &Path) -> Result<u64> {
    let note = store.log_checkpoint().await?.context("the audit log has no entries yet")?;
    let parsed = Note::parse(&note).ok().and_then(|note| Checkpoint::parse(note.text()).ok());
    let size = parsed.context("the checkpoint in the database is none: somebody changed it")?.size;
    files::create_new(&out.join(copy::CHECKPOINT), Access::Owner, note.as_bytes())?;
    for index in 0.. {
        let Some(bundle) = Tile::bundle_of_log(index, size) else { break };
        let Some(leaves) = store.log_tile(bundle).await? else {
            term::warn("the audit log has fewer leaves than its checkpoint says: the copy is as incomplete as it is");
            break;
        };
        create(&copy::leaves(out, bundle), &leaves)?;
        create(&copy::sealed(out, bundle), &sealed(store, bundle).await?)?;
    }
    Ok(size)
}

/// Who may have signed, and what opens entries for the recovery key.
async fn write_roster(store: &VaultStore, site: &Site, out: &Path) -> Result<()> {
    for (sequence, note) in (0..).zip(store.roster().await?) {
        create(&out.join(copy::ROSTER).join(copy::entry_name(sequence)), note.as_bytes())?;
    }
    for key in store.audit_keys().await? {
        let grants = store.audit_recovery_grants(&key.key_id).await?;
        let recovery_keys: BTreeSet<_> = grants.iter().map(|grant| grant.recovery_key_id).collect();
        for recovery in recovery_keys {
            let text = audit_key::grants_text(site, &key, &recovery, &grants);
            create(&out.join(copy::AUDIT_KEYS).join(format!("{}-{recovery}.txt", key.key_id)), text.as_bytes())?;
        }
    }
    Ok(())
}

/// The entries of a bundle's leaves, each after the id of its audit key; nothing in the place of one that was erased.
async fn sealed(store: &VaultStore, bundle: Tile) -> Result<Vec<u8>> {
    let first = bundle.index().saturating_mul(nightsafe_core::log::TILE_WIDTH.into());
    let mut places = vec![Vec::new(); bundle.width().into()];
    for found in store.log_entries(first, bundle.width().into()).await? {
        let place = usize::try_from(found.number.saturating_sub(first)).ok().and_then(|place| places.get_mut(place));
        *place.context("an entry lies outside of its bundle")? =
            [&found.entry.key_id.0[..], &found.entry.sealed].concat();
    }
    encode_bundle(&places).context("an entry in the database is longer than any that is written")
}

fn write_log_key(data: &DataDir, out: &Path) -> Result<()> {
    if !data.log_key().exists() {
        term::warn(
            "keys/log.key is not here: name the log's public key when you verify (`nightsafe keys log` prints it)",
        );
        return Ok(());
    }
    let key = online::read(&data.log_key())?;
    files::create_new(&out.join(copy::LOG_KEY), Access::Owner, format!("{}\n", key.vkey()).as_bytes())
}

fn create(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))?;
    }
    files::create_new(path, Access::Owner, bytes)
}
