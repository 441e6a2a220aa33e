//! Checkpoints of the audit log where nobody who runs the vault can change them: printed, mailed, cosigned by a witness.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failing test may panic"
)]

mod common;
#[path = "../../vault/tests/smtp/mod.rs"]
mod smtp;

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{SITE, Shop, fails, ok, run};
use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::audit::Action;
use nightsafe_core::log::{Checkpoint, Witness};
use nightsafe_core::note::{Note, NoteSigner, Vkey};
use nightsafe_core::scalar::Site;
use nightsafe_core::time::UnixTime;
use nightsafe_serve::online_key;
use nightsafe_store::vault::VaultStore;
use nightsafe_tests::binaries::Binaries;
use nightsafe_vault::{AuditLog, LogConfig};
use smtp::Smtp;
use sqlx::{Connection, SqliteConnection};

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(future)
}

fn log_key(shop: &Shop) -> Vkey {
    Vkey::parse(ok(shop.run(&["keys", "log"])).trim_end()).unwrap()
}

/// Entries, as the vault writes them.
fn record(shop: &Shop, count: usize) {
    wait(async {
        let site = Site::parse(SITE).unwrap();
        let signer = online_key::parse(&fs::read_to_string(shop.data().join("keys/log.key")).unwrap()).unwrap();
        let anchor = TrustAnchor::parse(&fs::read_to_string(shop.data().join("anchor.txt")).unwrap()).unwrap();
        let store = VaultStore::open(&shop.data().join("vault.db").as_path().into()).await.unwrap();
        let log = AuditLog::new(store.clone(), site.clone(), LogConfig::new(&site, signer).unwrap(), Some(anchor));
        let happened = vec![(Action::SignInFailed(None), UnixTime::from_seconds(1_795_219_200)); count];
        log.record(&happened).await.unwrap().unwrap();
        store.close().await;
    });
}

const FORGET: &str = "DELETE FROM log_entry; DELETE FROM log_leaf; DELETE FROM log_node; DELETE FROM checkpoint";

/// Somebody who has the database writes in it.
fn change(shop: &Shop, sql: &'static str) {
    wait(async {
        let mut raw = SqliteConnection::connect(shop.data().join("vault.db").to_str().unwrap()).await.unwrap();
        assert!(sqlx::raw_sql(sql).execute(&mut raw).await.unwrap().rows_affected() > 0);
        raw.close().await.unwrap();
    });
}

fn checkpoint(shop: &Shop, more: &[&str]) -> Output {
    run(
        {
            let mut command = shop.command(&["audit", "checkpoint"]);
            command.args(more);
            command
        },
        "",
    )
}

fn with_mail(shop: &Shop, smtp: &Smtp, to: &str) {
    let config = shop.data().join("nightsafe.toml");
    let section = format!(
        "\n[mail]\nserver = \"localhost\"\nport = {}\nsecurity = \"none\"\nfrom = \"nightsafe@shop.example\"\nto = [{to}]\n",
        smtp.port
    );
    fs::write(&config, fs::read_to_string(&config).unwrap() + &section).unwrap();
}

/// A copy as of now.
fn export(shop: &Shop, name: &str) -> PathBuf {
    let out = shop.path(name);
    let mut command = shop.command(&["audit", "export"]);
    command.arg("--out").arg(&out);
    ok(run(command, ""));
    out
}

/// Of a copy with a checkpoint from elsewhere.
fn verify(shop: &Shop, copy: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nightsafe"));
    command.args(["audit", "verify"]).arg(copy).args(more).current_dir(shop.dir.path());
    run(command, "")
}

/// The finding's line of a copy that has one.
fn finding(output: &Output) -> String {
    assert!(!output.status.success(), "nothing was found");
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    text
}

/// The program `nightsafe-monitor witness`.
struct Running {
    child: Child,
    url: String,
    witness: Witness,
}

impl Running {
    /// One of these logs.
    fn start(shop: &Shop, name: &str, logs: &[&Vkey]) -> Self {
        let program = Binaries::get().path("nightsafe-monitor");
        let (key, config) = (shop.path(&format!("{name}.key")), shop.path(&format!("{name}.toml")));
        let mut make = Command::new(&program);
        make.arg("witness-key").arg(&key).args(["--name", name]);
        let witness = Witness::parse(ok(run(make, "")).trim_end()).unwrap();
        let logs: Vec<String> = logs.iter().map(|log| format!("\"{log}\"")).collect();
        let database = shop.path(&format!("{name}.db"));
        let text = format!(
            "key = \"{}\"\ndatabase = \"{}\"\nlogs = [{}]\n[listen]\naddress = \"127.0.0.1:0\"\n",
            key.display(),
            database.display(),
            logs.join(", ")
        );
        fs::write(&config, text).unwrap();
        let mut child = Command::new(&program)
            .args(["witness", "--config"])
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut port = None;
        loop {
            let mut line = String::new();
            assert!(log.read_line(&mut line).unwrap() > 0, "it ended before it was ready");
            let json: serde_json::Value = serde_json::from_str(&line).unwrap();
            if let Some(address) = json["address"].as_str() {
                port = Some(address.rsplit(':').next().unwrap().to_owned());
            }
            if json["message"] == "ready" {
                break;
            }
        }
        // So that it never waits for somebody who reads
        std::thread::spawn(move || log.lines().for_each(drop));
        Self { child, url: format!("http://localhost:{}", port.unwrap()), witness }
    }

    fn named(&self) -> String {
        format!("{}={}", self.url, self.witness)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_checkpoint_is_printed_and_mailed_and_either_catches_who_rewrites_the_log() {
    let (shop, smtp) = (Shop::made(), Smtp::start());
    assert!(fails(checkpoint(&shop, &[])).contains("no entries yet"));
    record(&shop, 5);
    assert!(fails(checkpoint(&shop, &["--mail"])).contains("no section [mail]"));
    with_mail(&shop, &smtp, "\"office@shop.example\", \"auditor@elsewhere.example\"");
    let out = shop.path("printed.note");
    let printed = ok(checkpoint(&shop, &["--mail", "--out", out.to_str().unwrap()]));
    assert_eq!(Checkpoint::verify(&printed, &log_key(&shop)).unwrap().size, 5);
    assert_eq!(fs::read_to_string(&out).unwrap(), printed);
    assert!(fails(checkpoint(&shop, &["--out", out.to_str().unwrap()])).contains("exists"), "never overwritten");
    let mail = smtp.next();
    assert_eq!(mail.to, ["TO:<office@shop.example>", "TO:<auditor@elsewhere.example>"]);
    assert!(mail.text.contains("Subject: Nightsafe, demo.nightsafe.example: the audit log has 5 entries"), "{mail:?}");
    fs::write(shop.path("mail.txt"), decoded(&mail.text)).unwrap();
    assert!(decoded(&mail.text).contains(&printed), "{mail:?}");

    record(&shop, 3);
    let copy = export(&shop, "later");
    for kept in ["printed.note", "mail.txt"] {
        assert!(
            ok(verify(&shop, &copy, &["--earlier", kept])).contains("1 earlier checkpoints are continued"),
            "{kept}"
        );
    }
    // Another history, signed with the log's own key
    change(&shop, FORGET);
    record(&shop, 9);
    let copy = export(&shop, "rewritten");
    ok(verify(&shop, &copy, &[]));
    for kept in ["printed.note", "mail.txt"] {
        let found = finding(&verify(&shop, &copy, &["--earlier", kept]));
        assert!(found.starts_with(&format!("forked: {kept}: ")), "{found}");
    }
}

/// What nobody does at the vault, `nightsafe up` records by itself: the manifest, the key that seals and the one that follows.
#[test]
fn what_becomes_of_keys_is_recorded_once_however_often_it_starts() {
    let shop = Shop::built();
    let size = || {
        let printed = checkpoint(&shop, &[]);
        let text = String::from_utf8(printed.stdout).unwrap();
        if text.is_empty() { 0 } else { Checkpoint::verify(&text, &log_key(&shop)).unwrap().size }
    };
    let reaches = |wanted| (0..1000).map(|_| size()).find(|size| *size >= wanted);
    for _ in 0..2 {
        let up = shop.up();
        assert_eq!(reaches(3), Some(3));
        assert_eq!(up.stop("-TERM"), 0);
    }
    ok(shop.sign(&[1, 2], &["--days", "300"]));
    let up = shop.up();
    assert_eq!(reaches(4), Some(4), "the next manifest, and nothing of before");
    assert_eq!(up.stop("-TERM"), 0);
    let copy = export(&shop, "copy");
    let told = ok(verify(&shop, &copy, &["--recovery-file", "recovery.key"]));
    assert!(told.starts_with("ok: 4 entries, of which 4 were opened and their signatures verified"), "{told}");
}

/// A witness that hangs up; counts who asks it.
fn counting() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let key = Witness::new(NoteSigner::from_seed("count.example", &[5; 32]).unwrap().vkey().clone()).to_text();
    let named = format!("http://localhost:{}={key}", listener.local_addr().unwrap().port());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    std::thread::spawn(move || {
        listener.incoming().for_each(|_| {
            count.fetch_add(1, Ordering::SeqCst);
        })
    });
    (named, asked)
}

#[test]
fn what_the_log_did_not_sign_is_not_passed_on() {
    let (shop, smtp) = (Shop::made(), Smtp::start());
    record(&shop, 2);
    let (witness, asked) = counting();
    let quietly = ["--witness", &witness, "--quorum", "0"];
    ok(checkpoint(&shop, &quietly));
    assert_eq!(asked.load(Ordering::SeqCst), 1, "what is good is shown to it");
    wait(async {
        let mut raw = SqliteConnection::connect(shop.data().join("vault.db").to_str().unwrap()).await.unwrap();
        let thief = NoteSigner::from_seed(&format!("{SITE}/log"), &[9; 32]).unwrap();
        let own = ok(checkpoint(&shop, &[]));
        let forged = Checkpoint::verify(&own, &log_key(&shop)).unwrap().sign(&thief).unwrap();
        sqlx::query("UPDATE checkpoint SET note = $1").bind(forged).execute(&mut raw).await.unwrap();
        raw.close().await.unwrap();
    });
    with_mail(&shop, &smtp, "\"b@shop.example\"");
    let refused = checkpoint(&shop, &[&quietly[..], &["--mail"]].concat());
    assert!(refused.stdout.is_empty());
    assert!(fails(refused).contains("not signed by the log's key"));
    assert!(smtp.is_empty());
    assert_eq!(asked.load(Ordering::SeqCst), 1, "nobody is asked to cosign it");
}

/// The checkpoint is the log's own, and the tree under it is not: a witness that gets no proof, or a wrong one, is not asked.
#[test]
fn what_is_not_of_the_tree_in_the_database_is_not_passed_on() {
    let shop = Shop::made();
    record(&shop, 3);
    let (witness, asked) = counting();
    for (sql, said) in [
        ("UPDATE log_node SET hash = zeroblob(32) WHERE level = 1", "not those that its last checkpoint signs"),
        ("DELETE FROM log_node WHERE level = 1", "are not all there"),
    ] {
        change(&shop, sql);
        let refused = checkpoint(&shop, &["--witness", &witness, "--quorum", "0"]);
        assert!(refused.stdout.is_empty());
        assert!(fails(refused).contains(said), "{sql}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

#[test]
fn a_witness_cosigns_what_continues_what_it_saw_and_nothing_else() {
    let shop = Shop::made();
    let log = log_key(&shop);
    let (first, second) =
        (Running::start(&shop, "one.example", &[&log]), Running::start(&shop, "two.example", &[&log]));
    let stranger = Running::start(&shop, "three.example", &[]);
    record(&shop, 5);
    let five = ok(checkpoint(&shop, &["--witness", &first.named()]));
    let cosigned = |note: &str, by: &Running| by.witness.verify(&Note::parse(note).unwrap()).unwrap().is_some();
    assert!(cosigned(&five, &first) && !cosigned(&five, &second));
    // The log grows over a bundle's end; the first witness wants proof from 5 on, the second has seen nothing
    record(&shop, 300);
    let (one, two, three) = (first.named(), second.named(), stranger.named());
    let both = ["--witness", &one, "--witness", &two];
    let grown = ok(checkpoint(&shop, &both));
    assert!(cosigned(&grown, &first) && cosigned(&grown, &second));
    assert_eq!(Checkpoint::verify(&grown, &log).unwrap().size, 305);
    fs::write(shop.path("grown.note"), &grown).unwrap();
    // One that does not know the log, and one that does: what there is is printed, and it fails when more must cosign
    let more = [&both[..], &["--witness", &three]].concat();
    let few = checkpoint(&shop, &more);
    assert!(cosigned(std::str::from_utf8(&few.stdout).unwrap(), &second));
    let said = fails(few);
    assert!(
        said.contains("three.example: it does not know this log") && said.contains("2 of the 3 witnesses"),
        "{said}"
    );
    ok(checkpoint(&shop, &[&more[..], &["--quorum", "2"]].concat()));
    assert!(fails(checkpoint(&shop, &["--witness", &one, "--quorum", "2"])).contains("more cosignatures"));
    // Those of the configuration
    assert!(fails(checkpoint(&shop, &["--witnesses"])).contains("names no witness"));
    let config = shop.data().join("nightsafe.toml");
    let text = fs::read_to_string(&config).unwrap();
    let section = format!("\n[[release_log.witness]]\nkey = \"{}\"\nurl = \"{}\"\n", second.witness, second.url);
    fs::write(&config, text + &section).unwrap();
    assert!(cosigned(&ok(checkpoint(&shop, &["--witnesses"])), &second));

    an_auditor_wants_their_cosignatures(&shop, &first.witness, &second.witness);

    // Somebody rewrites the log, and signs it with its own key
    change(&shop, FORGET);
    record(&shop, 310);
    let refused = checkpoint(&shop, &["--witness", &one]);
    assert!(!cosigned(std::str::from_utf8(&refused.stdout).unwrap(), &first));
    let said = fails(refused);
    assert!(
        said.contains("one.example: it answers with status 422") && said.contains("0 of the 1 witnesses"),
        "{said}"
    );
}

fn an_auditor_wants_their_cosignatures(shop: &Shop, first: &Witness, second: &Witness) {
    record(shop, 1);
    let copy = export(shop, "copy");
    let (first, second) = (first.to_text(), second.to_text());
    let earlier = ["--earlier", "grown.note"];
    let both = ["--witness", &first, "--witness", &second];
    let good = ok(verify(shop, &copy, &[&earlier[..], &both].concat()));
    assert!(good.contains("; 2 witnesses cosigned one of the checkpoints"), "{good}");
    // Without the cosigned checkpoint nobody did
    let found = finding(&verify(shop, &copy, &both));
    assert!(found.starts_with("not_cosigned: the checkpoints: 0 of the 2 witnesses"), "{found}");
    // One that did not, and how many must have
    let third = Witness::new(NoteSigner::from_seed("four.example", &[4; 32]).unwrap().vkey().clone()).to_text();
    let three = [&earlier[..], &both, &["--witness", &third]].concat();
    let found = finding(&verify(shop, &copy, &three));
    assert!(found.starts_with("not_cosigned: the checkpoints: 2 of the 3 witnesses"), "{found}");
    ok(verify(shop, &copy, &[&three[..], &["--quorum", "2"]].concat()));
    // One witness twice is one
    let twice = [&earlier[..], &["--witness", &first, "--witness", &first, "--quorum", "2"]].concat();
    assert!(fails(verify(shop, &copy, &twice)).contains("1 to 1"));
    assert!(fails(verify(shop, &copy, &["--witness", &first, "--quorum", "0"])).contains("1 to 1"));
    // The copy's own checkpoint counts, too
    let own = fs::read_to_string(copy.join("checkpoint")).unwrap();
    let signer = NoteSigner::from_seed("four.example", &[4; 32]).unwrap();
    let text = Note::parse(&own).unwrap().text().to_owned();
    let line = nightsafe_core::log::cosign(&text, &signer, UnixTime::from_seconds(1_795_219_200));
    fs::write(copy.join("checkpoint"), own.clone() + &line).unwrap();
    ok(verify(shop, &copy, &["--witness", &third]));
    // A cosignature of another checkpoint, put under this one
    let grown = fs::read_to_string(shop.path("grown.note")).unwrap();
    let moved = grown.lines().find(|line| line.starts_with("— one.example ")).unwrap();
    fs::write(copy.join("checkpoint"), format!("{own}{moved}\n")).unwrap();
    let found = verify(shop, &copy, &["--witness", &first]);
    let text = String::from_utf8(found.stdout.clone()).unwrap();
    assert!(
        !found.status.success() && text.contains("bad_signature: checkpoint: the cosignature of one.example"),
        "{text}"
    );
}

/// The body of a mail, from quoted-printable.
fn decoded(mail: &str) -> String {
    let (head, body) =
        mail.replace("\r\n", "\n").split_once("\n\n").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    assert!(head.to_lowercase().contains("content-transfer-encoding: quoted-printable"), "{head}");
    let body = body.replace("=\n", "");
    let (mut bytes, mut rest) = (Vec::new(), body.as_bytes());
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte == b'=' {
            bytes.push(u8::from_str_radix(std::str::from_utf8(&rest[..2]).unwrap(), 16).unwrap());
            rest = &rest[2..];
        } else {
            bytes.push(*byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}
