//! What a request leaves in the audit log before it is answered.

use axum::Json;
use axum::extract::State as Shared;
use nightsafe_core::audit::Action;
use nightsafe_core::scalar::IdentityId;
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::vault::log::{InLog, Leaf, ToLog};
use nightsafe_serve::problem::Problem;
use nightsafe_store::vault::{AppendError, RecordedChange, SessionEvent};

use super::error;
use super::json::Body;
use super::openapi::RecordProblems;
use super::session::{SetCookie, SignedIn, Tab};
use crate::log::{AuditLogError, EntryError, Proofs, Recorder, Verified, Written};
use crate::{State, state};

const BODY: usize = 512 << 10;

/// Entries of a request: as many as a batch of openings has deposits.
const ENTRIES: usize = 100;

/// Record what was done
///
/// Sign-ins, sign-outs and new passphrases; nothing else comes this way. A sign-in is to be recorded before
/// anything is searched or opened; a sign-out that is recorded ends the session.
#[utoipa::path(
    post, path = "/v1/log/record", operation_id = "log_record", tag = "log",
    request_body(content = ToLog, content_type = "application/json"),
    responses((status = 200, description = "They are in the log", body = InLog), RecordProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn record(
    Shared(state): Shared<State>,
    tab: Tab,
    session: SignedIn,
    Body(request, _share): Body<ToLog, BODY>,
) -> Result<(Option<SetCookie>, Json<InLog>), Problem> {
    let state = state.shared();
    let recording = Recording::of_anybody(state, &session).await?.ok_or(ProblemType::NoLog)?;
    let entries = recording.verified(&request, "").await?;
    if entries.is_empty() {
        return Err(Problem::new(ProblemType::LogEntryRefused).at("/entries"));
    }
    let events = entries.iter().enumerate().map(|(place, entry)| event(place, entry)).collect::<Result<Vec<_>, _>>()?;
    let event = events.into_iter().flatten().max_by_key(|event| *event == SessionEvent::Ended);
    if event.is_none() {
        recording.after_sign_in(&session).await?;
    }
    let no_cookie = matches!(event, Some(SessionEvent::Ended)).then(|| tab.no_cookie()).transpose()?;
    let event = event.map(|event| (&session.token_hash, event));
    let written = recording.recorder.append(&entries, event).await.map_err(|error| failed(&error))?;
    tracing::info!(admin = session.admin, entries = entries.len(), "recorded");
    Ok((no_cookie, Json(recording.in_log(&written, request.since).await?)))
}

/// What an entry says of the session; refused when it is not one that is recorded by itself.
fn event(place: usize, entry: &Verified) -> Result<Option<SessionEvent>, Problem> {
    match entry.entry().action() {
        Action::SignIn => Ok(Some(SessionEvent::Began)),
        Action::SignOut => Ok(Some(SessionEvent::Ended)),
        Action::PassphraseChange => Ok(None),
        _ => Err(refused(&format!("/entries/{place}"))),
    }
}

/// A change with the entries that it leaves.
pub(super) struct Signed<'s> {
    recording: Recording<'s>,
    since: u64,
    entries: Vec<Verified>,
}

/// Reads the member `log` of a request that leaves these entries, and no others, in their order. `None` where no log is kept.
pub(super) async fn signed<'s>(
    state: &'s state::Shared,
    session: &SignedIn,
    to_log: Option<&ToLog>,
    actions: &[Action],
) -> Result<Option<Signed<'s>>, Problem> {
    signed_in(Recording::of(state, session).await?, to_log, actions).await
}

/// The same of somebody who has no session, and has shown the code of a recovery kit.
pub(super) async fn signed_by<'s>(
    state: &'s state::Shared,
    identity: IdentityId,
    to_log: Option<&ToLog>,
    actions: &[Action],
) -> Result<Option<Signed<'s>>, Problem> {
    signed_in(Recording::by(state, identity).await?, to_log, actions).await
}

async fn signed_in<'s>(
    recording: Option<Recording<'s>>,
    to_log: Option<&ToLog>,
    actions: &[Action],
) -> Result<Option<Signed<'s>>, Problem> {
    let Some(recording) = recording else {
        none_wanted(to_log)?;
        return Ok(None);
    };
    let to_log = required(to_log)?;
    if to_log.entries.len() != actions.len() {
        return Err(refused("/log/entries"));
    }
    let entries = recording.each_verified(to_log, "/log").await?;
    let other = entries.iter().zip(actions).position(|(entry, action)| entry.entry().action() != action);
    if let Some(place) = other {
        return Err(refused(&format!("/log/entries/{place}")));
    }
    Ok(Some(Signed { recording, since: to_log.since, entries }))
}

impl Signed<'_> {
    /// Does it, with its entries. `None` when it cannot be done any more.
    pub(super) async fn change(&self, change: RecordedChange<'_>) -> Result<Option<InLog>, Problem> {
        let written = self.recording.recorder.change(change, &self.entries).await.map_err(|error| failed(&error))?;
        match written {
            Some(written) => self.recording.in_log(&written, self.since).await.map(Some),
            None => Ok(None),
        }
    }
}

/// An admin whose deeds are recorded.
pub(super) struct Recording<'s> {
    pub(super) recorder: Recorder<'s>,
    state: &'s state::Shared,
    admin: IdentityId,
}

impl<'s> Recording<'s> {
    /// `None` where no log is kept: then things are done without. An admin of the roster, whose sign-in is recorded.
    pub(super) async fn of(state: &'s state::Shared, session: &SignedIn) -> Result<Option<Self>, Problem> {
        let recording = Self::of_anybody(state, session).await?;
        if let Some(recording) = &recording {
            recording.after_sign_in(session).await?;
        }
        Ok(recording)
    }

    async fn of_anybody(state: &'s state::Shared, session: &SignedIn) -> Result<Option<Self>, Problem> {
        let identity = state.store.identity_of(&session.admin).await.map_err(|error| error::storage(&error))?;
        Self::of_identity(state, identity.map(|identity| identity.id)).await
    }

    /// Without a session: somebody who has shown otherwise to have this identity.
    async fn by(state: &'s state::Shared, identity: IdentityId) -> Result<Option<Self>, Problem> {
        Self::of_identity(state, Some(identity)).await
    }

    async fn of_identity(state: &'s state::Shared, identity: Option<IdentityId>) -> Result<Option<Self>, Problem> {
        let Some(log) = &state.log else { return Ok(None) };
        let Some(recorder) = log.recorder().await.map_err(|error| failed(&error))? else { return Ok(None) };
        let admin = identity.filter(|admin| recorder.knows(admin)).ok_or(ProblemType::NotInRoster)?;
        Ok(Some(Self { recorder, state, admin }))
    }

    async fn after_sign_in(&self, session: &SignedIn) -> Result<(), Problem> {
        let recorded = self.state.store.is_sign_in_recorded(&session.token_hash).await;
        if recorded.map_err(|error| error::storage(&error))? {
            Ok(())
        } else {
            Err(ProblemType::SignInNotRecorded.into())
        }
    }

    /// The entries of a request, each signed by this admin, now; `at` is where they are in it. Nothing is looked at when the
    /// log is shorter than the admin's browser has seen it.
    pub(super) async fn verified(&self, to_log: &ToLog, at: &str) -> Result<Vec<Verified>, Problem> {
        if to_log.entries.len() > ENTRIES {
            return Err(Problem::new(ProblemType::BatchTooLarge).at(format!("{at}/entries")));
        }
        self.each_verified(to_log, at).await
    }

    async fn each_verified(&self, to_log: &ToLog, at: &str) -> Result<Vec<Verified>, Problem> {
        if let Some(log) = &self.state.log
            && to_log.since > log.size().await.map_err(|error| failed(&error))?
        {
            return Err(Problem::new(ProblemType::LogShorter).at(format!("{at}/since")));
        }
        let now = self.state.now();
        let entries = to_log.entries.iter().enumerate().map(|(place, entry)| {
            let verified = self.recorder.verify(&self.admin, (&entry.salt.0, &entry.signed.0), now);
            verified.map_err(|error| match error {
                EntryError::NotInRoster => ProblemType::NotInRoster.into(),
                EntryError::Refused => refused(&format!("{at}/entries/{place}")),
                EntryError::Clock => Problem::new(ProblemType::ClockDiffers).at(format!("{at}/entries/{place}")),
            })
        });
        entries.collect()
    }

    /// Where entries are, with the proofs.
    pub(super) async fn in_log(&self, written: &Written, since: u64) -> Result<InLog, Problem> {
        let Some(log) = &self.state.log else { return Err(ProblemType::LogUnavailable.into()) };
        let proofs = log.proofs(written.checkpoint.clone(), since, written.appended.first..written.appended.size);
        let proofs = proofs.await.map_err(|error| failed(&error))?.ok_or(ProblemType::LogShorter)?;
        Ok(in_log(proofs))
    }
}

pub(super) fn in_log(proofs: Proofs) -> InLog {
    let leaf = |(number, proof)| Leaf { number, proof };
    InLog {
        checkpoint: proofs.checkpoint,
        consistency: proofs.consistency,
        entries: proofs.inclusion.into_iter().map(leaf).collect(),
    }
}

/// Not an entry for this.
pub(super) fn refused(pointer: &str) -> Problem {
    Problem::new(ProblemType::LogEntryRefused).at(pointer.to_owned())
}

/// No entry came where one is needed; or one where no log is kept, and its sender would take it for recorded.
pub(super) fn required(to_log: Option<&ToLog>) -> Result<&ToLog, Problem> {
    to_log.ok_or_else(|| Problem::new(ProblemType::LogEntryRequired).at("/log"))
}

/// An entry that nothing would be done with.
pub(super) fn none_wanted(to_log: Option<&ToLog>) -> Result<(), Problem> {
    match to_log {
        None => Ok(()),
        Some(_) => Err(Problem::new(ProblemType::NoLog).at("/log")),
    }
}

/// The log does not go on: so nothing does that is to be recorded.
pub(super) fn failed(error: &AuditLogError) -> Problem {
    match error {
        AuditLogError::Append(AppendError::Repeated(_)) => ProblemType::LogEntryRepeated.into(),
        AuditLogError::Store(error) | AuditLogError::Append(AppendError::Store(error)) => error::storage(error),
        error => {
            tracing::error!(%error, "the audit log does not go on");
            ProblemType::LogUnavailable.into()
        }
    }
}
