//! docs/LOGGING.md, held against the program: everything that it writes at the finest level is searched for what was
//! sent, for keys, and for the database's password.

use std::fmt::Write as _;

use serde_json::{Value as Json, json as value};

use crate::program::{Running, SiteOnDisk, post, write_secret};
use crate::support::{CARD, json, receipt_signer, timestamp_signer};

/// Stands for everything that is not to be found.
const MARK: &str = "xQ7marked";

#[tokio::test]
async fn nothing_that_was_sent_is_in_the_log() {
    let site = SiteOnDisk::new();
    let text = site.configuration("trusted_proxies = [\"127.0.0.0/8\"]\n[log]\nfilter = \"trace\"");
    let mut running = Running::start(&site.write_configuration(&text));
    let good = site.deposit(&format!("ORDER-{MARK}"));
    let url = running.url("ingest", "/v1/deposits");
    let answer = post(url.clone(), good.to_json()).await.unwrap();
    let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    let receipt: Json = answer.json().await.unwrap();

    let sent = json(&good);
    let mut secrets = vec![MARK.to_owned(), CARD.to_owned(), "4242".to_owned(), "198.51.100.77".to_owned()];
    for pointer in ["/id", "/nonce", "/locator", "/fields/0/tag", "/fields/0/envelope"] {
        secrets.push(sent.pointer(pointer).unwrap().as_str().unwrap().chars().take(24).collect());
    }
    secrets.push(receipt["receipt"].as_str().unwrap().to_owned());
    for signer in [receipt_signer(), timestamp_signer()] {
        let seed = signer.seed();
        secrets.push(seed.iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        }));
        secrets.push(nightsafe_core::encoding::b64(&seed[..30]));
    }

    for pointer in ["/id", "/nonce", "/site", "/reference", "/manifest", "/key_id", "/facets/last4", "/fields/0/kind"] {
        let mut body = sent.clone();
        *body.pointer_mut(pointer).unwrap() = value!(format!("{CARD} {MARK}"));
        assert!(post(url.clone(), body.to_string()).await.unwrap().status().is_client_error());
    }
    post(url.clone(), format!("{{\"{MARK}\":\"{CARD}\"}}")).await.unwrap();
    let client = reqwest::Client::new();
    for (listener, path) in [("ingest", format!("/{MARK}?{CARD}")), ("fields", format!("/{MARK}.js?{CARD}"))] {
        let method = reqwest::Method::from_bytes(MARK.as_bytes()).unwrap();
        for request in [client.get(running.url(listener, &path)), client.request(method, running.url(listener, &path))]
        {
            let marked = request.header("cookie", MARK).header("referer", format!("https://shop.example/{MARK}"));
            let marked = marked.header("x-forwarded-for", "198.51.100.77").header("x-request-id", MARK);
            marked.header("authorization", MARK).header("user-agent", MARK).send().await.unwrap();
        }
    }
    running.signal("TERM");
    assert!(running.wait().success());

    let log = running.log();
    let answered: Vec<&String> = log.iter().filter(|line| line.contains("\"message\":\"answered\"")).collect();
    assert_eq!(answered.len(), 14, "{log:#?}");
    let line = answered.iter().find(|line| line.contains(&id)).expect("the answer's request id is not in the log");
    assert!(line.contains("\"route\":\"/v1/deposits\"") && line.contains("\"status\":201"), "{line}");
    for secret in secrets {
        let found = log.iter().find(|line| says(line, &secret));
        assert_eq!(found, None, "{secret}");
    }
}

/// Whether it stands in a line, and not as part of a longer number: ports and fractions of seconds have any four digits.
fn says(line: &str, secret: &str) -> bool {
    let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    let is_number = secret.bytes().all(|byte| byte.is_ascii_digit());
    line.match_indices(secret).any(|(at, found)| {
        let (before, after) = (line.as_bytes()[..at].last(), line.as_bytes().get(at + found.len()));
        !(is_number && (is_digit(before) || is_digit(after)))
    })
}

#[tokio::test]
async fn a_databases_password_is_in_no_message() {
    let site = SiteOnDisk::new();
    write_secret(&site.path("password"), MARK);
    let folder = site.folder.path().display();
    let text = site.configuration("").replace(
        &format!("database = \"sqlite:{folder}/outbox.db\""),
        // Nothing listens at port 1
        &format!("database = \"postgres://nightsafe_ingest@127.0.0.1:1/nightsafe\"\npassword = \"{folder}/password\""),
    );
    let path = site.write_configuration(&format!("{text}\n[log]\nfilter = \"trace\""));
    let output = crate::program::program(&path).output().unwrap();
    assert!(!output.status.success());
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("error: ") && !text.contains(MARK), "{text}");
}
