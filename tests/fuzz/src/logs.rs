//! Transparency logs, and the entries of the audit log.

use std::sync::LazyLock;

use nightsafe_core::audit::{Entry, Salt, SignedEntry};
use nightsafe_core::log::{
    AddCheckpoint, Checkpoint, Hash, Hashes, Holds, Logged, Plan, Proof, Tile, Tree, Witness, encode_bundle,
    parse_bundle, verify_consistency, verify_inclusion,
};
use nightsafe_core::note::{Note, Vkey};

use crate::seeds::{self, text_of};

/// Checkpoints, proofs, paths of tiles: one value, one text. What verifies was signed.
pub(crate) fn text(data: &[u8]) {
    static SIGNED: LazyLock<(Vkey, Vec<String>)> = LazyLock::new(|| {
        let vectors = seeds::vectors(seeds::LOG);
        (Vkey::parse(text_of(&vectors["key"])).unwrap(), seeds::good_checkpoints(&vectors))
    });
    let Ok(text) = core::str::from_utf8(data) else { return };
    if let Ok(checkpoint) = Checkpoint::parse(text) {
        assert_eq!(checkpoint.encode(), text);
    }
    if let Ok(proof) = Proof::parse(text) {
        assert_eq!(proof.encode(), text);
    }
    if let Ok(tile) = Tile::parse_path(text) {
        assert_eq!(tile.path(), text);
    }
    let (key, signed) = &*SIGNED;
    if let Ok(checkpoint) = Checkpoint::verify(text, key) {
        assert!(signed.contains(&checkpoint.encode()), "a checkpoint that nobody signed");
    }
}

/// Leaf or earlier size, size, hashes: the only proof that is taken is the one that there is.
pub(crate) fn proof(data: &[u8]) {
    static LOG: LazyLock<(Hashes, Vec<Hash>, Vec<Hash>)> = LazyLock::new(|| {
        let leaves: Vec<Hash> = (0..40_u8).map(|leaf| Hash::of_leaf(&[leaf])).collect();
        let (mut tree, mut hashes) = (Tree::new(), Hashes::default());
        let mut roots = vec![tree.root()];
        for leaf in &leaves {
            hashes.store(tree.append(*leaf).unwrap());
            roots.push(tree.root());
        }
        (hashes, leaves, roots)
    });
    let (hashes, leaves, roots) = &*LOG;
    let Some(([index, size], rest)) = data.split_first_chunk() else { return };
    let (chunks, _) = rest.as_chunks();
    let Some(proof) = Proof::new(chunks.iter().copied().map(Hash).collect()) else { return };
    let (Some(root), Some(old)) = (roots.get(usize::from(*size)), roots.get(usize::from(*index))) else { return };
    let (index, size) = (u64::from(*index), u64::from(*size));
    if let Some(leaf) = leaves.get(index as usize)
        && verify_inclusion(leaf, index, size, root, &proof).is_ok()
    {
        assert_eq!(Plan::for_inclusion(index, size).unwrap().read_proof(hashes), Ok(proof.clone()));
    }
    if verify_consistency(index, old, size, root, &proof).is_ok() {
        assert_eq!(Plan::for_consistency(index, size).unwrap().read_proof(hashes), Ok(proof));
    }
}

/// Tiles and bundles: width as u16, then their bytes, which are written back.
pub(crate) fn tile(data: &[u8]) {
    let Some((width, bytes)) = data.split_first_chunk() else { return };
    let width = u16::from_be_bytes(*width);
    let Some(tile) = Tile::new(Holds::Hashes(0), 0, width) else { return };
    if let Ok(hashes) = tile.parse_hashes(bytes) {
        assert_eq!(Tile::encode_hashes(&hashes), bytes);
    }
    if let Ok(entries) = parse_bundle(bytes, width) {
        assert_eq!(encode_bundle(&entries).as_deref(), Ok(bytes));
    }
}

/// Entries of the audit log, plain or as salt and signed entry: written back as they came. What verifies was signed.
pub(crate) fn audit_entry(data: &[u8]) {
    static SIGNED: LazyLock<(Vec<Vkey>, Vec<Vec<u8>>)> = LazyLock::new(|| {
        let vectors = seeds::vectors(seeds::AUDIT);
        let keys = ["admin_key", "vault_key"].map(|name| Vkey::parse(text_of(&vectors[name])).unwrap());
        (keys.into(), seeds::signed_entries(&vectors))
    });
    if let Ok(entry) = Entry::parse(data) {
        assert_eq!(entry.encode(), data);
    }
    let Some((salt, bytes)) = data.split_first_chunk() else { return };
    if let Ok(entry) = SignedEntry::parse(bytes) {
        assert_eq!(entry.as_bytes(), bytes);
        let (keys, signed) = &*SIGNED;
        let verified = keys.iter().any(|key| entry.verify(&Salt::from_bytes(*salt), key).is_ok());
        assert_eq!(verified, signed.iter().any(|one| one == data));
    }
}

/// Entries of the release log, what a log asks of a witness, and proofs with their checkpoint: one value, one text. Lines that
/// are put under a checkpoint leave it one, and what a witness cosigned is what it signed.
pub(crate) fn release_log(data: &[u8]) {
    static SIGNED: LazyLock<(Witness, Note)> = LazyLock::new(|| {
        let signer = nightsafe_core::note::NoteSigner::from_seed("witness.example", &[7; 32]).unwrap();
        (Witness::new(signer.vkey().clone()), seeds::cosigned(&signer))
    });
    if let Some(entry) = nightsafe_core::release_log::Entry::parse(data) {
        assert_eq!(entry.encode().as_bytes(), data);
    }
    let Ok(text) = core::str::from_utf8(data) else { return };
    if let Ok(request) = AddCheckpoint::parse(text) {
        assert_eq!(request.encode(), text);
    }
    if let Ok(logged) = Logged::parse(text) {
        assert_eq!(logged.encode(), text);
    }
    if let Ok(witness) = Witness::parse(text) {
        assert_eq!(witness.to_text(), text);
    }
    let (witness, cosigned) = &*SIGNED;
    if let Ok(note) = Note::parse(text)
        && matches!(witness.verify(&note), Ok(Some(_)))
    {
        assert_eq!(note.text(), cosigned.text(), "a checkpoint that nobody cosigned");
    }
    let mut note = cosigned.clone();
    if note.add_lines(text).is_ok() {
        assert_eq!(Note::parse(&note.encode()), Ok(note));
    }
}
