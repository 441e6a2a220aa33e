//! Going by way of a proxy: another place to look from.

use std::io;
use std::str::FromStr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Most bytes of a proxy's answer.
const MAX_ANSWER: usize = 8192;

/// A proxy that takes connections through without reading them: `http://HOST:PORT` (CONNECT, RFC 9110 section 9.3.6) or
/// `socks5://HOST:PORT` (RFC 1928, without authentication, such as Tor's).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    kind: Kind,
    host: String,
    port: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Connect,
    Socks5,
}

/// A text that names no proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a proxy is http://HOST:PORT or socks5://HOST:PORT")]
pub struct ProxyError;

impl FromStr for Proxy {
    type Err = ProxyError;

    fn from_str(text: &str) -> Result<Self, ProxyError> {
        let (scheme, rest) = text.split_once("://").ok_or(ProxyError)?;
        let kind = match scheme {
            "http" => Kind::Connect,
            "socks5" | "socks5h" => Kind::Socks5,
            _ => return Err(ProxyError),
        };
        let (host, port) = rest.strip_suffix('/').unwrap_or(rest).rsplit_once(':').ok_or(ProxyError)?;
        let is_host = |c: char| c.is_ascii_alphanumeric() || ".-[]:".contains(c);
        if host.is_empty() || !host.chars().all(is_host) {
            return Err(ProxyError);
        }
        Ok(Self { kind, host: host.to_owned(), port: port.parse().map_err(|_| ProxyError)? })
    }
}

impl Proxy {
    /// A connection to that host, whose address the proxy finds.
    pub(super) async fn connect(&self, host: &str, port: u16) -> io::Result<TcpStream> {
        let mut stream = TcpStream::connect((self.host.trim_matches(['[', ']']), self.port)).await?;
        match self.kind {
            Kind::Connect => connect(&mut stream, host, port).await?,
            Kind::Socks5 => socks5(&mut stream, host, port).await?,
        }
        Ok(stream)
    }
}

async fn connect(stream: &mut TcpStream, host: &str, port: u16) -> io::Result<()> {
    stream.write_all(format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n").as_bytes()).await?;
    let mut answer = Vec::new();
    // Byte by byte: what comes after the head is no longer the proxy's
    while !answer.ends_with(b"\r\n\r\n") {
        if answer.len() >= MAX_ANSWER {
            return Err(refused("the proxy's answer has no end"));
        }
        answer.push(stream.read_u8().await?);
    }
    let is_good = answer.starts_with(b"HTTP/1.") && answer.get(8..12) == Some(b" 200");
    if is_good { Ok(()) } else { Err(refused("the proxy refused")) }
}

async fn socks5(stream: &mut TcpStream, host: &str, port: u16) -> io::Result<()> {
    let length = u8::try_from(host.len()).map_err(|_| refused("the host's name is too long for the proxy"))?;
    // Version 5, one method: none
    stream.write_all(&[5, 1, 0]).await?;
    let mut answer = [0; 2];
    stream.read_exact(&mut answer).await?;
    if answer != [5, 0] {
        return Err(refused("the proxy asks for more than it gets"));
    }
    let name = [&[5, 1, 0, 3, length], host.as_bytes(), &port.to_be_bytes()].concat();
    stream.write_all(&name).await?;
    let mut head = [0; 4];
    stream.read_exact(&mut head).await?;
    let [5, 0, _, kind] = head else { return Err(refused("the proxy refused")) };
    // The address that it connected from, which nobody needs
    let rest = match kind {
        1 => 4_usize,
        4 => 16,
        3 => usize::from(stream.read_u8().await?),
        _ => return Err(refused("the proxy's answer is not one")),
    };
    let mut address = vec![0; rest.saturating_add(2)];
    stream.read_exact(&mut address).await.map(drop)
}

fn refused(said: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionRefused, said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_named_by_a_url() {
        let parse = |text: &str| text.parse::<Proxy>().map(|proxy| (proxy.kind, proxy.host, proxy.port));
        assert_eq!(parse("http://proxy.example:3128").unwrap(), (Kind::Connect, "proxy.example".into(), 3128));
        assert_eq!(parse("socks5://127.0.0.1:9050/").unwrap(), (Kind::Socks5, "127.0.0.1".into(), 9050));
        for text in ["", "proxy.example:3128", "https://a:1", "http://a", "http://:1", "http://a b:1", "http://a:x"] {
            assert_eq!(parse(text), Err(ProxyError), "{text}");
        }
    }
}
