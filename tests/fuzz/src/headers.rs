//! Header fields.

use std::net::{IpAddr, SocketAddr};
use std::sync::LazyLock;

use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Request};
use nightsafe_core::note::Vkey;
use nightsafe_core::time::UnixTime;
use nightsafe_serve::forwarded::{ForwardedHeader, Peer, Trust};
use nightsafe_serve::http_signature::{CONTENT_DIGEST, Refusal, SIGNATURE, SIGNATURE_INPUT, Verifier};

use crate::seeds::{self, text_of};

const FIELDS: [HeaderName; 3] = [CONTENT_DIGEST, SIGNATURE_INPUT, SIGNATURE];

struct Signed {
    key: Vkey,
    authority: String,
    now: UnixTime,
    requests: Vec<Vec<u8>>,
}

/// A signed request: target, `Content-Digest`, `Signature-Input` and `Signature`, a line each. What is taken is what the
/// key's holder signed, in the one spelling that it has, and only once.
pub(crate) fn signed(data: &[u8]) {
    static SIGNED: LazyLock<Signed> = LazyLock::new(|| {
        let vectors = seeds::vectors(seeds::RELAY);
        Signed {
            key: Vkey::parse(text_of(&vectors["key"])).unwrap(),
            authority: text_of(&vectors["origin"]).strip_prefix("https://").unwrap().to_owned(),
            now: UnixTime::from_seconds(vectors["now"].as_u64().unwrap()),
            requests: seeds::signed_heads(&vectors),
        }
    });
    let mut lines = data.splitn(4, |byte| *byte == b'\n');
    let Ok(mut request) = Request::builder().method(Method::POST).uri(lines.next().unwrap_or_default()).body(()) else {
        return;
    };
    for (name, value) in FIELDS.into_iter().zip(lines) {
        let Ok(value) = HeaderValue::from_bytes(value) else { return };
        request.headers_mut().insert(name, value);
    }
    let (head, ()) = request.into_parts();
    let start = UnixTime::from_seconds(SIGNED.now.seconds() - 3600);
    let verifier = Verifier::new(vec![SIGNED.key.clone()], SIGNED.authority.clone(), start);
    if verifier.verify(&head, SIGNED.now).is_ok() {
        let mut lines = vec![head.uri.path().as_bytes()];
        lines.extend(FIELDS.iter().map(|name| head.headers[name].as_bytes()));
        let request = lines.join(&b'\n');
        assert!(SIGNED.requests.contains(&request), "nobody signed this");
        assert_eq!(verifier.verify(&head, SIGNED.now).err(), Some(Refusal::Replayed));
    }
}

/// `X-Forwarded-For` and `Forwarded`: whatever a sender writes into them, a proxy's word about the sender stands.
pub(crate) fn forwarded(data: &[u8]) {
    const SENDER: &str = "198.51.100.7";
    let (peer, sender): (IpAddr, IpAddr) = (IpAddr::from([10, 0, 0, 1]), SENDER.parse().unwrap());
    let (Ok(written), Ok(text)) = (HeaderValue::from_bytes(data), core::str::from_utf8(data)) else { return };
    for (name, header, added) in [
        ("x-forwarded-for", ForwardedHeader::XForwardedFor, SENDER.to_owned()),
        ("forwarded", ForwardedHeader::Forwarded, format!("for={SENDER}")),
    ] {
        let trust = Trust::new(vec!["10.0.0.0/8".parse().unwrap()], header);
        let client = |peer: IpAddr, values: &[&HeaderValue]| {
            let mut extensions = Extensions::new();
            extensions.insert(Peer(SocketAddr::new(peer, 1)));
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(name, (*value).clone());
            }
            trust.client(&extensions, &headers).unwrap()
        };
        // Nobody's word but a proxy's is taken
        assert_eq!(client(sender, &[&written]), sender);
        let _ = client(peer, &[&written]);
        // A proxy adds a line, or goes on in the sender's, in which an open quote may hide what it says
        let own: HeaderValue = added.parse().unwrap();
        assert_eq!(client(peer, &[&written, &own]), sender);
        if let Ok(joined) = format!("{text}, {added}").parse() {
            let found = client(peer, &[&joined]);
            assert!(found == sender || (found == peer && text.contains('"')), "{found}");
        }
    }
}
