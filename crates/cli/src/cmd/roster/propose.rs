//! `nightsafe roster propose`: somebody comes in by the site keys, when no admin is left who could sign.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use nightsafe_core::identity::{AdminName, PublicIdentity};
use nightsafe_core::roster::{self, Change, OldKeys, Roles, Roster};
use nightsafe_store::vault::VaultStore;
use nightsafe_vault::{ServerSetup, Stretch, setup};
use zeroize::Zeroizing;

use crate::config::Config;
use crate::data_dir::{DataDir, DataDirArg};
use crate::database_url::VaultArg;
use crate::files::{self, Access};
use crate::keys::carried::Carried;
use crate::keys::roster_proposal::RosterProposal;
use crate::keys::{now, rng};
use crate::passphrase::{Descriptor, Source};
use crate::{manifests, term};

/// Proposes new keys for an admin, or a new admin, to the site keys: the first of three steps
///
/// For when nobody is left who can sign in: else invite on the admin site. The person chooses a passphrase here, unless somebody
/// waits under the name already. Carry the file to the site keys, run `nightsafe roster sign FILE` there, and `nightsafe roster
/// publish FILE` here. The new keys open nothing by themselves: the admin opens the data keys with the organisation's recovery
/// key, on page Keys of the admin site.
#[derive(clap::Args, Debug)]
pub(crate) struct ProposeArgs {
    #[command(flatten)]
    data: DataDirArg,
    #[command(flatten)]
    vault: VaultArg,
    /// File to write; it holds nothing secret
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Whose keys; that of somebody in the roster ends the old ones [default: the site's first admin]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// What somebody new may do, with commas between
    #[arg(long, value_name = "ROLES", default_value = "admin")]
    roles: String,
    /// Where the keys are that new ones take the place of: `lost` when somebody else may have them or the passphrase (what they
    /// open is sealed anew then), `forgotten` when they were destroyed and nobody has them
    #[arg(long, value_name = "WHERE", value_enum, default_value_t = Old::Lost)]
    old_keys: Old,
    /// Read the new passphrase from this file descriptor instead of the terminal
    #[arg(long, value_name = "FD")]
    passphrase_fd: Option<Descriptor>,
}

/// See [`OldKeys`].
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum Old {
    Lost,
    Forgotten,
}

pub(super) async fn run(args: &ProposeArgs) -> Result<()> {
    let (data, config) = args.data.open()?;
    let anchor = manifests::read_anchor(&data)?;
    let name = AdminName::parse(args.name.as_ref().unwrap_or(&config.admin_user))?;
    let roles = Roles::parse(&args.roles).context("roles are role names, ascending, with commas between")?;
    let store = VaultStore::open(&args.vault.database(&data, &config)?).await?;
    let entries = store.roster().await?;
    if entries.is_empty() {
        bail!("there is no roster yet: `nightsafe roster begin` makes it");
    }
    let before = roster::verify_at_any_time(&entries, &anchor).context("the vault's roster of admins is refused")?;
    let public = match store.newcomer(name.as_str()).await? {
        Some(waiting) => PublicIdentity::parse(&waiting.public).context("who waits has keys that are none")?,
        None => make(args, (&data, &config), &store, (&name, &roles)).await?,
    };
    store.close().await;
    let entry = before.next(now(), vec![change(&before, &public, (name, roles), args.old_keys)]);
    let proposal = RosterProposal::new(anchor, entries, entry)?;
    files::create_new(&args.out, Access::Everyone, proposal.to_text().as_bytes())?;

    term::print(&format!("{}\n", args.out.display()))?;
    for line in proposal.review()? {
        term::progress(&line);
    }
    term::progress("Write the twelve words down, carry the file to where the site keys are, and run there:");
    term::progress("  nightsafe roster sign FILE --site-key KEY-FILE");
    Ok(())
}

/// The same name is the same person with new keys, and what this person may do stays.
fn change(before: &Roster, public: &PublicIdentity, (name, roles): (AdminName, Roles), old: Old) -> Change {
    let old = match old {
        Old::Lost => OldKeys::Lost,
        Old::Forgotten => OldKeys::Forgotten,
    };
    match before.active().find(|admin| *admin.name() == name) {
        Some(admin) => Change::Replace { id: admin.id(), old: Some(old), keys: public.into() },
        None => Change::Add { keys: public.into(), roles, name },
    }
}

/// A sign-in and keys that wait for the entry.
async fn make(
    args: &ProposeArgs,
    (data, config): (&DataDir, &Config),
    store: &VaultStore,
    (name, roles): (&AdminName, &Roles),
) -> Result<PublicIdentity> {
    let site = config.site()?;
    let mut source = Source::new(args.passphrase_fd.as_ref());
    let passphrase = source.new_one(&format!("the admin {name}"), &[name.as_str(), site.as_str()])?;
    let login = std::fs::read(data.login_key()).with_context(|| format!("cannot read {}", data.login_key().display()));
    let login = ServerSetup::from_bytes(&Zeroizing::new(login?))?;
    term::progress(&format!("Argon2id over 64 MiB for the sign-in of {name} ..."));
    let (stretch, person) = (Stretch::STANDARD, (&site, name, roles));
    let made = setup::make_newcomer(store, &login, person, passphrase.as_bytes(), &stretch, now(), &mut rng()).await;
    Ok(made?)
}
