//! `nightsafe audit`: a real log, then what somebody does to it who is root on the vault's machine.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failing test may panic"
)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use common::{ADMIN, SITE, SITE_KEYS, Shop, fails, ok, run, snapshot};
use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::audit::{Action, Actor, Entry, Salt, SignedEntry, seal};
use nightsafe_core::encoding::{b64, b64_decode};
use nightsafe_core::keys::{ItemName, PrivateItems};
use nightsafe_core::log::{Checkpoint, Hash, Origin};
use nightsafe_core::note::NoteSigner;
use nightsafe_core::scalar::{IdentityId, Site};
use nightsafe_core::suite::Suite;
use nightsafe_core::time::UnixTime;
use nightsafe_serve::online_key;
use nightsafe_store::vault::{NewLeaf, SealedEntry, VaultStore};
use nightsafe_vault::{AuditLog, LogConfig};
use sqlx::{Connection, SqliteConnection};
use tokio::runtime::Runtime;

/// Two bundles.
const ENTRIES: u64 = 270;

type Rng = getrandom::rand_core::UnwrapErr<getrandom::SysRng>;

/// A site whose vault has a log, and what an auditor keeps elsewhere.
struct Audited {
    shop: Shop,
    signer: NoteSigner,
    audit_key: PrivateItems,
    copies: u32,
}

fn rng() -> Rng {
    getrandom::rand_core::UnwrapErr(getrandom::SysRng)
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    // One for all: connections live as long as the runtime that made them
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().unwrap()).block_on(future)
}

fn site() -> Site {
    Site::parse(SITE).unwrap()
}

impl Audited {
    /// Entries as a vault writes them, in several transactions; the auditor has a checkpoint over 5, and one over 269.
    fn new() -> Self {
        let shop = Shop::made();
        let text = fs::read_to_string(shop.data().join("keys/log.key")).unwrap();
        let anchor = TrustAnchor::parse(&fs::read_to_string(shop.data().join("anchor.txt")).unwrap()).unwrap();
        let audit_key = audit_key(&shop);
        let audited = Self { signer: online_key::parse(&text).unwrap(), shop, audit_key, copies: 0 };
        for (count, name) in [(5, "first.note"), (264, "second.note"), (1, "third.note")] {
            let store = audited.store();
            let signer = online_key::parse(&text).unwrap();
            let config = LogConfig::new(&site(), signer).unwrap();
            let log = AuditLog::new(store.clone(), site(), config, Some(anchor.clone()));
            let happened = vec![(Action::SignInFailed(None), UnixTime::from_seconds(1_795_219_200)); count];
            wait(log.record(&happened)).unwrap().unwrap();
            fs::write(audited.shop.path(name), wait(log.checkpoint()).unwrap()).unwrap();
            wait(store.close());
        }
        fs::copy(audited.database(), audited.shop.path("honest.db")).unwrap();
        audited
    }

    fn write_audit_key(&self, label: &str) {
        let mut text =
            format!("{label}\nsite {SITE}\nsuite xwing\npublic-key {}\n", b64(self.audit_key.public_key().as_bytes()));
        for (name, bytes) in self.audit_key.items() {
            text.push_str(&format!("{} {}\n", name.as_str(), b64(bytes)));
        }
        fs::write(self.shop.path("audit.key"), text).unwrap();
    }

    fn database(&self) -> PathBuf {
        self.shop.data().join("vault.db")
    }

    fn store(&self) -> VaultStore {
        wait(VaultStore::open(&self.database().as_path().into())).unwrap()
    }

    /// As it was before anybody did anything to it.
    fn restore(&self) {
        fs::copy(self.shop.path("honest.db"), self.database()).unwrap();
    }

    fn export(&mut self) -> PathBuf {
        self.copies += 1;
        let out = self.shop.path(&format!("copy-{}", self.copies));
        let mut command = self.shop.command(&["audit", "export"]);
        command.arg("--out").arg(&out);
        ok(run(command, ""));
        out
    }

    fn verify(&self, copy: &Path, more: &[&str]) -> std::process::Output {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_nightsafe"));
        command.args(["audit", "verify"]).arg(copy).args(more).current_dir(self.shop.dir.path());
        run(command, "")
    }

    /// The lines of a copy with findings.
    fn findings(&self, copy: &Path, more: &[&str]) -> Vec<String> {
        let output = self.verify(copy, more);
        assert!(!output.status.success(), "nothing was found: {}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    }

    /// Raw SQL, as root; then what an auditor finds in a copy of it.
    fn after(&mut self, sql: &str, more: &[&str]) -> Vec<String> {
        self.restore();
        wait(async {
            let mut raw = SqliteConnection::connect(self.database().to_str().unwrap()).await.unwrap();
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut raw).await.unwrap();
            raw.close().await.unwrap();
        });
        let copy = self.export();
        self.findings(&copy, more)
    }

    /// Another history, signed with the stolen key of the log: nothing in it contradicts itself.
    fn rewrite(&mut self, change: impl FnOnce(&mut Vec<NewLeaf>)) -> PathBuf {
        self.restore();
        let store = self.store();
        wait(async {
            let entries = store.log_entries(0, 1000).await.unwrap();
            let mut leaves: Vec<_> =
                entries.into_iter().map(|one| NewLeaf { commitment: one.commitment, entry: one.entry }).collect();
            change(&mut leaves);
            let mut raw = SqliteConnection::connect(self.database().to_str().unwrap()).await.unwrap();
            sqlx::raw_sql("DELETE FROM log_entry; DELETE FROM log_leaf; DELETE FROM log_node; DELETE FROM checkpoint")
                .execute(&mut raw)
                .await
                .unwrap();
            raw.close().await.unwrap();
            store.append_log(&leaves, |size, root| self.sign(size, root)).await.unwrap();
            store.close().await;
        });
        self.export()
    }

    fn sign(&self, size: u64, root: Hash) -> Result<String, nightsafe_core::log::CheckpointError> {
        Checkpoint { origin: Origin::parse(&format!("{SITE}/log"))?, size, root }.sign(&self.signer)
    }

    fn leaf(&self, actor: Actor, action: Action, by: &NoteSigner, salt: u8) -> NewLeaf {
        let salt = Salt::from_bytes([salt; 32]);
        let entry = Entry::new(site(), actor, action, UnixTime::from_seconds(1_795_219_200)).unwrap();
        let signed = SignedEntry::sign(entry, &salt, by);
        let key = self.audit_key.public_key();
        let sealed = seal(key, &salt, &signed, &mut rng()).unwrap();
        NewLeaf { commitment: signed.commitment(&salt), entry: SealedEntry { key_id: key.key_id(), sealed } }
    }
}

/// What an auditor gets, as a file and as a key.
fn audit_key(shop: &Shop) -> PrivateItems {
    let mut command = shop.command(&["audit", "key"]);
    command.arg("--recovery-file").arg(shop.path("recovery.key")).arg("--out").arg(shop.path("audit.key"));
    let id = ok(run(command, ""));
    let text = fs::read_to_string(shop.path("audit.key")).unwrap();
    let item = |name: ItemName| {
        let line = text.lines().find_map(|line| line.strip_prefix(name.as_str())).unwrap();
        (name, b64_decode(line.trim_start()).unwrap())
    };
    let items: Vec<_> = ItemName::of(Suite::XWing).iter().map(|name| item(*name)).collect();
    let items: Vec<(ItemName, &[u8])> = items.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
    let key = PrivateItems::from_items(Suite::XWing, &items).unwrap();
    assert_eq!(id.trim_end(), key.public_key().key_id().to_hex());
    key
}

/// Codes with what they are about.
fn told(findings: &[String]) -> Vec<(&str, &str)> {
    let told = findings.iter().map(|line| {
        let (code, rest) = line.split_once(": ").unwrap();
        (code, rest.split(": ").next().unwrap())
    });
    told.collect()
}

const EARLIER: [&str; 4] = ["--earlier", "first.note", "--earlier", "second.note"];
const RECOVERY: [&str; 2] = ["--recovery-file", "recovery.key"];
const KEY: [&str; 2] = ["--audit-key", "audit.key"];

#[test]
fn an_honest_copy_is_good_and_what_root_does_is_found() {
    let mut log = Audited::new();
    an_honest_copy_is_good(&mut log);
    what_was_changed_is_found(&mut log);
    what_was_signed_anew_is_found_by_whoever_kept_a_checkpoint(&mut log);
    what_happens_to_the_copy_is_found(&mut log);
    a_vault_that_moved_has_the_same_log(&mut log);
}

fn an_honest_copy_is_good(log: &mut Audited) {
    let copy = log.export();
    let all = [&EARLIER[..], &["--earlier", "third.note"], &KEY].concat();
    let text = ok(log.verify(&copy, &all));
    assert!(text.starts_with(&format!("ok: {ENTRIES} entries, of which {ENTRIES} were opened")), "{text}");
    assert!(text.contains("3 earlier checkpoints are continued"), "{text}");
    // The recovery key opens what the audit key does
    let recovered = ok(log.verify(&copy, &[&EARLIER[..], &["--earlier", "third.note"], &RECOVERY].concat()));
    assert_eq!(recovered, text);
    let text = ok(log.verify(&copy, &[]));
    assert!(text.contains(&format!("0 are erased and {ENTRIES} sealed to keys that are not here")), "{text}");
    // Nothing is overwritten
    let mut again = log.shop.command(&["audit", "export"]);
    again.arg("--out").arg(&copy);
    assert!(fails(run(again, "")).contains("not empty"));
    // The printed key of the log, and another
    let key = ok(log.shop.run(&["keys", "log"]));
    assert_eq!(key, fs::read_to_string(copy.join("log.vkey")).unwrap());
    ok(log.verify(&copy, &["--log-key", key.trim_end()]));
    let other = NoteSigner::from_seed(&format!("{SITE}/log"), &[9; 32]).unwrap();
    assert_eq!(told(&log.findings(&copy, &["--log-key", &other.vkey().to_text()])), [("not_signed", "checkpoint")]);
    // Erasing is no finding
    log.restore();
    wait(async {
        let mut raw = SqliteConnection::connect(log.database().to_str().unwrap()).await.unwrap();
        sqlx::raw_sql("DELETE FROM log_entry WHERE number IN (4, 260)").execute(&mut raw).await.unwrap();
        raw.close().await.unwrap();
    });
    let copy = log.export();
    let text = ok(log.verify(&copy, &all));
    assert!(text.contains("2 are erased"), "{text}");
}

fn what_was_changed_is_found(log: &mut Audited) {
    let both = [&EARLIER[..], &KEY].concat();
    // A leaf; the earlier checkpoint over less than it still holds
    let edited = "UPDATE log_leaf SET commitment = zeroblob(32) WHERE number = 7";
    assert_eq!(
        told(&log.after(edited, &both)),
        [("open_failed", "entry 7"), ("edited", "the copy"), ("forked", "second.note")]
    );
    // An entry
    let edited = "UPDATE log_entry SET sealed = (SELECT sealed FROM log_entry WHERE number = 8) WHERE number = 7";
    assert_eq!(told(&log.after(edited, &both)), [("open_failed", "entry 7")]);
    // Two leaves change places
    let swap = "UPDATE log_leaf SET number = 1000 WHERE number = 3; UPDATE log_leaf SET number = 3 WHERE number = 12; \
                UPDATE log_leaf SET number = 12 WHERE number = 1000";
    let swap = format!("PRAGMA foreign_keys = OFF; {swap}");
    assert_eq!(
        told(&log.after(&swap, &both)),
        [
            ("edited", "the copy"),
            ("reordered", "entry 3"),
            ("reordered", "entry 12"),
            ("forked", "first.note"),
            ("forked", "second.note")
        ]
    );
    // One in the middle goes, and the others move up
    let dropped = "PRAGMA foreign_keys = OFF; DELETE FROM log_leaf WHERE number = 100; \
                   UPDATE log_leaf SET number = number + 1000000 WHERE number > 100; \
                   UPDATE log_leaf SET number = number - 1000001 WHERE number > 1000000";
    assert_eq!(told(&log.after(dropped, &[]))[0], ("incomplete", "the copy"));
    // The end goes, and with it the checkpoints over it: an older state of the log, all of whose signatures are good
    let rolled_back = "DELETE FROM log_entry WHERE number >= 5; DELETE FROM log_leaf WHERE number >= 5; \
                       DELETE FROM checkpoint WHERE size > 5";
    assert_eq!(told(&log.after(rolled_back, &both)), [("dropped", "second.note")]);
}

fn what_was_signed_anew_is_found_by_whoever_kept_a_checkpoint(log: &mut Audited) {
    let both = [&EARLIER[..], &KEY].concat();
    let seed = log.signer.seed();
    let vault = NoteSigner::from_seed(log.signer.vkey().name(), &seed).unwrap();
    // Another entry in the place of one
    let other = log.leaf(Actor::Vault, Action::SignOut, &vault, 1);
    let copy = log.rewrite(|leaves| leaves[7] = other);
    ok(log.verify(&copy, &KEY));
    assert_eq!(told(&log.findings(&copy, &both)), [("forked", "second.note")]);
    // In another order, with their entries
    let copy = log.rewrite(|leaves| leaves.swap(1, 2));
    ok(log.verify(&copy, &KEY));
    assert_eq!(told(&log.findings(&copy, &both)), [("forked", "first.note"), ("forked", "second.note")]);
    // One less, in the middle and at the end
    let copy = log.rewrite(|leaves| drop(leaves.remove(100)));
    assert_eq!(told(&log.findings(&copy, &both)), [("forked", "second.note")]);
    let copy = log.rewrite(|leaves| leaves.truncate(268));
    assert_eq!(told(&log.findings(&copy, &both)), [("dropped", "second.note")]);
    // What somebody is said to have done who did not sign
    let (ghost, anna) = (NoteSigner::from_seed("admin/ghost", &[3; 32]).unwrap(), Actor::Admin(IdentityId([1; 16])));
    let false_ones = [log.leaf(anna, Action::SignIn, &vault, 2), log.leaf(Actor::Vault, Action::SignOut, &ghost, 3)];
    let copy = log.rewrite(|leaves| leaves.extend(false_ones));
    assert_eq!(told(&log.findings(&copy, &both)), [("unknown_signer", "entry 270"), ("unsigned", "entry 271")]);
}

fn what_happens_to_the_copy_is_found(log: &mut Audited) {
    log.restore();
    let changed = |log: &mut Audited, change: &dyn Fn(&Path)| {
        let copy = log.export();
        change(&copy);
        log.findings(&copy, &KEY)
    };
    let missing = changed(log, &|copy| fs::remove_file(copy.join("tile/entries/001.p/14")).unwrap());
    assert_eq!(told(&missing), [("incomplete", "the copy")]);
    assert!(missing[0].contains("256 leaves"), "{missing:?}");
    let cut = changed(log, &|copy| fs::write(copy.join("sealed/000"), [0, 1]).unwrap());
    assert_eq!(told(&cut), [("incomplete", "the copy")]);
    let flipped = changed(log, &|copy| {
        let path = copy.join("tile/entries/000");
        let mut bytes = fs::read(&path).unwrap();
        bytes[2] ^= 1;
        fs::write(path, bytes).unwrap();
    });
    assert_eq!(told(&flipped), [("open_failed", "entry 0"), ("edited", "the copy")]);
    let other_size = changed(log, &|copy| {
        let text = fs::read_to_string(copy.join("checkpoint")).unwrap();
        fs::write(copy.join("checkpoint"), text.replacen("\n270\n", "\n269\n", 1)).unwrap();
    });
    assert_eq!(told(&other_size), [("bad_signature", "checkpoint")]);
    let forged = changed(log, &|copy| {
        let path = copy.join("roster/0.note");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, text.replacen(" admin anna", " admin ghost", 1)).unwrap();
    });
    assert_eq!(told(&forged), [("bad_signature", "roster entry 0")]);
    // A file that is no audit key is not a finding but a mistake
    let copy = log.export();
    log.write_audit_key("nightsafe/v1/recovery-key");
    assert!(fails(log.verify(&copy, &KEY)).contains("not nightsafe/v1/audit-key"));
}

fn a_vault_that_moved_has_the_same_log(log: &mut Audited) {
    log.restore();
    let here = log.export();
    let url = |path: &Path| format!("sqlite:{}", path.display());
    let moved = log.shop.path("moved.db");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_nightsafe"));
    command.args(["db", "copy", "--from", &url(&log.database()), "--to", &url(&moved)]);
    assert!(ok(run(command, "")).contains(&format!("{ENTRIES}  log_leaf")));
    let there = log.shop.path("moved");
    let mut command = log.shop.command(&["audit", "export"]);
    command.arg("--vault-url-file").arg(log.shop.url_file("moved.url", &url(&moved))).arg("--out").arg(&there);
    ok(run(command, ""));
    let files = |folder: &Path| -> Vec<_> {
        let mut files: Vec<_> = snapshot(folder).into_iter().collect();
        files.sort();
        files.into_iter().map(|(path, bytes)| (path.strip_prefix(folder).unwrap().to_owned(), bytes)).collect()
    };
    assert_eq!(files(&here).len(), 9);
    assert!(files(&here) == files(&there));
}

/// For a site of before there was one, or when somebody has left.
#[test]
fn the_site_keys_name_another_audit_key() {
    let shop = Shop::made();
    let first = audit_key(&shop).public_key().key_id().to_hex();
    fs::remove_file(shop.path("audit.key")).unwrap();
    let make = |numbers: &[u8], admin: &str| {
        let mut command = shop.command(&["keys", "audit", "--site-passphrase-fd", "0", "--passphrase-fd", "0"]);
        for number in numbers {
            command.arg("--site-key").arg(shop.path(&format!("site-keys/site-key-{number}.key")));
        }
        run(command, &format!("{}{admin}\n", format!("{SITE_KEYS}\n").repeat(numbers.len())))
    };
    assert!(fails(make(&[1], ADMIN)).contains("2 site keys must sign"));
    fails(make(&[1, 2], "another passphrase"));
    let second = ok(make(&[1, 2], ADMIN)).trim_end().to_owned();
    assert_ne!(second, first);
    // The roster names it, and the recovery key opens it; the first one is still there
    assert_eq!(audit_key(&shop).public_key().key_id().to_hex(), second);
    let mut command = shop.command(&["audit", "key", "--key", &first]);
    command.arg("--recovery-file").arg(shop.path("recovery.key")).arg("--out").arg(shop.path("first.key"));
    assert_eq!(ok(run(command, "")).trim_end(), first);
    fs::remove_file(shop.data().join("keys/log.key")).unwrap();
    assert!(fails(make(&[1, 2], ADMIN)).contains("nightsafe keys log"));
}

#[test]
fn a_log_without_entries_gives_no_copy() {
    let shop = Shop::made();
    let mut command = shop.command(&["audit", "export"]);
    command.arg("--out").arg(shop.path("copy"));
    assert!(fails(run(command, "")).contains("no entries yet"));
    assert!(!shop.path("copy").exists());
}
