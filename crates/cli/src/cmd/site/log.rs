//! `nightsafe site log`: the release log, brought up to date.

use anyhow::Result;

use crate::data_dir::DataDirArg;
use crate::keys::now;
use crate::release_log::{self, Cosigned};
use crate::{manifests, term};

/// Puts into the release log what is not in it yet, and has witnesses cosign it
///
/// `site publish`, `keys publish`, `roster publish` and a running `nightsafe up` do this by themselves. Run it from a timer where
/// the admins' roster comes from another machine, after witnesses were away, or once for a site of an earlier version. Makes the
/// log and its key, DATA/keys/release-log.key, when there is none; prints the log's public key. Nothing in the log is ever
/// changed or taken out. It is served below /log/ of the fields origin.
#[derive(clap::Args, Debug)]
pub(crate) struct LogArgs {
    #[command(flatten)]
    data: DataDirArg,
}

pub(super) async fn run(args: &LogArgs) -> Result<()> {
    let (data, config) = args.data.open()?;
    let anchor = manifests::read_anchor(&data)?;
    release_log::record_cosigned((&data, &config), &anchor, (Cosigned::Should, now())).await?;
    term::print(&format!("{}\n", release_log::key(&data, &anchor.site)?))?;
    let size = release_log::record(&data, &anchor)?;
    term::progress(&format!("the release log has {size} entries, in {}", data.release_log().display()));
    Ok(())
}
