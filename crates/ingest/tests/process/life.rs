//! From start to an orderly end.

use std::net::SocketAddr;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use nightsafe_core::receipt;
use nightsafe_proto::deposit::DepositReceipt;
use nightsafe_store::outbox::OutboxReader;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::program::{Running, SiteOnDisk, post, program};
use crate::support::receipt_signer;

#[tokio::test]
async fn deposits_the_note_and_the_fields_folder_are_served() {
    let site = SiteOnDisk::new();
    let mut running = site.start("");
    let deposit = site.deposit("ORDER-1");
    let answer = post(running.url("ingest", "/v1/deposits"), deposit.to_json()).await.unwrap();
    assert_eq!(answer.status(), 201);
    let answer: DepositReceipt = answer.json().await.unwrap();
    receipt::verify(&answer.receipt, receipt_signer().vkey()).unwrap();
    assert_eq!(reqwest::get(running.url("ingest", "/readyz")).await.unwrap().status(), 200);
    assert_eq!(reqwest::get(running.url("ingest", "/v1/timestamp")).await.unwrap().status(), 200);
    let frame = reqwest::get(running.url("fields", "/frame.html")).await.unwrap();
    assert_eq!((frame.status().as_u16(), frame.headers()["x-frame"].to_str().unwrap()), (200, "yes"));
    assert_eq!(reqwest::get(running.url("ingest", "/frame.html")).await.unwrap().status(), 404);
    running.signal("TERM");
    assert!(running.wait().success());
    assert_eq!(stored(&site).await, [*deposit.id().as_bytes()]);
}

#[tokio::test]
async fn what_is_on_its_way_when_the_end_is_asked_for_is_stored_and_answered() {
    let site = SiteOnDisk::new();
    let mut running = site.start("");
    let deposit = site.deposit("ORDER-2");
    let body = deposit.to_json();
    let (first, last) = body.split_at(body.len() / 2);
    let mut connection = TcpStream::connect(running.address("ingest")).await.unwrap();
    let head = format!(
        "POST /v1/deposits HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Expect: 100-continue\r\n\r\n",
        body.len()
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    // Asks for the body: the request has begun
    let asked = b"HTTP/1.1 100 Continue\r\n\r\n";
    let mut answer = vec![0; asked.len()];
    connection.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, asked);
    connection.write_all(first.as_bytes()).await.unwrap();
    running.signal("TERM");
    running.wait_for_line("\"message\":\"stopping\"");
    refuses_new_connections(running.address("ingest")).await;
    connection.write_all(last.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 201"));
    assert!(running.wait().success());
    assert_eq!(stored(&site).await, [*deposit.id().as_bytes()]);
}

/// The log says that the end was asked for; the listeners hear of it then.
async fn refuses_new_connections(address: SocketAddr) {
    let refused = async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), refused).await.expect("new connections are taken");
}

#[tokio::test]
async fn the_service_manager_is_told() {
    let site = SiteOnDisk::new();
    let socket = UnixDatagram::bind(site.path("notify")).unwrap();
    let mut command = program(&site.write_configuration(&site.configuration("")));
    command.env("NOTIFY_SOCKET", site.path("notify"));
    let mut running = Running::start_command(command);
    let told = || {
        let mut told = [0; 32];
        let length = socket.recv(&mut told).unwrap();
        String::from_utf8(told[..length].to_vec()).unwrap()
    };
    assert_eq!(told(), "READY=1");
    running.signal("INT");
    assert!(running.wait().success());
    assert_eq!(told(), "STOPPING=1");
}

#[tokio::test]
async fn an_address_that_is_taken_is_named() {
    let site = SiteOnDisk::new();
    let running = site.start("");
    let taken = running.address("ingest").to_string();
    let text = site
        .configuration("")
        .replace("[listen]\naddress = \"127.0.0.1:0\"", &format!("[listen]\naddress = \"{taken}\""));
    let output = program(&site.write_configuration(&text)).output().unwrap();
    assert!(!output.status.success());
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains(&format!("cannot listen at {taken} for ingest")), "{text}");
}

async fn stored(site: &SiteOnDisk) -> Vec<[u8; 32]> {
    let reader = OutboxReader::open(&site.path("outbox.db").into()).await.unwrap();
    let rows = reader.next_batch(1000, usize::MAX).await.unwrap().rows;
    reader.close().await;
    rows.iter().map(|row| row.deposit_id).collect()
}
