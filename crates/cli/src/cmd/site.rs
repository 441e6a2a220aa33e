//! `nightsafe site build`: the static files that the fields origin and the admin site serve.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Subcommand;
use nightsafe_core::note::Vkey;
use nightsafe_core::scalar::Site;
use nightsafe_vault::LogConfig;

use crate::data_dir::{DataDir, DataDirArg};
use crate::manifests;
use crate::site::{self, Inputs};
use crate::{files, keys, term};

/// The static site of the checkout's frame and of the admins
#[derive(Subcommand, Debug)]
pub(crate) enum SiteCommand {
    Build(BuildArgs),
}

/// Fills in the trust anchor, hashes and names the files by their content, and writes the headers they are served with
///
/// Earlier versions of the checkout's files stay, because shops may still pin them.
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
    /// The audit log's public key, as `nightsafe keys log` printed it, where keys/log.key is not on this machine
    #[arg(long, value_name = "VKEY", value_parser = Vkey::parse)]
    log_key: Option<Vkey>,
}

pub(crate) fn run(command: &SiteCommand) -> Result<()> {
    match command {
        SiteCommand::Build(args) => build(args),
    }
}

fn build(args: &BuildArgs) -> Result<()> {
    let (data, config) = args.data.open()?;
    let mut anchor = manifests::read_anchor(&data)?;
    let current = manifests::current(&data, &anchor, keys::now())?;
    if args.raise_floor {
        anchor.sequence_floor = anchor.sequence_floor.max(current.sequence());
    }
    let log_key = log_key(args, &data, &config.site()?)?;
    let inputs = Inputs { config: &config, anchor: &anchor, manifest: &current, log_key: log_key.as_ref() };
    let release = site::build(&data, &args.assets, &inputs)?;

    anchor.wasm = release.fields.wasm.to_wasm();
    anchor.wasm_portable = release.fields.wasm_portable.to_wasm();
    files::place(&data.anchor(), anchor.encode().as_bytes())?;
    current.warn_of_expiry(keys::now());
    let site::release::FieldsVersion { element, frame, loader, wasm, wasm_portable, .. } = &release.fields;
    for file in [element, frame, loader, wasm, wasm_portable] {
        term::print(&format!("{}  {}\n", file.integrity, file.file))?;
    }
    term::progress(&format!("site built below {}; `nightsafe snippet` prints the shop's tag", data.site().display()));
    Ok(())
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
