//! Requests as the admin site's page sends them, each over a connection of its own.

use std::net::SocketAddr;

use nightsafe_core::session::TabProof;
use nightsafe_proto::vault::TAB_HEADER;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A vault, and who asks.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) vault: SocketAddr,
    pub(super) cookie: &'a str,
    pub(super) tab: &'a TabProof,
}

impl At<'_> {
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> T {
        self.ask("GET", path, &json!({})).await.1
    }

    /// Head, in small letters as the vault sends it, and body.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        method: &str,
        path: &str,
        body: &impl Serialize,
    ) -> (String, T) {
        let mut answer = String::new();
        self.send(method, path, body).await.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 "), "{path}: {answer}");
        (head.to_owned(), serde_json::from_str(body).unwrap())
    }

    pub(super) async fn send(&self, method: &str, path: &str, body: &impl Serialize) -> TcpStream {
        let body = serde_json::to_string(body).unwrap();
        let (cookie, tab, length) = (self.cookie, self.tab.to_text(), body.len());
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Origin: http://localhost:4804\r\n{TAB_HEADER}: {}\r\nCookie: {cookie}\r\nContent-Length: {length}\r\n\r\n{body}",
            *tab
        );
        let mut stream = TcpStream::connect(self.vault).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }
}
