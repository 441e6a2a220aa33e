//! The organisation's recovery key: every data key's private items are sealed to it. Its private part goes into a file
//! that is moved offline; the public part stays in the data directory, for the data keys to come.

use std::path::Path;

use anyhow::{Context, Result, bail};
use nightsafe_core::keys::{DataPublicKey, PrivateItems, read_private as read_private_items};
use nightsafe_core::label::Label;
use nightsafe_core::scalar::Site;
use nightsafe_core::suite::Suite;
use zeroize::Zeroizing;

use crate::files;
use crate::labelled::{Reader, Writer};

const WHAT: &str = "recovery key file";

/// The text of the public part.
pub(crate) fn public_text(site: &Site, key: &DataPublicKey) -> String {
    public_lines(Label::RecoveryKey, site, key).finish().to_string()
}

/// The text of the private part: the public one, then the items.
pub(crate) fn private_text(site: &Site, key: &PrivateItems) -> Zeroizing<String> {
    private_lines(Label::RecoveryKey, site, key)
}

/// The text of a private part, under this label.
pub(super) fn private_lines(label: Label, site: &Site, key: &PrivateItems) -> Zeroizing<String> {
    let mut text = public_lines(label, site, key.public_key());
    for (name, bytes) in key.items() {
        text.bytes(name.as_str(), bytes);
    }
    text.finish()
}

/// Reads the public part.
pub(crate) fn read_public(path: &Path, site: &Site) -> Result<DataPublicKey> {
    let text = files::read_text(path)?;
    parse_public(&text, site).with_context(|| format!("{} is refused", path.display()))
}

/// Reads the private part.
pub(crate) fn read_private(path: &Path, site: &Site) -> Result<PrivateItems> {
    let text = Zeroizing::new(files::read_text(path)?);
    parse_private(&text, site).with_context(|| format!("{} is refused", path.display()))
}

fn public_lines(label: Label, site: &Site, key: &DataPublicKey) -> Writer {
    let mut text = Writer::new(label.as_str());
    text.value("site", site.as_str());
    text.value("suite", key.suite().name());
    text.bytes("public-key", key.as_bytes());
    text
}

fn parse_public(text: &str, site: &Site) -> Result<DataPublicKey> {
    let mut lines = Reader::new(WHAT, Label::RecoveryKey.as_str(), text)?;
    let key = take_public(&mut lines, site)?;
    lines.finish()?;
    Ok(key)
}

fn parse_private(text: &str, site: &Site) -> Result<PrivateItems> {
    parse_items(WHAT, Label::RecoveryKey, text, site)
}

/// Reads a private part under this label.
pub(super) fn parse_items(what: &'static str, label: Label, text: &str, site: &Site) -> Result<PrivateItems> {
    if text.lines().next() != Some(label.as_str()) {
        bail!("this is not a {what}: its first line is not {}", label.as_str());
    }
    read_private_items(label, text, site).with_context(|| format!("this is not a {what} of this site"))
}

fn take_public(lines: &mut Reader<'_>, site: &Site) -> Result<DataPublicKey> {
    if lines.value("site")? != site.as_str() {
        bail!("the key is one of another site");
    }
    let suite = Suite::from_name(lines.value("suite")?).context("the suite of the key is unknown")?;
    Ok(DataPublicKey::parse(suite, &lines.bytes("public-key")?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_texts_are_read_back_and_other_sites_refused() {
        let site = Site::parse("demo.example").unwrap();
        let other = Site::parse("other.example").unwrap();
        let key = PrivateItems::generate(Suite::XWing, &mut crate::keys::rng()).unwrap();
        let (public, private) = (public_text(&site, key.public_key()), private_text(&site, &key));
        assert_eq!(parse_public(&public, &site).unwrap(), *key.public_key());
        let again = parse_private(&private, &site).unwrap();
        assert_eq!(*private_text(&site, &again), *private);
        assert!(parse_private(&private, &other).is_err());
        assert!(parse_private(&public, &site).is_err());
        assert!(parse_public(&private, &site).is_err());
    }
}
