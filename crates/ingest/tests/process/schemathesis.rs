//! Schemathesis reads the OpenAPI document that the program serves and tries whatever it says, and what it does not.
//! `cargo xtask test` installs the tool and says where it is.

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

#[test]
fn no_answer_is_undocumented_and_none_is_a_fault() {
    let Some(tool) = std::env::var_os(TOOL) else {
        println!("LEFT OUT: {TOOL} does not say where schemathesis is; cargo xtask test installs it");
        return;
    };
    let site = SiteOnDisk::new();
    let running = site.start(WITHOUT_RATES);
    let examples = if std::env::var_os("NIGHTSAFE_LONG").is_some() { "2000" } else { "150" };
    let output = Command::new(tool)
        .arg("run")
        .arg(running.url("ingest", "/v1/openapi.json"))
        // A deposit's id is the hash of its other members, which no schema can say: hardly anything generated is a deposit
        .args([
            "--checks",
            "all",
            "--exclude-checks",
            "positive_data_acceptance",
            "--seed",
            "1",
            "--max-examples",
            examples,
            "--no-color",
        ])
        .current_dir(site.folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    println!("{}", text.split("SUMMARY").last().unwrap_or_default());
    let log = running.log();
    let answered = log.iter().filter(|line| line.contains("\"message\":\"answered\"")).count();
    assert!(answered > 100, "{answered} requests: {text}");
    let faults: Vec<_> = log.iter().filter(|line| line.contains("\"status\":5") || line.contains("ERROR")).collect();
    assert!(faults.is_empty(), "{faults:#?}");
}
