//! `nightsafe roster begin`: the roster of an installation that was made before there was one.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use nightsafe_core::identity::PublicIdentity;
use nightsafe_core::scalar::IdentityId;
use nightsafe_store::vault::VaultStore;
use nightsafe_vault::{setup, write_roster};

use crate::data_dir::DataDirArg;
use crate::database_url::VaultArg;
use crate::keys::keyholder::first_roster;
use crate::keys::now;
use crate::keys::site_key::unlock_signers;
use crate::manifests;
use crate::passphrase::Descriptor;
use crate::release_log::{self, Cosigned};
use crate::term;

/// Begins the roster of admins with the first one, signed by site keys
///
/// For a site made before there was a roster, once. The admin signs in first, which makes an identity; this command then
/// shows its words, and with --identity signs it. Whoever runs it compares the words with those on the admin's own screen:
/// a vault that was broken into could show another identity. At the admin's next sign-in the data keys are granted.
#[derive(clap::Args, Debug)]
pub(crate) struct BeginArgs {
    #[command(flatten)]
    data: DataDirArg,
    #[command(flatten)]
    vault: VaultArg,
    /// The identity to sign, as this command shows it; without it nothing is signed
    #[arg(long, value_name = "ID", value_parser = IdentityId::from_hex, requires = "site_keys")]
    identity: Option<IdentityId>,
    /// File of a site key; as many as must sign
    #[arg(long = "site-key", value_name = "FILE")]
    site_keys: Vec<PathBuf>,
    /// Read the site keys' passphrases from this file descriptor: one line each, or a single line for all
    #[arg(long, value_name = "FD")]
    site_passphrase_fd: Option<Descriptor>,
}

pub(super) async fn run(args: &BeginArgs) -> Result<()> {
    let (data, config) = args.data.open()?;
    let (site, anchor, user) = (config.site()?, manifests::read_anchor(&data)?, &config.admin_user);
    let store = VaultStore::open(&args.vault.database(&data, &config)?).await?;
    if !store.roster().await?.is_empty() {
        bail!("the roster was begun already: `nightsafe roster list` shows it");
    }
    let stored = store.identity_of(user).await?;
    let stored = stored.with_context(|| format!("{user} has no identity yet: sign in to the admin site once"))?;
    let identity = PublicIdentity::parse(&stored.public).context("the vault holds an identity that is none")?;
    let Some(wanted) = args.identity else {
        term::print(&format!("{}\n", identity.id()))?;
        term::progress(&format!("{user}: {}", identity.id().words().join(" ")));
        term::progress("Compare these words with those on that person's own screen, then name the id with --identity.");
        return Ok(());
    };
    if identity.id() != wanted {
        bail!("the vault has identity {} for {user}, and not this one: do not sign it", identity.id());
    }
    let signers = unlock_signers(&args.site_keys, args.site_passphrase_fd.as_ref(), &site, &anchor).await?;
    let (roster, note) = first_roster(&identity, None, user, &anchor, &signers.iter().collect::<Vec<_>>())?;
    setup::add_roster_entry(&store, &roster, &note).await?;
    write_roster(&store, &data.roster()).await?;
    release_log::record_cosigned((&data, &config), &anchor, (Cosigned::Should, now())).await?;
    store.close().await;
    term::print(&format!("{}\n", roster.head()))?;
    term::progress(&format!("The roster begins with {user}, who gets the data keys granted at the next sign-in."));
    term::progress(
        "What admins do is not in the audit log yet: after that sign-in, `nightsafe keys audit` makes its key.",
    );
    Ok(())
}
