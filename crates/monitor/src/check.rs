//! One check: all visitors look at all there is, and what they saw is put together.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use nightsafe_core::anchor::{Origin, TrustAnchor};
use nightsafe_core::log::Witness;
use nightsafe_core::manifest::VerifiedManifest;
use nightsafe_core::release::{SiteRelease, VerifiedRelease};
use nightsafe_core::time::UnixTime;
use nightsafe_serve::release::{Manner, UNREACHABLE};
use nightsafe_store::monitor::{Highest, ReadLog, WatchedSite};
use tokio::task::JoinSet;
use url::Url;

use crate::inventory::Inventory;
use crate::local::{self, Local};
use crate::log;
use crate::net::Net;
use crate::page::Item;
use crate::shop::Page;
use crate::site;
use crate::verdict::{Finding, Severity, Verdict};
use crate::visitor::{Patience, VISITORS, Visitor, opening_pages};

/// What to look at, and with what.
#[derive(Clone, Debug)]
pub struct Job {
    /// What everything is verified against.
    pub anchor: TrustAnchor,
    /// Origins of the site's own, and pages of the shop.
    pub targets: Vec<Target>,
    /// What the shop's pages may run.
    pub inventory: Inventory,
    /// The way there.
    pub net: Net,
    /// How long to wait.
    pub patience: Patience,
    /// The time.
    pub now: UnixTime,
    /// What was seen before.
    pub known: Option<WatchedSite>,
    /// The release log, as far as it was read before.
    pub log: Option<ReadLog>,
    /// Who is to have cosigned the release log, and how many of them.
    pub witnesses: (Vec<Witness>, usize),
    /// What is on this machine, when it is one of the site's servers.
    pub local: Option<Local>,
    /// Days before the end of a signed text at which that is told, and at which it is urgent.
    pub days: (u64, u64),
}

/// Something to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The fields origin or the admin site's.
    Site(Origin),
    /// A page of the shop.
    Page(Url),
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What was found, and by whom.
    pub findings: Vec<Told>,
    /// The highest release that the site keys signed.
    pub release: Option<VerifiedRelease>,
    /// The highest key manifest.
    pub manifest: Option<VerifiedManifest>,
    /// The head of the roster of admins.
    pub roster_head: Option<[u8; 32]>,
    /// The release log, as far as it could be read and went on from what was read before.
    pub log: Option<ReadLog>,
}

/// A finding, and who found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The finding.
    pub finding: Finding,
    /// Names of visitors; empty when it was all of them, or does not depend on who looks.
    pub only: Vec<&'static str>,
}

/// What one visitor saw.
#[derive(Debug, Default)]
struct Visit {
    findings: Vec<Finding>,
    sites: Vec<site::Seen>,
    cookies: Option<String>,
}

impl Target {
    /// An origin without anything behind it, or the address of a page.
    pub fn parse(text: &str) -> Option<Self> {
        match Origin::parse(text) {
            Some(origin) => Some(Self::Site(origin)),
            None => Url::parse(text).ok().filter(|url| url.has_host()).map(Self::Page),
        }
    }
}

/// Looks, as all visitors: the last ones when the first have been there. And at this machine's own disk, when that is asked for.
pub async fn check(job: Job) -> Outcome {
    let job = Arc::new(job);
    let mut visits: BTreeMap<&'static str, Visit> = BTreeMap::new();
    let mut looking = JoinSet::new();
    for visitor in VISITORS.iter().filter(|visitor| !visitor.again) {
        let job = Arc::clone(&job);
        looking.spawn(async move { (visitor.name, visit(&job, visitor, None).await) });
    }
    visits.extend(looking.join_all().await);
    let cookies = VISITORS.first().and_then(|first| visits.get(first.name)).and_then(|visit| visit.cookies.clone());
    // Nobody waits a second time for who is not there
    let is_there = visits.values().any(Visit::saw_something);
    for visitor in VISITORS.iter().filter(|visitor| visitor.again && is_there) {
        visits.insert(visitor.name, visit(&job, visitor, cookies.as_deref()).await);
    }
    // Who came before a new release looks again
    let highest = visits.values().filter_map(Visit::sequence).max();
    for visitor in &VISITORS {
        let is_behind =
            visits.get(visitor.name).is_some_and(|visit| visit.sequence() < highest && visit.sequence().is_some());
        if is_behind {
            let again = visit(&job, visitor, cookies.as_deref()).await;
            visits.insert(visitor.name, again);
        }
    }
    let shown: Vec<log::Shown> = visits
        .iter()
        .flat_map(|(name, visit)| visit.sites.iter().flat_map(|site| site.log.iter().map(|shown| shown.by(name))))
        .collect();
    let local = job.local.as_ref().map(|local| {
        let sites = || visits.values().flat_map(|visit| &visit.sites);
        let release = sites().filter_map(|site| site.release.as_ref()).max_by_key(|one| one.release().sequence);
        let manifest = sites().filter_map(|site| site.keys.manifest.as_ref()).max_by_key(|one| one.manifest().sequence);
        local::look(&job, local, local::Shown { release, manifest })
    });
    let mut outcome = put_together(&job, visits, local);
    let (findings, read) = log::examine(&job, &outcome, shown).await;
    outcome.log = read;
    outcome.findings.extend(findings);
    // The worst first
    outcome.findings.sort_by_key(|told| match told.finding.severity() {
        Severity::Critical => 0,
        Severity::Unknown => 1,
        Severity::Warning => 2,
        Severity::Ok => 3,
    });
    outcome
}

/// What a page runs, as the first visitor sees it, without what the site keys vouch for.
///
/// # Errors
/// Why it could not be read.
pub async fn items_of(net: &Net, patience: &Patience, page: &Url) -> Result<BTreeSet<Item>, String> {
    let [first, ..] = VISITORS;
    let manner = Arc::new(first.manner(patience, Some(&page.origin().ascii_serialization()), None));
    let page = Page::fetch(net, page, &Arc::new(opening_pages(&manner))).await.map_err(|finding| finding.said)?;
    let elements: Vec<Origin> = page.element_origins().collect();
    let of_site = |item: &Item| matches!(item, Item::Script { url, .. } if elements.iter().any(|origin| origin.as_str() == url.origin().ascii_serialization()));
    Ok(page.items.iter().filter(|item| !of_site(item)).cloned().collect())
}

async fn visit(job: &Job, visitor: &Visitor, cookies: Option<&str>) -> Visit {
    let pages: Vec<&Url> =
        job.targets.iter().filter_map(|target| if let Target::Page(url) = target { Some(url) } else { None }).collect();
    let shop = pages.first().map(|url| url.origin().ascii_serialization());
    let manner = Arc::new(visitor.manner(&job.patience, shop.as_deref(), cookies));
    let opens = Arc::new(opening_pages(&manner));
    let mut visit = Visit::default();
    let mut origins: BTreeSet<Origin> = job
        .targets
        .iter()
        .filter_map(|target| if let Target::Site(origin) = target { Some(origin.clone()) } else { None })
        .collect();
    let mut read = Vec::new();
    let limit = job.patience.check;
    let too_slow = |what: &str| {
        let said = format!("not all could be looked at within {} seconds", limit.as_secs());
        Finding::new(Verdict::Unreachable, UNREACHABLE, what, said)
    };
    for address in pages {
        // By way of redirects, of which each may take its time
        match tokio::time::timeout(limit, Page::fetch(&job.net, address, &opens)).await {
            Ok(Ok(page)) => read.push(page),
            Ok(Err(finding)) => visit.findings.push(finding),
            Err(_) => visit.findings.push(too_slow(address.as_str())),
        }
    }
    if origins.is_empty() {
        origins.extend(read.iter().flat_map(Page::element_origins));
    }
    let mut seen = BTreeSet::new();
    // A page may name any number of them
    for origin in origins.into_iter().take(4) {
        visit.look_at(job, origin, &manner, &mut seen).await;
    }
    // The fields origin is the one that was signed, whatever a page says
    if let Some(fields) = visit.release().map(|release| release.fields.origin.clone()) {
        visit.look_at(job, fields, &manner, &mut seen).await;
    }
    if visit.sites.is_empty() && !read.is_empty() {
        let said =
            "no page loads Nightsafe's element, and no origin of the site was named: nothing is known of the site";
        let what = read.first().map(Page::address).unwrap_or_default();
        visit.findings.push(Finding::new(Verdict::UnsignedChange, "tag_missing", what, said));
    }
    for page in &read {
        let looking = page.check(job, visit.release(), &manner);
        match tokio::time::timeout(limit, looking).await {
            Ok(found) => visit.findings.extend(found),
            Err(_) => visit.findings.push(too_slow(page.address())),
        }
        visit.cookies = visit.cookies.take().or_else(|| page.cookies.clone());
    }
    visit
}

impl Visit {
    async fn look_at(&mut self, job: &Job, origin: Origin, manner: &Arc<Manner>, seen: &mut BTreeSet<Origin>) {
        if seen.insert(origin.clone()) {
            let mut site = site::look(job, &origin, manner).await;
            self.findings.append(&mut site.findings);
            self.sites.push(site);
        }
    }

    /// Whether anybody answered.
    fn saw_something(&self) -> bool {
        self.releases().next().is_some() || self.findings.iter().any(|one| one.verdict != Verdict::Unreachable)
    }

    fn releases(&self) -> impl Iterator<Item = &VerifiedRelease> {
        self.sites.iter().filter_map(|site| site.release.as_ref())
    }

    fn release(&self) -> Option<&SiteRelease> {
        self.releases().map(VerifiedRelease::release).max_by_key(|release| release.sequence)
    }

    /// The lowest: what is behind is what this visitor was shown.
    fn sequence(&self) -> Option<u64> {
        self.releases().map(|release| release.release().sequence).min()
    }
}

fn put_together(job: &Job, visits: BTreeMap<&'static str, Visit>, local: Option<site::Seen>) -> Outcome {
    let sites = || visits.values().flat_map(|visit| &visit.sites).chain(&local);
    let releases = sites().filter_map(|site| site.release.as_ref());
    let release = releases.max_by_key(|release| release.release().sequence).cloned();
    let manifests = sites().filter_map(|site| site.keys.manifest.as_ref());
    let manifest = manifests.max_by_key(|manifest| manifest.manifest().sequence).cloned();
    let roster_head = sites().find_map(|site| site.keys.roster_head);
    let mut found: BTreeMap<Finding, Vec<&'static str>> = BTreeMap::new();
    for visitor in &VISITORS {
        let Some(visit) = visits.get(visitor.name) else { continue };
        let behind = visit.sequence().zip(release.as_ref().map(|release| release.release().sequence));
        let behind = behind.filter(|(shown, highest)| shown < highest).map(|(shown, highest)| {
            let said = format!("is number {shown}, while others are shown number {highest}");
            Finding::new(Verdict::Rollback, "behind_others", job.anchor.site.as_str(), said)
        });
        // The same from one visitor once
        for finding in visit.findings.iter().cloned().chain(behind).collect::<BTreeSet<_>>() {
            found.entry(finding).or_default().push(visitor.name);
        }
    }
    let mut findings: Vec<Told> = found
        .into_iter()
        .map(|(finding, by)| Told { finding, only: if by.len() == visits.len() { Vec::new() } else { by } })
        .collect();
    let hashes: BTreeSet<_> = sites()
        .filter_map(|site| site.release.as_ref())
        .filter(|one| release.as_ref().is_some_and(|highest| one.release().sequence == highest.release().sequence))
        .map(|one| *one.hash().as_bytes())
        .collect();
    if hashes.len() > 1 {
        let said = "is shown as different releases of one number, all of them signed";
        let finding = Finding::new(Verdict::Rollback, "fork", job.anchor.site.as_str(), said);
        findings.push(Told { finding, only: Vec::new() });
    }
    let found = local.iter().flat_map(|seen| seen.findings.iter().cloned()).collect::<BTreeSet<_>>();
    findings.extend(found.into_iter().map(|finding| Told { finding, only: Vec::new() }));
    let news = news(job, release.as_ref(), manifest.as_ref());
    findings.extend(news.into_iter().map(|finding| Told { finding, only: Vec::new() }));
    Outcome { findings, release, manifest, roster_head, log: None }
}

/// What does not depend on who looks.
fn news(job: &Job, release: Option<&VerifiedRelease>, manifest: Option<&VerifiedManifest>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let site = job.anchor.site.as_str();
    if let Some(verified) = release {
        let SiteRelease { sequence, version, .. } = verified.release();
        let before = job.known.as_ref().and_then(|known| known.release);
        if let Some(Highest { sequence: last, .. }) = before.filter(|last| last.sequence < *sequence) {
            let said = format!("release {version}, number {sequence}, after number {last}");
            findings.push(Finding::new(Verdict::SignedNew, "new_release", site, said));
        }
    }
    let ends = [
        ("release", "release_ends", release.map(|verified| verified.release().expires)),
        ("key manifest", "manifest_ends", manifest.map(|verified| verified.manifest().not_after)),
    ];
    for (what, code, end) in ends {
        let Some(end) = end else { continue };
        let left = days_left(end, job.now);
        if left < job.days.0 {
            let finding = Finding::new(Verdict::Expiring, code, site, format!("the {what} ends at {end}"));
            findings.push(if left < job.days.1 { finding.late() } else { finding });
        }
    }
    findings
}

/// Whole days.
pub(crate) fn days_left(end: UnixTime, now: UnixTime) -> u64 {
    end.seconds().saturating_sub(now.seconds()) / 86_400
}

impl Outcome {
    /// How bad it is.
    pub fn severity(&self) -> Severity {
        Severity::worst(self.findings.iter().map(|told| told.finding.severity()))
    }

    /// What to remember of it. What site keys signed counts, also when something else was wrong.
    pub fn remember(&self, job: &Job) -> WatchedSite {
        let known = job.known.as_ref();
        let highest = |sequence, hash: &[u8; 32]| Highest { sequence, hash: *hash };
        let release = self.release.as_ref().map(|one| highest(one.release().sequence, one.hash().as_bytes()));
        let manifest = self.manifest.as_ref().map(|one| highest(one.manifest().sequence, one.hash().as_bytes()));
        let is_good = matches!(self.severity(), Severity::Ok | Severity::Warning);
        WatchedSite {
            site: job.anchor.site.clone(),
            anchor: job.anchor.encode(),
            first_seen: known.map_or(job.now, |known| known.first_seen),
            last_ok: if is_good { Some(job.now) } else { known.and_then(|known| known.last_ok) },
            release: later(release, known.and_then(|known| known.release)),
            manifest: later(manifest, known.and_then(|known| known.manifest)),
            roster_head: self.roster_head.or(known.and_then(|known| known.roster_head)),
        }
    }
}

fn later(one: Option<Highest>, other: Option<Highest>) -> Option<Highest> {
    match (one, other) {
        (Some(one), Some(other)) if one.sequence <= other.sequence => Some(other),
        (one, other) => one.or(other),
    }
}
