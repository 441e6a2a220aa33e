//! The audit log: appending, tiles, proofs, and that nothing is signed over what somebody changed.

use std::ops::Range;
use std::time::Instant;

use nightsafe_core::audit::Commitment;
use nightsafe_core::log::{
    Checkpoint, CheckpointError, Hash, Hashes, Holds, Node, Origin, Plan, Tile, Tree, parse_bundle, verify_consistency,
    verify_inclusion,
};
use nightsafe_core::note::NoteSigner;
use nightsafe_core::scalar::KeyId;
use nightsafe_store::vault::{AppendError, Appended, NewLeaf, SealedEntry, VaultStore};

use crate::place::{Engine, Place};
use crate::rows::spread;

fn signer() -> NoteSigner {
    NoteSigner::from_seed("demo.nightsafe.example/log", &[0x41; 32]).unwrap()
}

/// As a vault signs.
pub(crate) fn checkpoint(size: u64, root: Hash) -> Result<String, CheckpointError> {
    let origin = Origin::parse("demo.nightsafe.example/log")?;
    Checkpoint { origin, size, root }.sign(&signer())
}

fn commitment(number: u32) -> Commitment {
    Commitment(spread(number, 0x61))
}

pub(crate) fn leaves(numbers: Range<u32>) -> Vec<NewLeaf> {
    numbers
        .map(|number| NewLeaf {
            commitment: commitment(number),
            entry: SealedEntry { key_id: KeyId([8; 16]), sealed: number.to_be_bytes().repeat(540) },
        })
        .collect()
}

async fn last(store: &VaultStore) -> Checkpoint {
    let note = store.log_checkpoint().await.unwrap().unwrap();
    Checkpoint::verify(&note, signer().vkey()).unwrap()
}

/// Every row of the log's tables.
async fn counts(place: &Place) -> [i64; 4] {
    let mut counts = [0; 4];
    for (count, table) in counts.iter_mut().zip(["log_leaf", "log_node", "log_entry", "checkpoint"]) {
        *count = place.count("vault", table).await;
    }
    counts
}

pub(crate) async fn a_log_proves_what_it_holds(place: &Place) {
    let store = VaultStore::open(&place.vault()).await.unwrap();
    assert_eq!(store.log_checkpoint().await.unwrap(), None);
    assert_eq!(store.append_log(&[], checkpoint).await.unwrap(), Appended { first: 0, size: 0 });

    let (mut tree, mut hashes, mut roots) = (Tree::new(), Hashes::default(), vec![(0, Hash::of_empty_tree())]);
    for numbers in [0..1, 1..3, 3..258, 258..300] {
        let new = leaves(numbers.clone());
        for leaf in &new {
            hashes.store(tree.append(leaf.commitment.leaf_hash()).unwrap());
        }
        let appended = store.append_log(&new, checkpoint).await.unwrap();
        assert_eq!(appended, Appended { first: numbers.start.into(), size: numbers.end.into() });
        assert_eq!((last(&store).await.size, last(&store).await.root), (tree.size(), tree.root()));
        roots.push((tree.size(), tree.root()));
    }
    assert_eq!(counts(place).await, [300, 596, 300, 4]);

    // Proofs, from what the store gives alone
    let read = async |plan: &Plan| store.log_hashes(&plan.nodes().collect::<Vec<_>>()).await.unwrap().unwrap();
    let now = last(&store).await;
    for index in [0, 1, 255, 256, 299] {
        let plan = Plan::for_inclusion(index, now.size).unwrap();
        let proof = plan.proof(&read(&plan).await).unwrap();
        verify_inclusion(&commitment(index as u32).leaf_hash(), index, now.size, &now.root, &proof).unwrap();
    }
    for (size, root) in &roots {
        let plan = Plan::for_consistency(*size, now.size).unwrap();
        let proof = plan.proof(&read(&plan).await).unwrap();
        verify_consistency(*size, root, now.size, &now.root, &proof).unwrap();
    }
    assert_eq!(store.log_hashes(&[Node::leaf(299).unwrap(), Node::leaf(300).unwrap()]).await.unwrap(), None);

    // Tiles: whole ones, the partial ones of now, and one of before
    for path in ["tile/0/000", "tile/0/001.p/44", "tile/0/001.p/3", "tile/1/000.p/1"] {
        let tile = Tile::parse_path(path).unwrap();
        let bytes = store.log_tile(tile).await.unwrap().unwrap();
        assert_eq!(tile.parse_hashes(&bytes).unwrap(), hashes.tile(tile).unwrap(), "{path}");
    }
    for (index, width, first) in [(0, 256, 0), (1, 44, 256)] {
        let tile = Tile::new(Holds::Entries, index, width).unwrap();
        let bytes = store.log_tile(tile).await.unwrap().unwrap();
        let expected: Vec<_> = (first..).take(width.into()).map(commitment).collect();
        assert_eq!(parse_bundle(&bytes, width).unwrap(), expected.iter().map(|one| &one.0[..]).collect::<Vec<_>>());
    }
    for path in ["tile/0/001", "tile/0/001.p/45", "tile/0/002.p/1", "tile/1/000.p/2", "tile/entries/001.p/45"] {
        assert_eq!(store.log_tile(Tile::parse_path(path).unwrap()).await.unwrap(), None, "{path}");
    }

    // Entries
    let found = store.log_entries(254, 4).await.unwrap();
    let wanted = leaves(254..258);
    assert_eq!(found.iter().map(|one| one.number).collect::<Vec<_>>(), [254, 255, 256, 257]);
    assert!(found.iter().zip(&wanted).all(|(one, leaf)| one.commitment == leaf.commitment && one.entry == leaf.entry));
    assert_eq!(store.log_entries(299, 50).await.unwrap().len(), 1);
    for beyond in [300, u64::MAX] {
        assert_eq!(store.log_entries(beyond, 50).await.unwrap(), []);
        assert_eq!(store.log_commitments(beyond, 50).await.unwrap(), []);
    }
}

pub(crate) async fn a_repeated_commitment_leaves_nothing_half_done(place: &Place) {
    let store = VaultStore::open(&place.vault()).await.unwrap();
    store.append_log(&leaves(0..3), checkpoint).await.unwrap();
    let (before, at) = (counts(place).await, last(&store).await);
    let twice = [leaves(3..5), leaves(3..4)].concat();
    for (new, position) in
        [(leaves(2..4), 0), (leaves(1..2), 0), ([leaves(3..4), leaves(0..1)].concat(), 1), (twice, 2)]
    {
        let refused = store.append_log(&new, checkpoint).await.unwrap_err();
        assert!(matches!(refused, AppendError::Repeated(place) if place == position), "{refused}");
    }
    assert_eq!((counts(place).await, last(&store).await), (before, at));
    assert_eq!(store.append_log(&leaves(3..5), checkpoint).await.unwrap(), Appended { first: 3, size: 5 });
}

pub(crate) async fn what_is_not_signed_is_not_there(place: &Place) {
    let store = VaultStore::open(&place.vault()).await.unwrap();
    let refused = store.append_log(&leaves(0..2), |_, _| Err(CheckpointError::WrongOrigin)).await.unwrap_err();
    assert!(matches!(refused, AppendError::Sign(CheckpointError::WrongOrigin)), "{refused}");
    type Sign = fn(u64, Hash) -> Result<String, CheckpointError>;
    let others: [Sign; 3] =
        [|_, root| checkpoint(1, root), |size, _| checkpoint(size, Hash([7; 32])), |_, _| Ok("no note".into())];
    for other in others {
        let refused = store.append_log(&leaves(0..2), other).await.unwrap_err();
        assert!(matches!(refused, AppendError::OtherCheckpoint), "{refused}");
    }
    assert_eq!(counts(place).await, [0; 4]);
}

/// Whoever can write to the tables can make them fit again, but not sign: see `nightsafe audit verify` for the rest.
pub(crate) async fn a_log_that_was_changed_is_not_continued(place: &Place) {
    let store = VaultStore::open(&place.vault()).await.unwrap();
    store.append_log(&leaves(0..4), checkpoint).await.unwrap();
    store.append_log(&leaves(4..5), checkpoint).await.unwrap();
    let zeros = match place {
        Place::Sqlite(_) => "zeroblob(32)",
        Place::Postgres(_) => "decode(repeat('00', 32), 'hex')",
    };
    let changed = [
        // A hash that the root is made of; the last leaf; the last checkpoint; its text
        format!("UPDATE log_node SET hash = {zeros} WHERE level = 2"),
        "DELETE FROM log_node WHERE level = 2".into(),
        "DELETE FROM log_entry WHERE number = 4; DELETE FROM log_leaf WHERE number = 4".into(),
        "DELETE FROM checkpoint WHERE size = 5".into(),
        "DELETE FROM checkpoint".into(),
        "UPDATE checkpoint SET note = 'x' WHERE size = 5".into(),
    ];
    for change in changed {
        let other = if let Place::Sqlite(_) = place { Place::sqlite() } else { Place::postgres().await.unwrap() };
        let target = VaultStore::open(&other.vault()).await.unwrap();
        store.copy_to(&target).await.unwrap();
        other.execute("vault", &change).await;
        let before = counts(&other).await;
        let refused = target.append_log(&leaves(5..6), checkpoint).await.unwrap_err();
        assert!(matches!(refused, AppendError::Broken), "{change}: {refused}");
        assert_eq!(counts(&other).await, before, "{change}");
        target.close().await;
    }
    assert_eq!(store.append_log(&leaves(5..6), checkpoint).await.unwrap().first, 5);
}

pub(crate) async fn an_erased_entry_leaves_its_leaf(place: &Place) {
    let store = VaultStore::open(&place.vault()).await.unwrap();
    store.append_log(&leaves(0..6), checkpoint).await.unwrap();
    place.execute("vault", "DELETE FROM log_entry WHERE number IN (0, 3)").await;
    let found = store.log_entries(0, 6).await.unwrap();
    assert_eq!(found.iter().map(|one| one.number).collect::<Vec<_>>(), [1, 2, 4, 5]);
    assert_eq!(store.log_commitments(0, 6).await.unwrap(), (0..6).map(commitment).collect::<Vec<_>>());
    assert_eq!(store.append_log(&leaves(6..7), checkpoint).await.unwrap().first, 6);
    let refused = store.append_log(&leaves(3..4), checkpoint).await.unwrap_err();
    assert!(matches!(refused, AppendError::Repeated(0)), "{refused}");
}

#[tokio::test]
#[ignore = "measures; appends 200,000 leaves on each engine"]
async fn how_long_appending_takes() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(place) = Place::new(engine).await else { continue };
        let store = VaultStore::open(&place.vault()).await.unwrap();
        let mut size = 0;
        for until in [1_000, 10_000, 100_000, 200_000] {
            let start = Instant::now();
            let batched = until - size;
            while size < until {
                let more = (until - size).min(5_000);
                store.append_log(&leaves(size..size + more), checkpoint).await.unwrap();
                size += more;
            }
            let batch = start.elapsed() / batched;
            let start = Instant::now();
            for number in size..size + 200 {
                store.append_log(&leaves(number..number + 1), checkpoint).await.unwrap();
            }
            let one = start.elapsed() / 200;
            size += 200;
            println!("{engine:?} {until:>7} leaves: {one:?} one at a time, {batch:?} in batches of 5000");
        }
    }
}

/// Several processes, each with a pool of its own: one tree, every leaf once, and each checkpoint continues the one before.
pub(crate) async fn whoever_appends_at_the_same_time_comes_one_after_the_other(place: &Place) {
    let mut vaults = tokio::task::JoinSet::new();
    for process in 0..4 {
        let store = VaultStore::open(&place.vault()).await.unwrap();
        vaults.spawn(async move {
            let mut sizes = Vec::new();
            for step in 0..8 {
                let first = process * 100 + step * 2;
                sizes.push(store.append_log(&leaves(first..first + 2), checkpoint).await.unwrap().size);
            }
            store.close().await;
            sizes
        });
    }
    let mut sizes = vaults.join_all().await.concat();
    sizes.sort_unstable();
    assert_eq!(sizes, (1..=32).map(|times| times * 2).collect::<Vec<_>>());

    let store = VaultStore::open(&place.vault()).await.unwrap();
    let mut tree = Tree::new();
    for leaf in store.log_commitments(0, 100).await.unwrap() {
        tree.append(leaf.leaf_hash()).unwrap();
    }
    let now = last(&store).await;
    assert_eq!((tree.size(), tree.root()), (now.size, now.root));
    assert_eq!(counts(place).await, [64, 127, 64, 32]);
}
