//! What browsers report: who may, what is counted and shown of it, and that nothing else is.

use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use nightsafe_core::anchor::Origin;
use nightsafe_ingest::{Ingest, router, samples_router};
use nightsafe_proto::problem::ProblemType;
use nightsafe_store::outbox::{OutboxWriter, WriterLimits};
use serde_json::{Value as Json, json};

use crate::support::{CARD, FIELDS_ORIGIN, World, problem, text};

const ADMIN: &str = "http://localhost:4804";

fn reports(body: impl Into<Body>) -> Request<Body> {
    Request::post("/v1/reports").header("content-type", "application/reports+json").body(body.into()).unwrap()
}

/// As Chromium sends it for a connection that was blocked.
fn violation(page: &str, blocked: &str) -> Json {
    json!({
        "age": 2, "type": "csp-violation", "url": page, "user_agent": "Mozilla/5.0",
        "body": {
            "blockedURL": blocked, "disposition": "enforce", "documentURL": page,
            "effectiveDirective": "connect-src", "originalPolicy": "default-src 'none'", "statusCode": 200,
        },
    })
}

struct Watched {
    world: World,
    ingest: std::sync::Arc<Ingest>,
}

impl Watched {
    async fn new() -> Self {
        let world = World::new().await;
        let path = world.folder.path().join("outbox.db");
        let (writer, _task) = OutboxWriter::open(&path.as_path().into(), WriterLimits::default()).await.unwrap();
        let mut config = world.files.config(writer, world.clock.clone());
        config.admin_origin = Origin::parse(ADMIN);
        Self { world, ingest: Ingest::new(config).unwrap() }
    }

    async fn send(&self, request: Request<Body>) -> Response<Body> {
        tower::ServiceExt::oneshot(router(self.ingest.clone()), request).await.unwrap()
    }

    async fn samples(&self) -> Vec<Json> {
        let request = Request::get("/reports").body(Body::empty()).unwrap();
        let response = tower::ServiceExt::oneshot(samples_router(self.ingest.clone()), request).await.unwrap();
        let answer: Json = serde_json::from_str(&text(response).await).unwrap();
        answer["samples"].as_array().unwrap().clone()
    }
}

#[tokio::test]
async fn what_is_reported_is_remembered_without_what_an_attack_carried() {
    let watched = Watched::new().await;
    let page = format!("{FIELDS_ORIGIN}/frame-1.html");
    let stolen = format!("https://{CARD}.evil.example/{CARD}?{CARD}#{CARD}");
    let body =
        json!([violation(&page, &stolen), violation(&page, &stolen), violation("https://shop.example/", "eval")]);
    assert_eq!(watched.send(reports(body.to_string())).await.status(), StatusCode::NO_CONTENT);
    let body = json!([violation(&format!("{ADMIN}/"), "inline")]);
    assert_eq!(watched.send(reports(body.to_string())).await.status(), StatusCode::NO_CONTENT);
    let samples = watched.samples().await;
    let seen: Vec<_> =
        samples.iter().map(|sample| (sample["page"].as_str(), sample["source"].as_str(), &sample["count"])).collect();
    let admin = format!("{ADMIN}/");
    assert_eq!(
        seen,
        [
            (Some(page.as_str()), Some("https://*.evil.example"), &json!(2)),
            (Some(admin.as_str()), Some("inline"), &json!(1)),
        ]
    );
    assert_eq!(samples[0]["first"], crate::support::NOW);
    assert!(!format!("{samples:?}").contains(CARD));
    // Nothing of it is stored
    assert!(watched.world.stored().await.is_empty());
}

#[tokio::test]
async fn what_is_no_report_is_refused_and_anything_may_stand_in_one() {
    let watched = Watched::new().await;
    for body in ["", "{}", "[1]", "[{}]", r#"[{"type":1}]"#, r#"[{"type":"x","body":[]}]"#, "[null"] {
        assert_eq!(problem(watched.send(reports(body)).await).await.0, ProblemType::MalformedJson, "{body}");
    }
    let large = format!("[{}]", " ".repeat(1 << 16));
    assert_eq!(problem(watched.send(reports(large)).await).await.0, ProblemType::BodyTooLarge);
    let json = Request::post("/v1/reports").header("content-type", "application/json").body(Body::from("[]")).unwrap();
    assert_eq!(problem(watched.send(json).await).await.0, ProblemType::UnsupportedMediaType);
    let odd = json!([{"type": "csp-violation", "url": "\u{0}\u{202e}", "more": [[]], "body": {"blockedURL": 7}},
        {"type": "x".repeat(5000)}]);
    assert_eq!(watched.send(reports(odd.to_string())).await.status(), StatusCode::NO_CONTENT);
    assert!(watched.samples().await.is_empty());
}

#[tokio::test]
async fn pages_of_both_static_sites_may_report() {
    let watched = Watched::new().await;
    for (origin, may) in [(FIELDS_ORIGIN, true), (ADMIN, true), ("http://localhost:4801", false)] {
        let preflight = Request::options("/v1/reports")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type")
            .body(Body::empty())
            .unwrap();
        let response = watched.send(preflight).await;
        let allowed = response.headers().get("access-control-allow-origin").map(|value| value.to_str().unwrap());
        assert_eq!(allowed, may.then_some(origin));
    }
}

#[tokio::test]
async fn a_flood_of_reports_takes_nothing_away_from_deposits() {
    let watched = Watched::new().await;
    let router = router(watched.ingest.clone());
    let ask =
        async |request: Request<Body>| tower::ServiceExt::oneshot(router.clone(), request).await.unwrap().status();
    let mut last = StatusCode::NO_CONTENT;
    // 500 at once, and 50 more for each second that this takes
    for _ in 0..100_000 {
        last = ask(reports("[]")).await;
        if last != StatusCode::NO_CONTENT {
            break;
        }
    }
    assert_eq!(last, StatusCode::SERVICE_UNAVAILABLE);
    let timestamp = Request::get("/v1/timestamp").body(Body::empty()).unwrap();
    assert_eq!(ask(timestamp).await, StatusCode::OK);
    assert_eq!(ask(crate::support::post(watched.world.deposit().to_json())).await, StatusCode::CREATED);
}
