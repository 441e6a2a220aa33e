//! What Prometheus is told, and that `docs/API.md` lists it.

use std::collections::BTreeSet;

use crate::program::{Running, SiteOnDisk, post};

const DOCUMENT: &str = include_str!("../../../../docs/API.md");
const METRICS: &str = "[metrics]\naddress = \"127.0.0.1:0\"";

pub(crate) async fn scrape(running: &Running) -> String {
    let answer = reqwest::get(running.url("metrics", "/metrics")).await.unwrap();
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("application/openmetrics-text"));
    answer.text().await.unwrap()
}

/// The value of a series, named with its labels.
pub(crate) fn value(text: &str, series: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {series} in {text}")).parse().unwrap()
}

/// `docs/API.md` lists every name.
pub(crate) fn assert_all_documented(text: &str) {
    let names: BTreeSet<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    assert!(names.len() > 5, "{text}");
    for name in names {
        let listed = ["", "_total", "_info"].map(|suffix| format!("`{name}{suffix}"));
        assert!(listed.iter().any(|name| DOCUMENT.contains(name)), "{name} is not in docs/API.md");
    }
}

#[tokio::test]
async fn what_happened_is_counted() {
    let site = SiteOnDisk::new();
    let running = site.start(METRICS);
    let url = running.url("ingest", "/v1/deposits");
    let good = site.deposit("ORDER-1").to_json();
    for _ in 0..3 {
        assert_eq!(post(url.clone(), good.clone()).await.unwrap().status(), 201);
    }
    assert_eq!(post(url.clone(), "{}").await.unwrap().status(), 400);
    for path in ["/4242424242424242", "/healthz?card=4242424242424242"] {
        reqwest::get(running.url("ingest", path)).await.unwrap();
    }
    let odd = reqwest::Client::new().request(reqwest::Method::from_bytes(b"CARD4242").unwrap(), url);
    assert_eq!(odd.send().await.unwrap().status(), 405);

    let text = scrape(&running).await;
    for (series, expected) in [
        ("nightsafe_deposits_total{outcome=\"new\"}", 1.0),
        ("nightsafe_deposits_total{outcome=\"retried\"}", 2.0),
        ("nightsafe_deposits_total{outcome=\"not_stored\"}", 0.0),
        ("nightsafe_outbox_commit_seconds_count", 3.0),
        ("nightsafe_outbox_batch_deposits_sum", 3.0),
        ("nightsafe_outbox_waiting_bytes", 0.0),
        ("nightsafe_bodies_bytes", 0.0),
        ("nightsafe_http_connections{listener=\"metrics\"}", 1.0),
        ("nightsafe_timestamp_age_seconds", 0.0),
        (
            "nightsafe_http_requests_total{listener=\"ingest\",method=\"POST\",route=\"/v1/deposits\",status=\"201\"}",
            3.0,
        ),
        ("nightsafe_http_requests_total{listener=\"ingest\",method=\"GET\",route=\"(other)\",status=\"404\"}", 1.0),
        (
            "nightsafe_http_requests_total{listener=\"ingest\",method=\"(other)\",route=\"/v1/deposits\",status=\"405\"}",
            1.0,
        ),
        ("nightsafe_http_problems_total{listener=\"ingest\",route=\"/v1/deposits\",problem=\"malformed-json\"}", 1.0),
        ("nightsafe_http_request_seconds_count{listener=\"ingest\",route=\"/v1/deposits\"}", 5.0),
        ("nightsafe_data_keys_ahead", 1.0),
        ("nightsafe_roster_sequence", -1.0),
        ("nightsafe_roster_refused_total", 0.0),
        ("nightsafe_manifest_end_timestamp_seconds", site.manifest.not_after.seconds() as f64),
    ] {
        assert!((value(&text, series) - expected).abs() < 0.5, "{series}: {}", value(&text, series));
    }
    let (expires, age) =
        (value(&text, "nightsafe_manifest_expires_seconds"), value(&text, "nightsafe_data_key_age_seconds"));
    assert!(expires > 299.0 * 86_400.0 && expires <= 300.0 * 86_400.0, "{expires}");
    assert!((0.0..60.0).contains(&age), "{age}");
    let resident = value(&text, "nightsafe_process_resident_memory_bytes");
    assert!(resident > 1e6 && resident < value(&text, "nightsafe_memory_ceiling_bytes"), "{resident}");
    assert!(!text.contains("4242"), "{text}");

    std::fs::remove_file(site.path("fields/key-manifest")).unwrap();
    running.wait_for_line_after("no deposit can be taken", || reqwest::get(running.url("ingest", "/readyz"))).await;
    let text = scrape(&running).await;
    assert!(value(&text, "nightsafe_manifest_end_timestamp_seconds") < 0.5);
    assert!(value(&text, "nightsafe_timestamp_age_seconds") < 0.0);
    assert!(
        value(&text, "nightsafe_data_key_age_seconds") < 0.0
            && value(&text, "nightsafe_manifest_expires_seconds") < 0.5
    );
}

#[tokio::test]
async fn every_name_is_documented_and_metrics_are_nowhere_else() {
    let site = SiteOnDisk::new();
    let running = site.start(METRICS);
    post(running.url("ingest", "/v1/deposits"), "{}").await.unwrap();
    let text = scrape(&running).await;
    assert_all_documented(&text);
    assert!(text.matches("# TYPE ").count() > 10);
    for listener in ["ingest", "fields"] {
        assert_eq!(reqwest::get(running.url(listener, "/metrics")).await.unwrap().status(), 404);
    }
    assert_eq!(reqwest::get(running.url("metrics", "/v1/timestamp")).await.unwrap().status(), 404);
}
