//! A monitor's look at a site's own origins.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use nightsafe_core::anchor::{Origin, TrustAnchor};
use nightsafe_monitor::check::{Job, Outcome, Target, check};
use nightsafe_monitor::inventory::Inventory;
use nightsafe_monitor::local::Local;
use nightsafe_monitor::net::Net;
use nightsafe_monitor::visitor::Patience;
use nightsafe_serve::client::ClientTls;
use nightsafe_serve::clock::{Clock, SystemClock};

use super::Shop;

/// Looks at fields origin and admin site where they are served, and at ingest.
pub fn look(shop: &Shop, fields: SocketAddr, admin: SocketAddr, ingest: SocketAddr) -> Outcome {
    look_at(shop, Some([fields, admin, ingest]), None)
}

/// Looks at the disk alone.
pub fn look_locally(shop: &Shop) -> Outcome {
    look_at(shop, None, None)
}

/// The same, with the release's programs in this folder.
pub fn look_at_programs(shop: &Shop, folder: &Path) -> Outcome {
    look_at(shop, None, Some(folder))
}

fn look_at(shop: &Shop, addresses: Option<[SocketAddr; 3]>, programs: Option<&Path>) -> Outcome {
    let origin = |port: u16| Origin::parse(&format!("http://localhost:{port}")).unwrap();
    let ports = [4802, 4804, 4803];
    let connect = addresses.iter().flat_map(|all| ports.into_iter().zip(*all)).map(|(port, at)| (origin(port), at));
    let connect = BTreeMap::from_iter(connect);
    let local = Local {
        folder: shop.data(),
        programs: Vec::new(),
        installed: programs.into_iter().map(Path::to_owned).collect(),
    };
    let anchor = TrustAnchor::parse(&fs::read_to_string(shop.data().join("anchor.txt")).unwrap()).unwrap();
    let job = Job {
        anchor,
        targets: if addresses.is_some() {
            vec![Target::Site(origin(4802)), Target::Site(origin(4804))]
        } else {
            Vec::new()
        },
        inventory: Inventory::default(),
        net: Net { tls: ClientTls::trusting(&[]).unwrap(), proxy: None, connect },
        patience: Patience {
            exchange: Duration::from_secs(20),
            check: Duration::from_secs(60),
            again: (1, Duration::ZERO),
        },
        now: SystemClock.now(),
        known: None,
        log: None,
        witnesses: (Vec::new(), 0),
        local: addresses.is_none().then_some(local),
        days: (30, 7),
    };
    tokio::runtime::Runtime::new().unwrap().block_on(check(job))
}

/// Verdict, address and what is said, of each finding.
pub fn told(outcome: &Outcome) -> Vec<String> {
    let findings = outcome.findings.iter().map(|told| &told.finding);
    findings.map(|one| format!("{} {} {}", one.verdict.word(), one.what, one.said)).collect()
}
