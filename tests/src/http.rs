//! A client that keeps its connection: as little work as there can be between two requests, because on one machine what
//! the client spends the server does not have.

use std::io::{Error, ErrorKind, IoSlice, Result};
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One kept-alive connection.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
    sent: Vec<u8>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// Status line and header lines, lowercase.
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.split("\r\n").filter_map(|line| line.split_once(':'));
        lines.find(|(found, _)| *found == name).map(|(_, value)| value.trim())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::with_capacity(4096), sent: Vec::with_capacity(256) })
    }

    /// Posts a deposit, given as two pieces of one body.
    pub async fn post_deposit(&mut self, head: &[u8], tail: &[u8]) -> Result<Answer> {
        self.sent.clear();
        let length = head.len() + tail.len();
        let request = format!(
            "POST /v1/deposits HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             origin: http://localhost:4802\r\ncontent-length: {length}\r\n\r\n"
        );
        self.sent.extend_from_slice(request.as_bytes());
        self.sent.extend_from_slice(head);
        let first = self.stream.write_vectored(&[IoSlice::new(&self.sent), IoSlice::new(tail)]).await?;
        match first.checked_sub(self.sent.len()) {
            Some(of_tail) => self.stream.write_all(&tail[of_tail..]).await?,
            None => {
                self.stream.write_all(&self.sent[first..]).await?;
                self.stream.write_all(tail).await?;
            }
        }
        self.answer().await
    }

    pub async fn get(&mut self, path: &str) -> Result<Answer> {
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        self.stream.write_all(request.as_bytes()).await?;
        self.answer().await
    }

    /// Sends raw bytes, for requests that go wrong on purpose.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Reads one answer with a `content-length`.
    pub async fn answer(&mut self) -> Result<Answer> {
        self.received.clear();
        let (body_at, length) = loop {
            if let Some(end) = find(&self.received, b"\r\n\r\n") {
                let head = &self.received[..end];
                break (end + 4, content_length(head).ok_or(ErrorKind::InvalidData)?);
            }
            self.read_some().await?;
        };
        while self.received.len() < body_at + length {
            self.read_some().await?;
        }
        let head = String::from_utf8_lossy(&self.received[..body_at]).to_lowercase();
        let status = head.get(9..12).and_then(|text| text.parse().ok()).ok_or(ErrorKind::InvalidData)?;
        Ok(Answer { status, head, body: self.received[body_at..body_at + length].to_vec() })
    }

    async fn read_some(&mut self) -> Result<()> {
        if self.stream.read_buf(&mut self.received).await? == 0 {
            return Err(Error::from(ErrorKind::UnexpectedEof));
        }
        Ok(())
    }
}

fn content_length(head: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(head).ok()?;
    let mut lines = text.split("\r\n").filter_map(|line| line.split_once(':'));
    lines.find(|(name, _)| name.eq_ignore_ascii_case("content-length"))?.1.trim().parse().ok()
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
