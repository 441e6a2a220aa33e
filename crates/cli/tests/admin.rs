//! `nightsafe admin` as a person in an office runs it: the real command on a signed release, in front of a vault whose
//! certificate nobody vouches for.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a failing test may panic")]

mod common;

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv6Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{SITE, SITE_KEYS, Shop, fails, ok, run};
use nightsafe_core::scalar::Site;
use nightsafe_serve::clock::SystemClock;
use nightsafe_serve::config::Listen;
use nightsafe_serve::service::Service;
use nightsafe_tests::process::{Process, free_address, pause, wait_for};
use nightsafe_vault::{ServerSetup, State, VaultConfig, VaultStore};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

const PATIENCE: Duration = Duration::from_secs(20);

/// A site that is built for this command, and its vault's key.
struct Office {
    shop: Shop,
    admin: SocketAddr,
    vault: SocketAddr,
    pin: String,
}

impl Office {
    fn new() -> Self {
        let shop = Shop::made();
        let admin = free_address();
        let vault = std::iter::repeat_with(free_address).find(|other| *other != admin).unwrap();
        let config = shop.data().join("nightsafe.toml");
        let text = fs::read_to_string(&config).unwrap();
        let text = [(4804, admin), (4805, vault)].into_iter().fold(text, |text, (usual, address)| {
            let (old, new) = (format!("http://localhost:{usual}"), format!("http://localhost:{}", address.port()));
            assert!(text.contains(&old));
            text.replace(&old, &new)
        });
        fs::write(&config, text).unwrap();
        let office = Self { shop, admin, vault, pin: String::new() };
        office.build("");
        let pin = office.new_certificate();
        Self { pin, ..office }
    }

    /// Makes the next release, signed and published.
    fn build(&self, variant: &str) {
        self.shop.write_assets(variant);
        let mut build = self.shop.command(&["site", "build", "--site-passphrase-fd", "0"]);
        build.arg("--assets").arg(self.shop.path("assets"));
        for number in [1, 2] {
            build.arg("--site-key").arg(self.shop.path(&format!("site-keys/site-key-{number}.key")));
        }
        ok(run(build, &format!("{SITE_KEYS}\n")));
    }

    /// Exchanges the vault's key; gives the new pin.
    fn new_certificate(&self) -> String {
        let [certificate, key] = ["vault.crt", "vault.key"].map(|name| self.shop.path(name));
        let (new, new_key) = (self.shop.path("new.crt"), self.shop.path("new.key"));
        let mut make = nightsafe(&["vault", "certificate"]);
        make.arg("--certificate").arg(&new).arg("--key").arg(&new_key);
        let pin = ok(run(make, "")).trim().to_owned();
        fs::rename(&new_key, &key).unwrap();
        fs::rename(&new, &certificate).unwrap();
        let mut printed = nightsafe(&["vault", "pin"]);
        printed.arg(&certificate);
        assert_eq!(ok(run(printed, "")).trim(), pin);
        pin
    }

    fn origin(&self, address: SocketAddr) -> String {
        format!("http://localhost:{}", address.port())
    }

    /// The vault's API at an address of its own, over TLS with the key of the moment.
    fn start_vault(&self) -> Vault {
        let runtime = Runtime::new().unwrap();
        let data = self.shop.data();
        let listen: Listen = toml::from_str(&format!(
            "address = \"127.0.0.1:0\"\ntls.certificate = {:?}\ntls.key = {:?}",
            self.shop.path("vault.crt").display(),
            self.shop.path("vault.key").display()
        ))
        .unwrap();
        let admin = self.origin(self.admin);
        let (end, asked) = oneshot::channel::<()>();
        let address = runtime.block_on(async {
            let store = VaultStore::open(&data.join("vault.db").as_path().into()).await.unwrap();
            let login = ServerSetup::from_bytes(&fs::read(data.join("keys/login.key")).unwrap()).unwrap();
            let config = VaultConfig::new(Site::parse(SITE).unwrap(), admin, login);
            let router = nightsafe_vault::router(State::new(store, config, Arc::new(SystemClock)));
            let mut service = Service::default();
            let address = service.listen("vault", &listen, router).await.unwrap();
            tokio::spawn(service.run(async {
                let _: Result<(), _> = asked.await;
            }));
            address
        });
        Vault { address, end: Some(end), runtime: Some(runtime) }
    }

    /// `nightsafe admin` with these pins, and the site's own folder unless another release is named.
    fn command(&self, vault: SocketAddr, pins: &[&str], release: Option<&str>) -> Command {
        let pins: Vec<String> = pins.iter().map(|pin| format!("{pin:?}")).collect();
        let release = release.unwrap_or("data/site");
        // Paths as seen from the file
        let text = format!(
            "anchor = \"data/anchor.txt\"\nrelease = {release:?}\nstate = \"seen.json\"\n\
             [vault]\norigin = \"https://localhost:{}\"\npins = [{}]\n",
            vault.port(),
            pins.join(", ")
        );
        let config = self.shop.path("admin.toml");
        fs::write(&config, text).unwrap();
        let mut command = nightsafe(&["admin", "--config"]);
        command.arg(config);
        command
    }

    fn start(&self, command: &mut Command) -> Process {
        let log = self.log();
        let mut process = Process::start(command, &log);
        for address in [self.admin, self.vault] {
            wait_for(address, &mut process, &log);
        }
        process
    }

    fn log(&self) -> PathBuf {
        self.shop.path("admin.log")
    }

    /// Asks one of the two as a browser does.
    fn ask(&self, address: SocketAddr, request: &str, headers: &str) -> String {
        let own = format!("Host: localhost:{}\r\n", address.port());
        let host = if headers.contains("Host:") { "" } else { &own };
        exchange(address, &format!("{request} HTTP/1.1\r\n{host}{headers}Connection: close\r\n\r\n"))
    }

    /// What a page of the site gets from the vault.
    fn of_vault(&self, path: &str) -> String {
        self.ask(self.vault, &format!("GET {path}"), &format!("Origin: {}\r\n", self.origin(self.admin)))
    }

    fn verify(&self) -> std::process::Output {
        let mut command = nightsafe(&["site", "verify", &self.origin(self.admin), "--anchor"]);
        command.arg(self.shop.data().join("anchor.txt"));
        run(command, "")
    }
}

struct Vault {
    address: SocketAddr,
    end: Option<oneshot::Sender<()>>,
    runtime: Option<Runtime>,
}

impl Drop for Vault {
    fn drop(&mut self) {
        drop(self.end.take());
        self.runtime.take().unwrap().shutdown_timeout(Duration::from_secs(1));
    }
}

fn nightsafe(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nightsafe"));
    command.args(arguments);
    command
}

fn exchange(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8(answer).unwrap()
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap()
}

/// A copy of a release, as it is carried on a stick.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let there = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &there);
        } else {
            fs::copy(&path, there).unwrap();
        }
    }
}

#[test]
fn the_site_is_served_as_it_was_signed_to_this_machine_alone_and_its_pages_reach_the_vault() {
    let office = Office::new();
    let vault = office.start_vault();
    // The admin site's part alone, copied to another machine
    let carried = office.shop.path("carried");
    copy(&office.shop.data().join("site/admin"), &carried);
    let mut command = office.command(vault.address, &[&office.pin], Some("carried"));
    let running = office.start(command.arg("--json"));
    let verified = office.verify();
    assert_eq!(verified.status.code(), Some(0), "{}", String::from_utf8_lossy(&verified.stdout));

    let answer = office.of_vault("/v1/openapi.json");
    assert!(status(&answer) == "200" && answer.contains("\"openapi\": \"3.1"), "{}", status(&answer));
    assert!(answer.contains(&format!("access-control-allow-origin: {}\r\n", office.origin(office.admin))), "{answer}");
    // What the vault itself refuses comes through as it said it
    let answer = office.of_vault("/v1/roster");
    assert!(status(&answer) == "401" && answer.contains("problems/sign-in-required"), "{answer}");
    let preflight = format!(
        "Origin: {}\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type,nightsafe-tab\r\n",
        office.origin(office.admin)
    );
    let answer = office.ask(office.vault, "OPTIONS /v1/login/start", &preflight);
    assert!(status(&answer) == "200" && answer.contains("access-control-allow-credentials: true\r\n"), "{answer}");
    assert_eq!(status(&office.of_vault("/healthz")), "404");

    for (address, headers, problem) in [
        (office.admin, "Host: evil.example\r\n".to_owned(), "foreign-host"),
        (office.admin, format!("Host: 127.0.0.1:{}\r\n", office.admin.port()), "foreign-host"),
        (office.admin, "Origin: https://evil.example\r\n".to_owned(), "foreign-origin"),
        (office.vault, format!("Host: evil.example\r\nOrigin: {}\r\n", office.origin(office.admin)), "foreign-host"),
        (office.vault, "Origin: https://evil.example\r\n".to_owned(), "foreign-origin"),
        (office.vault, String::new(), "foreign-origin"),
    ] {
        let answer = office.ask(address, "GET /v1/roster", &headers);
        assert!(answer.contains(&format!("problems/{problem}\"")), "{headers}: {answer}");
        assert!(!answer.contains("access-control-allow-origin: https://evil"), "{answer}");
    }
    // A machine has more addresses that begin with 127, none of which is asked for: so not all addresses are listened at
    for address in [office.admin, office.vault] {
        assert!(TcpStream::connect(SocketAddr::from(([127, 0, 0, 2], address.port()))).is_err());
        if TcpStream::connect((Ipv6Addr::LOCALHOST, address.port())).is_err() {
            println!("LEFT OUT: this machine has no IPv6 loopback");
        }
    }

    // What is changed on the disk afterwards is not what is served, and not served the next time
    let page = carried.join("index.html");
    let good = fs::read(&page).unwrap();
    fs::write(&page, [good.as_slice(), b" "].concat()).unwrap();
    assert_eq!(office.verify().status.code(), Some(0));
    assert!(running.stop().success());
    let said = fails(run(office.command(vault.address, &[&office.pin], Some("carried")), ""));
    assert!(said.contains("not those that were signed") && said.contains("no_manifest_match"), "{said}");
    fs::write(&page, good).unwrap();
    let printed = fs::read_to_string(office.log()).unwrap();
    let line: serde_json::Value =
        serde_json::from_str(printed.lines().find(|line| line.starts_with('{')).unwrap()).unwrap();
    assert_eq!(line["admin"], office.origin(office.admin));
    assert_eq!(line["sequence"], 1);
}

#[test]
fn another_key_than_the_pinned_one_gets_nothing_at_the_start_or_later() {
    let office = Office::new();
    let vault = office.start_vault();
    let other = format!("sha256/{}=", "A".repeat(43));
    let said = fails(run(office.command(vault.address, &[&other], None), ""));
    assert!(said.contains("does not have the vault's key") && said.contains("nothing is served"), "{said}");
    assert!(TcpStream::connect(office.admin).is_err());

    let running = office.start(&mut office.command(vault.address, &[&office.pin], None));
    assert_eq!(status(&office.of_vault("/v1/openapi.json")), "200");
    // The vault has another key from now on, or somebody else its place
    let next = office.new_certificate();
    let start = Instant::now();
    let answer = loop {
        let answer = office.of_vault("/v1/openapi.json");
        if status(&answer) != "200" || start.elapsed() > PATIENCE {
            break answer;
        }
        pause(Duration::from_millis(50));
    };
    assert!(status(&answer) == "502" && answer.contains("problems/vault-not-recognised"), "{answer}");
    // The page may read why
    assert!(answer.contains(&format!("access-control-allow-origin: {}\r\n", office.origin(office.admin))), "{answer}");
    assert!(running.stop().success());

    // Both pins, while one takes the place of the other
    let running = office.start(&mut office.command(vault.address, &[&office.pin, &next], None));
    assert_eq!(status(&office.of_vault("/v1/openapi.json")), "200");
    let address = vault.address;
    drop(vault);
    let answer = office.of_vault("/v1/openapi.json");
    assert!(status(&answer) == "502" && answer.contains("problems/vault-unreachable"), "{answer}");
    assert!(running.stop().success());
    // A vault that is off is no reason not to start
    let running = office.start(&mut office.command(address, &[&next], None));
    assert!(fs::read_to_string(office.log()).unwrap().contains("does not answer now"));
    assert!(running.stop().success());
}

#[test]
fn no_release_is_served_that_is_older_or_that_the_site_keys_did_not_sign() {
    let office = Office::new();
    let vault = office.start_vault();
    let pin = office.pin.as_str();
    copy(&office.shop.data().join("site"), &office.shop.path("first"));
    let first = || office.command(vault.address, &[pin], Some("first"));
    assert!(office.start(&mut first()).stop().success());
    office.build("next");
    let running = office.start(&mut office.command(vault.address, &[pin], None));
    // The ports are taken, by this very command
    let said = fails(run(office.command(vault.address, &[pin], None), ""));
    assert!(said.contains("cannot listen at"), "{said}");
    assert!(running.stop().success());

    let said = fails(run(first(), ""));
    assert!(said.contains("has number 1, and this machine served number 2 before"), "{said}");
    let state = office.shop.path("seen.json");
    fs::write(&state, "{}").unwrap();
    let said = fails(run(first(), ""));
    assert!(said.contains("is not what this command wrote"), "{said}");
    fs::remove_file(&state).unwrap();
    let mut command = first();
    command.args(["--at-least", "2"]);
    let said = fails(run(command, ""));
    assert!(said.contains("2 is the lowest that is served"), "{said}");
    assert!(!state.exists());

    // By the keys of another site with the same name
    let stranger = Shop::made();
    let mut command = first();
    command.arg("--anchor").arg(stranger.data().join("anchor.txt"));
    let said = fails(run(command, ""));
    assert!(said.contains("the release is refused, and nothing is served"), "{said}");
}

#[test]
fn a_release_from_a_server_is_held_against_its_signatures_too() {
    let office = Office::new();
    let vault = office.start_vault();
    let up = office.shop.up();
    let from = format!("http://localhost:{}", up.address("admin").port());
    let running = office.start(&mut office.command(vault.address, &[&office.pin], Some(&from)));
    assert_eq!(office.verify().status.code(), Some(0));
    assert!(running.stop().success());

    let page = office.shop.data().join("site/admin/index.html");
    let bytes = fs::read(&page).unwrap();
    let changed = String::from_utf8(bytes).unwrap().replace("Admin", "Evil!");
    fs::remove_file(&page).unwrap();
    fs::write(&page, changed).unwrap();
    let said = fails(run(office.command(vault.address, &[&office.pin], Some(&from)), ""));
    assert!(said.contains("no_manifest_match"), "{said}");
    assert_eq!(up.stop("-TERM"), 0);
    let said = fails(run(office.command(vault.address, &[&office.pin], Some(&from)), ""));
    assert!(said.contains("cannot be read"), "{said}");
}
