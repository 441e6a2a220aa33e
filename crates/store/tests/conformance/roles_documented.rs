//! docs/OPERATIONS.md, held against the rights that the catalogue has: which functions each role may call, and what
//! `nightsafe_vault` may change and delete.

use std::collections::BTreeSet;

use crate::place::{Place, Server};

const DOCUMENT: &str = include_str!("../../../../docs/OPERATIONS.md");

/// Rows of the table below a heading, cell by cell, without its head.
fn table(heading: &str) -> Vec<Vec<&'static str>> {
    let (_, section) = DOCUMENT.split_once(&format!("\n### {heading}\n")).unwrap();
    let rows = section.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    rows.skip(2).map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The cells beside this word, in the table of the vault's role.
fn of_vault(right: &str) -> impl Iterator<Item = &'static str> {
    table("What the vault's role may do").into_iter().filter(move |row| row[0] == right).map(|row| row[1])
}

async fn names(server: &Server, sql: &str) -> BTreeSet<String> {
    let names: Vec<String> =
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(&mut server.connect().await).await.unwrap();
    assert!(!names.is_empty(), "{sql}");
    names.into_iter().collect()
}

#[tokio::test]
async fn the_functions_that_each_role_may_call_are_those_of_the_document() {
    let Some(place) = Place::postgres().await else { return };
    let Place::Postgres(server) = &place else { panic!() };
    let granted = names(
        server,
        "SELECT r.rolname || ' ' || n.nspname || '.' || p.proname || '()' FROM pg_proc p \
         JOIN pg_namespace n ON n.oid = p.pronamespace \
         JOIN pg_roles r ON r.rolname IN ('nightsafe_ingest', 'nightsafe_relay', 'nightsafe_vault') \
         WHERE n.nspname IN ('outbox', 'vault') AND has_function_privilege(r.oid, p.oid, 'EXECUTE')",
    )
    .await;
    let mut named = BTreeSet::new();
    for row in table("Roles") {
        let role = quoted(row[0]).next().unwrap();
        named.extend(quoted(row[2]).filter(|text| text.ends_with("()")).map(|name| format!("{role} {name}")));
    }
    named.extend(of_vault("call").flat_map(quoted).map(|name| format!("nightsafe_vault {name}")));
    assert_eq!(granted, named);

    // Those that run with their owner's rights are these and no others
    let definers = names(
        server,
        "SELECT n.nspname || '.' || p.proname || '()' FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace \
         WHERE n.nspname IN ('outbox', 'vault') AND p.prosecdef",
    )
    .await;
    let callable: BTreeSet<_> = named.iter().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect();
    assert_eq!(definers, callable);
}

#[tokio::test]
async fn what_the_vaults_role_may_change_and_delete_is_what_the_document_says() {
    let Some(place) = Place::postgres().await else { return };
    let Place::Postgres(server) = &place else { panic!() };
    let deletes = names(
        server,
        "SELECT table_name FROM information_schema.table_privileges \
         WHERE grantee = 'nightsafe_vault' AND table_schema = 'vault' AND privilege_type = 'DELETE'",
    )
    .await;
    assert_eq!(deletes, of_vault("DELETE").flat_map(quoted).map(str::to_owned).collect());

    let updates = names(
        server,
        "SELECT table_name || '.' || column_name FROM information_schema.column_privileges \
         WHERE grantee = 'nightsafe_vault' AND table_schema = 'vault' AND privilege_type = 'UPDATE'",
    )
    .await;
    let mut named = BTreeSet::new();
    for cell in of_vault("UPDATE") {
        let mut words = quoted(cell);
        let table = words.next().unwrap();
        named.extend(words.map(|column| format!("{table}.{column}")));
    }
    assert_eq!(updates, named);
}
