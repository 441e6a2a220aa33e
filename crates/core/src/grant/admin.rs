//! Grants to admins: sealed to one admin's identity, signed by another's, under a state of the roster that both stand in.

use super::{GrantError, open_item, seal_item};
use crate::cbor::{Reader, Writer};
use crate::identity::{Identity, PublicIdentity};
use crate::keys::{DataPublicKey, ItemName, PrivateItems};
use crate::label::Label;
use crate::roster::{Admin, Roster};
use crate::scalar::{IdentityId, KeyId, RosterHead, Site};
use core::fmt;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// Bytes of an Ed25519 signature.
const SIGNATURE: usize = 64;
/// Most bytes of a sealed item: X-Wing's `enc`, the longest item, the AEAD's tag.
const MAX_SEALED: usize = 1200;

/// An item of a data key, sealed to an admin and signed by an admin. Nothing of it is verified until it is opened.
#[derive(Clone, PartialEq, Eq)]
pub struct AdminGrant {
    site: Site,
    data_key: KeyId,
    item: ItemName,
    recipient: IdentityId,
    granter: IdentityId,
    /// The state of the roster that the granter had verified.
    sequence: u64,
    head: RosterHead,
    /// `enc`, then the ciphertext.
    sealed: Vec<u8>,
    signature: [u8; SIGNATURE],
}

/// Grants every item of a data key to an admin of the roster.
///
/// # Errors
/// [`GrantError::WrongSite`], [`GrantError::UnknownGranter`], [`GrantError::UnknownRecipient`], [`GrantError::Seal`].
pub fn grant_key(
    granter: &Identity,
    roster: &Roster,
    recipient: &PublicIdentity,
    key: &PrivateItems,
    rng: &mut impl CryptoRng,
) -> Result<Vec<AdminGrant>, GrantError> {
    let data_key = key.public_key().key_id();
    key.items().map(|item| AdminGrant::make(granter, roster, recipient, (&data_key, item), rng)).collect()
}

/// Opens all items of a data key, and checks that they make it.
///
/// # Errors
/// As [`AdminGrant::open`]; [`GrantError::OtherKey`] when a grant is of another data key, an item is missing or there
/// twice, or the items make another key.
pub fn open_key(
    recipient: &Identity,
    roster: &Roster,
    public: &DataPublicKey,
    grants: &[AdminGrant],
) -> Result<PrivateItems, GrantError> {
    let mut items = Vec::with_capacity(grants.len());
    for grant in grants {
        if grant.data_key != public.key_id() {
            return Err(GrantError::OtherKey);
        }
        items.push((grant.item, grant.open(recipient, roster)?));
    }
    let items: Vec<(ItemName, &[u8])> = items.iter().map(|(name, item)| (*name, item.as_slice())).collect();
    let key = PrivateItems::from_items(public.suite(), &items).map_err(|_| GrantError::OtherKey)?;
    (key.public_key() == public).then_some(key).ok_or(GrantError::OtherKey)
}

impl AdminGrant {
    fn make(
        granter: &Identity,
        roster: &Roster,
        recipient: &PublicIdentity,
        (data_key, (item, bytes)): (&KeyId, (ItemName, &[u8])),
        rng: &mut impl CryptoRng,
    ) -> Result<Self, GrantError> {
        let site = roster.site();
        if granter.public().site() != site || recipient.site() != site {
            return Err(GrantError::WrongSite);
        }
        find(roster, granter.public(), roster.sequence()).ok_or(GrantError::UnknownGranter)?;
        find(roster, recipient, roster.sequence()).ok_or(GrantError::UnknownRecipient)?;
        let mut grant = Self {
            site: site.clone(),
            data_key: *data_key,
            item,
            recipient: recipient.id(),
            granter: granter.id(),
            sequence: roster.sequence(),
            head: roster.head(),
            sealed: Vec::new(),
            signature: [0; SIGNATURE],
        };
        grant.sealed = seal_item(recipient.encryption_key(), (&grant.info(), &grant.aad()), item, bytes, rng)?;
        grant.signature = granter.signer().sign(&grant.body());
        Ok(grant)
    }

    /// Opens a grant to this admin: made under a state of this roster, by an admin and to an admin of that state.
    ///
    /// # Errors
    /// In this order: [`GrantError::WrongSite`], [`GrantError::OtherRecipient`], [`GrantError::OtherRoster`],
    /// [`GrantError::UnknownGranter`], [`GrantError::UnknownRecipient`], [`GrantError::BadSignature`],
    /// [`GrantError::Open`], [`GrantError::Item`].
    pub fn open(&self, recipient: &Identity, roster: &Roster) -> Result<Zeroizing<Vec<u8>>, GrantError> {
        if self.site != *roster.site() || self.site != *recipient.public().site() {
            return Err(GrantError::WrongSite);
        }
        if self.recipient != recipient.id() {
            return Err(GrantError::OtherRecipient);
        }
        if roster.head_at(self.sequence) != Some(self.head) {
            return Err(GrantError::OtherRoster);
        }
        let granter = roster.active_at(&self.granter, self.sequence).ok_or(GrantError::UnknownGranter)?;
        find(roster, recipient.public(), self.sequence).ok_or(GrantError::UnknownRecipient)?;
        if !granter.signing_key().verify(&self.body(), &self.signature) {
            return Err(GrantError::BadSignature);
        }
        open_item(recipient.items(), (&self.info(), &self.aad()), self.item, &self.sealed)
    }

    /// The data key.
    pub const fn data_key(&self) -> KeyId {
        self.data_key
    }

    /// Which item of it.
    pub const fn item(&self) -> ItemName {
        self.item
    }

    /// Who it is for.
    pub const fn recipient(&self) -> IdentityId {
        self.recipient
    }

    /// Who is said to have granted.
    pub const fn granter(&self) -> IdentityId {
        self.granter
    }

    /// The entry of the roster that was its last when the grant was made.
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// The signed body, then the signature.
    pub fn to_bytes(&self) -> Vec<u8> {
        [self.body().as_slice(), &self.signature].concat()
    }

    /// Reads what [`AdminGrant::to_bytes`] writes, and nothing else. Nothing is verified.
    ///
    /// # Errors
    /// [`GrantError::Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, GrantError> {
        read(bytes).ok_or(GrantError::Malformed)
    }

    /// CBOR [label, site, data key id, item, recipient, granter, roster sequence, roster head, sealed].
    fn body(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.array(9).text(Label::AdminGrant.as_str()).text(self.site.as_str()).bytes(self.data_key.as_bytes());
        writer.text(self.item.as_str()).bytes(self.recipient.as_bytes()).bytes(self.granter.as_bytes());
        writer.uint(self.sequence).bytes(self.head.as_bytes()).bytes(&self.sealed);
        writer.finish()
    }

    /// Label, 0x00, site.
    pub(crate) fn info(&self) -> Vec<u8> {
        [Label::AdminGrant.as_bytes(), &[0], self.site.as_str().as_bytes()].concat()
    }

    /// CBOR [site, data key id, item, recipient, granter]. The granter, so that nobody else can put a signature of his
    /// own to what this one sealed.
    pub(crate) fn aad(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.array(5).text(self.site.as_str()).bytes(self.data_key.as_bytes()).text(self.item.as_str());
        writer.bytes(self.recipient.as_bytes()).bytes(self.granter.as_bytes());
        writer.finish()
    }
}

/// The admin of these keys, when active then.
fn find<'r>(roster: &'r Roster, keys: &PublicIdentity, sequence: u64) -> Option<&'r Admin> {
    roster.active_at(&keys.id(), sequence).filter(|admin| admin.has_keys(keys))
}

fn read(bytes: &[u8]) -> Option<AdminGrant> {
    let (body, signature) = bytes.split_last_chunk::<SIGNATURE>()?;
    let mut reader = Reader::new(body);
    reader.array_of(9).ok()?;
    reader.expect_text(Label::AdminGrant.as_str()).ok()?;
    let grant = AdminGrant {
        site: Site::parse(reader.text().ok()?).ok()?,
        data_key: KeyId(reader.byte_array().ok()?),
        item: ItemName::from_name(reader.text().ok()?)?,
        recipient: IdentityId(reader.byte_array().ok()?),
        granter: IdentityId(reader.byte_array().ok()?),
        sequence: reader.uint().ok()?,
        head: RosterHead(reader.byte_array().ok()?),
        sealed: reader.bytes().ok()?.to_vec(),
        signature: *signature,
    };
    reader.end().ok()?;
    (grant.sealed.len() <= MAX_SEALED).then_some(grant)
}

impl fmt::Debug for AdminGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (item, data_key) = (self.item.as_str(), &self.data_key);
        write!(f, "AdminGrant({item} of {data_key} to {} by {})", self.recipient, self.granter)
    }
}

#[cfg(test)]
mod tests;
