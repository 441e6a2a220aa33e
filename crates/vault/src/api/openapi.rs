//! The OpenAPI document of the API, generated from the handlers and the types. `docs/openapi/vault.json` is its
//! snapshot.

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use nightsafe_core::session::COOKIE;
use nightsafe_proto::openapi::{Responses, responses};
use nightsafe_proto::problem::{ProblemDetails, ProblemType as P};
use nightsafe_proto::vault::TAB_HEADER;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::{IntoResponses, Modify, OpenApi};

use super::{
    custody, identity, invitations, kit, log, login, openings, organisation, passkey_login, passkeys, passphrase,
    record, recovery, reseal, roster, search, sessions,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Nightsafe vault",
        description = "For signed-in admins: sign-in by OPAQUE, search over what stays readable, sealed fields for a purpose, the audit log.",
        license(name = "MIT OR Apache-2.0")
    ),
    paths(
        login::start,
        login::finish,
        login::logout,
        passkey_login::second,
        passkey_login::start,
        passkey_login::finish,
        passkeys::list,
        passkeys::start,
        passkeys::finish,
        passkeys::remove,
        passphrase::start,
        passphrase::finish,
        kit::get,
        kit::start,
        kit::finish,
        kit::drop,
        recovery::start,
        recovery::finish,
        recovery::passphrase_start,
        recovery::passphrase_finish,
        organisation::get,
        organisation::grant,
        identity::get,
        identity::take,
        identity::roster,
        identity::grant,
        roster::change,
        roster::proposals,
        roster::drop,
        invitations::list,
        invitations::invite,
        invitations::withdraw,
        invitations::start,
        invitations::finish,
        custody::custody,
        custody::manifests,
        search::search,
        openings::open,
        reseal::left,
        reseal::list,
        reseal::open,
        reseal::reseal,
        log::checkpoint,
        log::tile,
        log::entries,
        record::record,
        sessions::resume,
        sessions::keep,
        sessions::in_use,
        sessions::list,
        sessions::end,
        sessions::end_others,
        sessions::settings,
        super::alive,
        super::ready,
        get
    ),
    components(schemas(ProblemDetails)),
    modifiers(&Session)
)]
struct Document;

/// The cookie that sign-in sets, and the proof of the tab that signed in: each is nothing without the other.
struct Session;

impl Modify for Session {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let cookie = ApiKeyValue::with_description(
            format!("{COOKIE}*"),
            "The session's token. The star is 16 hex digits that follow from the tab's proof (docs/spec/session.md)"
                .to_owned(),
        );
        let tab = ApiKeyValue::with_description(TAB_HEADER, "The tab's proof, b64u");
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
        components.add_security_scheme("tab", SecurityScheme::ApiKey(ApiKey::Header(tab)));
    }
}

/// The document, as JSON.
pub fn document() -> String {
    // Maps with text names always have a JSON form
    Document::openapi().to_pretty_json().unwrap_or_default()
}

/// This document
#[utoipa::path(
    get, path = "/v1/openapi.json", operation_id = "openapi", tag = "service",
    responses((status = 200, description = "OpenAPI 3.1", body = Object), Always)
)]
pub(super) async fn get() -> Response {
    ([(CONTENT_TYPE, "application/json")], document()).into_response()
}

/// What the two health checks may answer, which have no rates.
const HEALTH: [P; 3] = [P::InternalError, P::Busy, P::StorageUnavailable];
/// What every other address may answer.
const ALWAYS: [P; 4] = [P::RateLimited, P::InternalError, P::Busy, P::StorageUnavailable];
/// And those that leave an entry in the audit log.
const RECORDED: [P; 8] = [
    P::LogEntryRefused,
    P::LogEntryRepeated,
    P::ClockDiffers,
    P::NotInRoster,
    P::SignInNotRecorded,
    P::LogShorter,
    P::NoLog,
    P::LogUnavailable,
];
/// And every address that takes a body.
const BODY: [P; 4] = [P::MalformedJson, P::RequestTimeout, P::BodyTooLarge, P::UnsupportedMediaType];

/// And every address for admins of the roster.
const ADMINISTRATOR: [P; 4] = [P::ForeignOrigin, P::SignInRequired, P::NotAnAdmin, P::NoTrustAnchor];

macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident = [$($list:expr),+];)+) => {
        $(
            $(#[$doc])*
            pub(super) struct $name;

            impl IntoResponses for $name {
                fn responses() -> Responses {
                    responses(&[$($list.as_slice()),+].concat())
                }
            }
        )+
    };
}

problems! {
    /// Problems of the two health checks.
    HealthProblems = [HEALTH];
    /// Problems of an address that needs nothing.
    Always = [ALWAYS];
    /// Problems of an address that asks for a session.
    SignedInProblems = [ALWAYS, [P::ForeignOrigin, P::SignInRequired]];
    /// Problems of the audit log's checkpoint and tiles.
    LogProblems = [ALWAYS, [P::ForeignOrigin, P::SignInRequired, P::NotFound, P::LogUnavailable]];
    /// Problems of `POST /v1/log/entries`.
    LogEntriesProblems = [
        ALWAYS,
        BODY,
        [P::ForeignOrigin, P::SignInRequired, P::NotFound, P::BatchTooLarge, P::MalformedMember, P::LogShorter, P::LogUnavailable]
    ];
    /// Problems of `POST /v1/log/record`.
    RecordProblems = [ALWAYS, BODY, RECORDED, [P::ForeignOrigin, P::SignInRequired, P::BatchTooLarge]];
    /// Problems of `POST /v1/login/start`.
    LoginStartProblems = [ALWAYS, BODY, [P::ForeignOrigin, P::MalformedMember, P::LogUnavailable]];
    /// Problems of `POST /v1/login/finish`.
    LoginFinishProblems = [ALWAYS, BODY, [P::ForeignOrigin, P::SignInRequired, P::SignInFailed, P::LogUnavailable]];
    /// Problems of `POST /v1/login/passkey`.
    SecondProblems = [ALWAYS, BODY, [P::ForeignOrigin, P::SignInRequired, P::SignInFailed, P::LogUnavailable]];
    /// Problems of `POST /v1/login/passkey/start`.
    PasskeyLoginStartProblems = [ALWAYS, [P::ForeignOrigin, P::PasskeysUnavailable, P::LogUnavailable]];
    /// Problems of `POST /v1/login/passkey/finish`.
    PasskeyLoginProblems = [
        ALWAYS,
        BODY,
        [P::ForeignOrigin, P::SignInRequired, P::SignInFailed, P::PasskeyNeedsPassphrase, P::LogUnavailable]
    ];
    /// Problems of `POST /v1/passkeys/start`.
    PasskeyStartProblems = [
        ALWAYS,
        BODY,
        [P::ForeignOrigin, P::SignInRequired, P::SignInFailed, P::PasskeysUnavailable, P::PasskeyNotAdded, P::LogUnavailable]
    ];
    /// Problems of `POST /v1/passkeys/finish`.
    PasskeyFinishProblems = [
        ALWAYS,
        BODY,
        RECORDED,
        [P::ForeignOrigin, P::SignInRequired, P::MalformedMember, P::LogEntryRequired, P::PasskeysUnavailable],
        [P::PasskeyNotBegun, P::PasskeyRefused, P::PasskeyNotAdded]
    ];
    /// Problems of `POST /v1/passkeys/remove`.
    PasskeyRemoveProblems =
        [ALWAYS, BODY, RECORDED, [P::ForeignOrigin, P::SignInRequired, P::UnknownPasskey, P::LogEntryRequired]];
    /// Problems of `POST /v1/passphrase/start`.
    PassphraseStartProblems = [ALWAYS, BODY, [P::ForeignOrigin, P::SignInRequired, P::MalformedMember]];
    /// Problems of `POST /v1/passphrase/finish`.
    PassphraseFinishProblems = [
        ALWAYS,
        BODY,
        [P::ForeignOrigin, P::SignInRequired, P::SignInFailed, P::MalformedMember, P::LogUnavailable]
    ];
    /// Problems of `POST /v1/kit/start`.
    KitStartProblems = [
        ALWAYS,
        BODY,
        [P::ForeignOrigin, P::SignInRequired, P::SignInFailed, P::MalformedMember, P::LogUnavailable]
    ];
    /// Problems of `POST /v1/kit/finish`.
    KitFinishProblems = [ALWAYS, BODY, [P::ForeignOrigin, P::SignInRequired, P::KitNotBegun, P::MalformedMember]];
    /// Problems of `POST /v1/recovery/start`.
    RecoveryStartProblems = [ALWAYS, BODY, [P::ForeignOrigin, P::MalformedMember, P::LogUnavailable]];
    /// Problems of `POST /v1/recovery/finish`.
    RecoveryFinishProblems = [ALWAYS, BODY, [P::ForeignOrigin, P::SignInFailed, P::LogUnavailable]];
    /// Problems of `POST /v1/recovery/passphrase/start`.
    RecoveryPassphraseStartProblems = [ALWAYS, BODY, [P::ForeignOrigin, P::RecoveryEnded, P::MalformedMember]];
    /// Problems of `POST /v1/recovery/passphrase/finish`.
    RecoveryPassphraseFinishProblems = [
        ALWAYS,
        BODY,
        [P::LogEntryRefused, P::LogEntryRepeated, P::ClockDiffers, P::NotInRoster, P::LogShorter, P::LogUnavailable],
        [P::ForeignOrigin, P::RecoveryEnded, P::MalformedMember, P::LogEntryRequired]
    ];
    /// Problems of `POST /v1/identity`.
    NewIdentityProblems = [ALWAYS, BODY, [P::ForeignOrigin, P::SignInRequired, P::MalformedMember, P::IdentityExists]];
    /// Problems of what changes one's own sessions.
    SessionChangeProblems = [ALWAYS, BODY, [P::ForeignOrigin, P::SignInRequired, P::MalformedMember]];
    /// Problems of ending one's own sessions.
    EndSessionProblems =
        [ALWAYS, BODY, RECORDED, [P::ForeignOrigin, P::SignInRequired, P::MalformedMember, P::LogEntryRequired]];
    /// Problems of `POST /v1/grants`.
    GrantProblems =
        [ALWAYS, BODY, RECORDED, [P::ForeignOrigin, P::SignInRequired, P::MalformedMember, P::LogEntryRequired]];
    /// Problems of `POST /v1/recovery-grants`.
    RecoveredGrantsProblems = [ALWAYS, BODY, ADMINISTRATOR, RECORDED, [P::MalformedMember, P::LogEntryRequired]];
    /// Problems of addresses for admins of the roster that take no body.
    AdministratorProblems = [ALWAYS, ADMINISTRATOR];
    /// Problems of `POST /v1/invitations`.
    InviteProblems = [ALWAYS, BODY, ADMINISTRATOR, [P::MalformedMember, P::InvitationExists, P::NameTaken]];
    /// Problems of taking back what waits.
    WithdrawProblems = [ALWAYS, BODY, ADMINISTRATOR];
    /// Problems of `POST /v1/invitations/start`.
    JoinStartProblems = [ALWAYS, BODY, [P::ForeignOrigin, P::UnknownInvitation, P::MalformedMember]];
    /// Problems of `POST /v1/invitations/finish`.
    JoinFinishProblems = [ALWAYS, BODY, [P::ForeignOrigin, P::UnknownInvitation, P::MalformedMember]];
    /// Problems of `POST /v1/roster`.
    RosterProblems = [
        ALWAYS,
        BODY,
        ADMINISTRATOR,
        RECORDED,
        [P::MalformedMember, P::UnknownNewcomer, P::RosterMoved, P::RosterRefused, P::LogEntryRequired]
    ];
    /// Problems of `POST /v1/deposits/search`.
    SearchProblems = [
        ALWAYS,
        BODY,
        RECORDED,
        [P::ForeignOrigin, P::SignInRequired, P::MalformedSearch, P::BatchTooLarge, P::LogEntryRequired]
    ];
    /// Problems of `POST /v1/reseal/list`.
    ListToResealProblems = [ALWAYS, BODY, ADMINISTRATOR, RECORDED, [P::MalformedMember, P::BatchTooLarge]];
    /// Problems of `POST /v1/reseal/open`.
    OpenToResealProblems = [
        ALWAYS,
        BODY,
        ADMINISTRATOR,
        RECORDED,
        [P::MalformedMember, P::BatchTooLarge, P::NotTheActiveKey, P::UnknownDeposit, P::LogEntryDiffers]
    ];
    /// Problems of `POST /v1/reseal`.
    ResealProblems = [
        ALWAYS,
        BODY,
        ADMINISTRATOR,
        [P::MalformedMember, P::BatchTooLarge, P::NotTheActiveKey, P::MalformedEnvelope, P::LowOrderPoint, P::WrongEnvelopeKey]
    ];
    /// Problems of `POST /v1/openings`.
    OpeningProblems = [
        ALWAYS,
        BODY,
        RECORDED,
        [P::ForeignOrigin, P::SignInRequired, P::NoTrustAnchor, P::OpeningNotAllowed, P::UnknownDeposit, P::BatchTooLarge, P::MalformedMember],
        [P::LogEntryRequired, P::LogEntryDiffers]
    ];
}
