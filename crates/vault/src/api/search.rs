//! Finding deposits by what stays readable.

use axum::Json;
use axum::extract::State as Shared;
use nightsafe_core::audit::Action;
use nightsafe_core::scalar::{DepositId, PartName, Reference};
use nightsafe_core::time::Day;
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::vault::openings::Purpose;
use nightsafe_proto::vault::search::{Found, IndexRow, Opening, Search};
use nightsafe_proto::wire::{B64u, Hex};
use nightsafe_serve::problem::Problem;
use nightsafe_store::vault::{self, After, Filter};

use super::error;
use super::json::Body;
use super::openapi::SearchProblems;
use super::record::{self, Recording};
use super::session::SignedIn;
use crate::State;

/// Terms, and an entry for the audit log.
const BODY: usize = 8192;

/// Rows of a page when the request does not say, and at most.
const LIMIT: (u32, u32) = (25, 100);

/// Find deposits
#[utoipa::path(
    post, path = "/v1/deposits/search", operation_id = "search", tag = "deposits",
    request_body(content = Search, content_type = "application/json"),
    responses((status = 200, description = "A page", body = Found), SearchProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn search(
    Shared(state): Shared<State>,
    session: SignedIn,
    Body(mut request, _share): Body<Search, BODY>,
) -> Result<Json<Found>, Problem> {
    let state = state.shared();
    let limit = request.limit.unwrap_or(LIMIT.0);
    if !(1..=LIMIT.1).contains(&limit) {
        return Err(malformed("/limit"));
    }
    let after = request.after.as_deref().map(|text| read_after(text).ok_or(malformed("/after"))).transpose()?;
    let (to_log, criteria) = (request.log.take(), criteria(&request));
    let filter = filter(request)?;
    let log = match Recording::of(state, &session).await? {
        None => {
            record::none_wanted(to_log.as_ref())?;
            None
        }
        Some(recording) => {
            let to_log = record::required(to_log.as_ref())?;
            let entries = recording.verified(to_log, "/log").await?;
            match entries.as_slice() {
                [entry] if is_for(entry.entry().action(), &criteria, limit) => {}
                _ => return Err(record::refused("/log/entries")),
            }
            let written = recording.recorder.append(&entries, None).await.map_err(|error| record::failed(&error))?;
            Some(recording.in_log(&written, to_log.since).await?)
        }
    };
    let page = state.store.search(&filter, after.as_ref(), limit).await.map_err(|error| error::storage(&error))?;
    let mut deposits = Vec::with_capacity(page.rows.len());
    for row in page.rows {
        let openings = state.store.openings(&row.deposit_id).await.map_err(|error| error::storage(&error))?;
        deposits.push(index_row(row, openings));
    }
    Ok(Json(Found { deposits, next: page.next.map(|after| write_after(&after)), log }))
}

/// The names of the terms, ascending.
fn criteria(search: &Search) -> Vec<&'static str> {
    let terms = [
        ("brand", &search.brand),
        ("country", &search.country),
        ("day", &search.day),
        ("last4", &search.last4),
        ("postal_code", &search.postal_code),
        ("reference", &search.reference),
    ];
    terms.into_iter().filter(|(_, term)| term.is_some()).map(|(name, _)| name).collect()
}

/// Whether an entry says what was asked for.
fn is_for(action: &Action, criteria: &[&str], limit: u32) -> bool {
    match action {
        Action::Search { criteria: said, .. } => said.iter().map(PartName::as_str).eq(criteria.iter().copied()),
        Action::List { limit: said, .. } => criteria.is_empty() && *said == limit,
        _ => false,
    }
}

fn filter(request: Search) -> Result<Filter, Problem> {
    Ok(Filter {
        reference: term(request.reference, "/reference", |text| Reference::parse(text).is_ok())?,
        brand: term(request.brand, "/brand", |text| is_text(text, 16, |byte| byte.is_ascii_lowercase()))?,
        last4: term(request.last4, "/last4", |text| text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit()))?,
        postal_code: term(request.postal_code, "/postal_code", |text| {
            is_text(text, 10, |byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b" -".contains(&byte))
        })?,
        country: term(request.country, "/country", |text| {
            text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
        })?,
        day: term(request.day, "/day", |text| Day::parse(text).is_ok())?,
    })
}

fn term(
    text: Option<String>,
    pointer: &'static str,
    check: impl FnOnce(&str) -> bool,
) -> Result<Option<String>, Problem> {
    match text {
        Some(text) if !check(&text) => Err(malformed(pointer)),
        text => Ok(text),
    }
}

fn is_text(text: &str, longest: usize, allowed: impl Fn(u8) -> bool) -> bool {
    (1..=longest).contains(&text.len()) && text.bytes().all(allowed)
}

fn malformed(pointer: &'static str) -> Problem {
    Problem::new(ProblemType::MalformedSearch).at(pointer)
}

/// Where a page starts: `YYYY-MM-DD.` and the deposit id.
fn write_after(after: &After) -> String {
    format!("{}.{}", after.day, after.deposit_id)
}

fn read_after(text: &str) -> Option<After> {
    let (day, id) = text.split_once('.')?;
    Some(After { day: Day::parse(day).ok()?.to_text(), deposit_id: DepositId::from_hex(id).ok()? })
}

pub(super) fn index_row(row: vault::IndexRow, openings: Vec<vault::Opening>) -> IndexRow {
    IndexRow {
        deposit_id: Hex(row.deposit_id.0),
        site: row.site,
        reference: row.reference,
        manifest: Hex(row.manifest.0),
        key_id: Hex(row.key_id.0),
        facets: row.facets,
        day: row.day,
        locator: B64u(row.locator),
        openings: openings.into_iter().filter_map(opening).collect(),
    }
}

/// `None` for a purpose that only a newer version knows.
fn opening(opening: vault::Opening) -> Option<Opening> {
    Some(Opening {
        kind: opening.kind,
        index: opening.index,
        purpose: Purpose::from_name(&opening.purpose)?,
        at: opening.at.to_text(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_starts_where_the_one_before_ended() {
        let after = After { day: "2026-11-21".into(), deposit_id: DepositId([0xab; 32]) };
        assert_eq!(read_after(&write_after(&after)), Some(after));
        for text in ["", ".", "2026-11-21", "2026-11-21.00", "2026-13-01.".to_owned().as_str()] {
            assert_eq!(read_after(text), None);
        }
    }

    #[test]
    fn terms_are_of_their_form_or_refused() {
        let refused = |search: Search| filter(search).unwrap_err();
        let some = |text: &str| Some(text.to_owned());
        for (search, pointer) in [
            (Search { reference: some("4111 1111"), ..Search::default() }, "/reference"),
            (Search { reference: some("4111111111111111"), ..Search::default() }, "/reference"),
            (Search { brand: some("VISA"), ..Search::default() }, "/brand"),
            (Search { last4: some("12345"), ..Search::default() }, "/last4"),
            (Search { last4: some("123x"), ..Search::default() }, "/last4"),
            (Search { postal_code: some("sw1a 1aa"), ..Search::default() }, "/postal_code"),
            (Search { postal_code: some(""), ..Search::default() }, "/postal_code"),
            (Search { country: some("de"), ..Search::default() }, "/country"),
            (Search { day: some("2026-02-30"), ..Search::default() }, "/day"),
        ] {
            assert_eq!(refused(search), malformed(pointer));
        }
        let all = Search {
            reference: some("ORDER-1"),
            brand: some("visa"),
            last4: some("1111"),
            postal_code: some("SW1A 1AA"),
            country: some("GB"),
            day: some("2026-11-21"),
            ..Search::default()
        };
        assert!(filter(all).is_ok());
    }
}
