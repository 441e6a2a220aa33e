use std::fs;
use std::path::Path;
use std::time::Duration;

use axum::http::header::{ALLOW, CONTENT_SECURITY_POLICY};
use http_body_util::BodyExt;
use tower::ServiceExt;

use super::*;

struct Site {
    folder: tempfile::TempDir,
    router: Router,
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("site");
        fs::create_dir_all(root.join("sub")).unwrap();
        fs::create_dir_all(root.join(".well-known/waict/manifests")).unwrap();
        fs::create_dir_all(root.join(".well-known/.git")).unwrap();
        for (name, text) in [
            ("index.html", "<!doctype html>"),
            ("checkout-0123456789abcdef.wasm", "\0asm"),
            ("loader-0123456789abcdef.js", "export {}"),
            ("plain.css", "a{}"),
            ("key-manifest", "a note"),
            ("data-key-00", "a key"),
            (".hidden", "no"),
            (".well-known/waict/manifests/abc", "{}\n\n"),
            (".well-known/.git/config", "no"),
            ("sub/page.html", "page"),
        ] {
            fs::write(root.join(name), text).unwrap();
        }
        fs::write(folder.path().join("secret.txt"), "outside").unwrap();
        std::os::unix::fs::symlink(folder.path().join("secret.txt"), root.join("link.txt")).unwrap();
        let headers = folder.path().join("headers.json");
        write_headers(&headers, "default-src 'none'");
        let router = router(StaticFolder { root, headers, readable_by_all: true }).unwrap();
        Self { folder, router }
    }

    fn root(&self) -> std::path::PathBuf {
        self.folder.path().join("site")
    }

    async fn get(&self, path: &str) -> Response<Body> {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    async fn send(&self, request: Request) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }
}

fn write_headers(path: &Path, policy: &str) {
    let text = format!(
        "{{\"*\":{{\"Content-Security-Policy\":\"{policy}\",\"X-All\":\"1\"}},\
         \"/plain.css\":{{\"x-all\":\"2\",\"cache-control\":\"no-store\"}}}}"
    );
    fs::write(path, text).unwrap();
}

fn header(response: &Response<Body>, name: &str) -> String {
    let values: Vec<_> = response.headers().get_all(name).iter().collect();
    assert!(values.len() <= 1, "{name} is there twice");
    values.first().map_or(String::new(), |value| value.to_str().unwrap().to_owned())
}

async fn text(response: Response<Body>) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn types_and_caching_follow_the_name() {
    let site = Site::new();
    for (path, media_type, caching) in [
        ("/", "text/html; charset=utf-8", "no-store, no-transform"),
        ("/sub/page.html", "text/html; charset=utf-8", "no-store, no-transform"),
        ("/key-manifest", "text/plain; charset=utf-8", "no-store, no-transform"),
        ("/checkout-0123456789abcdef.wasm", "application/wasm", "no-cache, no-transform"),
        ("/loader-0123456789abcdef.js", "text/javascript; charset=utf-8", "no-cache, no-transform"),
        ("/plain.css", "text/css; charset=utf-8", "no-store"),
        ("/.well-known/waict/manifests/abc", "application/waict-integrity-manifest", "no-store, no-transform"),
        ("/data-key-00", "application/octet-stream", "public, max-age=31536000, immutable, no-transform"),
    ] {
        let response = site.get(path).await;
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(header(&response, "content-type"), media_type);
        assert_eq!(header(&response, "cache-control"), caching);
        assert_eq!(header(&response, "x-content-type-options"), "nosniff");
        assert_eq!(header(&response, "access-control-allow-origin"), "*");
    }
}

#[tokio::test]
async fn every_answer_has_the_headers() {
    let site = Site::new();
    let requests = [
        Request::get("/").body(Body::empty()).unwrap(),
        Request::get("/nothing").body(Body::empty()).unwrap(),
        Request::get("/%2e%2e/secret.txt").body(Body::empty()).unwrap(),
        Request::post("/").body(Body::empty()).unwrap(),
        Request::head("/plain.css").body(Body::empty()).unwrap(),
        Request::builder().method("OPTIONS").uri("*").body(Body::empty()).unwrap(),
    ];
    for request in requests {
        let what = format!("{} {}", request.method(), request.uri());
        let response = site.send(request).await;
        assert_eq!(header(&response, "content-security-policy"), "default-src 'none'", "{what}");
        assert_ne!(header(&response, "x-all"), "", "{what}");
        assert_ne!(header(&response, "x-request-id"), "", "{what}");
        assert!(response.headers().get(ALLOW).is_none());
    }
    let response = site.get("/plain.css").await;
    assert_eq!(header(&response, "x-all"), "2");
    // Its caching and type are not those of an error in its place
    fs::write(
        site.folder.path().join("headers.json"),
        r#"{"*":{"Cache-Control":"no-cache"},"/lost":{"Cache-Control":"max-age=31536000, immutable","Content-Type":"text/x",
            "Signature":"s1=:AA==:","Signature-Input":"s1=()","Unencoded-Digest":"sha-512=:AA==:"},
            "/plain.css":{"Content-Type":"text/x","Unencoded-Digest":"sha-512=:AA==:"}}"#,
    )
    .unwrap();
    let lost = site.get("/lost").await;
    assert_eq!(header(&lost, "cache-control"), "no-store, no-transform");
    assert_eq!(header(&lost, "content-type"), "application/problem+json");
    assert!(OF_BYTES.iter().all(|name| header(&lost, name).is_empty()), "nothing signed the error");
    let found = site.get("/plain.css").await;
    assert_eq!(header(&found, "unencoded-digest"), "sha-512=:AA==:");
    assert_eq!((header(&found, "cache-control"), header(&found, "content-type")), ("no-cache".into(), "text/x".into()));
}

#[tokio::test]
async fn nothing_outside_of_the_folder_is_served() {
    let site = Site::new();
    for path in [
        "/../secret.txt",
        "/sub/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/.hidden",
        "/.well-known",
        "/.well-known/.git/config",
        "/sub/.well-known/x",
        "/link.txt",
        "/sub",
        "//secret.txt",
        "/sub//page.html",
        "/a%00b",
        "/nothing.html",
    ] {
        let response = site.get(path).await;
        assert_eq!(response.status(), 404, "{path}");
        assert_eq!(header(&response, "content-type"), "application/problem+json");
        assert!(!text(response).await.contains("outside"));
    }
}

#[tokio::test]
async fn a_changed_byte_is_served_at_once() {
    let site = Site::new();
    let path = "/checkout-0123456789abcdef.wasm";
    let file = site.root().join("checkout-0123456789abcdef.wasm");
    fs::write(site.root().join("checkout-0123456789abcdef.wasm.br"), "packed").unwrap();
    fs::write(site.root().join("checkout-0123456789abcdef.wasm.gz"), "zipped").unwrap();
    // The clock of a file system may be coarse: make "before" certain
    let before = fs::metadata(&file).unwrap().modified().unwrap() - Duration::from_secs(60);
    for name in [file.clone(), file.with_extension("wasm.br"), file.with_extension("wasm.gz")] {
        let file = fs::File::options().append(true).open(name).unwrap();
        file.set_modified(before).unwrap();
    }
    let ask = |tag: String| {
        Request::get(path)
            .header("accept-encoding", "gzip, br;q=1.0")
            .header("if-none-match", tag)
            .body(Body::empty())
            .unwrap()
    };
    let first = site.send(ask(String::new())).await;
    assert_eq!(header(&first, "content-encoding"), "br");
    assert_eq!(header(&first, "vary"), "Accept-Encoding");
    let tag = header(&first, "etag");
    assert_eq!(text(first).await, "packed");
    let same = site.send(ask(tag.clone())).await;
    assert_eq!(same.status(), StatusCode::NOT_MODIFIED);
    assert!(same.headers().contains_key(CONTENT_SECURITY_POLICY));

    let identity = site.get(path).await;
    assert_eq!(header(&identity, "content-encoding"), "");
    assert_eq!(text(identity).await, "\0asm");
    for (accepted, encoding, body) in
        [("gzip", "gzip", "zipped"), ("gzip, br", "br", "packed"), ("br;q=0, gzip;q=0.5", "gzip", "zipped")]
    {
        let answer = Request::get(path).header("accept-encoding", accepted).body(Body::empty()).unwrap();
        let answer = site.send(answer).await;
        assert_eq!(header(&answer, "content-encoding"), encoding);
        assert_eq!(header(&answer, "vary"), "Accept-Encoding");
        assert_eq!(text(answer).await, body);
    }
    let refused = Request::get(path).header("accept-encoding", "br;q=0");
    let refused = site.send(refused.body(Body::empty()).unwrap()).await;
    assert_eq!(header(&refused, "content-encoding"), "");

    fs::write(&file, "\0asn").unwrap();
    let changed = site.send(ask(tag)).await;
    assert_eq!(changed.status(), 200);
    assert_eq!(header(&changed, "content-encoding"), "");
    assert_eq!(text(changed).await, "\0asn");
}

#[tokio::test]
async fn head_has_the_length_and_no_body() {
    let site = Site::new();
    let response = site.send(Request::head("/key-manifest").body(Body::empty()).unwrap()).await;
    assert_eq!(header(&response, "content-length"), "6");
    assert_eq!(text(response).await, "");
}

#[tokio::test]
async fn headers_are_read_again_and_bad_ones_do_not_replace_good_ones() {
    let site = Site::new();
    let file = site.folder.path().join("headers.json");
    write_headers(&file, "default-src 'self'; img-src 'none'");
    let policy = header(&site.get("/").await, "content-security-policy");
    assert_eq!(policy, "default-src 'self'; img-src 'none'");
    for bad in ["", "{\"*\":[]}", "{\"x\":{}}", "{\"*\":{\"a b\":\"\"}}", "{\"*\":{\"A\":\"1\",\"a\":\"2\"}}"] {
        fs::write(&file, bad).unwrap();
        assert_eq!(header(&site.get("/").await, "content-security-policy"), policy);
        let folder = StaticFolder { root: site.root(), headers: file.clone(), readable_by_all: false };
        assert!(router(folder).is_err(), "{bad}");
    }
}
