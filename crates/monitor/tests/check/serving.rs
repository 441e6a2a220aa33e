//! Small servers whose every answer a test can twist.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The servers of a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Shop,
    Fields,
    Ingest,
    Admin,
}

#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) way: Way,
}

/// How it is sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Way {
    Whole,
    /// Nothing comes.
    Hangs,
    /// The body has no end.
    Endless,
    /// Hangs up.
    Gone,
    /// Comes a byte at a time.
    Slow,
    /// The same, from the first byte of the head on, and never as fast as anybody waits.
    Drip,
    /// Hangs up in the middle of what it said that it sends.
    Half,
}

/// Between two bytes of [`Way::Drip`].
const DRIP: Duration = Duration::from_millis(50);

/// A request.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) part: Part,
    pub(crate) path: String,
    /// Whose address it came from.
    pub(crate) from: IpAddr,
    headers: BTreeMap<String, String>,
    /// How often the same was asked for before.
    pub(crate) before: usize,
}

pub(crate) type Twist = Box<dyn Fn(&Asked, &mut Answer) + Send>;

/// What all servers of a site answer.
pub(crate) struct Answers {
    pub(crate) files: BTreeMap<(Part, String), Answer>,
    /// For everything else.
    pub(crate) nothing: BTreeMap<Part, Answer>,
    pub(crate) twist: Twist,
    pub(crate) asked: BTreeMap<(Part, String), usize>,
}

impl Answer {
    pub(crate) fn new(headers: impl IntoIterator<Item = (String, String)>, body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, headers: headers.into_iter().collect(), body: body.into(), way: Way::Whole }
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        self.headers.push((name.into(), value.into()));
    }

    pub(crate) fn drop(&mut self, name: &str) {
        self.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
    }
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

impl Default for Answers {
    fn default() -> Self {
        Self { files: BTreeMap::new(), nothing: BTreeMap::new(), twist: Box::new(|_, _| {}), asked: BTreeMap::new() }
    }
}

/// Serves until the test ends. The port.
pub(crate) fn serve(part: Part, answers: &Arc<Mutex<Answers>>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let answers = Arc::clone(answers);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, answers) = (stream.unwrap(), Arc::clone(&answers));
            std::thread::spawn(move || {
                let _ = answer(part, stream, &answers);
            });
        }
    });
    port
}

fn answer(part: Part, mut stream: TcpStream, answers: &Mutex<Answers>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().unwrap_or(Ok(String::new()))?;
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = BTreeMap::new();
    for line in lines {
        let line = line?;
        let Some((name, value)) = line.split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let from = stream.peer_addr()?.ip();
    let answer = {
        let mut answers = answers.lock().unwrap();
        let count = answers.asked.entry((part, path.clone())).or_default();
        let asked = Asked { part, path: path.clone(), from, headers, before: *count };
        *count += 1;
        let file = answers.files.get(&(part, path)).cloned();
        let mut answer = file.unwrap_or_else(|| answers.nothing[&part].clone());
        (answers.twist)(&asked, &mut answer);
        answer
    };
    match answer.way {
        Way::Gone => return Ok(()),
        // Until the other side has had enough
        Way::Hangs => return stream.read(&mut [0; 1]).map(drop),
        Way::Whole | Way::Endless | Way::Slow | Way::Drip | Way::Half => {}
    }
    let mut head = format!("HTTP/1.1 {} Said\r\nconnection: close\r\n", answer.status);
    for (name, value) in &answer.headers {
        head += &format!("{name}: {value}\r\n");
    }
    if answer.way != Way::Endless {
        head += &format!("content-length: {}\r\n", answer.body.len());
    }
    let head = format!("{head}\r\n");
    if answer.way == Way::Drip {
        for byte in head.as_bytes().iter().chain(&answer.body) {
            stream.write_all(&[*byte])?;
            #[expect(clippy::disallowed_methods, reason = "being slow is what this server is for")]
            std::thread::sleep(DRIP);
        }
        return Ok(());
    }
    stream.write_all(head.as_bytes())?;
    if answer.way == Way::Slow {
        for byte in &answer.body {
            stream.write_all(&[*byte])?;
            std::thread::yield_now();
        }
        return Ok(());
    }
    let sent = if answer.way == Way::Half { answer.body.len() / 2 } else { answer.body.len() };
    stream.write_all(&answer.body[..sent])?;
    if answer.way != Way::Endless {
        return Ok(());
    }
    loop {
        stream.write_all(&[b'a'; 1 << 16])?;
    }
}
