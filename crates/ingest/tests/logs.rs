//! Everything that ingest and what it is built on log, at the finest level, is searched for what
//! was sent. A test binary of its own, because the logger is that of the whole process.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "helpers of tests fail the test")]

#[path = "api/support.rs"]
#[expect(dead_code, reason = "this binary needs a part of it")]
mod support;

use std::io::Write;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::Request;
use serde_json::json as value;
use support::{CARD, World, json};
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Captured {
    type Writer = Self;
    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn no_log_line_holds_what_was_sent() {
    let captured = Captured::default();
    tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(captured.clone()).init();

    let world = World::new().await;
    let good = world.deposit();
    assert_eq!(world.post(good.to_json()).await.status(), 201);
    let mut values = vec![CARD, "4242", "Ada", "10001", "ORDER-1", "postal"];
    let (tag, id) = (good.parts().fields[0].tag.to_hex(), good.id().to_hex());
    values.extend([tag.as_str(), id.as_str()]);

    let edits = [
        ("/reference", value!(format!("R-{CARD}"))),
        ("/reference", value!("Ada Example, 10001")),
        ("/site", value!("Ada")),
        ("/facets/last4", value!(CARD)),
        ("/facets/postal_code", value!("10001-4242-Ada")),
        ("/nonce", value!(CARD)),
        ("/fields/0/kind", value!(CARD)),
        ("/fields/0/expires", value!("4242-10")),
        ("/fields/0/envelope", value!(CARD)),
        ("/locator", value!("Ada")),
    ];
    for (pointer, to) in edits {
        let mut body = json(&good);
        *body.pointer_mut(pointer).unwrap() = to;
        let response = world.post(body.to_string()).await;
        assert!(response.status().is_client_error());
        let answer = support::text(response).await;
        assert!(!answer.contains(CARD) && !answer.contains("Ada"), "{answer}");
    }
    world.post(format!("{{\"card\":\"{CARD}\"}}")).await;
    world.post(CARD).await;
    for path in [format!("/v1/timestamp?card={CARD}"), format!("/{CARD}"), format!("/v1/deposits/{CARD}")] {
        let request = Request::get(path)
            .header("referer", format!("https://shop.example/?{CARD}"))
            .header("user-agent", "Ada")
            .header("x-request-id", CARD);
        world.send(request.body(Body::empty()).unwrap()).await;
    }

    let log = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("answered") && log.contains("/v1/deposits"), "nothing was captured");
    for value in values {
        let line = log.lines().find(|line| line.contains(value));
        assert_eq!(line, None, "{value}");
    }
}
