//! The release that is served: signed by the site keys, not older than the last one, made for this machine's addresses, and
//! every byte as it was signed.

use anyhow::{Context, Result, bail};
use nightsafe_core::anchor::Origin;
use nightsafe_core::release::{self, Place, VerifiedRelease};
use nightsafe_core::time::UnixTime;
use nightsafe_serve::release::{Held, lines};

use super::local::port;
use super::seen::Seen;
use super::settings::Settings;

/// Verified, whole, and in memory.
pub(super) struct Loaded {
    /// Where the site is served.
    pub(super) admin: Origin,
    /// Where its pages ask the vault.
    pub(super) vault: Origin,
    pub(super) verified: VerifiedRelease,
    pub(super) held: Held,
}

impl Loaded {
    pub(super) async fn read(settings: &Settings, seen: &Seen, now: UnixTime) -> Result<Self> {
        let mut reader = settings.source.open()?;
        let (document, note) = reader.release().await.context("the release cannot be read")?;
        let verified = release::verify(&note, &document, &settings.anchor, now)
            .context("the release is refused, and nothing is served")?;
        let number = verified.release().sequence;
        seen.allows(&verified)?;
        if number < settings.at_least {
            bail!(
                "the release has number {number}, and {} is the lowest that is served: an older one was put back",
                settings.at_least
            );
        }
        let place = &verified.release().admin;
        let (admin, vault) = addresses(place)?;
        let files = reader.files(place).await.context("the release cannot be read")?;
        let proof = match &verified.release().log {
            Some(_) => Some(reader.proof().await.context("nothing shows that the release is in its log")?),
            None => None,
        };
        let held = Held::take(verified.release(), place, &note, proof.as_deref(), files).map_err(|findings| {
            anyhow::anyhow!(
                "the files are not those that were signed, so nothing is served:\n{}\nGet the release again; should that \
                 not help, tell whoever holds the site keys",
                lines(&findings)
            )
        })?;
        Ok(Self { admin, vault, verified, held })
    }
}

/// Where the site is, and where its pages ask the vault: both say what was signed, so that they cannot be told otherwise.
fn addresses(place: &Place) -> Result<(Origin, Origin)> {
    let admin = place.origin.clone();
    if port(&admin).is_none() {
        bail!(
            "this release is made for {admin}, and is served there alone: for this command, the site is built with \
             origins.admin and origins.vault on http://localhost, as docs/OPERATIONS.md says"
        );
    }
    let vault = vault(place).context("the release's policy does not say where its pages ask the vault")?;
    if port(&vault).is_none() || vault == admin {
        bail!(
            "the pages of this release ask the vault at {vault}: for this command, the site is built with an \
             origins.vault on http://localhost and a port of its own, as docs/OPERATIONS.md says"
        );
    }
    Ok((admin, vault))
}

/// The one address of the pages' policy that all of an API lies below.
fn vault(place: &Place) -> Option<Origin> {
    let headers = place.headers_of("/");
    let (_, policy) = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-security-policy"))?;
    let connects = policy.split(';').find_map(|directive| directive.trim().strip_prefix("connect-src "))?;
    let mut apis = connects.split(' ').filter_map(|source| source.strip_suffix("/v1/"));
    let api = apis.next().filter(|_| apis.next().is_none())?;
    Origin::parse(api)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use nightsafe_core::release::Headers;

    use super::*;

    fn place(origin: &str, connects: &str) -> Place {
        let policy = format!("default-src 'none'; connect-src {connects}; frame-src 'none'");
        let headers = Headers::from([("Content-Security-Policy".to_owned(), policy)]);
        let headers = BTreeMap::from([("*".to_owned(), headers)]);
        Place { origin: Origin::parse(origin).unwrap(), files: BTreeMap::new(), headers }
    }

    #[test]
    fn addresses_are_those_that_were_signed() {
        let modules = "http://localhost:4804/a.wasm https://in.example/v1/timestamp";
        let (admin, vault) =
            addresses(&place("http://localhost:4804", &format!("{modules} http://localhost:4805/v1/"))).unwrap();
        assert_eq!((admin.as_str(), vault.as_str()), ("http://localhost:4804", "http://localhost:4805"));
        for (origin, connects, said) in [
            ("https://admin.example", "http://localhost:4805/v1/", "made for https://admin.example"),
            ("http://admin.localhost:4804", "http://localhost:4805/v1/", "made for http://admin.localhost:4804"),
            ("http://localhost:4804", "https://vault.example/v1/", "the vault at https://vault.example"),
            ("http://localhost:4804", "http://localhost:4804/v1/", "the vault at http://localhost:4804"),
            ("http://localhost:4804", "http://localhost:4805/v1/ http://localhost:4806/v1/", "does not say where"),
            ("http://localhost:4804", "http://localhost:4805/v2/", "does not say where"),
        ] {
            let error = addresses(&place(origin, connects)).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
