//! `nightsafe site build`: the static files that the fields origin and the admin site serve.

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;

use crate::data_dir::DataDirArg;
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
    let inputs = Inputs { config: &config, anchor: &anchor, manifest: &current };
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
