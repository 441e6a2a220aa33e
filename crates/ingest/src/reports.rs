//! `POST /v1/reports`: what shoppers' and admins' browsers report by themselves of pages that broke a rule, or loaded a
//! script. It is counted and a little of it is remembered; nothing is done about it and nothing is stored.
//!
//! Any stranger can send reports, and who changes the page takes the reports away first: none is no good sign, and one no
//! proof. It is a hint for people, and the monitor's word counts.

mod kept;
mod sample;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use nightsafe_core::anchor::Origin;
use nightsafe_core::time::UnixTime;
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::report::{BrowserReport, MAX_REPORTS_BODY, REPORTS_MEDIA_TYPE, REPORTS_PATH, ReportSamples};
use nightsafe_serve::body::{BodyLimits, read_within};
use nightsafe_serve::limits::{Admission, Memory, Rate, RateLimits, Rates, admit};
use nightsafe_serve::problem::Problem;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use serde::Deserialize;

use crate::Ingest;
use crate::openapi::ReportProblems;
use crate::state::Shared;
use kept::{Kept, Remembered};
use sample::{FOREIGN, KINDS, OTHER, Pages, Sample};

const BODY_LIMITS: BodyLimits = BodyLimits { bytes: MAX_REPORTS_BODY, time: Duration::from_secs(10) };

/// Of one body; browsers send some at a time.
const AT_ONCE: usize = 100;

/// How often may be reported. Apart from the limits of deposits, of which reports must take nothing away.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReportLimits {
    /// By one client.
    pub client: Rate,
    /// By all of them.
    pub all: Rate,
}

impl Default for ReportLimits {
    fn default() -> Self {
        Self { client: Rate { per_second: 1, burst: 30 }, all: Rate { per_second: 50, burst: 500 } }
    }
}

/// What was reported.
#[derive(Debug)]
pub(crate) struct Reports {
    pages: Pages,
    counts: Family<Kind, Counter>,
    kept: Mutex<Kept>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    kind: &'static str,
}

impl Reports {
    pub(crate) fn new(fields: Origin, admin: Option<Origin>) -> Self {
        let counts = Family::default();
        for kind in KINDS.into_iter().chain([OTHER, FOREIGN]) {
            // There from the start, so that a rate can be taken
            drop(counts.get_or_create(&Kind { kind }));
        }
        Self { pages: Pages { fields, admin }, counts, kept: Mutex::default() }
    }

    /// Registers the name.
    pub(crate) fn register(&self, registry: &mut Registry) {
        let help = "Reports that browsers, or any stranger, sent of pages that broke a rule or loaded a script";
        registry.register("browser_reports", help, self.counts.clone());
    }

    fn take(&self, report: &BrowserReport, now: UnixTime) {
        let sample = Sample::of(report, &self.pages);
        let kind = sample.as_ref().map_or_else(|none| *none, |sample| sample.kind);
        self.counts.get_or_create(&Kind { kind }).inc();
        let Ok(sample) = sample else { return };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.remember(sample.clone(), now) == Remembered::ToBeSaid {
            let Sample { kind, page, rule, source, .. } = sample;
            tracing::warn!(kind, page, rule, source, "browsers report something new of a page; anybody can send that");
        }
    }

    fn samples(&self) -> ReportSamples {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).samples()
    }
}

/// The route, within limits of its own.
pub(crate) fn route(trust: nightsafe_serve::forwarded::Trust, limits: ReportLimits) -> Router<Shared> {
    let rates = RateLimits { client: limits.client, all: limits.all, clients: 8192 };
    let router = Router::new().route(REPORTS_PATH, axum::routing::post(post));
    admit(router, Arc::new(Admission { trust, rates: Rates::new(rates) }))
}

/// What is remembered, for operators: `GET /reports`, for the listener of the metrics.
pub fn samples_router(ingest: Arc<Ingest>) -> Router {
    Router::new().route("/reports", get(async move || Json(ingest.reports.samples())))
}

/// Report what a browser saw
///
/// For the Reporting API of browsers. Counted, and some of it is remembered; there is no other effect.
#[utoipa::path(
    post, path = REPORTS_PATH, operation_id = "report", tag = "reports",
    request_body(content = Vec<BrowserReport>, content_type = "application/reports+json", description = "At most 65536 bytes"),
    responses((status = 204, description = "Read"), ReportProblems)
)]
pub(crate) async fn post(
    State(ingest): State<Arc<Ingest>>,
    State(memory): State<Memory>,
    request: Request<Body>,
) -> Result<StatusCode, Problem> {
    let (body, _share) = read_within(request, REPORTS_MEDIA_TYPE, BODY_LIMITS, &memory).await?;
    let reports: Vec<BrowserReport> = serde_json::from_slice(&body).map_err(|_| ProblemType::MalformedJson)?;
    let now = ingest.clock.now();
    for report in reports.iter().take(AT_ONCE) {
        ingest.reports.take(report, now);
    }
    Ok(StatusCode::NO_CONTENT)
}
