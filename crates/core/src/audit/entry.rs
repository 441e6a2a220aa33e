//! The entry: CBOR [label, site, actor, action, subject, purpose, time].

use super::{Action, AuditError, MAX_AUDIT_ENTRY};
use crate::cbor::{Reader, Writer};
use crate::label::Label;
use crate::scalar::{IdentityId, Site};
use crate::time::UnixTime;

/// Who acts, and so who signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    /// An admin, by identity.
    Admin(IdentityId),
    /// The vault, with the key that signs the log's checkpoints: for what no admin can sign.
    Vault,
}

/// One thing that was done. [`Entry::new`] and [`Entry::parse`] are the only ways to one, so all are well formed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    site: Site,
    actor: Actor,
    action: Action,
    time: UnixTime,
}

impl Entry {
    /// An entry.
    ///
    /// # Errors
    /// [`AuditError::Actor`] when the actor may not sign this action, [`AuditError::Limits`] for a list of another
    /// length or order than its type says.
    pub fn new(site: Site, actor: Actor, action: Action, time: UnixTime) -> Result<Self, AuditError> {
        if !action.may_be_by(actor != Actor::Vault) {
            return Err(AuditError::Actor);
        }
        let entry = Self { site, actor, action, time };
        if !entry.action.is_in_order() || entry.encode().len() > MAX_AUDIT_ENTRY {
            return Err(AuditError::Limits);
        }
        Ok(entry)
    }

    /// Reads an entry. Whose it is is not verified; see [`super::SignedEntry::verify`].
    ///
    /// # Errors
    /// [`AuditError::Malformed`] for bytes that [`Entry::encode`] does not write; as [`Entry::new`].
    pub fn parse(bytes: &[u8]) -> Result<Self, AuditError> {
        if bytes.len() > MAX_AUDIT_ENTRY {
            return Err(AuditError::Limits);
        }
        let mut reader = Reader::new(bytes);
        reader.array_of(7)?;
        reader.expect_text(Label::AuditEntry.as_str())?;
        let site = Site::parse(reader.text()?)?;
        let actor = match reader.bytes()? {
            [] => Actor::Vault,
            id => Actor::Admin(IdentityId::from_slice(id)?),
        };
        let action = Action::read(&mut reader)?;
        let seconds = reader.uint()?;
        reader.end()?;
        let time = UnixTime::from_seconds(seconds);
        if time.seconds() != seconds {
            return Err(AuditError::Malformed);
        }
        Self::new(site, actor, action, time)
    }

    /// The bytes: one encoding for each entry.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.array(7).text(Label::AuditEntry.as_str()).text(self.site.as_str());
        match &self.actor {
            Actor::Vault => writer.bytes(&[]),
            Actor::Admin(id) => writer.bytes(id.as_bytes()),
        };
        self.action.write(&mut writer);
        writer.uint(self.time.seconds()).finish()
    }

    /// The shop.
    pub const fn site(&self) -> &Site {
        &self.site
    }

    /// Who.
    pub const fn actor(&self) -> Actor {
        self.actor
    }

    /// What.
    pub const fn action(&self) -> &Action {
        &self.action
    }

    /// When, by the actor's clock.
    pub const fn time(&self) -> UnixTime {
        self.time
    }
}
