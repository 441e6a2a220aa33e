//! Pages of shops, as a monitor reads them.

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue};
use nightsafe_monitor::page::{Item, is_inert, items, text};
use url::Url;

/// A script that stands first is found whatever comes behind it; what runs nothing has nothing in it. In each encoding.
pub(crate) fn page(data: &[u8]) {
    let address = Url::parse("https://shop.example/checkout").unwrap();
    let first = "<script src=/first.js></script>";
    let is_first = |item: &Item| matches!(item, Item::Script { url, .. } if url.path() == "/first.js");
    for kind in ["text/html", "text/html; charset=utf-8", "text/html; charset=utf-16", "text/html; charset=shift_jis"] {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]);
        let page = text(&headers, data);
        assert!(items(&[first, &page].concat(), &address).unwrap().iter().any(is_first));
        // Two readings of one page are one
        assert_eq!(items(&page, &address), items(&page, &address));
    }
    if is_inert(data) {
        assert!(items(&String::from_utf8_lossy(data), &address).unwrap().is_empty());
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    [
        "<!doctype html><base href=//cdn.example/><script type=module src=x.js integrity=sha384-x crossorigin></script>",
        "<svg><textarea><script xlink:href=/x.js></script></svg><math><mtext><table><script>a()</script>",
        "<body onload='a()'><template><iframe srcdoc='<script>b()</script>' src=javascript:c()></template>",
        "<meta charset=utf-16><meta http-equiv=refresh content='0;url=/x'><noscript><!--<script>--></noscript>",
        "<form action=' java\tscript:d()'><select><script>e()</script></select><plaintext><script>f()",
    ]
    .map(|page| page.as_bytes().to_vec())
    .to_vec()
}
