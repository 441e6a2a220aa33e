//! `nightsafe site retire`

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::sign::OneStep;
use crate::data_dir::DataDirArg;
use crate::keys::carried::ask;
use crate::site::offered::Maker;
use crate::site::release::Release;
use crate::site::retire::{LATELY_DAYS, Use, files_only_of, without};
use crate::site::served::Served;
use crate::site::signed_headers::Signatures;
use crate::site::stage::{Stage, remove_files};
use crate::site::write_rest;
use crate::{keys, manifests, term};

/// Makes a release without the files of an old version, for the site keys to sign
///
/// The current version and the one before stay. Whether a shop still pins the version, only the access logs of the fields
/// origin can tell: give them with --log.
#[derive(clap::Args, Debug)]
pub(crate) struct RetireArgs {
    #[command(flatten)]
    data: DataDirArg,
    /// The version, as release.json names it, or its element script
    #[arg(value_name = "VERSION")]
    retired: String,
    /// An access log of the fields origin, in the combined format; several are taken together
    #[arg(long = "log", value_name = "FILE")]
    logs: Vec<PathBuf>,
    /// Days that the release is good for
    #[arg(long, value_name = "DAYS", default_value_t = 395, value_parser = clap::value_parser!(u16).range(1..=400))]
    days: u16,
    /// Retire the version without asking, also when it was used lately
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    sign: OneStep,
}

pub(super) async fn run(args: &RetireArgs) -> Result<()> {
    let (data, config) = args.data.open()?;
    let now = keys::now();
    let anchor = manifests::read_anchor(&data)?;
    let current = manifests::current(&data, &anchor, now)?;
    let unbuilt = "the site is not built yet: run `nightsafe site build` first";
    let record = Release::read(&data.release())?.context(unbuilt)?;
    let served = Served::read(&data.served())?.context(unbuilt)?;
    let (record, gone) = without(record, &args.retired)?;
    let names = files_only_of(&gone, &record);

    let mut seen = Use::default();
    for log in &args.logs {
        seen.read(log, &names)?;
    }
    for name in &names {
        term::print(&format!("{name}\n"))?;
    }
    warn(args, &seen, now);
    ask(args.yes, "make a release without these files", "nothing was retired")?;

    let stage = Stage::begin(&data, &data.served())?;
    remove_files(&stage.folder().fields(), &names)?;
    write_rest(&data, stage.folder(), &record, &config.origins, &current, &Signatures::AsBefore)?;
    let made_with = served.release.made_with.clone();
    let maker = Maker {
        data: &data,
        config: &config,
        anchor,
        manifest: &current,
        now,
        days: args.days.into(),
        programs: None,
        renew: false,
    };
    let outcome = maker.offer(stage, Some(served), made_with)?;
    args.sign.finish(&data, &config, &outcome).await
}

fn warn(args: &RetireArgs, seen: &Use, now: nightsafe_core::time::UnixTime) {
    let last = seen.last.map_or_else(|| "on an unknown day".to_owned(), |day| format!("last on {day}"));
    match (args.logs.is_empty(), seen.requests) {
        (true, _) => term::warn(
            "nothing is known of who still uses this version: give the fields origin's access logs with --log",
        ),
        (false, 0) => term::progress("In these logs nobody asks for this version."),
        (false, requests) if seen.is_late(now) => term::warn(&format!(
            "requests for this version: {requests}, {last}, which is within {LATELY_DAYS} days: the checkout of whoever pins \
             it would stop"
        )),
        (false, requests) => term::progress(&format!("requests for this version: {requests}, {last}.")),
    }
}
