//! Only the fields origin may read answers.

use axum::body::Body;
use axum::http::{Request, Response};

use nightsafe_core::anchor::Origin;
use nightsafe_ingest::{Ingest, router};
use nightsafe_store::outbox::{OutboxWriter, WriterLimits};

use crate::support::{FIELDS_ORIGIN, World, post};

fn allowed(response: &Response<Body>) -> Option<&str> {
    let value = response.headers().get("access-control-allow-origin")?;
    Some(value.to_str().unwrap())
}

fn preflight(origin: &str) -> Request<Body> {
    Request::options("/v1/deposits")
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type")
        .body(Body::empty())
        .unwrap()
}

#[tokio::test]
async fn the_fields_origin_is_let_in() {
    let world = World::new().await;
    let response = world.send(preflight(FIELDS_ORIGIN)).await;
    assert!(response.status().is_success());
    assert_eq!(allowed(&response), Some(FIELDS_ORIGIN));
    assert_eq!(response.headers()["access-control-allow-headers"], "content-type");
    assert!(!response.headers().contains_key("access-control-allow-credentials"));

    for mut request in [
        post(world.deposit().to_json()),
        post("not a deposit"),
        Request::get("/v1/timestamp").body(Body::empty()).unwrap(),
        Request::get("/v1/nothing").body(Body::empty()).unwrap(),
    ] {
        request.headers_mut().insert("origin", FIELDS_ORIGIN.parse().unwrap());
        let response = world.send(request).await;
        assert_eq!(allowed(&response), Some(FIELDS_ORIGIN), "{}", response.status());
    }
}

#[tokio::test]
async fn no_other_origin_is() {
    let world = World::new().await;
    for origin in ["http://localhost:4801", "https://localhost:4802", "http://localhost:48020", "null"] {
        assert_eq!(allowed(&world.send(preflight(origin)).await), None, "{origin}");
        let mut request = post(world.deposit().to_json());
        request.headers_mut().insert("origin", origin.parse().unwrap());
        let response = world.send(request).await;
        assert_eq!(allowed(&response), None, "{origin}");
        assert!(response.headers()["vary"].to_str().unwrap().contains("origin"));
    }
}

#[tokio::test]
async fn the_admin_site_may_read_the_timestamp_note_and_nothing_else() {
    const ADMIN: &str = "http://localhost:4804";
    let world = World::new().await;
    let path = world.folder.path().join("outbox.db");
    let (writer, _task) = OutboxWriter::open(&path.as_path().into(), WriterLimits::default()).await.unwrap();
    let mut config = world.files.config(writer, world.clock.clone());
    config.admin_origin = Origin::parse(ADMIN);
    let router = router(Ingest::new(config).unwrap());
    let ask = async |mut request: Request<Body>, origin: &str| {
        request.headers_mut().insert("origin", origin.parse().unwrap());
        let response = tower::ServiceExt::oneshot(router.clone(), request).await.unwrap();
        allowed(&response).map(str::to_owned)
    };
    let get = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    assert_eq!(ask(get("/v1/timestamp"), ADMIN).await.as_deref(), Some(ADMIN));
    assert_eq!(ask(get("/v1/timestamp"), FIELDS_ORIGIN).await.as_deref(), Some(FIELDS_ORIGIN));
    assert_eq!(ask(get("/v1/timestamp"), "http://localhost:48040").await, None);
    for path in ["/v1/deposits", "/v1/openapi.json", "/v1/timestamp/", "/healthz", "/"] {
        assert_eq!(ask(get(path), ADMIN).await, None, "{path}");
    }
    assert_eq!(ask(post(world.deposit().to_json()), ADMIN).await, None);
    assert_eq!(ask(preflight(ADMIN), ADMIN).await, None);
}
