//! Only the fields origin may read answers.

use axum::body::Body;
use axum::http::{Request, Response};

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
