//! The files for hosts of static sites, read as those hosts say that they read `_headers`: every path gets what was signed. Which
//! rules hold there was taken from their documentation and their published code; no test reaches the hosts themselves.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a failing test may panic")]

mod common;

use std::collections::BTreeMap;
use std::fs;

use common::{SITE_KEYS, Shop, ok, run};
use nightsafe_core::release::{NOTE_PATH, PROOF_PATH, Place, SiteRelease};
use nightsafe_serve::release::typed;

/// Names in small letters, and values.
type Sent = BTreeMap<String, String>;

/// A path or a pattern, and the lines below it.
fn rules(text: &str) -> Vec<(&str, Vec<&str>)> {
    let mut rules: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.trim().starts_with('#')) {
        match line.strip_prefix("  ") {
            Some(line) => rules.last_mut().unwrap().1.push(line),
            None => rules.push((line, Vec::new())),
        }
    }
    rules
}

fn is_for(pattern: &str, path: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == path, |start| path.starts_with(start))
}

fn matching<'t>(text: &'t str, path: &str) -> impl Iterator<Item = Vec<&'t str>> {
    rules(text).into_iter().filter(|(pattern, _)| is_for(pattern, path)).map(|(_, lines)| lines)
}

/// All rules that fit, in order; a line `! Name` takes away what came before, and what is there twice becomes one, with a comma.
fn by_cloudflare(text: &str, path: &str) -> Sent {
    let mut sent = Sent::new();
    for lines in matching(text, path) {
        let taken = lines.iter().filter_map(|line| line.strip_prefix("! "));
        taken.for_each(|name| drop(sent.remove(&name.to_ascii_lowercase())));
        for (name, value) in lines.iter().filter_map(|line| line.split_once(": ")) {
            let before = sent.remove(&name.to_ascii_lowercase());
            let value = before.map_or(value.to_owned(), |before| format!("{before}, {value}"));
            sent.insert(name.to_ascii_lowercase(), value);
        }
    }
    sent
}

/// All rules that fit, the later ones in the place of the earlier; nothing of a file with a line that is none.
fn by_netlify(text: &str, path: &str) -> Sent {
    let mut sent = BTreeMap::new();
    for lines in matching(text, path) {
        for line in lines {
            let Some((name, value)) = line.split_once(": ") else { return Sent::new() };
            sent.insert(name, value);
        }
    }
    let mut joined = Sent::new();
    for (name, value) in sent {
        // Two spellings are two headers
        let of_name = joined.entry(name.to_ascii_lowercase()).or_default();
        *of_name = if of_name.is_empty() { value.to_owned() } else { format!("{of_name}, {value}") };
    }
    joined
}

/// Every path of an origin that something is served at, one at which nothing is, and what was signed for each.
fn signed(place: &Place, release: &SiteRelease, is_fields: bool) -> BTreeMap<String, Sent> {
    let mut place = place.clone();
    let described = release.descriptions().into_iter().map(|(path, _)| path);
    let log = ["/log/checkpoint", "/log/tile/0/000.p/5", "/log/tile/entries/000.p/5"].map(str::to_owned);
    let of_log = log.into_iter().filter(|_| is_fields);
    for path in described.chain([NOTE_PATH.to_owned(), PROOF_PATH.to_owned()]).chain(of_log) {
        place.headers.insert(path.clone(), typed(&path));
    }
    let paths: Vec<String> = place.headers.keys().filter(|path| *path != "*").cloned().collect();
    let paths = paths.into_iter().chain(["/nothing-here".to_owned()]);
    let sent = |path: &str| {
        place.headers_of(path).into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect::<Sent>()
    };
    paths.map(|path| (path.clone(), sent(&path))).collect()
}

#[test]
fn hosts_that_read_headers_send_what_was_signed_at_every_path() {
    let shop = Shop::made();
    shop.write_assets("");
    let mut build = shop.command(&["site", "build", "--site-passphrase-fd", "0"]);
    build.arg("--assets").arg(shop.path("assets"));
    for number in [1, 2] {
        build.arg("--site-key").arg(shop.path(&format!("site-keys/site-key-{number}.key")));
    }
    ok(run(build, &format!("{SITE_KEYS}\n")));
    let site = shop.data().join("site");
    let release = SiteRelease::parse(&fs::read_to_string(site.join("site-release.json")).unwrap()).unwrap();
    for (name, place) in [("fields", &release.fields), ("admin", &release.admin)] {
        let text = |host: &str| fs::read_to_string(site.join(format!("{name}-headers.{host}"))).unwrap();
        let (cloudflare, netlify) = (text("cloudflare"), text("netlify"));
        let wanted = signed(place, &release, name == "fields");
        assert!(wanted.len() > place.files.len() && !place.files.is_empty());
        // A type of its own at least, and the frame a policy
        let all = wanted.get("/nothing-here").unwrap();
        let differing: Vec<&String> = wanted.iter().filter(|(_, sent)| *sent != all).map(|(path, _)| path).collect();
        assert_eq!(differing.len(), wanted.len() - 1);
        for (path, wanted) in &wanted {
            assert_eq!(&by_cloudflare(&cloudflare, path), wanted, "Cloudflare, {path}");
            assert_eq!(&by_netlify(&netlify, path), wanted, "Netlify, {path}");
        }
        // Neither file is good for the other host: values would stand there twice, or nothing at all
        let is_wrong =
            |read: fn(&str, &str) -> Sent, text: &str| wanted.iter().any(|(path, sent)| read(text, path) != *sent);
        assert!(is_wrong(by_cloudflare, &netlify) && is_wrong(by_netlify, &cloudflare), "{name}");
        // And a line more or less is seen
        for line in cloudflare.lines().filter(|line| line.starts_with("  ") && !line.starts_with("  ! ")) {
            let without = cloudflare.replacen(&format!("{line}\n"), "", 1);
            assert!(is_wrong(by_cloudflare, &without), "{name}: {line}");
        }
    }
}
