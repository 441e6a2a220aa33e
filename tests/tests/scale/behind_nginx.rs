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
    let cluster =
        Cluster::start(&folder.path().join("pg")).expect("PostgreSQL is not installed: cargo xtask test installs it");
    tokio::runtime::Runtime::new().unwrap().block_on(cluster.migrate("postgres"));
    let url = |role| cluster.url_as(role, "postgres");
    let site = RealSite::make_with_vault(&folder.path().join("site"), &url("nightsafe_vault"));
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

/// The sample in deploy/, with other addresses and without TLS, which the shoppers here do not speak. It hands a request on
/// to the next server when one is gone; that is safe for a POST of a deposit, which may arrive any number of times.
fn nginx(folder: &Path, servers: &[SocketAddr]) -> (Process, SocketAddr) {
    let address = free_address();
    let folder = folder.join("nginx");
    fs::create_dir(&folder).unwrap();
    let here = folder.display();
    fs::write(folder.join("nightsafe.conf"), sample(&folder, address, servers)).unwrap();
    let user = if rustix::process::geteuid().is_root() { "user root;" } else { "" };
    let config = format!(
        "{user} daemon off; master_process off; pid {here}/pid; error_log {here}/error.log;\n\
         events {{ worker_connections 512; }}\n\
         http {{\n\
         client_body_temp_path {here}/body; proxy_temp_path {here}/proxy; fastcgi_temp_path {here}/f;\n\
         uwsgi_temp_path {here}/u; scgi_temp_path {here}/s;\n\
         include {here}/nightsafe.conf;\n\
         }}\n"
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

fn sample(folder: &Path, address: SocketAddr, servers: &[SocketAddr]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/nginx.conf");
    let mut sample = fs::read_to_string(path).unwrap();
    let mut replace = |from: &str, to: &str| {
        assert!(sample.contains(from), "the sample has no {from}");
        sample = sample.replace(from, to);
    };
    let one = "server 127.0.0.1:4803 ";
    replace(one, "server FIRST ");
    let line = "server FIRST max_fails=1 fail_timeout=2s;";
    let all: Vec<_> = servers.iter().map(|server| line.replace("FIRST", &server.to_string())).collect();
    replace(line, &all.join("\n    "));
    replace("listen 443 ssl;", &format!("listen {address};"));
    replace("listen [::]:443 ssl;", "");
    replace("/var/log/nginx/nightsafe.log", &folder.join("access.log").display().to_string());
    let lines = sample.lines().filter(|line| !line.trim_start().starts_with("ssl_"));
    lines.map(|line| format!("{line}\n")).collect()
}
