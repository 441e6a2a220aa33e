//! Who the monitor looks like. A server that shows honest files to monitors and others to shoppers has to tell them apart by
//! something: here two visitors differ in each thing that a request says.

use std::time::Duration;

use axum::http::header::{ACCEPT_LANGUAGE, COOKIE, REFERER, USER_AGENT};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use nightsafe_serve::client::Answer;
use nightsafe_serve::release::Manner;

use crate::page;

const CHROME: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36";
const SAFARI: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                      Version/18.6 Mobile/15E148 Safari/604.1";
const OURSELVES: &str = concat!("Mozilla/5.0 (compatible; nightsafe-monitor/", env!("CARGO_PKG_VERSION"), ")");
/// What browsers accept. They take zstd, too, which is a thing by which they can be told from us.
const BROWSERS_ACCEPT: &str = "gzip, deflate, br";

/// One of those who look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visitor {
    /// Its name in reports.
    pub name: &'static str,
    agent: &'static str,
    /// What Chromium says of itself besides its name.
    hints: Option<[&'static str; 3]>,
    language: &'static str,
    comes_from_shop: bool,
    /// Looks when all others have, with the cookies that the first one was given.
    pub again: bool,
}

const DESKTOP: Visitor = Visitor {
    name: "desktop",
    agent: CHROME,
    hints: Some(["\"Chromium\";v=\"141\", \"Google Chrome\";v=\"141\", \"Not?A_Brand\";v=\"8\"", "?0", "\"Windows\""]),
    language: "en-US,en;q=0.9",
    comes_from_shop: true,
    again: false,
};

/// All of them; the first is who the others are compared with.
pub const VISITORS: [Visitor; 6] = [
    DESKTOP,
    Visitor { name: "phone", agent: SAFARI, hints: None, ..DESKTOP },
    Visitor { name: "german", language: "de-DE,de;q=0.9", ..DESKTOP },
    Visitor { name: "direct", comes_from_shop: false, ..DESKTOP },
    Visitor { name: "monitor", agent: OURSELVES, hints: None, language: "en", comes_from_shop: false, again: false },
    Visitor { name: "again", again: true, ..DESKTOP },
];

/// How long to wait, and how often to try again.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For one answer.
    pub exchange: Duration,
    /// For all files that one visitor looks at of one origin, for its keys and log, for a page on its way, and for what it loads.
    pub check: Duration,
    /// How often again, and after how long.
    pub again: (u32, Duration),
}

impl Visitor {
    /// How this visitor asks: from a page of `shop` where it comes from one, with these cookies.
    pub fn manner(&self, patience: &Patience, shop: Option<&str>, cookies: Option<&str>) -> Manner {
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, HeaderValue::from_static(self.agent));
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(self.language));
        for (name, value) in
            ["sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform"].into_iter().zip(self.hints.into_iter().flatten())
        {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let referer = shop.filter(|_| self.comes_from_shop).map(|shop| format!("{shop}/"));
        for (name, value) in [(REFERER, referer.as_deref()), (COOKIE, cookies.filter(|_| self.again))] {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
                headers.insert(name, value);
            }
        }
        // Who says that it is no browser may ask for each encoding alone, as no browser does
        let as_browser = self.agent != OURSELVES;
        Manner {
            headers,
            as_browser,
            encodings: if as_browser { vec![BROWSERS_ACCEPT] } else { vec!["identity", "br", "gzip"] },
            exchange_time: patience.exchange,
            check_time: patience.check,
            again: patience.again,
            is_away,
        }
    }
}

/// The same, of who opens a page: that it is one, its address does not tell.
pub fn opening_pages(manner: &Manner) -> Manner {
    let mut manner = manner.clone();
    if manner.as_browser {
        let site = if manner.headers.contains_key(REFERER) { "same-origin" } else { "none" };
        for (name, value) in [
            ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"),
            ("sec-fetch-dest", "document"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-site", site),
            ("sec-fetch-user", "?1"),
            ("upgrade-insecure-requests", "1"),
        ] {
            manner.headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
    }
    manner
}

/// What a server that fails says, and a proxy with nobody behind it, those of networks before a site among them: 520 to 526 are
/// Cloudflare's. Nobody gets a file with such an answer, so it is no other file. Browsers show such a page and run what is in it,
/// so it only counts as an absence when nothing is. A server that knows of no such file (404, 410) or keeps it to itself (401, 403)
/// does not fail: it was changed.
fn is_away(answer: &Answer) -> bool {
    matches!(answer.status.as_u16(), 408 | 429 | 500 | 502..=504 | 520..=526) && page::is_inert(&answer.body)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience =
        Patience { exchange: Duration::from_secs(1), check: Duration::from_secs(1), again: (0, Duration::ZERO) };

    fn said(visitor: &Visitor, name: HeaderName) -> Option<HeaderValue> {
        visitor.manner(&PATIENCE, Some("https://shop.example"), Some("a=b")).headers.get(name).cloned()
    }

    #[test]
    fn the_first_visitor_has_one_who_differs_in_each_thing_alone() {
        for (name, header) in
            [("phone", USER_AGENT), ("german", ACCEPT_LANGUAGE), ("direct", REFERER), ("again", COOKIE)]
        {
            let other = VISITORS.iter().find(|visitor| visitor.name == name).unwrap();
            for compared in [USER_AGENT, ACCEPT_LANGUAGE, REFERER, COOKIE] {
                let differs = said(&VISITORS[0], compared.clone()) != said(other, compared.clone());
                assert_eq!(differs, compared == header, "{name} {compared}");
            }
        }
    }

    #[test]
    fn an_absent_server_is_told_from_a_page_with_its_status() {
        let answer = |status, body: &str| Answer {
            status: axum::http::StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: body.into(),
        };
        assert!(is_away(&answer(502, "<html><head><title>502 Bad Gateway</title></head><body><center>nginx")));
        assert!(!is_away(&answer(502, "<script>evil()</script>")));
        assert!(!is_away(&answer(504, "<script src=evil.js></script>")));
        assert!(!is_away(&answer(503, "<img src=x onerror=evil()>")));
        for status in [408, 429, 500, 503, 520, 526] {
            assert!(is_away(&answer(status, "error code: 520")), "{status}");
            assert!(!is_away(&answer(status, "<script>evil()</script>")), "{status}");
        }
        for status in [200, 302, 400, 401, 403, 404, 410, 501, 505, 519, 527] {
            assert!(!is_away(&answer(status, "")), "{status}");
        }
    }
}
