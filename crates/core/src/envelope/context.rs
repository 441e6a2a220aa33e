//! What an envelope is bound to besides its key: HPKE's `info` and `aad`.

use super::{COST, VERSION};
use crate::cbor::Writer;
use crate::label::Label;
use crate::scalar::{KeyId, KindName, ManifestHash, Site, Tag};

/// Where an envelope belongs. Opening in another context fails.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The shop.
    pub site: &'a Site,
    /// The key manifest that was in force when it was sealed.
    pub manifest: &'a ManifestHash,
    /// The field's kind.
    pub kind: &'a KindName,
    /// Where the field lies.
    pub tag: &'a Tag,
}

impl Context<'_> {
    /// HPKE `info`: label, 0x00, manifest hash.
    pub fn info(&self) -> Vec<u8> {
        let mut info = Vec::with_capacity(64);
        info.extend_from_slice(Label::Envelope.as_bytes());
        info.push(0);
        info.extend_from_slice(self.manifest.as_bytes());
        info
    }

    /// HPKE `aad`: CBOR [1, site, key id, kind, tag, cost].
    pub fn aad(&self, key_id: &KeyId) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.array(6).uint(VERSION.into()).text(self.site.as_str()).bytes(key_id.as_bytes());
        writer.text(self.kind.as_str()).bytes(self.tag.as_bytes()).uint(COST.into());
        writer.finish()
    }
}
