//! Reports, word for word, and whether the programs that read them would.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use clap::ValueEnum;
use nightsafe_monitor::check::{Outcome, Told, check};
use nightsafe_monitor::report::{Format, Report};
use nightsafe_monitor::verdict::{Finding, Verdict};

use crate::rig::{Rig, now};

/// Something of everything, with what is awkward in each form.
async fn report(is_good: bool) -> Report {
    let rig = Rig::new();
    let job = rig.job();
    let honest = check(job.clone()).await;
    let told = |finding, only: &[&'static str]| Told { finding, only: only.to_vec() };
    let findings = vec![
        told(
            Finding::new(Verdict::ForeignWasm, "wasm_hash_mismatch", "https://fields.example/a.wasm", "is another"),
            &[],
        ),
        told(
            Finding::new(
                Verdict::ForeignScript,
                "script_not_listed",
                "https://shop.example/?a=1&b=<\"|\u{1}\n>",
                "loads & runs",
            ),
            &["phone", "again"],
        ),
        told(
            Finding::new(Verdict::Unreachable, "unreachable", "https://ingest.example/v1/timestamp", "no answer"),
            &[],
        ),
        told(
            Finding::new(Verdict::SignedNew, "new_release", "demo.nightsafe.example", "number 3, after number 2"),
            &[],
        ),
    ];
    let findings = if is_good { Vec::new() } else { findings };
    Report {
        site: "demo.nightsafe.example".into(),
        at: now(),
        took: Duration::from_millis(1234),
        targets: vec!["https://fields.example".into(), "https://shop.example/checkout".into()],
        local: None,
        first_seen: now().minus(86_400 * 9),
        last_ok: is_good.then(now),
        warning: (!is_good).then(|| "the anchor came from the site".into()),
        outcome: Outcome { findings, ..honest },
    }
}

/// Without what each run makes anew.
fn steady(text: &str, report: &Report) -> String {
    let hash = |of: Option<String>| of.unwrap_or_default();
    let release = hash(report.outcome.release.as_ref().map(|one| one.hash().to_hex()));
    let manifest = hash(report.outcome.manifest.as_ref().map(|one| one.hash().to_hex()));
    text.replace(&release, "RELEASE-HASH").replace(&manifest, "MANIFEST-HASH")
}

#[tokio::test]
async fn each_form_is_as_it_was() {
    for (name, is_good) in [("good", true), ("bad", false)] {
        let report = report(is_good).await;
        for format in Format::value_variants() {
            let text = steady(&report.write(*format), &report);
            let file = format!("{name}.{}", format.to_possible_value().unwrap().get_name());
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(&file);
            if std::env::var_os("NIGHTSAFE_BLESS").is_some() {
                std::fs::write(&path, &text).unwrap();
            }
            assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), text, "{file}");
        }
    }
}

#[tokio::test]
async fn nagios_gets_one_line_and_numbers_that_it_can_read() {
    for is_good in [true, false] {
        let text = report(is_good).await.write(Format::Nagios);
        assert_eq!(text.matches('\n').count(), 1);
        let (said, data) = text.trim_end().split_once(" | ").unwrap();
        assert!(said.starts_with(if is_good { "NIGHTSAFE OK - " } else { "NIGHTSAFE CRITICAL - " }), "{said}");
        assert!(!data.contains('|'));
        for one in data.split(' ') {
            let (label, values) = one.split_once('=').unwrap();
            let label = label.strip_prefix('\'').and_then(|label| label.strip_suffix('\'')).unwrap();
            assert!(label.len() <= 19 && !label.contains('\''), "{label}");
            let value = values.split(';').next().unwrap().trim_end_matches('s');
            assert!(value.parse::<f64>().is_ok(), "{one}");
            assert!(values.split(';').count() <= 5, "{one}");
        }
    }
}

#[tokio::test]
async fn junit_is_xml_with_counts_that_are_right() {
    let text = report(false).await.write(Format::Junit);
    let xml = roxmltree::Document::parse(&text).unwrap();
    let count = |name| xml.descendants().filter(|node| node.has_tag_name(name)).count().to_string();
    let suite = xml.descendants().find(|node| node.has_tag_name("testsuite")).unwrap();
    for (attribute, element) in [("tests", "testcase"), ("failures", "failure"), ("errors", "error")] {
        assert_eq!(suite.attribute(attribute), Some(count(element).as_str()), "{attribute}");
    }
    assert_eq!((count("failure"), count("error")), ("2".into(), "1".into()));
    let good = report(true).await.write(Format::Junit);
    let xml = roxmltree::Document::parse(&good).unwrap();
    assert_eq!(xml.descendants().filter(|node| node.has_tag_name("testcase")).count(), 1);
}

#[tokio::test]
async fn json_is_one_object_on_one_line() {
    let text = report(false).await.write(Format::Json);
    assert_eq!(text.matches('\n').count(), 1);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["status"], "CRITICAL");
    assert_eq!(json["findings"][1]["only"], serde_json::json!(["phone", "again"]));
    assert_eq!(json["release"]["sequence"], 3);
}

/// OpenMetrics 1.0: families in one piece, each sample under its type, units at the ends of names, an end.
#[tokio::test]
async fn openmetrics_has_the_form_that_prometheus_reads() {
    for is_good in [true, false] {
        let text = report(is_good).await.write(Format::Openmetrics);
        let body = text.strip_suffix("# EOF\n").unwrap();
        let (mut families, mut family, mut kind) = (BTreeSet::new(), String::new(), String::new());
        for line in body.lines() {
            if let Some(rest) = line.strip_prefix("# ") {
                let (word, rest) = rest.split_once(' ').unwrap();
                let (name, value) = rest.split_once(' ').unwrap();
                match word {
                    "TYPE" => {
                        assert!(families.insert(name.to_owned()), "{name} is there twice");
                        (family, kind) = (name.to_owned(), value.to_owned());
                    }
                    "UNIT" => assert!(name == family && name.ends_with(&format!("_{value}")), "{line}"),
                    "HELP" => assert_eq!(name, family),
                    _ => panic!("{line}"),
                }
                continue;
            }
            let (name, rest) = line.split_once('{').unwrap();
            let wanted = if kind == "info" { format!("{family}_info") } else { family.clone() };
            assert_eq!(name, wanted);
            let (labels, value) = rest.rsplit_once("} ").unwrap();
            assert!(value.parse::<f64>().is_ok(), "{line}");
            for label in labels.split("\",") {
                let (name, value) = label.split_once("=\"").unwrap();
                assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()), "{line}");
                assert!(!value.trim_end_matches('"').contains('"'), "{line}");
            }
        }
        assert!(families.len() >= 8, "{text}");
        let value = |name: &str| {
            body.lines().find(|line| line.starts_with(&format!("{name}{{"))).unwrap().rsplit(' ').next().unwrap()
        };
        assert_eq!(value("nightsafe_monitor_ok"), if is_good { "1" } else { "0" });
    }
}
