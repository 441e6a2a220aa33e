//! Mail of what is due, to a mail server that speaks the real protocol.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "helpers of tests fail the test")]

mod smtp;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nightsafe_core::encoding::b64;
use nightsafe_core::epoch::Due;
use nightsafe_core::scalar::{KeyId, Site};
use nightsafe_core::time::UnixTime;
use nightsafe_serve::config::{AbsolutePath, Secret};
use nightsafe_vault::{AnnounceError, Announcer, MailError, MailSection, Security};
use smtp::Smtp;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

const NOW: UnixTime = UnixTime::from_seconds(1_795_219_200);

fn section(smtp: &Smtp) -> MailSection {
    MailSection {
        server: "127.0.0.1".into(),
        port: Some(smtp.port),
        security: Security::None,
        ca: None,
        user: None,
        password: None,
        from: "Nightsafe <nightsafe@shop.example>".into(),
        to: vec!["office@shop.example".into(), "Ben <ben@shop.example>".into()],
        state: None,
    }
}

fn announcer(section: &MailSection, folder: &Path) -> Announcer {
    let site = Site::parse("demo.nightsafe.example").unwrap();
    Announcer::new(site, section.mailer().unwrap(), folder.join("announced"))
}

fn soon() -> Due {
    Due::ManifestEnds { within_days: 30, at: NOW.plus_days(30) }
}

#[tokio::test]
async fn what_is_due_arrives_once_and_what_is_late_every_day() {
    let (smtp, folder) = (Smtp::start(), tempfile::tempdir().unwrap());
    let section = section(&smtp);
    let due = [soon(), Due::KeyOverdue { key: KeyId([7; 16]), days: 91 }];
    let announce = async |due: &[Due], now| announcer(&section, folder.path()).announce(due, now).await;
    assert_eq!(announce(&due, NOW).await.unwrap(), 2);
    let mail = smtp.next();
    assert!(mail.from.contains("<nightsafe@shop.example>"), "{mail:?}");
    assert_eq!(mail.to.len(), 2);
    assert!(mail.to[1].contains("<ben@shop.example>"));
    let (head, body) = mail.text.split_once("\n\n").unwrap();
    for line in [
        "Subject: Nightsafe, demo.nightsafe.example: keys or manifest are overdue",
        "Date: Sat, 21 Nov 2026 00:00:00 +0000",
        "To: office@shop.example, Ben <ben@shop.example>",
    ] {
        assert!(head.contains(line), "{line}\n{head}");
    }
    let body = body.replace("=\n", "");
    assert!(body.contains("- less than 30 days until the key manifest ends"), "{body}");
    assert!(body.contains(&"07".repeat(16)) && body.contains("nightsafe keys propose"), "{body}");

    // Another process each time: what was announced is on the disk
    assert_eq!(announce(&due, NOW.plus(86_399)).await.unwrap(), 0);
    assert_eq!(announce(&due, NOW.plus(86_400)).await.unwrap(), 1);
    let mail = smtp.next();
    assert!(!mail.text.contains("less than 30 days") && mail.text.contains("has sealed for"), "{mail:?}");
    assert_eq!(announce(&[soon()], NOW.plus_days(5)).await.unwrap(), 0);
    assert_eq!(
        announce(&[Due::ManifestEnds { within_days: 7, at: NOW.plus_days(30) }], NOW.plus_days(23)).await.unwrap(),
        1
    );
    assert!(smtp.next().text.contains("Subject: Nightsafe, demo.nightsafe.example: keys or manifest are due soon"));
    assert_eq!(announce(&[], NOW).await.unwrap(), 0);
    assert!(smtp.is_empty());
}

#[tokio::test]
async fn what_was_not_sent_is_announced_later_and_no_error_quotes_the_server() {
    let (smtp, folder) = (Smtp::start(), tempfile::tempdir().unwrap());
    let good = section(&smtp);
    let refused = MailSection { to: vec!["refused@shop.example".into()], ..good.clone() };
    let error = announcer(&refused, folder.path()).announce(&[soon()], NOW).await.unwrap_err();
    assert!(
        matches!(error, AnnounceError::Mail(MailError::Refused(550))) && !error.to_string().contains("secret"),
        "{error}"
    );
    let nobody = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let away = MailSection { port: Some(nobody), ..good.clone() };
    let error = announcer(&away, folder.path()).announce(&[soon()], NOW).await.unwrap_err();
    assert!(matches!(error, AnnounceError::Mail(MailError::Unreachable)), "{error}");
    assert!(smtp.is_empty());
    assert_eq!(announcer(&good, folder.path()).announce(&[soon()], NOW).await.unwrap(), 1);
    // Sent, but not to be kept: said, so that somebody looks
    let error = announcer(&good, Path::new("/nowhere")).announce(&[soon()], NOW).await.unwrap_err();
    assert!(matches!(error, AnnounceError::State { .. }), "{error}");
}

#[tokio::test]
async fn nothing_is_sent_to_a_server_without_the_tls_that_was_asked_for() {
    let (smtp, folder) = (Smtp::start(), tempfile::tempdir().unwrap());
    let password = secret(folder.path());
    for security in [Security::Starttls, Security::Tls] {
        let section =
            MailSection { security, user: Some("shop".into()), password: Some(password.clone()), ..section(&smtp) };
        announcer(&section, folder.path()).announce(&[soon()], NOW).await.unwrap_err();
    }
    assert!(smtp.is_empty());
}

#[tokio::test]
async fn over_tls_with_a_password_to_a_server_of_the_own_authority_and_to_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let pair = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let ca: PathBuf = folder.path().join("ca.pem");
    std::fs::write(&ca, pair.cert.pem()).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(pair.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![pair.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let smtp = Smtp::start_with(move |stream| {
        Box::new(StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream))
    });
    let section = MailSection {
        server: "localhost".into(),
        security: Security::Tls,
        ca: AbsolutePath::new(ca),
        user: Some("shop".into()),
        password: Some(secret(folder.path())),
        ..section(&smtp)
    };
    let sent = announcer(&section, folder.path()).announce(&[soon()], NOW).await;
    assert_eq!(sent.unwrap(), 1);
    assert_eq!(smtp.next().login, Some(b64(b"\0shop\0words of the shop")));

    let folder = tempfile::tempdir().unwrap();
    let strange = MailSection { ca: None, ..section };
    let error = announcer(&strange, folder.path()).announce(&[soon()], NOW).await.unwrap_err();
    assert!(matches!(error, AnnounceError::Mail(MailError::Tls | MailError::Unreachable)), "{error}");
    assert!(smtp.is_empty());
}

fn secret(folder: &Path) -> Secret {
    let path = folder.join("password");
    std::fs::write(&path, "words of the shop\n").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    Secret::parse(path.to_str().unwrap()).unwrap()
}
