//! The tree against published vectors and against RFC 6962's own recursive definitions.

use super::published::*;
use super::*;
use crate::note::{Note, NoteSigner};
use crate::time::UnixTime;
use proptest::prelude::*;

fn unhex(text: &str) -> Vec<u8> {
    let mut bytes = vec![0; text.len() / 2];
    assert!(crate::encoding::hex_into(text, &mut bytes));
    bytes
}

fn proof(hashes: &[&str]) -> Proof {
    Proof::new(hashes.iter().map(|hash| Hash::from_hex(hash).unwrap()).collect()).unwrap()
}

/// A log of leaves, and its root at each size.
fn grow(leaves: impl IntoIterator<Item = Hash>) -> (Hashes, Vec<Hash>) {
    let (mut tree, mut hashes) = (Tree::new(), Hashes::default());
    let mut roots = vec![tree.root()];
    for leaf in leaves {
        hashes.store(tree.append(leaf).unwrap());
        roots.push(tree.root());
    }
    (hashes, roots)
}

/// The leaves of a test log.
fn numbered(size: u64) -> Vec<Hash> {
    (0..size).map(|number| Hash::of_leaf(&number.to_be_bytes())).collect()
}

/// MTH of RFC 6962 section 2.1, to the letter.
fn mth(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::of_empty_tree(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            Hash::of_children(&mth(left), &mth(right))
        }
    }
}

/// PATH of RFC 6962 section 2.1.1, to the letter.
fn path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let middle = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(middle);
    let (mut hashes, sibling) =
        if index < middle { (path(index, left), mth(right)) } else { (path(index - middle, right), mth(left)) };
    hashes.push(sibling);
    hashes
}

/// SUBPROOF of RFC 6962 section 2.1.2, to the letter.
fn subproof(old: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if whole { Vec::new() } else { vec![mth(leaves)] };
    }
    let middle = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(middle);
    let (mut hashes, other) = if old <= middle {
        (subproof(old, left, whole), mth(right))
    } else {
        (subproof(old - middle, right, false), mth(left))
    };
    hashes.push(other);
    hashes
}

#[test]
fn the_published_tree() {
    let leaves: Vec<Hash> = LEAVES.iter().map(|leaf| Hash::of_leaf(&unhex(leaf))).collect();
    let (hashes, roots) = grow(leaves.clone());
    assert_eq!(roots.iter().map(Hash::to_hex).collect::<Vec<_>>(), ROOTS);
    for (index, size, expected) in INCLUSION {
        let made = Plan::for_inclusion(index, size).unwrap().read_proof(&hashes).unwrap();
        assert_eq!(made, proof(expected));
        let root = &roots[size as usize];
        assert_eq!(verify_inclusion(&leaves[index as usize], index, size, root, &made), Ok(()));
    }
    for (old, new, expected) in CONSISTENCY {
        let made = Plan::for_consistency(old, new).unwrap().read_proof(&hashes).unwrap();
        assert_eq!(made, proof(expected));
        assert_eq!(verify_consistency(old, &roots[old as usize], new, &roots[new as usize], &made), Ok(()));
    }
}

#[test]
fn every_prefix_and_every_leaf_of_small_logs() {
    let leaves = numbered(40);
    let (hashes, roots) = grow(leaves.clone());
    for new in 0..=40_usize {
        assert_eq!(roots[new], mth(&leaves[..new]));
        assert_eq!(Plan::for_root(new as u64).unwrap().read_root(&hashes), Ok(roots[new]));
        for old in 0..=new {
            let made = Plan::for_consistency(old as u64, new as u64).unwrap().read_proof(&hashes).unwrap();
            assert_eq!(made.hashes(), if old == 0 { vec![] } else { subproof(old, &leaves[..new], true) });
            assert_eq!(verify_consistency(old as u64, &roots[old], new as u64, &roots[new], &made), Ok(()));
            if old < new {
                let made = Plan::for_inclusion(old as u64, new as u64).unwrap().read_proof(&hashes).unwrap();
                assert_eq!(made.hashes(), path(old, &leaves[..new]));
                assert_eq!(verify_inclusion(&leaves[old], old as u64, new as u64, &roots[new], &made), Ok(()));
            }
        }
    }
}

#[test]
fn nothing_of_an_inclusion_proof_can_be_changed() {
    let leaves = numbered(21);
    let (hashes, roots) = grow(leaves.clone());
    for index in 0..21 {
        let made = Plan::for_inclusion(index, 21).unwrap().read_proof(&hashes).unwrap();
        let (leaf, root) = (&leaves[index as usize], &roots[21]);
        for other in (0..=22).filter(|other| *other != index) {
            assert!(verify_inclusion(leaf, other, 21, root, &made).is_err(), "{index} as {other}");
        }
        for size in 0..21 {
            assert!(verify_inclusion(leaf, index, size, &roots[size as usize], &made).is_err(), "{index} of {size}");
        }
        for other in leaves.iter().filter(|other| *other != leaf) {
            assert_eq!(verify_inclusion(other, index, 21, root, &made), Err(ProofError::Root));
        }
        for wrong in changed(&made) {
            assert!(verify_inclusion(leaf, index, 21, root, &wrong).is_err());
        }
        assert_eq!(verify_inclusion(leaf, index, 21, &flip(root, 3), &made), Err(ProofError::Root));
    }
    assert_eq!(verify_inclusion(&leaves[0], 0, 0, &roots[0], &Proof::default()), Err(ProofError::Range));
    assert_eq!(verify_inclusion(&leaves[0], 1, u64::MAX, &roots[0], &Proof::default()), Err(ProofError::Range));
}

#[test]
fn nothing_of_a_consistency_proof_can_be_changed() {
    let (hashes, roots) = grow(numbered(21));
    for old in 1..21 {
        let made = Plan::for_consistency(old, 21).unwrap().read_proof(&hashes).unwrap();
        let (from, to) = (&roots[old as usize], &roots[21]);
        for other in (0..21).filter(|other| *other != old) {
            assert!(verify_consistency(other, from, 21, to, &made).is_err(), "{old} as {other}");
            assert!(verify_consistency(other, &roots[other as usize], 21, to, &made).is_err());
            assert!(verify_consistency(old, &roots[other as usize], 21, to, &made).is_err());
        }
        for wrong in changed(&made) {
            assert!(verify_consistency(old, from, 21, to, &wrong).is_err(), "{old}");
        }
        assert!(verify_consistency(old, &flip(from, 9), 21, to, &made).is_err());
        assert!(verify_consistency(old, from, 21, &flip(to, 9), &made).is_err());
        assert_eq!(verify_consistency(21, to, old, from, &made), Err(ProofError::Range));
    }
    let none = Proof::default();
    assert_eq!(verify_consistency(0, &roots[0], 21, &roots[21], &none), Ok(()));
    assert_eq!(verify_consistency(0, &roots[1], 21, &roots[21], &none), Err(ProofError::Root));
    assert_eq!(verify_consistency(0, &roots[0], 0, &roots[1], &none), Err(ProofError::Root));
    assert_eq!(verify_consistency(0, &roots[0], 0, &roots[0], &none), Ok(()));
    assert_eq!(verify_consistency(5, &roots[5], 5, &roots[6], &none), Err(ProofError::Root));
    assert_eq!(verify_consistency(5, &roots[5], 21, &roots[21], &none), Err(ProofError::Length));
    let one = Proof::new(vec![roots[3]]).unwrap();
    assert_eq!(verify_consistency(0, &roots[0], 21, &roots[21], &one), Err(ProofError::Length));
    assert_eq!(verify_consistency(5, &roots[5], 5, &roots[5], &one), Err(ProofError::Length));
}

fn flip(hash: &Hash, bit: usize) -> Hash {
    let mut bytes = hash.0;
    bytes[bit / 8] ^= 1 << (bit % 8);
    Hash(bytes)
}

/// Each hash with a bit flipped, one hash left out, one too many, two exchanged.
fn changed(proof: &Proof) -> Vec<Proof> {
    let hashes = proof.hashes();
    let mut wrong = Vec::new();
    for place in 0..hashes.len() {
        let mut one = hashes.to_vec();
        one[place] = flip(&one[place], place * 37 % 256);
        wrong.push(one);
        let mut fewer = hashes.to_vec();
        fewer.remove(place);
        wrong.push(fewer);
        let mut exchanged = hashes.to_vec();
        exchanged.rotate_left(1);
        if exchanged != hashes {
            wrong.push(exchanged);
        }
    }
    wrong.push([hashes, &[Hash::of_empty_tree()]].concat());
    wrong.into_iter().map(|hashes| Proof::new(hashes).unwrap()).collect()
}

#[test]
fn a_log_goes_on_where_it_was_left() {
    let leaves = numbered(70);
    let (hashes, roots) = grow(leaves.clone());
    for size in 0..70_usize {
        let peaks = hashes.read_hashes(&Tree::peaks_of(size as u64).unwrap()).unwrap();
        let mut tree = Tree::resume(size as u64, peaks.clone()).unwrap();
        assert_eq!(tree.root(), roots[size]);
        for (node, hash) in tree.append(leaves[size]).unwrap() {
            assert_eq!(hashes.get(node), Some(hash));
        }
        assert_eq!(tree.root(), roots[size + 1]);
        assert_eq!(Tree::resume(size as u64, [peaks, vec![roots[0]]].concat()), Err(LogError::Hashes));
    }
    assert_eq!(Tree::peaks_of(MAX_SIZE + 1), Err(LogError::Range));
    let mut full = Tree::resume(MAX_SIZE, vec![roots[0]; 63]).unwrap();
    let before = full.clone();
    assert_eq!(full.append(roots[0]), Err(LogError::Range));
    assert_eq!(full, before);
    for plan in [Plan::for_root(MAX_SIZE + 1), Plan::for_inclusion(3, 3), Plan::for_consistency(4, 3)] {
        assert_eq!(plan, Err(LogError::Range));
    }
    let plan = Plan::for_inclusion(3, 7).unwrap();
    let asked = hashes.read_hashes(&plan.nodes().collect::<Vec<_>>()).unwrap();
    assert_eq!(plan.proof(&asked[1..]), Err(LogError::Hashes));
    assert_eq!(plan.proof(&[&asked[..], &asked[..1]].concat()), Err(LogError::Hashes));
}

#[test]
fn the_largest_log_has_proofs_of_63_and_64_hashes() {
    let parts = |plan: Result<Plan, LogError>| {
        let plan = plan.unwrap();
        let hashes: Vec<Hash> = plan.nodes().map(|_| Hash([7; 32])).collect();
        plan.proof(&hashes).unwrap().hashes().len()
    };
    assert_eq!(parts(Plan::for_inclusion(0, MAX_SIZE)), 63);
    assert!(parts(Plan::for_consistency(MAX_SIZE / 2 - 1, MAX_SIZE)) <= MAX_PROOF);
    assert_eq!(parts(Plan::for_consistency(5, MAX_SIZE)), 64);
}

#[test]
fn tiles_of_the_specification_s_example() {
    // A tree of 70,000: 273 full tiles and one of 112, one full and one of 17, one of 1
    let width = |level, index| Tile::of_log(level, index, 70_000).map(Tile::width);
    assert_eq!([0, 272, 273, 274].map(|index| width(0, index)), [Some(256), Some(256), Some(112), None]);
    assert_eq!([0, 1, 2].map(|index| width(1, index)), [Some(256), Some(17), None]);
    assert_eq!([width(2, 0), width(2, 1), width(3, 0)], [Some(1), None, None]);
    assert_eq!((Tile::of_log(0, 0, 256).unwrap().width(), Tile::of_log(1, 0, 256).unwrap().width()), (256, 1));
    assert_eq!(Tile::bundle_of_log(273, 70_000).unwrap().path(), "tile/entries/273.p/112");
    assert_eq!(Tile::new(Holds::Hashes(0), 1_234_067, 256).unwrap().path(), "tile/0/x001/x234/067");
}

#[test]
fn tile_paths_have_one_spelling() {
    for path in ["tile/0/000", "tile/7/000.p/127", "tile/entries/x001/000.p/1", "tile/1/x999/999.p/255"] {
        assert_eq!(Tile::parse_path(path).unwrap().path(), path);
    }
    for path in [
        "",
        "tile/",
        "tile/0",
        "tile/0/",
        "tile/00/000",
        "tile/+0/000",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/+00",
        "tile/0/x000/001",
        "tile/0/001/001",
        "tile/0/x001",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000/",
        "/tile/0/000",
        "tile/data/000",
        "tile/8/000",
        "tile/7/000",
        "tile/7/001.p/1",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
        "tile/entries/000.p/1 ",
    ] {
        assert_eq!(Tile::parse_path(path), Err(LogError::Malformed), "{path}");
    }
}

#[test]
fn bundles_are_read_whole() {
    let entries: [&[u8]; 3] = [b"one", b"", &[7; 300]];
    let bytes = encode_bundle(&entries).unwrap();
    assert_eq!(&bytes[..7], b"\x00\x03one\x00\x00");
    assert_eq!(parse_bundle(&bytes, 3).unwrap(), entries);
    for (bytes, width) in
        [(&bytes[..], 2), (&bytes, 4), (&bytes[..bytes.len() - 1], 3), (&[&bytes[..], &[0]].concat(), 3)]
    {
        assert_eq!(parse_bundle(bytes, width), Err(LogError::Malformed));
    }
    assert_eq!(encode_bundle(&[vec![0; MAX_ENTRY + 1]]), Err(LogError::Entry));
    assert_eq!(encode_bundle(&vec![b"x"; 257]), Err(LogError::Range));
    assert_eq!(encode_bundle::<&[u8]>(&[]), Err(LogError::Range));
    assert_eq!(encode_bundle(&[vec![0; MAX_ENTRY]]).unwrap().len(), MAX_BUNDLE / 256);
}

#[test]
fn proofs_have_one_text() {
    let proof = proof(INCLUSION[1].2);
    let text = proof.encode();
    assert_eq!(Proof::parse(&text), Ok(proof));
    assert_eq!(Proof::parse(""), Ok(Proof::default()));
    let line = &text[..45];
    assert_eq!(Proof::parse(&line.repeat(64)).unwrap().hashes().len(), 64);
    for text in
        [&text[1..], text.trim_end(), &text.replace('\n', "\n\n"), &text.replace('=', ""), &line.repeat(65), "\n"]
    {
        assert_eq!(Proof::parse(text), Err(ProofError::Malformed));
    }
}

fn signer(name: &str, seed: u8) -> NoteSigner {
    NoteSigner::from_seed(name, &[seed; 32]).unwrap()
}

#[test]
fn checkpoints_are_signed_by_their_log() {
    let (log, other) = (signer("example.com/log", 1), signer("example.com/witness", 2));
    let origin = Origin::parse("example.com/log").unwrap();
    let checkpoint = Checkpoint { origin, size: 8, root: Hash::from_hex(ROOTS[8]).unwrap() };
    assert_eq!(checkpoint.encode(), "example.com/log\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n");
    let note = checkpoint.sign(&log).unwrap();
    assert_eq!(Checkpoint::verify(&note, log.vkey()).as_ref(), Ok(&checkpoint));
    // A witness's cosignature is none of the log's, and ignored by who does not know the witness; so is what nobody knows
    let line = cosign(&checkpoint.encode(), &other, UnixTime::from_seconds(1_800_000_000));
    let cosigned = format!("{note}{line}");
    assert_eq!(Checkpoint::verify(&cosigned, log.vkey()).as_ref(), Ok(&checkpoint));
    let at = Witness::new(other.vkey().clone()).verify(&Note::parse(&cosigned).unwrap());
    assert_eq!(at, Ok(Some(UnixTime::from_seconds(1_800_000_000))));
    let unknown = format!("{note}— witness.example {}\n", b64_of(76));
    assert_eq!(Checkpoint::verify(&unknown, log.vkey()).as_ref(), Ok(&checkpoint));
    assert_eq!(checkpoint.sign(&other), Err(CheckpointError::WrongOrigin));
    assert_eq!(Checkpoint::verify(&note, other.vkey()), Err(CheckpointError::NotSigned));
    for (from, to) in [("\n8\n", "\n9\n"), ("\nXcna", "\nYcna")] {
        let changed = note.replacen(from, to, 1);
        assert_eq!(Checkpoint::verify(&changed, log.vkey()), Err(CheckpointError::BadSignature));
    }
    let foreign = crate::note::sign(&checkpoint.encode(), &[&other]).unwrap();
    assert_eq!(Checkpoint::verify(&foreign, other.vkey()), Err(CheckpointError::WrongOrigin));
    let extended = crate::note::sign(&(checkpoint.encode() + "extension\n"), &[&log]).unwrap();
    assert_eq!(Checkpoint::verify(&extended, log.vkey()), Err(CheckpointError::Malformed));
}

fn b64_of(bytes: usize) -> String {
    crate::encoding::b64(&vec![7; bytes])
}

#[test]
fn checkpoints_have_one_text() {
    let root = crate::encoding::b64(&[9; 32]);
    let text = |origin: &str, size: &str| format!("{origin}\n{size}\n{root}\n");
    for size in ["0", "1", "9223372036854775807"] {
        assert_eq!(Checkpoint::parse(&text("a", size)).unwrap().encode(), text("a", size));
    }
    let good = text("a", "1");
    let short = crate::encoding::b64(&[9; 31]);
    for wrong in [
        text("", "1"),
        text("a b", "1"),
        text("a+b", "1"),
        text(&"a".repeat(256), "1"),
        text("a", ""),
        text("a", "01"),
        text("a", "+1"),
        text("a", "-1"),
        text("a", "1 "),
        text("a", "9223372036854775808"),
        text("a", "18446744073709551616"),
        good.clone() + "extension\n",
        good.clone() + "\n",
        good.trim_end().into(),
        good.replace('=', ""),
        good.replace('\n', "\r\n"),
        format!("a\n1\n{short}\n"),
        String::new(),
    ] {
        assert_eq!(Checkpoint::parse(&wrong), Err(CheckpointError::Malformed), "{wrong}");
    }
}

proptest! {
    #[test]
    fn proofs_from_tiles_are_those_from_nodes(size in 1_u64..1200, a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>()) {
        let leaves = numbered(size);
        let (hashes, roots) = grow(leaves.clone());
        prop_assert_eq!(roots[size as usize], mth(&leaves));
        let (index, old) = (a.index(size as usize) as u64, b.index(size as usize + 1) as u64);
        let plans = [
            Plan::for_root(size).unwrap(),
            Plan::for_inclusion(index, size).unwrap(),
            Plan::for_consistency(old, size).unwrap(),
        ];
        let [root, inclusion, consistency] = plans.map(|plan| {
            let mut tiles = TileHashes::default();
            let nodes: Vec<Node> = plan.nodes().collect();
            for tile in TileHashes::tiles_of(&nodes, size).unwrap() {
                let path = tile.path();
                assert_eq!(Tile::parse_path(&path), Ok(tile));
                tiles.store(tile, &Tile::encode_hashes(&hashes.tile(tile).unwrap())).unwrap();
            }
            assert_eq!(tiles.read_hashes(&nodes), hashes.read_hashes(&nodes));
            (plan, tiles)
        });
        prop_assert_eq!(root.0.read_root(&root.1), Ok(roots[size as usize]));
        let made = inclusion.0.read_proof(&inclusion.1).unwrap();
        prop_assert_eq!(verify_inclusion(&leaves[index as usize], index, size, &roots[size as usize], &made), Ok(()));
        let made = consistency.0.read_proof(&consistency.1).unwrap();
        prop_assert_eq!(verify_consistency(old, &roots[old as usize], size, &roots[size as usize], &made), Ok(()));
    }

    #[test]
    fn a_flipped_bit_of_a_proof_is_refused(size in 2_u64..600, a in any::<prop::sample::Index>(), bit in any::<prop::sample::Index>()) {
        let leaves = numbered(size);
        let (hashes, roots) = grow(leaves.clone());
        let index = a.index(size as usize) as u64;
        let root = &roots[size as usize];
        let flipped = |proof: &Proof| {
            let mut hashes = proof.hashes().to_vec();
            let bit = bit.index(hashes.len() * 256);
            hashes[bit / 256] = flip(&hashes[bit / 256], bit % 256);
            Proof::new(hashes).unwrap()
        };
        let made = Plan::for_inclusion(index, size).unwrap().read_proof(&hashes).unwrap();
        prop_assert_eq!(
            verify_inclusion(&leaves[index as usize], index, size, root, &flipped(&made)), Err(ProofError::Root)
        );
        let old = index.max(1);
        let made = Plan::for_consistency(old, size).unwrap().read_proof(&hashes).unwrap();
        prop_assert_eq!(
            verify_consistency(old, &roots[old as usize], size, root, &flipped(&made)), Err(ProofError::Root)
        );
    }

    #[test]
    fn any_sizes_and_hashes_are_answered(sizes: [u64; 3], hashes in prop::collection::vec(any::<[u8; 32]>(), 0..64)) {
        let (root, [a, b, index]) = (Hash([1; 32]), sizes);
        let proof = Proof::new(hashes.into_iter().map(Hash).collect()).unwrap();
        let _ = verify_inclusion(&root, index, a, &root, &proof);
        let _ = verify_consistency(a, &root, b, &root, &proof);
        let _ = verify_consistency(a % 1000, &root, b % 1000, &root, &proof);
        let _ = (Plan::for_root(a), Plan::for_inclusion(index, a), Plan::for_consistency(a, b));
        let _ = (Tile::of_log((a % 12) as u8, index, b), Tile::new(Holds::Hashes((a % 12) as u8), index, b as u16));
    }
}
