//! What is read of a report: words of ours, origins and hashes.
//!
//! A report of an attack that was blocked can hold what the attack wanted to carry away, in an address. So of addresses of
//! others only the end of the host's name stays, and of pages only our own.

use nightsafe_core::anchor::Origin;
use nightsafe_core::plaintext::looks_like_card;
use nightsafe_proto::report::BrowserReport;
use serde_json::Value;

/// What reports are about, all that the headers ask for.
pub(super) const KINDS: [&str; 4] = ["csp-violation", "csp-hash", "integrity-violation", "connection-allowlist"];
/// About something else.
pub(super) const OTHER: &str = "other";
/// Of a page that is not ours.
pub(super) const FOREIGN: &str = "foreign";

/// What browsers write in the place of an address.
const WORDS: [&str; 9] =
    ["inline", "eval", "wasm-eval", "trusted-types-sink", "trusted-types-policy", "data", "blob", "self", "webrtc"];
/// What else was there.
const UNREADABLE: &str = "unreadable";
const MAX_WORD: usize = 40;
const MAX_PATH: usize = 100;

/// Whose pages are ours.
#[derive(Debug)]
pub(super) struct Pages {
    pub(super) fields: Origin,
    pub(super) admin: Option<Origin>,
}

/// What of a report is remembered, and by what reports are the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Sample {
    pub(super) kind: &'static str,
    pub(super) page: String,
    pub(super) rule: String,
    pub(super) source: String,
    pub(super) hash: String,
    pub(super) report_only: bool,
}

impl Sample {
    /// The error is what to count it as.
    pub(super) fn of(report: &BrowserReport, pages: &Pages) -> Result<Self, &'static str> {
        let kind = KINDS.into_iter().find(|kind| *kind == report.kind).ok_or(OTHER)?;
        let text = |name: &str| report.body.get(name).and_then(Value::as_str).unwrap_or_default();
        let first = |names: &[&str]| names.iter().map(|name| text(name)).find(|text| !text.is_empty());
        let page = pages.read(first(&["documentURL"]).unwrap_or(&report.url)).ok_or(FOREIGN)?;
        let source = first(&["blockedURL", "subresourceURL", "connection"]).unwrap_or_default();
        let only = text("disposition") == "report" || report.body.get("reportOnly") == Some(&Value::Bool(true));
        Ok(Self {
            kind,
            page,
            rule: word(first(&["effectiveDirective", "destination"]).unwrap_or_default()),
            source: pages.read(source).unwrap_or_else(|| others(source)),
            hash: hash(text("hash")),
            report_only: only,
        })
    }
}

impl Pages {
    /// Origin and path of an address of ours.
    fn read(&self, url: &str) -> Option<String> {
        let ours = std::iter::once(&self.fields).chain(&self.admin);
        let (origin, path) = ours.into_iter().find_map(|origin| {
            let path = url.strip_prefix(origin.as_str())?;
            path.starts_with('/').then_some((origin, path))
        })?;
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
        let plain = path.len() <= MAX_PATH && path.bytes().all(is_name) && !looks_like_card(path);
        Some(format!("{origin}{}", if plain { path } else { "/…" }))
    }
}

/// Directives and destinations are words.
fn word(text: &str) -> String {
    let is_word = text.len() <= MAX_WORD && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    if is_word { text.to_owned() } else { UNREADABLE.to_owned() }
}

/// `sha256-`, `sha384-` or `sha512-` and base64.
fn hash(text: &str) -> String {
    let is_hash = ["sha256-", "sha384-", "sha512-"].into_iter().zip([44, 64, 88]).any(|(prefix, length)| {
        let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
        text.strip_prefix(prefix).is_some_and(|digest| digest.len() == length && digest.bytes().all(is_base64))
    });
    if is_hash { text.to_owned() } else { String::new() }
}

/// A word, or the end of a host's name: two labels, three where the second is short as in `co.uk`. What stands before could
/// be a shopper's.
fn others(source: &str) -> String {
    if source.is_empty() || WORDS.contains(&source) {
        return source.to_owned();
    }
    let Some((scheme @ ("http" | "https" | "ws" | "wss"), rest)) = source.split_once("://") else {
        return UNREADABLE.to_owned();
    };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default().split(':').next().unwrap_or_default();
    let labels: Vec<&str> = host.rsplit('.').collect();
    let number = if labels.get(1).is_some_and(|label| label.len() <= 3) { 3 } else { 2 };
    let end: Vec<&str> = labels.iter().take(number).rev().copied().collect();
    let end = end.join(".").to_ascii_lowercase();
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
    // The last label of a name is never a number; of an address all would have to stay
    let is_address = labels.first().is_some_and(|label| label.bytes().all(|byte| byte.is_ascii_digit()));
    if end.is_empty() || end.len() > MAX_PATH || !end.bytes().all(is_name) || is_address || looks_like_card(&end) {
        return UNREADABLE.to_owned();
    }
    format!("{scheme}://{}{end}", if labels.len() > number { "*." } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages() -> Pages {
        let admin = Origin::parse("https://admin.example");
        Pages { fields: Origin::parse("https://fields.example").unwrap(), admin }
    }

    fn sample(json: &str) -> Result<Sample, &'static str> {
        Sample::of(&serde_json::from_str(json).unwrap(), &pages())
    }

    /// As Chromium sends them.
    #[test]
    fn reports_of_browsers_are_read() {
        let blocked = sample(
            r#"{"age":3,"type":"csp-violation","url":"https://fields.example/frame-1.html?x=4242424242424242","user_agent":"M",
                "body":{"blockedURL":"inline","disposition":"enforce","documentURL":"https://fields.example/frame-1.html",
                "effectiveDirective":"script-src-elem","originalPolicy":"default-src 'none'","statusCode":200}}"#,
        )
        .unwrap();
        assert_eq!((blocked.kind, blocked.rule.as_str()), ("csp-violation", "script-src-elem"));
        assert_eq!((blocked.page.as_str(), blocked.source.as_str()), ("https://fields.example/frame-1.html", "inline"));
        let digest = format!("sha384-{}", "A".repeat(64));
        let loaded = sample(&format!(
            r#"{{"type":"csp-hash","url":"https://admin.example/","body":{{"documentURL":"https://admin.example/",
                "subresourceURL":"https://admin.example/admin-1.js","hash":"{digest}","type":"subresource","destination":"script"}}}}"#
        ))
        .unwrap();
        assert_eq!((loaded.hash, loaded.source.as_str()), (digest, "https://admin.example/admin-1.js"));
        let only = r#"{"type":"integrity-violation","url":"https://fields.example/","body":{"blockedURL":"https://a.assets.example/x.js","destination":"script","reportOnly":true}}"#;
        let only = sample(only).unwrap();
        assert_eq!((only.report_only, only.source.as_str()), (true, "https://*.assets.example"));
        let led = r#"{"age":72,"type":"connection-allowlist","url":"https://fields.example/frame-1.html?q=1","user_agent":"M",
            "body":{"connection":"https://abc.thief.example/secret?x","disposition":"enforce"}}"#;
        let led = sample(led).unwrap();
        assert_eq!((led.kind, led.source.as_str()), ("connection-allowlist", "https://*.thief.example"));
        // Of WebRTC, the address in the body is the page's own
        let peer = r#"{"age":86,"type":"connection-allowlist","url":"https://fields.example/frame-1.html","body":{
            "allowlist":[],"connection":"webrtc","disposition":"report","url":"https://fields.example/frame-1.html"}}"#;
        let peer = sample(peer).unwrap();
        assert_eq!((peer.source.as_str(), peer.report_only), ("webrtc", true));
    }

    #[test]
    fn what_is_not_of_our_pages_is_only_counted() {
        assert_eq!(sample(r#"{"type":"deprecation","url":"https://fields.example/"}"#), Err(OTHER));
        for url in ["https://fields.example.evil.example/", "https://fields.example", "http://fields.example/", ""] {
            assert_eq!(sample(&format!(r#"{{"type":"csp-violation","url":"{url}"}}"#)), Err(FOREIGN), "{url}");
        }
    }

    #[test]
    fn what_an_attack_wanted_to_carry_away_is_not_kept() {
        let card = "4242424242424242";
        for (blocked, kept) in [
            (format!("https://evil.example/{card}?{card}"), "https://evil.example"),
            (format!("https://{card}.evil.example/"), "https://*.evil.example"),
            (format!("https://a.{card}.evil.co.uk/"), "https://*.evil.co.uk"),
            (format!("https://{card}@evil.example:444/"), "https://evil.example"),
            (format!("https://{card}.example/"), UNREADABLE),
            (format!("data:text/plain,{card}"), UNREADABLE),
            (card.to_owned(), UNREADABLE),
            ("https://203.0.113.9/".to_owned(), UNREADABLE),
            ("https://\u{202e}evil.example/".to_owned(), UNREADABLE),
            ("https://evil.ex\nample/".to_owned(), UNREADABLE),
        ] {
            let report = serde_json::json!({
                "type": "connection-allowlist", "url": "https://fields.example/f", "body": {
                "connection": blocked, "url": blocked, "effectiveDirective": card, "hash": card }
            });
            let sample = sample(&report.to_string()).unwrap();
            assert_eq!(sample.source, kept, "{blocked}");
            assert!(!format!("{sample:?}").contains(card), "{sample:?}");
        }
        let path = format!(r#"{{"type":"csp-violation","url":"https://fields.example/{card}"}}"#);
        assert_eq!(sample(&path).unwrap().page, "https://fields.example/…");
    }
}
