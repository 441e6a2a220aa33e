//! Whom a relay's client believes to be the relay.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use nightsafe_core::anchor::Origin;
use nightsafe_core::note::NoteSigner;
use nightsafe_serve::clock::SystemClock;
use nightsafe_serve::config::{AbsolutePath, Secret};
use nightsafe_serve::server::{self, Setup};
use nightsafe_serve::tls::{Tls, TlsFiles};
use nightsafe_vault::{AuthoritiesError, ClientTls, Relay, RelayConfig, RelayError, Source, SourceError};
use rcgen::{CertifiedKey, generate_simple_self_signed};

/// A relay with an empty outbox, whose certificate is for `name`; gives its port.
async fn relay(folder: &Path, name: &str) -> u16 {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    for (file, text) in [("cert.pem", cert.pem()), ("key.pem", signing_key.serialize_pem())] {
        std::fs::write(folder.join(file), text).unwrap();
        std::fs::set_permissions(folder.join(file), std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let tls = Tls::load(TlsFiles {
        certificate: AbsolutePath::new(folder.join("cert.pem")).unwrap(),
        key: Secret::parse(folder.join("key.pem").to_str().unwrap()).unwrap(),
    });
    let setup = Setup { tls: Some(tls.unwrap()), ..Setup::default() };
    let router = Router::new().fallback(|| async { "{\"deposits\":[],\"more\":false}" });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(server::run_with(listener, router, setup, std::future::pending()));
    port
}

fn client(port: u16, tls: ClientTls) -> Relay {
    let origin = Origin::parse(&format!("https://localhost:{port}")).unwrap();
    let key = NoteSigner::from_seed("demo.nightsafe.example/relay", &[7; 32]).unwrap();
    Relay::new(RelayConfig { origin, tls, key, clock: Arc::new(SystemClock) })
}

async fn is_refused(relay: &Relay) -> bool {
    match relay.next_batch(1).await {
        Ok(_) => false,
        Err(SourceError::Relay(RelayError::Unreachable(error))) => {
            assert!(error.to_string().contains("certificate"), "{error}");
            true
        }
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn only_the_authorities_of_the_file_are_believed() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let port = relay(folder.path(), "localhost").await;
    relay(other.path(), "localhost").await;
    let own = ClientTls::from_file(&folder.path().join("cert.pem")).unwrap();
    assert!(!is_refused(&client(port, own)).await);
    assert!(is_refused(&client(port, ClientTls::from_file(&other.path().join("cert.pem")).unwrap())).await);
    assert!(is_refused(&client(port, ClientTls::system().unwrap())).await);
}

#[tokio::test]
async fn a_certificate_for_another_name_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let port = relay(folder.path(), "relay.example").await;
    let own = ClientTls::from_file(&folder.path().join("cert.pem")).unwrap();
    assert!(is_refused(&client(port, own)).await);
}

#[test]
fn a_file_without_certificates_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    assert!(matches!(ClientTls::from_file(&path), Err(AuthoritiesError::Pem(_))));
    std::fs::write(&path, "").unwrap();
    assert!(ClientTls::from_file(&path).is_err());
}
