//! Clocks that differ, and nonces, over a real connection.

use std::sync::Arc;

use nightsafe_core::anchor::Origin;
use nightsafe_core::note::NoteSigner;
use nightsafe_core::time::UnixTime;
use nightsafe_ingest::relay::{Relay as RelayServer, RelayParts, relay_router};
use nightsafe_serve::clock::{Clock, FixedClock, SystemClock};
use nightsafe_serve::http_signature::WINDOW;
use nightsafe_serve::server::{self, ServerLimits};
use nightsafe_store::outbox::OutboxReader;
use nightsafe_vault::{ClientTls, Relay, RelayConfig, RelayError, Source, SourceError};

struct Clocks {
    relay: Arc<FixedClock>,
    vault: Arc<FixedClock>,
    client: Relay,
    now: UnixTime,
    _folder: tempfile::TempDir,
}

async fn clocks() -> Clocks {
    let folder = tempfile::tempdir().unwrap();
    let now = SystemClock.now();
    // Long before now, so that the start is not what refuses
    let relay = Arc::new(FixedClock::new(UnixTime::from_seconds(now.seconds() - 100_000)));
    let vault = Arc::new(FixedClock::new(now));
    let key = NoteSigner::from_seed("demo.nightsafe.example/relay", &[7; 32]).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = Origin::parse(&format!("http://localhost:{}", listener.local_addr().unwrap().port())).unwrap();
    let server = RelayServer::new(RelayParts {
        outbox: OutboxReader::open(&folder.path().join("outbox.db").into()).await.unwrap(),
        origin: origin.clone(),
        vault_keys: vec![key.vkey().clone()],
        clock: relay.clone(),
    });
    relay.set(now);
    tokio::spawn(server::run(listener, relay_router(server), ServerLimits::default(), std::future::pending()));
    let tls = ClientTls::trusting(&[]).unwrap();
    let client = Relay::new(RelayConfig { origin, tls, key, clock: vault.clone() });
    Clocks { relay, vault, client, now, _folder: folder }
}

impl Clocks {
    async fn refused(&self) -> Option<i64> {
        match self.client.next_batch(1).await {
            Ok(_) => None,
            Err(SourceError::Relay(RelayError::Refused { skew })) => skew,
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn a_clock_that_is_off_by_more_than_the_window_is_named() {
    let clocks = clocks().await;
    for (off, refused) in [(0, false), (WINDOW, false), (WINDOW + 1, true), (86_400, true)] {
        clocks.vault.set(clocks.now.plus(off));
        assert_eq!(clocks.refused().await.is_some(), refused, "{off} seconds ahead");
        clocks.vault.set(UnixTime::from_seconds(clocks.now.seconds() - off));
        assert_eq!(clocks.refused().await.is_some(), refused, "{off} seconds behind");
    }
    // The answer's date is that of the system's clock, which is the one that the relay's should be
    let skew = clocks.refused().await.unwrap();
    assert!((86_400..86_430).contains(&skew), "{skew}");
    clocks.vault.set(clocks.now);
    assert_eq!(clocks.refused().await, None);
}

#[tokio::test]
async fn a_relay_whose_clock_is_set_back_waits_until_it_knows_again_what_it_saw() {
    let clocks = clocks().await;
    let both = |now: UnixTime| {
        clocks.relay.set(now);
        clocks.vault.set(now);
    };
    both(clocks.now.plus(3600));
    assert_eq!(clocks.refused().await, None);
    both(clocks.now);
    assert!(clocks.refused().await.is_some());
    both(clocks.now.plus(3600 - WINDOW));
    assert_eq!(clocks.refused().await, None);
}
