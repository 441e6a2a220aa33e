//! A site made by `nightsafe init` and `nightsafe site build`, as an operator makes it.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::encoding::hex;
use nightsafe_core::keys::DataPublicKey;
use nightsafe_core::manifest::{VerifiedManifest, verify_at_any_time};

use sha2::{Digest, Sha256};

use crate::binaries::Binaries;
use crate::deposits::now;
use crate::moved_clock::MovedClock;

pub const SITE: &str = "demo.nightsafe.example";
pub const ADMIN: &str = "correct horse battery staple";
const SITE_KEYS: &str = "one for all the site keys";

/// Cheap on purpose: what a guess costs is tested elsewhere.
const CHEAP: [&str; 6] = ["--argon2-memory-kib", "64", "--argon2-passes", "1", "--argon2-lanes", "1"];

/// What a browser that seals has fetched.
#[derive(Clone, Debug)]
pub struct Published {
    pub manifest: VerifiedManifest,
    /// The active data key.
    pub key: DataPublicKey,
}

/// A site in a folder.
#[derive(Debug)]
pub struct RealSite {
    folder: PathBuf,
    clock: Option<MovedClock>,
}

impl RealSite {
    /// Runs `init` and `site build` in a folder that is empty or not there. The assets are tiny: no browser comes here.
    pub fn make(folder: &Path) -> Self {
        Self::make_in(folder, None)
    }

    /// The same with the vault in another database, which must be empty.
    pub fn make_with_vault(folder: &Path, url: &str) -> Self {
        Self::make_in(folder, Some(url))
    }

    fn make_in(folder: &Path, vault: Option<&str>) -> Self {
        let site = Self { folder: folder.to_owned(), clock: None };
        fs::create_dir_all(folder).unwrap();
        site.init(vault);
        site.write_assets();
        let mut build = site.nightsafe(&["site", "build"]);
        run(build.arg("--assets").arg(site.folder.join("assets")), "");
        site
    }

    /// With a clock of its own for the servers that are started from now on; what made the site took the system's.
    pub fn under(self, clock: Option<MovedClock>) -> Self {
        Self { clock, ..self }
    }

    pub(crate) fn clock(&self) -> Option<&MovedClock> {
        self.clock.as_ref()
    }

    /// The folder that everything is in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The trust anchor of the built site.
    pub fn anchor(&self) -> TrustAnchor {
        TrustAnchor::parse(&fs::read_to_string(self.data().join("anchor.txt")).unwrap()).unwrap()
    }

    /// The published manifest.
    pub fn manifest(&self) -> VerifiedManifest {
        let note = fs::read_to_string(self.data().join("site/fields/key-manifest")).unwrap();
        verify_at_any_time(&note, &self.anchor()).unwrap()
    }

    /// The published manifest and its active data key.
    pub fn published(&self) -> Published {
        let manifest = self.manifest();
        let active = manifest.active_key(now()).unwrap();
        let file = fs::read(self.data().join("site/fields").join(active.file_name())).unwrap();
        let key = active.open(&file).unwrap();
        Published { manifest, key }
    }

    /// A `nightsafe` command on this site.
    pub fn nightsafe(&self, arguments: &[&str]) -> Command {
        let mut command = nightsafe(arguments);
        command.arg("--data-dir").arg(self.data());
        command
    }

    /// Writes the URL of the vault's database to a file as the commands take it.
    pub fn write_url(&self, url: &str) -> PathBuf {
        let file = self.folder.join("vault.url");
        fs::write(&file, format!("{url}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        file
    }

    /// Signs the next manifest, with every data key that the vault has.
    pub fn sign_manifest(&self) {
        self.sign(self.nightsafe(&["keys", "sign", "--site-passphrase-fd", "0"]));
    }

    /// Adds the signatures of the site keys to a proposal, as on a machine without network.
    pub fn sign_proposal(&self, file: &Path) {
        let mut sign = nightsafe(&["keys", "sign", "--yes", "--site-passphrase-fd", "0"]);
        sign.arg(file);
        self.sign(sign);
    }

    fn sign(&self, mut command: Command) {
        for number in 1..3 {
            command.arg("--site-key").arg(self.folder.join(format!("site-keys/site-key-{number}.key")));
        }
        run(&mut command, &format!("{SITE_KEYS}\n"));
    }

    fn init(&self, vault: Option<&str>) {
        let mut init = self.nightsafe(&["init", "--site", SITE, "--admin-user", "anna"]);
        for (name, port) in [("shop", 4801), ("fields", 4802), ("ingest", 4803), ("admin", 4804), ("vault", 4805)] {
            init.arg(format!("--{name}-origin")).arg(format!("http://localhost:{port}"));
            if name != "shop" {
                init.arg(format!("--{name}-bind")).arg("127.0.0.1:0");
            }
        }
        init.arg("--site-keys").arg(self.folder.join("site-keys"));
        init.arg("--recovery-file").arg(self.folder.join("recovery.key"));
        init.args(["--site-passphrase-fd", "0", "--passphrase-fd", "0"]).args(CHEAP);
        if let Some(url) = vault {
            init.arg("--vault-url-file").arg(self.write_url(url));
        }
        run(&mut init, &format!("{}{ADMIN}\n", format!("{SITE_KEYS}\n").repeat(3)));
    }

    fn write_assets(&self) {
        let frame = "<!doctype html><title>Card</title><style>p{margin:0}</style>\
             <script type=\"module\" src=\"__NIGHTSAFE_LOADER__\" \
             integrity=\"__NIGHTSAFE_LOADER_INTEGRITY__\" crossorigin=\"anonymous\"></script>";
        let index = "<!doctype html><title>Admin</title>\
             <link rel=\"stylesheet\" href=\"__ADMIN_CSS__\" integrity=\"__ADMIN_CSS_INTEGRITY__\" crossorigin>\
             <script type=\"module\" src=\"__ADMIN_JS__\" integrity=\"__ADMIN_JS_INTEGRITY__\" crossorigin></script>";
        for (name, text) in [
            ("checkout.wasm", "\0asm\x01\0\0\0"),
            ("checkout-portable.wasm", "\0asm\x01\0\0\0\0\x01\0"),
            ("texts-de.json", "{\"title\":\"Kartendaten\"}"),
            ("loader.js", "load(\"__NIGHTSAFE_ANCHOR__\",\"__NIGHTSAFE_TEXTS__\",\"__NIGHTSAFE_SRI__\")"),
            ("element.js", "frame(\"__NIGHTSAFE_FIELDS__\",\"__NIGHTSAFE_FRAME__\")"),
            ("frame.html", frame),
            ("admin/index.html", index),
            (
                "admin/admin.js",
                "admin(\"__NIGHTSAFE_ANCHOR__\",\"__NIGHTSAFE_VAULT__\",\"__NIGHTSAFE_LOG_KEY__\",\
                 \"__NIGHTSAFE_PASSPHRASE__\",\"__NIGHTSAFE_SRI__\")",
            ),
            ("admin/admin.css", "p{margin:0}"),
            ("admin/admin.wasm", "\0asm\x01\0\0\0"),
            ("admin/passphrase.wasm", "\0asm\x01\0\0\0\0\x01\0"),
        ] {
            let path = self.folder.join("assets").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let module = |file: &str| {
            let hash = hex(&Sha256::digest(fs::read(self.folder.join("assets").join(file)).unwrap()));
            let name = file.rsplit('/').next().unwrap().trim_end_matches(".wasm");
            format!("\"{name}\":\"{hash}\"")
        };
        let modules =
            ["checkout.wasm", "checkout-portable.wasm", "admin/admin.wasm", "admin/passphrase.wasm"].map(module);
        let made_with = format!(
            "{{\"version\":\"0.1.0\",\"source_commit\":\"unknown\",\"toolchain\":\"none\",\"modules\":{{{}}}}}",
            modules.join(",")
        );
        fs::write(self.folder.join("assets/made-with.json"), made_with).unwrap();
    }
}

/// A `nightsafe` command.
pub fn nightsafe(arguments: &[&str]) -> Command {
    let mut command = Command::new(Binaries::get().path("nightsafe"));
    command.args(arguments);
    command
}

/// Runs a command that must work, with this input; returns what it printed.
pub fn run(command: &mut Command, input: &str) -> String {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // One that refuses early does not read its input
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let name = command.get_program().to_string_lossy();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
