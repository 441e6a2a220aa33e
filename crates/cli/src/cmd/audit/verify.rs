//! `nightsafe audit verify`: what a copy of the log shows, without the vault.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::audit::{Actor, AuditError, Commitment, Evidence, Finding, Salt, Signer, check, open_sealed};
use nightsafe_core::keys::PrivateItems;
use nightsafe_core::log::{Checkpoint, Tile};
use nightsafe_core::note::Vkey;
use nightsafe_core::roster::{self, Roster};
use nightsafe_core::scalar::{KeyId, Site};

use super::copy::{self, Place};
use super::cosigned::{KnownWitnesses, note_in};
use super::findings::Findings;
use crate::keys::{audit_key, recovery};
use crate::{files, term};

/// Entries out of place that are tried in each other's places at most.
const MOVED: usize = 64;

/// Check a copy of the audit log offline: one line for each finding, and an exit status other than 0 when there is one
///
/// Without a checkpoint from an earlier day, a copy shows only that it fits together: who has the log's key can sign
/// another history. Entries are opened, and their signatures looked at, with the audit key or the recovery key only.
#[derive(Args, Debug)]
pub(crate) struct VerifyArgs {
    /// Folder with the copy, as `nightsafe audit export` writes it
    #[arg(value_name = "DIR")]
    copy: PathBuf,
    /// File with a checkpoint from earlier, kept where nobody who runs the vault can change it; as `nightsafe audit checkpoint`
    /// printed or mailed it
    #[arg(long, value_name = "FILE")]
    earlier: Vec<PathBuf>,
    /// File with the private part of an audit key
    #[arg(long, value_name = "FILE")]
    audit_key: Vec<PathBuf>,
    /// File of the recovery key, which opens all audit keys of the copy
    #[arg(long, value_name = "FILE")]
    recovery_file: Option<PathBuf>,
    /// The site's trust anchor, by which the roster of admins is verified [default: the one that lies in the copy, which
    /// proves no more than that the copy fits together]
    #[arg(long, value_name = "FILE")]
    anchor: Option<PathBuf>,
    /// The log's public key, as `nightsafe keys log` printed it [default: the one that lies in the copy, which proves no
    /// more than that the copy fits together]
    #[arg(long, value_name = "VKEY", value_parser = Vkey::parse)]
    log_key: Option<Vkey>,
    #[command(flatten)]
    witnesses: KnownWitnesses,
}

/// The witnesses that cosigned the checkpoint for which most of them did.
#[derive(Default)]
struct Cosigned {
    most: usize,
    /// How many must have.
    quorum: usize,
}

/// What was read of a copy.
#[derive(Default)]
struct Read {
    leaves: Vec<Commitment>,
    opened: Vec<(u64, Salt, Vec<u8>)>,
    /// Sealed to one of the keys, but not the entry of the leaf.
    misplaced: Vec<(u64, Vec<u8>)>,
    erased: u64,
    closed: u64,
}

pub(super) fn run(args: &VerifyArgs) -> Result<()> {
    let log = log_key(args)?;
    let quorum = args.witnesses.quorum()?;
    let mut findings = Findings::default();
    let note = files::read_text(&args.copy.join(copy::CHECKPOINT))?;
    let summary = match Checkpoint::verify(&note, &log) {
        Ok(checkpoint) => {
            let most = args.witnesses.cosigned(&note, copy::CHECKPOINT, &mut findings)?;
            whole(args, &log, &checkpoint, Cosigned { most, quorum }, &mut findings)?
        }
        Err(error) => {
            findings.about(error.code(), copy::CHECKPOINT, &error.to_string());
            String::new()
        }
    };
    if findings.is_empty() {
        return term::print(&summary);
    }
    term::print(&findings.lines())?;
    bail!("{} findings: this is not the log that was signed", findings.len())
}

fn log_key(args: &VerifyArgs) -> Result<Vkey> {
    if let Some(key) = &args.log_key {
        return Ok(key.clone());
    }
    let path = args.copy.join(copy::LOG_KEY);
    let text = files::read_text(&path).context("name the log's public key with --log-key")?;
    Vkey::parse(text.trim_end()).with_context(|| format!("{} holds no public key", path.display()))
}

/// Everything below a checkpoint that the log's key signed.
fn whole(
    args: &VerifyArgs,
    log: &Vkey,
    checkpoint: &Checkpoint,
    mut cosigned: Cosigned,
    findings: &mut Findings,
) -> Result<String> {
    let name = checkpoint.origin.as_str().strip_suffix("/log").and_then(|name| Site::parse(name).ok());
    let site = name.context("the log is not one of a site: its name does not end with /log")?;
    let keys = keys(args, &site)?;
    let roster = read_roster(args, &site, findings)?;
    let mut read = read(&args.copy, checkpoint.size, &site, &keys, findings)?;
    settle_misplaced(&mut read, &site, &keys, findings);

    let admins = roster.iter().flat_map(Roster::everybody);
    let admins = admins.map(|admin| Signer { actor: Actor::Admin(admin.id()), key: admin.signing_key().clone() });
    let signers: Vec<Signer> = admins.chain([Signer { actor: Actor::Vault, key: log.clone() }]).collect();
    let evidence = Evidence {
        site: &site,
        checkpoint,
        earlier: &[],
        leaves: &read.leaves,
        opened: &read.opened,
        signers: &signers,
    };
    for finding in check(&evidence) {
        findings.add(finding, "the copy");
    }
    for path in &args.earlier {
        let what = path.display().to_string();
        let note = note_in(&files::read_text(path)?, checkpoint.origin.as_str());
        match Checkpoint::verify(&note, log) {
            Ok(earlier) => {
                cosigned.most = cosigned.most.max(args.witnesses.cosigned(&note, &what, findings)?);
                // One by one, to say which
                let evidence = Evidence { earlier: &[earlier], opened: &[], ..evidence };
                let about =
                    |finding: &Finding| matches!(finding, Finding::OtherLog | Finding::Dropped | Finding::Forked);
                check(&evidence).into_iter().filter(about).for_each(|finding| findings.add(finding, &what));
            }
            Err(error) => findings.about(error.code(), &what, &error.to_string()),
        }
    }
    let Cosigned { most, quorum } = cosigned;
    if most < quorum {
        let said = format!("{most} of the {quorum} witnesses that must have cosigned one of the checkpoints did");
        findings.about("not_cosigned", "the checkpoints", &said);
    }
    let witnessed =
        if quorum == 0 { String::new() } else { format!("; {most} witnesses cosigned one of the checkpoints") };
    Ok(format!(
        "ok: {} entries, of which {} were opened and their signatures verified, {} are erased and {} sealed to keys that \
         are not here; {} earlier checkpoints are continued{witnessed}\n",
        checkpoint.size,
        read.opened.len(),
        read.erased,
        read.closed,
        args.earlier.len()
    ))
}

/// Everything that opens entries.
fn keys(args: &VerifyArgs, site: &Site) -> Result<Vec<PrivateItems>> {
    let mut keys = Vec::new();
    for path in &args.audit_key {
        keys.push(audit_key::read_private(path, site)?);
    }
    if let Some(path) = &args.recovery_file {
        let recovery = recovery::read_private(path, site)?;
        for text in copy::audit_keys(&args.copy)? {
            keys.extend(audit_key::open_grants_text(site, &text, &recovery)?);
        }
    }
    Ok(keys)
}

/// Who may have signed. A copy of a site without a roster has none.
fn read_roster(args: &VerifyArgs, site: &Site, findings: &mut Findings) -> Result<Option<Roster>> {
    let entries = copy::roster(&args.copy)?;
    if entries.is_empty() {
        return Ok(None);
    }
    let path = args.anchor.clone().unwrap_or_else(|| args.copy.join(copy::ANCHOR));
    let anchor = TrustAnchor::parse(&files::read_text(&path)?);
    let anchor = anchor.with_context(|| format!("{} is no trust anchor", path.display()))?;
    if anchor.site != *site {
        bail!("{} is the trust anchor of another site", path.display());
    }
    match roster::verify_at_any_time(&entries, &anchor) {
        Ok(roster) => Ok(Some(roster)),
        Err(error) => {
            findings.about(error.fault.code(), &format!("roster entry {}", error.sequence), &error.to_string());
            Ok(None)
        }
    }
}

fn read(folder: &Path, size: u64, site: &Site, keys: &[PrivateItems], findings: &mut Findings) -> Result<Read> {
    let mut read = Read::default();
    for index in 0.. {
        let Some(bundle) = Tile::bundle_of_log(index, size) else { break };
        // Fewer leaves than the checkpoint says are a finding
        let Some(places) = copy::read(folder, bundle)? else { break };
        for place in places {
            read.add(&place, site, keys, findings);
        }
    }
    Ok(read)
}

impl Read {
    fn add(&mut self, place: &Place, site: &Site, keys: &[PrivateItems], findings: &mut Findings) {
        let number = self.leaves.len() as u64;
        self.leaves.push(place.leaf);
        if place.sealed.is_empty() {
            self.erased = self.erased.saturating_add(1);
            return;
        }
        let Some((key_id, sealed)) = place.sealed.split_first_chunk() else {
            findings.add(Finding::Malformed(number), "");
            return;
        };
        let Some(key) = keys.iter().find(|key| key.public_key().key_id() == KeyId(*key_id)) else {
            self.closed = self.closed.saturating_add(1);
            return;
        };
        match open_sealed(key, site, &place.leaf, sealed) {
            Ok((salt, signed)) => self.opened.push((number, salt, signed.as_bytes().to_vec())),
            Err(AuditError::Open) => self.misplaced.push((number, place.sealed.clone())),
            Err(error) => findings.at(error.code(), number, &error.to_string()),
        }
    }
}

/// An entry does not open in the place of another leaf, so those that do not are tried in each other's places.
fn settle_misplaced(read: &mut Read, site: &Site, keys: &[PrivateItems], findings: &mut Findings) {
    let misplaced = std::mem::take(&mut read.misplaced);
    let places = misplaced.iter().take(MOVED).filter_map(|(number, _)| usize::try_from(*number).ok());
    let leaves: Vec<Commitment> = places.filter_map(|number| read.leaves.get(number).copied()).collect();
    for (number, bytes) in &misplaced {
        let opened = bytes.split_first_chunk().and_then(|(key_id, sealed)| {
            let key = keys.iter().find(|key| key.public_key().key_id() == KeyId(*key_id))?;
            leaves.iter().find_map(|leaf| open_sealed(key, site, leaf, sealed).ok())
        });
        match opened {
            Some((salt, signed)) => read.opened.push((*number, salt, signed.as_bytes().to_vec())),
            None => findings.at(AuditError::Open.code(), *number, "it is not what was sealed for its leaf"),
        }
    }
}
