//! `--check-config`, and starting with what is not good.

use std::os::unix::fs::PermissionsExt;
use std::process::Output;

use crate::program::{SiteOnDisk, check, program};

fn errors(output: &Output) -> String {
    assert!(!output.status.success(), "it was taken");
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_good_configuration_is_called_good_and_nothing_is_made() {
    let site = SiteOnDisk::new();
    let output = check(&site.write_configuration(&site.configuration("")));
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("the configuration is good"));
    assert!(!site.path("outbox.db").exists());
}

#[test]
fn what_is_wrong_is_said_and_where() {
    let site = SiteOnDisk::new();
    let good = site.configuration("");
    for (from, to, expected) in [
        ("[listen]\naddress", "[listen]\nadress", "unknown field `adress`"),
        ("database = \"sqlite:", "databse = \"sqlite:", "unknown field `databse`"),
        ("sqlite:/", "sqlite:", "write the path in full"),
        ("/anchor.txt", "/none.txt", "none.txt"),
        ("/anchor.txt", "/headers.json", "is no trust anchor"),
        ("/receipt.key", "/anchor.txt", "is open to other users"),
        ("/headers.json", "/none.json", "none.json"),
        (FIELDS, "fields_origin = \"http://shop.example/\"", "site.fields_origin"),
        ("[outbox]", "admin_origin = \"http://admin.example\"\n[outbox]", "site.admin_origin"),
        ("[outbox]", "roster = \"/srv/roster\"\n[outbox]", "site.roster and site.roster_seen belong together"),
        ("database = \"", "password = \"hunter2\"\ndatabase = \"", "credential:NAME"),
    ] {
        assert!(good.contains(from), "{from}");
        let text = errors(&check(&site.write_configuration(&good.replacen(from, to, 1))));
        assert!(text.starts_with("error: ") && text.contains(expected), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
}

const FIELDS: &str = "fields_origin = \"http://localhost:4802\"";

#[test]
fn a_key_that_others_may_read_is_refused_also_at_start() {
    let site = SiteOnDisk::new();
    let configuration = site.write_configuration(&site.configuration(""));
    std::fs::set_permissions(site.path("timestamp.key"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let text = errors(&program(&configuration).output().unwrap());
    assert!(text.contains("site.timestamp_key") && text.contains("is open to other users"), "{text}");
}

#[test]
fn keys_come_as_credentials_too() {
    let site = SiteOnDisk::new();
    let folder = site.folder.path().display().to_string();
    let text = site.configuration("").replace(&format!("{folder}/receipt.key"), "credential:receipt.key");
    let configuration = site.write_configuration(&text);
    assert!(errors(&check(&configuration)).contains("LoadCredential=receipt.key:"));
    let output = program(&configuration).arg("--check-config").env("CREDENTIALS_DIRECTORY", &folder).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}
