use std::time::Duration;

use axum::http::Method;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::api::known_method;

/// The numbers of all listeners.
#[derive(Debug, Clone)]
pub struct HttpMetrics {
    requests: Family<RequestLabels, Counter>,
    times: Family<RouteLabels, Histogram, fn() -> Histogram>,
    problems: Family<ProblemLabels, Counter>,
    connections: Family<ListenerLabels, Gauge>,
    refused: Family<ListenerLabels, Counter>,
}

/// The numbers of one listener. An extension of every request that it serves.
#[derive(Debug, Clone)]
pub struct ListenerMetrics {
    http: HttpMetrics,
    listener: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    listener: &'static str,
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    listener: &'static str,
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ProblemLabels {
    listener: &'static str,
    route: String,
    problem: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ListenerLabels {
    listener: &'static str,
}

fn times() -> Histogram {
    Histogram::new(super::time_buckets())
}

impl Default for HttpMetrics {
    fn default() -> Self {
        Self {
            requests: Family::default(),
            times: Family::new_with_constructor(times),
            problems: Family::default(),
            connections: Family::default(),
            refused: Family::default(),
        }
    }
}

impl HttpMetrics {
    /// Those of one listener.
    pub fn listener(&self, listener: &'static str) -> ListenerMetrics {
        ListenerMetrics { http: self.clone(), listener }
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("http_requests", "Requests answered", self.requests.clone());
        let description = "Time from a request's head to its answer, the body's arrival included";
        registry.register_with_unit("http_request", description, Unit::Seconds, self.times.clone());
        registry.register("http_problems", "Requests answered with a problem, by its type", self.problems.clone());
        registry.register("http_connections", "Open connections", self.connections.clone());
        let description = "Connections closed because their client has all that it may have";
        registry.register("http_connections_refused", description, self.refused.clone());
    }
}

impl ListenerMetrics {
    /// Counts an answer. `route` is the pattern of a route of ours.
    pub(crate) fn answered(
        &self,
        method: &Method,
        route: &str,
        status: u16,
        problem: Option<&'static str>,
        took: Duration,
    ) {
        let Self { http, listener } = self;
        let (listener, route) = (*listener, route.to_owned());
        let labels = RequestLabels { listener, method: known_method(method), route: route.clone(), status };
        http.requests.get_or_create(&labels).inc();
        http.times.get_or_create(&RouteLabels { listener, route: route.clone() }).observe(took.as_secs_f64());
        if let Some(problem) = problem {
            http.problems.get_or_create(&ProblemLabels { listener, route, problem }).inc();
        }
    }

    /// Counts a connection until the result is dropped.
    pub(crate) fn connected(&self) -> Connected {
        let gauge = self.http.connections.get_or_create(&ListenerLabels { listener: self.listener }).clone();
        gauge.inc();
        Connected(gauge)
    }

    /// Counts a connection that was not taken.
    pub(crate) fn refused(&self) {
        self.http.refused.get_or_create(&ListenerLabels { listener: self.listener }).inc();
    }
}

/// One open connection.
#[derive(Debug)]
pub(crate) struct Connected(Gauge);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.dec();
    }
}
