//! The fields folder as ingest serves it.

use axum::body::Body;
use axum::http::Request;
use nightsafe_ingest::fields_router;
use tower::ServiceExt;

use crate::support::{World, text};

#[tokio::test]
async fn the_published_manifest_and_headers_on_404() {
    let world = World::new().await;
    let headers = world.folder.path().join("fields-headers.json");
    std::fs::write(
        &headers,
        r#"{"*":{"Connection-Allowlist":"()","Integrity-Policy":"blocked-destinations=(script)"}}"#,
    )
    .unwrap();
    let folder = world.files.folder.join("fields");
    let router = fields_router(folder.clone(), headers).unwrap();
    for (path, status) in [("/key-manifest", 200), ("/nothing", 404), ("/../outbox.db", 404)] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()["connection-allowlist"], "()");
        assert_eq!(response.headers()["integrity-policy"], "blocked-destinations=(script)");
        if status == 200 {
            assert_eq!(response.headers()["cache-control"], "no-store, no-transform");
            assert_eq!(text(response).await, std::fs::read_to_string(folder.join("key-manifest")).unwrap());
        }
    }
    assert!(fields_router(folder, world.folder.path().join("none.json")).is_err());
}
