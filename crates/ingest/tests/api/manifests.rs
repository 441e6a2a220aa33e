//! Manifests: which ones count, and that changes are noticed. The timestamp note.

use std::time::Duration;

use nightsafe_core::manifest::verify;
use nightsafe_core::suite::Suite;
use nightsafe_core::timestamp;
use nightsafe_ingest::{Ingest, IngestError};
use nightsafe_proto::problem::ProblemType;
use nightsafe_store::outbox::{OutboxWriter, WriterLimits};

use crate::support::{NOW, World, deposit, deposit_at, problem, public_key, receipt_signer, signer, text, time};

/// Files are looked at once a second.
const NOTICED: Duration = Duration::from_millis(1100);

#[tokio::test]
async fn the_current_manifest_and_the_one_before_count() {
    let world = World::new().await;
    let first = world.manifest.clone();
    let mut manifests = vec![first];
    for sequence in [2, 3] {
        let mut next = manifests[0].clone();
        next.sequence = sequence;
        world.files.publish(&next);
        tokio::time::sleep(NOTICED).await;
        manifests.push(next);
        let [.., before, current] = manifests.as_slice() else { unreachable!() };
        for manifest in [before, current] {
            let sent = deposit(manifest, "ORDER-1", &["phone"]);
            assert_eq!(world.post(sent.to_json()).await.status(), 201);
        }
    }
    let oldest = deposit(&manifests[0], "ORDER-1", &["phone"]);
    let refused = problem(world.post(oldest.to_json()).await).await.0;
    assert_eq!(refused, ProblemType::ManifestNotCurrent);
    // One that was signed ahead and not published yet does not count
    let mut ahead = manifests[0].clone();
    ahead.sequence = 4;
    let sent = deposit(&ahead, "ORDER-1", &["phone"]);
    let refused = problem(world.post(sent.to_json()).await).await.0;
    assert_eq!(refused, ProblemType::ManifestNotCurrent);
}

#[tokio::test]
async fn nothing_is_taken_to_a_key_once_no_browser_can_be_sealing_to_it() {
    let world = World::new().await;
    let next = world.manifest.data_keys[1].start;
    let sent = |now| deposit_at(now, &world.manifest, &public_key(Suite::XWing), "ORDER-1", &["phone"]).to_json();
    for (seconds, status) in [(72 * 3600, 201), (72 * 3600 + 1, 409)] {
        let now = next.plus(seconds);
        world.clock.set(now);
        let answer = world.post(sent(now)).await;
        assert_eq!(answer.status(), status, "{seconds}");
        if status == 409 {
            let refused = problem(answer).await;
            assert_eq!(refused, (ProblemType::KeyRetired, Some("/key_id".to_owned())));
        }
    }
    assert_eq!(world.stored().await.len(), 1);
}

#[tokio::test]
async fn a_manifest_that_is_refused_stops_deposits_until_it_is_replaced() {
    let world = World::new().await;
    let sent = world.deposit().to_json();
    let published = world.files.folder.join("fields/key-manifest");
    let good = std::fs::read_to_string(&published).unwrap();
    let last = good.rfind('=').unwrap() - 10;
    let mut forged = good.clone().into_bytes();
    forged[last] = if forged[last] == b'A' { b'B' } else { b'A' };
    let one_signature =
        good.lines().take(good.lines().count() - 1).fold(String::new(), |text, line| text + line + "\n");
    let other_keys = {
        let mut manifest = world.files.manifest(5);
        manifest.receipt_key = signer("demo.nightsafe.example/receipt", 9).vkey().clone();
        world.files.publish(&manifest);
        std::fs::read(&published).unwrap()
    };
    for bad in [forged, one_signature.into_bytes(), b"\xff".to_vec(), Vec::new(), other_keys] {
        std::fs::write(&published, &bad).unwrap();
        tokio::time::sleep(NOTICED).await;
        let refused = problem(world.post(sent.clone()).await).await.0;
        assert_eq!(refused, ProblemType::ManifestUnavailable);
        let refused = problem(world.get("/readyz").await).await.0;
        assert_eq!(refused, ProblemType::ManifestUnavailable);
    }
    std::fs::write(&published, good).unwrap();
    tokio::time::sleep(NOTICED).await;
    assert_eq!(world.post(sent).await.status(), 201);
    assert_eq!(text(world.get("/readyz").await).await, "ready\n");
}

#[tokio::test]
async fn a_manifest_expires_while_ingest_runs() {
    let world = World::new().await;
    assert_eq!(world.get("/readyz").await.status(), 200);
    world.clock.set(world.manifest.not_after.plus(86_401));
    let refused = problem(world.get("/readyz").await).await.0;
    assert_eq!(refused, ProblemType::ManifestUnavailable);
}

#[tokio::test]
async fn the_timestamp_note_names_the_current_manifest() {
    let world = World::new().await;
    let note = std::fs::read_to_string(world.files.folder.join("fields/key-manifest")).unwrap();
    let manifest = verify(&note, &world.files.anchor, time(NOW)).unwrap();
    let get = || async {
        let response = world.get("/v1/timestamp").await;
        assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
        assert_eq!(response.headers()["cache-control"], "no-store");
        text(response).await
    };
    let first = get().await;
    let stamp = timestamp::verify(&first, &manifest, time(NOW)).unwrap();
    assert_eq!(stamp.until, time("2026-11-22T12:00:00Z"));

    world.clock.set(time(NOW).plus(299));
    assert_eq!(get().await, first);
    world.clock.set(time(NOW).plus(300));
    let second = get().await;
    assert_eq!(timestamp::verify(&second, &manifest, time(NOW)).unwrap().until, time(NOW).plus(300 + 86_400));
    world.clock.set(time(NOW));
    assert_eq!(get().await, first, "a clock that was set back");

    let mut next = world.manifest.clone();
    next.sequence = 2;
    let note = world.files.publish(&next);
    let manifest = verify(&note, &world.files.anchor, time(NOW)).unwrap();
    tokio::time::sleep(NOTICED).await;
    timestamp::verify(&get().await, &manifest, time(NOW)).unwrap();
}

#[tokio::test]
async fn one_key_for_two_purposes_is_refused() {
    let world = World::new().await;
    let path = world.folder.path().join("other.db");
    let (writer, _task) = OutboxWriter::open(&path.as_path().into(), WriterLimits::default()).await.unwrap();
    let mut config = world.files.config(writer, world.clock.clone());
    config.timestamp_signer = receipt_signer();
    assert_eq!(Ingest::new(config).err(), Some(IngestError::SameKey));
}
