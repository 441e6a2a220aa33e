//! What the OpenAPI documents of the servers have in common: schemas of binary members, and the answers with a problem.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::json;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{AllOfBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::problem::{MEDIA_TYPE, ProblemDetails, ProblemType};
use crate::wire::{B64u, Hex};

/// Answers by status, as utoipa's `IntoResponses` gives them.
pub type Responses = BTreeMap<String, RefOr<Response>>;

/// The answers with one of `problems`: one a status, with the types that it can have.
pub fn responses(problems: &[ProblemType]) -> Responses {
    let mut by_status: BTreeMap<u16, Vec<ProblemType>> = BTreeMap::new();
    for &problem in problems {
        by_status.entry(problem.status()).or_default().push(problem);
    }
    by_status.into_iter().map(|(status, problems)| (status.to_string(), response(status, &problems).into())).collect()
}

fn response(status: u16, problems: &[ProblemType]) -> Response {
    let lines: Vec<String> =
        problems.iter().map(|problem| format!("- `{}`: {}", problem.slug(), problem.title())).collect();
    let uris: Vec<String> = problems.iter().map(|problem| problem.uri()).collect();
    let narrowed = ObjectBuilder::new()
        .property("type", ObjectBuilder::new().schema_type(Type::String).enum_values(Some(uris)))
        .property("status", ObjectBuilder::new().schema_type(Type::Integer).enum_values(Some([status])));
    let schema = AllOfBuilder::new().item(Ref::from_schema_name(ProblemDetails::name())).item(narrowed);
    let response = ResponseBuilder::new()
        .description(lines.join("\n"))
        .content(MEDIA_TYPE, ContentBuilder::new().schema(Some(Schema::AllOf(schema.build()))).build())
        .extensions(Some(slugs(problems)));
    let response = if matches!(status, 429 | 503) { response.header("Retry-After", retry_after()) } else { response };
    if status == 405 { response.header("Allow", allow()) } else { response }.build()
}

/// For programs that look for types, not for URIs.
fn slugs(problems: &[ProblemType]) -> Extensions {
    let slugs: Vec<&str> = problems.iter().map(|problem| problem.slug()).collect();
    Extensions::builder().add("x-problems", json!(slugs)).build()
}

fn retry_after() -> utoipa::openapi::header::Header {
    let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
    HeaderBuilder::new()
        .schema(Some(seconds))
        .description(Some("Seconds until the same request is worth a try"))
        .build()
}

fn allow() -> utoipa::openapi::header::Header {
    let text = ObjectBuilder::new().schema_type(Type::String);
    HeaderBuilder::new().schema(Some(text)).description(Some("The methods that the address answers")).build()
}

fn text(pattern: impl Into<String>, description: &str) -> RefOr<Schema> {
    let object = ObjectBuilder::new()
        .schema_type(SchemaType::from(Type::String))
        .pattern(Some(pattern))
        .description(Some(description));
    object.build().into()
}

impl<const N: usize> PartialSchema for Hex<N> {
    fn schema() -> RefOr<Schema> {
        text(format!("^[0-9a-f]{{{}}}$", 2 * N), "Bytes as lowercase hex")
    }
}

impl<const N: usize> ToSchema for Hex<N> {
    fn name() -> Cow<'static, str> {
        format!("Hex{N}").into()
    }
}

impl PartialSchema for B64u {
    fn schema() -> RefOr<Schema> {
        text("^[A-Za-z0-9_-]*$", "Bytes as base64url (RFC 4648, section 5) without padding")
    }
}

impl ToSchema for B64u {
    fn name() -> Cow<'static, str> {
        "B64u".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_has_all_its_types() {
        let responses = responses(&[ProblemType::Busy, ProblemType::StorageUnavailable, ProblemType::WrongSite]);
        let json = serde_json::to_value(&responses).unwrap();
        assert_eq!(json["503"]["x-problems"], json!(["busy", "storage-unavailable"]));
        assert!(json["503"]["headers"]["Retry-After"].is_object());
        assert!(json["422"]["headers"].is_null());
        let narrowed = &json["422"]["content"][MEDIA_TYPE]["schema"]["allOf"][1]["properties"];
        assert_eq!(narrowed["type"]["enum"], json!(["https://nightsafe.dev/problems/wrong-site"]));
    }
}
