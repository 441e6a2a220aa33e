//! The program: exit statuses, the pinned anchor, what it remembers.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::rig::{ELEMENT, Rig};
use crate::serving::Answer;

struct Program {
    folder: tempfile::TempDir,
    rig: Rig,
}

impl Program {
    fn new() -> Self {
        let program = Self { folder: tempfile::tempdir().unwrap(), rig: rig_of_today() };
        std::fs::write(program.anchor(), program.rig.anchor.encode()).unwrap();
        program
    }

    fn anchor(&self) -> PathBuf {
        self.folder.path().join("anchor.txt")
    }

    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let fields = self.rig.release.fields.origin.to_string();
        let state = self.folder.path().join("state.db");
        run(Command::new(env!("CARGO_BIN_EXE_nightsafe-monitor"))
            .args(["check", &fields, &self.rig.shop(), "--timeout", "20", "--state"])
            .arg(&state)
            .args(arguments))
    }
}

/// The program looks at the clock.
pub(crate) fn rig_of_today() -> Rig {
    let mut rig = Rig::new();
    rig.release.created = time_now().minus(3600);
    rig.release.expires = time_now().plus_days(395);
    rig.manifest.not_before = time_now().minus(3600);
    rig.manifest.not_after = time_now().plus_days(390);
    rig.until = time_now().plus_days(1);
    rig.publish();
    rig.put_page();
    rig
}

fn time_now() -> nightsafe_core::time::UnixTime {
    use nightsafe_serve::clock::{Clock, SystemClock};
    SystemClock.now()
}

fn run(command: &mut Command) -> (i32, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code().unwrap(), String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap())
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn an_anchor_is_given_once_and_other_keys_are_refused() {
    let program = Program::new();
    let (status, said) = program.run(&[]);
    assert!(status == 3 && said.contains("no trust anchor is known"), "{said}");
    let anchor = program.anchor();
    let (status, said) = program.run(&["--anchor", path(&anchor)]);
    assert!(status == 0 && said.starts_with("OK") && said.contains("all is as it was signed"), "{said}");
    let (status, said) = program.run(&["--format", "nagios"]);
    assert!(status == 0 && said.starts_with("NIGHTSAFE OK - demo.nightsafe.example release"), "{said}");

    let mut other = program.rig.anchor.clone();
    other.site_keys.truncate(1);
    other.threshold = 1;
    let other_file = program.folder.path().join("other.txt");
    std::fs::write(&other_file, other.encode()).unwrap();
    let (status, said) = program.run(&["--anchor", path(&other_file)]);
    assert!(status == 3 && said.contains("other site keys"), "{said}");
    assert_eq!(program.run(&["--anchor", path(&other_file), "--replace-anchor"]).0, 0);
    // The loader's names and the floor may change with every release
    let mut later = other.clone();
    later.sequence_floor = 5;
    std::fs::write(&other_file, later.encode()).unwrap();
    assert_eq!(program.run(&["--anchor", path(&other_file)]).0, 0);
}

#[test]
fn trust_on_first_use_is_only_for_who_asks_and_is_said_loudly() {
    let program = Program::new();
    let (status, said) = program.run(&["--trust-first"]);
    assert!(status == 0 && said.starts_with("WARNING: the trust anchor was taken from"), "{said}");
    // Once: then it is pinned
    let (status, said) = program.run(&["--trust-first"]);
    assert!(status == 0 && said.starts_with("OK"), "{said}");
}

#[test]
fn exit_statuses_are_those_of_nagios() {
    let mut program = Program::new();
    let anchor = program.anchor();
    assert_eq!(program.run(&["--anchor", path(&anchor)]).0, 0);
    program.rig.release.sequence = 4;
    program.rig.publish();
    let tag = program.rig.tag();
    program.rig.put(crate::serving::Part::Shop, crate::rig::CHECKOUT, Answer::new([], tag));
    let (status, said) = program.run(&[]);
    assert!(status == 1 && said.contains("SIGNED-NEW"), "{said}");
    assert_eq!(program.run(&[]).0, 0);
    program.rig.twist(|asked, answer| {
        if asked.path == ELEMENT {
            answer.body.push(b' ');
        }
    });
    let (status, said) = program.run(&[]);
    assert!(status == 2 && said.starts_with("CRITICAL") && said.contains(ELEMENT), "{said}");
    program.rig.twist(|_, answer| answer.way = crate::serving::Way::Gone);
    let (status, said) = program.run(&["--format", "nagios"]);
    assert!(status == 3 && said.starts_with("NIGHTSAFE UNKNOWN"), "{said}");
    // A wrong command line is no alarm about the site
    let (status, said) = program.run(&["--unheard-of"]);
    assert_eq!(status, 3, "{said}");
    assert_eq!(run(Command::new(env!("CARGO_BIN_EXE_nightsafe-monitor")).arg("--help")).0, 0);
}

#[test]
fn an_inventory_is_begun_from_a_page() {
    let program = Program::new();
    let page = program.rig.tag() + "<script src=/count.js></script>";
    program.rig.put(crate::serving::Part::Shop, crate::rig::CHECKOUT, Answer::new([], page));
    let mut command = Command::new(env!("CARGO_BIN_EXE_nightsafe-monitor"));
    let (status, said) = run(command.args(["inventory", &program.rig.shop()]));
    assert!(status == 0 && said.contains("/count.js\"") && !said.contains("element-"), "{said}");
    let file = program.folder.path().join("inventory.toml");
    std::fs::write(&file, said.replace("\"\"", "\"x\"")).unwrap();
    let anchor = program.anchor();
    assert_eq!(program.run(&["--anchor", path(&anchor)]).0, 2);
    assert_eq!(program.run(&["--inventory", path(&file)]).0, 0);
}

#[test]
fn checkpoints_are_handed_on_and_compared_and_a_witness_gets_its_key() {
    let program = Program::new();
    let state = program.folder.path().join("state.db");
    let on = |name: &str, more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nightsafe-monitor"));
        run(command.arg(name).args(more).arg("--state").arg(&state))
    };
    let (status, said) = on("checkpoint", &[]);
    assert!(status == 3 && said.contains("run `nightsafe-monitor check` first"), "{said}");
    let anchor = program.anchor();
    assert_eq!(program.run(&["--anchor", path(&anchor)]).0, 0);
    let (status, ours) = on("checkpoint", &[]);
    assert!(status == 0 && ours.starts_with("demo.nightsafe.example/release-log\n3\n"), "{ours}");
    let file = program.folder.path().join("theirs");
    std::fs::write(&file, &ours).unwrap();
    let (status, said) = on("compare", &[path(&file)]);
    assert!(status == 0 && said.starts_with("OK  both have seen the same log"), "{said}");
    // From an address, and another history
    let (status, said) = on("compare", &[&program.rig.release.fields.url("/log/checkpoint")]);
    assert_eq!(status, 0, "{said}");
    let other = crate::rig::Log { entries: std::sync::Arc::default(), ..program.rig.log.clone() };
    (0..3).for_each(|number| other.entries.lock().unwrap().push(vec![number]));
    let theirs = String::from_utf8(other.files().last().unwrap().1.clone()).unwrap();
    std::fs::write(&file, &theirs).unwrap();
    let (status, said) = on("compare", &[path(&file)]);
    assert!(status == 2 && said.contains("SPLIT-VIEW") && said.contains(&ours) && said.contains(&theirs), "{said}");
    // A log of another key: once it is said so, it is taken
    let (status, said) = program.run(&["--replace-log"]);
    assert_eq!(status, 0, "{said}");

    let key = program.folder.path().join("witness.key");
    let mut command = Command::new(env!("CARGO_BIN_EXE_nightsafe-monitor"));
    let (status, said) = run(command.arg("witness-key").arg(&key).args(["--name", "witness.example"]));
    assert_eq!(status, 0, "{said}");
    let witness = nightsafe_core::log::Witness::parse(said.trim_end()).unwrap();
    assert_eq!(witness.name(), "witness.example");
    let (status, said) = program.run(&["--witness", &witness.to_text()]);
    assert!(status == 3 && said.contains("cosigned by 0 witnesses, and 1 are asked for"), "{said}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_nightsafe-monitor"));
    assert_eq!(run(command.arg("witness-key").arg(&key).args(["--name", "w"])).0, 3, "nothing is overwritten");
}
