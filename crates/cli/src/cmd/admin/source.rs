//! Where a release is read from. Nobody there is trusted: all that comes is compared with what the site keys signed.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use axum::http::StatusCode;
use nightsafe_core::anchor::Origin;
use nightsafe_core::log::MAX_LOGGED;
use nightsafe_core::note::MAX_NOTE;
use nightsafe_core::release::{DOCUMENT_PATH, FilePath, MAX_DOCUMENT, NOTE_PATH, PROOF_PATH, Place};
use nightsafe_serve::client::{ClientTls, Endpoint};
use nightsafe_serve::release::{Asker, Failed, Manner};

use crate::config;

/// A release, somewhere.
pub(super) enum Source {
    /// The folder of an admin site's files.
    Folder(PathBuf),
    /// A server that has them; and the file of authorities that it is believed by.
    Server(Origin, Option<PathBuf>),
}

/// The same, ready to be read.
pub(super) enum Reader {
    Folder(PathBuf),
    Server(Box<Asker>),
}

impl Source {
    /// A folder, as seen from `here`, or an origin.
    pub(super) fn parse(text: &str, here: &Path) -> Result<Self> {
        if ["https://", "http://"].iter().any(|scheme| text.starts_with(scheme)) {
            return Ok(Self::Server(config::origin(text.strip_suffix('/').unwrap_or(text)).context("release")?, None));
        }
        Ok(Self::Folder(here.join(text)))
    }

    pub(super) fn trusting(self, authorities: Option<PathBuf>) -> Result<Self> {
        match (self, authorities) {
            (Self::Server(origin, _), authorities) => Ok(Self::Server(origin, authorities)),
            (Self::Folder(_), Some(_)) => bail!("release_ca goes with the origin of a server, and release is a folder"),
            (folder, None) => Ok(folder),
        }
    }

    pub(super) fn open(&self) -> Result<Reader> {
        match self {
            Self::Folder(path) => {
                // The whole of a release, or the admin site's part alone
                let part = path.join("admin");
                let part = if part.is_dir() { part } else { path.clone() };
                if !part.join(name_of(NOTE_PATH)).is_file() {
                    bail!(
                        "{} has no signed release of the admin site in it: name the folder that `nightsafe site publish` made, or a copy of it",
                        path.display()
                    );
                }
                Ok(Reader::Folder(part))
            }
            Self::Server(origin, authorities) => {
                let tls = match authorities {
                    Some(path) => {
                        ClientTls::from_file(path).with_context(|| format!("{} is refused", path.display()))?
                    }
                    None => ClientTls::system()
                        .context("the authorities of this machine cannot be read: name some in release_ca")?,
                };
                let endpoint = Endpoint::new(origin, tls);
                Ok(Reader::Server(Box::new(Asker::new(origin, endpoint, Arc::new(Manner::default())))))
            }
        }
    }
}

impl Reader {
    /// Document and note.
    pub(super) async fn release(&mut self) -> Result<(String, String)> {
        let mut texts = Vec::new();
        for (path, most) in [(DOCUMENT_PATH, MAX_DOCUMENT), (NOTE_PATH, MAX_NOTE)] {
            let bytes = self.bytes(path, most).await?;
            texts.push(String::from_utf8(bytes).with_context(|| format!("{path} is not text"))?);
        }
        texts.pop().zip(texts.pop()).map(|(note, document)| (document, note)).context("there is no release")
    }

    /// The proof that the release is in its log.
    pub(super) async fn proof(&mut self) -> Result<String> {
        let bytes = self.bytes(PROOF_PATH, MAX_LOGGED).await?;
        String::from_utf8(bytes).with_context(|| format!("{PROOF_PATH} is not text"))
    }

    /// All files of an origin; whether they are right, nobody has looked.
    pub(super) async fn files(&mut self, place: &Place) -> Result<BTreeMap<FilePath, Vec<u8>>> {
        let mut files = BTreeMap::new();
        for (path, file) in &place.files {
            let most = usize::try_from(file.bytes).unwrap_or(usize::MAX);
            files.insert(path.clone(), self.bytes(path.as_str(), most).await?);
        }
        Ok(files)
    }

    /// What is at a path; of a longer file one byte more than `most`, which is as wrong.
    async fn bytes(&mut self, path: &str, most: usize) -> Result<Vec<u8>> {
        match self {
            Self::Folder(folder) => {
                let file = folder.join(name_of(path));
                let cannot = || format!("cannot read {}", file.display());
                let mut bytes = Vec::new();
                let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
                let opened = std::fs::File::open(&file).with_context(cannot)?;
                opened.take(limit).read_to_end(&mut bytes).with_context(cannot)?;
                Ok(bytes)
            }
            Self::Server(asker) => match asker.ask(path, most, "identity").await {
                Ok(answer) if answer.status == StatusCode::OK => Ok(answer.body),
                Ok(answer) => {
                    bail!("{}{path} answers with status {}", asker.origin(), answer.status.as_u16())
                }
                Err(Failed::TooLarge) => bail!("{}{path} is longer than what was signed", asker.origin()),
                Err(Failed::Unreachable(said)) => bail!("{}{path}: {said}", asker.origin()),
            },
        }
    }
}

/// Of the file at a path.
fn name_of(path: &str) -> &str {
    match path.trim_start_matches('/') {
        "" => "index.html",
        name => name,
    }
}
