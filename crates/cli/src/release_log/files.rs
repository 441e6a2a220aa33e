//! The log's files, by the paths of `c2sp.org/tlog-tiles`. The checkpoint is the truth: it is written when all that it covers is
//! on the disk, and what lies beyond it was never signed and is written again.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use nightsafe_core::log::{
    Checkpoint, Hash, HashReader, Hashes, Logged, Node, Origin, Plan, Proof, TILE_WIDTH, Tile, TileHashes, Tree,
    encode_bundle, parse_bundle, verify_consistency,
};
use nightsafe_core::note::{Note, NoteSigner};
use nightsafe_core::release_log::{Entry, origin};
use nightsafe_core::scalar::Site;

use crate::data_dir::DataDir;
use crate::files;
use crate::keys::online;
use crate::witness::Grown;

const CHECKPOINT: &str = "checkpoint";

/// The log, while nobody else appends.
pub(super) struct Log {
    root: PathBuf,
    signer: NoteSigner,
    tree: Tree,
    checkpoint: Checkpoint,
    note: Note,
    _lock: File,
}

/// Hashes out of the tiles of a log of some size.
pub(super) struct Tiles<'a> {
    pub(super) root: &'a Path,
    pub(super) size: u64,
}

impl Log {
    /// Opens the log, and mends what can be mended: it is made when there is none, and goes on from what is served when that
    /// is ahead of it, as after a restore from a copy.
    pub(super) fn open(data: &DataDir, site: &Site) -> Result<Self> {
        let (root, signer) = (data.release_log(), online::read(&data.release_log_key())?);
        files::create_public_dir(&root)?;
        let path = root.join(".lock");
        let lock = File::create(&path).with_context(|| format!("cannot make {}", path.display()))?;
        lock.lock().with_context(|| format!("cannot lock {}", path.display()))?;
        if !root.join(CHECKPOINT).exists() {
            let empty = Checkpoint { origin: name(site)?, size: 0, root: Hash::of_empty_tree() };
            files::replace(&root.join(CHECKPOINT), empty.sign(&signer)?.as_bytes())?;
        }
        let (checkpoint, tree, note) = match load(&root, &signer)? {
            (own, ..) if catch_up(&root, &own, &data.served().log(), &signer)? => load(&root, &signer)?,
            own => own,
        };
        Ok(Self { root, signer, tree, checkpoint, note, _lock: lock })
    }

    /// The last checkpoint.
    pub(super) const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The same, signed and cosigned.
    pub(super) const fn note(&self) -> &Note {
        &self.note
    }

    /// All entries.
    pub(super) fn entries(&self) -> Result<Vec<Vec<u8>>> {
        let mut entries = Vec::new();
        for index in 0..bundles(self.tree.size()) {
            let Some(tile) = Tile::bundle_of_log(index, self.tree.size()) else { break };
            let bytes = read(&self.root, tile)?;
            let bundle = parse_bundle(&bytes, tile.width())
                .with_context(|| format!("{} is damaged: restore it from a copy", tile.path()))?;
            entries.extend(bundle.into_iter().map(<[u8]>::to_vec));
        }
        Ok(entries)
    }

    /// Appends, and signs what it is then.
    pub(super) fn append(&mut self, entries: &[String]) -> Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let (mut tree, mut hashes) = (self.tree.clone(), Hashes::default());
        for entry in entries {
            hashes.store(tree.append(Hash::of_leaf(entry.as_bytes()))?);
        }
        let (old, new) = (self.tree.size(), tree.size());
        self.write_bundles(entries, (old, new))?;
        for level in 0..8_u8 {
            let [before, after] = [old, new].map(|size| size.checked_shr(u32::from(level) * 8).unwrap_or(0));
            self.write_tiles(level, (before, after), new, &hashes)?;
        }
        let checkpoint = Checkpoint { size: new, root: tree.root(), ..self.checkpoint.clone() };
        let note = Note::parse(&checkpoint.sign(&self.signer)?)?;
        self.put_checkpoint(note)?;
        (self.tree, self.checkpoint) = (tree, checkpoint);
        self.drop_partial((old, new))
    }

    /// Puts a checkpoint in place: the same with more signatures, or the next.
    pub(super) fn put_checkpoint(&mut self, note: Note) -> Result<()> {
        files::replace(&self.root.join(CHECKPOINT), note.encode().as_bytes())?;
        self.note = note;
        Ok(())
    }

    /// The proof that an entry is in the log.
    pub(super) fn proof(&self, entry: &Entry) -> Result<Logged> {
        let wanted = entry.encode();
        let found = self.entries()?.iter().position(|held| held == wanted.as_bytes());
        let index = u64::try_from(found.context("the release log has no entry of this release: run this again")?)?;
        let size = self.tree.size();
        let proof = Plan::for_inclusion(index, size)?.read_proof(&Tiles { root: &self.root, size })?;
        let logged = Logged { index, proof, checkpoint: self.note.encode() };
        logged.verify(&entry.leaf(), self.signer.vkey()).context("the proof does not verify")?;
        Ok(logged)
    }

    fn write_bundles(&self, entries: &[String], (old, new): (u64, u64)) -> Result<()> {
        let mut rest = entries;
        for index in old / WIDTH..bundles(new) {
            let mut bytes = match Tile::bundle_of_log(index, old) {
                Some(held) if held.width() < TILE_WIDTH => read(&self.root, held)?,
                _ => Vec::new(),
            };
            let tile = Tile::bundle_of_log(index, new).context("the log is full")?;
            let held = Tile::bundle_of_log(index, old).map_or(0, Tile::width);
            let (own, after) =
                rest.split_at_checked(usize::from(tile.width().saturating_sub(held))).unwrap_or_default();
            bytes.extend(encode_bundle(own)?);
            write(&self.root, tile, &bytes)?;
            rest = after;
        }
        Ok(())
    }

    /// Of one level: what it was, and the nodes that came since.
    fn write_tiles(&self, level: u8, (before, after): (u64, u64), size: u64, new: &Hashes) -> Result<()> {
        if before == after {
            return Ok(());
        }
        for index in before / WIDTH..after.div_ceil(WIDTH) {
            let tile = Tile::of_log(level, index, size).context("the log is full")?;
            let held = index.saturating_mul(WIDTH)..before;
            let mut hashes = match u16::try_from(held.end.saturating_sub(held.start)) {
                Ok(width) if width > 0 => {
                    let old = Tile::new(tile.holds(), index, width).context("the log is full")?;
                    old.parse_hashes(&read(&self.root, old)?)?
                }
                _ => Vec::new(),
            };
            let nodes = tile.nodes().unwrap_or_default();
            for node in nodes.into_iter().skip(hashes.len()) {
                hashes.push(new.get(node).context("a hash of the log is missing")?);
            }
            write(&self.root, tile, &Tile::encode_hashes(&hashes))?;
        }
        Ok(())
    }

    /// Partial tiles whose full tile is there, and the next one: who reads at this moment may have a checkpoint from before.
    fn drop_partial(&self, (old, new): (u64, u64)) -> Result<()> {
        for level in 0..8_u8 {
            let [before, after] = [old, new].map(|size| size.checked_shr(u32::from(level) * 8).unwrap_or(0));
            for index in (before / WIDTH).saturating_sub(1)..(after / WIDTH).saturating_sub(1) {
                let tiles = [Tile::of_log(level, index, new), Tile::bundle_of_log(index, new).filter(|_| level == 0)];
                for tile in tiles.into_iter().flatten() {
                    let partial = self.root.join(tile.path() + ".p");
                    crate::site::stage::remove(&partial)?;
                }
            }
        }
        Ok(())
    }
}

const WIDTH: u64 = TILE_WIDTH as u64;

impl HashReader for Tiles<'_> {
    type Error = anyhow::Error;

    fn read_hashes(&self, nodes: &[Node]) -> Result<Vec<Hash>> {
        let mut hashes = TileHashes::default();
        for tile in TileHashes::tiles_of(nodes, self.size)? {
            hashes.store(tile, &read(self.root, tile)?).with_context(|| damaged(self.root, tile))?;
        }
        Ok(hashes.read_hashes(nodes)?)
    }
}

/// A log by its tiles, while others may append.
pub(super) struct Folder(pub(super) PathBuf);

impl Grown for Folder {
    async fn proof(&self, from: u64, to: u64) -> Result<Proof> {
        Plan::for_consistency(from, to)?.read_proof(&Tiles { root: &self.0, size: to })
    }
}

/// Copies all of a log that is not there yet, the checkpoint last.
pub(super) fn copy(from: &Path, to: &Path) -> Result<()> {
    let mut folders = vec![PathBuf::from("tile")];
    while let Some(folder) = folders.pop() {
        if !from.join(&folder).is_dir() {
            continue;
        }
        files::create_public_dir(&to.join(&folder))?;
        for entry in fs::read_dir(from.join(&folder)).with_context(|| format!("cannot read {}", from.display()))? {
            let entry = entry?;
            let name = folder.join(entry.file_name());
            // What a killed run was writing begins with a dot
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            match entry.file_type()?.is_dir() {
                true => folders.push(name),
                false => {
                    let bytes = fs::read(entry.path()).with_context(|| format!("cannot read {}", name.display()))?;
                    files::place(&to.join(name), &bytes)?;
                }
            }
        }
    }
    files::create_public_dir(to)?;
    files::place(&to.join(CHECKPOINT), files::read_text(&from.join(CHECKPOINT))?.as_bytes())
}

/// A log as its files have it, when they go together.
fn load(root: &Path, signer: &NoteSigner) -> Result<(Checkpoint, Tree, Note)> {
    let (checkpoint, note) = read_checkpoint(root, signer)?;
    let tiles = Tiles { root, size: checkpoint.size };
    let tree = Tree::resume(checkpoint.size, tiles.read_hashes(&Tree::peaks_of(checkpoint.size)?)?)?;
    if tree.root() != checkpoint.root {
        bail!(
            "the tiles in {} are not those of its checkpoint: restore them from a copy, or from the served folder log",
            root.display()
        );
    }
    Ok((checkpoint, tree, note))
}

/// Takes over what is served when it goes on from here: a copy of the data directory was put back. Nothing is signed over a
/// log that was served and is another one. Whether anything was taken over.
fn catch_up(root: &Path, own: &Checkpoint, served: &Path, signer: &NoteSigner) -> Result<bool> {
    if !served.join(CHECKPOINT).exists() {
        return Ok(false);
    }
    let (ahead, ..) = load(served, signer)?;
    let (first, second) = if ahead.size < own.size { (&ahead, own) } else { (own, &ahead) };
    let tiles = Tiles { root: if ahead.size < own.size { root } else { served }, size: second.size };
    let proof = Plan::for_consistency(first.size, second.size)?.read_proof(&tiles)?;
    if verify_consistency(first.size, &first.root, second.size, &second.root, &proof).is_err() {
        bail!(
            "the log in {} and the one that is served are two: nothing is signed until one of them is gone. Witnesses and \
             monitors know which one they have seen",
            root.display()
        );
    }
    if ahead.size > own.size {
        copy(served, root)?;
    }
    Ok(ahead.size > own.size)
}

fn read_checkpoint(root: &Path, signer: &NoteSigner) -> Result<(Checkpoint, Note)> {
    let path = root.join(CHECKPOINT);
    let text = files::read_text(&path)?;
    let checkpoint = Checkpoint::verify(&text, signer.vkey())
        .with_context(|| format!("{} is refused: restore it from a copy", path.display()))?;
    Ok((checkpoint, Note::parse(&text)?))
}

fn name(site: &Site) -> Result<Origin> {
    Origin::parse(&origin(site.as_str())).context("the site's name cannot be part of a log's name")
}

fn bundles(size: u64) -> u64 {
    size.div_ceil(WIDTH)
}

fn read(root: &Path, tile: Tile) -> Result<Vec<u8>> {
    fs::read(root.join(tile.path())).with_context(|| damaged(root, tile))
}

fn write(root: &Path, tile: Tile, bytes: &[u8]) -> Result<()> {
    let path = root.join(tile.path());
    files::create_public_dir(path.parent().unwrap_or(root))?;
    files::place(&path, bytes)
}

fn damaged(root: &Path, tile: Tile) -> String {
    format!(
        "{}/{} is missing or damaged: restore it from a copy, or from the served folder log",
        root.display(),
        tile.path()
    )
}
