//! The headers of a release from servers that are not ours: real nginx and real Caddy with the samples of deploy/ and the files
//! that lie beside the release, held against what was signed.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a failing test may panic")]

mod common;

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;

use common::monitor::{look, look_locally, told};
use common::{SITE_KEYS, Shop, init_passphrases, ok, run};
use nightsafe_core::release::SiteRelease;
use nightsafe_tests::process::{Process, free_address, wait_for};

/// Where the samples say that the site is.
const SAMPLE_SITE: &str = "/srv/nightsafe/site";

/// A site that is served as somebody else's server serves it.
struct Rig {
    shop: Shop,
    kind: Kind,
    scheme: &'static str,
    fields: SocketAddr,
    admin: SocketAddr,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Nginx,
    Caddy,
}

impl Rig {
    fn new(kind: Kind) -> Self {
        Self::over("http", kind)
    }

    fn over(scheme: &'static str, kind: Kind) -> Self {
        let shop = Shop::new();
        ok(run(shop.init_command_over(scheme), &init_passphrases()));
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        fs::write(shop.path("certificate.pem"), made.cert.pem()).unwrap();
        fs::write(shop.path("key.pem"), made.signing_key.serialize_pem()).unwrap();
        shop.write_assets("");
        let mut build = shop.command(&["site", "build", "--site-passphrase-fd", "0"]);
        build.arg("--assets").arg(shop.path("assets"));
        for number in [1, 2] {
            build.arg("--site-key").arg(shop.path(&format!("site-keys/site-key-{number}.key")));
        }
        ok(run(build, &format!("{SITE_KEYS}\n")));
        let fields = free_address();
        let admin = std::iter::repeat_with(free_address).find(|other| *other != fields).unwrap();
        Self { shop, kind, scheme, fields, admin }
    }

    fn site(&self) -> PathBuf {
        self.shop.data().join("site")
    }

    /// The file that the server includes.
    fn included(&self, site: &str) -> PathBuf {
        let end = if self.kind == Kind::Nginx { "nginx" } else { "caddy" };
        self.site().join(format!("{site}-headers.{end}"))
    }

    fn start(&self) -> Process {
        let (mut command, log) = match self.kind {
            Kind::Nginx => self.nginx(),
            Kind::Caddy => self.caddy(),
        };
        let mut process = Process::start(&mut command, &log);
        for address in [self.fields, self.admin] {
            wait_for(address, &mut process, &log);
        }
        process
    }

    fn nginx(&self) -> (Command, PathBuf) {
        let here = self.shop.path("nginx");
        fs::create_dir_all(&here).unwrap();
        let path = |name: &str| here.join(name).display().to_string();
        let (is_tls, end) = if self.scheme == "https" { (true, " ssl") } else { (false, "") };
        let sample = self.sample("nginx-static.conf", "listen 443 ssl;", |address| format!("listen {address}{end};"));
        let left_out = if is_tls { &["listen [::]"][..] } else { &["ssl_", "listen [::]"] };
        let lines = sample.lines().filter(|line| !left_out.iter().any(|no| line.trim().starts_with(no)));
        let sample: String = lines.map(|line| format!("{line}\n")).collect();
        let tls = |name: &str| self.shop.path(name).display().to_string();
        let sample = sample.replace("/etc/nightsafe/tls/fullchain.pem", &tls("certificate.pem"));
        let sample = sample.replace("/etc/nightsafe/tls/privkey.pem", &tls("key.pem"));
        fs::write(path("site.conf"), sample.replace("/var/log/nginx", &here.display().to_string())).unwrap();
        // What an operator may have for other sites has no say here
        let user = if rustix::process::geteuid().is_root() { "user root;" } else { "" };
        let here = here.display();
        let whole = format!(
            "{user} daemon off; master_process off; pid {here}/pid; error_log {here}/error.log;\n\
             events {{ worker_connections 64; }}\n\
             http {{\n\
             client_body_temp_path {here}/body; proxy_temp_path {here}/proxy; fastcgi_temp_path {here}/f;\n\
             uwsgi_temp_path {here}/u; scgi_temp_path {here}/s;\n\
             types {{ text/other js wasm html; }} add_header X-Frame-Options SAMEORIGIN; gzip on; gzip_types *;\n\
             include {here}/site.conf;\n\
             }}\n"
        );
        fs::write(path("nginx.conf"), whole).unwrap();
        let mut command = Command::new(program("nginx").unwrap());
        command.args(["-c", &path("nginx.conf"), "-e", &path("error.log")]);
        (command, path("error.log").into())
    }

    fn caddy(&self) -> (Command, PathBuf) {
        let here = self.shop.path("caddy");
        fs::create_dir_all(&here).unwrap();
        let tls = ["certificate.pem", "key.pem"].map(|name| self.shop.path(name).display().to_string());
        let sample = self.sample("Caddyfile.static", ".example {", |address| match self.scheme {
            "https" => format!(" https://localhost:{} {{\n\ttls {} {}", address.port(), tls[0], tls[1]),
            _ => format!(" http://:{} {{", address.port()),
        });
        // The names before the addresses go
        let lines =
            sample.lines().map(|line| line.split_once(" http").map_or(line.into(), |(_, at)| format!("http{at}")));
        let sample = lines.collect::<Vec<_>>().join("\n");
        let options = "{\n\tadmin off\n\tauto_https off\n}\n";
        fs::write(here.join("Caddyfile"), format!("{options}{sample}\n")).unwrap();
        let mut command = Command::new(program("caddy").unwrap());
        command.args(["run", "--adapter", "caddyfile", "--config"]).arg(here.join("Caddyfile"));
        command.env("HOME", &here).env("XDG_DATA_HOME", &here).env("XDG_CONFIG_HOME", &here);
        (command, here.join("log"))
    }

    /// A sample with this site and these addresses, which take the place of `from`, fields first.
    fn sample(&self, name: &str, from: &str, to: impl Fn(SocketAddr) -> String) -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(name);
        let sample = fs::read_to_string(path).unwrap();
        assert_eq!((sample.matches(from).count(), sample.matches(SAMPLE_SITE).count()), (2, 4), "{name}");
        let sample = sample.replacen(from, &to(self.fields), 1).replacen(from, &to(self.admin), 1);
        sample.replace(SAMPLE_SITE, &self.site().display().to_string())
    }

    /// `nightsafe site verify` of one origin: exit status and findings.
    fn verify(&self, site: &str) -> (i32, String) {
        let (port, at) = if site == "fields" { (4802, self.fields) } else { (4804, self.admin) };
        let mut command = Command::new(env!("CARGO_BIN_EXE_nightsafe"));
        let origin = format!("{}://localhost:{port}", self.scheme);
        command.args(["site", "verify", &origin, "--connect", &at.to_string()]);
        if self.scheme == "https" {
            command.arg("--ca-file").arg(self.shop.path("certificate.pem"));
        }
        command.arg("--anchor");
        let output = run(self.anchored(command), "");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout) + &text(output.stderr))
    }

    fn anchored(&self, mut command: Command) -> Command {
        command.arg(self.shop.data().join("anchor.txt"));
        command
    }

    /// What verifying says with this text in place of that in the server's file.
    fn verify_with(&self, site: &str, from: &str, to: &str) -> String {
        let file = self.included(site);
        let good = fs::read_to_string(&file).unwrap();
        assert!(good.contains(from), "{from}\n{good}");
        fs::write(&file, good.replacen(from, to, 1)).unwrap();
        let server = self.start();
        let (status, found) = self.verify(site);
        drop(server);
        fs::write(&file, good).unwrap();
        assert_eq!(status, 2, "{found}");
        found
    }

    /// A file of the fields origin by the beginning of its name and its end.
    fn file(&self, start: &str, end: &str) -> String {
        let release = fs::read_to_string(self.site().join("site-release.json")).unwrap();
        let release = SiteRelease::parse(&release).unwrap();
        let mut paths = release.fields.files.keys().map(|path| path.as_str());
        paths.find(|path| path.starts_with(start) && path.ends_with(end)).unwrap().to_owned()
    }
}

/// Debian's nginx is where only root's PATH looks.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/sbin")]);
    let found = folders.map(|folder| folder.join(name)).find(|file| file.is_file());
    if found.is_none() {
        println!("LEFT OUT: {name} is not installed");
    }
    found
}

/// Head and body, in lower case.
fn answer(rig: &Rig, request: &str, header: &str) -> String {
    let mut stream = TcpStream::connect(rig.fields).unwrap();
    let text = format!("{request} HTTP/1.1\r\nhost: localhost:4802\r\n{header}connection: close\r\n\r\n");
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // It may hang up before it has read all
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).to_ascii_lowercase()
}

/// Headers that say something of a file's bytes are on all its answers, and on no error in its place.
fn signs_files_and_no_errors(rig: &Rig) {
    let loader = rig.file("/loader-", ".js");
    let get = |header: &str| answer(rig, &format!("GET {loader}"), header);
    let count = |answer: &str| {
        let names = ["\r\nsignature: ", "\r\nsignature-input: ", "\r\nunencoded-digest: "];
        names.into_iter().filter(|name| answer.contains(name)).count()
    };
    let good = get("");
    assert!(good.starts_with("http/1.1 200") && count(&good) == 3, "{good}");
    // Of a request with conditions an answer may make nothing, but never an error with signatures
    for header in
        ["range: bytes=9999999-\r\n", "if-match: \"x\"\r\n", "if-unmodified-since: Thu, 01 Jan 1970 00:00:01 GMT\r\n"]
    {
        let other = get(header);
        assert_eq!(count(&other), if other.starts_with("http/1.1 200") { 3 } else { 0 }, "{other}");
    }
    let (folder, aside) = (rig.site().join("fields"), rig.shop.path("aside"));
    fs::create_dir_all(&aside).unwrap();
    let move_all = |from: &Path, to: &Path| {
        for name in ["", ".br", ".gz"].map(|end| format!("{}{end}", loader.trim_start_matches('/'))) {
            if from.join(&name).exists() {
                fs::rename(from.join(&name), to.join(&name)).unwrap();
            }
        }
    };
    move_all(&folder, &aside);
    let gone = get("");
    move_all(&aside, &folder);
    assert!(gone.starts_with("http/1.1 404") && count(&gone) == 0, "{gone}");
    assert!(gone.contains("\r\nx-frame-options: deny\r\n") && gone.contains("\r\nconnection-allowlist: ()"), "{gone}");
}

fn refuses_with_headers(rig: &Rig, request: &str, header: &str) {
    let answer = answer(rig, request, header);
    assert!(answer.starts_with("http/1.1 4"), "{request}: {answer}");
    for header in
        ["\r\nx-frame-options: deny\r\n", "\r\nconnection-allowlist: ()", "\r\nreferrer-policy: no-referrer\r\n"]
    {
        assert!(answer.contains(header), "{request}: {answer}");
    }
}

/// All is as it was signed, and of this nothing can be left out: neither a header of an answer or of an error, nor a type, nor
/// a byte.
fn serves_the_release(rig: &Rig, of_all: [&str; 2], of_frame: [&str; 2], of_module: [&str; 2]) {
    let element = rig.site().join("fields").join(rig.file("/element-", ".js").trim_start_matches('/'));
    let server = rig.start();
    // What is not in the release is not served, whatever lies there
    fs::write(rig.site().join("fields/tracker.js"), "evil()").unwrap();
    for site in ["fields", "admin"] {
        let (status, said) = rig.verify(site);
        assert_eq!(status, 0, "{said}");
    }
    fs::remove_file(rig.site().join("fields/tracker.js")).unwrap();
    signs_files_and_no_errors(rig);
    // Other errors than that of a path at which nothing is
    for request in ["PUT /x", "GET /..%2f..%2fx"] {
        refuses_with_headers(rig, request, "");
    }
    // What Caddy refuses before it looks at its sites has no headers at all, and its old versions send files for POST
    if rig.kind == Kind::Nginx {
        refuses_with_headers(rig, &format!("POST {}", rig.file("/element-", ".js")), "");
        refuses_with_headers(rig, "GET /%00", "");
        refuses_with_headers(rig, "GET /", &format!("X-Long: {}\r\n", "a".repeat(40_000)));
    }
    let mut bytes = fs::read(&element).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::remove_file(&element).unwrap();
    fs::write(&element, &bytes).unwrap();
    let (status, found) = rig.verify("fields");
    assert!(status == 2 && found.contains("no_manifest_match") && found.contains("/element-"), "{found}");
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&element, &bytes).unwrap();
    drop(server);

    let found = rig.verify_with("fields", of_all[0], of_all[1]);
    assert!(found.contains("header_missing") && found.contains("/nightsafe-nothing-here  X-Frame-Options"), "{found}");
    let found = rig.verify_with("fields", of_frame[0], of_frame[1]);
    assert!(found.contains("header_missing") && found.contains(".html  Connection-Allowlist is missing"), "{found}");
    let found = rig.verify_with("fields", of_module[0], of_module[1]);
    assert!(found.contains("header_changed") && found.contains(".wasm  Content-Type is changed"), "{found}");
    // The same files on the disk
    let verify = |rig: &Rig| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nightsafe"));
        command.args(["site", "verify"]).arg(rig.site()).arg("--anchor");
        run(rig.anchored(command), "")
    };
    ok(verify(rig));
    fs::write(rig.included("admin"), "").unwrap();
    assert_eq!(verify(rig).status.code(), Some(2));
}

#[test]
fn nginx_serves_a_release_as_it_was_signed() {
    if program("nginx").is_none() {
        return;
    }
    let rig = Rig::new(Kind::Nginx);
    let text = fs::read_to_string(rig.included("fields")).unwrap();
    // The whole of a location, up to a line in it
    let within = |path: &str, line: &str| {
        let from = text.find(&format!("location = {path} ")).unwrap();
        let to = text.get(from..).unwrap().find(line).unwrap() + from;
        text.get(from..to).unwrap().to_owned()
    };
    let (frame, module) = (rig.file("/frame-", ".html"), rig.file("/checkout-", ".wasm"));
    let frame = within(&frame, "add_header Connection-Allowlist ");
    let module = within(&module, "default_type ");
    serves_the_release(
        &rig,
        ["add_header X-Frame-Options \"DENY\" always;\n", ""],
        [&format!("{frame}add_header Connection-Allowlist "), &format!("{frame}add_header X-Other ")],
        [&format!("{module}default_type \"application/wasm\""), &format!("{module}default_type \"text/plain\"")],
    );
}

#[test]
fn a_check_of_real_nginx_finds_what_is_not_as_signed() {
    if program("nginx").is_none() {
        return;
    }
    let rig = Rig::new(Kind::Nginx);
    let up = rig.shop.up();
    let look = || {
        let _server = rig.start();
        told(&look(&rig.shop, rig.fields, rig.admin, up.address("ingest")))
    };
    assert_eq!(look(), [] as [String; 0]);
    // On the server's own disk, too: with our own keys, log and anchor
    assert_eq!(told(&look_locally(&rig.shop)), [] as [String; 0]);
    let file = rig.included("fields");
    let good = fs::read_to_string(&file).unwrap();
    fs::write(&file, good.replacen("add_header X-Frame-Options \"DENY\" always;\n", "", 1)).unwrap();
    let found = told(&look_locally(&rig.shop));
    assert!(found.len() == 1 && found.iter().all(|one| one.contains("fields-headers.nginx is not what")), "{found:?}");
    let found = look();
    assert!(!found.is_empty() && found.iter().all(|one| one.starts_with("HEADER-WEAKENED")), "{found:?}");
    assert!(found.iter().all(|one| one.ends_with("X-Frame-Options is missing")), "{found:?}");
    fs::write(&file, good).unwrap();
    let module = rig.site().join("fields").join(rig.file("/checkout-", ".wasm").trim_start_matches('/'));
    for end in ["", ".br", ".gz"] {
        let path = PathBuf::from(format!("{}{end}", module.display()));
        fs::remove_file(&path).unwrap();
        if end.is_empty() {
            fs::write(&path, b"\0asm\x01\0\0\0\0\x01a").unwrap();
        }
    }
    let found = look();
    assert!(found.len() == 1 && found.iter().all(|one| one.starts_with("FOREIGN-WASM")), "{found:?}");
}

#[test]
fn caddy_serves_a_release_as_it_was_signed() {
    if program("caddy").is_none() {
        return;
    }
    let rig = Rig::new(Kind::Caddy);
    let text = fs::read_to_string(rig.included("fields")).unwrap();
    let within = |start: &str, line: &str| {
        let from = text.find(start).unwrap();
        let to = text.get(from..).unwrap().find(line).unwrap() + from;
        text.get(from..to).unwrap().to_owned()
    };
    let (frame, module) = (rig.file("/frame-", ".html"), rig.file("/checkout-", ".wasm"));
    let all = within("handle {\n", "X-Frame-Options ");
    let frame = within(&format!("handle {frame} "), "Connection-Allowlist ");
    let module = within(&format!("handle {module} "), "Content-Type ");
    serves_the_release(
        &rig,
        [&format!("{all}X-Frame-Options "), &format!("{all}X-Other ")],
        [&format!("{frame}Connection-Allowlist "), &format!("{frame}X-Other ")],
        [&format!("{module}Content-Type `application/wasm`"), &format!("{module}Content-Type `text/plain`")],
    );
}

/// As for shoppers: with the sample's own TLS, and the header that only such a site has.
fn serves_over_tls(kind: Kind, strict: &str) {
    let rig = Rig::over("https", kind);
    let server = rig.start();
    for site in ["fields", "admin"] {
        let (status, said) = rig.verify(site);
        assert_eq!(status, 0, "{said}");
    }
    drop(server);
    let found = rig.verify_with("fields", strict, "");
    assert!(found.contains("header_missing") && found.contains("Strict-Transport-Security is missing"), "{found}");
}

#[test]
fn nginx_serves_a_release_over_tls() {
    if program("nginx").is_some() {
        serves_over_tls(Kind::Nginx, "add_header Strict-Transport-Security \"max-age=63072000\" always;\n");
    }
}

#[test]
fn caddy_serves_a_release_over_tls() {
    if program("caddy").is_some() {
        serves_over_tls(Kind::Caddy, "Strict-Transport-Security `max-age=63072000`\n");
    }
}
