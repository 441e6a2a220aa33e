//! The trust anchor: from a file, from what was pinned, or, when somebody insists, from the site itself.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use nightsafe_core::anchor::{Origin, TrustAnchor};
use nightsafe_core::label::Label;
use nightsafe_core::release::{FilePath, Place, SiteRelease};
use nightsafe_serve::release::{Manner, decoded};

use crate::net::Net;

/// The scripts of which one holds the anchor: the frame's loader.
const LOADER: &str = "/loader-";

/// Whether two anchors trust the same keys for the same site. Module names and the floor change with every release.
pub fn is_same_trust(one: &TrustAnchor, other: &TrustAnchor) -> bool {
    (&one.site, &one.site_keys, one.threshold) == (&other.site, &other.site_keys, other.threshold)
}

/// Takes the anchor out of the loader that is served now. Whoever serves it could have put any keys into it.
///
/// # Errors
/// Says what is not there.
pub async fn from_site(net: &Net, fields: &Origin, manner: &Arc<Manner>) -> Result<TrustAnchor> {
    let (document, _) = net.server(fields, manner).read_release().await.map_err(|finding| {
        anyhow::anyhow!("{} {}: there is no trust anchor to take from there", finding.what, finding.said)
    })?;
    let release = SiteRelease::parse(&document).context("the release of the site cannot be read")?;
    let place = release.place(fields.as_str()).context("the site serves the release of other origins")?;
    for path in loaders(place) {
        let limit = place.files.get(path).map_or(0, |file| file.bytes);
        let answer = net.asker(fields, manner).ask(path.as_str(), usize::try_from(limit)?, "identity").await;
        let Ok(answer) = answer else { bail!("{} cannot be fetched", place.url(path.as_str())) };
        let bytes = decoded(answer, limit)?;
        if let Some(anchor) = find(&String::from_utf8_lossy(&bytes)) {
            return Ok(anchor);
        }
    }
    bail!("no loader of the site holds a trust anchor: name the fields origin, and ask the shop for the file")
}

fn loaders(place: &Place) -> impl Iterator<Item = &FilePath> {
    place.files.keys().filter(|path| path.as_str().starts_with(LOADER) && path.is_code())
}

/// The one string of a script that begins as an anchor does.
fn find(script: &str) -> Option<TrustAnchor> {
    let at = script.find(&format!("\"{}", Label::TrustAnchor.as_str()))?;
    let mut texts = serde_json::Deserializer::from_str(script.get(at..)?).into_iter::<String>();
    TrustAnchor::parse(&texts.next()?.ok()?).ok()
}
