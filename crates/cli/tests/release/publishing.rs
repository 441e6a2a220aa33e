//! What a publish leaves, however it ends.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use crate::common::{Shop, fails, kill, ok, run};
use crate::{build, element, proposal, publish, served, sign, sign_and_publish, signed, verify_site};

#[test]
fn an_old_version_is_retired_by_a_release() {
    let shop = signed();
    let one = element(&shop);
    build(&shop, "two");
    sign_and_publish(&shop, 2);
    let two = element(&shop);
    let retire = |version: &str, more: &[&str]| {
        let mut command = shop.command(&["site", "retire"]);
        command.arg(version).args(more);
        run(command, "")
    };
    let refused = |version: &str, why: &str| {
        let said = fails(retire(version, &["--yes"]));
        assert!(said.contains(why), "{said}");
    };
    refused(&two, "the current version");
    refused(&one, "the version before");
    build(&shop, "three");
    sign_and_publish(&shop, 3);
    let record: serde_json::Value =
        serde_json::from_slice(&fs::read(shop.data().join("site/release.json")).unwrap()).unwrap();
    let name = record["earlier"][1]["version"].as_str().unwrap().to_owned();
    refused("none", &name);
    assert!(fails(retire(&name, &[])).contains("give --yes"));
    let log = shop.path("access.log");
    let line = format!("192.0.2.1 - - [01/Jan/2999:10:00:00 +0000] \"GET /{one} HTTP/1.1\" 200 12 \"-\" \"x\"\n");
    fs::write(&log, line).unwrap();
    let output = retire(&name, &["--yes", "--log", log.to_str().unwrap()]);
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("warning: requests for this version: 1, last on 2999-01-01")
    );
    let gone = ok(output);
    assert!(gone.lines().any(|line| line == one), "{gone}");
    assert!(shop.fields(&one).exists(), "not before it is signed");
    sign_and_publish(&shop, 4);
    assert!(!shop.fields(&one).exists() && shop.fields(&two).exists());
    assert_eq!(verify_site(&shop).0, 0);
}

#[test]
fn a_site_of_before_there_were_releases_becomes_one_in_one_step() {
    let shop = Shop::built();
    // As an earlier version left it
    let (site, release) = (shop.data().join("site"), shop.data().join("releases/1"));
    fs::remove_file(&site).unwrap();
    fs::rename(&release, &site).unwrap();
    for file in ["site-release.json", "anchor.txt"] {
        fs::remove_file(site.join(file)).unwrap();
    }
    fs::remove_dir_all(shop.data().join("releases")).unwrap();
    let old = element(&shop);
    build(&shop, "two");
    assert_eq!(fs::read_link(&site).unwrap(), Path::new("releases/1"));
    assert!(shop.fields(&old).exists() && shop.data().join("releases/0/fields").join(&old).exists());
    sign_and_publish(&shop, 1);
    assert_eq!(verify_site(&shop).0, 0);
    // What a killed run leaves behind is no hindrance
    symlink("releases/0", shop.data().join(".site.next")).unwrap();
    build(&shop, "three");
    sign_and_publish(&shop, 2);
    assert_eq!(verify_site(&shop).0, 0);
}

#[test]
fn publishing_may_be_killed_at_any_moment() {
    let shop = signed();
    let (mut killed, mut finished) = (0, 0);
    for step in 0..24_u64 {
        build(&shop, &format!("variant {step}"));
        let before = served(&shop).sequence;
        let file = proposal(&shop, before + 1);
        for number in [1, 2] {
            ok(sign(&shop, &file, number, &["--yes"]));
        }
        let mut command = shop.command(&["site", "publish"]);
        let mut child = command.arg(&file).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        pause(Duration::from_micros(step * 2500));
        kill(&child, "-KILL");
        if child.wait().unwrap().success() {
            finished += 1
        } else {
            killed += 1
        }
        let after = served(&shop).sequence;
        assert!(after == before || after == before + 1, "{before} {after}");
        let (status, found, said) = verify_site(&shop);
        assert_eq!(status, 0, "{found}{said}");
        ok(publish(&shop, &[&file]));
        assert_eq!((served(&shop).sequence, verify_site(&shop).0), (before + 1, 0));
    }
    assert!(killed > 0, "{finished} runs were faster than the knife");
}

#[expect(clippy::disallowed_methods, reason = "the moment at which a process is killed")]
fn pause(time: Duration) {
    std::thread::sleep(time);
}
