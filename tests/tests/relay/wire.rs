//! The wire between a vault and its relay. Each request is shown to the test, which decides what comes of it; nothing
//! moves on by itself.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

/// Longer than anything here takes; a vault asks again after 200 ms at the latest.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Where the vault believes its relay to be.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) address: SocketAddr,
    exchanges: mpsc::UnboundedReceiver<Exchange>,
}

/// A request of the vault's that waits for its answer.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) request: Message,
    answer: oneshot::Sender<Option<Vec<u8>>>,
}

/// A request or an answer, in the bytes that it came in.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    bytes: Vec<u8>,
    head: usize,
}

impl Wire {
    pub(crate) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, exchanges) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(carry(stream, sender.clone()));
            }
        });
        Self { address, exchanges }
    }

    /// What the vault asks next.
    pub(crate) async fn next(&mut self) -> Exchange {
        let next = tokio::time::timeout(PATIENCE, self.exchanges.recv()).await;
        let Ok(next) = next else { panic!("the vault asks nothing") };
        next.unwrap()
    }

    /// Forgets what a vault that was killed had asked.
    pub(crate) fn clear(&mut self) {
        while self.exchanges.try_recv().is_ok() {}
    }
}

/// Requests of one connection, one after the other.
async fn carry(mut stream: TcpStream, exchanges: mpsc::UnboundedSender<Exchange>) {
    while let Some(request) = Message::read(&mut stream).await {
        let (answer, decided) = oneshot::channel();
        if exchanges.send(Exchange { request, answer }).is_err() {
            return;
        }
        // Nothing: the connection is cut
        let Ok(Some(bytes)) = decided.await else { return };
        if stream.write_all(&bytes).await.is_err() {
            return;
        }
        if whole(&bytes).is_none() {
            return;
        }
    }
}

impl Exchange {
    /// Gives the vault an answer.
    pub(crate) fn deliver(self, answer: &Message) {
        let _ = self.answer.send(Some(answer.bytes.clone()));
    }

    /// Gives the vault the first half of an answer and cuts the connection.
    pub(crate) fn deliver_half(self, answer: &Message) {
        let _ = self.answer.send(Some(answer.bytes[..answer.bytes.len() / 2].to_vec()));
    }

    /// Cuts the connection without a word.
    pub(crate) fn cut(self) {
        drop(self.answer);
    }

    pub(crate) fn is_batch(&self) -> bool {
        self.request.path() == "/v1/relay/batch"
    }
}

impl Message {
    /// Asks the relay; `None` when it cuts the connection.
    pub(crate) async fn ask(&self, relay: SocketAddr) -> Option<Self> {
        let mut stream = TcpStream::connect(relay).await.ok()?;
        stream.write_all(&self.bytes).await.ok()?;
        Self::read(&mut stream).await
    }

    /// Sends the first half only.
    pub(crate) async fn ask_half(&self, relay: SocketAddr) {
        let mut stream = TcpStream::connect(relay).await.unwrap();
        stream.write_all(&self.bytes[..self.head + (self.bytes.len() - self.head) / 2]).await.unwrap();
    }

    /// An answer without a body.
    pub(crate) fn no_content() -> Self {
        let bytes = b"HTTP/1.1 204 No Content\r\n\r\n".to_vec();
        Self { head: bytes.len(), bytes }
    }

    /// A message that is made here: the same head, another body.
    pub(crate) fn with_body(&self, body: &[u8]) -> Self {
        let head = String::from_utf8(self.bytes[..self.head].to_vec()).unwrap();
        let lines = head.lines().filter(|line| !line.to_lowercase().starts_with("content-length") && !line.is_empty());
        let mut text: String = lines.map(|line| format!("{line}\r\n")).collect();
        text += &format!("content-length: {}\r\n\r\n", body.len());
        let head = text.len();
        let bytes = [text.as_bytes(), body].concat();
        Self { bytes, head }
    }

    /// An answer with its JSON changed.
    pub(crate) fn changed(&self, change: impl FnOnce(&mut Value)) -> Self {
        let mut json = self.json();
        change(&mut json);
        self.with_body(&serde_json::to_vec(&json).unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes[self.head..]).unwrap()
    }

    pub(crate) fn status(&self) -> u16 {
        self.first_line().split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// Deposits in a batch.
    pub(crate) fn deposits(&self) -> usize {
        self.json()["deposits"].as_array().unwrap().len()
    }

    fn path(&self) -> &str {
        self.first_line().split(' ').nth(1).unwrap()
    }

    fn first_line(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.head]).unwrap().lines().next().unwrap()
    }

    async fn read(stream: &mut TcpStream) -> Option<Self> {
        let mut bytes = Vec::new();
        loop {
            if let Some(head) = whole(&bytes) {
                return Some(Self { bytes, head });
            }
            if stream.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
        }
    }
}

/// The length of the head, when the message is whole.
fn whole(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&bytes[..head]).unwrap().to_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
    (bytes.len() >= head + length).then_some(head)
}
