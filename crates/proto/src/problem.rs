//! Problem documents (RFC 9457) and the closed list of their types.

use serde::{Deserialize, Serialize};

/// Media type of a problem document.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Every `type` starts with this; the slug follows.
pub const TYPE_BASE: &str = "https://nightsafe.dev/problems/";

/// A problem document. Its texts are fixed: nothing of a request is ever in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProblemDetails {
    /// [`TYPE_BASE`] and a slug; stable.
    #[serde(rename = "type")]
    pub type_uri: String,
    /// Short text for people; the same for every problem of the type.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Which member of the request is meant, as a JSON Pointer (RFC 6901).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
}

impl ProblemDetails {
    /// The document of a type, without detail.
    pub fn new(problem: ProblemType) -> Self {
        Self {
            type_uri: problem.uri(),
            title: problem.title().to_owned(),
            status: problem.status(),
            detail: None,
            pointer: None,
        }
    }

    /// The type, when it is one of ours.
    pub fn problem_type(&self) -> Option<ProblemType> {
        let slug = self.type_uri.strip_prefix(TYPE_BASE)?;
        ProblemType::ALL.iter().copied().find(|problem| problem.slug() == slug)
    }
}

macro_rules! problem_types {
    ($($(#[doc = $doc:literal])+ $name:ident = $slug:literal, $status:literal, $title:literal;)+) => {
        /// Every kind of problem that a server of ours answers with. `docs/API.md` lists them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ProblemType {
            $($(#[doc = $doc])+ $name,)+
        }

        impl ProblemType {
            /// Every type, in the order of `docs/API.md`.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// Last part of the type's URI; stable.
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$name => $slug,)+ }
            }

            /// Short text for people.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }

            /// HTTP status.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)+ }
            }

            /// The `type` member.
            pub fn uri(self) -> String {
                format!("{TYPE_BASE}{}", self.slug())
            }
        }
    };
}

problem_types! {
    /// No such path.
    NotFound = "not-found", 404, "There is nothing at this address";
    /// The path exists, the method does not.
    MethodNotAllowed = "method-not-allowed", 405, "This address does not answer this method";
    /// The body did not arrive in time.
    RequestTimeout = "request-timeout", 408, "The request took too long to arrive";
    /// The body is over the limit.
    BodyTooLarge = "body-too-large", 413, "The request body is too large";
    /// The body is not declared as JSON.
    UnsupportedMediaType = "unsupported-media-type", 415, "Send the body as application/json";
    /// Not JSON, an unknown or a missing member, a member of the wrong type.
    MalformedJson = "malformed-json", 400, "The body is not the JSON document that this address takes";
    /// A member is not valid hex or base64url.
    MalformedEncoding = "malformed-encoding", 400, "A member is not valid hex or base64url";
    /// Too many requests from one address or for one user.
    RateLimited = "rate-limited", 429, "Too many requests; wait and try again";
    /// A fault of the server.
    InternalError = "internal-error", 500, "The server could not answer; the fault is logged";
    /// The queue is full.
    Busy = "busy", 503, "The server is busy; try the same request again";
    /// The database does not take or give data now.
    StorageUnavailable = "storage-unavailable", 503, "The database is not available; try the same request again";
    /// No valid manifest is at hand.
    ManifestUnavailable = "manifest-unavailable", 503, "The site has no valid key manifest now";

    /// The deposit is for another site.
    WrongSite = "wrong-site", 422, "The deposit is for another site";
    /// Sealed under a manifest that is neither the current one nor the one before.
    ManifestNotCurrent = "manifest-not-current", 409, "The deposit was sealed under a manifest that is no longer taken; load the form again";
    /// The key id is not in the manifest.
    UnknownKey = "unknown-key", 422, "The manifest does not list this data key";
    /// Its successor has been the active one for days.
    KeyRetired = "key-retired", 409, "Nothing is sealed to this data key any more; load the form again";
    /// An envelope names another key or suite than the deposit.
    WrongEnvelopeKey = "wrong-envelope-key", 422, "An envelope is sealed to another key than the deposit names";
    /// A kind is not in the manifest.
    UnknownKind = "unknown-kind", 422, "The manifest does not list this field kind";
    /// A field's month of expiry is not what the policy says.
    WrongExpiry = "wrong-expiry", 422, "A field's month of expiry is not the one that the policy sets";
    /// No field, or more than allowed.
    FieldCount = "field-count", 422, "A deposit holds 1 to 32 fields";
    /// A tag is there twice, or the fields are not in ascending order of their tags.
    TagOrder = "tag-order", 422, "Fields must be in ascending order of their tags, each tag once";
    /// An envelope or the locator is over its limit.
    EnvelopeTooLarge = "envelope-too-large", 422, "An envelope is larger than 8192 bytes";
    /// Not an envelope v1.
    MalformedEnvelope = "malformed-envelope", 422, "An envelope does not have the form of envelope v1";
    /// An encapsulation holds a point of low order.
    LowOrderPoint = "low-order-point", 422, "An envelope holds an X25519 point that is not allowed";
    /// The id is not the hash of nonce and body.
    WrongDepositId = "wrong-deposit-id", 422, "The deposit id does not belong to this deposit";
    /// The reference has characters or a length that are not allowed.
    MalformedReference = "malformed-reference", 422, "The reference is not 1 to 64 of the allowed characters";
    /// Another text member is malformed: site, kind name, month.
    MalformedMember = "malformed-member", 422, "A member does not have the form that it must have";
    /// A facet that does not exist, or whose text is not of its form.
    MalformedFacet = "malformed-facet", 422, "A facet is unknown or its text is not of its form";
    /// A facet that the policy does not allow for the deposit's kinds.
    FacetNotAllowed = "facet-not-allowed", 422, "The policy does not allow this facet for the kinds of this deposit";
    /// Reference or facet looks like a card number.
    LooksLikePlaintext = "looks-like-plaintext", 422, "A readable member looks like a card number; nothing was stored";

    /// No token, or one that has ended.
    SignInRequired = "sign-in-required", 401, "Sign in first";
    /// Name or passphrase is wrong.
    SignInFailed = "sign-in-failed", 401, "The name or the passphrase is wrong";
    /// Another page than the admin site's asks, or none.
    ForeignOrigin = "foreign-origin", 403, "This address answers pages of the admin site only";
    /// Nobody gets a second identity this way.
    IdentityExists = "identity-exists", 409, "You have an identity already; sign in again to use it";
    /// Only who has the role `admin` in the roster changes it.
    NotAnAdmin = "not-an-admin", 403, "Only an admin of the signed list may do this";
    /// The passphrase was not shown in this session, or too long ago.
    KitNotBegun = "kit-not-begun", 409, "Begin to make the recovery kit again: it took too long";
    /// A challenge that was not asked in this session, was answered already, or is too old.
    PasskeyNotBegun = "passkey-not-begun", 409, "Begin to add the passkey again: it took too long";
    /// What the browser made is not a passkey of this site, or did not ask who is there.
    PasskeyRefused = "passkey-refused", 422, "This passkey cannot be used here; try another one";
    /// Registered already, or too many.
    PasskeyNotAdded = "passkey-not-added", 409, "The passkey is there already, or there are eight: remove one first";
    /// None of this admin's passkeys has this id.
    UnknownPasskey = "unknown-passkey", 404, "There is no such passkey any more";
    /// A passkey without a PRF signs nobody in by itself.
    PasskeyNeedsPassphrase = "passkey-needs-passphrase", 403, "This passkey unlocks nothing by itself; sign in with name and passphrase first";
    /// The admin site's origin has an IP address, which browsers make no passkeys for.
    PasskeysUnavailable = "passkeys-unavailable", 409, "Passkeys need an admin site with a host name, not an address of numbers";
    /// An unknown recovery, one that took too long, or whose kit was used or replaced.
    RecoveryEnded = "recovery-ended", 409, "This recovery has ended; type the code again";
    /// The vault was not told which site keys to verify its roster by.
    NoTrustAnchor = "no-trust-anchor", 409, "This vault was not given the trust anchor, by which the list of admins is verified";
    /// One invitation a name.
    InvitationExists = "invitation-exists", 409, "There is an open invitation for this name, or somebody waits under it";
    /// A name of the roster, or one that differs from it in letter case.
    NameTaken = "name-taken", 409, "This name is taken; choose another";
    /// An unknown, used, withdrawn or expired token.
    UnknownInvitation = "unknown-invitation", 404, "This invitation is not good any more; ask for a new one";
    /// The entry brings in somebody who does not wait under that name with that identity.
    UnknownNewcomer = "unknown-newcomer", 409, "Nobody waits with this name and these keys; load the list again";
    /// Another entry came first.
    RosterMoved = "roster-moved", 409, "The list of admins has changed meanwhile; load it again";
    /// The roster does not verify with this entry.
    RosterRefused = "roster-refused", 422, "The list of admins does not take this entry";
    /// The policy does not let this role open that kind.
    OpeningNotAllowed = "opening-not-allowed", 403, "The policy does not let you open this kind of field";
    /// No deposit has this id.
    UnknownDeposit = "unknown-deposit", 404, "There is no deposit with this id";
    /// The batch is too large.
    BatchTooLarge = "batch-too-large", 422, "The batch asks for too much at once; split it";
    /// Sealed anew to another key, or under another manifest, than deposits are sealed to now; or nothing can be.
    NotTheActiveKey = "not-the-active-key", 409, "This is not the data key that is sealed to now, or somebody who has left was granted it; load the keys again";
    /// The request to a relay is not signed, or not as it must be.
    NotSigned = "not-signed", 401, "This address answers signed requests only";
    /// The vault keeps a log, and nothing for it came with the request.
    LogEntryRequired = "log-entry-required", 422, "This is done with a signed entry for the audit log only; load the admin site again";
    /// Not an entry of this admin and site, or not one for this request.
    LogEntryRefused = "log-entry-refused", 422, "The entry for the audit log is not one that you signed for this request";
    /// The entry names other envelopes than lie there.
    LogEntryDiffers = "log-entry-differs", 409, "The entry for the audit log names other envelopes than the vault has; check the deposit again";
    /// The entry is in the log.
    LogEntryRepeated = "log-entry-repeated", 409, "This entry is in the audit log already; sign it anew";
    /// More than five minutes between the entry's time and the vault's.
    ClockDiffers = "clock-differs", 422, "The clock of your device differs from the vault's by more than five minutes; set it, then try again";
    /// The roster does not name the signed-in admin.
    NotInRoster = "not-in-roster", 403, "The roster of admins does not name you";
    /// A session without a record of its sign-in.
    SignInNotRecorded = "sign-in-not-recorded", 403, "Your sign-in is not in the audit log yet; record it first";
    /// The log has fewer entries than the browser has seen.
    LogShorter = "log-shorter", 409, "The audit log is shorter than you have seen it";
    /// Something was to be recorded where no log is kept: its sender would take it for recorded.
    NoLog = "no-log", 409, "This vault keeps no audit log, so nothing was done";
    /// Nothing can be recorded, so nothing is done.
    LogUnavailable = "log-unavailable", 503, "The audit log cannot be written now, so nothing was done";
    /// A search member is malformed.
    MalformedSearch = "malformed-search", 422, "A search term does not have the form that it must have";
    /// Asked for under a name that is not the listener's own.
    ForeignHost = "foreign-host", 421, "This server answers under its own address only; open the one that nightsafe admin printed";
    /// `nightsafe admin` gets no answer from the vault.
    VaultUnreachable = "vault-unreachable", 502, "The vault does not answer; see that it is switched on and that this machine is on its network";
    /// `nightsafe admin` found another key than the one that is pinned.
    VaultNotRecognised = "vault-not-recognised", 502, "What answers in the vault's place does not have the vault's key, so nothing was sent to it";
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = include_str!("../../../docs/API.md");

    fn row(problem: ProblemType) -> String {
        format!("| `{}` | {} | {} |", problem.slug(), problem.status(), problem.title())
    }

    /// The table in docs/API.md is this enum, row by row.
    #[test]
    fn the_document_lists_every_type() {
        let expected: Vec<String> = ProblemType::ALL.iter().copied().map(row).collect();
        let listed: Vec<&str> = DOCUMENT
            .lines()
            .skip_while(|line| !line.starts_with("## Problem types"))
            .filter(|line| line.starts_with("| `"))
            .collect();
        assert_eq!(listed, expected);
    }

    #[test]
    fn slugs_are_unique_and_read_back() {
        for &problem in ProblemType::ALL {
            assert_eq!(ProblemDetails::new(problem).problem_type(), Some(problem));
        }
    }

    #[test]
    fn a_document_has_the_members_of_rfc_9457() {
        let json = serde_json::to_string(&ProblemDetails::new(ProblemType::Busy)).unwrap();
        assert_eq!(
            json,
            "{\"type\":\"https://nightsafe.dev/problems/busy\",\
             \"title\":\"The server is busy; try the same request again\",\"status\":503}"
        );
    }
}
