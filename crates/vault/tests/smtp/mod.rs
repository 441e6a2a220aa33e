//! A mail server (RFC 5321) that takes everything but mail to `refused@`, and keeps it: for tests of those who send.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test file uses its own part")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// What a mail came as.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mail {
    /// What was said to sign in, after `AUTH PLAIN`.
    pub login: Option<String>,
    pub from: String,
    pub to: Vec<String>,
    /// Head and body.
    pub text: String,
}

pub trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// Listens until the test ends.
pub struct Smtp {
    pub port: u16,
    mails: Receiver<Mail>,
}

impl Smtp {
    pub fn start() -> Self {
        Self::start_with(|stream| Box::new(stream))
    }

    /// With something around each connection, TLS for example.
    pub fn start_with(wrap: impl Fn(TcpStream) -> Box<dyn Stream> + Send + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, mails) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                // A client that goes away in the middle is not the test's business
                let _ = converse(&mut *wrap(stream.unwrap()), &sender);
            }
        });
        Self { port, mails }
    }

    /// The next mail; waits for it.
    pub fn next(&self) -> Mail {
        self.mails.recv_timeout(Duration::from_secs(30)).unwrap()
    }

    /// Whether nothing has come that was not asked for.
    pub fn is_empty(&self) -> bool {
        self.mails.try_recv().is_err()
    }
}

fn converse(stream: &mut dyn Stream, mails: &Sender<Mail>) -> std::io::Result<()> {
    let mut mail = Mail::default();
    say(stream, "220 mail.test ESMTP")?;
    loop {
        let line = hear(stream)?;
        let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
        match word.to_uppercase().as_str() {
            "EHLO" => say(stream, "250-mail.test\r\n250 AUTH PLAIN")?,
            "AUTH" => {
                mail.login = Some(rest.trim_start_matches("PLAIN ").to_owned());
                say(stream, "235 2.7.0 signed in")?;
            }
            "MAIL" => {
                mail.from = rest.to_owned();
                say(stream, "250 fine")?;
            }
            "RCPT" if rest.contains("refused@") => say(stream, "550 5.1.1 a secret of the server")?,
            "RCPT" => {
                mail.to.push(rest.to_owned());
                say(stream, "250 fine")?;
            }
            "DATA" => {
                say(stream, "354 go on")?;
                loop {
                    let line = hear(stream)?;
                    if line == "." {
                        break;
                    }
                    mail.text += &format!("{line}\n");
                }
                // Before it is said: whoever was told may ask for it
                let _ = mails.send(std::mem::take(&mut mail));
                say(stream, "250 taken")?;
            }
            "QUIT" => return say(stream, "221 bye"),
            "RSET" | "NOOP" => say(stream, "250 fine")?,
            _ => say(stream, "502 not here")?,
        }
    }
}

fn say(stream: &mut dyn Stream, line: &str) -> std::io::Result<()> {
    stream.write_all(format!("{line}\r\n").as_bytes())?;
    stream.flush()
}

fn hear(stream: &mut dyn Stream) -> std::io::Result<String> {
    let (mut line, mut byte) = (Vec::new(), [0]);
    while !line.ends_with(b"\r\n") {
        stream.read_exact(&mut byte)?;
        line.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
}
