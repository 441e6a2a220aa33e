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
        is_good(&unit);
        gives_little_away(&unit);
    }
}

/// Its user is made for the time that it runs, and it is run by its timer.
#[test]
fn the_monitors_unit_and_its_timer_are_good_and_give_little_away() {
    if !on_path("systemd-analyze") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(deploy("nightsafe-monitor.service")).unwrap();
    assert_eq!(text.matches("/usr/bin/nightsafe-monitor ").count(), 1);
    assert!(text.contains("\nDynamicUser=yes\n") && !text.contains("\nUser="));
    // What it remembers is where its user of the moment may write
    assert!(text.contains("\nStateDirectory=nightsafe-monitor\n"));
    assert!(text.contains(" --state /var/lib/nightsafe-monitor/"));
    let unit = folder.path().join("nightsafe-monitor.service");
    std::fs::write(&unit, text.replace("/usr/bin/nightsafe-monitor", "/bin/true")).unwrap();
    let timer = std::fs::read_to_string(deploy("nightsafe-monitor.timer")).unwrap();
    // That of its own name
    assert!(!timer.contains("\nUnit=") && timer.contains("\nWantedBy=timers.target\n"));
    let place = folder.path().join("nightsafe-monitor.timer");
    std::fs::write(&place, &timer).unwrap();
    is_good(&unit);
    gives_little_away(&unit);
    is_good(&place);
    // A time that is none would be passed over, and the timer would never come
    std::fs::write(&place, timer.replace("OnUnitActiveSec=5min", "OnUnitActiveSec=five")).unwrap();
    assert_eq!(about_us(&place).len(), 1);
}

fn is_good(unit: &Path) {
    let said = about_us(unit);
    assert!(said.is_empty(), "{said:#?}");
}

/// What systemd says of units of ours, this one and those that it names.
fn about_us(unit: &Path) -> Vec<String> {
    let said = run(Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(unit));
    said.lines().filter(|line| line.contains("nightsafe")).map(str::to_owned).collect()
}

/// Out of 100; anything above is an error.
fn gives_little_away(unit: &Path) {
    let mut security = Command::new("systemd-analyze");
    run(security.args(["security", "--offline=true", "--threshold=20", "--no-pager"]).arg(unit));
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
