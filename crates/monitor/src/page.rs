//! What of a page a browser would run or show as a page of its own.

use std::collections::BTreeSet;
use std::rc::Rc;

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use encoding_rs::{Encoding, WINDOWS_1252};
use nightsafe_core::encoding::b64;
use sha2::{Digest, Sha256};
use url::Url;

use nightsafe_serve::release::html::{self, Element, TooMuch};

/// Types of a script element that browsers take for data. Whatever is not among them counts as code.
const DATA_TYPES: [&str; 9] = [
    "application/json",
    "application/ld+json",
    "text/html",
    "text/json",
    "text/plain",
    "text/template",
    "text/x-handlebars",
    "text/x-handlebars-template",
    "text/x-template",
];
/// Attributes whose value may be an address with code in it.
const ADDRESSES: [&str; 5] = ["href", "src", "action", "formaction", "data"];

/// Something that a page runs, or shows as a page of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Item {
    /// A script by its address.
    Script {
        /// Absolute.
        url: Url,
        /// As the page has it.
        integrity: Option<String>,
        /// Whether it is asked for in a way in which its integrity counts.
        crossorigin: bool,
    },
    /// A script in the page: base64 of SHA-256, as policies have it.
    Inline(String),
    /// An event handler, an address with code in it, or a page within the page, likewise.
    Handler(String),
    /// A frame.
    Frame(Url),
}

/// The page's text, in the encoding that it says.
pub fn text(headers: &HeaderMap, body: &[u8]) -> String {
    let said = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).and_then(charset_of);
    let start = body.get(..1024.min(body.len())).unwrap_or_default();
    let encoding = said
        .or_else(|| charset_of(&String::from_utf8_lossy(start)))
        .or_else(|| std::str::from_utf8(body).is_ok().then_some(encoding_rs::UTF_8));
    // A mark of byte order wins
    encoding.unwrap_or(WINDOWS_1252).decode(body).0.into_owned()
}

/// What a page at this address runs and shows; an item that is there twice counts once.
///
/// # Errors
/// [`TooMuch`]
pub fn items(page: &str, address: &Url) -> Result<BTreeSet<Item>, TooMuch> {
    let elements = html::elements(page)?;
    let base = elements.iter().filter(|element| element.name() == "base");
    let base = base.filter_map(|element| attribute(element, "href")).find_map(|href| address.join(&href).ok());
    let base = base.as_ref().unwrap_or(address);
    Ok(elements.iter().flat_map(|element| of_element(element, base)).collect())
}

/// Whether browsers would run nothing of it, whatever type they take it for.
pub fn is_inert(body: &[u8]) -> bool {
    // Any address that others can be relative to
    let address = Url::parse("https://nowhere.invalid/");
    address.is_ok_and(|address| items(&String::from_utf8_lossy(body), &address).is_ok_and(|items| items.is_empty()))
}

fn of_element(element: &Rc<Element>, base: &Url) -> Vec<Item> {
    let (name, attributes) = (element.name(), element.attributes());
    let value = |wanted: &str| attributes.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
    let mut items: Vec<Item> = attributes
        .iter()
        .filter(|(name, value)| name.starts_with("on") || ADDRESSES.contains(&name.as_str()) && is_code(value))
        .map(|(_, value)| Item::Handler(hash(value)))
        .collect();
    match name.as_str() {
        "script" if is_data(value("type")) => {}
        "script" => match value("src").or(value("href")) {
            Some(src) => items.extend(base.join(src).ok().map(|url| Item::Script {
                url,
                integrity: value("integrity").map(str::to_owned),
                // Anything but credentials is anonymous
                crossorigin: value("crossorigin").is_some(),
            })),
            None => items.push(Item::Inline(hash(&element.text()))),
        },
        "iframe" | "frame" | "embed" | "object" | "portal" | "fencedframe" => {
            // Code in an address is one item already
            let addresses =
                value("src").or(value("data")).filter(|address| !address.trim().is_empty() && !is_code(address));
            items.extend(addresses.and_then(|address| base.join(address).ok()).map(Item::Frame));
            items.extend(value("srcdoc").map(|page| Item::Handler(hash(page))));
        }
        // Leads to another page
        "meta" if value("http-equiv").is_some_and(|name| name.trim().eq_ignore_ascii_case("refresh")) => {
            items.push(Item::Handler(hash(value("content").unwrap_or_default())));
        }
        _ => {}
    }
    items
}

fn attribute(element: &Element, wanted: &str) -> Option<String> {
    element.attributes().into_iter().find(|(name, _)| name == wanted).map(|(_, value)| value)
}

fn is_data(kind: Option<&str>) -> bool {
    let kind = kind.unwrap_or_default().trim().to_ascii_lowercase();
    DATA_TYPES.contains(&kind.as_str())
}

/// Browsers leave out blanks and control characters at the start of an address, and line ends anywhere.
fn is_code(address: &str) -> bool {
    let told: String =
        address.trim_start_matches(|c| c <= ' ').chars().filter(|c| !"\t\r\n".contains(*c)).take(11).collect();
    told.eq_ignore_ascii_case("javascript:")
}

fn hash(text: &str) -> String {
    b64(&Sha256::digest(text.as_bytes()))
}

/// The encoding behind `charset=`.
fn charset_of(text: &str) -> Option<&'static Encoding> {
    let text = text.to_ascii_lowercase();
    let (_, behind) = text.split_once("charset")?;
    let behind = behind.trim_start().strip_prefix('=')?.trim_start().trim_start_matches(['"', '\'']);
    let name = behind.split(['"', '\'', ';', '>', '/', ' ']).next()?;
    Encoding::for_label(name.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(page: &str) -> Vec<Item> {
        items(page, &Url::parse("https://shop.example/a/checkout").unwrap()).unwrap().into_iter().collect()
    }

    fn script(url: &str) -> Item {
        Item::Script { url: Url::parse(url).unwrap(), integrity: None, crossorigin: false }
    }

    #[test]
    fn scripts_are_found_where_a_browser_finds_them() {
        for (page, found) in [
            ("<script src=cart.js></script>", script("https://shop.example/a/cart.js")),
            ("<SCRIPT SRC=//cdn.example/x.js>", script("https://cdn.example/x.js")),
            ("<base href=https://cdn.example/><script src=x.js></script>", script("https://cdn.example/x.js")),
            ("<svg><script href=/x.js /></svg>", script("https://shop.example/x.js")),
            ("<svg><script xlink:href=/x.js></script></svg>", script("https://shop.example/x.js")),
            // In foreign content a textarea hides nothing
            ("<svg><textarea><script src=/x.js></script>", script("https://shop.example/x.js")),
            ("<template><script src=/x.js></script></template>", script("https://shop.example/x.js")),
            ("<table><script src=/x.js></script></table>", script("https://shop.example/x.js")),
            ("<script>evil()</script>", Item::Inline(hash("evil()"))),
            ("<script type=text/unheard>evil()</script>", Item::Inline(hash("evil()"))),
            ("<img src=x onerror=evil()>", Item::Handler(hash("evil()"))),
            ("<a href=' java\nscript:evil()'>x</a>", Item::Handler(hash(" java\nscript:evil()"))),
            ("<iframe srcdoc='<script>x()</script>'>", Item::Handler(hash("<script>x()</script>"))),
            ("<iframe src=//evil.example/pay>", Item::Frame(Url::parse("https://evil.example/pay").unwrap())),
            ("<meta http-equiv=Refresh content=0;url=/x>", Item::Handler(hash("0;url=/x"))),
        ] {
            assert_eq!(read(page), [found], "{page}");
        }
    }

    #[test]
    fn what_does_not_run_is_not_found() {
        for page in [
            "",
            "<textarea><script>x()</script></textarea>",
            "<!-- <script>x()</script> -->",
            "<noscript><script>x()</script></noscript>",
            "<title><script>x()</script></title>",
            "<script type=application/json>{}</script>",
            "<a href=/javascript:x>x</a><img src=/x.png><p class=on>",
        ] {
            assert_eq!(read(page), [], "{page}");
        }
    }

    #[test]
    fn a_page_is_read_in_the_encoding_that_it_says() {
        let read = |kind: &'static str, body: &[u8]| {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, axum::http::HeaderValue::from_static(kind))]);
            text(&headers, body)
        };
        assert_eq!(read("text/html; charset=UTF-16LE", b"<\0p\0>\0"), "<p>");
        assert_eq!(read("text/html", b"<meta charset=\"iso-8859-1\">\xe4"), "<meta charset=\"iso-8859-1\">\u{e4}");
        assert_eq!(read("text/html", "\u{e4}".as_bytes()), "\u{e4}");
        assert_eq!(read("text/html", b"\xe4"), "\u{e4}");
        assert_eq!(read("text/html; charset=iso-8859-1", b"\xff\xfe<\0p\0>\0"), "<p>");
    }
}
