//! One origin of a release, served from memory: bytes that were compared with what was signed when they were taken in, and
//! that nobody who writes to a disk changes afterwards.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::IntoResponse;
use hyper::body::Bytes;
use nightsafe_core::release::{ALL_PATHS, FilePath, Headers, Mismatch, NOTE_PATH, PROOF_PATH, Place, SiteRelease};
use nightsafe_proto::problem::ProblemType;

use super::server::with_descriptions;
use super::{Finding, INVALID_PROOF, verify_proof};
use crate::problem::Problem;

/// The files of an origin, and what describes the release, with the headers of each.
#[derive(Debug)]
pub struct Held {
    paths: BTreeMap<String, (HeaderMap, Bytes)>,
    /// Those of every answer.
    all: HeaderMap,
}

impl Held {
    /// Takes an origin's files in, by their paths; and where the release names a log, the proof that it is in there.
    ///
    /// # Errors
    /// All that differs from the release; nothing can be served then.
    pub fn take(
        release: &SiteRelease,
        place: &Place,
        note: &str,
        proof: Option<&str>,
        mut files: BTreeMap<FilePath, Vec<u8>>,
    ) -> Result<Self, Vec<Finding>> {
        let mut descriptions = release.descriptions();
        descriptions.push((NOTE_PATH.to_owned(), note.to_owned()));
        let described = with_descriptions(place, &descriptions);
        let headers = |path: &str| {
            let not_headers =
                || Finding::new("invalid_manifest", place.url(path), "has headers that no answer can have");
            to_map(&described.headers_of(path)).ok_or_else(not_headers)
        };
        let (mut paths, mut findings) = (BTreeMap::new(), Vec::new());
        for path in place.files.keys() {
            let url = place.url(path.as_str());
            let Some(bytes) = files.remove(path) else {
                findings.push(Finding::new("file_missing", url, "is not there"));
                continue;
            };
            match (place.check_file(path.as_str(), &bytes), headers(path.as_str())) {
                (Ok(()), Ok(headers)) => drop(paths.insert(path.as_str().to_owned(), (headers, Bytes::from(bytes)))),
                (Err(mismatch), _) => findings.push(Finding::new(mismatch.code(), url, mismatch)),
                (_, Err(finding)) => findings.push(finding),
            }
        }
        for path in files.keys() {
            let said = Mismatch::MissingFromManifest;
            findings.push(Finding::new(said.code(), place.url(path.as_str()), said));
        }
        if let Some(log) = &release.log {
            let text = proof.unwrap_or_default();
            if let Err(said) = verify_proof(text, release, log) {
                findings.push(Finding::new(INVALID_PROOF, place.url(PROOF_PATH), said));
            }
            descriptions.push((PROOF_PATH.to_owned(), text.to_owned()));
        }
        for (path, text) in &descriptions {
            match headers(path) {
                Ok(headers) => drop(paths.insert(path.clone(), (headers, Bytes::from(text.clone())))),
                Err(finding) => findings.push(finding),
            }
        }
        match headers(ALL_PATHS) {
            Ok(all) if findings.is_empty() => Ok(Self { paths, all }),
            Ok(_) => Err(findings),
            Err(finding) => Err([findings, vec![finding]].concat()),
        }
    }

    /// Answers from memory. `within` puts more around it, whose own answers get the headers of every answer, too.
    pub fn router(self, within: impl FnOnce(Router) -> Router) -> Router {
        let held = Arc::new(self);
        let router = within(Router::new().fallback(answer).with_state(Arc::clone(&held)));
        crate::api::wrap_logged(router).layer(from_fn_with_state(held, add_headers))
    }
}

async fn answer(State(held): State<Arc<Held>>, request: Request) -> Response<Body> {
    let is_head = request.method() == Method::HEAD;
    if !is_head && request.method() != Method::GET {
        return Problem::new(ProblemType::MethodNotAllowed).into_response();
    }
    let Some((headers, bytes)) = held.paths.get(request.uri().path()) else {
        return Problem::new(ProblemType::NotFound).into_response();
    };
    let mut headers = headers.clone();
    headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    let body = if is_head { Body::empty() } else { Body::from(bytes.clone()) };
    (headers, body).into_response()
}

async fn add_headers(State(held): State<Arc<Held>>, request: Request, next: Next) -> Response<Body> {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in &held.all {
        // A file has its own, which win
        headers.entry(name).or_insert_with(|| value.clone());
    }
    response
}

fn to_map(headers: &Headers) -> Option<HeaderMap> {
    let pair = |(name, value): (&String, &String)| {
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value).ok()?))
    };
    headers.iter().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use http_body_util::BodyExt;
    use nightsafe_core::anchor::Origin;
    use nightsafe_core::release::File;
    use tower::ServiceExt;

    use super::*;

    type Files = BTreeMap<FilePath, Vec<u8>>;

    const PAGE: &[u8] = b"<!doctype html><title>Admin</title>";
    const STYLE: &[u8] = b"p{margin:0}";

    fn path(text: &str) -> FilePath {
        FilePath::parse(text).unwrap()
    }

    fn files() -> Files {
        BTreeMap::from([(path("/"), PAGE.to_vec()), (path("/a.css"), STYLE.to_vec())])
    }

    /// What `nightsafe site build` describes has more; of the admin site only these count here.
    fn release() -> SiteRelease {
        let pairs = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let place = Place {
            origin: Origin::parse("http://localhost:4804").unwrap(),
            files: BTreeMap::from([(path("/"), File::of(PAGE, None)), (path("/a.css"), File::of(STYLE, None))]),
            headers: BTreeMap::from([
                ("*".to_owned(), pairs(&[("Cache-Control", "no-store"), ("X-Frame-Options", "DENY")])),
                ("/".to_owned(), pairs(&[("Content-Type", "text/html; charset=utf-8")])),
                ("/a.css".to_owned(), pairs(&[("Content-Type", "text/css"), ("Cache-Control", "no-cache")])),
            ]),
        };
        let fields = Place { origin: Origin::parse("https://fields.example").unwrap(), ..place.clone() };
        SiteRelease {
            site: nightsafe_core::scalar::Site::parse("shop.example").unwrap(),
            version: "1".to_owned(),
            sequence: 1,
            created: nightsafe_core::time::UnixTime::from_seconds(0),
            expires: nightsafe_core::time::UnixTime::from_seconds(1),
            made_with: nightsafe_core::release::MadeWith {
                version: "1".to_owned(),
                source_commit: "unknown".to_owned(),
                toolchain: "none".to_owned(),
                modules: BTreeMap::new(),
            },
            log: None,
            element: None,
            programs: BTreeMap::new(),
            key_manifest: nightsafe_core::release::KeyManifestId {
                sequence: 1,
                hash: nightsafe_core::scalar::ManifestHash([0; 32]),
            },
            fields,
            admin: place,
        }
    }

    fn take(files: Files) -> Result<Held, Vec<Finding>> {
        let release = release();
        Held::take(&release, &release.admin, "the note", None, files)
    }

    async fn ask(method: Method, path: &str) -> (StatusCode, HeaderMap, Bytes) {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let response = take(files()).unwrap().router(|inner| inner).oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        (head.status, head.headers, body.collect().await.unwrap().to_bytes())
    }

    #[tokio::test]
    async fn each_path_has_its_bytes_and_headers_and_errors_have_those_of_all() {
        let (status, headers, body) = ask(Method::GET, "/a.css?x=1").await;
        assert_eq!((status, &body[..]), (StatusCode::OK, STYLE));
        assert_eq!(
            (&headers["cache-control"], &headers["content-type"]),
            (&"no-cache".parse().unwrap(), &"text/css".parse().unwrap())
        );
        assert_eq!(headers["x-frame-options"], "DENY");
        let (status, headers, body) = ask(Method::HEAD, "/").await;
        assert_eq!((status, body.len(), &headers["content-length"]), (StatusCode::OK, 0, &PAGE.len().into()));
        let (_, headers, body) = ask(Method::GET, "/site-release").await;
        assert_eq!(
            (&body[..], &headers["content-type"]),
            (&b"the note"[..], &"text/plain; charset=utf-8".parse().unwrap())
        );
        for (method, path, wanted) in [
            (Method::GET, "/b.css", StatusCode::NOT_FOUND),
            (Method::GET, "//a.css", StatusCode::NOT_FOUND),
            (Method::GET, "/%61.css", StatusCode::NOT_FOUND),
            (Method::GET, "/a.css/", StatusCode::NOT_FOUND),
            (Method::POST, "/", StatusCode::METHOD_NOT_ALLOWED),
        ] {
            let (status, headers, _) = ask(method, path).await;
            assert_eq!((status, &headers["x-frame-options"]), (wanted, &"DENY".parse().unwrap()), "{path}");
            assert_eq!(
                (&headers["content-type"], &headers["cache-control"]),
                (&"application/problem+json".parse().unwrap(), &"no-store".parse().unwrap())
            );
        }
    }

    #[test]
    fn a_release_that_nothing_shows_in_its_log_is_not_taken() {
        let mut release = release();
        let key = nightsafe_core::note::NoteSigner::from_seed("shop.example/release-log", &[1; 32]).unwrap();
        release.log = Some(key.vkey().clone());
        for proof in [None, Some(""), Some("c2sp.org/tlog-proof@v1\nindex 0\n\nx")] {
            let found = Held::take(&release, &release.admin, "the note", proof, files()).unwrap_err();
            assert_eq!(found.iter().map(|finding| finding.code).collect::<Vec<_>>(), [INVALID_PROOF]);
        }
    }

    #[test]
    fn what_is_not_as_signed_is_not_taken() {
        let found = |change: &dyn Fn(&mut Files)| {
            let mut files = files();
            change(&mut files);
            take(files).unwrap_err().into_iter().map(|finding| (finding.code, finding.what)).collect::<Vec<_>>()
        };
        let style = || "http://localhost:4804/a.css".to_owned();
        assert_eq!(found(&|files| drop(files.remove(&path("/a.css")))), [("file_missing", style())]);
        assert_eq!(found(&|files| files.get_mut(&path("/a.css")).unwrap()[0] ^= 1), [("no_manifest_match", style())]);
        let more = "http://localhost:4804/b.css".to_owned();
        assert_eq!(found(&|files| drop(files.insert(path("/b.css"), vec![]))), [("missing_from_manifest", more)]);
    }
}
