//! `POST /v1/reports`: what browsers report of a page by themselves (W3C Reporting API, section 3.3), and what
//! `GET /reports` of the metrics listener shows of it.

use serde::{Deserialize, Serialize};

/// Where browsers send it; `Reporting-Endpoints` of both static sites names it.
pub const REPORTS_PATH: &str = "/v1/reports";

/// What such a body is called.
pub const REPORTS_MEDIA_TYPE: &str = "application/reports+json";

/// Bytes of a body.
pub const MAX_REPORTS_BODY: usize = 64 << 10;

/// One report. Browsers add members, and anybody can send anything: what is not read here is dropped.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BrowserReport {
    /// What it is about: `csp-violation`, `csp-hash`, `integrity-violation`, `connection-allowlist`; others are counted.
    #[serde(rename = "type")]
    pub kind: String,
    /// The page.
    #[serde(default)]
    pub url: String,
    /// Depends on the type.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub body: serde_json::Map<String, serde_json::Value>,
}

/// Reports of one form, as an operator sees them. Any stranger can have sent them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportSample {
    /// What they are about.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Origin and path of the page.
    pub page: String,
    /// Directive or destination; empty when none was named.
    pub rule: String,
    /// Origin of what was blocked or loaded, or a word like `inline`.
    pub source: String,
    /// Of a script that was loaded: its hash, as in an `integrity` attribute; else empty.
    pub hash: String,
    /// Whether it was only reported, not blocked.
    pub report_only: bool,
    /// How many came.
    pub count: u64,
    /// When the first came that is remembered, `YYYY-MM-DDThh:mm:ssZ`.
    pub first: String,
    /// When the last came.
    pub last: String,
}

/// All that are remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportSamples {
    /// The last one seen first.
    pub samples: Vec<ReportSample>,
}
