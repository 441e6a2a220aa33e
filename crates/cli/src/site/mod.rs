//! The static site: filling in, hashing, publishing. Everything that changes bytes happens before the hash is taken.

mod assets;
pub(crate) mod describe;
mod fill;
pub(crate) mod headers;
pub(crate) mod integrity;
mod inventory;
mod made_with;
pub(crate) mod markup;
pub(crate) mod offered;
pub(crate) mod proposal;
mod publish;
pub(crate) mod rebuilt;
pub(crate) mod release;
pub(crate) mod retire;
pub(crate) mod served;
pub(crate) mod signed_headers;
pub(crate) mod stage;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, bail};
use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::manifest::{DATA_KEY_FILE, KeyManifest};
use nightsafe_core::note::Vkey;
use nightsafe_core::release::{MadeWith, SiteRelease};
use nightsafe_serve::release::folder::{names, read_headers};
use nightsafe_serve::release::server_files::server_files;

use self::assets::Assets;
use self::fill::Template;
use self::integrity::{sha256, sha384};
use self::publish::{by_content, content_name, hash_in, module, named};
use self::release::{AdminVersion, FieldsVersion, Pinned, Release};
use self::served::Served;
use self::signed_headers::Signatures;
use crate::config::{Config, Origins};
use crate::data_dir::{DataDir, ReleaseFolder};
use crate::files;
use crate::keys::integrity_keys::{self, IntegrityKeys};
use crate::manifests::{self, Signed};

/// Name under which the current key manifest is published.
const KEY_MANIFEST: &str = "key-manifest";
/// What the names of the checkout's modules begin with.
const CHECKOUT: &str = "checkout";
const CHECKOUT_PORTABLE: &str = "checkout-portable";
/// The same of the module that judges new passphrases.
const PASSPHRASE: &str = "passphrase";

/// What the site build fills in and publishes besides the assets.
pub(crate) struct Inputs<'a> {
    pub(crate) config: &'a Config,
    /// The trust anchor; each script gets it with the WASM that it loads.
    pub(crate) anchor: &'a TrustAnchor,
    /// The current key manifest.
    pub(crate) manifest: &'a Signed,
    /// The audit log's public key; `None` when there is no log.
    pub(crate) log_key: Option<&'a Vkey>,
    /// They sign what browsers run, and every pin lists them.
    pub(crate) integrity_keys: &'a IntegrityKeys,
}

impl Inputs<'_> {
    /// With one module for all browsers, both lines name it.
    fn anchor_for(&self, wasm: &Pinned, portable: &Pinned) -> String {
        TrustAnchor { wasm: wasm.to_wasm(), wasm_portable: portable.to_wasm(), ..self.anchor.clone() }.encode()
    }

    /// What scripts append to the hash of a module. The anchor has none of it: the modules read that, too.
    fn keys_behind_hash(&self) -> Result<String> {
        let keys: String = self.integrity_keys.pins().iter().map(|key| format!(" {key}")).collect();
        if !integrity::is_strict(&(sha384(b"") + &keys)) {
            bail!("the integrity keys are not of the strict form");
        }
        Ok(keys)
    }
}

/// The assets with the shop's own text filled in: all that can be refused is refused before anything is written.
pub(crate) struct Filled {
    assets: Assets,
    fields: FieldsFiles,
    admin: AdminFiles,
    /// What the assets were made with.
    pub(crate) made_with: MadeWith,
}

impl Filled {
    pub(crate) fn read(assets: &Path, inputs: &Inputs<'_>) -> Result<Self> {
        let made_with = made_with::read(assets)?;
        let assets = Assets::read(assets)?;
        made_with::check(&made_with, &assets)?;
        let (fields, admin) = (FieldsFiles::fill(&assets, inputs)?, AdminFiles::fill(&assets, inputs)?);
        Ok(Self { assets, fields, admin, made_with })
    }

    /// Writes them into a release's folder, beside the earlier versions that `before` names: files first, then headers, then
    /// the record that names them.
    pub(crate) fn write(
        self,
        data: &DataDir,
        folder: &ReleaseFolder,
        inputs: &Inputs<'_>,
        before: Option<Release>,
        version: &str,
    ) -> Result<Release> {
        let (signer, pins) = (inputs.integrity_keys.signer(), inputs.integrity_keys.pins());
        let fields = self.fields.publish(&folder.fields(), &self.assets, version, &pins)?;
        let admin = self.admin.publish(&folder.admin(), &self.assets, &pins)?;
        let release = Release::succeed(before, fields, admin);
        if inputs.integrity_keys.has_to_fit() {
            release.check_rotation(&integrity_keys::pin(signer))?;
        }
        // Now that nothing is refused any more, and before anything is served that lists them
        inputs.integrity_keys.keep(data)?;
        drop_old_admin_files(&folder.admin(), &release)?;
        write_rest(data, folder, &release, &inputs.config.origins, inputs.manifest, &Signatures::By(signer))?;
        Ok(release)
    }
}

/// Of the admin site, what is current stays, and what was before: nobody pins its files.
fn drop_old_admin_files(folder: &Path, release: &Release) -> Result<()> {
    let kept: BTreeSet<&str> = release.admin_files().map(|one| one.file.as_str()).collect();
    let mut names = names(folder)?;
    // What is not named by its content is not ours to drop: describing the release refuses it
    names.retain(|name| hash_in(name).is_some() && !kept.contains(name.as_str()));
    stage::remove_files(folder, &names)
}

/// Writes what follows from the files: the key manifest with its keys, the headers, and the record.
pub(crate) fn write_rest(
    data: &DataDir,
    folder: &ReleaseFolder,
    release: &Release,
    origins: &Origins,
    manifest: &Signed,
    signatures: &Signatures<'_>,
) -> Result<()> {
    publish_keys(data, folder, manifest.manifest())?;
    publish_manifest(folder, &manifest.note)?;
    publish_headers(folder, release, origins, manifest.manifest(), (signatures, &data.served()))?;
    files::place(&folder.record(), &release.to_bytes()?)
}

/// Publishes a key manifest beside the files that are there.
pub(crate) fn publish_manifest(folder: &ReleaseFolder, note: &str) -> Result<()> {
    named(&folder.fields(), KEY_MANIFEST, note.as_bytes()).map(drop)
}

/// Publishes the data keys that a manifest names; those of earlier ones stay. Random bytes: there is nothing to compress.
pub(crate) fn publish_keys(data: &DataDir, folder: &ReleaseFolder, manifest: &KeyManifest) -> Result<()> {
    for key in &manifest.data_keys {
        files::place(&folder.fields().join(key.file_name()), manifests::read_key(data, key)?.as_bytes())?;
    }
    Ok(())
}

/// Names of all data keys' files that are published.
fn published_keys(folder: &ReleaseFolder) -> Result<Vec<String>> {
    let dir = folder.fields();
    let entries = std::fs::read_dir(&dir).with_context(|| format!("cannot read {}", dir.display()))?;
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let names: std::io::Result<Vec<String>> = names.collect();
    let mut names = names.with_context(|| format!("cannot read {}", dir.display()))?;
    names.retain(|name| name.starts_with(DATA_KEY_FILE));
    names.sort();
    Ok(names)
}

/// Writes both header files, and what other servers need of them. Where signatures are not made, they are those of `served`.
pub(crate) fn publish_headers(
    folder: &ReleaseFolder,
    release: &Release,
    origins: &Origins,
    manifest: &KeyManifest,
    (signatures, served): (&Signatures<'_>, &ReleaseFolder),
) -> Result<()> {
    let mut fields = headers::fields(release, origins, manifest, &published_keys(folder)?);
    let mut admin = headers::admin(release, origins);
    for (headers, files, folder, before) in [
        (&mut fields, release.signed_fields(), folder.fields(), served.fields_headers()),
        (&mut admin, release.signed_admin(), folder.admin(), served.admin_headers()),
    ] {
        signed_headers::add(headers, &files, &folder, (signatures, &before))?;
    }
    files::place(&folder.fields_headers(), &headers::to_bytes(&fields)?)?;
    files::place(&folder.admin_headers(), &headers::to_bytes(&admin)?)?;
    write_server_files(folder, signed_in(folder)?.as_ref())
}

/// Writes the same for servers that are not ours; `signed` is the release that is described beside them.
pub(crate) fn write_server_files(folder: &ReleaseFolder, signed: Option<&SiteRelease>) -> Result<()> {
    for (site, headers) in [("fields", folder.fields_headers()), ("admin", folder.admin_headers())] {
        for file in server_files(site, read_headers(&headers)?, signed)? {
            let path = folder.server_file(site, file.kind);
            match file.text {
                Some(text) => files::place(&path, text.as_bytes())?,
                None if path.exists() => std::fs::remove_file(&path)?,
                None => {}
            }
        }
    }
    Ok(())
}

/// The release that a folder holds, when it is signed: then what describes it is served, too.
fn signed_in(folder: &ReleaseFolder) -> Result<Option<SiteRelease>> {
    let served = Served::read(folder)?;
    Ok(served.and_then(|served| served.note.is_some().then_some(served.release)))
}

/// The checkout's texts, filled in; each pins the one before it.
struct FieldsFiles {
    loader: String,
    frame: String,
    frame_style: String,
    element: String,
}

impl FieldsFiles {
    fn fill(assets: &Assets, inputs: &Inputs<'_>) -> Result<Self> {
        let wasm = pin(CHECKOUT, "wasm", &assets.wasm.bytes)?;
        let portable = pin(CHECKOUT_PORTABLE, "wasm", &assets.wasm_portable.bytes)?;
        let mut loader = Template::new("loader.js", assets.loader.clone())?;
        loader.literal("__NIGHTSAFE_ANCHOR__", &inputs.anchor_for(&wasm, &portable))?;
        loader.literal("__NIGHTSAFE_SRI__", &inputs.keys_behind_hash()?)?;
        loader.literal("__NIGHTSAFE_TEXTS__", &text_lines(&assets.texts, &inputs.integrity_keys.pins())?)?;
        let loader = loader.finish()?;

        let pinned = pin("loader", "js", loader.as_bytes())?;
        let mut frame = Template::new("frame.html", assets.frame.clone())?;
        // The longer name first: the shorter one is its beginning
        frame.text("__NIGHTSAFE_LOADER_INTEGRITY__", &pinned.integrity)?;
        frame.text("__NIGHTSAFE_LOADER__", &pinned.file)?;
        let frame = frame.finish()?;
        markup::check_markup("frame.html", &frame)?;
        markup::check_script("loader.js", &loader)?;

        let pinned = pin("frame", "html", frame.as_bytes())?;
        let mut element = Template::new("element.js", assets.element.clone())?;
        element.literal("__NIGHTSAFE_FIELDS__", &inputs.config.origins.fields)?;
        element.literal("__NIGHTSAFE_FRAME__", &pinned.file)?;
        let element = element.finish()?;
        markup::check_script("element.js", &element)?;
        Ok(Self { loader, frame_style: sha256(inline_style(&frame)?.as_bytes()), frame, element })
    }

    fn publish(self, folder: &Path, assets: &Assets, version: &str, pins: &[String]) -> Result<FieldsVersion> {
        Ok(FieldsVersion {
            version: Some(version.to_owned()),
            wasm: module(folder, CHECKOUT, &assets.wasm)?,
            wasm_portable: module(folder, CHECKOUT_PORTABLE, &assets.wasm_portable)?,
            texts: publish_texts(folder, &assets.texts)?,
            loader: by_content(folder, "loader", "js", self.loader.as_bytes())?,
            frame: by_content(folder, "frame", "html", self.frame.as_bytes())?,
            element: by_content(folder, "element", "js", self.element.as_bytes())?,
            frame_style: self.frame_style,
            integrity_keys: pins.to_vec(),
        })
    }
}

/// For the loader: language, file name and integrity, which is a hash and keys, a line each.
fn text_lines(texts: &BTreeMap<String, Vec<u8>>, keys: &[String]) -> Result<String> {
    let line = |(language, bytes): (&String, &Vec<u8>)| {
        let pinned = pin(&text_stem(language), "json", bytes)?;
        Ok(format!("{language} {} {}", pinned.file, pinned.pin(keys)))
    };
    Ok(texts.iter().map(line).collect::<Result<Vec<_>>>()?.join("\n"))
}

fn publish_texts(folder: &Path, texts: &BTreeMap<String, Vec<u8>>) -> Result<BTreeMap<String, Pinned>> {
    let publish = |(language, bytes): (&String, &Vec<u8>)| {
        Ok((language.clone(), by_content(folder, &text_stem(language), "json", bytes)?))
    };
    texts.iter().map(publish).collect()
}

fn text_stem(language: &str) -> String {
    format!("texts-{language}")
}

/// The admin site's texts, filled in.
struct AdminFiles {
    script: String,
    index: String,
}

impl AdminFiles {
    fn fill(assets: &Assets, inputs: &Inputs<'_>) -> Result<Self> {
        let wasm = pin("admin", "wasm", &assets.admin_wasm.bytes)?;
        let mut script = Template::new("admin.js", assets.admin_script.clone())?;
        script.literal("__NIGHTSAFE_ANCHOR__", &inputs.anchor_for(&wasm, &wasm))?;
        script.literal("__NIGHTSAFE_VAULT__", &inputs.config.origins.vault)?;
        script.literal("__NIGHTSAFE_LOG_KEY__", &inputs.log_key.map(Vkey::to_text).unwrap_or_default())?;
        let Pinned { file, integrity } = pin(PASSPHRASE, "wasm", &assets.passphrase_wasm.bytes)?;
        script.literal("__NIGHTSAFE_PASSPHRASE__", &format!("{file} {integrity}"))?;
        script.literal("__NIGHTSAFE_SRI__", &inputs.keys_behind_hash()?)?;
        let script = script.finish()?;

        let js = pin("admin", "js", script.as_bytes())?;
        let css = pin("admin", "css", &assets.admin_style)?;
        let mut index = Template::new("admin/index.html", assets.admin_index.clone())?;
        index.text("__ADMIN_JS_INTEGRITY__", &js.integrity)?;
        index.text("__ADMIN_JS__", &js.file)?;
        index.text("__ADMIN_CSS_INTEGRITY__", &css.integrity)?;
        index.text("__ADMIN_CSS__", &css.file)?;
        let index = index.finish()?;
        markup::check_markup("admin/index.html", &index)?;
        markup::check_script("admin.js", &script)?;
        Ok(Self { script, index })
    }

    fn publish(self, folder: &Path, assets: &Assets, pins: &[String]) -> Result<AdminVersion> {
        Ok(AdminVersion {
            wasm: module(folder, "admin", &assets.admin_wasm)?,
            passphrase_wasm: module(folder, PASSPHRASE, &assets.passphrase_wasm)?,
            style: by_content(folder, "admin", "css", &assets.admin_style)?,
            script: by_content(folder, "admin", "js", self.script.as_bytes())?,
            index: named(folder, "index.html", self.index.as_bytes())?,
            integrity_keys: pins.to_vec(),
        })
    }
}

/// The name and integrity that a file will have, in the one form that browsers never ignore.
fn pin(stem: &str, extension: &str, bytes: &[u8]) -> Result<Pinned> {
    let integrity = sha384(bytes);
    if !integrity::is_strict(&integrity) {
        bail!("the integrity of {stem}.{extension} is not of the strict form");
    }
    Ok(Pinned { file: content_name(stem, extension, bytes), integrity })
}

/// What is between the frame's `<style>` tags: a policy allows exactly one block, by its hash.
fn inline_style(html: &str) -> Result<&str> {
    let mut blocks = html.split("<style>").skip(1);
    match (blocks.next(), blocks.next()) {
        (Some(block), None) => match block.split_once("</style>") {
            Some((style, _)) => Ok(style),
            None => bail!("frame.html has a <style> that does not end: build the assets again"),
        },
        _ => bail!("frame.html must have exactly one <style> without attributes"),
    }
}
