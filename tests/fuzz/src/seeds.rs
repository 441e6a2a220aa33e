//! What mutations start from: the shared vectors, good and bad, and a few requests that none of them has.

use nightsafe_core::encoding::{b64u, hex_into};
use nightsafe_login::ClientLogin;
use serde_json::{Value, json};

const CUSTODY: &str = include_str!("../../vectors/custody-v1.json");
const DEPOSIT: &str = include_str!("../../vectors/deposit-v1.json");
const ENVELOPE: &str = include_str!("../../vectors/envelope-v1.json");
const IDENTITY: &str = include_str!("../../vectors/identity-v1.json");
const MANIFEST: &str = include_str!("../../vectors/key-manifest-v1.json");
const NOTE: &str = include_str!("../../vectors/note-v1.json");
const TIMESTAMP: &str = include_str!("../../vectors/timestamp-v1.json");
pub(crate) const AUDIT: &str = include_str!("../../vectors/audit-v1.json");
pub(crate) const LOG: &str = include_str!("../../vectors/log-v1.json");
pub(crate) const RECEIPT: &str = include_str!("../../vectors/receipt-v1.json");
pub(crate) const RELEASE: &str = include_str!("../../vectors/site-release-v1.json");
pub(crate) const RELAY: &str = include_str!("../../vectors/relay-v1.json");
pub(crate) const ROSTER: &str = include_str!("../../vectors/roster-v1.json");

pub(crate) fn vectors(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

pub(crate) fn text_of(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn bytes_of(value: &Value) -> Vec<u8> {
    let text = text_of(value);
    let mut bytes = vec![0; text.len() / 2];
    assert!(hex_into(text, &mut bytes), "no hex: {text}");
    bytes
}

fn texts(values: &[Value], name: &str) -> Vec<Vec<u8>> {
    values.iter().map(|value| text_of(&value[name]).as_bytes().to_vec()).collect()
}

pub(crate) fn deposit_json() -> Vec<Vec<u8>> {
    texts(list(&vectors(DEPOSIT)), "json")
}

pub(crate) fn deposit_body() -> Vec<Vec<u8>> {
    let whole =
        |deposit: &Value| ["deposit_id", "nonce", "canonical_body"].map(|name| bytes_of(&deposit[name])).concat();
    list(&vectors(DEPOSIT)).iter().map(whole).collect()
}

/// Envelopes, values, locators, and wrapped items.
pub(crate) fn envelopes() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for deposit in list(&vectors(DEPOSIT)) {
        seeds.extend([bytes_of(&deposit["locator"]), bytes_of(&deposit["locator_plaintext"])]);
        for field in list(&deposit["fields"]) {
            seeds.extend([bytes_of(&field["envelope"]), bytes_of(&field["cbor"])]);
        }
    }
    seeds.extend(list(&vectors(ENVELOPE)).iter().map(|one| bytes_of(&one["pt"])));
    seeds.extend(list(&vectors(CUSTODY)["wrapped_items"]).iter().map(|one| bytes_of(&one["wrapped"])));
    seeds
}

/// Notes and verifier keys.
pub(crate) fn notes() -> Vec<Vec<u8>> {
    let vectors = vectors(NOTE);
    let keys = list(&vectors).iter().filter_map(|one| one["keys"].as_array()).flatten();
    let keys = keys.map(|key| text_of(key).as_bytes().to_vec());
    texts(list(&vectors), "note").into_iter().chain(keys).collect()
}

/// The texts that manifests and timestamps are without their signatures, and trust anchors.
pub(crate) fn manifests() -> Vec<Vec<u8>> {
    let (manifests, timestamps) = (vectors(MANIFEST), vectors(TIMESTAMP));
    let mut seeds = texts(list(&manifests["anchors"]), "anchor");
    for note in list(&manifests["cases"]).iter().chain(list(&timestamps["cases"])) {
        let note = text_of(&note["note"]);
        let text = note.find("\n\n\u{2014}").map_or(note, |end| &note[..=end]);
        seeds.push(text.as_bytes().to_vec());
    }
    seeds.extend(["2026-12-01T12:00:00Z", "2026-12", "2026-12-01"].map(|text| text.as_bytes().to_vec()));
    seeds.sort();
    seeds.dedup();
    seeds
}

pub(crate) fn receipts() -> Vec<Vec<u8>> {
    texts(list(&vectors(RECEIPT)["cases"]), "receipt")
}

/// Those that the key's holder signed.
pub(crate) fn good_receipts(vectors: &Value) -> Vec<Vec<u8>> {
    let good: Vec<_> = list(&vectors["cases"]).iter().filter(|case| case.get("error").is_none()).cloned().collect();
    texts(&good, "receipt")
}

/// Documents, and notes with the document behind them.
pub(crate) fn releases() -> Vec<Vec<u8>> {
    let vectors = vectors(RELEASE);
    let cases = list(&vectors["cases"]);
    let both = cases.iter().map(|case| [text_of(&case["note"]), text_of(&case["document"])].concat().into_bytes());
    texts(cases, "document").into_iter().chain(both).collect()
}

/// Signed entries, each once.
pub(crate) fn roster_entries() -> Vec<Vec<u8>> {
    let vectors = vectors(ROSTER);
    let entries = list(&vectors["cases"]).iter().flat_map(|case| list(&case["entries"]));
    let mut seeds: Vec<_> = entries.map(|entry| text_of(entry).as_bytes().to_vec()).collect();
    seeds.sort();
    seeds.dedup();
    seeds
}

pub(crate) fn recovery_codes() -> Vec<Vec<u8>> {
    texts(list(&vectors(IDENTITY)["recovery_codes"]), "typed")
}

/// Public and wrapped identities, and grants to admins.
pub(crate) fn identities() -> Vec<Vec<u8>> {
    let vectors = vectors(IDENTITY);
    [("identities", "public_identity"), ("wrapped_identities", "wrapped"), ("admin_grants", "grant")]
        .iter()
        .flat_map(|(group, name)| list(&vectors[*group]).iter().map(move |one| bytes_of(&one[*name])))
        .collect()
}

pub(crate) fn relay_json() -> Vec<Vec<u8>> {
    let deposit = &vectors(DEPOSIT)[0];
    let id = text_of(&deposit["deposit_id"]);
    let batch = json!({"more": true, "deposits": [{
        "deposit_id": id, "day": "2026-11-21",
        "nonce": b64u(&bytes_of(&deposit["nonce"])), "body": b64u(&bytes_of(&deposit["canonical_body"])),
    }]});
    let damaged = json!({"deposit_ids": [id, id], "damaged": [{"deposit_id": id, "content": id}]});
    let mut seeds = texts(list(&vectors(RELAY)["good"]), "body");
    seeds.extend([batch, damaged, json!({"deposits": [], "more": false})].map(|json| json.to_string().into_bytes()));
    seeds
}

pub(crate) fn vault_json() -> Vec<Vec<u8>> {
    let id = "ab".repeat(32);
    [
        json!({"user": "anna", "message": b64u(&[7; 96])}),
        json!({"login": b64u(&[7; 16]), "message": b64u(&[7; 64])}),
        json!({"reference": "ORDER-2026/1121", "brand": "visa", "last4": "4242", "postal_code": "SW1A 1AA",
            "country": "GB", "day": "2026-11-21", "after": format!("2026-11-21.{id}"), "limit": 25}),
        json!({"first": 255, "count": 256}),
        json!({"purpose": "charge", "deposits": [
            {"deposit_id": id, "open": [{"kind": "card", "index": 0, "tag": id}], "check": [id, id]}]}),
        json!({"deposits": []}),
    ]
    .map(|json| json.to_string().into_bytes())
    .into()
}

/// A first message, and something as long as a last one. Made anew each time: a message has its own randomness.
pub(crate) fn login_messages() -> Vec<Vec<u8>> {
    let (_, first) = ClientLogin::start(b"some passphrase").unwrap();
    vec![first, vec![7; 64]]
}

/// One that is made, one that signs.
pub(crate) fn passkeys() -> Vec<Vec<u8>> {
    // SHA-256 of localhost
    const PARTY: &str = "49960de5880e8c687434170f6476605b8fe4aeb9a28632c7995cf3ba831d9763";
    let said = |kind: &str| {
        json!({"type": kind, "challenge": b64u(&[7; 32]), "origin": "http://localhost:4804", "crossOrigin": false})
            .to_string()
    };
    let data = |flags: u8| {
        let mut bytes = bytes_of(&json!(PARTY));
        bytes.extend([flags, 0, 0, 0, 9]);
        bytes
    };
    let credential = [&[0; 16][..], &[0, 3, 1, 2, 3], &passkey_key()].concat();
    vec![
        [said("webauthn.create").as_bytes(), b"\n", &data(0x45), &credential].concat(),
        [said("webauthn.get").as_bytes(), b"\n", &data(0x05)].concat(),
    ]
}

/// A COSE key whose private half nobody has.
pub(crate) fn passkey_key() -> Vec<u8> {
    [&[0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 32][..], &[9; 32]].concat()
}

pub(crate) fn signed_requests() -> Vec<Vec<u8>> {
    let vectors = vectors(RELAY);
    [requests(&vectors["good"]), requests(&vectors["refused"])].concat()
}

/// Those that the key's holder signed. One of them is refused later, for a body that is not the one that was signed.
pub(crate) fn signed_heads(vectors: &Value) -> Vec<Vec<u8>> {
    let of_another_body = list(&vectors["refused"]).iter().filter(|case| case["case"] == "another body").cloned();
    [requests(&vectors["good"]), requests(&Value::Array(of_another_body.collect()))].concat()
}

/// Each as four lines.
pub(crate) fn requests(cases: &Value) -> Vec<Vec<u8>> {
    let lines = |case: &Value| {
        let field = |name: &str| text_of(&case["fields"][name]).to_owned();
        let fields = [field("content-digest"), field("signature-input"), field("signature")];
        format!("{}\n{}", text_of(&case["target"]), fields.join("\n")).into_bytes()
    };
    list(cases).iter().map(lines).collect()
}

pub(crate) fn forwarded() -> Vec<Vec<u8>> {
    [
        "192.0.2.7",
        "1.1.1.1, 192.0.2.7:8080,10.9.9.9",
        "[2001:db8::1]:443, ::ffff:10.0.0.1",
        "unknown",
        "for=192.0.2.60;proto=http;by=203.0.113.43",
        "For=\"[2001:db8:cafe::17]:4711\", for=_hidden",
        "for=1.1.1.1;by=\"",
        "host=\"a\\\",for=1.1.1.1\";for=192.0.2.43",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

/// Checkpoints with and without signatures, proofs, paths of tiles.
pub(crate) fn log_texts() -> Vec<Vec<u8>> {
    let vectors = vectors(LOG);
    let mut seeds = texts(list(&vectors["checkpoints"]), "note");
    seeds.extend(good_checkpoints(&vectors).into_iter().map(String::into_bytes));
    seeds.extend(["inclusion", "consistency"].iter().flat_map(|name| texts(list(&vectors[*name]), "proof")));
    seeds.extend(texts(list(&vectors["tiles"]), "path"));
    seeds
}

/// The texts that the log's key signed and a reader takes.
pub(crate) fn good_checkpoints(vectors: &Value) -> Vec<String> {
    let good = list(&vectors["checkpoints"]).iter().filter(|case| case.get("error").is_none());
    good.map(|case| text_of(&case["note"]).split_inclusive('\n').take(3).collect()).collect()
}

/// Leaf or earlier size, size, and the hashes of a proof in a log of 40 leaves.
pub(crate) fn log_proofs() -> Vec<Vec<u8>> {
    use nightsafe_core::log::{Hash, Hashes, Plan, Tree};
    let (mut tree, mut hashes) = (Tree::new(), Hashes::default());
    for leaf in 0..40_u8 {
        hashes.store(tree.append(Hash::of_leaf(&[leaf])).unwrap());
    }
    let mut seeds = Vec::new();
    for (from, size) in [(0, 1), (0, 40), (5, 8), (7, 39), (31, 32), (32, 33), (38, 40)] {
        for plan in [Plan::for_inclusion(from, size), Plan::for_consistency(from, size)] {
            let proof = plan.unwrap().read_proof(&hashes).unwrap();
            let hashes = proof.hashes().iter().flat_map(|hash| hash.0);
            seeds.push([from as u8, size as u8].into_iter().chain(hashes).collect());
        }
    }
    seeds
}

/// Width, then a bundle or a tile.
pub(crate) fn log_tiles() -> Vec<Vec<u8>> {
    let vectors = vectors(LOG);
    let bundle = |case: &Value| [&[0, case["width"].as_u64().unwrap() as u8], &bytes_of(&case["bundle"])[..]].concat();
    let mut seeds: Vec<_> = list(&vectors["bundles"]).iter().map(bundle).collect();
    let hashes = list(&vectors["leaf_hashes"]);
    seeds.push([vec![0, hashes.len() as u8], hashes.iter().flat_map(bytes_of).collect()].concat());
    seeds
}

/// A checkpoint with a cosignature of this witness.
pub(crate) fn cosigned(signer: &nightsafe_core::note::NoteSigner) -> nightsafe_core::note::Note {
    let vectors = vectors(LOG);
    let good = list(&vectors["checkpoints"]).iter().find(|case| case.get("error").is_none()).unwrap();
    let mut note = nightsafe_core::note::Note::parse(text_of(&good["note"])).unwrap();
    let at = nightsafe_core::time::UnixTime::from_seconds(1_800_000_000);
    note.add_lines(&nightsafe_core::log::cosign(note.text(), signer, at)).unwrap();
    note
}

/// Entries, requests to a witness, proofs with a checkpoint, cosignatures.
pub(crate) fn release_logs() -> Vec<Vec<u8>> {
    use nightsafe_core::log::{AddCheckpoint, Logged, Proof, Witness};
    use nightsafe_core::release_log::{Entry, Kind};
    let signer = nightsafe_core::note::NoteSigner::from_seed("witness.example", &[7; 32]).unwrap();
    let note = cosigned(&signer).encode();
    let proof = Proof::parse(text_of(&list(&vectors(LOG)["inclusion"])[3]["proof"])).unwrap_or_default();
    let site = nightsafe_core::scalar::Site::parse("demo.nightsafe.example").unwrap();
    let entry = Entry { site, kind: Kind::Release, sequence: 3, hash: [7; 32] };
    let line = note.lines().last().unwrap().to_owned() + "\n";
    let texts = [
        entry.encode(),
        AddCheckpoint { old: 3, proof: proof.clone(), checkpoint: note.clone() }.encode(),
        AddCheckpoint { old: 0, proof: Proof::default(), checkpoint: note.clone() }.encode(),
        Logged { index: 3, proof, checkpoint: note.clone() }.encode(),
        Witness::new(signer.vkey().clone()).to_text(),
        note,
        line,
    ];
    texts.into_iter().map(String::into_bytes).collect()
}

/// Entries, and salts with signed entries.
pub(crate) fn audit_entries() -> Vec<Vec<u8>> {
    let vectors = vectors(AUDIT);
    let entries = list(&vectors["entries"]).iter().chain(list(&vectors["refused"]));
    entries.map(|entry| bytes_of(&entry["entry"])).chain(signed_entries(&vectors)).collect()
}

/// Each behind its salt.
pub(crate) fn signed_entries(vectors: &Value) -> Vec<Vec<u8>> {
    let signed = |entry: &Value| [bytes_of(&entry["salt"]), bytes_of(&entry["signed"])].concat();
    list(&vectors["entries"]).iter().map(signed).collect()
}
