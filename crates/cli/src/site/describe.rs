//! The document of a release, from the files that it is about.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use nightsafe_core::encoding::b64_decode;
use nightsafe_core::note::Vkey;
use nightsafe_core::release::{File, FilePath, KeyManifestId, MadeWith, Place, SiteRelease};
use nightsafe_core::scalar::Site;
use nightsafe_core::time::UnixTime;
use nightsafe_serve::release::folder::{names, plain, read_headers};

use super::integrity;
use super::inventory::Inventory;
use super::publish::hash_in;
use super::release::{FieldsVersion, Release};
use crate::config::{self, Origins};
use crate::data_dir::{DataDir, ReleaseFolder};
use crate::manifests::Signed;

/// What a release is, besides its files.
pub(crate) struct About<'a> {
    pub(crate) site: Site,
    pub(crate) version: String,
    pub(crate) sequence: u64,
    pub(crate) created: UnixTime,
    pub(crate) expires: UnixTime,
    pub(crate) made_with: MadeWith,
    /// Programs of the site's servers, by the names of their files.
    pub(crate) programs: BTreeMap<String, [u8; 32]>,
    pub(crate) manifest: &'a Signed,
    pub(crate) origins: &'a Origins,
    /// Key of the release log.
    pub(crate) log: Vkey,
}

/// Reads all files of a release's folder.
pub(crate) fn describe(data: &DataDir, folder: &ReleaseFolder, about: About<'_>) -> Result<SiteRelease> {
    let inventory = Inventory::read(&data.inventory())?;
    let fields = place(&about.origins.fields, &folder.fields(), &folder.fields_headers(), &inventory)?;
    let admin = place(&about.origins.admin, &folder.admin(), &folder.admin_headers(), &inventory)?;
    let (fields, element) = with_elements(fields, folder)?;
    let release = SiteRelease {
        site: about.site,
        version: about.version,
        sequence: about.sequence,
        created: about.created,
        expires: about.expires,
        made_with: about.made_with,
        element: Some(element),
        programs: about.programs,
        log: Some(about.log),
        key_manifest: KeyManifestId { sequence: about.manifest.sequence(), hash: about.manifest.hash() },
        fields,
        admin,
    };
    SiteRelease::parse(&release.encode()).context("the release cannot be described")
}

fn place(origin: &str, folder: &Path, headers: &Path, inventory: &Inventory) -> Result<Place> {
    let headers = read_headers(headers)?;
    let mut found = BTreeMap::new();
    for name in names(folder)?.into_iter().filter(|name| plain(name) == name) {
        let file = folder.join(&name);
        let path = FilePath::parse(&format!("/{name}"))
            .with_context(|| format!("{} has a name that is not served: move it away", file.display()))?;
        if !std::fs::symlink_metadata(&file).is_ok_and(|data| data.is_file()) {
            bail!("{} is a link or a folder, and a release has files: move it away", file.display());
        }
        let bytes = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        check_name(&file, &name, &bytes)?;
        let entry = File::of(&bytes, inventory.entry(&path)?);
        if !headers.contains_key(path.as_str()) {
            bail!("{} is no file of the site: move it away", file.display());
        }
        if name == "index.html" {
            found.extend(FilePath::parse("/").map(|path| (path, entry.clone())));
        }
        found.insert(path, entry);
    }
    Ok(Place { origin: config::origin(origin)?, files: found, headers })
}

/// Names the keys that shops' tags list (the other pins are in files of the release), and the element that they list now.
fn with_elements(mut fields: Place, folder: &ReleaseFolder) -> Result<(Place, FilePath)> {
    let record = Release::read(&folder.record())?.context("a release has no record")?;
    let path = |version: &FieldsVersion| FilePath::parse(&format!("/{}", version.element.file));
    for version in record.versions() {
        let keys = version.integrity_keys.iter().map(|key| raw_key(key)).collect::<Option<_>>();
        let element = path(version).and_then(|path| fields.files.get_mut(&path));
        let element = element.context("an element script is not there")?;
        element.keys = keys.context("the record has an integrity key that is none")?;
    }
    let now = path(&record.fields).context("the element script has a name that is not served")?;
    Ok((fields, now))
}

fn raw_key(pin: &str) -> Option<[u8; 32]> {
    b64_decode(pin.strip_prefix("ed25519-")?)?.try_into().ok()
}

/// What was changed behind our back must not get signed as an earlier version.
fn check_name(file: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    if hash_in(name).is_some_and(|hash| hash != integrity::name_hash(bytes)) {
        bail!("{} was changed after it was hashed: restore it, and find out what changes files", file.display());
    }
    Ok(())
}
