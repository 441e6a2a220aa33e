//! A shop as its operator sets it up, by the commands and with the servers' programs: its vault on PostgreSQL from the
//! beginning, or moved there later.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use nightsafe_core::scalar::DepositId;
use nightsafe_proto::vault::openings::Purpose;
use nightsafe_proto::vault::search::Search;
use nightsafe_serve::clock::SystemClock;
use nightsafe_serve::online_key;
use nightsafe_store::Database;
use nightsafe_tests::database::OwnDatabase;
use nightsafe_tests::deposits::{SIX_FIELDS, seal};
use nightsafe_tests::http::Connection;
use nightsafe_tests::opening::{backlog, drain};
use nightsafe_tests::server::{Server, Way};
use nightsafe_tests::site::{ADMIN, RealSite, SITE, run};
use nightsafe_vault::{LogConfig, ServerSetup, State, Stretch, VaultConfig, VaultStore};

use crate::admin::{Admin, Credentials};

/// Takes orders by the servers' programs until the vault has them.
async fn take_orders(site: &RealSite, outbox: [&str; 2], vault: Option<&str>, references: &[&str]) -> Vec<DepositId> {
    let ingest = Server::ingest(site, outbox[0], "");
    let mut connection = Connection::open(ingest.address()).await.unwrap();
    let mut ids = Vec::new();
    for reference in references {
        let deposit = seal(&site.published(), reference, SIX_FIELDS);
        let answer = connection.post_deposit(deposit.to_json().as_bytes(), b"").await.unwrap();
        assert_eq!(answer.status, 201, "{}", answer.text());
        ids.push(deposit.id());
    }
    if let Some(vault) = vault {
        pull(site, outbox[1], vault).await;
    }
    drop(connection);
    ingest.stop();
    ids
}

/// Runs the vault until the outbox is empty.
async fn pull(site: &RealSite, outbox: &str, vault: &str) {
    let vault = Server::vault(site, vault, &Way::Direct(outbox));
    let waiting = outbox.to_owned();
    tokio::task::spawn_blocking(move || drain(&waiting)).await.unwrap().unwrap();
    vault.stop();
}

/// An admin of the site at the vault's API, which the files of the data directory serve from this database.
async fn sign_in(site: &RealSite, vault: &str) -> Admin {
    let store = VaultStore::open(&vault.parse::<Database>().unwrap()).await.unwrap();
    let anchor = site.anchor();
    let login = ServerSetup::from_bytes(&fs::read(site.data().join("keys/login.key")).unwrap()).unwrap();
    let log = fs::read_to_string(site.data().join("keys/log.key")).unwrap();
    let log = LogConfig::new(&anchor.site, online_key::parse(&log).unwrap()).unwrap();
    let config = VaultConfig::new(anchor.site.clone(), "http://localhost:4804".to_owned(), login);
    let config = VaultConfig { log: Some(log), anchor: Some(anchor.clone()), ..config };
    let router = nightsafe_vault::router(State::new(store, config, Arc::new(SystemClock)));
    let credentials = Credentials { anchor: &anchor, user: "anna", passphrase: ADMIN, stretch: &Stretch::STANDARD };
    Admin::enter(&router, &credentials).await
}

async fn opens(admin: &Admin, reference: &str) -> Vec<Purpose> {
    let search = Search { reference: Some(reference.to_owned()), ..Search::default() };
    let [row] = <[_; 1]>::try_from(admin.find(&search).await).unwrap();
    let before = row.openings.iter().map(|opening| opening.purpose).collect();
    let mut seen = admin.open(&row, "card", Purpose::Charge).await;
    assert_eq!(seen.differences, []);
    seen.parts.sort();
    let parts = [("expiry", "2031-05"), ("holder", "Ada Lovelace"), ("number", "4242424242424242")];
    assert_eq!(seen.parts, parts.map(|(name, text)| (name.to_owned(), text.to_owned())));
    before
}

fn open_offline(site: &RealSite, reference: &str) -> String {
    let mut open = site.nightsafe(&["open", "--offline", "--passphrase-fd", "0", "--field", "phone#1"]);
    run(open.args(["--reference", reference]), &format!("{ADMIN}\n"))
}

/// How many data keys the commands see in the vault.
fn data_keys(site: &RealSite) -> usize {
    run(&mut site.nightsafe(&["keys", "list", "--json"]), "").matches("key_id").count()
}

fn has_no_file(site: &RealSite) -> bool {
    !fs::read_dir(site.data()).unwrap().any(|entry| {
        let name = entry.unwrap().file_name();
        Path::new(&name).to_string_lossy().starts_with("vault.db")
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_is_made_on_postgres_and_works_there() {
    let Some(own) = OwnDatabase::make().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let vault = own.url_as("nightsafe_vault");
    let site = RealSite::make_with_vault(folder.path(), &vault);
    assert!(has_no_file(&site));
    let ingest = own.url_as("nightsafe_ingest");
    take_orders(&site, [&ingest, &vault], Some(&vault), &["ORDER-1", "ORDER-2"]).await;
    let admin = sign_in(&site, &vault).await;
    assert_eq!(opens(&admin, "ORDER-1").await, []);
    assert_eq!(opens(&admin, "ORDER-1").await, [Purpose::Charge]);

    // The commands find it there without being told again
    assert!(open_offline(&site, "ORDER-2").contains("+4930654321"));
    assert_eq!(data_keys(&site), 2);
    run(&mut site.nightsafe(&["keys", "next", "--passphrase-fd", "0"]), &format!("{ADMIN}\n"));
    site.sign_manifest();
    assert_eq!(data_keys(&site), 3);
    assert!(has_no_file(&site));
    take_orders(&site, [&ingest, &vault], Some(&vault), &["ORDER-3"]).await;
    let admin = sign_in(&site, &vault).await;
    opens(&admin, "ORDER-3").await;
    // All of it is in the log, signed: three sign-ins and searches, and the openings
    let copy = folder.path().join("copy");
    run(site.nightsafe(&["audit", "export"]).arg("--out").arg(&copy), "");
    let recovery = folder.path().join("recovery.key");
    let mut verify = nightsafe_tests::site::nightsafe(&["audit", "verify"]);
    let told = run(verify.arg(&copy).arg("--recovery-file").arg(&recovery), "");
    assert!(told.starts_with("ok: 8 entries, of which 8 were opened and their signatures verified"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_moves_from_a_file_to_postgres() {
    let Some(own) = OwnDatabase::make().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let site = RealSite::make(folder.path());
    let file = |name: &str| format!("sqlite:{}", site.data().join(name).display());
    let (outbox, old, new) = (file("outbox.db"), file("vault.db"), own.url_as("nightsafe_vault"));
    take_orders(&site, [&outbox, &outbox], Some(&old), &["ORDER-1", "ORDER-2"]).await;
    opens(&sign_in(&site, &old).await, "ORDER-1").await;
    // One waits in the outbox while the vault moves
    take_orders(&site, [&outbox, &outbox], None, &["ORDER-3"]).await;

    let url = site.write_url(&new);
    let copy = |site: &RealSite| {
        let mut copy = nightsafe_tests::site::nightsafe(&["db", "copy", "--from", &old, "--to-file"]);
        copy.arg(site.write_url(&new)).output().unwrap()
    };
    let copied = copy(&site);
    assert!(copied.status.success(), "{copied:?}");
    let told = String::from_utf8(copied.stdout).unwrap();
    for line in [
        "2  deposit_index",
        "2  taken",
        "12  field",
        "1  opening",
        "3  log_leaf",
        "1  audit_key",
        "2  data_key",
        "1  manifest",
    ] {
        assert!(told.contains(&format!(" {line}\n")), "{told}");
    }
    let again = copy(&site);
    assert!(!again.status.success());
    assert!(String::from_utf8(again.stderr).unwrap().contains("is not empty"));

    // As docs/OPERATIONS.md says: name it, and put the old file away
    let config = site.data().join("nightsafe.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("vault_url_file = \"{}\"\n{text}", url.display())).unwrap();
    fs::remove_file(site.data().join("vault.db")).unwrap();
    let waiting = outbox.clone();
    assert_eq!(tokio::task::spawn_blocking(move || backlog(&waiting)).await.unwrap(), 1);
    pull(&site, &outbox, &new).await;
    let admin = sign_in(&site, &new).await;
    assert_eq!(opens(&admin, "ORDER-1").await, [Purpose::Charge]);
    assert_eq!(opens(&admin, "ORDER-2").await, []);
    assert_eq!(opens(&admin, "ORDER-3").await, []);
    assert!(open_offline(&site, "ORDER-2").contains("+4930654321"));
    assert_eq!((data_keys(&site), SITE), (2, site.anchor().site.as_str()));
    assert!(has_no_file(&site));
}
