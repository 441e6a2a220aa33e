//! Many connections with large bodies, and a database that stands still: memory stays below the stated ceiling.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nightsafe_ingest::config::Config;
use nightsafe_serve::config;
use sqlx::{Connection, SqliteConnection};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::program::{Running, SiteOnDisk, write_secret};

const CONNECTIONS: usize = 500;
const BODY: usize = 256 << 10;
const LIMITS: &str = "
connections = 500
client_connections = 1000
[limits]
client = { per_second = 0, burst = 1 }
all = { per_second = 0, burst = 1 }
body_bytes = 8388608
";

/// Most that the process ever had in memory, in bytes.
fn peak(running: &Running) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", running.process())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024
}

/// How connections are made.
type Tls = Option<TlsConnector>;

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// A body of the greatest length; all of it but the last byte is sent at once.
async fn send(address: SocketAddr, tls: Tls, body: Vec<u8>, wait: Duration) -> u16 {
    let stream = TcpStream::connect(address).await.unwrap();
    let mut stream: Box<dyn Stream> = match tls {
        Some(tls) => {
            let name = ServerName::try_from("shop.example").unwrap();
            Box::new(tls.connect(name, stream).await.unwrap())
        }
        None => Box::new(stream),
    };
    let length = body.len();
    let head = format!(
        "POST /v1/deposits HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let (first, last) = body.split_at(length - 1);
    stream.write_all(first).await.unwrap();
    stream.flush().await.unwrap();
    tokio::time::sleep(wait).await;
    stream.write_all(last).await.unwrap();
    stream.flush().await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    std::str::from_utf8(&answer[9..]).unwrap().parse().unwrap()
}

async fn flood(address: SocketAddr, tls: &Tls, body: &[u8], wait: Duration) -> Vec<u16> {
    let mut tasks = JoinSet::new();
    for _ in 0..CONNECTIONS {
        tasks.spawn(send(address, tls.clone(), body.to_vec(), wait));
    }
    let mut answers = tasks.join_all().await;
    answers.sort_unstable();
    answers
}

/// How many of each status.
fn counted(answers: &[u16]) -> Vec<(u16, usize)> {
    answers.chunk_by(|a, b| a == b).map(|same| (same[0], same.len())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_stays_below_the_stated_ceiling() {
    memory_stays_below(SiteOnDisk::new(), LIMITS, None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_stays_below_the_stated_ceiling_with_tls() {
    let site = SiteOnDisk::new();
    let pair = rcgen::generate_simple_self_signed(vec!["shop.example".to_owned()]).unwrap();
    write_secret(&site.path("cert.pem"), &pair.cert.pem());
    write_secret(&site.path("key.pem"), &pair.signing_key.serialize_pem());
    let folder = site.folder.path().display();
    let files = format!("tls.certificate = \"{folder}/cert.pem\"\ntls.key = \"{folder}/key.pem\"\n");
    let mut roots = RootCertStore::empty();
    roots.add(pair.cert.der().clone()).unwrap();
    let client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let client = client.with_safe_default_protocol_versions().unwrap();
    let client = client.with_root_certificates(roots).with_no_client_auth();
    let limits = LIMITS.replacen("[limits]", &format!("{files}[limits]"), 1);
    memory_stays_below(site, &limits, Some(TlsConnector::from(Arc::new(client)))).await;
}

async fn memory_stays_below(site: SiteOnDisk, limits: &str, tls: Tls) {
    let text = site.configuration(limits).replace("[outbox]", "[outbox]\nqueue_bytes = 1048576");
    let text = text.replace("listen.address", "listen.connections = 16\nlisten.address");
    let path = site.write_configuration(&text);
    let ceiling = config::read::<Config>(&path).unwrap().memory_ceiling().bytes();
    let running = Running::start(&path);
    let address = running.address("ingest");
    let at_rest = peak(&running);

    // Half-open bodies: what is there when nobody sends the last byte
    let mut filler = br#"{"id":""#.to_vec();
    filler.resize(BODY, b'0');
    let stalled = flood(address, &tls, &filler, Duration::from_secs(3)).await;
    assert!(stalled.contains(&503) && stalled.contains(&400), "{:?}", counted(&stalled));

    // What takes up most when it is read: many small members
    let mut members = br#"{"facets":{"#.to_vec();
    for number in 0_u64.. {
        let member = format!("\"{number:x}\":\"\",");
        if members.len() + member.len() > BODY {
            break;
        }
        members.extend_from_slice(member.as_bytes());
    }
    let small = flood(address, &tls, &members, Duration::ZERO).await;
    assert!(small.iter().all(|status| matches!(status, 400 | 503)), "{:?}", counted(&small));

    // Good deposits while nothing can be stored
    let outbox = site.path("outbox.db");
    let mut connection = SqliteConnection::connect(outbox.to_str().unwrap()).await.unwrap();
    let lock = connection.begin_with("BEGIN IMMEDIATE").await.unwrap();
    // The same deposit over and over: as far as the queue is concerned, each is one more
    let body = site.deposit("ORDER-1").to_json().into_bytes();
    let over = tls.clone();
    let waiting = tokio::spawn(async move { flood(address, &over, &body, Duration::ZERO).await });
    tokio::time::sleep(Duration::from_secs(3)).await;
    lock.rollback().await.unwrap();
    let waiting = waiting.await.unwrap();
    assert!(waiting.contains(&503) && waiting.contains(&201), "{:?}", counted(&waiting));

    let peak = peak(&running);
    println!(
        "sent {} MiB of bodies over {CONNECTIONS} connections{}: peak {} MiB, at rest {} MiB, ceiling {} MiB; \
         answers {:?} {:?} {:?}",
        (2 * CONNECTIONS * BODY) >> 20,
        if tls.is_some() { " of TLS" } else { "" },
        peak >> 20,
        at_rest >> 20,
        ceiling >> 20,
        counted(&stalled),
        counted(&small),
        counted(&waiting)
    );
    assert!(peak < ceiling, "{peak} of {ceiling}");
    // Half-open bodies alone would be more than this
    assert!(ceiling < (CONNECTIONS * BODY) as u64 + at_rest, "the ceiling would hold without limits, too");

    let start = Instant::now();
    let body = site.deposit("ORDER-2").to_json().into_bytes();
    assert_eq!(send(address, tls, body, Duration::ZERO).await, 201);
    assert!(start.elapsed() < Duration::from_secs(2));
}
