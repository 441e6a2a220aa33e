//! What is found in a copy of the log, offline: nothing here asks the vault.

use super::{Actor, Commitment, Entry, Salt, SignedEntry};
use crate::log::{Checkpoint, Proof, ProofError, Tree, verify_consistency, verify_inclusion};
use crate::note::Vkey;
use crate::scalar::Site;
use std::collections::BTreeMap;

/// Something that is not as it was signed. Indexes are of leaves, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finding {
    /// The checkpoints are of different logs.
    OtherLog,
    /// There are fewer leaves, or more, than the checkpoint says: so many.
    Incomplete(u64),
    /// The leaves do not give the checkpoint's root: at least one was edited, exchanged or inserted.
    Edited,
    /// The earlier checkpoint has more leaves: entries at the end were dropped.
    Dropped,
    /// The log does not continue the earlier checkpoint: two histories were signed.
    Forked,
    /// The same leaf once more; it was first at `first`.
    Repeated {
        /// Where it is again.
        index: u64,
        /// Where it was first.
        first: u64,
    },
    /// The leaf at that place is not that of the entry, and no other is: the entry was edited, or dropped.
    NotInLog(u64),
    /// The entry is in the log, at another place.
    Reordered {
        /// Where it was said to be.
        index: u64,
        /// Where it is.
        found: u64,
    },
    /// Not an entry of the specified form.
    Malformed(u64),
    /// An entry of another site.
    OtherSite(u64),
    /// The actor's key did not sign it.
    Unsigned(u64),
    /// There is no key for its actor.
    UnknownSigner(u64),
}

impl Finding {
    /// The stable code, snake case.
    pub const fn code(self) -> &'static str {
        match self {
            Self::OtherLog => "other_log",
            Self::Incomplete(_) => "incomplete",
            Self::Edited => "edited",
            Self::Dropped => "dropped",
            Self::Forked => "forked",
            Self::Repeated { .. } => "repeated",
            Self::NotInLog(_) => "not_in_log",
            Self::Reordered { .. } => "reordered",
            Self::Malformed(_) => "malformed",
            Self::OtherSite(_) => "other_site",
            Self::Unsigned(_) => "unsigned",
            Self::UnknownSigner(_) => "unknown_signer",
        }
    }

    /// The leaf that it is about; `None` when it is about the whole.
    pub const fn index(self) -> Option<u64> {
        match self {
            Self::Repeated { index, .. }
            | Self::NotInLog(index)
            | Self::Reordered { index, .. }
            | Self::Malformed(index)
            | Self::OtherSite(index)
            | Self::Unsigned(index)
            | Self::UnknownSigner(index) => Some(index),
            Self::OtherLog | Self::Incomplete(_) | Self::Edited | Self::Dropped | Self::Forked => None,
        }
    }
}

/// Whose key it is. An actor may have several, one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// The admin, or the vault.
    pub actor: Actor,
    /// What it signs with.
    pub key: Vkey,
}

/// A copy of the log, and what is known from elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// The site.
    pub site: &'a Site,
    /// The copy's checkpoint, verified.
    pub checkpoint: &'a Checkpoint,
    /// Checkpoints from earlier, verified: mailed, printed, or cosigned.
    pub earlier: &'a [Checkpoint],
    /// All leaves, in order.
    pub leaves: &'a [Commitment],
    /// Entries that were opened, with the leaf that each is said to be. Those that were erased are missing.
    pub opened: &'a [(u64, Salt, Vec<u8>)],
    /// All keys that may have signed, revoked ones too.
    pub signers: &'a [Signer],
}

/// Checks a whole copy: every leaf under the checkpoint, every earlier checkpoint a prefix, every opened entry in its
/// place and signed by its actor. Nothing found means that all of this holds.
pub fn check(evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = check_tree(evidence);
    let mut places = BTreeMap::new();
    for (index, leaf) in (0_u64..).zip(evidence.leaves) {
        match places.get(leaf) {
            Some(first) => findings.push(Finding::Repeated { index, first: *first }),
            None => drop(places.insert(*leaf, index)),
        }
    }
    for (index, salt, signed) in evidence.opened {
        let commitment = Commitment::of(salt, signed);
        let here = usize::try_from(*index).ok().and_then(|index| evidence.leaves.get(index));
        if here != Some(&commitment) {
            findings.push(match places.get(&commitment) {
                Some(found) => Finding::Reordered { index: *index, found: *found },
                None => Finding::NotInLog(*index),
            });
        }
        if let Err(finding) = check_entry(evidence.site, *index, salt, signed, evidence.signers) {
            findings.push(finding);
        }
    }
    findings
}

/// Checks one opened entry by its proof: in the log at that place, and signed by its actor.
///
/// # Errors
/// The first [`Finding`].
pub fn check_inclusion(
    checkpoint: &Checkpoint,
    site: &Site,
    (index, proof): (u64, &Proof),
    (salt, signed): (&Salt, &[u8]),
    signers: &[Signer],
) -> Result<Entry, Finding> {
    let leaf = Commitment::of(salt, signed).leaf_hash();
    verify_inclusion(&leaf, index, checkpoint.size, &checkpoint.root, proof).map_err(|_| Finding::NotInLog(index))?;
    check_entry(site, index, salt, signed, signers)
}

/// Checks that a log continues an earlier checkpoint of itself.
///
/// # Errors
/// [`Finding::OtherLog`], [`Finding::Dropped`] or [`Finding::Forked`].
pub fn check_consistency(earlier: &Checkpoint, later: &Checkpoint, proof: &Proof) -> Result<(), Finding> {
    if earlier.origin != later.origin {
        return Err(Finding::OtherLog);
    }
    match verify_consistency(earlier.size, &earlier.root, later.size, &later.root, proof) {
        Ok(()) => Ok(()),
        Err(ProofError::Range) => Err(Finding::Dropped),
        Err(_) => Err(Finding::Forked),
    }
}

/// Roots at the sizes of all checkpoints, from the leaves.
fn check_tree(evidence: &Evidence<'_>) -> Vec<Finding> {
    let (now, mut findings) = (evidence.checkpoint, Vec::new());
    let size = evidence.leaves.len() as u64;
    let mut roots = BTreeMap::new();
    let mut tree = Tree::new();
    let wanted = |size| evidence.earlier.iter().any(|earlier| earlier.size == size);
    for leaf in evidence.leaves {
        if wanted(tree.size()) {
            roots.insert(tree.size(), tree.root());
        }
        // No list of leaves in memory is as long as a log can be
        let _ = tree.append(leaf.leaf_hash());
    }
    roots.insert(tree.size(), tree.root());
    if size != now.size {
        findings.push(Finding::Incomplete(size));
    } else if tree.root() != now.root {
        findings.push(Finding::Edited);
    }
    for earlier in evidence.earlier {
        if earlier.origin != now.origin {
            findings.push(Finding::OtherLog);
        } else if earlier.size > now.size {
            findings.push(Finding::Dropped);
        } else if roots.get(&earlier.size).is_some_and(|root| *root != earlier.root)
            || earlier.size == now.size && earlier.root != now.root
        {
            findings.push(Finding::Forked);
        }
    }
    findings
}

fn check_entry(site: &Site, index: u64, salt: &Salt, signed: &[u8], signers: &[Signer]) -> Result<Entry, Finding> {
    let signed = SignedEntry::parse(signed).map_err(|_| Finding::Malformed(index))?;
    if signed.entry().site() != site {
        return Err(Finding::OtherSite(index));
    }
    let actor = signed.entry().actor();
    let mut keys = signers.iter().filter(|signer| signer.actor == actor).peekable();
    if keys.peek().is_none() {
        return Err(Finding::UnknownSigner(index));
    }
    if !keys.any(|signer| signed.verify(salt, &signer.key).is_ok()) {
        return Err(Finding::Unsigned(index));
    }
    Ok(signed.entry().clone())
}
