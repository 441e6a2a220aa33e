//! Web origins, in the form in which browsers write them.

use core::fmt;

/// An origin: `https://host`, or `http://` on localhost; a port when it is not the scheme's own. No path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(String);

impl Origin {
    /// Reads an origin; `None` unless it is exactly what a browser would write.
    pub fn parse(text: &str) -> Option<Self> {
        let (rest, own_port) = match text.strip_prefix("https://") {
            Some(rest) => (rest, 443),
            None => (text.strip_prefix("http://")?, 80),
        };
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (rest, None),
        };
        if let Some(port) = port {
            let number = crate::encoding::decimal(port.as_bytes())?;
            if number == 0 || number > 65_535 || number == own_port || port.starts_with('0') {
                return None;
            }
        }
        // A host has the form of a site name
        crate::scalar::Site::parse(host).ok()?;
        let is_local = host == "localhost" || host.ends_with(".localhost");
        (own_port == 443 || is_local).then(|| Self(text.into()))
    }

    /// The origin.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_browsers_write_them() {
        for text in [
            "https://pay.example.com",
            "https://pay.example.com:8443",
            "http://localhost",
            "http://localhost:4803",
            "http://shop.localhost:1",
        ] {
            assert_eq!(Origin::parse(text).unwrap().as_str(), text);
        }
        for text in [
            "",
            "pay.example.com",
            "ftp://pay.example.com",
            "http://pay.example.com",
            "https://",
            "https://pay.example.com/",
            "https://pay.example.com:443",
            "http://localhost:80",
            "http://localhost:0",
            "http://localhost:04803",
            "http://localhost:65536",
            "https://Pay.example.com",
            "https://a@pay.example.com",
            "https://pay.example.com?x",
            "https://pay.example.com https://b.example",
            "https://*.example.com",
        ] {
            assert_eq!(Origin::parse(text), None, "{text}");
        }
    }
}
