//! The domain-separation labels. No other file spells one.

/// What a hash, a derivation, a seal or a text is for.
///
/// A label stands first wherever bytes are hashed, derived, sealed or signed, so that bytes made for
/// one purpose are never accepted for another. Those that no checkout needs are behind a feature: the match on all of
/// them may be in its WASM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// HPKE `info` of an envelope.
    Envelope,
    /// HKDF `info` of a field's tag.
    Tag,
    /// Hash of a data public key.
    KeyId,
    /// Canonical body of a deposit.
    Deposit,
    /// Plaintext of a locator.
    Locator,
    /// A private item wrapped under a passphrase.
    WrappedItem,
    /// HPKE `info` of an item sealed to the recovery key.
    RecoveryGrant,
    /// Text of a key manifest.
    KeyManifest,
    /// Text of a timestamp note.
    Timestamp,
    /// Text of a trust anchor.
    TrustAnchor,
    /// File of a site key.
    SiteKey,
    /// File of a recovery key.
    RecoveryKey,
    /// Receipt of a deposit.
    Receipt,
    /// An entry of the audit log, and what is signed of it.
    #[cfg(feature = "admin")]
    AuditEntry,
    /// What the audit log's tree holds of an entry.
    #[cfg(feature = "admin")]
    AuditCommitment,
    /// What an entry of the audit log says of an X25519 point.
    #[cfg(feature = "admin")]
    AuditPoint,
    /// HPKE `info` of an entry sealed to an audit key.
    #[cfg(feature = "admin")]
    AuditSeal,
    /// File of an audit key.
    #[cfg(feature = "admin")]
    AuditKey,
    /// File with an audit key's items, sealed to the recovery key.
    #[cfg(feature = "admin")]
    AuditKeyGrants,
    /// Hash of an admin's public keys.
    #[cfg(feature = "admin")]
    IdentityId,
    /// An admin's public keys.
    #[cfg(feature = "admin")]
    PublicIdentity,
    /// HKDF `info` of a key that wraps an admin's private items.
    #[cfg(feature = "admin")]
    IdentityKek,
    /// An admin's private items, wrapped.
    #[cfg(feature = "admin")]
    WrappedIdentity,
    /// An item of a data key, sealed to an admin and signed by another.
    #[cfg(feature = "admin")]
    AdminGrant,
    /// Text of an entry of the roster of admins.
    #[cfg(feature = "admin")]
    RosterEntry,
    /// HKDF `info` of what a tab proves itself with.
    #[cfg(feature = "admin")]
    TabProof,
    /// File of an entry of the roster on its way to the site keys.
    #[cfg(feature = "admin")]
    RosterProposal,
    /// OPAQUE credential identifier of a recovery kit.
    #[cfg(feature = "admin")]
    RecoveryKit,
    /// File of a manifest on its way to those who sign it.
    #[cfg(feature = "admin")]
    ManifestProposal,
    /// Text that site keys sign of a site release.
    #[cfg(feature = "release")]
    SiteRelease,
    /// The document of a site release.
    #[cfg(feature = "release")]
    SiteReleaseDocument,
    /// File of a site release on its way to those who sign it.
    #[cfg(feature = "release")]
    SiteReleaseProposal,
    /// What the PRF of a passkey is asked for.
    #[cfg(feature = "admin")]
    PasskeyPrf,
    /// Hash of a passkey's credential id.
    #[cfg(feature = "admin")]
    PasskeyId,
    /// An entry of the release log.
    #[cfg(feature = "release")]
    ReleaseLogEntry,
}

impl Label {
    /// The label as it is written into the bytes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Envelope => "nightsafe/v1/envelope",
            Self::Tag => "nightsafe/v1/tag",
            Self::KeyId => "nightsafe/v1/key-id",
            Self::Deposit => "nightsafe/v1/deposit",
            Self::Locator => "nightsafe/v1/locator",
            Self::WrappedItem => "nightsafe/v1/wrapped-item",
            Self::RecoveryGrant => "nightsafe/v1/recovery-grant",
            Self::KeyManifest => "nightsafe/v1/key-manifest",
            Self::Timestamp => "nightsafe/v1/timestamp",
            Self::TrustAnchor => "nightsafe/v1/trust-anchor",
            Self::SiteKey => "nightsafe/v1/site-key",
            Self::RecoveryKey => "nightsafe/v1/recovery-key",
            Self::Receipt => "nightsafe/v1/receipt",
            #[cfg(feature = "admin")]
            Self::AuditEntry => "nightsafe/v1/audit-entry",
            #[cfg(feature = "admin")]
            Self::AuditCommitment => "nightsafe/v1/audit-commitment",
            #[cfg(feature = "admin")]
            Self::AuditPoint => "nightsafe/v1/audit-point",
            #[cfg(feature = "admin")]
            Self::AuditSeal => "nightsafe/v1/audit-seal",
            #[cfg(feature = "admin")]
            Self::AuditKey => "nightsafe/v1/audit-key",
            #[cfg(feature = "admin")]
            Self::AuditKeyGrants => "nightsafe/v1/audit-key-grants",
            #[cfg(feature = "admin")]
            Self::IdentityId => "nightsafe/v1/identity-id",
            #[cfg(feature = "admin")]
            Self::PublicIdentity => "nightsafe/v1/public-identity",
            #[cfg(feature = "admin")]
            Self::IdentityKek => "nightsafe/v1/identity-kek",
            #[cfg(feature = "admin")]
            Self::WrappedIdentity => "nightsafe/v1/wrapped-identity",
            #[cfg(feature = "admin")]
            Self::AdminGrant => "nightsafe/v1/admin-grant",
            #[cfg(feature = "admin")]
            Self::RosterEntry => "nightsafe/v1/roster-entry",
            #[cfg(feature = "admin")]
            Self::TabProof => "nightsafe/v1/tab-proof",
            #[cfg(feature = "admin")]
            Self::RosterProposal => "nightsafe/v1/roster-proposal",
            #[cfg(feature = "admin")]
            Self::RecoveryKit => "nightsafe/v1/recovery-kit",
            #[cfg(feature = "admin")]
            Self::ManifestProposal => "nightsafe/v1/manifest-proposal",
            #[cfg(feature = "release")]
            Self::SiteRelease => "nightsafe/v1/site-release",
            #[cfg(feature = "release")]
            Self::SiteReleaseDocument => "nightsafe/v1/site-release-document",
            #[cfg(feature = "release")]
            Self::SiteReleaseProposal => "nightsafe/v1/site-release-proposal",
            #[cfg(feature = "admin")]
            Self::PasskeyPrf => "nightsafe/v1/passkey-prf",
            #[cfg(feature = "admin")]
            Self::PasskeyId => "nightsafe/v1/passkey-id",
            #[cfg(feature = "release")]
            Self::ReleaseLogEntry => "nightsafe/v1/release-log-entry",
        }
    }

    /// The label as bytes.
    pub const fn as_bytes(self) -> &'static [u8] {
        self.as_str().as_bytes()
    }
}
