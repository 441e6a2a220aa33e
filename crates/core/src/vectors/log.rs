//! `log-v1.json`: tree, proofs, tiles, bundles and checkpoints.

use super::{bytes, read};
use crate::encoding::{b64, hex};
use crate::log::{
    Checkpoint, Hash, Hashes, Holds, Origin, Plan, Proof, Tile, Tree, encode_bundle, parse_bundle, verify_consistency,
    verify_inclusion,
};
use crate::note::{NoteSigner, Vkey};
use serde::Serialize;
use serde_json::{Value, json};

/// The leaves of the tests of google/certificate-transparency.
const LEAVES: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const ORIGIN: &str = "demo.nightsafe.example/log";

#[derive(Serialize)]
pub(super) struct Vectors {
    leaves: [&'static str; 8],
    leaf_hashes: Vec<String>,
    /// By size, from 0.
    roots: Vec<String>,
    inclusion: Vec<Value>,
    consistency: Vec<Value>,
    tiles: Vec<Value>,
    bad_paths: [&'static str; 10],
    bundles: Vec<Value>,
    key: String,
    checkpoints: Vec<Value>,
}

fn leaves() -> Vec<Vec<u8>> {
    LEAVES.iter().map(|leaf| bytes(&json!({ "leaf": leaf }), "leaf")).collect()
}

pub(super) fn make() -> Vectors {
    let leaf_hashes: Vec<Hash> = leaves().iter().map(|leaf| Hash::of_leaf(leaf)).collect();
    let (mut tree, mut hashes) = (Tree::new(), Hashes::default());
    let mut roots = vec![tree.root()];
    for leaf in &leaf_hashes {
        hashes.store(tree.append(*leaf).unwrap());
        roots.push(tree.root());
    }
    let log = NoteSigner::from_seed(ORIGIN, &[0x41; 32]).unwrap();
    Vectors {
        leaves: LEAVES,
        leaf_hashes: leaf_hashes.iter().map(Hash::to_hex).collect(),
        roots: roots.iter().map(Hash::to_hex).collect(),
        inclusion: inclusion(&hashes),
        consistency: consistency(&hashes),
        tiles: tiles(),
        bad_paths: [
            "tile/0/00",
            "tile/0/0000",
            "tile/00/000",
            "tile/0/x000/001",
            "tile/0/001/001",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/8/000",
            "tile/data/000",
        ],
        bundles: vec![
            json!({"case": "three entries", "width": 3, "entries": ["6f6e65", "", "00ff"],
                   "bundle": hex(&encode_bundle(&[&b"one"[..], b"", &[0, 255]]).unwrap())}),
            json!({"case": "an entry is missing", "width": 3, "bundle": "000178000179", "error": "malformed"}),
            json!({"case": "an entry too many", "width": 1, "bundle": "000178000179", "error": "malformed"}),
            json!({"case": "cut short", "width": 1, "bundle": "000378", "error": "malformed"}),
            json!({"case": "a byte left over", "width": 1, "bundle": "00017800", "error": "malformed"}),
        ],
        key: log.vkey().to_text(),
        checkpoints: checkpoints(&log, &roots),
    }
}

fn inclusion(hashes: &Hashes) -> Vec<Value> {
    let made = |index, size| Plan::for_inclusion(index, size).unwrap().read_proof(hashes).unwrap().encode();
    let mut cases: Vec<Value> = [(0, 1), (0, 8), (5, 8), (2, 3), (1, 5), (6, 7)]
        .map(|(index, size)| json!({"index": index, "size": size, "proof": made(index, size)}))
        .into();
    let line = made(0, 2);
    cases.extend([
        json!({"case": "of another leaf", "index": 4, "size": 8, "proof": made(5, 8), "error": "wrong_root"}),
        json!({"case": "a hash too few", "index": 2, "size": 3, "proof": "", "error": "wrong_length"}),
        json!({"case": "a hash too many", "index": 0, "size": 1, "proof": line, "error": "wrong_length"}),
        json!({"case": "no such leaf", "index": 3, "size": 3, "proof": line, "error": "out_of_range"}),
        json!({"case": "no line feed", "index": 0, "size": 2, "proof": line.trim_end(), "error": "malformed"}),
    ]);
    cases
}

fn consistency(hashes: &Hashes) -> Vec<Value> {
    let made = |old, new| Plan::for_consistency(old, new).unwrap().read_proof(hashes).unwrap().encode();
    let mut cases: Vec<Value> = [(0, 0), (0, 5), (1, 1), (1, 8), (6, 8), (2, 5), (3, 7), (4, 8)]
        .map(|(old, new)| json!({"old": old, "new": new, "proof": made(old, new)}))
        .into();
    cases.extend([
        json!({"case": "of another size", "old": 5, "new": 8, "proof": made(7, 8), "error": "wrong_root"}),
        json!({"case": "a hash too few", "old": 2, "new": 5, "proof": "", "error": "wrong_length"}),
        json!({"case": "not empty", "old": 0, "new": 5, "proof": made(4, 8), "error": "wrong_length"}),
        json!({"case": "backwards", "old": 5, "new": 2, "proof": made(2, 5), "error": "out_of_range"}),
    ]);
    cases
}

/// Of a log of 70,000 leaves, as in the text of tlog-tiles.
fn tiles() -> Vec<Value> {
    let tile = |tile: Option<Tile>| {
        let tile = tile.unwrap();
        json!({"level": tile.level(), "index": tile.index(), "width": tile.width(), "path": tile.path()})
    };
    let mut tiles: Vec<Value> = [(0, 0), (0, 273), (1, 0), (1, 1), (2, 0)]
        .map(|(level, index)| tile(Tile::of_log(level, index, 70_000)))
        .into();
    tiles.push(tile(Tile::bundle_of_log(273, 70_000)));
    tiles.push(tile(Tile::new(Holds::Hashes(0), 1_234_067, 256)));
    tiles.push(tile(Tile::new(Holds::Entries, 999_999, 1)));
    tiles
}

fn checkpoints(log: &NoteSigner, roots: &[Hash]) -> Vec<Value> {
    let at = |size: usize| Checkpoint { origin: Origin::parse(ORIGIN).unwrap(), size: size as u64, root: roots[size] };
    let good = |size: usize, note: &str| json!({"note": note, "size": size, "root": roots[size].to_hex()});
    let signed = |text: &str| crate::note::sign(text, &[log]).unwrap();
    let refused = |case: &str, note: String, error: &str| json!({"case": case, "note": note, "error": error});
    let note = at(8).sign(log).unwrap();
    let text = at(8).encode();
    let cosigned = format!("{note}— witness.example {}\n", b64(&[7; 76]));
    let other = NoteSigner::from_seed("other.example", &[0x42; 32]).unwrap();
    vec![
        good(8, &note),
        good(0, &at(0).sign(log).unwrap()),
        good(8, &cosigned),
        refused("changed size", note.replace("\n8\n", "\n7\n"), "bad_signature"),
        refused("signed by another key only", crate::note::sign(&text, &[&other]).unwrap(), "not_signed"),
        refused("another origin", signed(&text.replace(ORIGIN, "other.example")), "wrong_origin"),
        refused("an extension line", signed(&(text.clone() + "extension\n")), "malformed"),
        refused("a leading zero", signed(&text.replace("\n8\n", "\n08\n")), "malformed"),
        refused("size 2^63", signed(&text.replace("\n8\n", "\n9223372036854775808\n")), "malformed"),
        refused("root without padding", signed(&text.replace('=', "")), "malformed"),
        refused("no signature", text, "malformed"),
    ]
}

#[test]
fn they_verify() {
    let vectors = read("log-v1.json");
    let list = |name: &str| vectors[name].as_array().unwrap().clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let hash = |value: &Value| Hash::from_hex(value.as_str().unwrap()).unwrap();
    let roots: Vec<Hash> = list("roots").iter().map(hash).collect();
    let leaves: Vec<Hash> = list("leaf_hashes").iter().map(hash).collect();
    for case in list("inclusion") {
        let (index, size) = (case["index"].as_u64().unwrap(), case["size"].as_u64().unwrap());
        let root = &roots[size as usize];
        let found = Proof::parse(&text(&case["proof"]))
            .and_then(|proof| verify_inclusion(&leaves[index as usize], index, size, root, &proof));
        assert_eq!(found.err().map(|error| json!(error.code())), case.get("error").cloned(), "{case}");
    }
    for case in list("consistency") {
        let (old, new) = (case["old"].as_u64().unwrap(), case["new"].as_u64().unwrap());
        let (from, to) = (&roots[old as usize], &roots[new as usize]);
        let found =
            Proof::parse(&text(&case["proof"])).and_then(|proof| verify_consistency(old, from, new, to, &proof));
        assert_eq!(found.err().map(|error| json!(error.code())), case.get("error").cloned(), "{case}");
    }
    for case in list("tiles") {
        let tile = Tile::parse_path(&text(&case["path"])).unwrap();
        assert_eq!(
            json!([tile.level(), tile.index(), tile.width()]),
            json!([case["level"], case["index"], case["width"]])
        );
    }
    for path in list("bad_paths") {
        assert!(Tile::parse_path(&text(&path)).is_err(), "{path}");
    }
    for case in list("bundles") {
        let (bundle, width) = (bytes(&case, "bundle"), case["width"].as_u64().unwrap() as u16);
        let found =
            parse_bundle(&bundle, width).map(|entries| json!(entries.iter().map(|one| hex(one)).collect::<Vec<_>>()));
        match found {
            Ok(entries) => assert_eq!(entries, case["entries"]),
            Err(error) => assert_eq!(json!(error.code()), case["error"], "{case}"),
        }
    }
    let key = Vkey::parse(&text(&vectors["key"])).unwrap();
    for case in list("checkpoints") {
        match Checkpoint::verify(&text(&case["note"]), &key) {
            Ok(found) => assert_eq!(json!([found.size, found.root.to_hex()]), json!([case["size"], case["root"]])),
            Err(error) => assert_eq!(json!(error.code()), case["error"], "{case}"),
        }
    }
}
