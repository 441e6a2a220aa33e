//! From the vault's JSON to core's opener, and back to JSON.

use std::collections::BTreeMap;

use nightsafe_core::anchor::{TrustAnchor, TrustError};
use nightsafe_core::audit::PointHash;
use nightsafe_core::encoding::{b64u, b64u_decode};
use nightsafe_core::identity::{Identity, Unlock};
use nightsafe_core::keys::DataPublicKey;
use nightsafe_core::manifest::{self, VerifiedManifest};
use nightsafe_core::opening::{OpenedDeposit, OpenedValues, Opener, SealedDeposit, SealedRow};
use nightsafe_core::roster::Roster;
use nightsafe_core::scalar::{EnvelopeHash, IdentityId, KeyId, ManifestHash, RosterHead, Tag};
use nightsafe_core::session::TabHalf;
use nightsafe_core::time::UnixTime;
use nightsafe_core::timestamp;
use nightsafe_login::{ClientRegistration, ExportKey, Stretch};
use nightsafe_proto::vault::custody::{Custody, Manifests};
use nightsafe_proto::vault::identity::{Grants, KeptIdentity, RosterEntries};
use nightsafe_proto::vault::openings::{self, Opened};
use nightsafe_proto::vault::search::IndexRow;
use nightsafe_proto::vault::session::{Resumed, SessionIdentity};
use nightsafe_proto::wire::{B64u, Hex, Hex32};
use rand_core::CryptoRng;
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::journal::Journal;
use crate::people::{Signing, waiting};
use crate::place::{Place, Trust};
use crate::unlock::{Unlocked, Unlocking, With, granted, public_key, verify};
use crate::view::{KeysView, LocatorView, RenewedView, ValuesView, ViewedDeposit, people};

mod kit;
mod organisation;
mod passkey;
mod recorded;
mod reseal;

use recorded::points_of;

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
    /// Ingest's timestamp note, if it gave one.
    pub(crate) timestamp: Option<&'a str>,
    /// By the browser's clock.
    pub(crate) now: UnixTime,
}

/// Keys, manifests, and the locators that were opened since. Everything secret in it is zeroised when dropped.
#[derive(Debug)]
pub(crate) struct Session {
    anchor: TrustAnchor,
    opener: Opener,
    admin: Option<Identity>,
    roster: Option<Roster>,
    is_confirmed: bool,
    /// As [`Unlocking::is_sure`].
    is_sure: bool,
    manifests: Vec<VerifiedManifest>,
    /// Data keys that somebody who has left opens.
    known: Vec<KeyId>,
    /// Data keys that open nothing any more, as the vault says.
    purged: Vec<KeyId>,
    /// Of all data keys.
    publics: Vec<DataPublicKey>,
    resealing: Option<reseal::Resealing>,
    renewal: Option<ClientRegistration>,
    kit: Option<kit::MadeKit>,
    refused_manifests: u32,
    refused_grants: u32,
    new_identity: Option<KeptIdentity>,
    new_grants: Option<Grants>,
    words: Option<String>,
    resumable: bool,
    deposits: BTreeMap<Hex32, OpenedDeposit>,
    /// Of each deposit whose fields were compared: what lies under its tags.
    points: BTreeMap<Hex32, BTreeMap<Tag, Vec<PointHash>>>,
    /// Where the roster names this admin and an audit key.
    journal: Option<Journal>,
}

impl Session {
    pub(crate) fn unlock(
        export_key: &ExportKey,
        passphrase: &[u8],
        answers: &Answers<'_>,
        anchor: &str,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, Failure> {
        Self::open(With::SignIn { export_key, passphrase }, answers, anchor, rng)
    }

    /// Goes on with a session after a reload. `resumed` is the vault's answer to that.
    pub(crate) fn resume(
        tab: &TabHalf,
        resumed: &str,
        answers: &Answers<'_>,
        anchor: &str,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, Failure> {
        let kept = read::<Resumed>(resumed)?.identity.ok_or(Failure::PassphraseNeeded)?;
        Self::open(With::Session { tab, kept: &kept }, answers, anchor, rng)
    }

    /// Signs in by a passkey alone. `wrapped` is what the vault gave for it.
    pub(crate) fn unlock_by_passkey(
        prf: &[u8],
        wrapped: &str,
        answers: &Answers<'_>,
        anchor: &str,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, Failure> {
        let prf = prf.try_into().map_err(|_| Failure::Malformed)?;
        let wrapped = B64u::parse(wrapped).map_err(|_| Failure::Malformed)?;
        Self::open(With::Passkey { prf, wrapped: &wrapped }, answers, anchor, rng)
    }

    fn open(with: With<'_>, answers: &Answers<'_>, anchor: &str, rng: &mut impl CryptoRng) -> Result<Self, Failure> {
        let anchor = TrustAnchor::parse(anchor).map_err(|_| Failure::Malformed)?;
        let (identity, roster, custody) = (read(answers.identity)?, read(answers.roster)?, read(answers.custody)?);
        let (verified, refused_manifests) = verified(answers.manifests, &anchor)?;
        // What the browser kept is its own: a text that is none was not written by us, and is no reason to stop
        let remembered = Place::parse(answers.remembered);
        let current = current(answers.timestamp, &verified, answers.now)?;
        let unlocking = Unlocking { with, anchor: &anchor, remembered, current, identity, roster, custody };
        let is_sure = unlocking.is_sure();
        let unlocked = unlocking.run(rng)?;
        let known = known(unlocked.roster.as_ref(), &unlocking.custody);
        let publics = public_keys(&unlocking.custody)?;
        let purged = purged(&unlocking.custody);
        let Unlocked { admin, roster, keys, audit_keys, refused_grants, new_identity, words, new_grants, resumable } =
            unlocked;
        let named = admin.as_ref().zip(roster.as_ref()).is_some_and(|(admin, roster)| {
            roster.audit_key().is_some() && roster.active_at(&admin.id(), roster.sequence()).is_some()
        });
        let journal = named.then(|| Journal::new(answers.log_key, answers.log_place, audit_keys)).transpose()?;
        let opener = Opener::new(anchor.site.clone(), keys, verified.clone());
        Ok(Self {
            anchor,
            opener,
            admin,
            roster,
            is_confirmed: current.is_some(),
            is_sure,
            manifests: verified,
            known,
            purged,
            publics,
            resealing: None,
            renewal: None,
            kit: None,
            refused_manifests,
            refused_grants,
            new_identity,
            new_grants,
            words,
            resumable,
            deposits: BTreeMap::new(),
            points: BTreeMap::new(),
            journal,
        })
    }

    /// What the vault is to keep for this tab's session; none when the passphrase is needed again anyway.
    pub(crate) fn kept_for(&self, tab: &TabHalf, rng: &mut impl CryptoRng) -> Result<Option<String>, Failure> {
        let Some(admin) = self.admin.as_ref().filter(|_| self.resumable) else { return Ok(None) };
        let mut row = Zeroizing::new([0; 32]);
        rng.fill_bytes(row.as_mut_slice());
        let wrapped = admin.wrap(&Unlock::Session { tab: tab.as_bytes(), row: &row }, rng);
        let wrapped = B64u(wrapped.map_err(|_| Failure::Randomness)?.to_bytes());
        write(&SessionIdentity { half: Hex(*row), wrapped }).map(Some)
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
        write(&RenewedView { registration: B64u(done.message), wrapped, log: None })
    }

    /// What to remember of the roster, if there is one.
    pub(crate) fn roster_place(&self) -> Option<String> {
        let roster = self.roster.as_ref()?;
        Some(Place { remembered: roster.remember(), is_sure: self.is_sure }.to_text())
    }

    /// How far the roster is known to be the current one.
    pub(crate) const fn roster_trust(&self) -> Trust {
        match (&self.roster, self.is_confirmed, self.is_sure) {
            (None, ..) => Trust::None,
            (Some(_), true, _) => Trust::Confirmed,
            (Some(_), false, true) => Trust::Remembered,
            (Some(_), false, false) => Trust::Unconfirmed,
        }
    }

    /// Every data key with its state, and what is due.
    pub(crate) fn keys(&self, now: UnixTime) -> Result<String, Failure> {
        let held: Vec<KeyId> = self.opener.key_ids().collect();
        write(&KeysView::new(&self.manifests, (&held, &self.known, &self.purged), now))
    }

    /// Everybody of the roster, in the order in which they came in.
    pub(crate) fn people(&self) -> Result<String, Failure> {
        let own = self.admin.as_ref().map(Identity::id);
        write(&self.roster.as_ref().map(|roster| people(roster, own)).unwrap_or_default())
    }

    /// How many admins must sign a change; 0 while there is no roster.
    pub(crate) fn threshold(&self) -> u8 {
        self.roster.as_ref().and_then(Roster::threshold).unwrap_or(0)
    }

    /// Takes the roster as it is now: from the site keys down again, and on from what was verified before. What somebody of it
    /// lacks since is in [`Self::new_grants`].
    pub(crate) fn renew_roster(
        &mut self,
        roster: &str,
        custody: &str,
        rng: &mut impl CryptoRng,
    ) -> Result<(), Failure> {
        let (answer, custody): (RosterEntries, Custody) = (read(roster)?, read(custody)?);
        let remembered = self.roster.as_ref().map(Roster::remember);
        self.roster = Some(verify(&answer.entries, &self.anchor, remembered)?);
        self.known = known(self.roster.as_ref(), &custody);
        self.purged = purged(&custody);
        self.publics = public_keys(&custody)?;
        self.open_new_grants(&custody);
        if self.is_sure {
            self.new_grants = self.signing()?.grant_missing(&custody, &answer.identities, rng)?;
        }
        Ok(())
    }

    /// Keys that were granted to this admin since: what is sealed now opens, and what is sealed anew can be compared. One that does
    /// not open is as if it were not granted.
    fn open_new_grants(&mut self, custody: &Custody) {
        let (Some(admin), Some(roster)) = (&self.admin, &self.roster) else { return };
        let held: Vec<KeyId> = self.opener.key_ids().collect();
        let new = custody.keys.iter().filter(|key| !key.grants.is_empty() && !held.contains(&KeyId(key.key_id.0)));
        let opened = new.filter_map(|key| granted(admin, roster, &public_key(key).ok()?, &key.grants));
        opened.collect::<Vec<_>>().into_iter().for_each(|key| self.opener.add_key(key));
    }

    /// Those who wait, of the body of `GET /v1/invitations`.
    pub(crate) fn waiting(&self, invitations: &str) -> Result<String, Failure> {
        write(&waiting(&read(invitations)?, self.signing()?.roster))
    }

    /// Entries that wait for a signature, of the body of `GET /v1/roster/proposals`.
    pub(crate) fn proposals(&self, proposals: &str) -> Result<String, Failure> {
        write(&self.signing()?.proposals(&read(proposals)?))
    }

    /// Under a roster that may be an old one nobody is granted anything, and nothing is signed.
    pub(super) fn deciding(&self) -> Result<Signing<'_>, Failure> {
        if self.is_sure { self.signing() } else { Err(Failure::RosterUnconfirmed) }
    }

    fn signing(&self) -> Result<Signing<'_>, Failure> {
        let admin = self.admin.as_ref().ok_or(Failure::NoIdentity)?;
        let roster = self.roster.as_ref().ok_or(Failure::NoIdentity)?;
        let audit_keys = self.journal.as_ref().map_or(&[][..], |journal| &journal.audit_keys);
        Ok(Signing { admin, roster, anchor: &self.anchor, keys: self.opener.keys(), audit_keys })
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

    pub(crate) fn renew_manifests(&mut self, manifests: &str) -> Result<(), Failure> {
        let (verified, refused) = verified(manifests, &self.anchor)?;
        self.opener.set_manifests(verified.clone());
        self.manifests = verified;
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
        let deposit = sealed_deposit(&row, |sealed| self.opener.open_locator(sealed));
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
        Ok((answer.deposit_id, self.opener.open_rows(deposit, &rows_of(answer), &present_of(answer))))
    }
}

/// A row as core takes it.
fn sealed_deposit<T>(row: &IndexRow, run: impl FnOnce(&SealedDeposit<'_>) -> T) -> T {
    let facets: Vec<_> = row.facets.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    run(&SealedDeposit {
        site: &row.site,
        reference: &row.reference,
        manifest: ManifestHash(row.manifest.0),
        key_id: KeyId(row.key_id.0),
        facets: &facets,
        locator: &row.locator.0,
    })
}

fn rows_of(answer: &openings::OpenedDeposit) -> Vec<SealedRow<'_>> {
    answer.rows.iter().map(|row| SealedRow { tag: Tag(row.tag.0), envelope: &row.envelope.0 }).collect()
}

fn present_of(answer: &openings::OpenedDeposit) -> Vec<(Tag, EnvelopeHash)> {
    answer.present.iter().map(|row| (Tag(row.tag.0), EnvelopeHash(row.envelope_hash.0))).collect()
}

fn public_keys(custody: &Custody) -> Result<Vec<DataPublicKey>, Failure> {
    custody.keys.iter().map(public_key).collect()
}

fn purged(custody: &Custody) -> Vec<KeyId> {
    custody.purged.iter().map(|key| KeyId(key.key_id.0)).collect()
}

/// What somebody who has left opens: who has, the roster says, and the vault only what was granted.
fn known(roster: Option<&Roster>, custody: &Custody) -> Vec<KeyId> {
    let ended = custody.keys.iter().flat_map(|key| key.ended.iter().map(|id| (KeyId(key.key_id.0), IdentityId(id.0))));
    roster.map(|roster| roster.known_to_leavers(&ended.collect::<Vec<_>>())).unwrap_or_default()
}

/// The manifests that the site keys signed, whenever they were valid, because an old deposit was sealed under an old
/// one; and how many others there are.
fn verified(manifests: &str, anchor: &TrustAnchor) -> Result<(Vec<VerifiedManifest>, u32), Failure> {
    let notes = read::<Manifests>(manifests)?.notes;
    let verified: Vec<_> = notes.iter().filter_map(|note| manifest::verify_at_any_time(note, anchor).ok()).collect();
    let refused = u32::try_from(notes.len().saturating_sub(verified.len())).unwrap_or(u32::MAX);
    Ok((verified, refused))
}

/// The roster's head by the timestamp note. `None` when there is no note, when it names none, as an older ingest does, or
/// when one of the two clocks is wrong: then nothing can be said. A note that is none of the manifests' is another matter:
/// then the vault keeps a manifest back, or the note is somebody else's.
fn current(note: Option<&str>, manifests: &[VerifiedManifest], now: UnixTime) -> Result<Option<RosterHead>, Failure> {
    let Some(note) = note else { return Ok(None) };
    match timestamp::verify_among(note, manifests, now) {
        Ok(timestamp) => Ok(timestamp.roster.map(RosterHead)),
        Err(TrustError::Expired | TrustError::NotYetValid) => Ok(None),
        Err(_) => Err(Failure::TimestampRefused),
    }
}

pub(crate) fn read<T: DeserializeOwned>(json: &str) -> Result<T, Failure> {
    serde_json::from_str(json).map_err(|_| Failure::Malformed)
}

/// Only fails for values that JSON cannot hold, of which the views have none.
pub(crate) fn write(value: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|_| Failure::Malformed)
}

#[cfg(test)]
mod tests;
