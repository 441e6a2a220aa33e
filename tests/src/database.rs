//! A database of a test's own on the server that the environment names, with our schemas and roles.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use nightsafe_store::{outbox, postgres, vault};

use crate::site::run;

/// Names a superuser of a server.
const SERVER: &str = "NIGHTSAFE_TEST_POSTGRES_URL";

/// Gone when dropped.
#[derive(Debug)]
pub struct OwnDatabase {
    server: String,
    name: String,
}

impl OwnDatabase {
    /// Makes one and migrates it; `None`, and a loud line, where there is no server.
    pub async fn make() -> Option<Self> {
        let own = Self::empty()?;
        postgres::migrate(&own.url().parse().unwrap(), &[outbox::POSTGRES, vault::POSTGRES]).await.unwrap();
        Some(own)
    }

    /// Makes one without anything in it.
    pub fn empty() -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let Ok(server) = std::env::var(SERVER) else {
            eprintln!("SKIPPED: no PostgreSQL, because {SERVER} is not set (cargo xtask test sets it)");
            return None;
        };
        let name = format!("ns_across_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        psql(&server, &format!("CREATE DATABASE {name}"));
        Some(Self { server, name })
    }

    /// A URL of the superuser.
    pub fn url(&self) -> String {
        self.with(None)
    }

    /// A URL of another role, without a password: the server of the tests must let our roles in.
    pub fn url_as(&self, role: &str) -> String {
        self.with(Some(role))
    }

    /// Everything in one of the schemas, as `pg_dump` writes it.
    pub fn dump(&self, schema: &str) -> String {
        let mut dump = Command::new("pg_dump");
        run(dump.args(["--schema", schema, "--dbname"]).arg(self.url()), "")
    }

    fn with(&self, role: Option<&str>) -> String {
        let (scheme, rest) = self.server.split_once("://").unwrap();
        let (place, parameters) =
            rest.split_once('?').map_or((rest, String::new()), |(place, rest)| (place, format!("?{rest}")));
        let authority = place.split('/').next().unwrap();
        let authority = match role {
            Some(role) => format!("{role}@{}", authority.rsplit_once('@').map_or(authority, |(_, host)| host)),
            None => authority.to_owned(),
        };
        format!("{scheme}://{authority}/{}{parameters}", self.name)
    }
}

impl Drop for OwnDatabase {
    fn drop(&mut self) {
        psql(&self.server, &format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

fn psql(url: &str, sql: &str) {
    let mut psql = Command::new("psql");
    run(psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d"]).arg(url).args(["-c", sql]), "");
}
