//! Three ingest processes on one PostgreSQL behind nginx, killed in turn under load.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use nightsafe_tests::cluster::Cluster;
use nightsafe_tests::opening::{all_open_once, drain};
use nightsafe_tests::process::{Process, free_address, pause, wait_for};
use nightsafe_tests::seeded::Seeded;
use nightsafe_tests::server::{Server, Way};
use nightsafe_tests::shoppers::Shoppers;
use nightsafe_tests::site::RealSite;

const PROCESSES: usize = 3;
/// Times that each of them is killed.
const ROUNDS: usize = 3;
const SHOPPERS: usize = 8;

#[test]
fn three_ingest_processes_killed_in_turn_lose_nothing() {
    let _turn = crate::TURN.blocking_lock();
    let mut seed = Seeded::announced("three ingest processes behind nginx");
    let start = Instant::now();
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let site = RealSite::make(&folder.path().join("site"));
    let cluster =
        Cluster::start(&folder.path().join("pg")).expect("PostgreSQL is not installed: cargo xtask test installs it");
    tokio::runtime::Runtime::new().unwrap().block_on(cluster.migrate("postgres"));
    let url = |role| cluster.url_as(role, "postgres");
    let mut ingests: Vec<_> = (0..PROCESSES).map(|_| Server::ingest(&site, &url("nightsafe_ingest"), "")).collect();
    let outbox = url("nightsafe_vault");
    let vault = Server::vault(&site, &outbox, &Way::Direct(&outbox));
    let addresses: Vec<_> = ingests.iter().map(Server::address).collect();
    let (nginx, address) = nginx(folder.path(), &addresses);

    let shoppers = Shoppers::start(SHOPPERS, &[address], site.published(), &mut seed);
    for number in 0..PROCESSES * ROUNDS {
        let before = shoppers.receipts();
        let patience = Instant::now();
        while shoppers.receipts() < before + 5 {
            assert!(patience.elapsed() < Duration::from_secs(60), "no deposit came through");
            pause(Duration::from_millis(5));
        }
        pause(Duration::from_millis(seed.below(150)));
        let victim = &mut ingests[number % PROCESSES];
        victim.kill();
        // The other two go on alone for a while
        pause(Duration::from_millis(100 + seed.below(200)));
        victim.resume();
    }
    let failures = shoppers.failures();
    let held = shoppers.stop();
    drain(&url("postgres")).unwrap_or_else(|left| panic!("{left} deposits are left: {}", vault.log()));
    vault.stop();
    ingests.into_iter().for_each(Server::stop);
    drop(nginx);
    all_open_once(&site, &url("postgres"), &held);
    eprintln!(
        "behind nginx: {PROCESSES} processes, {} kills, {} receipts, all of them open, none twice; {failures} requests \
         failed at the proxy; {:.1} s",
        PROCESSES * ROUNDS,
        held.len(),
        start.elapsed().as_secs_f64()
    );
}

/// A proxy that hands a request on to the next server when one is gone. That is safe for a POST of a deposit, which may
/// arrive any number of times.
fn nginx(folder: &Path, servers: &[SocketAddr]) -> (Process, SocketAddr) {
    let address = free_address();
    let folder = folder.join("nginx");
    fs::create_dir(&folder).unwrap();
    let here = folder.display();
    let user = if rustix::process::geteuid().is_root() { "user root;" } else { "" };
    let upstream: String = servers.iter().map(|server| format!("server {server} max_fails=0; ")).collect();
    let config = format!(
        "{user} daemon off; master_process off; pid {here}/pid; error_log {here}/error.log;\n\
         events {{ worker_connections 512; }}\n\
         http {{\n\
         access_log off; client_max_body_size 512k; client_body_buffer_size 512k;\n\
         client_body_temp_path {here}/body; proxy_temp_path {here}/proxy; fastcgi_temp_path {here}/f;\n\
         uwsgi_temp_path {here}/u; scgi_temp_path {here}/s;\n\
         upstream ingest {{ {upstream} keepalive 16; }}\n\
         server {{ listen {address}; location / {{\n\
         proxy_pass http://ingest; proxy_http_version 1.1; proxy_set_header Connection \"\";\n\
         proxy_connect_timeout 2s; proxy_next_upstream error timeout http_503 non_idempotent;\n\
         }} }} }}\n"
    );
    let file = folder.join("nginx.conf");
    fs::write(&file, config).unwrap();
    let program = ["/usr/sbin/nginx", "/usr/local/sbin/nginx"].into_iter().find(|path| Path::new(path).exists());
    let mut command = Command::new(program.unwrap_or("nginx"));
    let log = folder.join("error.log");
    let mut process = Process::start(command.arg("-c").arg(&file).arg("-e").arg(&log), &log);
    wait_for(address, &mut process, &log);
    (process, address)
}
