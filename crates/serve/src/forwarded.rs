//! Whose request it is, when it came through proxies.
//!
//! What a header says of the sender's address is believed hop by hop from the right, as long as the hop that wrote it
//! is on the list of trusted proxies: everything further left was written by the sender.

use std::net::{IpAddr, SocketAddr};

use axum::http::{Extensions, HeaderMap, HeaderName};
use ipnet::IpNet;
use serde::Deserialize;

/// Address of the other end of the connection; an extension of every request that [`crate::server`] serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// The header that the trusted proxies write. Only this one is read: a proxy passes the other one on as the sender
/// wrote it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239)
    Forwarded,
}

/// Proxies whose word is taken, and the header in which they give it. The default trusts nobody.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    proxies: Vec<IpNet>,
    header: ForwardedHeader,
}

impl Trust {
    /// Trusts `proxies`.
    pub fn new(proxies: Vec<IpNet>, header: ForwardedHeader) -> Self {
        Self { proxies, header }
    }

    /// Whether `address` is one of the proxies.
    pub fn is_proxy(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.proxies.iter().any(|network| network.contains(&address))
    }

    /// The address that the request came from: the rightmost one that is not a trusted proxy's. A hop that is no
    /// address ends the search at the proxy that wrote it. `None` without a [`Peer`].
    pub fn client(&self, extensions: &Extensions, headers: &HeaderMap) -> Option<IpAddr> {
        let Peer(peer) = extensions.get()?;
        let mut client = peer.ip().to_canonical();
        for hop in self.hops(headers).into_iter().rev() {
            if !self.is_proxy(client) {
                break;
            }
            let Some(address) = hop else { break };
            client = address.to_canonical();
        }
        Some(client)
    }

    /// From left to right; `None` for what is no address.
    fn hops(&self, headers: &HeaderMap) -> Vec<Option<IpAddr>> {
        if self.proxies.is_empty() {
            return Vec::new();
        }
        let (name, read): (_, fn(&str) -> Option<IpAddr>) = match self.header {
            ForwardedHeader::XForwardedFor => ("x-forwarded-for", address),
            ForwardedHeader::Forwarded => ("forwarded", forwarded_for),
        };
        let values = headers.get_all(HeaderName::from_static(name)).iter();
        values
            .flat_map(|value| {
                // Bytes that are no text spoil the element that they stand in, not what the proxy wrote behind it
                let text = String::from_utf8_lossy(value.as_bytes());
                // In a string that the sender left open hides what the proxy wrote behind it: nothing of it is believed
                if is_closed(&text) { split(&text, ',').into_iter().map(read).collect() } else { vec![None] }
            })
            .collect()
    }
}

/// The `for` of one element of RFC 7239.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let pairs = split(element, ';');
    let values = pairs.iter().filter_map(|pair| pair.trim().split_once('='));
    let mut named = values.filter(|(name, _)| name.eq_ignore_ascii_case("for")).map(|(_, value)| value);
    let value = named.next().filter(|_| named.next().is_none())?;
    let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    address(quoted.unwrap_or(value))
}

/// An address, alone or with a port; IPv6 with a port in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

/// Splits outside of quoted strings.
fn split(text: &str, at: char) -> Vec<&str> {
    let mut quotes = Quotes::default();
    text.split(|character: char| !quotes.are_open_after(character) && character == at).collect()
}

/// Whether every quoted string ends.
fn is_closed(text: &str) -> bool {
    let mut quotes = Quotes::default();
    !text.chars().fold(false, |_, character| quotes.are_open_after(character))
}

/// Where in a text quoted strings are.
#[derive(Default)]
struct Quotes {
    quoted: bool,
    escaped: bool,
}

impl Quotes {
    fn are_open_after(&mut self, character: char) -> bool {
        let is_escaped = self.escaped;
        self.escaped = self.quoted && character == '\\' && !is_escaped;
        if character == '"' && !is_escaped {
            self.quoted = !self.quoted;
        }
        self.quoted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(header: ForwardedHeader, peer: &str, values: &[&str]) -> String {
        let proxies = ["10.0.0.0/8", "fd00::/8"].map(|network| network.parse().unwrap());
        let trust = Trust::new(proxies.to_vec(), header);
        let mut extensions = Extensions::new();
        extensions.insert(Peer(SocketAddr::new(peer.parse().unwrap(), 1)));
        let mut headers = HeaderMap::new();
        for name in ["x-forwarded-for", "forwarded"] {
            let ours = (name == "forwarded") == (header == ForwardedHeader::Forwarded);
            // What the other header says is never believed
            for value in if ours { values } else { &["9.9.9.9", "for=9.9.9.9"] } {
                headers.append(name, value.parse().unwrap());
            }
        }
        trust.client(&extensions, &headers).unwrap().to_string()
    }

    #[test]
    fn x_forwarded_for_is_believed_as_far_as_proxies_wrote_it() {
        let found = |peer, values: &[&str]| client(ForwardedHeader::XForwardedFor, peer, values);
        assert_eq!(found("192.0.2.1", &["1.1.1.1"]), "192.0.2.1");
        assert_eq!(found("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(found("10.0.0.1", &["192.0.2.7"]), "192.0.2.7");
        assert_eq!(found("10.0.0.1", &["1.1.1.1, 192.0.2.7"]), "192.0.2.7");
        assert_eq!(found("10.0.0.1", &["1.1.1.1, 192.0.2.7,10.9.9.9"]), "192.0.2.7");
        assert_eq!(found("10.0.0.1", &["1.1.1.1", "192.0.2.7", " 10.9.9.9 "]), "192.0.2.7");
        assert_eq!(found("10.0.0.1", &["10.0.0.3, 10.0.0.2"]), "10.0.0.3");
        assert_eq!(found("::ffff:10.0.0.1", &["::ffff:192.0.2.7"]), "192.0.2.7");
        assert_eq!(found("fd00::1", &["2001:db8::1"]), "2001:db8::1");
        assert_eq!(found("fd00::1", &["[2001:db8::1]:443"]), "2001:db8::1");
        assert_eq!(found("10.0.0.1", &["192.0.2.7:8080"]), "192.0.2.7");
    }

    #[test]
    fn a_hop_that_is_no_address_ends_the_search() {
        let found = |values: &[&str]| client(ForwardedHeader::XForwardedFor, "10.0.0.1", values);
        for bad in ["unknown", "", "1.1.1.1, unknown", "1.1.1.1,", "1.1.1.1 2.2.2.2", "1.1.1.1, \u{e9}"] {
            assert_eq!(found(&[bad]), "10.0.0.1", "{bad}");
        }
        assert_eq!(found(&["1.1.1.1, x, 10.0.0.2"]), "10.0.0.2");
        assert_eq!(found(&["1.1.1.1, \u{e9}, 192.0.2.7"]), "192.0.2.7");
    }

    #[test]
    fn forwarded_is_read_as_rfc_7239_writes_it() {
        let found = |values: &[&str]| client(ForwardedHeader::Forwarded, "10.0.0.1", values);
        assert_eq!(found(&["for=192.0.2.60;proto=http;by=203.0.113.43"]), "192.0.2.60");
        assert_eq!(found(&["For=\"[2001:db8:cafe::17]:4711\""]), "2001:db8:cafe::17");
        assert_eq!(found(&["for=1.1.1.1, for=192.0.2.43, for=\"10.0.0.2\""]), "192.0.2.43");
        assert_eq!(found(&["host=\"a,for=1.1.1.1\";for=192.0.2.43"]), "192.0.2.43");
        assert_eq!(found(&["host=\"a\\\",for=1.1.1.1\""]), "10.0.0.1");
        for bad in
            ["for=unknown", "for=_hidden", "by=1.1.1.1", "for=1.1.1.1;for=2.2.2.2", "for=1.1.1.1;by=\", for=192.0.2.43"]
        {
            assert_eq!(found(&[bad]), "10.0.0.1", "{bad}");
        }
    }
}
