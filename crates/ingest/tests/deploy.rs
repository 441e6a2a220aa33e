//! What is in deploy/ is true: samples of configurations, units, nginx.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "helpers of tests fail the test"
)]

#[path = "../../serve/tests/samples/mod.rs"]
mod samples;

use std::path::{Path, PathBuf};
use std::process::Command;

use nightsafe_ingest::config::Config;
use nightsafe_ingest::relay::config::RelayFile;

fn deploy(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(name)
}

fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap();
    let found = std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    if !found {
        println!("LEFT OUT: {program} is not installed");
    }
    found
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {text}");
    text
}

#[test]
fn the_sample_of_ingest_has_every_key() {
    let sections = ["", "site", "outbox", "listen", "listen.tls", "limits", "reports", "fields", "relay", "log"];
    samples::check::<Config>("ingest.toml", &sections);
}

#[test]
fn the_sample_of_the_relay_has_every_key() {
    samples::check::<RelayFile>("relay.toml", &["", "relay", "relay.listen", "relay.listen.tls", "log"]);
}

/// With another program in the place of ours, which need not be installed.
#[test]
fn the_units_are_good_and_give_little_away() {
    if !on_path("systemd-analyze") {
        return;
    }
    let users = std::fs::read_to_string(deploy("nightsafe.sysusers.conf")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for name in ["ingest", "relay", "vault"] {
        let text = std::fs::read_to_string(deploy(&format!("nightsafe-{name}.service"))).unwrap();
        assert_eq!(text.matches(&format!("/usr/bin/nightsafe-{name} ")).count(), 2);
        assert!(
            text.contains(&format!("\nUser=nightsafe-{name}\nGroup=nightsafe-{name}\n")),
            "{name} has no user of its own"
        );
        assert!(users.contains(&format!("\nu nightsafe-{name} - ")), "nobody makes the user of {name}");
        let unit = folder.path().join(format!("nightsafe-{name}.service"));
        let text = text.replace(&format!("/usr/bin/nightsafe-{name}"), "/bin/true");
        // The users need not be there either
        let lines = text.lines().map(|line| match line.split_once('=') {
            Some(("User", _)) => "User=daemon",
            Some(("Group", _)) => "Group=daemon",
            _ => line,
        });
        std::fs::write(&unit, lines.collect::<Vec<_>>().join("\n")).unwrap();
        let said = run(Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&unit));
        let about_us: Vec<&str> = said.lines().filter(|line| line.contains("nightsafe")).collect();
        assert!(about_us.is_empty(), "{about_us:#?}");
        let mut security = Command::new("systemd-analyze");
        // Out of 100; anything above is an error
        run(security.args(["security", "--offline=true", "--threshold=20", "--no-pager"]).arg(&unit));
    }
}

#[test]
fn nginx_takes_its_sample() {
    if !on_path("nginx") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let pair = rcgen::generate_simple_self_signed(vec!["ingest.shop.example".to_owned()]).unwrap();
    std::fs::write(path("cert.pem"), pair.cert.pem()).unwrap();
    std::fs::write(path("key.pem"), pair.signing_key.serialize_pem()).unwrap();
    let sample = std::fs::read_to_string(deploy("nginx.conf")).unwrap();
    let sample = sample
        .replace("/etc/nightsafe/tls/fullchain.pem", &path("cert.pem"))
        .replace("/etc/nightsafe/tls/privkey.pem", &path("key.pem"))
        .replace("/var/log/nginx/nightsafe.log", &path("access.log"))
        // Ports below 1024 are not everybody's
        .replace("443 ssl", "44300 ssl");
    std::fs::write(path("nightsafe.conf"), sample).unwrap();
    let whole = format!(
        "pid {};\nerror_log {};\nevents {{}}\nhttp {{\n include {};\n}}\n",
        path("pid"),
        path("error.log"),
        path("nightsafe.conf")
    );
    std::fs::write(path("nginx.conf"), whole).unwrap();
    let said = run(Command::new("nginx").arg("-t").arg("-c").arg(path("nginx.conf")));
    assert!(!said.contains("[warn]") || !said.contains("nightsafe.conf"), "{said}");
}

#[test]
fn caddy_takes_its_sample() {
    if !on_path("caddy") {
        return;
    }
    run(Command::new("caddy").args(["validate", "--adapter", "caddyfile", "--config"]).arg(deploy("Caddyfile")));
}
