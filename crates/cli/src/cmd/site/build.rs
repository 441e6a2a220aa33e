//! `nightsafe site build`

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use nightsafe_core::note::Vkey;
use nightsafe_core::release::{MAX_PROGRAMS, is_program_name};
use nightsafe_core::scalar::Site;
use nightsafe_serve::release::program::sha256_of;
use nightsafe_vault::LogConfig;

use super::sign::OneStep;
use crate::data_dir::{DataDir, DataDirArg};
use crate::keys::integrity_keys::IntegrityKeys;
use crate::site::offered::{self, Maker, Programs};
use crate::site::release::{FieldsVersion, Release};
use crate::site::served::Served;
use crate::site::stage::Stage;
use crate::site::{Filled, Inputs};
use crate::{keys, manifests, term};

/// Makes the next release of the site from the assets, for the site keys to sign
///
/// Fills in the trust anchor, hashes and names the files by their content, and writes the headers they are served with, into
/// a folder that is not served yet, and a proposal: carry it to the site keys, run `nightsafe site sign FILE` there, and
/// `nightsafe site publish FILE` here. With --site-key, where the site keys are at hand, all three at once. Earlier versions
/// of the checkout's files stay, because shops may still pin them. Until a release was signed for the first time, the site is
/// served unsigned, as soon as it is built.
#[derive(clap::Args, Debug)]
pub(crate) struct BuildArgs {
    #[command(flatten)]
    data: DataDirArg,
    /// Folder that `cargo xtask assets` or a release archive put the assets into
    #[arg(long, value_name = "DIR")]
    assets: PathBuf,
    /// Raise the anchor's sequence floor to the current manifest: loaders built from now on refuse all earlier ones
    #[arg(long)]
    raise_floor: bool,
    /// Let the next integrity key sign scripts and modules from now on, and make another one to follow: once a year, and at
    /// once when the key may have been stolen
    #[arg(long)]
    rotate_integrity_key: bool,
    /// Programs that the site's servers run: the release names each with its SHA-256, and `nightsafe-monitor check --local`
    /// compares them on the servers. Give those that are installed there, like /usr/bin/nightsafe*, not those of a machine of
    /// another kind [default: what the release before names]
    #[arg(long = "program", value_name = "FILE", num_args = 1..)]
    programs: Vec<PathBuf>,
    /// Name no programs any more
    #[arg(long, conflicts_with = "programs")]
    no_programs: bool,
    /// The audit log's public key, as `nightsafe keys log` printed it, where keys/log.key is not on this machine
    #[arg(long, value_name = "VKEY", value_parser = Vkey::parse)]
    log_key: Option<Vkey>,
    /// Days that the release is good for
    #[arg(long, value_name = "DAYS", default_value_t = 395, value_parser = clap::value_parser!(u16).range(1..=400))]
    days: u16,
    /// Make a release also when nothing is new: its days begin again
    #[arg(long)]
    renew: bool,
    #[command(flatten)]
    sign: OneStep,
}

pub(super) async fn run(args: &BuildArgs) -> Result<()> {
    let (data, config) = args.data.open()?;
    let now = keys::now();
    let mut anchor = manifests::read_anchor(&data)?;
    let current = manifests::current(&data, &anchor, now)?;
    if args.raise_floor {
        anchor.sequence_floor = anchor.sequence_floor.max(current.sequence());
    }
    let programs = programs(args)?;
    let log_key = log_key(args, &data, &config.site()?)?;
    let before = Release::read(&data.release())?;
    let integrity_keys = integrity_keys(args, &data, &config.site()?, before.as_ref())?;
    let inputs = Inputs {
        config: &config,
        anchor: &anchor,
        manifest: &current,
        log_key: log_key.as_ref(),
        integrity_keys: &integrity_keys,
    };
    let filled = Filled::read(&args.assets, &inputs)?;
    let served = Served::read(&data.served())?;
    let (_, version) = offered::next(&data, served.as_ref(), now)?;
    let stage = Stage::begin(&data, &data.served())?;
    let made_with = filled.made_with.clone();
    let record = filled.write(&data, stage.folder(), &inputs, before, &version)?;
    if integrity_keys.are_first() {
        term::progress(&format!(
            "{} and {} are made: from now on they sign scripts and modules, and pins list them. Back them up; no web server \
             needs them.",
            data.integrity_key().display(),
            data.integrity_next_key().display()
        ));
    }

    anchor.wasm = record.fields.wasm.to_wasm();
    anchor.wasm_portable = record.fields.wasm_portable.to_wasm();
    let maker = Maker {
        data: &data,
        config: &config,
        anchor,
        manifest: &current,
        now,
        days: args.days.into(),
        programs,
        renew: args.renew,
    };
    let outcome = maker.offer(stage, served, made_with)?;
    current.warn_of_expiry(now);
    let FieldsVersion { element, frame, loader, wasm, wasm_portable, .. } = &record.fields;
    for file in [element, frame, loader, wasm, wasm_portable] {
        term::print(&format!("{}  {}\n", file.integrity, file.file))?;
    }
    args.sign.finish(&data, &config, &outcome).await
}

fn integrity_keys(args: &BuildArgs, data: &DataDir, site: &Site, before: Option<&Release>) -> Result<IntegrityKeys> {
    let is_pinned = before.is_some_and(Release::is_signed);
    match args.rotate_integrity_key {
        true => IntegrityKeys::rotated(data, site, is_pinned),
        false => IntegrityKeys::read(data, site, is_pinned),
    }
}

/// What the release is to name of programs, when that is said.
fn programs(args: &BuildArgs) -> Result<Option<Programs>> {
    if args.programs.is_empty() {
        return Ok(args.no_programs.then(Programs::new));
    }
    let mut programs = Programs::new();
    for path in &args.programs {
        let name = path.file_name().and_then(|name| name.to_str()).filter(|name| is_program_name(name));
        let name = name.with_context(|| format!("a release cannot name a program {}", path.display()))?;
        let hash = sha256_of(path).with_context(|| format!("cannot read the program {}", path.display()))?;
        if programs.insert(name.to_owned(), hash).is_some_and(|other| other != hash) {
            bail!("two different programs named {name} were given, and a release names one: give one of them");
        }
    }
    if programs.len() > MAX_PROGRAMS {
        bail!("a release names at most {MAX_PROGRAMS} programs: give fewer");
    }
    Ok(Some(programs))
}

/// The key by which admins' browsers verify the audit log.
fn log_key(args: &BuildArgs, data: &DataDir, site: &Site) -> Result<Option<Vkey>> {
    let here = if data.log_key().exists() { Some(keys::online::read(&data.log_key())?.vkey().clone()) } else { None };
    let key = match (&args.log_key, here) {
        (Some(named), Some(here)) if *named != here => bail!("--log-key is not the public key of keys/log.key"),
        (Some(named), _) => Some(named.clone()),
        (None, here) => here,
    };
    match &key {
        Some(key) if key.name() != LogConfig::name(site) => bail!("--log-key is the key of another site's log"),
        Some(_) => {}
        None => {
            term::warn("the admin site cannot verify an audit log: name its public key with --log-key, if there is one")
        }
    }
    Ok(key)
}
