//! `nightsafe site verify`: what one runs after every deployment.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::release::{self, ReleaseError, SiteRelease};
use nightsafe_serve::client::{ClientTls, Endpoint};
use nightsafe_serve::release::folder::{self, Folder};
use nightsafe_serve::release::{Finding, Manner, Server, UNAVAILABLE, UNREACHABLE, lines};

use crate::keys::now;
use crate::site::rebuilt;
use crate::{config, files, term};

/// Something differs, or is not properly signed.
const DIFFERS: u8 = 2;
/// All that could be looked at is right; something could not.
const UNKNOWN: u8 = 3;
/// All is as the release says, and nobody looked who signed it.
const UNSIGNED: u8 = 4;

/// Compares a folder or a running server with its signed release: every byte, every type, every security header
///
/// One line for each difference. Exit status: 0 all is as it was signed; 1 the command could not be carried out; 2 something
/// differs, or is not signed as it must be; 3 something could not be reached, and nothing else is wrong; 4 all is as the
/// release says, but without --anchor nobody knows who signed it.
#[derive(clap::Args, Debug)]
pub(crate) struct VerifyArgs {
    /// A folder with `fields`, `admin` or both in it, or the origin of a server, like https://fields.shop.example
    #[arg(value_name = "DIR-OR-ORIGIN")]
    target: String,
    /// The site's trust anchor, kept where nobody who runs the servers can change it
    #[arg(long, value_name = "FILE")]
    anchor: Option<PathBuf>,
    /// The lowest sequence number that the release may have: an older one was put back
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    at_least: u64,
    /// Connect to this address instead of where the origin's name leads: one server behind a load balancer, say
    #[arg(long, value_name = "ADDR:PORT")]
    connect: Option<SocketAddr>,
    /// Believe these authorities, in PEM, and not those of this machine
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// A clean checkout of the source, at the release's commit: make the assets there again, and say of which of them no file of
    /// the release is made. Takes minutes, Rust and Node; the same bytes are promised for the toolchain that the release names
    #[arg(long, value_name = "DIR")]
    rebuild: Option<PathBuf>,
    /// The same with assets that were made again already, by `cargo xtask assets` or `cargo xtask reproduce`
    #[arg(long, value_name = "DIR", conflicts_with = "rebuild")]
    rebuilt: Option<PathBuf>,
}

pub(super) async fn run(args: &VerifyArgs) -> Result<()> {
    let anchor = args.anchor.as_deref().map(read_anchor).transpose()?;
    let (release, mut findings) = match is_origin(&args.target) {
        true => of_server(args, anchor.as_ref()).await?,
        false => of_folder(args, anchor.as_ref())?,
    };
    if let Some(release) = &release {
        findings.extend(of_source(args, release)?);
    }
    if !findings.is_empty() {
        term::print(&format!("{}\n", lines(&findings)))?;
    }
    let only_unreachable = findings.iter().all(|finding| finding.code == UNREACHABLE);
    let (status, said) = match findings.len() {
        0 if anchor.is_some() => (0, "OK: all is as it was signed".to_owned()),
        0 => (UNSIGNED, "all is as the release says, but nobody looked who signed it: give --anchor".to_owned()),
        count if only_unreachable => (UNKNOWN, format!("{count} could not be looked at")),
        1 => (DIFFERS, "1 difference".to_owned()),
        count => (DIFFERS, format!("{count} differences")),
    };
    let release = release.map(|release| format!("{} (number {}): ", release.version, release.sequence));
    let said = format!("{}{said}", release.unwrap_or_default());
    if status == 0 {
        return term::print(&format!("{said}\n"));
    }
    Err(term::Status { status, said }.into())
}

fn read_anchor(path: &Path) -> Result<TrustAnchor> {
    TrustAnchor::parse(&files::read_text(path)?).with_context(|| format!("{} is refused", path.display()))
}

fn is_origin(target: &str) -> bool {
    ["https://", "http://"].iter().any(|scheme| target.starts_with(scheme))
}

async fn of_server(args: &VerifyArgs, anchor: Option<&TrustAnchor>) -> Result<(Option<SiteRelease>, Vec<Finding>)> {
    let origin = config::origin(args.target.strip_suffix('/').unwrap_or(&args.target))?;
    let tls = match &args.ca_file {
        Some(path) => ClientTls::from_file(path).with_context(|| format!("{} is refused", path.display()))?,
        None => ClientTls::system().context("the authorities of this machine cannot be read: give --ca-file")?,
    };
    let endpoint = Endpoint::new(&origin, tls);
    let endpoint = match args.connect {
        Some(address) => endpoint.at(address),
        None => endpoint,
    };
    let mut server = Server::new(&origin, endpoint, Arc::new(Manner::default()));
    let (document, note) = match server.read_release().await {
        Ok(read) => read,
        Err(finding) => return Ok((None, vec![finding])),
    };
    let (release, mut findings) = read_release(args, anchor, &document, &note);
    let Some(release) = release else { return Ok((None, findings)) };
    match release.place(origin.as_str()) {
        Some(place) => findings.extend(server.check(&release, &note, place).await),
        None => findings.push(Finding::new("wrong_origin", origin.as_str(), "serves the release of other origins")),
    }
    Ok((Some(release), findings))
}

fn of_folder(args: &VerifyArgs, anchor: Option<&TrustAnchor>) -> Result<(Option<SiteRelease>, Vec<Finding>)> {
    if args.connect.is_some() || args.ca_file.is_some() {
        bail!("--connect and --ca-file go with the origin of a server: name it, like https://fields.shop.example");
    }
    let folder = Folder::open(Path::new(&args.target))?;
    let Some((document, note)) = folder.read_release()? else {
        let said = "has no signed release: `nightsafe site sign` and `nightsafe site publish` make one";
        return Ok((None, vec![Finding::new(UNAVAILABLE, &args.target, said)]));
    };
    let (release, mut findings) = read_release(args, anchor, &document, &note);
    if let Some(release) = &release {
        findings.extend(folder.check(release, &note)?);
    }
    Ok((release, findings))
}

/// What of the source is not in the release, when somebody asks.
fn of_source(args: &VerifyArgs, release: &SiteRelease) -> Result<Vec<Finding>> {
    let assets = match (&args.rebuild, &args.rebuilt) {
        (Some(source), _) => {
            rebuilt::rebuild(source, release)?;
            source.join("target/assets")
        }
        (None, Some(assets)) => assets.clone(),
        (None, None) => return Ok(Vec::new()),
    };
    if is_origin(&args.target) {
        bail!("files into which a site's own text is filled are read from a folder: name that, not an origin");
    }
    let mut served = BTreeMap::new();
    for (place, name) in [(&release.fields, "fields"), (&release.admin, "admin")] {
        for path in place.files.keys() {
            let file = Path::new(&args.target).join(name).join(path.as_str().trim_start_matches('/'));
            let limit = place.files.get(path).map_or(0, |file| file.bytes);
            // What is not there was found already
            let bytes = folder::read(&file, usize::try_from(limit)?);
            served.extend(bytes.ok().map(|bytes| (place.url(path.as_str()), bytes)));
        }
    }
    let compared = rebuilt::compare(&assets, release, &served)?;
    term::progress(&format!("{} files of the release are made of the source", compared.same));
    for url in &compared.unexplained {
        term::progress(&format!(
            "{url} is not: it is of an earlier version, which another commit explains, or of nothing known"
        ));
    }
    let finding =
        |asset| Finding::new("not_reproduced", asset, "was made again, and no file of the release is made of it");
    Ok(compared.missing.into_iter().map(finding).collect())
}

/// The release, when it can be read at all, and what is wrong with it.
fn read_release(
    args: &VerifyArgs,
    anchor: Option<&TrustAnchor>,
    document: &str,
    note: &str,
) -> (Option<SiteRelease>, Vec<Finding>) {
    let found = |error: ReleaseError| Finding::new(error.code(), &args.target, error);
    let read = match anchor {
        Some(anchor) => release::verify(note, document, anchor, now()).map(|verified| verified.release().clone()),
        None => SiteRelease::parse(document),
    };
    match read {
        Ok(release) => {
            let is_old = release.sequence < args.at_least;
            (Some(release), is_old.then(|| found(ReleaseError::Rollback)).into_iter().collect())
        }
        // Files can be compared all the same, with a release that nobody signed for
        Err(error) => (SiteRelease::parse(document).ok(), vec![found(error)]),
    }
}
