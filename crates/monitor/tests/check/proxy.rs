//! Looking from another place.

use std::io::{Read, Write, copy};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use nightsafe_monitor::check::check;
use nightsafe_monitor::verdict::Severity;

use crate::rig::{LOADER, Rig, words};

/// Reads a request for a connection and gives the port that is asked for; the answer to it comes along.
type Ask = fn(&mut TcpStream) -> Option<(u16, Vec<u8>)>;

fn by_connect(stream: &mut TcpStream) -> Option<(u16, Vec<u8>)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?;
    let port = head.strip_prefix("CONNECT localhost:")?.split(' ').next()?.parse().ok()?;
    Some((port, b"HTTP/1.1 200 Connection established\r\nVia: a test\r\n\r\n".to_vec()))
}

fn by_socks(stream: &mut TcpStream) -> Option<(u16, Vec<u8>)> {
    let mut greeting = [0; 3];
    stream.read_exact(&mut greeting).ok()?;
    assert_eq!(greeting, [5, 1, 0]);
    stream.write_all(&[5, 0]).ok()?;
    let mut head = [0; 5];
    stream.read_exact(&mut head).ok()?;
    assert_eq!(head, [5, 1, 0, 3, 9]);
    let mut rest = [0; 11];
    stream.read_exact(&mut rest).ok()?;
    assert_eq!(&rest[..9], b"localhost");
    // It says that it connected from a name
    Some((u16::from_be_bytes([rest[9], rest[10]]), vec![5, 0, 0, 3, 2, b'a', b'b', 0, 1]))
}

fn refusing(stream: &mut TcpStream) -> Option<(u16, Vec<u8>)> {
    by_connect(stream)?;
    let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n");
    None
}

/// Another address of this machine's own than everybody else uses here.
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// A connection that comes from there.
fn connect_from_elsewhere(port: u16) -> TcpStream {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stream = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from((ELSEWHERE, 0))).unwrap();
        socket.connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await.unwrap().into_std().unwrap()
    });
    stream.set_nonblocking(false).unwrap();
    stream
}

/// A proxy; its port, and how often it made a connection.
fn serve(ask: Ask) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut from, counted) = (stream.unwrap(), Arc::clone(&counted));
            std::thread::spawn(move || {
                let Some((port, answer)) = ask(&mut from) else { return };
                let mut to = connect_from_elsewhere(port);
                from.write_all(&answer).unwrap();
                counted.fetch_add(1, Ordering::SeqCst);
                let (mut back_from, mut back_to) = (to.try_clone().unwrap(), from.try_clone().unwrap());
                let back = std::thread::spawn(move || {
                    let _ = copy(&mut back_from, &mut back_to);
                    let _ = back_to.shutdown(Shutdown::Write);
                });
                let _ = copy(&mut from, &mut to);
                let _ = to.shutdown(Shutdown::Write);
                let _ = back.join();
            });
        }
    });
    (port, count)
}

#[tokio::test]
async fn everything_goes_by_way_of_the_proxy() {
    let rig = Rig::new();
    for (scheme, ask) in [("http", by_connect as Ask), ("socks5", by_socks)] {
        let (port, count) = serve(ask);
        let mut job = rig.job();
        job.net.proxy = Some(format!("{scheme}://127.0.0.1:{port}").parse().unwrap());
        rig.answers.lock().unwrap().asked.clear();
        let outcome = check(job).await;
        assert_eq!((words(&outcome), outcome.severity()), (vec![], Severity::Ok), "{scheme}");
        // Each request has a connection of its own here
        let asked: usize = rig.answers.lock().unwrap().asked.values().sum();
        assert_eq!(asked, count.load(Ordering::SeqCst), "{scheme}");
    }
}

#[tokio::test]
async fn a_proxy_that_refuses_is_no_alarm() {
    let rig = Rig::new();
    let (port, _) = serve(refusing);
    let mut job = rig.job();
    job.net.proxy = Some(format!("http://127.0.0.1:{port}").parse().unwrap());
    assert_eq!(check(job).await.severity(), Severity::Unknown);
}

/// Who is told apart by address is shown what is honest; who looks from elsewhere as well finds it.
#[tokio::test]
async fn what_is_shown_to_other_addresses_is_found_from_there_and_not_from_here() {
    let rig = Rig::new();
    rig.twist(|asked, answer| {
        if asked.path == LOADER && asked.from == IpAddr::V4(ELSEWHERE) {
            answer.body.extend(b";evil()");
        }
    });
    assert_eq!(rig.look().await.severity(), Severity::Ok, "what only others are shown, nobody can see from here");
    let (port, _) = serve(by_connect);
    let mut job = rig.job();
    job.net.proxy = Some(format!("http://127.0.0.1:{port}").parse().unwrap());
    let outcome = check(job).await;
    assert_eq!(words(&outcome), ["UNSIGNED-CHANGE no_manifest_match"]);
    assert!(outcome.findings[0].only.is_empty(), "from there all visitors see it");
}
