//! The witness: what it cosigns, and the statuses of everything else.

use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use nightsafe_core::log::{AddCheckpoint, Checkpoint, Hash, Hashes, Origin, Plan, Proof, Tree, Witness as Cosigner};
use nightsafe_core::note::{Note, NoteSigner};
use nightsafe_monitor::witness::{Witness, router};
use nightsafe_serve::clock::FixedClock;
use nightsafe_store::monitor::MonitorStore;
use tower::ServiceExt;

use crate::rig::now;

const LOG: &str = "demo.nightsafe.example/release-log";

/// A log, and how it could have gone on otherwise.
struct Made {
    hashes: Hashes,
    roots: Vec<Hash>,
}

impl Made {
    fn new(name: &str, shared: u64, size: u64) -> Self {
        let (mut tree, mut hashes) = (Tree::new(), Hashes::default());
        let mut roots = vec![tree.root()];
        for leaf in 0..size {
            let text = if leaf < shared { format!("{leaf}") } else { format!("{name} {leaf}") };
            hashes.store(tree.append(Hash::of_leaf(text.as_bytes())).unwrap());
            roots.push(tree.root());
        }
        Self { hashes, roots }
    }

    fn proof(&self, old: u64, size: u64) -> Proof {
        Plan::for_consistency(old, size).unwrap().read_proof(&self.hashes).unwrap()
    }

    fn request(&self, old: u64, size: u64) -> String {
        let checkpoint = checkpoint(LOG, 1, size, self.roots[size as usize]);
        AddCheckpoint { old, proof: self.proof(old, size), checkpoint }.encode()
    }
}

fn checkpoint(origin: &str, key: u8, size: u64, root: Hash) -> String {
    let signer = NoteSigner::from_seed(origin, &[key; 32]).unwrap();
    Checkpoint { origin: Origin::parse(origin).unwrap(), size, root }.sign(&signer).unwrap()
}

async fn witness(path: &Path) -> axum::Router {
    let store = MonitorStore::open(path).await.unwrap();
    let log = NoteSigner::from_seed(LOG, &[1; 32]).unwrap().vkey().clone();
    router(Arc::new(Witness::new(signer(), &[log], store, Arc::new(FixedClock::new(now())))))
}

fn signer() -> NoteSigner {
    NoteSigner::from_seed("witness.example", &[7; 32]).unwrap()
}

async fn ask(router: &axum::Router, request: Request<Body>) -> (u16, String, String) {
    let answer = router.clone().oneshot(request).await.unwrap();
    let media_type = answer.headers()["content-type"].to_str().unwrap().to_owned();
    let status = answer.status().as_u16();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    (status, media_type, String::from_utf8(bytes.to_vec()).unwrap())
}

async fn add(router: &axum::Router, body: String) -> (u16, String, String) {
    ask(router, Request::post("/add-checkpoint").body(Body::from(body)).unwrap()).await
}

/// Whether the lines cosign the checkpoint of a request.
fn is_cosigned(request: &str, lines: &str) -> bool {
    let mut note = Note::parse(&AddCheckpoint::parse(request).unwrap().checkpoint).unwrap();
    note.add_lines(lines).unwrap();
    Cosigner::new(signer().vkey().clone()).verify(&note) == Ok(Some(now()))
}

#[tokio::test]
async fn it_cosigns_what_continues_and_says_why_it_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("witness.db");
    let router = witness(&path).await;
    let (log, fork) = (Made::new("a", 6, 20), Made::new("b", 6, 20));
    let get = |name: &str| {
        let hash = nightsafe_core::encoding::hex(&<sha2::Sha256 as sha2::Digest>::digest(name.as_bytes()));
        Request::get(format!("/{hash}/checkpoint")).body(Body::empty()).unwrap()
    };
    assert_eq!(ask(&router, get(LOG)).await.0, 404);
    // Not before the first, and then the first
    assert_eq!(add(&router, log.request(3, 5)).await, (409, "text/x.tlog.size".into(), "0\n".into()));
    let request = log.request(0, 5);
    let (status, _, lines) = add(&router, request.clone()).await;
    assert!(status == 200 && is_cosigned(&request, &lines), "{status} {lines}");
    // The same again, and the next
    for request in [log.request(5, 5), log.request(5, 9)] {
        let (status, _, lines) = add(&router, request.clone()).await;
        assert!(status == 200 && is_cosigned(&request, &lines), "{status} {lines}");
    }
    assert_eq!(add(&router, log.request(5, 12)).await, (409, "text/x.tlog.size".into(), "9\n".into()));
    let of = |old: u64, size: u64, root: Hash, proof: Proof| {
        AddCheckpoint { old, proof, checkpoint: checkpoint(LOG, 1, size, root) }.encode()
    };
    let stranger = |origin: &str, key: u8| {
        let checkpoint = checkpoint(origin, key, 12, log.roots[12]);
        AddCheckpoint { old: 9, proof: log.proof(9, 12), checkpoint }.encode()
    };
    let good = log.request(9, 12);
    for (name, body, status) in [
        ("another history", fork.request(9, 12), 422),
        ("another root of that size", of(9, 9, fork.roots[9], Proof::default()), 409),
        ("a wrong proof", of(9, 12, log.roots[12], log.proof(8, 12)), 422),
        ("smaller than before", of(9, 5, log.roots[5], Proof::default()), 400),
        ("an unknown log", stranger("other.example/log", 1), 404),
        ("another key", stranger(LOG, 2), 403),
        ("a changed root", good.replacen("\n12\n", "\n13\n", 1), 403),
        ("no request", "old 9\n".into(), 400),
        ("nothing", String::new(), 400),
        ("an extension", good.replacen("\n12\n", "\n12\nx\n", 1), 403),
    ] {
        assert_eq!(add(&router, body).await.0, status, "{name}");
    }
    let empty = of(0, 0, log.roots[1], Proof::default());
    assert_eq!(add(&router, empty).await.0, 409);
    // After a restart it knows what it has cosigned, and shows it with its signature
    drop(router);
    let router = witness(&path).await;
    assert_eq!(add(&router, fork.request(0, 12)).await, (409, "text/x.tlog.size".into(), "9\n".into()));
    let (status, _, last) = ask(&router, get(LOG)).await;
    let note = Note::parse(&last).unwrap();
    assert_eq!((status, Cosigner::new(signer().vkey().clone()).verify(&note)), (200, Ok(Some(now()))));
    let key = NoteSigner::from_seed(LOG, &[1; 32]).unwrap();
    assert_eq!(Checkpoint::verify(&last, key.vkey()).unwrap().size, 9);
    assert_eq!(ask(&router, get("other.example/log")).await.0, 404);
    assert_eq!(add(&router, good).await.0, 200);
}

#[tokio::test]
async fn of_two_histories_that_come_at_once_one_is_cosigned() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let router = witness(&folder.path().join("witness.db")).await;
        let (log, fork) = (Made::new("a", 6, 20), Made::new("b", 6, 20));
        assert_eq!(add(&router, log.request(0, 4)).await.0, 200);
        let asks = [log.request(4, 12), fork.request(4, 12), log.request(4, 13), fork.request(4, 13)];
        let asks = asks.map(|body| {
            let router = router.clone();
            tokio::spawn(async move { add(&router, body).await.0 })
        });
        let mut statuses = Vec::new();
        for one in asks {
            statuses.push(one.await.unwrap());
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409, 409, 409]);
    }
}

#[tokio::test]
async fn an_endless_request_is_not_read_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let router = witness(&folder.path().join("witness.db")).await;
    assert_eq!(add(&router, "a".repeat(1 << 20)).await.0, 413);
}

#[test]
fn the_sample_has_every_key() {
    crate::samples::check::<nightsafe_monitor::witness::config::Config>(
        "witness.toml",
        &["", "listen", "listen.tls", "log"],
    );
}
