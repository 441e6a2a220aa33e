//! What the browser says of a ceremony: `clientDataJSON`. Its hash is signed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::{CHALLENGE, Error, sha256};

/// `clientDataJSON`, read.
#[derive(Debug, Clone)]
pub struct ClientData {
    kind: String,
    origin: String,
    challenge: [u8; CHALLENGE],
    is_framed: bool,
    pub(crate) hash: [u8; 32],
}

/// Browsers may add members.
#[derive(Deserialize)]
struct Json {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: bool,
    #[serde(default, rename = "topOrigin")]
    top_origin: Option<String>,
}

impl ClientData {
    /// Reads it; nothing of it is checked yet.
    ///
    /// # Errors
    /// [`Error::Malformed`]
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        // serde would take an array for a struct
        let json: Json =
            bytes.starts_with(b"{").then(|| serde_json::from_slice(bytes).ok()).flatten().ok_or(Error::Malformed)?;
        let challenge = URL_SAFE_NO_PAD.decode(&json.challenge).ok().and_then(|bytes| bytes.try_into().ok());
        Ok(Self {
            kind: json.kind,
            origin: json.origin,
            challenge: challenge.ok_or(Error::Malformed)?,
            is_framed: json.cross_origin || json.top_origin.is_some(),
            hash: sha256(bytes),
        })
    }

    /// The challenge that it says to answer. Whether that was ever asked, and of whom, is for the caller to know.
    pub fn challenge(&self) -> &[u8; CHALLENGE] {
        &self.challenge
    }

    pub(crate) fn check(&self, kind: &str, origin: &str) -> Result<(), Error> {
        if self.kind != kind {
            return Err(Error::OtherCeremony);
        }
        if self.origin != origin || self.is_framed {
            return Err(Error::OtherOrigin);
        }
        Ok(())
    }
}
