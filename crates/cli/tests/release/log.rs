//! Each release is in the log before it is served.

use std::fs;
use std::net::TcpListener;

use crate::common::monitor::{look, told};
use crate::common::{Shop, fails, fingerprint, ok, run};
use crate::{build, common, proposal, publish, served, sign, sign_and_publish, signed, verify_server, verify_site};

/// What is served of the release log.
fn logged(shop: &Shop) -> Vec<String> {
    common::logged(&shop.data().join("site/fields/log"))
}

#[test]
fn what_is_signed_is_in_the_release_log_with_its_proof() {
    let shop = signed();
    assert_eq!(logged(&shop), ["manifest 1", "roster 0", "release 1"]);
    for site in ["fields", "admin"] {
        let proof = shop.data().join(format!("site/{site}/site-release.tlog-proof"));
        let text = fs::read_to_string(&proof).unwrap();
        for wrong in [text.replace("index 2", "index 1"), String::new()] {
            fs::write(&proof, wrong).unwrap();
            let (status, found, _) = verify_site(&shop);
            assert!(status == 2 && found.starts_with("invalid_transparency_proof"), "{found}");
        }
        fs::write(&proof, text).unwrap();
        assert_eq!(verify_site(&shop).0, 0);
    }
    // Nothing new
    let before = fingerprint(&shop.data());
    let key = ok(run(shop.command(&["site", "log"]), ""));
    assert_eq!((key.starts_with("demo.nightsafe.example/release-log+"), fingerprint(&shop.data())), (true, before));
    assert_eq!(served(&shop).log.unwrap().to_text(), key.trim_end());
    // The log stays when releases come and go, and grows with each
    build(&shop, "two");
    sign_and_publish(&shop, 2);
    assert_eq!(logged(&shop), ["manifest 1", "roster 0", "release 1", "release 2"]);
    // A site of before there was a log: all of its history comes into it
    for gone in ["release-log", "site/fields/log", "keys/release-log.key"] {
        let path = shop.data().join(gone);
        if path.is_dir() { fs::remove_dir_all(path).unwrap() } else { fs::remove_file(path).unwrap() }
    }
    build(&shop, "three");
    sign_and_publish(&shop, 3);
    assert_eq!(logged(&shop), ["manifest 1", "roster 0", "release 1", "release 2", "release 3"]);
    let up = shop.up();
    assert_eq!(verify_server(&shop, &up, "fields", &[]).0, 0);
    let outcome = look(&shop, up.address("fields"), up.address("admin"), up.address("ingest"));
    assert_eq!(told(&outcome), Vec::<String>::new());
    assert_eq!(outcome.log.unwrap().entries.len(), 5);
}

#[test]
fn a_release_waits_for_its_witnesses() {
    use nightsafe_core::note::{Note, NoteSigner, Vkey};
    use nightsafe_monitor::witness::{Witness, router};
    use nightsafe_serve::clock::SystemClock;
    use nightsafe_store::monitor::MonitorStore;

    let shop = signed();
    let key = Vkey::parse(ok(run(shop.command(&["site", "log"]), "")).trim_end()).unwrap();
    let signer = || NoteSigner::from_seed("witness.example", &[7; 32]).unwrap();
    let cosigner = nightsafe_core::log::Witness::new(signer().vkey().clone());
    let (listener, database) = (TcpListener::bind("127.0.0.1:0").unwrap(), shop.path("witness.db"));
    let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let section =
        format!("\n[release_log]\ncosigned = 1\n[[release_log.witness]]\nkey = \"{cosigner}\"\nurl = \"{url}\"\n");
    let config = shop.data().join("nightsafe.toml");
    fs::write(&config, fs::read_to_string(&config).unwrap() + &section).unwrap();
    // It is not there yet
    drop(listener);
    build(&shop, "two");
    for key in [1, 2] {
        ok(sign(&shop, &proposal(&shop, 2), key, &["--yes"]));
    }
    let said = fails(publish(&shop, &[&proposal(&shop, 2)]));
    assert!(said.contains("0 of the 1 witnesses"), "{said}");
    assert_eq!((served(&shop).sequence, verify_site(&shop).0), (1, 0));
    assert_eq!(logged(&shop).last().unwrap(), "release 2", "it was signed, and anybody can see that");

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let address = url.replace("http://localhost", "127.0.0.1");
    runtime.spawn(async move {
        let store = MonitorStore::open(&database).await.unwrap();
        let witness = Witness::new(signer(), &[key], store, std::sync::Arc::new(SystemClock));
        let listener = tokio::net::TcpListener::bind(address).await.unwrap();
        axum::serve(listener, router(std::sync::Arc::new(witness))).await.unwrap();
    });
    // The first try may come before it listens
    let published = (0..20).any(|_| publish(&shop, &[&proposal(&shop, 2)]).status.success());
    assert!(published && served(&shop).sequence == 2);
    let cosigned = |path: &str| {
        let text = fs::read_to_string(shop.data().join(path)).unwrap();
        let note = text[text.find("demo.nightsafe.example/release-log\n").unwrap()..].to_owned();
        cosigner.verify(&Note::parse(&note).unwrap()).unwrap().is_some()
    };
    assert!(cosigned("site/fields/log/checkpoint") && cosigned("site/fields/site-release.tlog-proof"));
    assert_eq!(verify_site(&shop).0, 0);
    // The next continues what the witness has seen, and needs no more than one question more
    build(&shop, "three");
    sign_and_publish(&shop, 3);
    assert!(cosigned("site/fields/log/checkpoint"));
}
