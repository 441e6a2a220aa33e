//! TLS behind a real listener, and certificates that are exchanged while it runs.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "helpers of tests fail the test")]

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use nightsafe_serve::config::{AbsolutePath, Listen, Secret};
use nightsafe_serve::service::Service;
use nightsafe_serve::tls::{Tls, TlsError, TlsFiles};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

const PATIENCE: Duration = Duration::from_secs(10);

struct Site {
    folder: tempfile::TempDir,
}

/// A self-signed certificate.
struct Pair {
    certificate: CertificateDer<'static>,
    certificate_pem: String,
    key_pem: String,
}

fn pair() -> Pair {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(vec!["shop.example".to_owned()]).unwrap();
    Pair { certificate: cert.der().clone(), certificate_pem: cert.pem(), key_pem: signing_key.serialize_pem() }
}

impl Site {
    fn new(pair: &Pair) -> Self {
        let site = Self { folder: tempfile::tempdir().unwrap() };
        site.write(pair);
        site
    }

    fn files(&self) -> TlsFiles {
        let key = self.folder.path().join("key.pem");
        TlsFiles {
            certificate: AbsolutePath::new(self.folder.path().join("cert.pem")).unwrap(),
            key: Secret::parse(key.to_str().unwrap()).unwrap(),
        }
    }

    /// As certificate tools do: each file in one step, one after the other.
    fn write(&self, pair: &Pair) {
        replace(&self.folder.path().join("cert.pem"), &pair.certificate_pem);
        replace(&self.folder.path().join("key.pem"), &pair.key_pem);
    }
}

fn replace(path: &Path, text: &str) {
    let new = path.with_extension("new");
    std::fs::write(&new, text).unwrap();
    std::fs::set_permissions(&new, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::rename(new, path).unwrap();
}

struct Running {
    address: SocketAddr,
    _end: oneshot::Sender<()>,
}

async fn start(site: &Site, head_seconds: u32) -> Running {
    let files = site.files();
    let listen: Listen = toml::from_str(&format!(
        "address = \"127.0.0.1:0\"\nhead_seconds = {head_seconds}\ntls.certificate = {:?}\ntls.key = {:?}",
        files.certificate.display(),
        files.key.path().unwrap().display()
    ))
    .unwrap();
    let mut service = Service::default();
    let router = Router::new().route("/", get(|| async { "hello" }));
    let address = service.listen("test", &listen, router).await.unwrap();
    let (end, asked) = oneshot::channel();
    tokio::spawn(service.run(async {
        let _: Result<(), _> = asked.await;
    }));
    Running { address, _end: end }
}

/// Connects, trusting `certificate` and nothing else.
async fn connect(address: SocketAddr, certificate: &CertificateDer<'static>) -> Option<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("shop.example").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.ok()
}

async fn ask(stream: &mut TlsStream<TcpStream>) -> String {
    stream.write_all(b"GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n").await.unwrap();
    let mut answer = vec![0; 4096];
    let length = stream.read(&mut answer).await.unwrap();
    String::from_utf8(answer[..length].to_vec()).unwrap()
}

/// Waits until new connections get `certificate`.
async fn wait_for(address: SocketAddr, certificate: &CertificateDer<'static>) -> TlsStream<TcpStream> {
    let waited = tokio::time::timeout(PATIENCE, async {
        loop {
            match connect(address, certificate).await {
                Some(stream) => break stream,
                None => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    });
    waited.await.unwrap()
}

#[tokio::test]
async fn replaced_files_are_served_to_new_connections_and_old_ones_go_on() {
    let (first, second, third) = (pair(), pair(), pair());
    let site = Site::new(&first);
    let running = start(&site, 30).await;
    let mut old = connect(running.address, &first.certificate).await.unwrap();
    assert!(ask(&mut old).await.ends_with("hello"));

    // A certificate without its key, and half a file: the one before stays in use
    replace(&site.folder.path().join("cert.pem"), &second.certificate_pem);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert!(connect(running.address, &first.certificate).await.is_some());
    replace(&site.folder.path().join("key.pem"), "-----BEGIN PRIVATE KEY-----\nMIG");
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert!(connect(running.address, &first.certificate).await.is_some());

    replace(&site.folder.path().join("key.pem"), &second.key_pem);
    let mut new = wait_for(running.address, &second.certificate).await;
    assert!(ask(&mut new).await.ends_with("hello"));
    assert!(connect(running.address, &first.certificate).await.is_none());
    assert!(ask(&mut old).await.ends_with("hello"), "the old connection ended");

    site.write(&third);
    wait_for(running.address, &third.certificate).await;
    assert!(ask(&mut old).await.ends_with("hello") && ask(&mut new).await.ends_with("hello"));
}

#[tokio::test]
async fn who_does_not_shake_hands_is_let_go() {
    let first = pair();
    let site = Site::new(&first);
    let running = start(&site, 1).await;
    for sent in [b"".as_slice(), b"GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n"] {
        let mut stream = TcpStream::connect(running.address).await.unwrap();
        stream.write_all(sent).await.unwrap();
        let mut answer = Vec::new();
        let waited = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
        assert!(waited.is_ok(), "the connection is still open");
        assert!(!answer.starts_with(b"HTTP"));
    }
}

#[test]
fn what_is_wrong_with_the_files_is_said() {
    let (first, second) = (pair(), pair());
    let site = Site::new(&first);
    let error = || Tls::load(site.files()).unwrap_err();
    assert!(Tls::load(site.files()).is_ok());
    replace(&site.folder.path().join("key.pem"), &second.key_pem);
    assert!(matches!(error(), TlsError::Rustls(_)));
    replace(&site.folder.path().join("key.pem"), "x");
    assert!(matches!(error(), TlsError::Key));
    replace(&site.folder.path().join("cert.pem"), &first.key_pem);
    assert!(matches!(error(), TlsError::Certificate(_)));
    std::fs::set_permissions(site.folder.path().join("key.pem"), std::fs::Permissions::from_mode(0o644)).unwrap();
    replace(&site.folder.path().join("cert.pem"), &first.certificate_pem);
    assert!(matches!(error(), TlsError::Secret(_)));
}
