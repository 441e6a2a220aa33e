//! What a session does at the vault, signed for the audit log where one is kept.

use std::collections::BTreeMap;

use nightsafe_core::audit::{Action, OpenedField, PointHash, of_grants};
use nightsafe_core::envelope::Envelope;
use nightsafe_core::grant::AdminGrant;
use nightsafe_core::scalar::{DepositId, Tag};
use nightsafe_core::time::UnixTime;
use nightsafe_proto::vault::identity::Grants;
use nightsafe_proto::vault::invitation::Invitations;
use nightsafe_proto::vault::log::{Entries, InLog, ToLog};
use nightsafe_proto::vault::openings::{self, Open, OpenDeposit, OpenField, Purpose};
use nightsafe_proto::vault::roster::RosterChange;
use nightsafe_proto::wire::{B64u, Hex, Hex32};
use rand_core::CryptoRng;
use serde::Deserialize;

use super::{Session, read, write};
use crate::failure::Failure;
use crate::journal::{self, Deed, Journal};
use crate::log_view::{self, LogView};

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
        let actions = read::<Vec<Deed>>(deeds)?.into_iter().map(Deed::action);
        let actions = actions.collect::<Result<Vec<_>, _>>()?;
        write(&journal.sign(admin, actions, time(now)?, rng)?)
    }

    /// Takes the vault's word, with proofs, that what was signed last is in the log.
    pub(crate) fn logged(&mut self, in_log: &str) -> Result<(), Failure> {
        self.journal.as_mut().ok_or(Failure::NoLog)?.settle(read::<Option<InLog>>(in_log)?.as_ref())
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

    /// Body of `POST /v1/roster`.
    pub(crate) fn change(&mut self, request: &str, now: &str, rng: &mut impl CryptoRng) -> Result<String, Failure> {
        let now = time(now)?;
        let change = self.deciding()?.change(&read(request)?, now, rng)?;
        self.recorded(change, now, rng)
    }

    /// Body of `POST /v1/roster`, with one more signature.
    pub(crate) fn cosign(
        &mut self,
        entry: &str,
        invitations: &str,
        now: &str,
        rng: &mut impl CryptoRng,
    ) -> Result<String, Failure> {
        let change = self.deciding()?.cosign(entry, &read::<Invitations>(invitations)?.waiting, rng)?;
        self.recorded(change, time(now)?, rng)
    }

    /// With what it leaves in the log, where one is kept.
    fn recorded(&mut self, change: RosterChange, now: UnixTime, rng: &mut impl CryptoRng) -> Result<String, Failure> {
        let mut actions = self.signing()?.entries_of(&change.entry)?;
        actions.extend(granted(&change.grants)?);
        let log = self.signed(actions, now, rng)?;
        write(&RosterChange { log, ..change })
    }

    /// `None` where no log is kept.
    pub(super) fn signed(
        &mut self,
        actions: Vec<Action>,
        now: UnixTime,
        rng: &mut impl CryptoRng,
    ) -> Result<Option<ToLog>, Failure> {
        let log = self.journal.as_mut().zip(self.admin.as_ref());
        log.map(|(journal, admin)| journal.sign(admin, actions, now, rng)).transpose()
    }

    /// Body of `POST /v1/grants`, if anybody lacks anything.
    pub(crate) fn new_grants(&mut self, now: &str, rng: &mut impl CryptoRng) -> Result<Option<String>, Failure> {
        let Some(grants) = &self.new_grants else { return Ok(None) };
        let grants = grants.grants.clone();
        let log = self.signed(granted(&grants)?, time(now)?, rng)?;
        write(&Grants { grants, log }).map(Some)
    }
}

/// One entry for each key and recipient.
pub(super) fn granted(grants: &[B64u]) -> Result<Vec<Action>, Failure> {
    let grants = grants.iter().map(|grant| AdminGrant::parse(&grant.0)).collect::<Result<Vec<_>, _>>();
    let grants = grants.map_err(|_| Failure::Malformed)?;
    Ok(of_grants(grants.iter().map(|grant| (grant.data_key(), grant.recipient()))).collect())
}

/// What lies under the tags of a deposit: an answer is over all of them.
pub(super) fn points_of(answer: &openings::OpenedDeposit) -> BTreeMap<Tag, Vec<PointHash>> {
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

pub(super) fn time(text: &str) -> Result<UnixTime, Failure> {
    UnixTime::parse(text).map_err(|_| Failure::Malformed)
}
