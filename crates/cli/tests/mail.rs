//! Mail of what is due: `nightsafe mail test`, and `nightsafe up` as time goes on.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, reason = "a failing test may panic")]

mod common;
#[path = "../../vault/tests/smtp/mod.rs"]
mod smtp;

use std::fs;

use common::{Shop, fails, ok};
use smtp::Smtp;

/// As an operator would write it.
fn with_mail(shop: &Shop, smtp: &Smtp) {
    let path = shop.data().join("nightsafe.toml");
    let section = format!(
        "\n[mail]\nserver = \"localhost\"\nport = {}\nsecurity = \"none\"\nfrom = \"nightsafe@shop.example\"\n\
         to = [\"office@shop.example\"]\n",
        smtp.port
    );
    fs::write(&path, fs::read_to_string(&path).unwrap() + &section).unwrap();
}

#[test]
fn a_test_mail_arrives_and_without_a_section_there_is_none() {
    let (shop, smtp) = (Shop::made(), Smtp::start());
    assert!(fails(shop.run(&["mail", "test"])).contains("no section [mail]"));
    with_mail(&shop, &smtp);
    ok(shop.run(&["mail", "test"]));
    let mail = smtp.next();
    assert!(mail.text.contains("Subject: Nightsafe, demo.nightsafe.example: a test"), "{mail:?}");
    let path = shop.data().join("nightsafe.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("localhost\"\nport", "mail.shop.example\"\nport")).unwrap();
    assert!(fails(shop.run(&["mail", "test"])).contains("on this machine"));
}

#[test]
fn a_manifest_that_ends_soon_is_announced_once_also_over_restarts() {
    let (shop, smtp) = (Shop::built(), Smtp::start());
    with_mail(&shop, &smtp);
    ok(shop.sign(&[1, 2], &["--days", "20"]));
    let up = shop.up();
    let mail = smtp.next();
    assert!(mail.text.replace("=\n", "").contains("less than 30 days until the key manifest ends"), "{mail:?}");
    assert_eq!(up.stop("-TERM"), 0);
    let up = shop.up();
    // The next step, which is said by the same process that would have repeated the last one before
    assert_eq!(up.stop("-TERM"), 0);
    ok(shop.sign(&[1, 2], &["--days", "5"]));
    let up = shop.up();
    assert!(smtp.next().text.replace("=\n", "").contains("less than 7 days"), "the first mail came twice");
    assert_eq!(up.stop("-TERM"), 0);
}
