//! `nightsafe.toml`: the site, its origins and where the listeners bind. It holds no secret.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use nightsafe_core::anchor::Origin;
use nightsafe_core::identity::AdminName;
use nightsafe_core::log::Witness;
use nightsafe_core::scalar::Site;
use nightsafe_vault::MailSection;
use nightsafe_vault::config::Sessions;
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
    /// File with the URL of the vault's database, by its full path; without it, that is `vault.db` beside this file. Not
    /// the URL itself, which may have a password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) vault_url_file: Option<PathBuf>,
    pub(crate) origins: Origins,
    pub(crate) bind: Binds,
    /// How long admins stay signed in.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub(crate) sessions: Sessions,
    /// Where what is due is announced. Written by hand.
    #[serde(default, skip_serializing)]
    pub(crate) mail: Option<MailSection>,
    /// Who cosigns the release log. Written by hand.
    #[serde(default, skip_serializing)]
    pub(crate) release_log: Witnesses,
}

/// `[release_log]`: the witnesses that are asked, and how many of them must cosign before a release or key manifest is
/// published.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Witnesses {
    pub(crate) cosigned: usize,
    pub(crate) witness: Vec<WitnessSection>,
    /// Authorities of the witnesses' certificates, in PEM; without it, those of this machine.
    pub(crate) ca_file: Option<PathBuf>,
}

/// `[[release_log.witness]]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WitnessSection {
    /// Its key, `name+id+base64`, of type 4.
    pub(crate) key: String,
    /// Where it takes checkpoints: an origin, and a path where it has one.
    pub(crate) url: String,
}

fn is_usual(sessions: &Sessions) -> bool {
    *sessions == Sessions::default()
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
        AdminName::parse(&self.admin_user).context("the admin's name is refused")?;
        if self.vault_url_file.as_ref().is_some_and(|file| !file.is_absolute()) {
            bail!("vault_url_file takes a full path: commands run in many folders");
        }
        let Origins { shop, fields, ingest, admin, vault } = &self.origins;
        for origin in [shop, fields, ingest, admin, vault] {
            self::origin(origin)?;
        }
        if [shop, ingest, admin, vault].contains(&fields) || [shop, fields].contains(&admin) {
            bail!(
                "the fields origin and the admin origin must be origins of their own: what they are kept apart from could read them otherwise"
            );
        }
        self.release_log.check()
    }

    /// The site name as the formats take it.
    pub(crate) fn site(&self) -> Result<Site> {
        Site::parse(&self.site).context("the site name takes lowercase letters, digits, dots and hyphens")
    }
}

impl Witnesses {
    fn check(&self) -> Result<()> {
        if self.cosigned > self.witness.len() {
            bail!("release_log.cosigned asks for more cosignatures than there are witnesses");
        }
        for section in &self.witness {
            section.witness()?;
            section.place()?;
        }
        Ok(())
    }
}

impl WitnessSection {
    /// Who it is.
    pub(crate) fn witness(&self) -> Result<Witness> {
        Witness::parse(&self.key)
            .context("the key of a witness is name+id+base64, as the witness prints it: of type 4, for cosignatures")
    }

    /// Its origin, and the path that stands before `/add-checkpoint`.
    pub(crate) fn place(&self) -> Result<(Origin, &str)> {
        let host = self.url.find("://").and_then(|at| at.checked_add(3)).unwrap_or_default();
        let path = self.url.get(host..).and_then(|rest| rest.find('/')).map(|at| at.saturating_add(host));
        let (origin, path) = self.url.split_at_checked(path.unwrap_or(self.url.len())).unwrap_or_default();
        let path = path.strip_suffix('/').unwrap_or(path);
        if !path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte)) {
            bail!("the URL of a witness has something in its path that no witness has");
        }
        Ok((self::origin(origin).context("the URL of a witness")?, path))
    }
}

/// An origin as browsers write it.
pub(crate) fn origin(text: &str) -> Result<Origin> {
    Origin::parse(text).context(
        "an origin is https:// (or http:// on localhost), a lowercase host and, unless it is the default one, a port; nothing behind it",
    )
}

/// Browsers send the session's cookie to the vault only from a page of the same site: scheme, and the part of the host
/// that is registered. What that part is, no rule says; the last two labels are always in it.
pub(crate) fn check_one_site(Origins { admin, vault, .. }: &Origins) -> Result<()> {
    if site_of(admin) == site_of(vault) {
        return Ok(());
    }
    bail!(
        "the admin origin and the vault origin must be of one site, like https://admin.office.example and \
         https://vault.office.example: browsers keep admins signed in only then"
    )
}

/// Scheme and last two labels; all of an address in numbers.
fn site_of(origin: &str) -> (&str, &str) {
    let (scheme, rest) = origin.split_once("://").unwrap_or_default();
    // The colons of an address in brackets are its own
    let address = rest.find(']').and_then(|end| rest.get(..=end));
    let host = address.or(rest.rsplit_once(':').map(|(host, _)| host)).unwrap_or(rest);
    if address.is_some() || host.parse::<std::net::Ipv4Addr>().is_ok() {
        return (scheme, host);
    }
    let labels =
        host.rmatch_indices('.').nth(1).map_or(host, |(dot, _)| host.get(dot.saturating_add(1)..).unwrap_or(host));
    (scheme, labels)
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
            vault_url_file: Some("/etc/nightsafe/vault.url".into()),
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
            sessions: Sessions::default(),
            mail: None,
            release_log: Witnesses::default(),
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
    fn admin_site_and_vault_are_of_one_site() {
        let one_site = |admin: &str, vault: &str| {
            let origins = Origins { admin: admin.to_owned(), vault: vault.to_owned(), ..config().origins };
            check_one_site(&origins).is_ok()
        };
        for (admin, vault) in [
            ("http://localhost:4804", "http://localhost:4805"),
            ("https://admin.office.example", "https://vault.office.example:8443"),
            ("https://office.example", "https://vault.office.example"),
            ("https://10.0.0.7", "https://10.0.0.7:8443"),
            ("https://[::1]", "https://[::1]:8443"),
        ] {
            assert!(one_site(admin, vault), "{admin} {vault}");
        }
        for (admin, vault) in [
            ("https://admin.example", "https://vault.example"),
            ("http://localhost:4804", "https://localhost:4805"),
            ("https://10.0.0.7", "https://10.1.0.7"),
            ("https://[::1]", "https://[::2]"),
        ] {
            assert!(!one_site(admin, vault), "{admin} {vault}");
        }
    }

    #[test]
    fn how_long_sessions_last_is_named_where_it_is_not_the_usual() {
        assert!(!config().to_text().unwrap().contains("sessions"));
        let text = format!("{}\n[sessions]\nidle_seconds = 1800\n", config().to_text().unwrap());
        let read: Config = toml::from_str(&text).unwrap();
        assert_eq!(read.sessions, Sessions { idle_seconds: 1800, ..Sessions::default() });
    }

    #[test]
    fn witnesses_are_read_and_no_more_are_asked_for_than_there_are() {
        let key = nightsafe_core::note::NoteSigner::from_seed("witness.example", &[7; 32]).unwrap().vkey().clone();
        let key = Witness::new(key);
        let with = |cosigned: usize, key: &str, url: &str| {
            let section = format!("[release_log]\ncosigned = {cosigned}\n[[release_log.witness]]\nkey = \"{key}\"\n");
            let text = format!("{}\n{section}url = \"{url}\"\n", config().to_text().unwrap());
            let config: Config = toml::from_str(&text).unwrap();
            config.check().map(|()| config)
        };
        let text = key.to_text();
        let read = with(1, &text, "https://witness.example:8443/w/1/").unwrap().release_log.witness[0].clone();
        assert_eq!(read.witness().unwrap(), key);
        let (origin, path) = read.place().unwrap();
        assert_eq!((origin.as_str(), path), ("https://witness.example:8443", "/w/1"));
        assert!(with(0, &text, "http://localhost:4810").is_ok());
        assert!(with(2, &text, "https://witness.example").is_err());
        for (key, url) in [("x", "https://w.example"), (&text, "w.example"), (&text, "https://w.example/a b")] {
            assert!(with(1, key, url).is_err(), "{key} {url}");
        }
    }

    #[test]
    fn the_vault_is_the_file_beside_it_unless_a_full_path_is_named() {
        let mut config = config();
        config.vault_url_file = None;
        assert!(!config.to_text().unwrap().contains("vault_url"));
        config.check().unwrap();
        config.vault_url_file = Some("vault.url".into());
        assert!(config.check().is_err());
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
    fn origins_are_those_of_the_formats() {
        let mut config = config();
        config.origins.shop = "https://shop.example/path".to_owned();
        assert!(config.check().is_err());
    }

    #[test]
    fn the_fields_origin_stands_alone() {
        let mut config = config();
        config.origins.fields.clone_from(&config.origins.shop);
        assert!(config.check().is_err());
    }
}
