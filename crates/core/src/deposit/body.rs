//! The canonical body: CBOR [label, site, reference, manifest, key id, facets, locator, [[tag, kind, expires, envelope], ...]].

use super::{DepositParts, Field, MAX_FIELDS};
use crate::cbor::{CborError, Reader, Writer};
use crate::envelope::Envelope;
use crate::label::Label;
use crate::locator::{read_facets, write_facets};
use crate::scalar::{KeyId, KindName, ManifestHash, Nonce, Reference, Site, Tag};
use crate::time::Month;

pub(super) fn write(parts: &DepositParts) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.array(8).text(Label::Deposit.as_str()).text(parts.site.as_str()).text(parts.reference.as_str());
    writer.bytes(parts.manifest.as_bytes()).bytes(parts.key_id.as_bytes());
    write_facets(&mut writer, &parts.facets);
    writer.bytes(parts.locator.as_bytes()).array(parts.fields.len());
    for field in &parts.fields {
        writer.array(4).bytes(field.tag.as_bytes()).text(field.kind.as_str());
        writer.text(&field.expires.to_text()).bytes(field.envelope.as_bytes());
    }
    writer.finish()
}

pub(super) fn read(nonce: Nonce, bytes: &[u8]) -> Result<DepositParts, CborError> {
    let mut reader = Reader::new(bytes);
    reader.array_of(8)?;
    reader.expect_text(Label::Deposit.as_str())?;
    let site = Site::parse(reader.text()?).map_err(|_| CborError)?;
    let reference = Reference::parse(reader.text()?).map_err(|_| CborError)?;
    let (manifest, key_id) = (ManifestHash(reader.byte_array()?), KeyId(reader.byte_array()?));
    let facets = read_facets(&mut reader)?;
    let locator = envelope(&mut reader)?;
    let count = reader.array(MAX_FIELDS)?;
    let mut fields = Vec::with_capacity(count);
    for _ in 0..count {
        reader.array_of(4)?;
        fields.push(Field {
            tag: Tag(reader.byte_array()?),
            kind: KindName::parse(reader.text()?).map_err(|_| CborError)?,
            expires: Month::parse(reader.text()?).map_err(|_| CborError)?,
            envelope: envelope(&mut reader)?,
        });
    }
    reader.end()?;
    Ok(DepositParts { nonce, site, reference, manifest, key_id, facets, locator, fields })
}

fn envelope(reader: &mut Reader<'_>) -> Result<Envelope, CborError> {
    Envelope::parse(reader.bytes()?.to_vec()).map_err(|_| CborError)
}
