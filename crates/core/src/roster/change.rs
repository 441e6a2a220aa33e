//! What an entry changes: one line each.

use super::Fault;
use crate::identity::{AdminName, PublicIdentity, id_of, signing_name};
use crate::note::Vkey;
use crate::note::lines::{Lines, push_line, push_number};
use crate::scalar::{IdentityId, KeyFingerprint, KindName, Site};
use crate::suite::Suite;

/// Most roles of a person.
pub const MAX_ROLES: usize = 8;
/// The role that signs entries of the roster.
const ADMIN: &str = "admin";

/// What a person may do: 1 to 8 role names, ascending. Who has `admin` signs entries of the roster; a kind's policy says
/// which roles may open it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roles(Vec<KindName>);

/// Why somebody is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Left, or does something else now.
    Left,
    /// Lost the keys.
    Lost,
    /// Somebody else may have the keys.
    Compromised,
    /// None of these.
    Other,
}

/// Where the keys are that somebody has no more, and gets other ones for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OldKeys {
    /// Somebody else may have them: what they open counts as known to somebody who has left.
    Lost,
    /// They were destroyed, and nobody has them.
    Forgotten,
}

/// The public keys of an identity as the roster has them: the X-Wing key by its fingerprint, so that an entry stays
/// short. Id and keys belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminKeys {
    id: IdentityId,
    encryption: KeyFingerprint,
    signing: Vkey,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// How many admins must sign an entry: 1 or 2.
    Threshold(u8),
    /// Entries of the log are sealed to this X-Wing key.
    AuditKey(KeyFingerprint),
    /// A person comes in.
    Add {
        /// The keys.
        keys: AdminKeys,
        /// May do what.
        roles: Roles,
        /// Called what.
        name: AdminName,
    },
    /// A person goes.
    Revoke {
        /// Who.
        id: IdentityId,
        /// Why.
        reason: Reason,
    },
    /// The same person, name and roles with new keys.
    Replace {
        /// The identity that is no longer used.
        id: IdentityId,
        /// Where its keys are. Entries of before this was said have `None`, and count as `Forgotten`.
        old: Option<OldKeys>,
        /// The new keys.
        keys: AdminKeys,
    },
    /// A person may do something else from now on.
    Roles {
        /// Who.
        id: IdentityId,
        /// May do what.
        roles: Roles,
    },
}

impl Roles {
    /// Reads role names with commas between, ascending, each once.
    pub fn parse(text: &str) -> Option<Self> {
        let roles: Vec<KindName> =
            text.split(',').take(MAX_ROLES.saturating_add(1)).map(role).collect::<Option<_>>()?;
        (roles.len() <= MAX_ROLES && roles.is_sorted_by(|a, b| a < b)).then_some(Self(roles))
    }

    /// Whether this is one of them.
    pub fn has(&self, role: &str) -> bool {
        self.0.iter().any(|one| one.as_str() == role)
    }

    /// Whether who has them signs entries of the roster.
    pub fn is_admin(&self) -> bool {
        self.has(ADMIN)
    }

    /// The names, ascending.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(KindName::as_str)
    }

    /// The text form.
    pub fn to_text(&self) -> String {
        self.iter().collect::<Vec<_>>().join(",")
    }
}

fn role(text: &str) -> Option<KindName> {
    KindName::parse(text).ok()
}

impl Reason {
    /// The word in formats.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Lost => "lost",
            Self::Compromised => "compromised",
            Self::Other => "other",
        }
    }

    /// The reason of a word.
    pub fn from_name(word: &str) -> Option<Self> {
        [Self::Left, Self::Lost, Self::Compromised, Self::Other].into_iter().find(|one| one.as_str() == word)
    }
}

impl OldKeys {
    /// The word in formats.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Forgotten => "forgotten",
        }
    }

    /// What a word says.
    pub fn from_name(word: &str) -> Option<Self> {
        [Self::Lost, Self::Forgotten].into_iter().find(|one| one.as_str() == word)
    }
}

impl From<&PublicIdentity> for AdminKeys {
    fn from(identity: &PublicIdentity) -> Self {
        Self {
            id: identity.id(),
            encryption: *identity.encryption_key().fingerprint(),
            signing: identity.signing_key().clone(),
        }
    }
}

impl AdminKeys {
    /// The id that follows from site and keys.
    pub const fn id(&self) -> IdentityId {
        self.id
    }

    /// Commits to the X-Wing key that data keys are granted to.
    pub const fn encryption(&self) -> &KeyFingerprint {
        &self.encryption
    }

    /// Verifies what the admin signs.
    pub const fn signing(&self) -> &Vkey {
        &self.signing
    }

    /// A verifier key and a fingerprint. The key's name holds the id, which is computed again.
    fn read(words: &mut core::str::SplitN<'_, char>, site: &Site) -> Result<Self, Fault> {
        let (signing, encryption) = read_keys(words).ok_or(Fault::Malformed(0))?;
        let id = id_of(site, &encryption, signing.public_key());
        if signing.name() != signing_name(&id) {
            return Err(Fault::SwappedKey);
        }
        Ok(Self { id, encryption, signing })
    }
}

fn read_keys(words: &mut core::str::SplitN<'_, char>) -> Option<(Vkey, KeyFingerprint)> {
    Some((Vkey::parse(words.next()?).ok()?, KeyFingerprint::from_hex(words.next()?).ok()?))
}

impl Change {
    /// Takes the next line.
    pub(super) fn read(lines: &mut Lines<'_>, site: &Site) -> Result<Self, Fault> {
        const NONE: Fault = Fault::Malformed(0);
        if let Some(value) = lines.take("threshold") {
            return match value {
                "1" => Ok(Self::Threshold(1)),
                "2" => Ok(Self::Threshold(2)),
                _ => Err(NONE),
            };
        }
        if let Some(value) = lines.take("audit-key") {
            let (suite, fingerprint) = value.split_once(' ').ok_or(NONE)?;
            let fingerprint = KeyFingerprint::from_hex(fingerprint).map_err(|_| NONE)?;
            return if suite == Suite::XWing.name() { Ok(Self::AuditKey(fingerprint)) } else { Err(NONE) };
        }
        if let Some(value) = lines.take("add") {
            let mut words = value.splitn(4, ' ');
            let keys = AdminKeys::read(&mut words, site)?;
            let roles = words.next().and_then(Roles::parse).ok_or(NONE)?;
            let name = words.next().and_then(|name| AdminName::parse(name).ok()).ok_or(NONE)?;
            return Ok(Self::Add { keys, roles, name });
        }
        if let Some(value) = lines.take("revoke") {
            let (id, reason) = read_id(value).ok_or(NONE)?;
            return Ok(Self::Revoke { id, reason: Reason::from_name(reason).ok_or(NONE)? });
        }
        if let Some(value) = lines.take("replace") {
            let (id, rest) = read_id(value).ok_or(NONE)?;
            // No verifier key is one of these words
            let said = rest.split_once(' ').and_then(|(word, keys)| Some((OldKeys::from_name(word)?, keys)));
            let (old, keys) = said.map_or((None, rest), |(old, keys)| (Some(old), keys));
            let mut words = keys.splitn(2, ' ');
            return Ok(Self::Replace { id, old, keys: AdminKeys::read(&mut words, site)? });
        }
        let (id, roles) = lines.take("roles").and_then(read_id).ok_or(NONE)?;
        Ok(Self::Roles { id, roles: Roles::parse(roles).ok_or(NONE)? })
    }

    pub(super) fn push(&self, out: &mut String) {
        match self {
            Self::Threshold(threshold) => push_number(out, "threshold", (*threshold).into()),
            Self::AuditKey(key) => push_line(out, &["audit-key", Suite::XWing.name(), &key.to_hex()]),
            Self::Add { keys, roles, name } => {
                let (signing, encryption) = (keys.signing.to_text(), keys.encryption.to_hex());
                push_line(out, &["add", &signing, &encryption, &roles.to_text(), name.as_str()]);
            }
            Self::Revoke { id, reason } => push_line(out, &["revoke", &id.to_hex(), reason.as_str()]),
            Self::Replace { id, old, keys } => {
                let (id, signing, encryption) = (id.to_hex(), keys.signing.to_text(), keys.encryption.to_hex());
                match old {
                    Some(old) => push_line(out, &["replace", &id, old.as_str(), &signing, &encryption]),
                    None => push_line(out, &["replace", &id, &signing, &encryption]),
                }
            }
            Self::Roles { id, roles } => push_line(out, &["roles", &id.to_hex(), &roles.to_text()]),
        }
    }
}

/// An identity id, and what follows it.
fn read_id(value: &str) -> Option<(IdentityId, &str)> {
    let (id, rest) = value.split_once(' ')?;
    Some((IdentityId::from_hex(id).ok()?, rest))
}
