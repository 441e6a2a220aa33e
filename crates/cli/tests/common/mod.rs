//! A site in a temporary directory, and the real binary run on it.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test file uses its own part")]

pub mod monitor;
pub mod sealing;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use sha2::{Digest, Sha256};

pub const SITE: &str = "demo.nightsafe.example";
pub const ADMIN: &str = "correct horse battery staple";
pub const SITE_KEYS: &str = "one for all the site keys";

/// Cheap on purpose: these tests are not about guessing.
const CHEAP: [&str; 6] = ["--argon2-memory-kib", "64", "--argon2-passes", "1", "--argon2-lanes", "1"];

/// A temporary directory with room for one site.
pub struct Shop {
    pub dir: tempfile::TempDir,
}

impl Shop {
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    /// After `init`.
    pub fn made() -> Self {
        let shop = Self::new();
        ok(shop.init(&[]));
        shop
    }

    /// After `init` and `site build`.
    pub fn built() -> Self {
        let shop = Self::made();
        shop.write_assets("");
        ok(shop.build(&[]));
        shop
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// Writes a file with a URL, for its owner alone.
    pub fn url_file(&self, name: &str, url: &str) -> PathBuf {
        let file = self.path(name);
        fs::write(&file, format!("{url}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        file
    }

    pub fn fields(&self, name: &str) -> PathBuf {
        self.data().join("site/fields").join(name)
    }

    /// `init` with everything that it must be told.
    pub fn init_command(&self) -> Command {
        self.init_command_over("http")
    }

    /// The same, with origins of this scheme.
    pub fn init_command_over(&self, scheme: &str) -> Command {
        let mut command = self.command(&["init", "--site", SITE, "--admin-user", "anna"]);
        for (name, port) in [("shop", 4801), ("fields", 4802), ("ingest", 4803), ("admin", 4804), ("vault", 4805)] {
            command.arg(format!("--{name}-origin")).arg(format!("{scheme}://localhost:{port}"));
            if name != "shop" {
                command.arg(format!("--{name}-bind")).arg("127.0.0.1:0");
            }
        }
        command.arg("--site-keys").arg(self.path("site-keys"));
        command.arg("--recovery-file").arg(self.path("recovery.key"));
        command.args(["--site-passphrase-fd", "0", "--passphrase-fd", "0"]).args(CHEAP);
        command
    }

    pub fn init(&self, more: &[&str]) -> Output {
        let mut command = self.init_command();
        command.args(more);
        run(command, &init_passphrases())
    }

    /// Assets as `cargo xtask assets` leaves them, but tiny. `variant` makes other bytes.
    pub fn write_assets(&self, variant: &str) {
        let wasm = [b"\0asm\x01\0\0\0", variant.as_bytes()].concat();
        let frame = format!(
            "<!doctype html><title>Card</title><style>p{{margin:0}}</style><p>{variant}</p>\
             <script type=\"module\" src=\"__NIGHTSAFE_LOADER__\" \
             integrity=\"__NIGHTSAFE_LOADER_INTEGRITY__\" crossorigin=\"anonymous\"></script>"
        );
        let index = "<!doctype html><title>Admin</title>\
             <link rel=\"stylesheet\" href=\"__ADMIN_CSS__\" integrity=\"__ADMIN_CSS_INTEGRITY__\" crossorigin>\
             <script type=\"module\" src=\"__ADMIN_JS__\" integrity=\"__ADMIN_JS_INTEGRITY__\" crossorigin></script>";
        for (name, bytes) in [
            ("checkout.wasm", wasm.clone()),
            ("texts-de.json", br#"{"title":"Kartendaten"}"#.to_vec()),
            ("checkout-portable.wasm", [wasm.as_slice(), b"portable"].concat()),
            ("loader.js", b"load(\"__NIGHTSAFE_ANCHOR__\",\"__NIGHTSAFE_TEXTS__\",\"__NIGHTSAFE_SRI__\")".to_vec()),
            ("element.js", b"frame(\"__NIGHTSAFE_FIELDS__\",\"__NIGHTSAFE_FRAME__\")".to_vec()),
            ("frame.html", frame.into_bytes()),
            ("admin/index.html", index.as_bytes().to_vec()),
            (
                "admin/admin.js",
                b"admin(\"__NIGHTSAFE_ANCHOR__\",\"__NIGHTSAFE_VAULT__\",\"__NIGHTSAFE_LOG_KEY__\",\
                  \"__NIGHTSAFE_PASSPHRASE__\",\"__NIGHTSAFE_SRI__\")"
                    .to_vec(),
            ),
            ("admin/admin.css", b"p{margin:0}".to_vec()),
            ("admin/passphrase.wasm", [wasm.as_slice(), b"passphrase"].concat()),
            ("made-with.json", made_with(&wasm)),
            ("admin/admin.wasm", wasm),
        ] {
            let path = self.path("assets").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }

    /// Changes one asset's text.
    pub fn edit_asset(&self, name: &str, from: &str, to: &str) {
        let path = self.path("assets").join(name);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{name} holds {from}");
        fs::write(path, text.replace(from, to)).unwrap();
    }

    pub fn build(&self, more: &[&str]) -> Output {
        let mut command = self.command(&["site", "build"]);
        command.arg("--assets").arg(self.path("assets")).args(more);
        run(command, "")
    }

    pub fn next_key(&self, passphrase: &str) -> Output {
        run(self.command(&["keys", "next", "--passphrase-fd", "0"]), &format!("{passphrase}\n"))
    }

    /// `keys sign` with these of the site keys.
    pub fn sign(&self, numbers: &[u8], more: &[&str]) -> Output {
        let mut command = self.command(&["keys", "sign", "--site-passphrase-fd", "0"]);
        for number in numbers {
            command.arg("--site-key").arg(self.path(&format!("site-keys/site-key-{number}.key")));
        }
        command.args(more);
        run(command, &format!("{SITE_KEYS}\n"))
    }

    /// A command on this data directory.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nightsafe"));
        command.args(args).arg("--data-dir").arg(self.data());
        command
    }

    /// A small command without input.
    pub fn run(&self, args: &[&str]) -> Output {
        run(self.command(args), "")
    }

    /// `up`, once it is ready.
    pub fn up(&self) -> Up {
        let mut child =
            self.command(&["up", "--log", "warn"]).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let mut up = Up { child, lines: Vec::new(), out };
        loop {
            let mut line = String::new();
            assert!(up.out.read_line(&mut line).unwrap() > 0, "up ended before it was ready");
            if line == "ready\n" {
                return up;
            }
            up.lines.push(line);
        }
    }
}

/// As `cargo xtask assets` writes it.
fn made_with(wasm: &[u8]) -> Vec<u8> {
    let hash = |more: &[u8]| nightsafe_core::encoding::hex(&Sha256::digest([wasm, more].concat()));
    let modules = [("admin", ""), ("checkout", ""), ("checkout-portable", "portable"), ("passphrase", "passphrase")];
    let modules: Vec<_> = modules.map(|(name, more)| format!("\"{name}\":\"{}\"", hash(more.as_bytes()))).to_vec();
    format!(
        "{{\"version\":\"0.1.0\",\"source_commit\":\"unknown\",\"toolchain\":\"none\",\"modules\":{{{}}}}}",
        modules.join(",")
    )
    .into_bytes()
}

/// What a release log has, in order: kind and number.
pub fn logged(log: &Path) -> Vec<String> {
    use nightsafe_core::log::{Tile, parse_bundle};
    use nightsafe_core::release_log::Entry;
    let checkpoint = fs::read_to_string(log.join("checkpoint")).unwrap();
    let tile = Tile::bundle_of_log(0, checkpoint.lines().nth(1).unwrap().parse().unwrap()).unwrap();
    let bundle = fs::read(log.join(tile.path())).unwrap();
    let entries = parse_bundle(&bundle, tile.width()).unwrap();
    let entries = entries.into_iter().map(|bytes| Entry::parse(bytes).unwrap());
    entries.map(|entry| format!("{} {}", entry.kind, entry.sequence)).collect()
}

/// A running `nightsafe up`.
pub struct Up {
    child: Child,
    lines: Vec<String>,
    out: BufReader<ChildStdout>,
}

impl Up {
    pub fn address(&self, part: &str) -> SocketAddr {
        let line = self.lines.iter().find(|line| line.starts_with(part)).unwrap();
        line.trim().rsplit(' ').next().unwrap().parse().unwrap()
    }

    /// Status, head and body of an answer.
    pub fn get(&self, part: &str, path: &str) -> (u16, String, String) {
        self.ask(part, &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
    }

    pub fn post(&self, part: &str, path: &str, json: &str) -> (u16, String, String) {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{json}",
            json.len()
        );
        self.ask(part, &request)
    }

    fn ask(&self, part: &str, request: &str) -> (u16, String, String) {
        let mut stream = TcpStream::connect(self.address(part)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head.to_owned(), body.to_owned())
    }

    /// Sends a signal and waits for the end.
    pub fn stop(mut self, signal: &str) -> i32 {
        kill(&self.child, signal);
        self.child.wait().unwrap().code().unwrap_or(-1)
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn kill(child: &Child, signal: &str) {
    let sent = Command::new("kill").arg(signal).arg(child.id().to_string()).status().unwrap();
    assert!(sent.success());
}

/// Site keys' lines, then the admin's.
pub fn init_passphrases() -> String {
    format!("{}{ADMIN}\n", format!("{SITE_KEYS}\n").repeat(3))
}

pub fn run(mut command: Command, input: &str) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that refuses early does not read its input
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// The output of a command that must work.
pub fn ok(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What a command that must fail says; it never says a passphrase.
pub fn fails(output: Output) -> String {
    assert!(!output.status.success(), "it should have failed");
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(!text.contains(ADMIN) && !text.contains(SITE_KEYS));
    text
}

/// Every file below a directory with its bytes, or rather with their size and hash: failures stay readable.
pub fn fingerprint(dir: &Path) -> Vec<(PathBuf, usize, String)> {
    let hash = |bytes: &[u8]| nightsafe_core::encoding::hex(&Sha256::digest(bytes));
    snapshot(dir).into_iter().map(|(path, bytes)| (path, bytes.len(), hash(&bytes))).collect()
}

/// Every file below a directory with its bytes.
pub fn snapshot(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(snapshot(&path));
        } else {
            files.push((path.clone(), fs::read(path).unwrap()));
        }
    }
    files.sort();
    files
}
