//! `nightsafe roster list`: who is an admin, and who was.

use anyhow::{Context, Result};
use nightsafe_core::roster::{self, Admin, Roster};
use nightsafe_store::vault::VaultStore;
use serde::Serialize;

use crate::data_dir::DataDirArg;
use crate::database_url::VaultArg;
use crate::{manifests, term};

/// Lists everybody in the roster of admins, verified from the site keys down
#[derive(clap::Args, Debug)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    data: DataDirArg,
    #[command(flatten)]
    vault: VaultArg,
    /// Print one JSON array instead of lines
    #[arg(long)]
    json: bool,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Person {
    identity: String,
    name: String,
    roles: Vec<String>,
    words: String,
    /// Sequence number of the entry.
    since: u64,
    /// `active`, `replaced`, `replaced_lost`, or why it was revoked.
    state: &'static str,
}

pub(super) async fn run(args: &ListArgs) -> Result<()> {
    let (data, config) = args.data.open()?;
    let anchor = manifests::read_anchor(&data)?;
    let store = VaultStore::open(&args.vault.database(&data, &config)?).await?;
    let entries = store.roster().await?;
    store.close().await;
    if entries.is_empty() {
        term::progress("There is no roster yet: `nightsafe roster begin` makes it.");
        return if args.json { term::print("[]\n") } else { Ok(()) };
    }
    let roster = roster::verify_at_any_time(&entries, &anchor).context("the vault's roster of admins is refused")?;
    let people = people(&roster);
    if args.json {
        return term::print(&format!("{}\n", serde_json::to_string(&people)?));
    }
    for Person { identity, name, roles, words, state, .. } in &people {
        term::print(&format!("{identity}  {state:11}  {name} ({})\n    {words}\n", roles.join(", ")))?;
    }
    Ok(())
}

/// In the order in which they came in.
fn people(roster: &Roster) -> Vec<Person> {
    let mut people: Vec<_> = roster.everybody().map(person).collect();
    people.sort_by_key(|person| person.since);
    people
}

fn person(admin: &Admin) -> Person {
    Person {
        identity: admin.id().to_hex(),
        name: admin.name().as_str().to_owned(),
        roles: admin.last_roles().map(str::to_owned).collect(),
        words: admin.id().words().join(" "),
        since: admin.since(),
        state: admin.state(),
    }
}
