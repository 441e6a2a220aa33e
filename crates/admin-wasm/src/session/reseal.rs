//! Sealing anew what somebody who has left could open (docs/spec/reseal.md), a page of deposits at a time, in three steps: the
//! locators of the page; then what lies under their tags; then the envelopes. Each gives the body of the next request, and
//! names the deposits that stay as they are.

use nightsafe_core::audit::{Action, OpenedField};
use nightsafe_core::keys::DataPublicKey;
use nightsafe_core::opening::{Difference, NotResealed, OpenedDeposit, Target};
use nightsafe_core::scalar::{DepositId, KeyId, ManifestHash};
use nightsafe_core::time::UnixTime;
use nightsafe_proto::vault::openings::{self, Open, OpenDeposit, OpenField, Opened};
use nightsafe_proto::vault::reseal::{DepositToReseal, OpenToReseal, Reseal, ResealedDeposit, ResealedField, ToReseal};
use nightsafe_proto::wire::{B64u, Hex, Hex16, Hex32};
use rand_core::CryptoRng;
use serde::Serialize;

use super::recorded::{points_of, time};
use super::{Session, present_of, read, rows_of, sealed_deposit, write};
use crate::failure::Failure;
use crate::view::LeftView;

/// A page that is being sealed anew.
#[derive(Debug)]
pub(crate) struct Resealing {
    key: DataPublicKey,
    manifest: ManifestHash,
    deposits: Vec<Deposit>,
}

#[derive(Debug)]
struct Deposit {
    id: Hex32,
    reference: String,
    opened: OpenedDeposit,
}

/// Answer of each step.
#[derive(Serialize)]
struct Step<'a, B> {
    /// Of the next request; absent when the page has nothing to go on with.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<B>,
    /// How many deposits are in it.
    deposits: usize,
    /// The last deposit of the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<Hex32>,
    /// What stays as it is.
    left: Vec<LeftView<'a>>,
}

impl Session {
    /// What is sealed to now, under a roster that is known to be the current one: the key, and its manifest.
    fn target(&self, now: UnixTime) -> Result<(DataPublicKey, ManifestHash), Failure> {
        self.deciding()?;
        let newest = self.manifests.iter().max_by_key(|one| one.manifest().sequence).ok_or(Failure::NotTheActiveKey)?;
        let active = newest.manifest().active_key(now).ok_or(Failure::NotTheActiveKey)?;
        let key = self.publics.iter().find(|key| *key.fingerprint() == active.fingerprint);
        let key = key.filter(|key| !self.known.contains(&key.key_id())).ok_or(Failure::NotTheActiveKey)?;
        // What is sealed is opened again before it is sent: the old envelopes are gone then
        let id = key.key_id();
        if !self.opener.keys().iter().any(|held| held.public_key().key_id() == id) {
            return Err(Failure::ActiveKeyNotHeld);
        }
        Ok((key.clone(), newest.hash()))
    }

    /// Opens the locators of a page, the body of the answer of `POST /v1/reseal/list`; gives the body of `POST /v1/openings`.
    pub(crate) fn reseal_list(&mut self, page: &str, now: &str) -> Result<String, Failure> {
        let page: ToReseal = read(page)?;
        self.journal.as_mut().ok_or(Failure::NoLog)?.settle(Some(&page.log))?;
        let (key, manifest) = self.target(time(now)?)?;
        let deposits = page.deposits.into_iter().map(|row| {
            let opened = sealed_deposit(&row, |sealed| self.opener.open_locator(sealed));
            Deposit { id: row.deposit_id, reference: row.reference, opened }
        });
        let (good, left): (Vec<_>, Vec<_>) = deposits.partition(|one| one.opened.differences().is_empty());
        let check = |one: &Deposit| OpenDeposit {
            deposit_id: one.id,
            open: Vec::new(),
            check: self.opener.listed(&one.opened).map(|listed| Hex(listed.tag.0)).collect(),
        };
        let body = Open { purpose: None, deposits: good.iter().map(check).collect(), log: None };
        let last = good.iter().chain(&left).map(|one| one.id).max_by_key(|id| id.0);
        let views = left.iter().map(|one| LeftView::new(one.id, &one.reference, one.opened.differences()));
        let step = Step { body: (!good.is_empty()).then_some(body), deposits: good.len(), last, left: views.collect() };
        let json = write(&step)?;
        self.resealing = Some(Resealing { key, manifest, deposits: good });
        Ok(json)
    }

    /// Compares what lies there, the answer of `POST /v1/openings`; gives the body of `POST /v1/reseal/open`, signed.
    pub(crate) fn reseal_open(&mut self, answer: &str, now: &str, rng: &mut impl CryptoRng) -> Result<String, Failure> {
        let mut page = self.resealing.take().ok_or(Failure::Unchecked)?;
        let answer: Opened = read(answer)?;
        let (mut open, mut actions, mut left) = (Vec::new(), Vec::new(), Vec::new());
        for one in &page.deposits {
            let there = answer_for(&answer, one)?;
            let differences = self.opener.open_rows(&one.opened, &[], &present_of(there)).differences;
            if !differences.is_empty() {
                left.push((one.id, one.reference.clone(), differences));
                continue;
            }
            let (request, action) = self.to_open(one, there, page.key.key_id());
            open.push(request);
            actions.push(action);
        }
        page.deposits.retain(|one| open.iter().any(|request: &DepositToReseal| request.deposit_id == one.id));
        if open.is_empty() {
            return step(0, (), &left);
        }
        let log = self.signed(actions, time(now)?, rng)?.ok_or(Failure::NoLog)?;
        let body = OpenToReseal { key_id: Hex(page.key.key_id().0), deposits: open, log };
        self.resealing = Some(page);
        step(body.deposits.len(), body, &left)
    }

    fn to_open(&self, one: &Deposit, there: &openings::OpenedDeposit, key: KeyId) -> (DepositToReseal, Action) {
        let points = points_of(there);
        let (mut open, mut fields) = (Vec::new(), Vec::new());
        for listed in self.opener.listed(&one.opened) {
            let (kind, index) = (&listed.field.kind, listed.field.index);
            open.push(OpenField { kind: kind.as_str().to_owned(), index, tag: Hex(listed.tag.0) });
            let points = points.get(&listed.tag).into_iter().flatten();
            fields.extend(points.map(|point| OpenedField { kind: kind.clone(), index, point: *point }));
        }
        fields.sort_unstable();
        let action = Action::Reseal { deposit: DepositId(one.id.0), data_key: key, fields };
        (DepositToReseal { deposit_id: one.id, open }, action)
    }

    /// Opens the envelopes, the answer of `POST /v1/reseal/open`, and seals them anew; gives the body of `POST /v1/reseal`.
    pub(crate) fn reseal_seal(&mut self, answer: &str, rng: &mut impl CryptoRng) -> Result<String, Failure> {
        let page = self.resealing.take().ok_or(Failure::Unchecked)?;
        let answer: Opened = read(answer)?;
        self.journal.as_mut().ok_or(Failure::NoLog)?.settle(answer.log.as_ref())?;
        let target = Target { key: &page.key, manifest: &page.manifest };
        let (mut deposits, mut left) = (Vec::new(), Vec::new());
        for one in &page.deposits {
            let there = answer_for(&answer, one)?;
            let resealed = self.opener.reseal(&one.opened, &rows_of(there), &present_of(there), &target, rng);
            match resealed {
                Ok(new) => deposits.push(ResealedDeposit {
                    deposit_id: one.id,
                    before: Hex(new.before.0),
                    locator: B64u(new.locator.as_bytes().to_vec()),
                    fields: new.fields.iter().map(field).collect(),
                }),
                Err(NotResealed::Differs(differences)) => left.push((one.id, one.reference.clone(), differences)),
                Err(NotResealed::NotHeld) => return Err(Failure::ActiveKeyNotHeld),
                Err(NotResealed::Unlike) => return Err(Failure::ResealedUnlike),
                Err(NotResealed::Incomplete | NotResealed::Seal) => return Err(Failure::Malformed),
            }
        }
        let key_id: Hex16 = Hex(page.key.key_id().0);
        let body = Reseal { key_id, manifest: Hex(page.manifest.0), deposits };
        step(body.deposits.len(), body, &left)
    }
}

fn field(new: &nightsafe_core::opening::ResealedField) -> ResealedField {
    ResealedField { tag: Hex(new.tag.0), before: Hex(new.before.0), envelope: B64u(new.envelope.as_bytes().to_vec()) }
}

fn answer_for<'a>(answer: &'a Opened, one: &Deposit) -> Result<&'a openings::OpenedDeposit, Failure> {
    answer.deposits.iter().find(|deposit| deposit.deposit_id == one.id).ok_or(Failure::UnknownDeposit)
}

fn step(deposits: usize, body: impl Serialize, left: &[(Hex32, String, Vec<Difference>)]) -> Result<String, Failure> {
    let left = left.iter().map(|(id, reference, differences)| LeftView::new(*id, reference, differences));
    write(&Step { body: (deposits > 0).then_some(body), deposits, last: None, left: left.collect() })
}
