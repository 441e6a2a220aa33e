//! `docs/openapi/ingest.json` and `relay.json` are what the code says.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests fail the test")]

use std::path::Path;

use nightsafe_ingest::openapi::document;
use nightsafe_ingest::relay;
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::relay::{ACKNOWLEDGE_PATH, BATCH_PATH};
use serde_json::Value as Json;

/// Set to write the snapshot instead of comparing it.
const BLESS: &str = "NIGHTSAFE_BLESS";

#[test]
fn the_snapshots_are_what_the_code_says() {
    compare("ingest.json", &document());
    compare("relay.json", &relay::openapi::document());
}

fn compare(name: &str, document: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi").join(name);
    let document = format!("{document}\n");
    if std::env::var_os(BLESS).is_some() {
        std::fs::write(&path, &document).unwrap();
    }
    let snapshot = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(snapshot == document, "{name}: run with {BLESS}=1 and look at the difference");
}

#[test]
fn every_problem_of_a_deposit_is_there_with_its_status() {
    let document: Json = serde_json::from_str(&document()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    let answers = document["paths"]["/v1/deposits"]["post"]["responses"].as_object().unwrap();
    let mut listed = 0;
    for (status, answer) in answers.iter().filter(|(status, _)| *status != "201") {
        for slug in answer["x-problems"].as_array().unwrap() {
            let problem = ProblemType::ALL.iter().find(|problem| problem.slug() == slug).unwrap();
            assert_eq!(*status, problem.status().to_string());
            listed += 1;
        }
    }
    assert_eq!(listed, 28);
}

#[test]
fn the_relay_has_two_addresses_and_each_is_signed() {
    let document: Json = serde_json::from_str(&relay::openapi::document()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 2);
    for path in [BATCH_PATH, ACKNOWLEDGE_PATH] {
        let post = &paths[path]["post"];
        let fields: Vec<_> = post["parameters"].as_array().unwrap().iter().map(|field| &field["name"]).collect();
        assert_eq!(fields, ["Content-Digest", "Signature-Input", "Signature"]);
        assert_eq!(post["responses"]["401"]["x-problems"][0], "not-signed");
    }
}
