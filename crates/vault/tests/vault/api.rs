//! The API's edges: who may ask, what is refused, which headers go out.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use nightsafe_core::policy::builtin;
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::vault::openings::{Open, OpenDeposit, OpenField, Opened, Purpose};
use nightsafe_proto::vault::search::{Found, Search};
use nightsafe_proto::wire::Hex;

use crate::fixture::{ADMIN_ORIGIN, Vault, phone};

#[tokio::test]
async fn nothing_answers_without_a_session() {
    let vault = Vault::new().await;
    let wrong = ["", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", &"A".repeat(2000)];
    for token in wrong {
        for path in ["/v1/custody", "/v1/manifests", "/v1/identity", "/v1/roster", "/v1/sessions", "/v1/kit"] {
            assert_eq!(vault.get(path, token).await.problem(), ProblemType::SignInRequired);
        }
        for path in [
            "/v1/deposits/search",
            "/v1/openings",
            "/v1/logout",
            "/v1/identity",
            "/v1/grants",
            "/v1/log/record",
            "/v1/kit/start",
            "/v1/kit/finish",
            "/v1/kit/drop",
            "/v1/passphrase/start",
            "/v1/passphrase/finish",
            "/v1/session/resume",
            "/v1/session/identity",
            "/v1/session/use",
            "/v1/sessions/end",
            "/v1/sessions/end-others",
            "/v1/settings",
        ] {
            assert_eq!(vault.post_text(path, token, "{}".into()).await.problem(), ProblemType::SignInRequired);
        }
    }
    for path in ["/healthz", "/readyz"] {
        assert_eq!(vault.get(path, "").await.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(vault.get("/v1/nothing", "").await.problem(), ProblemType::NotFound);
    assert_eq!(vault.get("/v1/openings", "").await.problem(), ProblemType::MethodNotAllowed);
}

/// It is for whoever writes a client: no session is asked for.
#[tokio::test]
async fn the_openapi_document_is_served_as_it_is_in_the_docs() {
    let vault = Vault::new().await;
    let answer = vault.get("/v1/openapi.json", "").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
    let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi/vault.json");
    assert_eq!(answer.body, std::fs::read_to_string(committed).unwrap().trim_end().as_bytes());
}

#[tokio::test]
async fn nothing_is_cached_and_only_the_admin_origin_may_read() {
    let vault = Vault::new().await;
    let token = vault.sign_in().await;
    for (path, token) in [("/v1/custody", token.as_str()), ("/v1/custody", ""), ("/nowhere", "")] {
        let answer = vault.get(path, token).await;
        assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
        assert_eq!(answer.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    }
    for (origin, allowed) in [(ADMIN_ORIGIN, true), ("http://localhost:4801", false), ("null", false)] {
        let preflight = Request::builder()
            .method("OPTIONS")
            .uri("/v1/openings")
            .header(header::ORIGIN, origin)
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
            .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "content-type,nightsafe-tab")
            .body(Body::empty())
            .unwrap();
        let plain = Request::builder().uri("/v1/custody").header(header::ORIGIN, origin).body(Body::empty()).unwrap();
        for request in [preflight, plain] {
            let answer = vault.send(request).await;
            let given = answer.headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
            assert_eq!(given.is_some_and(|given| given == origin), allowed, "{origin}");
            assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_CREDENTIALS], "true");
        }
    }
}

#[tokio::test]
async fn search_goes_page_by_page() {
    let vault = Vault::new().await;
    let deposits: Vec<_> = (0..7).map(|n| vault.seal(&format!("ORDER-{n}"), &[("phone", phone())])).collect();
    vault.ingest(&deposits.iter().collect::<Vec<_>>()).await;
    vault.puller().await.step().await.unwrap();
    let token = vault.sign_in().await;
    let mut search = Search { limit: Some(3), day: Some("2026-11-21".into()), ..Search::default() };
    let mut sizes = Vec::new();
    loop {
        let found: Found = vault.post("/v1/deposits/search", &token, &search).await.json();
        sizes.push(found.deposits.len());
        search.after = found.next;
        if search.after.is_none() {
            break;
        }
    }
    assert_eq!(sizes, [3, 3, 1]);
    let bad = [
        Search { limit: Some(0), ..Search::default() },
        Search { limit: Some(101), ..Search::default() },
        Search { after: Some("x".into()), ..Search::default() },
        Search { last4: Some("12".into()), ..Search::default() },
    ];
    for search in bad {
        assert_eq!(vault.post("/v1/deposits/search", &token, &search).await.problem(), ProblemType::MalformedSearch);
    }
}

#[tokio::test]
async fn openings_that_cannot_be_are_refused_whole() {
    let vault = Vault::new().await;
    let deposit = vault.with_order("ORDER-1").await;
    let token = vault.sign_in().await;
    let open = |kind: &str| OpenField { kind: kind.into(), index: 0, tag: Hex([0; 32]) };
    let one = |id: [u8; 32], kind: &str| OpenDeposit { deposit_id: Hex(id), open: vec![open(kind)], check: vec![] };
    let known = deposit.id().0;
    for (deposits, expected) in [
        (vec![one(known, "card"), one([9; 32], "card")], ProblemType::UnknownDeposit),
        (vec![one(known, "No Kind")], ProblemType::MalformedMember),
        (vec![one(known, "card"); 101], ProblemType::BatchTooLarge),
    ] {
        let batch = Open { purpose: Some(Purpose::Ship), deposits, log: None };
        assert_eq!(vault.post("/v1/openings", &token, &batch).await.problem(), expected);
    }
    let check = OpenDeposit { deposit_id: Hex(known), open: vec![], check: vec![Hex([0; 32]); 1601] };
    let batch = Open { purpose: Some(Purpose::Ship), deposits: vec![check], log: None };
    assert_eq!(vault.post("/v1/openings", &token, &batch).await.problem(), ProblemType::BatchTooLarge);
    assert_eq!(vault.store.openings(&deposit.id()).await.unwrap(), []);

    let purposeless = Open { purpose: None, deposits: vec![one(known, "card")], log: None };
    assert_eq!(vault.post("/v1/openings", &token, &purposeless).await.problem(), ProblemType::MalformedJson);
    let curious = r#"{"purpose":"curiosity","deposits":[]}"#;
    assert_eq!(vault.post_text("/v1/openings", &token, curious.into()).await.problem(), ProblemType::MalformedJson);
}

#[tokio::test]
async fn only_what_the_policy_lets_admins_open_is_handed_out() {
    let mut kinds = builtin();
    for kind in &mut kinds {
        match kind.name.as_str() {
            "phone" => kind.open = vec!["support".into(), "admin".into()],
            _ => kind.open = vec!["support".into(), "admins".into()],
        }
    }
    let vault = Vault::with_policy(kinds).await;
    let deposit = vault.with_order("ORDER-1").await;
    let token = vault.sign_in().await;
    let tag = |name: &str| {
        let field = deposit.parts().fields.iter().find(|field| field.kind.as_str() == name);
        field.map_or(Hex([0; 32]), |field| Hex(field.tag.0))
    };
    let batch = |kinds: &[&str]| {
        let open = |kind: &&str| OpenField { kind: (*kind).into(), index: 0, tag: tag(kind) };
        let one = OpenDeposit {
            deposit_id: Hex(deposit.id().0),
            open: kinds.iter().map(open).collect(),
            check: vec![tag("card"), tag("phone")],
        };
        Open { purpose: Some(Purpose::Contact), deposits: vec![one], log: None }
    };
    for kinds in [&["card"][..], &["phone", "card"], &["no.such.kind"]] {
        let refused = vault.post("/v1/openings", &token, &batch(kinds)).await;
        assert_eq!(refused.problem(), ProblemType::OpeningNotAllowed);
        let pointer = format!("/deposits/0/open/{}/kind", kinds.len() - 1);
        assert!(String::from_utf8_lossy(&refused.body).contains(&pointer));
    }
    assert_eq!(vault.store.openings(&deposit.id()).await.unwrap(), []);
    // A check hands nothing out
    let checked: Opened = vault.post("/v1/openings", &token, &batch(&[])).await.json();
    assert_eq!(checked.deposits[0].present.len(), 2);
    let opened: Opened = vault.post("/v1/openings", &token, &batch(&["phone"])).await.json();
    assert_eq!(opened.deposits[0].rows.len(), 1);

    // Without the manifest, there is no policy that would let anything open
    sqlx::query("DELETE FROM manifest").execute(&mut vault.raw().await).await.unwrap();
    let refused = vault.post("/v1/openings", &token, &batch(&["phone"])).await;
    assert_eq!(refused.problem(), ProblemType::OpeningNotAllowed);
}

#[tokio::test]
async fn a_check_takes_no_purpose_and_leaves_no_record() {
    let vault = Vault::new().await;
    let deposit = vault.with_order("ORDER-1").await;
    let token = vault.sign_in().await;
    let check: Vec<_> = deposit.parts().fields.iter().map(|field| Hex(field.tag.0)).collect();
    let deposits = vec![OpenDeposit { deposit_id: Hex(deposit.id().0), open: vec![], check }];
    let batch = Open { purpose: None, deposits, log: None };
    let answer: Opened = vault.post("/v1/openings", &token, &batch).await.json();
    assert_eq!((answer.deposits[0].present.len(), answer.deposits[0].rows.len()), (2, 0));
    assert_eq!(vault.store.openings(&deposit.id()).await.unwrap(), []);
}
