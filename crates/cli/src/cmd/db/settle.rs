//! `nightsafe db settle`: field rows into places that say nothing of when, and with what, they came.

use anyhow::Result;
use clap::Args;
use nightsafe_vault::VaultStore;

use super::DatabaseArgs;
use crate::keys::now;
use crate::term;

/// Put the vault's field rows into the order of their random tags, now
///
/// Until then, places in files and logs show which rows came together. The servers do this once a day by themselves; it
/// can be run at any time, also while they run. SQLite needs free disk space for two more copies of the file. On
/// PostgreSQL log in as nightsafe_vault or as the owner.
#[derive(Args, Debug)]
pub(crate) struct SettleArgs {
    #[command(flatten)]
    database: DatabaseArgs,
}

pub(crate) async fn run(args: &SettleArgs) -> Result<()> {
    let database = args.database.database()?;
    // A file that is not there is not made
    VaultStore::open_read_only(&database).await?.close().await;
    let store = VaultStore::open(&database).await?;
    let now = now();
    let settled = store.settle(now).await;
    store.close().await;
    settled?;
    term::print(&format!("{database}\n  settled {}\n", now.to_text()))
}
