//! Private keys as files: a label, then one line each for site, suite, public key and items.

use super::{DataPublicKey, ItemName, PrivateItems};
use crate::encoding::b64_decode;
use crate::label::Label;
use crate::scalar::Site;
use crate::suite::Suite;
use core::fmt;
use zeroize::Zeroizing;

/// Why a key file was not read. Holds nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFileError {
    /// Not such a file, or not all of it.
    Malformed,
    /// Of another site.
    OtherSite,
    /// Its items do not make its public key.
    Parts,
}

impl fmt::Display for KeyFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "give the key's own file, whole: this is another text",
            Self::OtherSite => "the key is one of another site",
            Self::Parts => "the private items do not belong to the public key: restore the file from a copy",
        })
    }
}

impl core::error::Error for KeyFileError {}

/// Reads a private key under this label.
///
/// # Errors
/// [`KeyFileError`]
pub fn read_private(label: Label, text: &str, site: &Site) -> Result<PrivateItems, KeyFileError> {
    let rest = text.strip_prefix(label.as_str()).and_then(|rest| rest.strip_prefix('\n'));
    let mut rest = rest.ok_or(KeyFileError::Malformed)?;
    let own = take(&mut rest, "site")?;
    if own != site.as_str() {
        return Err(KeyFileError::OtherSite);
    }
    let suite = Suite::from_name(take(&mut rest, "suite")?).ok_or(KeyFileError::Malformed)?;
    let public = bytes(&mut rest, "public-key")?;
    let public = DataPublicKey::parse(suite, &public).map_err(|_| KeyFileError::Malformed)?;
    let mut items: Vec<(ItemName, Zeroizing<Vec<u8>>)> = Vec::new();
    for name in ItemName::of(suite) {
        items.push((*name, bytes(&mut rest, name.as_str())?));
    }
    if !rest.is_empty() {
        return Err(KeyFileError::Malformed);
    }
    let items: Vec<(ItemName, &[u8])> = items.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
    let key = PrivateItems::from_items(suite, &items).map_err(|_| KeyFileError::Malformed)?;
    (*key.public_key() == public).then_some(key).ok_or(KeyFileError::Parts)
}

/// The value of the next line, which has this name.
fn take<'t>(rest: &mut &'t str, name: &str) -> Result<&'t str, KeyFileError> {
    let (line, more) = rest.split_once('\n').ok_or(KeyFileError::Malformed)?;
    *rest = more;
    line.strip_prefix(name).and_then(|value| value.strip_prefix(' ')).ok_or(KeyFileError::Malformed)
}

fn bytes(rest: &mut &str, name: &str) -> Result<Zeroizing<Vec<u8>>, KeyFileError> {
    b64_decode(take(rest, name)?).map(Zeroizing::new).ok_or(KeyFileError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::b64;
    use crate::testing::TestRng;

    fn text(site: &str, key: &PrivateItems) -> String {
        let mut text = format!(
            "{}\nsite {site}\nsuite {}\npublic-key {}\n",
            Label::RecoveryKey.as_str(),
            key.public_key().suite().name(),
            b64(key.public_key().as_bytes())
        );
        for (name, bytes) in key.items() {
            text.push_str(&format!("{} {}\n", name.as_str(), b64(bytes)));
        }
        text
    }

    #[test]
    fn a_file_is_read_whole_for_its_site_or_refused() {
        let mut rng = TestRng::new("key file");
        let site = Site::parse("a.example").unwrap();
        for suite in [Suite::XWing, Suite::X25519] {
            let key = PrivateItems::generate(suite, &mut rng).unwrap();
            let other = PrivateItems::generate(suite, &mut rng).unwrap();
            let good = text("a.example", &key);
            let read = |text: &str| read_private(Label::RecoveryKey, text, &site).map(|key| key.public_key().clone());
            assert_eq!(read(&good).unwrap(), *key.public_key());
            assert_eq!(read(&text("b.example", &key)), Err(KeyFileError::OtherSite));
            assert_eq!(read_private(Label::AuditKey, &good, &site).unwrap_err(), KeyFileError::Malformed);
            let public = |key: &PrivateItems| b64(key.public_key().as_bytes());
            assert_eq!(read(&good.replace(&public(&key), &public(&other))), Err(KeyFileError::Parts));
            for bad in [String::new(), format!("{good}\n"), good.trim_end().into(), good.replace("suite ", "suit ")] {
                assert_eq!(read(&bad), Err(KeyFileError::Malformed), "{bad}");
            }
            for length in 0..good.len() {
                assert!(read(&good[..length]).is_err());
            }
        }
    }
}
