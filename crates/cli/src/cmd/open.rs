//! `nightsafe open --offline`: opens a deposit from the vault's database alone, with passphrase or recovery key.

mod deposit;
mod print;

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::keys::PrivateItems;
use nightsafe_core::opening::Opener;
use nightsafe_core::scalar::{DepositId, KindName};
use nightsafe_store::Database;
use nightsafe_store::vault::{CustodyKey, Filter, IndexRow, VaultStore};
use tokio::time::Instant;

use self::deposit::Opened;
use crate::config::Config;
use crate::data_dir::{DataDir, DataDirArg};
use crate::database_url::VaultArg;
use crate::keys::keyholder::Keyholder;
use crate::keys::{data_key, recovery};
use crate::manifests::{self, Signed};
use crate::passphrase::{Descriptor, Source};

/// Most deposits that one reference may stand for here.
const MAX_DEPOSITS: u32 = 100;
/// How often a deposit that is on its way is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Opens fields of a deposit without any server, and names what was changed since it was deposited
///
/// Reads the vault's database and the secret of its sign-in only. This leaves no record of the opening: it is for recovery, not for daily work.
#[derive(clap::Args, Debug)]
pub(crate) struct OpenArgs {
    #[command(flatten)]
    data: DataDirArg,
    #[command(flatten)]
    vault: VaultArg,
    /// Work on the vault's database itself; the only way so far, said out loud because nothing records it
    #[arg(long, required = true)]
    offline: bool,
    /// The shop's reference of the order
    #[arg(long, value_name = "REFERENCE", required_unless_present = "deposit", conflicts_with = "deposit")]
    reference: Option<String>,
    /// The deposit's id
    #[arg(long, value_name = "ID", value_parser = DepositId::from_hex)]
    deposit: Option<DepositId>,
    /// A field to open, such as card or phone#1 (the second one); without any, the fields are listed and none is opened
    #[arg(long = "field", value_name = "KIND[#INDEX]")]
    fields: Vec<FieldName>,
    /// Open every field of the deposit
    #[arg(long, conflicts_with = "fields")]
    all_fields: bool,
    /// Open with this recovery key instead of the admin's passphrase
    #[arg(long, value_name = "FILE", conflicts_with = "passphrase_fd")]
    recovery_file: Option<PathBuf>,
    /// Read the admin's passphrase from this file descriptor instead of the terminal
    #[arg(long, value_name = "FD")]
    passphrase_fd: Option<Descriptor>,
    /// Wait so many seconds at most for a deposit that is on its way from the outbox
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    wait: u16,
    /// Print one JSON array instead of lines
    #[arg(long)]
    json: bool,
}

/// Kind and number of a field, `kind` or `kind#index`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FieldName {
    pub(crate) kind: KindName,
    pub(crate) index: u32,
}

/// Which fields may be opened.
enum Wanted<'a> {
    All,
    These(&'a [FieldName]),
}

impl Wanted<'_> {
    fn contains(&self, name: &FieldName) -> bool {
        match self {
            Self::All => true,
            Self::These(names) => names.contains(name),
        }
    }
}

impl FromStr for FieldName {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let (kind, index) = text.split_once('#').unwrap_or((text, "0"));
        Ok(Self {
            kind: KindName::parse(kind)
                .context("the kind of a field takes lowercase letters, digits, dots, hyphens")?,
            index: index.parse().context("the number of a field is a whole number from 0")?,
        })
    }
}

pub(crate) async fn run(args: &OpenArgs) -> Result<()> {
    let (data, config) = args.data.open()?;
    let site = config.site()?;
    let anchor = manifests::read_anchor(&data)?;
    let history = manifests::all(&data, &anchor)?;
    let (store, rows) = find(args, &args.vault.database(&data, &config)?).await?;
    let keys = unlock(args, (&data, &config), &anchor, &rows, &store).await?;
    let opener = Opener::new(site, keys, history.into_iter().map(Signed::into_verified).collect());
    let wanted = if args.all_fields { Wanted::All } else { Wanted::These(&args.fields) };
    let mut opened = Vec::new();
    for row in &rows {
        opened.push(Opened::open(&opener, row, &store, &wanted).await?);
    }
    store.close().await;
    print::print(&opened, args.json)?;
    check_found(&opened, &args.fields)
}

/// Looks until there is something, or the time to wait is over. Each time in a file opened anew: one that nobody else
/// had open is read as it was.
async fn find(args: &OpenArgs, vault: &Database) -> Result<(VaultStore, Vec<IndexRow>)> {
    let end = Instant::now() + Duration::from_secs(args.wait.into());
    loop {
        let store = VaultStore::open_read_only(vault).await?;
        let rows = look(args, &store).await?;
        if !rows.is_empty() {
            return Ok((store, rows));
        }
        store.close().await;
        if Instant::now() >= end {
            bail!(
                "the vault has no such deposit; one that was made a moment ago may still be on its way: try --wait 10"
            );
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn look(args: &OpenArgs, store: &VaultStore) -> Result<Vec<IndexRow>> {
    Ok(match &args.deposit {
        Some(id) => store.deposit(id).await?.into_iter().collect(),
        None => {
            let filter = Filter { reference: args.reference.clone(), ..Filter::default() };
            store.search(&filter, None, MAX_DEPOSITS).await?.rows
        }
    })
}

/// Opens the data keys of `rows`. One that the vault does not hold is a difference of its deposits, not an error.
async fn unlock(
    args: &OpenArgs,
    (data, config): (&DataDir, &Config),
    anchor: &TrustAnchor,
    rows: &[IndexRow],
    store: &VaultStore,
) -> Result<Vec<PrivateItems>> {
    let site = config.site()?;
    let custody = store.custody().await?;
    let needed: Vec<_> = custody.iter().filter(|key| rows.iter().any(|row| row.key_id == key.key_id)).collect();
    let Some(path) = &args.recovery_file else {
        let what = format!("the admin {}", config.admin_user);
        let passphrase = Source::new(args.passphrase_fd.as_ref()).existing(&what)?;
        let (granted, mut keys) = match Keyholder::unlock((data, config), anchor, store, &passphrase).await? {
            Some(admin) => (true, admin.open(store, &needed).await?),
            None => (false, Vec::new()),
        };
        // Of before there was a roster
        let opened = |key: &CustodyKey| keys.iter().any(|open| open.public_key().key_id() == key.key_id);
        let wrapped: Vec<_> = needed.into_iter().filter(|key| !key.items.is_empty() && !opened(key)).collect();
        if !granted || !wrapped.is_empty() {
            keys.extend(data_key::unlock(&site, &wrapped, &passphrase).await?);
        }
        return Ok(keys);
    };
    let recovery = recovery::read_private(path, &site)?;
    let mut keys = Vec::new();
    for key in needed {
        let grants = store.recovery_grants(&key.key_id).await?;
        keys.push(data_key::recover(&site, key, &grants, &recovery)?);
    }
    Ok(keys)
}

/// A script that asked for a field must not take its absence for success.
fn check_found(opened: &[Opened], fields: &[FieldName]) -> Result<()> {
    for field in fields {
        if !opened.iter().any(|deposit| deposit.value(field).is_some()) {
            bail!("{}#{} was not opened: no deposit that was found has it in readable form", field.kind, field.index);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_names() {
        let parse = |text: &str| text.parse::<FieldName>().map(|name| (name.kind.to_string(), name.index)).ok();
        assert_eq!(parse("card"), Some(("card".to_owned(), 0)));
        assert_eq!(parse("person.name#2"), Some(("person.name".to_owned(), 2)));
        for bad in ["", "#1", "card#", "card#x", "card#-1", "Card"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
