//! Many connections with large bodies, and a database that stands still: memory stays below the stated ceiling.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use nightsafe_ingest::config::Config;
use nightsafe_serve::config;
use sqlx::{Connection, SqliteConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::program::{Running, SiteOnDisk, post};

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

/// A body of the greatest length; all of it but the last byte is sent at once.
async fn send(address: SocketAddr, body: Vec<u8>, wait: Duration) -> u16 {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let head = format!(
        "POST /v1/deposits HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let (first, last) = body.split_at(length - 1);
    stream.write_all(first).await.unwrap();
    tokio::time::sleep(wait).await;
    stream.write_all(last).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    std::str::from_utf8(&answer[9..]).unwrap().parse().unwrap()
}

async fn flood(address: SocketAddr, body: &[u8], wait: Duration) -> Vec<u16> {
    let mut tasks = JoinSet::new();
    for _ in 0..CONNECTIONS {
        tasks.spawn(send(address, body.to_vec(), wait));
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
    let site = SiteOnDisk::new();
    let text = site.configuration(LIMITS).replace("[outbox]", "[outbox]\nqueue_bytes = 1048576");
    let text = text.replace("listen.address", "listen.connections = 16\nlisten.address");
    let path = site.write_configuration(&text);
    let ceiling = config::read::<Config>(&path).unwrap().memory_ceiling().bytes();
    let running = Running::start(&path);
    let address = running.address("ingest");
    let at_rest = peak(&running);

    // Half-open bodies: what is there when nobody sends the last byte
    let mut filler = br#"{"id":""#.to_vec();
    filler.resize(BODY, b'0');
    let stalled = flood(address, &filler, Duration::from_secs(3)).await;
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
    let small = flood(address, &members, Duration::ZERO).await;
    assert!(small.iter().all(|status| matches!(status, 400 | 503)), "{:?}", counted(&small));

    // Good deposits while nothing can be stored
    let outbox = site.path("outbox.db");
    let mut connection = SqliteConnection::connect(outbox.to_str().unwrap()).await.unwrap();
    let lock = connection.begin_with("BEGIN IMMEDIATE").await.unwrap();
    // The same deposit over and over: as far as the queue is concerned, each is one more
    let body = site.deposit("ORDER-1").to_json().into_bytes();
    let waiting = tokio::spawn(async move { flood(address, &body, Duration::ZERO).await });
    tokio::time::sleep(Duration::from_secs(3)).await;
    lock.rollback().await.unwrap();
    let waiting = waiting.await.unwrap();
    assert!(waiting.contains(&503) && waiting.contains(&201), "{:?}", counted(&waiting));

    let peak = peak(&running);
    println!(
        "sent {} MiB of bodies over {CONNECTIONS} connections: peak {} MiB, at rest {} MiB, ceiling {} MiB; \
         answers {:?} {:?} {:?}",
        (2 * CONNECTIONS * BODY) >> 20,
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
    let answer = post(running.url("ingest", "/v1/deposits"), site.deposit("ORDER-2").to_json()).await.unwrap();
    assert_eq!(answer.status(), 201);
    assert!(start.elapsed() < Duration::from_secs(2));
}
