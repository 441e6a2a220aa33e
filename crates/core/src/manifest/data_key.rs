//! A data key as a manifest names it. The public key is a file beside the manifest: 1216 bytes of an X-Wing key do not
//! compress, and a browser needs those of the active key alone.

use crate::encoding::hex_array;
use crate::keys::DataPublicKey;
use crate::note::lines::cut;
use crate::scalar::{KeyFingerprint, KeyId};
use crate::suite::Suite;
use crate::time::UnixTime;

/// What the name of a data key's file begins with; its key id follows.
pub const DATA_KEY_FILE: &str = "data-key-";

/// A data key and when it becomes the active one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataKey {
    /// From then on, until the next key starts.
    pub start: UnixTime,
    /// What is sealed with it.
    pub suite: Suite,
    /// Of the key to seal to.
    pub fingerprint: KeyFingerprint,
}

impl DataKey {
    /// A key from this time on.
    pub fn new(start: UnixTime, key: &DataPublicKey) -> Self {
        Self { start, suite: key.suite(), fingerprint: *key.fingerprint() }
    }

    /// The key's name.
    pub fn key_id(&self) -> KeyId {
        self.fingerprint.key_id()
    }

    /// Name of the file that holds the public key.
    pub fn file_name(&self) -> String {
        [DATA_KEY_FILE, &self.key_id().to_hex()].concat()
    }

    /// The public key from its file's bytes. `None` unless they are a good key of this suite and have this fingerprint.
    pub fn open(&self, file: &[u8]) -> Option<DataPublicKey> {
        let key = DataPublicKey::parse(self.suite, file).ok()?;
        (*key.fingerprint() == self.fingerprint).then_some(key)
    }

    /// Reads the value of a `data-key` line.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let (suite, rest) = cut(line, b' ')?;
        let (start, fingerprint) = cut(rest, b' ')?;
        Some(Self {
            start: UnixTime::parse(start).ok()?,
            suite: Suite::from_name(suite)?,
            fingerprint: KeyFingerprint(hex_array(fingerprint)?),
        })
    }
}
