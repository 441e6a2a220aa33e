//! `site-release-v1.json`: notes with their documents, taken and refused.

use crate::encoding::b64u;
use crate::note;
use crate::release::sample::{anchor, release, site_key, time};
use crate::release::{FilePath, MAX_FILE, SiteRelease, hash, text, verify};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const NOW: &str = "2026-12-01T12:00:00Z";

fn signed(text: &str, signers: &[u8]) -> String {
    let signers: Vec<_> = signers.iter().map(|number| site_key(*number)).collect();
    note::sign(text, &signers.iter().collect::<Vec<_>>()).unwrap()
}

/// Of a release that may be refused: note and document as they would be signed.
fn of(release: &SiteRelease, signers: &[u8]) -> (String, String) {
    (signed(&text(release), signers), release.encode())
}

fn with(change: impl FnOnce(&mut SiteRelease)) -> (String, String) {
    let mut made = release();
    change(&mut made);
    of(&made, &[1, 2])
}

/// A document that was changed as text, and a note that names it.
fn document(from: &str, to: &str) -> (String, String) {
    let good = release().encode();
    assert!(good.contains(from), "{from}");
    let changed = good.replacen(from, to, 1);
    let named = text(&release()).replace(&hash(&good).to_hex(), &hash(&changed).to_hex());
    (signed(&named, &[1, 2]), changed)
}

/// A text that was changed before it was signed.
fn statement(from: &str, to: &str) -> (String, String) {
    let good = text(&release());
    assert!(good.contains(from), "{from}");
    (signed(&good.replacen(from, to, 1), &[1, 2]), release().encode())
}

pub(super) fn make() -> Value {
    let good = release();
    let (note, text_of) = of(&good, &[1, 2]);
    let hash_of = hash(&text_of).to_hex();
    let loader = FilePath::parse("/loader-1.js").unwrap();
    let cases = [
        ("two of three keys", of(&good, &[1, 2]), NOW, None),
        ("all three keys", of(&good, &[3, 1, 2]), NOW, None),
        ("24 hours before it was made", of(&good, &[1, 2]), "2026-11-26T12:00:00Z", None),
        ("24 hours after its end", of(&good, &[1, 2]), "2027-03-08T12:00:00Z", None),
        ("made from changed sources", with(|made| made.made_with.source_commit.push_str("+modified")), NOW, None),
        ("letters that are not ASCII", with(|made| owner(made, &loader, "Käufer & Söhne \u{2028}")), NOW, None),
        ("keys of a script's signatures", with(|made| keys(made, &loader, 2)), NOW, None),
        ("programs of the site's servers", with(|made| programs(made, &["nightsafe", "nightsafe-ingest"])), NOW, None),
        ("the element of now", with(|made| made.element = Some(loader.clone())), NOW, None),
        ("a second too early", of(&good, &[1, 2]), "2026-11-26T11:59:59Z", Some("not_yet_valid")),
        ("a second too late", of(&good, &[1, 2]), "2027-03-08T12:00:01Z", Some("expired")),
        ("one of two keys", of(&good, &[1]), NOW, Some("too_few_signatures")),
        (
            "changed after signing",
            (note.replacen("sequence 3", "sequence 4", 1), text_of.clone()),
            NOW,
            Some("bad_signature"),
        ),
        ("no signature", (text(&good), text_of.clone()), NOW, Some("malformed")),
        ("another label", statement("v1/site-release\n", "v1/key-manifest\n"), NOW, Some("malformed")),
        ("an unknown line", statement("created ", "extra x\ncreated "), NOW, Some("malformed")),
        (
            "lines in another order",
            statement("site demo.nightsafe.example\nsequence 3\n", "sequence 3\nsite demo.nightsafe.example\n"),
            NOW,
            Some("malformed"),
        ),
        ("a hash in upper case", statement(&hash_of, &hash_of.to_uppercase()), NOW, Some("malformed")),
        ("another site", statement("site demo.", "site other."), NOW, Some("wrong_site")),
        (
            "the document of another release",
            (note.clone(), with(|made| made.sequence = 4).1),
            NOW,
            Some("wrong_document"),
        ),
        ("a byte more", (note, text_of + "\n"), NOW, Some("wrong_document")),
        ("another sequence number in the note", statement("sequence 3", "sequence 4"), NOW, Some("invalid_manifest")),
        ("a leading zero in the note", statement("sequence 3", "sequence 03"), NOW, Some("invalid_manifest")),
        ("another end in the note", statement("expires 2027", "expires 2028"), NOW, Some("invalid_manifest")),
        ("a key manifest below the floor", with(|made| made.key_manifest.sequence = 6), NOW, Some("rollback")),
        ("not JSON", document("{\"created\"", "{created"), NOW, Some("invalid_manifest")),
        ("a blank", document(",\"expires\"", ", \"expires\""), NOW, Some("invalid_manifest")),
        (
            "the log of another site",
            document("demo.nightsafe.example/release-log", "evil.nightsafe.example/release-log"),
            NOW,
            Some("invalid_manifest"),
        ),
        ("an unknown member", document("{\"created\"", "{\"a\":1,\"created\""), NOW, Some("invalid_manifest")),
        (
            "members in another order",
            document(
                "\"sequence\":3,\"site\":\"demo.nightsafe.example\"",
                "\"site\":\"demo.nightsafe.example\",\"sequence\":3",
            ),
            NOW,
            Some("invalid_manifest"),
        ),
        ("a member twice", document("\"sequence\":3", "\"sequence\":3,\"sequence\":3"), NOW, Some("invalid_manifest")),
        ("an escape that is not needed", document("no-store", "n\\u006f-store"), NOW, Some("invalid_manifest")),
        ("a fraction", document("\"sequence\":3", "\"sequence\":3.0"), NOW, Some("invalid_manifest")),
        ("a WASM hash left out", document(&wasm_hash(&good), ""), NOW, Some("invalid_manifest")),
        (
            "emergency_opt_out",
            document("\"expires\"", "\"emergency_opt_out\":true,\"expires\""),
            NOW,
            Some("invalid_manifest"),
        ),
        ("a file without a hash", document(&hash_line(&good, &loader), ""), NOW, Some("invalid_manifest")),
        (
            "a file of a third origin",
            document("\"https://admin.example/\":{\"bytes\"", "\"https://a.example/\":{\"bytes\""),
            NOW,
            Some("invalid_manifest"),
        ),
        (
            "a script nobody answers for",
            with(|made| made.fields.files.get_mut(&loader).unwrap().script = None),
            NOW,
            Some("invalid_manifest"),
        ),
        ("three keys of a script", with(|made| keys(made, &loader, 3)), NOW, Some("invalid_manifest")),
        (
            "a key of a page",
            with(|made| keys(made, &FilePath::parse("/frame-1.html").unwrap(), 1)),
            NOW,
            Some("invalid_manifest"),
        ),
        ("a program whose name leads elsewhere", with(|made| programs(made, &[".."])), NOW, Some("invalid_manifest")),
        (
            "an element that is not there",
            with(|made| made.element = FilePath::parse("/element-1.js")),
            NOW,
            Some("invalid_manifest"),
        ),
        (
            "an element of the admin site",
            document("\"expires\"", "\"element\":\"https://admin.example/admin.js\",\"expires\""),
            NOW,
            Some("invalid_manifest"),
        ),
        (
            "no programs, said",
            document("\"release_log\"", "\"programs\":{},\"release_log\""),
            NOW,
            Some("invalid_manifest"),
        ),
        ("a script without a purpose", with(|made| owner(made, &loader, "")), NOW, Some("invalid_manifest")),
        (
            "a path that climbs",
            document("https://admin.example/admin.js", "https://admin.example/../admin.js"),
            NOW,
            Some("invalid_manifest"),
        ),
        (
            "a header's value that ends its line",
            with(|made| header(made, "Cache-Control", "no-store\r\nSet-Cookie: a=b")),
            NOW,
            Some("invalid_manifest"),
        ),
        (
            "a header in two spellings",
            with(|made| header(made, "cache-control", "no-store")),
            NOW,
            Some("invalid_manifest"),
        ),
        (
            "headers of a file that is not there",
            document("\"/frame-1.html\":{\"Cache-Control\"", "\"/frame-2.html\":{\"Cache-Control\""),
            NOW,
            Some("invalid_manifest"),
        ),
        (
            "a file without a type",
            with(|made| drop(made.fields.headers.remove(loader.as_str()))),
            NOW,
            Some("invalid_manifest"),
        ),
        (
            "a file of more than 64 MiB",
            with(|made| made.fields.files.get_mut(&loader).unwrap().bytes = MAX_FILE + 1),
            NOW,
            Some("invalid_manifest"),
        ),
        (
            "one origin for both",
            with(|made| made.admin.origin = made.fields.origin.clone()),
            NOW,
            Some("invalid_manifest"),
        ),
        (
            "valid for more than 400 days",
            with(|made| made.expires = made.created.plus_days(401)),
            NOW,
            Some("invalid_manifest"),
        ),
        (
            "a published module that is not served",
            with(|made| made.made_with.modules = BTreeMap::from([("admin".to_owned(), [9; 32])])),
            NOW,
            Some("invalid_manifest"),
        ),
    ];
    let cases: Vec<Value> = cases
        .into_iter()
        .map(|(case, (note, document), now, error)| {
            let verified = verify(&note, &document, &anchor(), time(now));
            assert_eq!(verified.as_ref().err().map(|error| error.code()), error, "{case}");
            match error {
                None => json!({"case": case, "now": now, "note": note, "document": document, "hash": hash(&document).to_hex()}),
                Some(error) => json!({"case": case, "now": now, "note": note, "document": document, "error": error}),
            }
        })
        .collect();
    let (waict_path, waict) = good.waict();
    let (webcat_path, webcat) = good.webcat();
    json!({
        "anchor": anchor().encode(),
        "cases": cases,
        "waict": {"path": waict_path, "body": waict},
        "webcat": {"path": webcat_path, "body": webcat},
    })
}

fn owner(made: &mut SiteRelease, path: &FilePath, owner: &str) {
    made.fields.files.get_mut(path).unwrap().script.as_mut().unwrap().owner = owner.to_owned();
}

fn keys(made: &mut SiteRelease, path: &FilePath, count: u8) {
    made.fields.files.get_mut(path).unwrap().keys = (1..=count).map(|byte| [byte; 32]).collect();
}

fn programs(made: &mut SiteRelease, names: &[&str]) {
    made.programs = names.iter().map(|name| ((*name).to_owned(), [9; 32])).collect();
}

fn header(made: &mut SiteRelease, name: &str, value: &str) {
    made.fields.headers.get_mut("*").unwrap().insert(name.to_owned(), value.to_owned());
}

fn wasm_hash(made: &SiteRelease) -> String {
    let hash = made.made_with.modules["checkout"];
    format!("\"{}\"]", b64u(&hash)).replace(']', "")
}

fn hash_line(made: &SiteRelease, path: &FilePath) -> String {
    format!(",\"https://fields.example{}\":\"{}\"", path.as_str(), b64u(&made.fields.files[path].sha256))
}
