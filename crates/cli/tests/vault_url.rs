//! A vault in another database than the file in the data directory: named once, found by every command. On PostgreSQL
//! this is tested across crates, in tests/tests/across.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, reason = "a failing test may panic")]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use common::{ADMIN, Shop, fails, fingerprint, ok, run};
use nightsafe_store::vault::VaultStore;

/// A URL of a SQLite file beside the data directory.
fn elsewhere(shop: &Shop) -> String {
    format!("sqlite:{}", shop.path("elsewhere.db").display())
}

fn init_with(shop: &Shop, file: &std::path::Path) -> std::process::Output {
    shop.init(&["--vault-url-file", file.to_str().unwrap()])
}

fn copy(args: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_nightsafe")).args(["db", "copy"]).args(args).output().unwrap()
}

#[test]
fn what_init_was_told_every_command_knows() {
    let shop = Shop::new();
    let file = shop.url_file("vault.url", &elsewhere(&shop));
    ok(init_with(&shop, &file));
    shop.write_assets("");
    ok(shop.build(&[]));
    let config = fs::read_to_string(shop.data().join("nightsafe.toml")).unwrap();
    assert!(config.contains(&format!("vault_url_file = \"{}\"", file.display())) && !config.contains("elsewhere"));

    assert_eq!(ok(shop.run(&["keys", "list"])).matches("xwing").count(), 2);
    ok(shop.next_key(ADMIN));
    assert!(ok(shop.run(&["keys", "list"])).contains("unsigned"));
    ok(shop.sign(&[1, 2], &[]));
    assert!(!ok(shop.run(&["keys", "list"])).contains("unsigned"));
    let up = shop.up();
    assert!((200..300).contains(&up.get("vault", "/readyz").0));
    assert_eq!(up.stop("-TERM"), 0);
    let open = ["open", "--offline", "--reference", "NONE", "--passphrase-fd", "0"];
    assert!(fails(run(shop.command(&open), &format!("{ADMIN}\n"))).contains("no such deposit"));
    assert!(!shop.data().join("vault.db").exists());

    // For once, another one: here one that is not there, which reading does not make
    let other = shop.url_file("other.url", &format!("sqlite:{}", shop.path("other.db").display()));
    let mut command = shop.command(&open);
    command.arg("--vault-url-file").arg(&other);
    assert!(fails(run(command, "")).contains("not available"));
    assert!(!shop.path("other.db").exists());
}

#[test]
fn a_vault_that_is_somebodys_or_cannot_be_reached_is_refused_before_anything_is_made() {
    let (shop, other) = (Shop::new(), Shop::made());
    let taken = format!("sqlite:{}", other.data().join("vault.db").display());
    let before = fingerprint(&other.data());
    for (url, error) in [
        (taken.as_str(), "is not empty: table admin has 1 rows"),
        ("postgres://nobody:hunter2@localhost:1/nightsafe", "not available"),
        ("mysql://u:hunter2@h/d", "holds no URL of a database"),
    ] {
        let file = shop.url_file("vault.url", url);
        let mut command = shop.init_command();
        command.arg("--vault-url-file").arg(&file);
        // No passphrase was asked for
        let told = fails(run(command, ""));
        assert!(told.contains(error) && !told.contains("hunter2"), "{told}");
    }
    let file = shop.url_file("vault.url", &elsewhere(&shop));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(fails(init_with(&shop, &file)).contains("open to other users"));
    assert!(!shop.data().exists() && !shop.path("site-keys").exists());
    assert_eq!(fingerprint(&other.data()), before);
}

#[test]
fn an_init_that_fails_leaves_the_vault_empty() {
    let shop = Shop::new();
    let file = shop.url_file("vault.url", &elsewhere(&shop));
    fs::write(shop.path("policy"), "kind cvc\n").unwrap();
    let policy = shop.path("policy");
    let told = fails(shop.init(&["--vault-url-file", file.to_str().unwrap(), "--policy", policy.to_str().unwrap()]));
    assert!(told.contains("policy"), "{told}");
    assert!(!shop.data().exists());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = VaultStore::open(&elsewhere(&shop).parse().unwrap()).await.unwrap();
        store.check_empty().await.unwrap();
        store.close().await;
    });
    ok(init_with(&shop, &file));
}

#[test]
fn a_copy_needs_a_vault_of_this_version_and_an_empty_place() {
    let shop = Shop::made();
    let from = format!("sqlite:{}", shop.data().join("vault.db").display());
    let (to, nothing) = (elsewhere(&shop), format!("sqlite:{}", shop.path("nothing.db").display()));
    let told = ok(copy(&["--from", &from, "--to", &to]));
    assert!(told.contains("2  data_key\n") && told.contains("0  field\n"), "{told}");
    assert!(fails(copy(&["--from", &from, "--to", &to])).contains("is not empty"));
    assert!(fails(copy(&["--from", &nothing, "--to", &to])).contains("the vault to copy"));
    assert!(!shop.path("nothing.db").exists());
    // An outbox is no vault
    let outbox = format!("sqlite:{}", shop.data().join("outbox.db").display());
    assert!(fails(copy(&["--from", &outbox, "--to", &nothing])).contains("the vault to copy"));
    assert!(!shop.path("nothing.db").exists());
    let told = fails(copy(&["--from", &from, "--to", "postgres://anna:hunter2@localhost:1/nightsafe"]));
    assert!(told.contains("with --to-file") && told.contains("not available") && !told.contains("hunter2"), "{told}");
    assert!(!copy(&["--from", &from]).status.success());
}

#[test]
fn a_backup_is_written_once_and_works() {
    let shop = Shop::built();
    let to = shop.path("backup.db");
    let url = format!("sqlite:{}", shop.data().join("vault.db").display());
    let up = shop.up();
    let backup = |url: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nightsafe"));
        command.args(["db", "backup", "--database-url", url, "--to"]).arg(&to).output().unwrap()
    };
    assert!(ok(backup(&url)).contains("written to"));
    assert!(fails(backup(&url)).contains("exists already"));
    assert_eq!(up.stop("-TERM"), 0);
    assert_eq!(fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o600);
    let before = ok(shop.run(&["keys", "list"]));
    fs::rename(&to, shop.data().join("vault.db")).unwrap();
    assert_eq!(ok(shop.run(&["keys", "list"])), before);
    assert!(fails(backup("postgres://localhost/nightsafe")).contains("pg_dump"));
    assert!(!to.exists());
}
