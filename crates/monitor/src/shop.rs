//! The shop's own page, as one visitor sees it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::{LOCATION, SET_COOKIE};
use nightsafe_core::anchor::Origin;
use nightsafe_core::release::{ALL_PATHS, File, FilePath, Place, SiteRelease};
use nightsafe_serve::client::Answer;
use nightsafe_serve::release::{Failed, Finding as Difference, Manner, UNREACHABLE, decoded};
use url::Url;

use crate::check::{Job, Target};
use crate::net::Net;
use crate::page::{self, Item};
use crate::verdict::{Finding, Verdict};

/// Most bytes of a page, and of a script.
const MAX_BYTES: usize = 4 << 20;
const MAX_REDIRECTS: u32 = 5;
/// Findings of one page that are told one by one.
const MAX_TOLD: usize = 50;

/// A page that was read.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    /// Where it came from in the end.
    address: Url,
    status: u16,
    headers: HeaderMap,
    pub(crate) items: BTreeSet<Item>,
    /// As a browser sends them back.
    pub(crate) cookies: Option<String>,
}

impl Page {
    /// Fetches a page, by way of a few redirects.
    pub(crate) async fn fetch(net: &Net, address: &Url, manner: &Arc<Manner>) -> Result<Self, Finding> {
        let (mut address, asked, mut cookies) = (address.clone(), address.as_str(), Vec::new());
        for _ in 0..=MAX_REDIRECTS {
            let answer = get(net, &address, manner).await?;
            let set = answer.headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
            cookies.extend(set.filter_map(|value| value.split(';').next()).map(str::to_owned));
            let next = answer.headers.get(LOCATION).and_then(|value| value.to_str().ok());
            if let Some(next) = next.filter(|_| answer.status.is_redirection()) {
                address = address.join(next).map_err(|_| unreachable(asked, "leads nowhere"))?;
                continue;
            }
            let (status, headers) = (answer.status.as_u16(), answer.headers.clone());
            let most = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX);
            let body = decoded(answer, most).map_err(|error| hidden(asked, format!("cannot be read: {error}")))?;
            let items = page::items(&page::text(&headers, &body), &address).map_err(|error| hidden(asked, error))?;
            let cookies = (!cookies.is_empty()).then(|| cookies.join("; "));
            return Ok(Self { address, status, headers, items, cookies });
        }
        Err(unreachable(asked, format!("leads on more than {MAX_REDIRECTS} times")))
    }

    /// Where it came from in the end.
    pub(crate) fn address(&self) -> &str {
        self.address.as_str()
    }

    /// Origins of scripts that are named as Nightsafe's element is.
    pub(crate) fn element_origins(&self) -> impl Iterator<Item = Origin> {
        self.items.iter().filter_map(|item| match item {
            Item::Script { url, .. } if is_element(url) => origin(url),
            _ => None,
        })
    }

    /// Holds it against release and inventory.
    pub(crate) async fn check(&self, job: &Job, release: Option<&SiteRelease>, manner: &Arc<Manner>) -> Vec<Finding> {
        let what = self.address.as_str();
        let mut findings = Vec::new();
        let is_there = (200..300).contains(&self.status);
        if !is_there {
            findings.push(unreachable(what, format!("answers with status {}", self.status)));
        }
        let mut is_tagged = false;
        for item in &self.items {
            if let (Item::Script { url, integrity, crossorigin }, Some(release)) = (item, release)
                && let Some(file) = signed(release, url)
            {
                is_tagged |= is_element(url);
                findings.extend(lags(release, url, what));
                // With the keys, or without them, as shops have it whose tag is older or whose policy allows hashes alone
                let is_pinned = [file.pin(), file.integrity()].iter().any(|pin| integrity.as_ref() == Some(pin));
                if !is_pinned || !crossorigin {
                    let said = format!("does not pin {url} by the published integrity, with crossorigin");
                    findings.push(Finding::new(Verdict::UnsignedChange, "tag_not_pinned", what, said));
                }
                continue;
            }
            if release.is_none() && is_unknown(job, item) {
                continue;
            }
            findings.extend(self.check_item(job, item, manner).await);
        }
        if is_there && !is_tagged && release.is_some() {
            let said = "does not load the element of the release";
            findings.push(Finding::new(Verdict::UnsignedChange, "tag_missing", what, said));
        }
        if is_there && !job.inventory.headers.is_empty() {
            findings.extend(self.check_headers(job));
        }
        cut(findings, what)
    }

    async fn check_item(&self, job: &Job, item: &Item, manner: &Arc<Manner>) -> Option<Finding> {
        let what = self.address.as_str();
        let foreign = |code, said: String| Some(Finding::new(Verdict::ForeignScript, code, what, said));
        match (job.inventory.allows(item), item) {
            (Some(None), _) | (Some(Some(_)), Item::Inline(_) | Item::Handler(_) | Item::Frame(_)) => None,
            (Some(Some(integrity)), Item::Script { url, .. }) => match get(&job.net, url, manner).await {
                Err(finding) => Some(finding),
                Ok(answer) if !answer.status.is_success() => {
                    Some(unreachable(url.as_str(), format!("answers with status {}", answer.status.as_u16())))
                }
                Ok(answer) => {
                    let bytes = decoded(answer, u64::try_from(MAX_BYTES).unwrap_or(u64::MAX));
                    let is_same = bytes.is_ok_and(|bytes| File::of(&bytes, None).integrity() == integrity);
                    if is_same {
                        return None;
                    }
                    foreign("script_changed", format!("loads {url}, whose bytes are not those of the inventory"))
                }
            },
            (None, Item::Script { url, .. }) => foreign("script_not_listed", format!("loads {url}")),
            (None, Item::Inline(hash)) => foreign("inline_not_listed", format!("has a script in it, sha256 {hash}")),
            (None, Item::Handler(hash)) => {
                foreign("handler_not_listed", format!("has a handler or an address with code, sha256 {hash}"))
            }
            (None, Item::Frame(url)) => foreign("frame_not_listed", format!("has a frame of {url}")),
        }
    }

    /// The same comparison as for the site's own origins.
    fn check_headers(&self, job: &Job) -> Vec<Finding> {
        let Some(origin) = origin(&self.address) else { return Vec::new() };
        let headers = BTreeMap::from([(ALL_PATHS.to_owned(), job.inventory.headers.clone())]);
        let place = Place { origin, files: BTreeMap::new(), headers };
        let answer: Vec<_> = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let differences = place.check_headers(self.address.path(), &answer);
        let of = |one| Finding::of_difference(Difference::header(self.address.as_str(), one));
        differences.iter().map(of).collect()
    }
}

async fn get(net: &Net, url: &Url, manner: &Arc<Manner>) -> Result<Answer, Finding> {
    let what = url.as_str();
    let origin = origin(url).ok_or_else(|| hidden(what, "has no TLS"))?;
    let target = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let encoding = manner.encodings.last().copied().unwrap_or("identity");
    match net.asker(&origin, manner).ask(&target, MAX_BYTES, encoding).await {
        Ok(answer) => Ok(answer),
        Err(Failed::Unreachable(said)) => Err(unreachable(what, said)),
        Err(Failed::TooLarge) => Err(hidden(what, format!("is longer than {MAX_BYTES} bytes"))),
    }
}

fn origin(url: &Url) -> Option<Origin> {
    Origin::parse(&url.origin().ascii_serialization())
}

/// The file of the release at this address.
fn signed<'r>(release: &'r SiteRelease, url: &Url) -> Option<&'r File> {
    let is_plain = url.query().is_none() && origin(url).as_ref() == Some(&release.fields.origin);
    release.fields.files.get(&FilePath::parse(url.path()).filter(|path| is_plain && path.is_code())?)
}

/// An element of before is as good as that of now, until it is retired.
fn lags(release: &SiteRelease, url: &Url, what: &str) -> Option<Finding> {
    let now = release.element.as_ref().filter(|now| is_element(url) && now.as_str() != url.path())?;
    let now = now.as_str();
    let said =
        format!("loads {}, of an earlier release, which is good until it is retired; that of now is {now}", url.path());
    Some(Finding::new(Verdict::Ok, "earlier_element", what, said))
}

fn is_element(url: &Url) -> bool {
    url.path().starts_with("/element-") && url.path().ends_with(".js")
}

/// Nobody knows the scripts of a site whose release cannot be read, which is a finding of its own.
fn is_unknown(job: &Job, item: &Item) -> bool {
    let Item::Script { url, .. } = item else { return false };
    let named = job.targets.iter().filter_map(|target| match target {
        Target::Site(origin) => Some(origin),
        Target::Page(_) => None,
    });
    let (named, at): (Vec<_>, _) = (named.collect(), origin(url));
    let is_of_site = named.is_empty() || at.is_some_and(|at| named.contains(&&at));
    is_of_site && is_element(url)
}

fn unreachable(what: &str, said: impl ToString) -> Finding {
    Finding::new(Verdict::Unreachable, UNREACHABLE, what, said)
}

/// What a browser shows and we cannot look into is no mere absence.
fn hidden(what: &str, said: impl ToString) -> Finding {
    Finding::new(Verdict::UnsignedChange, "cannot_be_looked_into", what, said)
}

/// A page may be made to have a hundred thousand scripts.
fn cut(mut findings: Vec<Finding>, what: &str) -> Vec<Finding> {
    let more = findings.len().saturating_sub(MAX_TOLD);
    if more > 0 {
        findings.truncate(MAX_TOLD);
        let said = format!("has {more} findings more");
        findings.push(Finding::new(Verdict::ForeignScript, "more", what, said));
    }
    findings
}
