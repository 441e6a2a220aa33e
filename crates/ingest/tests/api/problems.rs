//! Every type of problem that ingest has is provoked; after each, nothing is stored.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::Request;
use nightsafe_core::deposit::{Deposit, DepositParts};
use nightsafe_core::encoding::b64u;
use nightsafe_core::envelope::Envelope;
use nightsafe_core::facets::Facets;
use nightsafe_core::keys::PrivateItems;
use nightsafe_core::scalar::{KeyId, ManifestHash, Site};
use nightsafe_core::suite::Suite;
use nightsafe_core::time::Month;
use nightsafe_proto::problem::ProblemType as P;
use nightsafe_store::outbox::WriterLimits;
use serde_json::{Value as Json, json as value};
use sqlx::Connection;

use crate::support::{CARD, World, deposit_to, json, post, problem, public_key};

/// The problems that only the vault or `nightsafe admin` has, and those that `serve` provokes in its own tests.
const ELSEWHERE: [P; 42] = [
    P::NotSigned,
    P::RequestTimeout,
    P::RateLimited,
    P::InternalError,
    P::SignInRequired,
    P::SignInFailed,
    P::ForeignOrigin,
    P::IdentityExists,
    P::NotAnAdmin,
    P::NoTrustAnchor,
    P::InvitationExists,
    P::NameTaken,
    P::UnknownInvitation,
    P::UnknownNewcomer,
    P::RosterMoved,
    P::RosterRefused,
    P::OpeningNotAllowed,
    P::UnknownDeposit,
    P::BatchTooLarge,
    P::LogEntryRequired,
    P::LogEntryRefused,
    P::LogEntryDiffers,
    P::LogEntryRepeated,
    P::ClockDiffers,
    P::NotInRoster,
    P::SignInNotRecorded,
    P::LogShorter,
    P::NoLog,
    P::LogUnavailable,
    P::MalformedSearch,
    P::PasskeyNeedsPassphrase,
    P::PasskeyNotAdded,
    P::PasskeyNotBegun,
    P::PasskeyRefused,
    P::PasskeysUnavailable,
    P::UnknownPasskey,
    P::KitNotBegun,
    P::RecoveryEnded,
    P::NotTheActiveKey,
    P::ForeignHost,
    P::VaultUnreachable,
    P::VaultNotRecognised,
];

/// Changes a good deposit's JSON.
fn edited(good: &Deposit, edit: impl FnOnce(&mut Json)) -> String {
    let mut body = json(good);
    edit(&mut body);
    body.to_string()
}

/// Changes a good deposit's parts and gives it the id that belongs to them, as a client of its
/// own would.
fn rebuilt(good: &Deposit, edit: impl FnOnce(&mut DepositParts)) -> String {
    let mut parts = good.parts().clone();
    edit(&mut parts);
    Deposit::new(parts).unwrap().to_json()
}

/// An envelope with the point at the end of its `enc` replaced.
fn with_point(envelope: &Envelope, point: [u8; 32]) -> String {
    let mut bytes = envelope.as_bytes().to_vec();
    let end = 20 + envelope.enc().len();
    bytes[end - 32..end].copy_from_slice(&point);
    b64u(&bytes)
}

fn bodies(world: &World) -> Vec<(P, Option<&'static str>, String)> {
    let good = world.deposit();
    let set = |pointer: &'static str, to: Json| edited(&good, |body| *body.pointer_mut(pointer).unwrap() = to);
    let foreign_key = PrivateItems::from_xwing_seed(&[9; 32]).unwrap();
    let foreign = deposit_to(&world.manifest, foreign_key.public_key(), "ORDER-1", &["phone"]);
    let point_one = {
        let mut point = [0; 32];
        point[0] = 1;
        point
    };
    let long = "A".repeat(11_000);
    let many = |count: usize| {
        edited(&good, |body| {
            let field = body["fields"][0].clone();
            body["fields"] = Json::Array(vec![field; count]);
        })
    };
    let phone_only = deposit_to(&world.manifest, &public_key(Suite::XWing), "O", &["phone"]);

    vec![
        (P::MalformedJson, None, String::new()),
        (P::MalformedJson, None, "[]".to_owned()),
        (P::MalformedJson, None, good.to_json().replace('}', "")),
        (P::MalformedJson, None, format!("{} x", good.to_json())),
        (P::MalformedJson, None, edited(&good, |body| body["cvc"] = value!("123"))),
        (P::MalformedJson, None, edited(&good, |body| body["fields"][0]["value"] = value!(CARD))),
        (P::MalformedJson, None, edited(&good, |body| drop(body.as_object_mut().unwrap().remove("nonce")))),
        (P::MalformedJson, None, set("/facets/last4", value!(4242))),
        (P::MalformedJson, None, good.to_json().replace("\"facets\":{", "\"facets\":{\"brand\":\"visa\",")),
        (P::MalformedJson, None, good.to_json().replacen('{', "{\"site\":\"a\",", 1)),
        (P::MalformedEncoding, Some("/id"), set("/id", value!("00"))),
        (P::MalformedEncoding, Some("/id"), set("/id", value!(good.id().to_hex().to_uppercase()))),
        (P::MalformedEncoding, Some("/nonce"), set("/nonce", value!("AAAA"))),
        (P::MalformedEncoding, Some("/manifest"), set("/manifest", value!("x"))),
        (P::MalformedEncoding, Some("/key_id"), set("/key_id", value!(""))),
        (P::MalformedEncoding, Some("/locator"), set("/locator", value!("AAA="))),
        (P::MalformedEncoding, Some("/locator"), set("/locator", value!("AAA+"))),
        (P::MalformedEncoding, Some("/fields/1/tag"), set("/fields/1/tag", value!("0"))),
        (P::MalformedEncoding, Some("/fields/2/envelope"), set("/fields/2/envelope", value!("é"))),
        (P::MalformedMember, Some("/site"), set("/site", value!("Demo Shop"))),
        (P::MalformedMember, Some("/fields/0/kind"), set("/fields/0/kind", value!("Card"))),
        (P::MalformedMember, Some("/fields/0/expires"), set("/fields/0/expires", value!("2028-13"))),
        (P::MalformedReference, Some("/reference"), set("/reference", value!("a b"))),
        (P::MalformedReference, Some("/reference"), set("/reference", value!("R".repeat(65)))),
        (P::LooksLikePlaintext, Some("/reference"), set("/reference", value!("order-4242-4242-4242-4242"))),
        (P::LooksLikePlaintext, Some("/facets"), set("/facets/last4", value!(CARD))),
        (P::LooksLikePlaintext, Some("/facets"), edited(&good, |body| body["facets"][CARD] = value!("x"))),
        (P::MalformedFacet, Some("/facets/last4"), set("/facets/last4", value!("424"))),
        (P::MalformedFacet, Some("/facets/brand"), set("/facets/brand", value!("Visa"))),
        (P::MalformedFacet, Some("/facets"), edited(&good, |body| body["facets"]["cvc"] = value!("123"))),
        (
            P::FacetNotAllowed,
            Some("/facets/brand"),
            rebuilt(&phone_only, |parts| {
                parts.facets = Facets::from_pairs([("brand", "visa")]).unwrap();
            }),
        ),
        (
            P::FacetNotAllowed,
            Some("/facets/email"),
            rebuilt(&good, |parts| {
                parts.facets = Facets::from_pairs([("email", "ada@example.com")]).unwrap();
            }),
        ),
        (P::FieldCount, Some("/fields"), many(0)),
        (P::FieldCount, Some("/fields"), many(33)),
        (P::TagOrder, Some("/fields"), many(2)),
        (P::TagOrder, Some("/fields"), edited(&good, |body| body["fields"].as_array_mut().unwrap().reverse())),
        (P::EnvelopeTooLarge, Some("/locator"), set("/locator", value!(long))),
        (P::EnvelopeTooLarge, Some("/fields/0/envelope"), set("/fields/0/envelope", value!(long))),
        (P::MalformedEnvelope, Some("/locator"), set("/locator", value!("AAAA"))),
        (P::MalformedEnvelope, Some("/fields/0/envelope"), set("/fields/0/envelope", value!(b64u(&[2; 2000])))),
        (
            P::MalformedEnvelope,
            Some("/fields/0/envelope"),
            rebuilt(&good, |parts| {
                let mut bytes = parts.fields[0].envelope.as_bytes().to_vec();
                bytes.pop();
                parts.fields[0].envelope = Envelope::parse(bytes).unwrap();
            }),
        ),
        (P::LowOrderPoint, Some("/locator"), set("/locator", value!(with_point(&good.parts().locator, [0; 32])))),
        (
            P::LowOrderPoint,
            Some("/fields/1/envelope"),
            set("/fields/1/envelope", value!(with_point(&good.parts().fields[1].envelope, point_one))),
        ),
        (P::WrongEnvelopeKey, Some("/key_id"), set("/key_id", value!(KeyId([0; 16]).to_hex()))),
        (
            P::WrongEnvelopeKey,
            Some("/key_id"),
            set("/fields/0/envelope", value!(b64u(foreign.parts().fields[0].envelope.as_bytes()))),
        ),
        (P::WrongDepositId, Some("/id"), set("/id", value!("0".repeat(64)))),
        (P::WrongDepositId, Some("/id"), set("/reference", value!("ORDER-2"))),
        (P::WrongDepositId, Some("/id"), set("/fields/0/expires", value!("2028-12"))),
        (P::WrongSite, Some("/site"), rebuilt(&good, |parts| parts.site = Site::parse("other.example").unwrap())),
        (P::ManifestNotCurrent, Some("/manifest"), rebuilt(&good, |parts| parts.manifest = ManifestHash([0; 32]))),
        (P::UnknownKey, Some("/key_id"), foreign.to_json()),
        (
            P::UnknownKind,
            Some("/fields/0/kind"),
            rebuilt(&good, |parts| {
                parts.fields[0].kind = nightsafe_core::scalar::KindName::parse("passport").unwrap();
            }),
        ),
        (
            P::WrongExpiry,
            Some("/fields/2/expires"),
            rebuilt(&good, |parts| {
                parts.fields[2].expires = Month::parse("2029-01").unwrap();
            }),
        ),
    ]
}

#[tokio::test]
async fn every_type_is_provoked_and_stores_nothing() {
    let mut seen = BTreeSet::new();
    for found in [refused_bodies().await, refused_requests().await, outages().await] {
        seen.extend(found.into_iter().map(P::slug));
    }
    let ours = P::ALL.iter().filter(|kind| !ELSEWHERE.contains(kind));
    assert_eq!(seen, ours.map(|kind| kind.slug()).collect());
}

async fn refused_bodies() -> Vec<P> {
    let world = World::new().await;
    let mut seen = Vec::new();
    for (place, (expected, pointer, body)) in bodies(&world).into_iter().enumerate() {
        let response = world.post(body).await;
        assert!(response.status().is_client_error(), "{place}");
        let (found, at) = problem(response).await;
        assert_eq!((found, at.as_deref()), (expected, pointer), "number {place}");
        seen.push(found);
    }
    assert!(world.stored().await.is_empty());
    seen
}

async fn refused_requests() -> Vec<P> {
    let world = World::new().await;
    let good = world.deposit().to_json();
    let untyped = Request::post("/v1/deposits").body(Body::from(good.clone())).unwrap();
    let large = format!("{good}{}", " ".repeat(2 << 20));
    let seen = vec![
        problem(world.get("/v1/nothing").await).await.0,
        problem(world.get("/v1/deposits").await).await.0,
        problem(world.send(untyped).await).await.0,
        problem(world.post(large).await).await.0,
    ];
    assert_eq!(seen, [P::NotFound, P::MethodNotAllowed, P::UnsupportedMediaType, P::BodyTooLarge]);
    assert!(world.stored().await.is_empty());
    seen
}

async fn outages() -> Vec<P> {
    vec![no_manifest().await, no_table().await, full_queue().await, retired_key().await]
}

async fn retired_key() -> P {
    let world = World::new().await;
    let good = world.deposit().to_json();
    world.clock.set(world.manifest.data_keys[1].start.plus_days(4));
    let found = problem(world.post(good).await).await.0;
    assert_eq!(found, P::KeyRetired);
    assert!(world.stored().await.is_empty());
    found
}

async fn no_manifest() -> P {
    let world = World::new().await;
    let good = world.deposit().to_json();
    std::fs::remove_file(world.files.folder.join("fields/key-manifest")).unwrap();
    let found = problem(world.post(good).await).await.0;
    assert_eq!(found, P::ManifestUnavailable);
    for path in ["/v1/timestamp", "/readyz"] {
        assert_eq!(problem(world.get(path).await).await.0, found);
    }
    assert_eq!(world.get("/healthz").await.status(), 200);
    found
}

async fn no_table() -> P {
    let world = World::new().await;
    let mut connection = connect(&world).await;
    let rename = sqlx::raw_sql("ALTER TABLE deposit RENAME TO gone");
    rename.execute(&mut connection).await.unwrap();
    let found = problem(world.post(world.deposit().to_json()).await).await.0;
    assert_eq!(found, P::StorageUnavailable);
    found
}

async fn full_queue() -> P {
    let world = World::with_limits(WriterLimits { queue: 1, batch: 1, ..WriterLimits::default() }).await;
    let mut connection = connect(&world).await;
    let lock = connection.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let sent = world.deposit().to_json();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..6 {
        tasks.spawn(tower::ServiceExt::oneshot(world.router.clone(), post(sent.clone())));
    }
    let first = tasks.join_next().await.unwrap().unwrap().unwrap();
    let found = problem(first).await.0;
    assert_eq!(found, P::Busy);
    lock.rollback().await.unwrap();
    tasks.join_all().await;
    assert_eq!(world.stored().await.len(), 1);
    found
}

async fn connect(world: &World) -> sqlx::SqliteConnection {
    let path = world.folder.path().join("outbox.db");
    sqlx::SqliteConnection::connect(path.to_str().unwrap()).await.unwrap()
}
