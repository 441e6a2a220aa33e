//! `nightsafe init`: a new site's keys, databases and first key manifest.

mod make;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use nightsafe_core::suite::Suite;
use nightsafe_store::Database;
use nightsafe_vault::VaultStore;
use nightsafe_vault::config::Sessions;

use crate::config::{self, Binds, Config, Origins, Witnesses, default_bind};
use crate::data_dir::{DataDir, DataDirArg};
use crate::database_url::VaultArg;
use crate::files::{self, Cleanup};
use crate::keys::kek::ArgonArgs;
use crate::passphrase::{Descriptor, Source};
use crate::{database_url, term};

/// Makes a new site: site keys, online keys, data keys, audit key, recovery key, first admin, first key manifest
///
/// Nothing is overwritten, and what was made is removed again when a step fails. Asks for the passphrases of the site
/// keys and of the admin. With --vault-url-file the vault lies in that database, which must be an empty one, and
/// nightsafe.toml names the file from then on; on PostgreSQL, run `nightsafe db migrate` before.
#[derive(clap::Args, Debug)]
pub(crate) struct InitArgs {
    #[command(flatten)]
    pub(crate) data: DataDirArg,
    #[command(flatten)]
    pub(crate) vault: VaultArg,
    /// The site's name, like shop.example; it goes into every sealed field and can never change
    #[arg(long, value_name = "NAME")]
    pub(crate) site: String,
    /// Origin of the shop's pages
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) shop_origin: String,
    /// Origin of the frame's static files; one of its own
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) fields_origin: String,
    /// Origin that deposits are sent to
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) ingest_origin: String,
    /// Origin of the admin site; one of its own
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) admin_origin: String,
    /// Origin of the vault's API
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) vault_origin: String,
    /// Origins whose pages may embed the frame [default: the shop's]
    #[arg(long = "parent", value_name = "ORIGIN")]
    pub(crate) parents: Vec<String>,
    /// Directory for the site keys, outside of the data directory: keep it offline
    #[arg(long, value_name = "DIR")]
    pub(crate) site_keys: PathBuf,
    /// File for the recovery key, outside of the data directory: move it offline
    #[arg(long, value_name = "FILE")]
    pub(crate) recovery_file: PathBuf,
    /// How many site keys there are
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=16))]
    pub(crate) site_key_count: u8,
    /// How many of them must sign a manifest
    #[arg(long, value_name = "K", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=16))]
    pub(crate) site_key_threshold: u8,
    /// Name that the first admin signs in with
    #[arg(long, value_name = "NAME", default_value = "admin")]
    pub(crate) admin_user: String,
    /// Key encapsulation of the data keys: xwing (post-quantum) or x25519
    #[arg(long, value_name = "SUITE", default_value = "xwing", value_parser = parse_suite)]
    pub(crate) suite: Suite,
    /// Field policy: a text of `kind` blocks as in a key manifest [default: the built-in kinds card, person.name,
    /// address, phone and email]
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// Days that the first key manifest is valid
    #[arg(long, value_name = "DAYS", default_value_t = 395, value_parser = clap::value_parser!(u16).range(1..=400))]
    pub(crate) days: u16,
    #[command(flatten)]
    binds: BindArgs,
    /// Read the admin's passphrase from this file descriptor instead of the terminal: one line
    #[arg(long, value_name = "FD")]
    passphrase_fd: Option<Descriptor>,
    /// Read the site keys' passphrases from this file descriptor: one line each, or a single line for all
    #[arg(long, value_name = "FD")]
    site_passphrase_fd: Option<Descriptor>,
    #[command(flatten)]
    pub(crate) argon: ArgonArgs,
}

/// Where `nightsafe up` listens unless told otherwise.
#[derive(clap::Args, Debug)]
struct BindArgs {
    /// Address to serve the fields origin at [default: 127.0.0.1, port of a localhost origin or 4802]
    #[arg(long, value_name = "ADDR:PORT")]
    fields_bind: Option<std::net::SocketAddr>,
    /// The same for ingest [default port: 4803]
    #[arg(long, value_name = "ADDR:PORT")]
    ingest_bind: Option<std::net::SocketAddr>,
    /// The same for the admin site [default port: 4804]
    #[arg(long, value_name = "ADDR:PORT")]
    admin_bind: Option<std::net::SocketAddr>,
    /// The same for the vault [default port: 4805]
    #[arg(long, value_name = "ADDR:PORT")]
    vault_bind: Option<std::net::SocketAddr>,
}

pub(crate) async fn run(args: &InitArgs) -> Result<()> {
    let config = config(args)?;
    check_places(args)?;
    let vault = vault(&config).await?;
    let mut source = Source::new(args.site_passphrase_fd.as_ref());
    let mut site_passphrases = Vec::new();
    for number in 1..=args.site_key_count {
        site_passphrases.push(source.new_one(&format!("site key {number}"), &[&config.site])?);
    }
    let known = [config.site.as_str(), config.admin_user.as_str()];
    let admin_passphrase =
        Source::new(args.passphrase_fd.as_ref()).new_one(&format!("the admin {}", config.admin_user), &known)?;

    let data = DataDir::new(&args.data.data_dir);
    // Dropped on any error and on a signal: then what was made goes away again
    let mut made = Cleanup::new();
    let interrupted = nightsafe_serve::server::end_requested()?;
    tokio::select! {
        result = make::make(args, &config, &data, vault.as_ref(), (site_passphrases, admin_passphrase), &mut made) => result?,
        () = interrupted => bail!("interrupted: nothing was kept"),
    }
    made.keep();
    tell(args, &data);
    Ok(())
}

fn config(args: &InitArgs) -> Result<Config> {
    let origins = Origins {
        shop: args.shop_origin.clone(),
        fields: args.fields_origin.clone(),
        ingest: args.ingest_origin.clone(),
        admin: args.admin_origin.clone(),
        vault: args.vault_origin.clone(),
    };
    let BindArgs { fields_bind, ingest_bind, admin_bind, vault_bind } = args.binds;
    let bind = Binds {
        fields: fields_bind.unwrap_or_else(|| default_bind(&origins.fields, 4802)),
        ingest: ingest_bind.unwrap_or_else(|| default_bind(&origins.ingest, 4803)),
        admin: admin_bind.unwrap_or_else(|| default_bind(&origins.admin, 4804)),
        vault: vault_bind.unwrap_or_else(|| default_bind(&origins.vault, 4805)),
    };
    let vault_url_file = args.vault.vault_url_file.as_ref().map(std::path::absolute).transpose();
    let config = Config {
        site: args.site.clone(),
        admin_user: args.admin_user.clone(),
        vault_url_file: vault_url_file.context("cannot find the current folder")?,
        origins,
        bind,
        sessions: Sessions::default(),
        mail: None,
        release_log: Witnesses::default(),
    };
    config.check()?;
    config::check_one_site(&config.origins)?;
    Ok(config)
}

/// The database that the vault is to lie in, if it is another one than the file in the data directory. Looked at before
/// anybody types a passphrase.
async fn vault(config: &Config) -> Result<Option<Database>> {
    let Some(file) = &config.vault_url_file else { return Ok(None) };
    let database = database_url::from_file(file)?;
    let store = VaultStore::open(&database).await?;
    let checked = store.check_empty().await;
    store.close().await;
    checked?;
    Ok(Some(database))
}

/// What must leave the machine must not lie where it is backed up with the rest.
fn check_places(args: &InitArgs) -> Result<()> {
    let data = &args.data.data_dir;
    if args.site_key_threshold > args.site_key_count {
        bail!("--site-key-threshold asks for more signatures than there are site keys");
    }
    if files::is_inside(&args.site_keys, data)? {
        bail!("--site-keys lies inside the data directory: choose a place outside, best on a medium that goes offline");
    }
    if files::is_inside(&args.recovery_file, data)? {
        bail!(
            "--recovery-file lies inside the data directory: choose a place outside, best on a medium that goes offline"
        );
    }
    if args.recovery_file.exists() {
        bail!("{} exists already and is never overwritten: choose another file", args.recovery_file.display());
    }
    Ok(())
}

fn parse_suite(text: &str) -> Result<Suite> {
    Suite::from_name(text).context("take xwing or x25519")
}

fn tell(args: &InitArgs, data: &DataDir) {
    for line in [
        format!("The site {} is made, in {}.", args.site, data.root().display()),
        format!("1. Move {} offline: whoever has it opens everything.", args.recovery_file.display()),
        format!(
            "2. Move {} offline: {} of the {} keys in it sign the next manifest, within {} days.",
            args.site_keys.display(),
            args.site_key_threshold,
            args.site_key_count,
            args.days
        ),
        "3. Build the site with `nightsafe site build`, start it with `nightsafe up`.".to_owned(),
    ] {
        term::progress(&line);
    }
}
