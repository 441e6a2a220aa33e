//! From a folder that was made to a release that is served. A site is served unsigned until its site keys signed a release
//! for the first time; from then on, nothing but signed releases is.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::release::{self, MadeWith, NOTE_PATH, PROOF_PATH, SiteRelease};
use nightsafe_core::time::UnixTime;
use nightsafe_serve::release::folder::Folder;

use super::describe::{About, describe};
use super::proposal::{Before, SiteProposal};
use super::served::{self, Served};
use super::stage::Stage;
use super::write_server_files;
use crate::config::Config;
use crate::data_dir::{DataDir, ReleaseFolder};
use crate::files;
use crate::keys::carried::Carried;
use crate::manifests::{self, Signed};
use crate::release_log::{self, Cosigned};

/// A release that ends this soon is made again, also when nothing else is new.
const RENEW_DAYS: u64 = 60;

/// The number under which a site of before there were releases is kept.
const BEFORE_RELEASES: u64 = 0;

/// SHA-256 of programs by the names of their files.
pub(crate) type Programs = BTreeMap<String, [u8; 32]>;

/// What came of a folder.
pub(crate) enum Outcome {
    /// It is what is served already.
    AsServed(u64),
    /// It is served, unsigned.
    Unsigned(u64),
    /// The site keys have to sign it first.
    Proposed(u64),
}

/// What a release is made from, besides its folder.
pub(crate) struct Maker<'a> {
    pub(crate) data: &'a DataDir,
    pub(crate) config: &'a Config,
    /// As the release's scripts carry it.
    pub(crate) anchor: TrustAnchor,
    pub(crate) manifest: &'a Signed,
    pub(crate) now: UnixTime,
    pub(crate) days: u64,
    /// Programs that it names; without any of its own, those of the release before.
    pub(crate) programs: Option<Programs>,
    /// Also when nothing is new.
    pub(crate) renew: bool,
}

/// Number and name of the release that is made next: above all that were signed, also when an older one was put back.
pub(crate) fn next(data: &DataDir, served: Option<&Served>, now: UnixTime) -> Result<(u64, String)> {
    let mut last = served.map_or(0, |served| served.release.sequence);
    let folder = data.signed_releases();
    if folder.exists() {
        for entry in std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            let number = name.split('.').next().and_then(|number| number.parse().ok());
            last = last.max(number.unwrap_or(0));
        }
    }
    let sequence = last.saturating_add(1);
    Ok((sequence, format!("{}.{sequence}", now.day())))
}

impl Maker<'_> {
    /// Describes what is in the folder, and offers it for signing unless there is nothing new.
    pub(crate) fn offer(&self, stage: Stage, served: Option<Served>, made_with: MadeWith) -> Result<Outcome> {
        let folder = stage.folder();
        files::place(&folder.anchor(), self.anchor.encode().as_bytes())?;
        let (sequence, version) = next(self.data, served.as_ref(), self.now)?;
        let about = About {
            site: self.config.site()?,
            version,
            sequence,
            created: self.now,
            expires: self.now.plus_days(self.days),
            made_with,
            programs: self.programs(served.as_ref()),
            manifest: self.manifest,
            origins: &self.config.origins,
            log: release_log::key(self.data, &self.anchor.site)?,
        };
        let release = describe(self.data, folder, about)?;
        if let Some(served) = &served
            && !self.renew
            && served.release.expires > self.now.plus_days(RENEW_DAYS)
            && is_same((&release, folder), (&served.release, &self.data.served()))?
        {
            return Ok(Outcome::AsServed(served.release.sequence));
        }
        let place = self.data.release_folder(sequence);
        let is_signed = served.as_ref().is_some_and(|served| served.note.is_some());
        if is_signed && self.is_offered(&release, folder, &place)? {
            return Ok(Outcome::Proposed(sequence));
        }
        files::place(&folder.document(), release.encode().as_bytes())?;
        let (anchor, manifest) = (self.anchor.clone(), Signed::verify(self.manifest.note.clone(), &self.anchor)?);
        let last = served.as_ref().map_or(BEFORE_RELEASES, |served| served.release.sequence);
        let proposal = SiteProposal::new(anchor, self.before(served)?, manifest, release)?;
        stage.keep(&place)?;
        files::replace(&self.data.release_proposal(sequence), proposal.to_text().as_bytes())?;
        if is_signed {
            return Ok(Outcome::Proposed(sequence));
        }
        take_over(self.data, sequence, last)?;
        Ok(Outcome::Unsigned(sequence))
    }

    fn programs(&self, served: Option<&Served>) -> Programs {
        let before = || served.map(|served| served.release.programs.clone());
        self.programs.clone().or_else(before).unwrap_or_default()
    }

    /// Whether the same was offered before, today: a proposal that is on its way stays the one to publish.
    fn is_offered(&self, release: &SiteRelease, folder: &ReleaseFolder, place: &ReleaseFolder) -> Result<bool> {
        if !self.data.release_proposal(release.sequence).exists() {
            return Ok(false);
        }
        match Served::read(place)? {
            Some(offered) => Ok(offered.release.created.plus_days(1) > self.now
                && is_same((release, folder), (&offered.release, place))?),
            None => Ok(false),
        }
    }

    fn before(&self, served: Option<Served>) -> Result<Option<Before>> {
        let Some(Served { document, note: Some(note), .. }) = served else { return Ok(None) };
        let before = Before::verify(note, document, &self.anchor);
        before.map(Some).context("the release that is served is not signed by the site keys: restore it from a copy")
    }
}

/// Whether two releases serve the same, whatever their names and times.
fn is_same(one: (&SiteRelease, &ReleaseFolder), other: (&SiteRelease, &ReleaseFolder)) -> Result<bool> {
    let (SiteRelease { version, sequence, created, expires, .. }, folder) = other;
    let (version, sequence, created, expires) = (version.clone(), *sequence, *created, *expires);
    let renamed = SiteRelease { version, sequence, created, expires, ..one.0.clone() };
    let read = |path: PathBuf| std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()));
    Ok(renamed == *other.0
        && read(one.1.record())? == read(folder.record())?
        && read(one.1.anchor())? == read(folder.anchor())?)
}

/// Serves a release that enough site keys have signed, once every byte of it is found right. Done again after an
/// interruption, it goes on where it was.
/// It is in the release log, with its proof beside it, before anybody gets it.
pub(crate) async fn publish(
    (data, config): (&DataDir, &Config),
    anchor: &TrustAnchor,
    proposal: &SiteProposal,
    now: UnixTime,
) -> Result<u64> {
    let (note, document) = (proposal.signatures().note(), proposal.document());
    let verified = release::verify(&note, document, anchor, now);
    let verified = verified.context("the release is not in force now, so it was not published")?;
    let sequence = verified.release().sequence;
    let last = check_order(data, proposal)?;
    if manifests::latest(data, anchor)?.hash() != verified.release().key_manifest.hash {
        bail!("another key manifest was published in the meantime: build the site again");
    }
    let folder = data.release_folder(sequence);
    let held =
        files::read_text(&folder.document()).context("this machine does not hold the release: build the site")?;
    if held != document {
        bail!("release {sequence} was built again in the meantime, so this is not its proposal: sign the new one");
    }
    let findings = Folder::open(folder.root())?.check_unpublished(verified.release())?;
    if !findings.is_empty() {
        bail!(
            "the files are not those that were signed:\n{}\nbuild the site again",
            nightsafe_serve::release::lines(&findings)
        );
    }
    files::create_public_dir(&data.signed_releases())?;
    files::place(&data.signed_releases().join(format!("{sequence}.json")), document.as_bytes())?;
    files::place(&data.signed_releases().join(format!("{sequence}.note")), note.as_bytes())?;
    let proof = match verified.release().log {
        Some(_) => {
            release_log::record_cosigned((data, config), anchor, (Cosigned::Must, now)).await?;
            Some(release_log::proof(data, verified.release())?.encode())
        }
        None => None,
    };
    write_descriptions(&folder, verified.release(), &note, proof)?;
    take_over(data, sequence, last)?;
    Ok(sequence)
}

/// Refuses a proposal that does not follow what is served. The number of the release before it.
fn check_order(data: &DataDir, proposal: &SiteProposal) -> Result<u64> {
    let Some(served) = Served::read(&data.served())? else { return Ok(BEFORE_RELEASES) };
    let (last, sequence) = (served.release.sequence, proposal.release().sequence);
    if last == sequence {
        return Ok(sequence.saturating_sub(1));
    }
    let before = proposal.before().map(|before| before.verified().hash());
    let follows = served.note.is_none() || before == Some(release::hash(&served.document));
    if last > sequence || !follows {
        bail!(
            "release {last} was published in the meantime, so this one does not follow any more: build the site again"
        );
    }
    Ok(last)
}

/// The last steps: the link, then what names the files.
fn take_over(data: &DataDir, sequence: u64, last: u64) -> Result<()> {
    release_log::mirror(data, &data.release_folder(sequence))?;
    served::serve(data, sequence)?;
    files::place(&data.anchor(), files::read_text(&data.release_folder(sequence).anchor())?.as_bytes())?;
    served::prune(data, sequence, last)
}

/// Writes what describes the release beside its files, the note last: where it is, all is.
fn write_descriptions(folder: &ReleaseFolder, release: &SiteRelease, note: &str, proof: Option<String>) -> Result<()> {
    let mut all = release.descriptions();
    all.extend(proof.map(|proof| (PROOF_PATH.to_owned(), proof)));
    all.push((NOTE_PATH.to_owned(), note.to_owned()));
    for (path, text) in all {
        for site in [folder.fields(), folder.admin()] {
            let file = site.join(path.trim_start_matches('/'));
            files::create_public_dir(file.parent().unwrap_or(&site))?;
            files::place(&file, text.as_bytes())?;
        }
    }
    write_server_files(folder, Some(release))?;
    files::place(&folder.note(), note.as_bytes())
}
