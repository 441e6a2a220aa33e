//! `docs/API.md` lists whatever Prometheus is told.

use std::collections::BTreeSet;

use crate::{Place, Running};

const DOCUMENT: &str = include_str!("../../../../docs/API.md");

#[test]
fn every_name_is_documented_and_metrics_are_nowhere_else() {
    let place = Place::new();
    let running = Running::start(place.program(&place.configuration(&place.direct())));
    // What is only there once it has happened
    assert!(Running::get(&running.vault, "/v1/custody").starts_with("HTTP/1.1 403"));
    let text = Running::get(&running.metrics, "/metrics");
    assert!(text.contains("nightsafe_http_problems_total{listener=\"vault\""), "{text}");
    let names: BTreeSet<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    assert!(names.len() > 20, "{text}");
    for name in names {
        let listed = ["", "_total", "_info"].map(|suffix| format!("`{name}{suffix}"));
        assert!(listed.iter().any(|name| DOCUMENT.contains(name)), "{name} is not in docs/API.md");
    }
    assert!(Running::get(&running.vault, "/metrics").starts_with("HTTP/1.1 404"));
    assert!(Running::get(&running.metrics, "/v1/custody").starts_with("HTTP/1.1 404"));
    running.stop();
}
