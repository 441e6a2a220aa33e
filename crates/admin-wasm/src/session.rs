//! From the vault's JSON to core's opener, and back to JSON.

use std::collections::{BTreeMap, BTreeSet};

use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::audit::{OpenedField, PointHash};
use nightsafe_core::encoding::{b64u, b64u_decode};
use nightsafe_core::envelope::Envelope;
use nightsafe_core::grant::AdminGrant;
use nightsafe_core::identity::{Identity, Unlock};
use nightsafe_core::manifest::{self, VerifiedManifest};
use nightsafe_core::opening::{OpenedDeposit, OpenedValues, Opener, SealedDeposit, SealedRow};
use nightsafe_core::roster::{Remembered, Roster};
use nightsafe_core::scalar::{DepositId, EnvelopeHash, KeyId, ManifestHash, Tag};
use nightsafe_core::time::UnixTime;
use nightsafe_login::{ClientRegistration, ExportKey, Stretch};
use nightsafe_proto::vault::custody::Manifests;
use nightsafe_proto::vault::identity::{Grants, KeptIdentity};
use nightsafe_proto::vault::log::Entries;
use nightsafe_proto::vault::openings::{self, Open, OpenDeposit, OpenField, Opened, Purpose};
use nightsafe_proto::vault::search::IndexRow;
use nightsafe_proto::wire::{B64u, Hex, Hex32};
use rand_core::CryptoRng;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::journal::{self, Deed, Journal};
use crate::log_view::{self, LogView};
use crate::unlock::{Unlocked, Unlocking};
use crate::view::{LocatorView, RenewedView, ValuesView, ViewedDeposit, people};

/// The vault's answers to a sign-in, as they came.
pub(crate) struct Answers<'a> {
    pub(crate) identity: &'a str,
    pub(crate) roster: &'a str,
    pub(crate) custody: &'a str,
    pub(crate) manifests: &'a str,
    /// [`Session::roster_place`] of an earlier sign-in; empty when there was none.
    pub(crate) remembered: &'a str,
    /// The audit log's public key as the admin site carries it; empty when it carries none.
    pub(crate) log_key: &'a str,
    /// [`Session::log_place`] of an earlier sign-in; empty when there was none.
    pub(crate) log_place: &'a str,
}

/// Keys, manifests, and the locators that were opened since. Everything secret in it is zeroised when dropped.
#[derive(Debug)]
pub(crate) struct Session {
    anchor: TrustAnchor,
    opener: Opener,
    admin: Option<Identity>,
    roster: Option<Roster>,
    renewal: Option<ClientRegistration>,
    refused_manifests: u32,
    refused_grants: u32,
    new_identity: Option<KeptIdentity>,
    new_grants: Option<Grants>,
    words: Option<String>,
    deposits: BTreeMap<Hex32, OpenedDeposit>,
    /// Of each deposit whose fields were compared: what lies under its tags.
    points: BTreeMap<Hex32, BTreeMap<Tag, Vec<PointHash>>>,
    /// Where the roster names this admin and an audit key.
    journal: Option<Journal>,
}

/// Fields of a deposit that are to be opened.
#[derive(Deserialize)]
pub(crate) struct Chosen {
    deposit_id: Hex32,
    fields: Vec<ChosenField>,
}

#[derive(PartialEq, Eq, Deserialize)]
struct ChosenField {
    kind: String,
    index: u32,
}

impl Session {
    pub(crate) fn unlock(
        export_key: &ExportKey,
        passphrase: &[u8],
        answers: &Answers<'_>,
        anchor: &str,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, Failure> {
        let anchor = TrustAnchor::parse(anchor).map_err(|_| Failure::Malformed)?;
        let (identity, roster, custody) = (read(answers.identity)?, read(answers.roster)?, read(answers.custody)?);
        let (verified, refused_manifests) = verified(answers.manifests, &anchor)?;
        // What the browser kept is its own: a text that is none was not written by us, and is no reason to stop
        let remembered = Remembered::parse(answers.remembered);
        let unlocking = Unlocking { export_key, passphrase, anchor: &anchor, remembered, identity, roster, custody };
        let Unlocked { admin, roster, keys, audit_keys, refused_grants, new_identity, words, new_grants } =
            unlocking.run(rng)?;
        let named = admin.as_ref().zip(roster.as_ref()).is_some_and(|(admin, roster)| {
            roster.audit_key().is_some() && roster.active_at(&admin.id(), roster.sequence()).is_some()
        });
        let journal = named.then(|| Journal::new(answers.log_key, answers.log_place, audit_keys)).transpose()?;
        let opener = Opener::new(anchor.site.clone(), keys, verified);
        Ok(Self {
            anchor,
            opener,
            admin,
            roster,
            renewal: None,
            refused_manifests,
            refused_grants,
            new_identity,
            new_grants,
            words,
            deposits: BTreeMap::new(),
            points: BTreeMap::new(),
            journal,
        })
    }

    /// First message of a new passphrase.
    pub(crate) fn begin_passphrase(&mut self, passphrase: &[u8]) -> Result<String, Failure> {
        self.admin.as_ref().ok_or(Failure::NoIdentity)?;
        let (renewal, message) = ClientRegistration::start(passphrase)?;
        self.renewal = Some(renewal);
        Ok(b64u(&message))
    }

    /// Last message of a new passphrase, and the identity wrapped under it.
    pub(crate) fn finish_passphrase(
        &mut self,
        reply: &str,
        stretch: &Stretch,
        rng: &mut impl CryptoRng,
    ) -> Result<String, Failure> {
        let (renewal, admin) = (self.renewal.take().ok_or(Failure::Locked)?, self.admin.as_ref());
        let reply = b64u_decode(reply).ok_or(Failure::Malformed)?;
        let done = renewal.finish(&reply, stretch)?;
        let wrapped = admin.ok_or(Failure::NoIdentity)?.wrap(&Unlock::Login(&done.export_key), rng);
        let wrapped = B64u(wrapped.map_err(|_| Failure::Randomness)?.to_bytes());
        write(&RenewedView { registration: B64u(done.message), wrapped })
    }

    /// What to remember of the roster, if there is one.
    pub(crate) fn roster_place(&self) -> Option<String> {
        self.roster.as_ref().map(|roster| roster.remember().to_text())
    }

    /// Everybody of the roster, in the order in which they came in.
    pub(crate) fn people(&self) -> Result<String, Failure> {
        let own = self.admin.as_ref().map(Identity::id);
        write(&self.roster.as_ref().map(|roster| people(roster, own)).unwrap_or_default())
    }

    /// Whether what this admin does is to be signed for the log.
    pub(crate) fn logs(&self) -> bool {
        self.journal.is_some()
    }

    /// Whether this admin can open entries of the log.
    pub(crate) fn reads_log(&self) -> bool {
        self.journal.as_ref().is_some_and(|journal| !journal.audit_keys.is_empty())
    }

    /// What to remember of the log, if anything was seen of it.
    pub(crate) fn log_place(&self) -> Option<String> {
        self.journal.as_ref().and_then(Journal::place)
    }

    /// How many entries the log had when it was last seen.
    pub(crate) fn log_size(&self) -> u64 {
        self.journal.as_ref().map_or(0, Journal::size)
    }

    /// Signs what is done, for a request.
    pub(crate) fn sign(&mut self, deeds: &str, now: &str, rng: &mut impl CryptoRng) -> Result<String, Failure> {
        let (journal, admin) = self.journal.as_mut().zip(self.admin.as_ref()).ok_or(Failure::NoLog)?;
        let actions = read::<Vec<Deed>>(deeds)?.into_iter().map(|deed| deed.action(admin));
        let actions = actions.collect::<Result<Vec<_>, _>>()?;
        write(&journal.sign(admin, actions, time(now)?, rng)?)
    }

    /// Takes the vault's word, with proofs, that what was signed last is in the log.
    pub(crate) fn logged(&mut self, in_log: &str) -> Result<(), Failure> {
        self.journal.as_mut().ok_or(Failure::NoLog)?.settle(Some(&read(in_log)?))
    }

    /// Opens and verifies entries that the vault gave with proofs.
    pub(crate) fn read_log(&mut self, entries: &str) -> Result<String, Failure> {
        let (journal, roster) = self.journal.as_mut().zip(self.roster.as_ref()).ok_or(Failure::NoLog)?;
        let Entries { entries, log } = read(entries)?;
        let log = log.ok_or(Failure::LogRefused)?;
        let checkpoint = journal.advance(&log)?;
        let leaves = log.entries.iter().map(Some).chain(std::iter::repeat(None));
        let entries = entries.iter().zip(leaves);
        let entries = entries.map(|(entry, leaf)| log_view::read(journal, roster, &checkpoint, entry, leaf)).collect();
        write(&LogView { size: checkpoint.size, entries })
    }

    /// The body of `POST /v1/openings` that opens what was chosen and compares the rest; signed, where a log is kept. What
    /// is not there any more, or is no envelope, is compared instead of opened.
    pub(crate) fn request_open(
        &mut self,
        chosen: &str,
        purpose: &str,
        now: &str,
        rng: &mut impl CryptoRng,
    ) -> Result<String, Failure> {
        let stated = Purpose::from_name(purpose).ok_or(Failure::Malformed)?;
        let (mut deposits, mut actions) = (Vec::new(), Vec::new());
        for one in read::<Vec<Chosen>>(chosen)? {
            let (request, fields) = self.open_request(&one)?;
            if !request.open.is_empty() && self.logs() {
                actions.push(journal::opening(DepositId(one.deposit_id.0), fields, purpose)?);
            }
            deposits.push(request);
        }
        let purpose = deposits.iter().any(|deposit| !deposit.open.is_empty()).then_some(stated);
        let log = match (self.journal.as_mut(), self.admin.as_ref()) {
            (Some(journal), Some(admin)) if !actions.is_empty() => {
                Some(journal.sign(admin, actions, time(now)?, rng)?)
            }
            _ => None,
        };
        write(&Open { purpose, deposits, log })
    }

    fn open_request(&self, chosen: &Chosen) -> Result<(OpenDeposit, Vec<OpenedField>), Failure> {
        let deposit = self.deposits.get(&chosen.deposit_id).ok_or(Failure::UnknownDeposit)?;
        let points = self.points.get(&chosen.deposit_id);
        if self.logs() && points.is_none() {
            return Err(Failure::Unchecked);
        }
        let mut request = OpenDeposit { deposit_id: chosen.deposit_id, open: Vec::new(), check: Vec::new() };
        let mut fields = Vec::new();
        for listed in self.opener.listed(deposit) {
            let (kind, index, tag) = (&listed.field.kind, listed.field.index, Hex(listed.tag.0));
            let there = points.and_then(|points| points.get(&listed.tag)).map_or(&[][..], Vec::as_slice);
            let is_chosen = chosen.fields.iter().any(|field| field.kind == kind.as_str() && field.index == index);
            if !is_chosen || self.logs() && there.is_empty() {
                request.check.push(tag);
                continue;
            }
            request.open.push(OpenField { kind: kind.as_str().to_owned(), index, tag });
            fields.extend(there.iter().map(|point| OpenedField { kind: kind.clone(), index, point: *point }));
        }
        Ok((request, fields))
    }

    pub(crate) fn refused_grants(&self) -> u32 {
        self.refused_grants
    }

    pub(crate) fn new_identity(&self) -> Result<Option<String>, Failure> {
        self.new_identity.as_ref().map(write).transpose()
    }

    pub(crate) fn words(&self) -> Option<String> {
        self.words.clone()
    }

    pub(crate) fn new_grants(&self) -> Result<Option<String>, Failure> {
        self.new_grants.as_ref().map(write).transpose()
    }

    /// The data keys of [`Session::new_grants`], for their entries in the log.
    pub(crate) fn newly_granted(&self) -> Result<String, Failure> {
        let grants = self.new_grants.iter().flat_map(|grants| &grants.grants);
        let ids = grants.filter_map(|grant| AdminGrant::parse(&grant.0).ok()).map(|grant| grant.data_key().to_hex());
        write(&ids.collect::<BTreeSet<_>>())
    }

    pub(crate) fn renew_manifests(&mut self, manifests: &str) -> Result<(), Failure> {
        let (verified, refused) = verified(manifests, &self.anchor)?;
        self.opener.set_manifests(verified);
        self.refused_manifests = refused;
        Ok(())
    }

    pub(crate) fn key_ids(&self) -> Result<String, Failure> {
        write(&self.opener.key_ids().map(|id| id.to_hex()).collect::<Vec<_>>())
    }

    pub(crate) fn refused_manifests(&self) -> u32 {
        self.refused_manifests
    }

    pub(crate) fn open_locator(&mut self, row: &str) -> Result<String, Failure> {
        let row: IndexRow = read(row)?;
        let facets: Vec<_> = row.facets.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let deposit = self.opener.open_locator(&SealedDeposit {
            site: &row.site,
            reference: &row.reference,
            manifest: ManifestHash(row.manifest.0),
            key_id: KeyId(row.key_id.0),
            facets: &facets,
            locator: &row.locator.0,
        });
        let json = write(&LocatorView::new(row.deposit_id, self.opener.listed(&deposit), deposit.differences()));
        self.deposits.insert(row.deposit_id, deposit);
        self.points.remove(&row.deposit_id);
        json
    }

    /// Where a log is kept, nothing is opened that the vault does not show there.
    pub(crate) fn open_fields(&mut self, json: &str) -> Result<Zeroizing<String>, Failure> {
        let answer: Opened = read(json)?;
        if let Some(journal) = &mut self.journal
            && answer.deposits.iter().any(|deposit| !deposit.rows.is_empty())
        {
            journal.settle(answer.log.as_ref())?;
        }
        for deposit in &answer.deposits {
            self.points.insert(deposit.deposit_id, points_of(deposit));
        }
        let deposits = answer.deposits.iter().map(|deposit| self.open_deposit(deposit));
        let deposits = deposits.collect::<Result<Vec<_>, _>>()?;
        let view =
            ValuesView { deposits: deposits.iter().map(|(id, values)| ViewedDeposit::new(*id, values)).collect() };
        // The view borrows the values, and the text has room for them from the start (sealed and encoded, they were
        // longer), so that no copy is left behind
        let mut text = Zeroizing::new(Vec::with_capacity(json.len()));
        serde_json::to_writer(&mut *text, &view).map_err(|_| Failure::Malformed)?;
        String::from_utf8(std::mem::take(&mut *text)).map(Zeroizing::new).map_err(|_| Failure::Malformed)
    }

    pub(crate) fn forget(&mut self, deposit_id: &Hex32) {
        self.deposits.remove(deposit_id);
        self.points.remove(deposit_id);
    }

    fn open_deposit(&self, answer: &openings::OpenedDeposit) -> Result<(Hex32, OpenedValues<'_>), Failure> {
        let deposit = self.deposits.get(&answer.deposit_id).ok_or(Failure::UnknownDeposit)?;
        let rows: Vec<_> =
            answer.rows.iter().map(|row| SealedRow { tag: Tag(row.tag.0), envelope: &row.envelope.0 }).collect();
        let present: Vec<_> =
            answer.present.iter().map(|row| (Tag(row.tag.0), EnvelopeHash(row.envelope_hash.0))).collect();
        Ok((answer.deposit_id, self.opener.open_rows(deposit, &rows, &present)))
    }
}

/// What lies under the tags of a deposit: an answer is over all of them.
fn points_of(answer: &openings::OpenedDeposit) -> BTreeMap<Tag, Vec<PointHash>> {
    let mut points: BTreeMap<Tag, Vec<PointHash>> = BTreeMap::new();
    for row in &answer.present {
        points.entry(Tag(row.tag.0)).or_default().extend(row.point.map(|point| PointHash(point.0)));
    }
    for row in &answer.rows {
        let envelope = Envelope::parse(row.envelope.0.clone()).ok();
        let point = envelope.map(|envelope| PointHash::of(envelope.x25519_point()));
        points.entry(Tag(row.tag.0)).or_default().extend(point);
    }
    points
}

fn time(text: &str) -> Result<UnixTime, Failure> {
    UnixTime::parse(text).map_err(|_| Failure::Malformed)
}

/// The manifests that the site keys signed, whenever they were valid, because an old deposit was sealed under an old
/// one; and how many others there are.
fn verified(manifests: &str, anchor: &TrustAnchor) -> Result<(Vec<VerifiedManifest>, u32), Failure> {
    let notes = read::<Manifests>(manifests)?.notes;
    let verified: Vec<_> = notes.iter().filter_map(|note| manifest::verify_at_any_time(note, anchor).ok()).collect();
    let refused = u32::try_from(notes.len().saturating_sub(verified.len())).unwrap_or(u32::MAX);
    Ok((verified, refused))
}

fn read<T: DeserializeOwned>(json: &str) -> Result<T, Failure> {
    serde_json::from_str(json).map_err(|_| Failure::Malformed)
}

/// Only fails for values that JSON cannot hold, of which the views have none.
fn write(value: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|_| Failure::Malformed)
}

#[cfg(test)]
mod tests;
