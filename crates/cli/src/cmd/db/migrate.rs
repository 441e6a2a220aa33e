//! `nightsafe db migrate`: schemas, roles and rights on a PostgreSQL server.

use std::fmt::Write;

use anyhow::Result;
use clap::{Args, ValueEnum};
use nightsafe_store::postgres::{self, Migrated};
use nightsafe_store::{Database, outbox, vault};

use super::DatabaseArgs;
use crate::term;

/// Make or update schemas, roles and rights on PostgreSQL; can be run again at any time
///
/// Log in as a superuser, or as a role that may make roles and owns the database: it will own every table, and no server
/// logs in as it. Servers never change a schema themselves; after an update of Nightsafe, stop them, run this, start
/// them.
#[derive(Args, Debug)]
pub(crate) struct MigrateArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// One of the two alone, when they are kept in different databases
    #[arg(long, value_name = "WHICH")]
    only: Option<Which>,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    Outbox,
    Vault,
}

pub(crate) async fn run(args: &MigrateArgs) -> Result<()> {
    let database = args.database.database()?;
    let schemas = match args.only {
        None => vec![outbox::POSTGRES, vault::POSTGRES],
        Some(Which::Outbox) => vec![outbox::POSTGRES],
        Some(Which::Vault) => vec![vault::POSTGRES],
    };
    let done = postgres::migrate(&database, &schemas).await?;
    term::print(&report(&database, &done)?)?;
    for open in &done.left_open {
        term::warn(&format!("the roles can still make {open}"));
    }
    for risk in &done.risks {
        term::warn(risk);
    }
    Ok(())
}

fn report(database: &Database, done: &Migrated) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    writeln!(text, "{database}")?;
    for (name, from, to) in &done.databases {
        match from {
            0 => writeln!(text, "  schema {name}: new, version {to}")?,
            from if from == to => writeln!(text, "  schema {name}: version {to} already")?,
            from => writeln!(text, "  schema {name}: version {from} -> {to}")?,
        }
    }
    for (role, what) in postgres::migrate::ROLES {
        let made = if done.roles.contains(&role) { "made" } else { "there already" };
        writeln!(text, "  role {role}: {made}; {what}")?;
    }
    writeln!(text, "  rights of these roles: set anew")?;
    if !done.roles.is_empty() {
        writeln!(
            text,
            "The new roles may log in but have no password. Give each server's role one, in psql:\n  \
             \\password {}\nor let it in by pg_hba.conf (peer, cert).",
            done.roles.join("\n  \\password ")
        )?;
    }
    Ok(text)
}
