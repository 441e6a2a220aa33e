//! `release-log-v1.json`: entries, and a cosigned checkpoint over them with a proof.

use crate::log::{AddCheckpoint, Checkpoint, Hash, Hashes, Logged, Origin, Plan, Tree, Witness, cosign};
use crate::note::{Note, NoteSigner};
use crate::release::sample::{SITE, log_key, release};
use crate::release_log::{Entry, Kind};
use crate::time::UnixTime;
use serde_json::{Value, json};

pub(super) fn make() -> Value {
    let site = release().site;
    let entry = |kind, sequence, byte| Entry { site: site.clone(), kind, sequence, hash: [byte; 32] };
    let entries = [entry(Kind::Manifest, 7, 7), entry(Kind::Roster, 0, 9), Entry::of_release(&release())];
    let (mut tree, mut hashes) = (Tree::new(), Hashes::default());
    for entry in &entries {
        hashes.store(tree.append(entry.leaf()).unwrap());
    }
    let key = log_key();
    let origin = Origin::parse(&crate::release_log::origin(SITE)).unwrap();
    let note = Checkpoint { origin, size: 3, root: tree.root() }.sign(&key).unwrap();
    let witness = NoteSigner::from_seed("witness.example/w1", &[0x57; 32]).unwrap();
    let at = UnixTime::parse("2026-12-01T12:00:00Z").unwrap();
    let mut cosigned = Note::parse(&note).unwrap();
    cosigned.add_lines(&cosign(cosigned.text(), &witness, at)).unwrap();
    let cosigned = cosigned.encode();
    let consistency = Plan::for_consistency(1, 3).unwrap().read_proof(&hashes).unwrap();
    let request = AddCheckpoint { old: 1, proof: consistency, checkpoint: note };
    let inclusion = Plan::for_inclusion(1, 3).unwrap().read_proof(&hashes).unwrap();
    let proof = Logged { index: 1, proof: inclusion, checkpoint: cosigned.clone() };
    let good = entries[2].encode();
    let refused = [
        ("another label", good.replace("v1", "v2")),
        ("another kind", good.replace("kind release", "kind releases")),
        ("a leading zero", good.replace("sequence 3", "sequence 03")),
        ("another order", good.replace("kind release\nsequence 3", "sequence 3\nkind release")),
        ("a hash in capitals", good.replace(&crate::encoding::hex(&entries[2].hash), &"AB".repeat(32))),
        ("no last line feed", good.trim_end().to_owned()),
        ("a line more", format!("{good}time 0\n")),
    ];
    for (name, text) in &refused {
        assert_eq!(Entry::parse(text.as_bytes()), None, "{name}");
    }
    let leaf =
        |entry: &Entry| json!({"entry": entry.encode(), "leaf": Hash::of_leaf(entry.encode().as_bytes()).to_hex()});
    json!({
        "entries": entries.iter().map(leaf).collect::<Vec<_>>(),
        "refused": refused.iter().map(|(name, text)| json!({"name": name, "entry": text})).collect::<Vec<_>>(),
        "key": key.vkey().to_text(),
        "witness": Witness::new(witness.vkey().clone()).to_text(),
        "cosigned": cosigned,
        "time": at.to_text(),
        "request": request.encode(),
        "proof": proof.encode(),
    })
}
