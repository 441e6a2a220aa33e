//! `nightsafe.toml`: the site, its origins and where the listeners bind. It holds no secret.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result, bail};
use nightsafe_core::scalar::Site;
use serde::{Deserialize, Serialize};

use crate::files;

/// The whole file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// Site name, as in manifests and envelopes.
    pub(crate) site: String,
    /// Name that the admin signs in with.
    pub(crate) admin_user: String,
    pub(crate) origins: Origins,
    pub(crate) bind: Binds,
}

/// The five origins of DESIGN section 2, each `scheme://host[:port]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Origins {
    pub(crate) shop: String,
    pub(crate) fields: String,
    pub(crate) ingest: String,
    pub(crate) admin: String,
    pub(crate) vault: String,
}

/// Socket addresses of the listeners of `nightsafe up`; port 0 takes a free one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Binds {
    pub(crate) fields: SocketAddr,
    pub(crate) ingest: SocketAddr,
    pub(crate) admin: SocketAddr,
    pub(crate) vault: SocketAddr,
}

impl Config {
    /// Reads and checks the file.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = files::read_text(path).context(
            "this does not look like a data directory: make one with `nightsafe init`, or name it with --data-dir",
        )?;
        let config: Self = toml::from_str(&text).with_context(|| format!("{} is not valid", path.display()))?;
        config.check().with_context(|| format!("{} is not valid", path.display()))?;
        Ok(config)
    }

    /// The file's text.
    pub(crate) fn to_text(&self) -> Result<String> {
        Ok(format!("# Written by `nightsafe init`. No secret belongs in here.\n{}", toml::to_string(self)?))
    }

    /// Refuses names and origins that the formats cannot carry.
    pub(crate) fn check(&self) -> Result<()> {
        self.site()?;
        if self.admin_user.is_empty() || self.admin_user.len() > 64 {
            bail!("the admin's name takes 1 to 64 bytes");
        }
        let Origins { shop, fields, ingest, admin, vault } = &self.origins;
        for origin in [shop, fields, ingest, admin, vault] {
            check_origin(origin)?;
        }
        if [shop, ingest, admin, vault].contains(&fields) || [shop, fields].contains(&admin) {
            bail!(
                "the fields origin and the admin origin must be origins of their own: what they are kept apart from could read them otherwise"
            );
        }
        Ok(())
    }

    /// The site name as the formats take it.
    pub(crate) fn site(&self) -> Result<Site> {
        Site::parse(&self.site).context("the site name takes lowercase letters, digits, dots and hyphens")
    }
}

/// Accepts `https://host[:port]`, and `http://` for localhost only: browsers count nothing else as secure.
pub(crate) fn check_origin(origin: &str) -> Result<()> {
    let (secure, rest) = match (origin.strip_prefix("https://"), origin.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) => (false, rest),
        (None, None) => bail!("an origin starts with https:// (or http://localhost for trying out)"),
    };
    let (host, port) = match rest.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (rest, None),
    };
    let is_host =
        !host.is_empty() && host.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b));
    let is_port =
        port.is_none_or(|port| port.parse::<u16>().is_ok_and(|number| number > 0 && number.to_string() == port));
    if !is_host || !is_port {
        bail!("an origin is scheme, lowercase host and optional port, without a path or a final slash");
    }
    if matches!((secure, port), (true, Some("443")) | (false, Some("80"))) {
        bail!("leave the default port out of an origin: browsers do");
    }
    if !secure && host != "localhost" && !host.ends_with(".localhost") {
        bail!("http:// is accepted for localhost only: take https://");
    }
    Ok(())
}

/// Where to listen for an origin unless told otherwise: its own port on localhost, else `fallback`.
pub(crate) fn default_bind(origin: &str, fallback: u16) -> SocketAddr {
    let port = origin.strip_prefix("http://localhost:").and_then(|port| port.parse().ok()).unwrap_or(fallback);
    SocketAddr::from(([127, 0, 0, 1], port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        let origin = |port: u16| format!("http://localhost:{port}");
        Config {
            site: "demo.nightsafe.example".to_owned(),
            admin_user: "admin".to_owned(),
            origins: Origins {
                shop: origin(4801),
                fields: origin(4802),
                ingest: origin(4803),
                admin: origin(4804),
                vault: origin(4805),
            },
            bind: Binds {
                fields: default_bind("http://localhost:4802", 1),
                ingest: default_bind("http://localhost:4803", 1),
                admin: default_bind("https://admin.example", 4804),
                vault: default_bind("https://vault.example", 4805),
            },
        }
    }

    #[test]
    fn written_and_read_again_it_is_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("nightsafe.toml");
        std::fs::write(&path, config().to_text().unwrap()).unwrap();
        assert_eq!(Config::read(&path).unwrap(), config());
    }

    #[test]
    fn unknown_settings_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("nightsafe.toml");
        let text = config().to_text().unwrap();
        std::fs::write(&path, text.replace("shop = ", "passphrase = \"x\"\nshop = ")).unwrap();
        assert!(Config::read(&path).is_err());
    }

    #[test]
    fn origins_are_exact() {
        for good in ["http://localhost:4801", "https://shop.example", "https://shop.example:8443", "http://a.localhost"]
        {
            check_origin(good).unwrap();
        }
        for bad in [
            "",
            "shop.example",
            "http://shop.example",
            "https://shop.example/",
            "https://Shop.example",
            "https://a b",
            "https://u@shop.example",
            "https://shop.example:443",
            "https://shop.example:0",
            "https://shop.example:08",
            "ftp://shop.example",
            "https://a;script-src *",
        ] {
            assert!(check_origin(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_fields_origin_stands_alone() {
        let mut config = config();
        config.origins.fields.clone_from(&config.origins.shop);
        assert!(config.check().is_err());
    }
}
