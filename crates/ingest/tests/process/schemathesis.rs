//! Schemathesis reads an OpenAPI document and tries whatever it says, and what it does not. `cargo xtask test` installs the
//! tool and says where it is.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use crate::program::SiteOnDisk;

/// Path of the program `schemathesis`.
const TOOL: &str = "NIGHTSAFE_SCHEMATHESIS";

const WITHOUT_RATES: &str = "
[limits]
client = { per_second = 0, burst = 1 }
all = { per_second = 0, burst = 1 }

[reports]
client = { per_second = 0, burst = 1 }
all = { per_second = 0, burst = 1 }
";

/// Where it is; `None`, and a loud line, where nobody says.
pub(crate) fn tool() -> Option<OsString> {
    let tool = std::env::var_os(TOOL);
    if tool.is_none() {
        println!("LEFT OUT: {TOOL} does not say where schemathesis is; cargo xtask test installs it");
    }
    tool
}

/// Runs it on what the arguments name; returns what it told.
pub(crate) fn run(folder: &Path, arguments: &[&str], examples: &str) -> String {
    let mut command = Command::new(tool().unwrap());
    command.current_dir(folder).arg("run").args(arguments);
    command.args(["--checks", "all", "--seed", "1", "--max-examples", examples, "--no-color"]);
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    println!("{}", text.split("SUMMARY").last().unwrap_or_default());
    text
}

#[test]
fn no_answer_is_undocumented_and_none_is_a_fault() {
    if tool().is_none() {
        return;
    }
    let site = SiteOnDisk::new();
    let running = site.start(WITHOUT_RATES);
    let examples = if std::env::var_os("NIGHTSAFE_LONG").is_some() { "2000" } else { "150" };
    let url = running.url("ingest", "/v1/openapi.json");
    // A deposit's id is the hash of its other members, which no schema can say: hardly anything generated is a deposit
    let text = run(site.folder.path(), &[&url, "--exclude-checks", "positive_data_acceptance"], examples);
    let log = running.log();
    let answered = log.iter().filter(|line| line.contains("\"message\":\"answered\"")).count();
    assert!(answered > 100, "{answered} requests: {text}");
    let faults: Vec<_> = log.iter().filter(|line| line.contains("\"status\":5") || line.contains("ERROR")).collect();
    assert!(faults.is_empty(), "{faults:#?}");
}
