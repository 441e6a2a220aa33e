//! Grants (`docs/spec/custody.md`): each private item of a data key, sealed by HPKE to who may open with it. To the
//! organisation's recovery key: [`crate::recovery`]. To an admin: `AdminGrant`.

#[cfg(feature = "admin")]
mod admin;

#[cfg(feature = "admin")]
pub use admin::{AdminGrant, grant_key, open_key};

use crate::keys::{DataPublicKey, ItemName, PrivateItems};
use core::fmt;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// Why a grant was not made or not opened. Holds nothing of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantError {
    /// The item has another length than its name says.
    Item,
    /// The recipient's key cannot be sealed to.
    Seal,
    /// Another recipient's key, another place, or changed bytes.
    Open,
    /// Not a grant.
    Malformed,
    /// Made for another site.
    WrongSite,
    /// Made for another admin.
    OtherRecipient,
    /// Of another data key, or the items make another one than they are said to.
    OtherKey,
    /// Made under a roster that is not the verified one, or a later state of it.
    OtherRoster,
    /// The granter was no admin of the roster when the grant was made.
    UnknownGranter,
    /// The recipient was no admin of the roster when the grant was made, or has other keys there.
    UnknownRecipient,
    /// The granter's signature is wrong.
    BadSignature,
}

impl GrantError {
    /// The stable code, snake case.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Item => "item",
            Self::Seal => "seal",
            Self::Open => "open",
            Self::Malformed => "malformed",
            Self::WrongSite => "wrong_site",
            Self::OtherRecipient => "other_recipient",
            Self::OtherKey => "other_key",
            Self::OtherRoster => "other_roster",
            Self::UnknownGranter => "unknown_granter",
            Self::UnknownRecipient => "unknown_recipient",
            Self::BadSignature => "bad_signature",
        }
    }
}

impl fmt::Display for GrantError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Item => "give the private item in its full length",
            Self::Seal => "make a new key to grant to: nothing can be sealed to this one",
            Self::Open => "check that this is the key the grant was made for, and its site and data key",
            Self::Malformed => "have the data key granted again: this grant is not in the specified form",
            Self::WrongSite => "use the grants of this site",
            Self::OtherRecipient => "ask for this admin's own grants",
            Self::OtherKey => "have the data key granted again: the items of this grant are another key's",
            Self::OtherRoster => "fetch and verify the roster again: the grant was made under another one",
            Self::UnknownGranter => "have an admin of the roster grant the data key",
            Self::UnknownRecipient => "grant to admins of the roster only, with the keys that the roster names",
            Self::BadSignature => "have the data key granted again: the signature does not match",
        })
    }
}

impl core::error::Error for GrantError {}

/// Seals an item: `enc`, then the ciphertext.
///
/// # Errors
/// [`GrantError::Item`] or [`GrantError::Seal`].
pub(crate) fn seal_item(
    recipient: &DataPublicKey,
    (info, aad): (&[u8], &[u8]),
    name: ItemName,
    item: &[u8],
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, GrantError> {
    if item.len() != name.len() {
        return Err(GrantError::Item);
    }
    recipient.sealer().seal(&[], info, aad, item, rng).ok_or(GrantError::Seal)
}

/// Opens what [`seal_item`] made, by the same path as an envelope.
///
/// # Errors
/// [`GrantError::Open`], or [`GrantError::Item`] when it holds an item of another length.
pub(crate) fn open_item(
    recipient: &PrivateItems,
    (info, aad): (&[u8], &[u8]),
    name: ItemName,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, GrantError> {
    let (enc, ciphertext) =
        sealed.split_at_checked(recipient.public_key().suite().enc_len()).ok_or(GrantError::Open)?;
    let secret = recipient.opening_secret(enc).ok_or(GrantError::Open)?;
    let item = secret.open(info, aad, ciphertext).map_err(|_| GrantError::Open)?;
    (item.len() == name.len()).then_some(item).ok_or(GrantError::Item)
}
