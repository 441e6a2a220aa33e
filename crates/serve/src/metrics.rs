//! Numbers for Prometheus, in its text format, on a listener of their own: `GET /metrics`.
//!
//! Names start with `nightsafe_`; `docs/API.md` lists them. Labels hold words of ours only, never anything of a
//! request, so that there are only so many series.

mod http;
mod keys;
mod process;

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use nightsafe_proto::problem::ProblemType;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use crate::problem::Problem;

pub use http::{HttpMetrics, ListenerMetrics};
pub use keys::KeyGauges;

/// What OpenMetrics text is called.
const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The numbers of one process.
pub struct Metrics {
    registry: Registry,
    http: HttpMetrics,
    hooks: Vec<Hook>,
}

type Hook = Box<dyn Fn() + Send + Sync>;

impl Metrics {
    /// With the numbers that every server has. `server` and `version` go into `nightsafe_build_info`.
    pub fn new(server: &'static str, version: &'static str) -> Self {
        let mut registry = Registry::with_prefix("nightsafe");
        let http = HttpMetrics::default();
        http.register(&mut registry);
        let hooks = vec![process::register(&mut registry, server, version)];
        Self { registry, http, hooks }
    }

    /// Those of the listeners.
    pub fn http(&self) -> HttpMetrics {
        self.http.clone()
    }

    /// Where a server registers its own; names get the prefix.
    pub fn registry(&mut self) -> &mut Registry {
        &mut self.registry
    }

    /// Runs `hook` before every answer: for numbers that are looked up, not counted.
    pub fn before_answer(&mut self, hook: impl Fn() + Send + Sync + 'static) {
        self.hooks.push(Box::new(hook));
    }

    /// `GET /metrics`.
    pub fn router(self) -> Router {
        self.router_and(Router::new())
    }

    /// The same, and what else operators may look at.
    pub fn router_and(self, more: Router) -> Router {
        let router = Router::new().route("/metrics", get(answer)).with_state(Arc::new(self));
        crate::api::with_fallbacks(router.merge(more))
    }

    /// The text.
    fn encode(&self) -> Result<String, fmt::Error> {
        self.hooks.iter().for_each(|hook| hook());
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

async fn answer(State(metrics): State<Arc<Metrics>>) -> Response {
    match metrics.encode() {
        Ok(text) => ([(CONTENT_TYPE, MEDIA_TYPE)], text).into_response(),
        Err(_) => Problem::new(ProblemType::InternalError).into_response(),
    }
}

/// Bounds for times from a millisecond to half a minute, in seconds.
pub fn time_buckets() -> impl Iterator<Item = f64> {
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0].into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hooks_run_before_the_answer() {
        let mut metrics = Metrics::new("test", "1.2.3");
        let gauge = prometheus_client::metrics::gauge::Gauge::<i64>::default();
        metrics.registry().register("example", "An example", gauge.clone());
        metrics.before_answer(move || {
            gauge.set(7);
        });
        let text = metrics.encode().unwrap();
        assert!(text.contains("nightsafe_example 7\n"), "{text}");
        assert!(text.contains("nightsafe_build_info{server=\"test\",version=\"1.2.3\"} 1\n"), "{text}");
        assert!(text.contains("nightsafe_process_resident_memory_bytes "), "{text}");
        assert!(text.ends_with("# EOF\n"));
    }
}
