//! docs/LOGGING.md, held against vault and relay: everything that they write at the finest level is searched for what
//! passed through them.

use std::net::SocketAddr;

use nightsafe_core::encoding::{b64, b64u, hex};
use nightsafe_core::session::TabProof;
use nightsafe_store::outbox::OutboxRow;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::pair::{Pair, Side, row};

/// Stands for everything that is not to be found.
const MARK: &str = "xQ7marked";

/// The proof of a tab, as a browser sends it: the mark again and again.
const TAB: &str = "xQ7markedxQ7markedxQ7markedxQ7markedxQ7marA";

/// A request with the mark in every place that it has, from a page of the admin site.
async fn send(address: SocketAddr, path: &str, body: &str) -> u16 {
    send_from("http://localhost:4804", address, path, body).await
}

async fn send_from(origin: &str, address: SocketAddr, path: &str, body: &str) -> u16 {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {MARK}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\nAuthorization: Bearer {MARK}\r\nCookie: {MARK}; {}={MARK}\r\nUser-Agent: {MARK}\r\n\
         Origin: {origin}\r\nNightsafe-Tab: {TAB}\r\nSignature: {MARK}\r\nSignature-Input: {MARK}\r\nX-Forwarded-For: 198.51.100.77\r\nX-Request-Id: {MARK}\r\n\r\n{body}",
        body.len(),
        TabProof::parse(TAB).unwrap().cookie(),
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

/// Where the vault's log says that it listens.
fn vault_address(log: &str) -> SocketAddr {
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut listeners = lines.filter(|line| line["listener"] == "vault");
    listeners.find_map(|line| line["address"].as_str().map(|text| text.parse().unwrap())).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_passes_is_in_the_logs_but_the_id_of_what_is_in_quarantine() {
    let mut pair = Pair::logging("trace", 3).await;
    let damaged = OutboxRow { deposit_id: [0xd7; 32], ..row(&pair.seal(900)) };
    pair.insert(vec![damaged.clone()]).await;
    pair.drain().await;
    assert_eq!(pair.quarantined().await.len(), 1);

    let vault = vault_address(&pair.log(Side::Vault));
    let message = b64u(&[7; 32]);
    for (path, body, status) in [
        ("/v1/login/start", format!("{{\"user\":\"{MARK}\",\"message\":\"{message}\"}}"), 422),
        ("/v1/login/finish", format!("{{\"login\":\"{MARK}\",\"message\":\"{message}\"}}"), 400),
        ("/v1/deposits/search", format!("{{\"reference\":\"{MARK}\"}}"), 401),
        ("/v1/openings", format!("{{\"purpose\":\"{MARK}\"}}"), 401),
        (&format!("/{MARK}?{MARK}"), MARK.to_owned(), 404),
    ] {
        assert_eq!(send(vault, path, &body).await, status, "{path}");
    }
    assert_eq!(send_from(MARK, vault, "/v1/login/start", MARK).await, 403);
    for path in ["/v1/relay/batch", "/v1/relay/acknowledge", &format!("/{MARK}?{MARK}")] {
        assert_eq!(send(pair.relay, path, MARK).await, 401);
    }
    for side in [Side::Vault, Side::Relay] {
        pair.kill(side);
    }

    let mut secrets = vec![MARK.to_owned(), "198.51.100.77".to_owned(), "ORDER-0".to_owned(), "+4930123456".to_owned()];
    for (name, length) in [("login.key", 24), ("relay.key", 24)] {
        let bytes = pair.read(name);
        let tail = &bytes[bytes.len() - length..];
        secrets.extend([hex(tail), b64u(tail), b64(tail), String::from_utf8_lossy(tail).into_owned()]);
    }
    for deposit in &pair.deposits {
        let row = row(deposit);
        secrets.push(hex(&row.deposit_id));
        for bytes in [&row.deposit_id[..], &row.nonce, &row.body[row.body.len() - 48..]] {
            secrets.extend([b64u(&bytes[..24]), hex(&bytes[..24])]);
        }
        secrets.extend(deposit.parts().fields.iter().map(|field| field.tag.to_hex()));
    }
    for side in [Side::Vault, Side::Relay] {
        let log = pair.log(side);
        // Neither the servers nor their libraries have anything to say at level TRACE
        assert!(log.contains("\"DEBUG\""), "{side:?} does not log as finely as it can");
        assert!(log.matches("\"message\":\"answered\"").count() > 2, "{side:?}: {log}");
        for secret in &secrets {
            let found = log.lines().find(|line| line.contains(secret));
            assert_eq!(found, None, "{side:?}: {secret}");
        }
    }
    // The exception, in one line
    let id = hex(&damaged.deposit_id);
    let log = pair.log(Side::Vault);
    let named: Vec<_> = log.lines().filter(|line| line.contains(&id)).collect();
    assert_eq!(named.len(), 1, "{named:#?}");
    assert!(named[0].contains("a deposit is in quarantine"), "{}", named[0]);
    assert!(!pair.log(Side::Relay).contains(&id));
}
