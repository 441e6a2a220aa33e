//! Audit keys, which entries of the audit log are sealed to: made and granted like data keys, named by the roster. Whoever
//! may read the log without the admin site has the private part in a file like that of the recovery key, never on the
//! vault's machine.

use std::path::Path;

use anyhow::{Context, Result};
use nightsafe_core::identity::PublicIdentity;
use nightsafe_core::keys::{DataPublicKey, PrivateItems};
use nightsafe_core::label::Label;
use nightsafe_core::scalar::{KeyId, Site};
use nightsafe_core::suite::Suite;
use nightsafe_store::vault::{CustodyKey, NewAuditKey, RecoveryGrant, StoredAuditKey};
use zeroize::Zeroizing;

use super::data_key::{grant_to, grant_to_recovery, recover};
use super::keyholder::Keyholder;
use super::recovery::{parse_items, private_lines};
use super::rng;
use crate::files;
use crate::labelled::{Reader, Writer};

const GRANTS: &str = "file of an audit key's grants";

/// A fresh audit key.
pub(crate) fn generate() -> Result<PrivateItems> {
    Ok(PrivateItems::generate(Suite::XWing, &mut rng())?)
}

/// What the vault keeps of it: granted to these admins, sealed to the recovery key.
pub(crate) fn row(
    site: &Site,
    items: &PrivateItems,
    (granter, recipients): (&Keyholder, &[PublicIdentity]),
    recovery: &DataPublicKey,
) -> Result<NewAuditKey> {
    let public = items.public_key();
    Ok(NewAuditKey {
        key: StoredAuditKey { key_id: public.key_id(), public_key: public.as_bytes().to_vec() },
        grants: grant_to_recovery(site, items, recovery)?,
        admin_grants: grant_to(granter, recipients, items)?,
    })
}

/// The same as a data key is kept: it is opened by the same path.
pub(crate) fn as_data_key(key: &StoredAuditKey) -> CustodyKey {
    let StoredAuditKey { key_id, public_key } = key.clone();
    CustodyKey { key_id, suite: Suite::XWing.name().to_owned(), public_key, items: Vec::new() }
}

/// Reads the private part.
pub(crate) fn read_private(path: &Path, site: &Site) -> Result<PrivateItems> {
    let text = Zeroizing::new(files::read_text(path)?);
    parse_items("audit key file", Label::AuditKey, &text, site)
        .with_context(|| format!("{} is refused", path.display()))
}

/// The text of the private part.
pub(crate) fn private_text(site: &Site, key: &PrivateItems) -> Zeroizing<String> {
    private_lines(Label::AuditKey, site, key)
}

/// The text of what a recovery key opens of an audit key: part of a copy of the log.
pub(crate) fn grants_text(site: &Site, key: &StoredAuditKey, recovery: &KeyId, grants: &[RecoveryGrant]) -> String {
    let mut text = Writer::new(Label::AuditKeyGrants.as_str());
    text.value("site", site.as_str());
    text.bytes("public-key", &key.public_key);
    text.value("recovery-key", &recovery.to_hex());
    for grant in grants.iter().filter(|grant| grant.recovery_key_id == *recovery) {
        text.bytes(&grant.item, &grant.sealed);
    }
    text.finish().to_string()
}

/// Opens such a text; `None` when it is another recovery key's.
pub(crate) fn open_grants_text(site: &Site, text: &str, recovery: &PrivateItems) -> Result<Option<PrivateItems>> {
    let mut lines = Reader::new(GRANTS, Label::AuditKeyGrants.as_str(), text)?;
    anyhow::ensure!(lines.value("site")? == site.as_str(), "the key is one of another site");
    let public = DataPublicKey::parse(Suite::XWing, &lines.bytes("public-key")?)?;
    let recovery_key_id = KeyId::from_hex(lines.value("recovery-key")?)?;
    let mut grants = Vec::new();
    for item in nightsafe_core::keys::ItemName::of(Suite::XWing) {
        let sealed = lines.bytes(item.as_str())?.to_vec();
        grants.push(RecoveryGrant { item: item.as_str().to_owned(), recovery_key_id, sealed });
    }
    lines.finish()?;
    if recovery_key_id != recovery.public_key().key_id() {
        return Ok(None);
    }
    let key = StoredAuditKey { key_id: public.key_id(), public_key: public.as_bytes().to_vec() };
    recover(site, &as_data_key(&key), &grants, recovery).map(Some)
}
