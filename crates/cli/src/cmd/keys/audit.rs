//! `nightsafe keys audit`: the key that entries of the audit log are sealed to.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use nightsafe_core::roster::Change;
use nightsafe_store::vault::VaultStore;
use nightsafe_vault::{setup, write_roster};

use crate::data_dir::DataDirArg;
use crate::database_url::VaultArg;
use crate::keys::keyholder::Keyholder;
use crate::keys::site_key::unlock_signers;
use crate::keys::{audit_key, now, recovery};
use crate::manifests;
use crate::passphrase::{Descriptor, Source};
use crate::release_log::{self, Cosigned};
use crate::term;

/// Makes an audit key, grants it to all admins of the roster and to the recovery key, and has the site keys name it
///
/// From then on the vault records in its audit log what admins do: sign in, search, open. `init` makes one; a site of an
/// earlier version has none. Another one takes the place of the first for entries to come; older entries stay sealed to
/// the key that they were sealed to.
#[derive(clap::Args, Debug)]
pub(crate) struct AuditKeyArgs {
    #[command(flatten)]
    data: DataDirArg,
    #[command(flatten)]
    vault: VaultArg,
    /// File of a site key; as many as must sign
    #[arg(long = "site-key", value_name = "FILE", required = true)]
    site_keys: Vec<PathBuf>,
    /// Read the site keys' passphrases from this file descriptor: one line each, or a single line for all
    #[arg(long, value_name = "FD")]
    site_passphrase_fd: Option<Descriptor>,
    /// Read the admin's passphrase from this file descriptor instead of the terminal
    #[arg(long, value_name = "FD")]
    passphrase_fd: Option<Descriptor>,
}

pub(super) async fn run(args: &AuditKeyArgs) -> Result<()> {
    let (data, config) = args.data.open()?;
    let (site, anchor) = (config.site()?, manifests::read_anchor(&data)?);
    if !data.log_key().exists() {
        bail!("there is no audit log yet: `nightsafe keys log` makes its key");
    }
    let recovery = recovery::read_public(&data.recovery_public(), &site)?;
    let store = VaultStore::open(&args.vault.database(&data, &config)?).await?;
    // As for a data key: the file is not signed, the grants of what is there agree on it
    for key in store.custody().await? {
        let grants = store.recovery_grants(&key.key_id).await?;
        if !grants.iter().any(|grant| grant.recovery_key_id == recovery.key_id()) {
            bail!(
                "{} is not the recovery key that data key {} was granted to: restore that file from a copy",
                data.recovery_public().display(),
                key.key_id
            );
        }
    }
    let signers = unlock_signers(&args.site_keys, args.site_passphrase_fd.as_ref(), &site, &anchor).await?;
    let passphrase = Source::new(args.passphrase_fd.as_ref()).existing(&format!("the admin {}", config.admin_user))?;
    let granter = Keyholder::unlock((&data, &config), &anchor, &store, &passphrase).await?;
    let granter = granter.context("there is no roster of admins yet: `nightsafe roster begin` makes it")?;
    let recipients = granter.recipients(&store).await?;

    let audit = audit_key::generate()?;
    let entry = granter.roster.next(now(), vec![Change::AuditKey(*audit.public_key().fingerprint())]);
    let note = entry.sign(&signers.iter().collect::<Vec<_>>())?;
    let roster = granter.roster.clone().append(&note, &anchor).context("the new roster does not verify")?;
    let new = audit_key::row(&site, &audit, (&granter, &recipients), &recovery)?;
    // First the key: a roster that names one which is not there stops everything that is recorded
    setup::add_audit_key(&store, &new).await?;
    let opened = granter.open_audit_keys(&store).await?;
    if !opened.iter().any(|opened| opened.items().eq(audit.items())) {
        bail!("the admin does not open the new audit key, so the roster does not name it: please report this");
    }
    setup::add_roster_entry(&store, &roster, &note).await?;
    write_roster(&store, &data.roster()).await?;
    release_log::record_cosigned((&data, &config), &anchor, (Cosigned::Should, now())).await?;
    store.close().await;

    term::print(&format!("{}\n", new.key.key_id))?;
    term::progress(
        "What admins do is recorded in the audit log from now on. A vault that runs takes it over by itself.",
    );
    term::progress(
        "`nightsafe site build` must have been run with the log's key (keys/log.key), so that browsers verify it.",
    );
    Ok(())
}
