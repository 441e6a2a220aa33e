//! What watches the monitor, in deploy/, is true: names of numbers, and what the real programs make of it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "helpers of tests fail the test"
)]

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value as Json;

const API: &str = include_str!("../../../docs/API.md");
const GOLDEN: &str = include_str!("golden/good.openmetrics");

fn deploy(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(name)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(deploy(name)).unwrap()
}

/// `cargo xtask test --long` installs them.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    let found = folders.map(|folder| folder.join(name)).find(|file| file.is_file());
    if found.is_none() {
        println!("LEFT OUT: {name} is not installed");
    }
    found
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {text}");
    text
}

/// Every name of a number in a text.
fn names(text: &str) -> BTreeSet<&str> {
    let is_name = |byte: char| byte.is_ascii_alphanumeric() || byte == '_';
    text.split(|byte| !is_name(byte)).filter(|word| word.starts_with("nightsafe_")).collect()
}

#[test]
fn rules_and_dashboard_name_numbers_that_there_are() {
    let (rules, dashboard) = (read("prometheus-nightsafe.yml"), read("grafana-nightsafe.json"));
    for name in names(&rules).into_iter().chain(names(&dashboard)) {
        // The parts of a histogram are not listed
        let plain = name.strip_suffix("_bucket").unwrap_or(name);
        assert!(names(API).contains(plain) || names(GOLDEN).contains(plain), "{name}");
    }
    let alarms = rules.matches("- alert: ").count();
    assert!(alarms > 10);
    for word in ["severity: ", "summary: ", "description: "] {
        assert_eq!(rules.matches(word).count(), alarms, "{word}");
    }
}

#[test]
fn the_dashboard_has_places_for_all_that_it_shows() {
    let dashboard: Json = serde_json::from_str(&read("grafana-nightsafe.json")).unwrap();
    let mut cells = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        assert!(ids.insert(panel["id"].as_u64().unwrap()));
        assert!(!panel["title"].as_str().unwrap().is_empty() && !panel["targets"].as_array().unwrap().is_empty());
        let [x, y, w, h] = ["x", "y", "w", "h"].map(|side| panel["gridPos"][side].as_u64().unwrap());
        assert!(x + w <= 24);
        for cell in (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))) {
            assert!(cells.insert(cell), "{} lies upon another", panel["title"]);
        }
    }
}

#[test]
fn prometheus_takes_the_rules_and_alarms_when_it_should() {
    let Some(promtool) = program("promtool") else { return };
    run(Command::new(&promtool).args(["check", "rules"]).arg(deploy("prometheus-nightsafe.yml")));
    run(Command::new(&promtool).args(["test", "rules", "prometheus-nightsafe.test.yml"]).current_dir(deploy("")));
}

/// With the definitions that every installation has: a host, a template of services.
#[test]
fn nagios_takes_its_definitions() {
    let Some(nagios) = program("nagios4") else { return };
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "around.cfg",
        "define timeperiod {\n timeperiod_name always\n alias always\n monday 00:00-24:00\n}\n\
         define command {\n command_name quiet\n command_line /bin/true\n}\n\
         define contact {\n contact_name desk\n host_notifications_enabled 1\n service_notifications_enabled 1\n \
         host_notification_period always\n service_notification_period always\n host_notification_options d\n \
         service_notification_options w,u,c,r\n host_notification_commands quiet\n service_notification_commands quiet\n}\n\
         define host {\n host_name shop\n address 127.0.0.1\n max_check_attempts 1\n check_period always\n \
         notification_period always\n contacts desk\n notification_interval 0\n}\n\
         define service {\n name generic-service\n register 0\n check_period always\n notification_period always\n \
         contacts desk\n notification_interval 0\n}\n",
    );
    let place = folder.path().display();
    // It takes on a user of its own when root starts it, who cannot write here
    let own = std::fs::metadata(folder.path()).unwrap();
    let (user, group) = (own.uid(), own.gid());
    let main = format!(
        "nagios_user={user}\nnagios_group={group}\ncfg_file={place}/around.cfg\ncfg_file={}\nlog_file={place}/log\nobject_cache_file={place}/cache\n\
         status_file={place}/status\ntemp_path={place}\ncheck_result_path={place}\ncommand_file={place}/command\n\
         lock_file={place}/lock\nstate_retention_file={place}/retention\n",
        deploy("nagios-nightsafe.cfg").display()
    );
    write("nagios.cfg", &main);
    run(Command::new(nagios).arg("--verify-config").arg(folder.path().join("nagios.cfg")));
}

/// With a host that the rule is for; the library of Icinga itself has nothing that the sample needs to be told.
#[test]
fn icinga_takes_its_definitions() {
    let Some(icinga) = program("icinga2") else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let around = |more: &str| {
        let host = format!("object Host \"shop\" {{\n check_command = \"dummy\"\n {more}\n}}\n");
        let sample = deploy("icinga-nightsafe.conf").display().to_string();
        let text = format!(
            "const PluginDir = \"{}\"\nconst NodeName = \"watcher\"\ninclude <itl>\n{host}include \"{sample}\"\n",
            path("plugins")
        );
        std::fs::write(path("icinga2.conf"), text).unwrap();
    };
    // It would take on a user of its own
    let us = |which: &str| run(Command::new("id").arg(which)).trim().to_owned();
    let who = [("RunAsUser", us("-un")), ("RunAsGroup", us("-gn"))];
    let folders = ["Data", "Log", "Cache", "InitRun", "Spool"].map(|name| (name, path(name)));
    folders.iter().for_each(|(_, path)| std::fs::create_dir(path).unwrap());
    let says = || {
        let mut check = Command::new(&icinga);
        check.args(["daemon", "--validate", "--config", &path("icinga2.conf")]);
        check.args(who.iter().flat_map(|(name, value)| ["--define".to_owned(), format!("{name}={value}")]));
        check.args(folders.iter().flat_map(|(name, path)| ["--define".to_owned(), format!("{name}Dir={path}")]));
        run(&mut check)
    };
    around("vars.nightsafe = true");
    let said = says();
    assert!(said.contains("Instantiated 1 Service.") && !said.contains("warning/"), "{said}");
    around("vars.nightsafe = false");
    assert!(says().contains("'checkout-as-signed'"), "it is for hosts that say so, and for no others");
}
