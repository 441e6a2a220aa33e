//! A toolchain that can build for wasm32-unknown-unknown, standard library included.
//!
//! The standard library is built along with our code, so that its panic machinery goes away (a fifth of the module).
//! That needs its sources: rustup's `rust-src`, or where rustup cannot fetch it, Debian's packages.

use super::apt;
use crate::{place, run};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The target's name.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

const DEBIAN_PACKAGES: &[&str] = &["rustc-web", "cargo-web", "rust-web-src", "lld-22"];
const DEBIAN_LINKER: &str = "wasm-ld-22";
/// Sources below a sysroot, and a file that has to be among them for `-Zbuild-std`.
const SOURCES: &str = "lib/rustlib/src/rust";
const STD_LOCK: &str = "library/Cargo.lock";

/// A cargo and rustc that can build the target.
pub(crate) struct Toolchain {
    cargo: PathBuf,
    rustc: PathBuf,
    linker: Option<&'static str>,
    /// Version text, for stamps
    pub(crate) version: String,
    /// The standard library's sources
    sources: PathBuf,
}

impl Toolchain {
    /// Finds one, installing what is missing where that is possible.
    pub(crate) fn ensure() -> Result<Self> {
        if let Some(found) = Self::of_rustup() {
            return Ok(found);
        }
        let root = place::root();
        let rustup = run::quiet(run::command("rustup", &root).args(["target", "add", TARGET]))
            .and_then(|()| run::quiet(run::command("rustup", &root).args(["component", "add", "rust-src"])));
        if let (Ok(()), Some(found)) = (&rustup, Self::of_rustup()) {
            return Ok(found);
        }
        if let Some(found) = Self::of_debian() {
            return Ok(found);
        }
        if apt::usable() {
            apt::install(DEBIAN_PACKAGES)?;
            if let Some(found) = Self::of_debian() {
                return Ok(found);
            }
        }
        bail!(
            "no toolchain for {TARGET}: run `rustup target add {TARGET}` and `rustup component add rust-src`, \
             or on Debian `apt-get install {}`",
            DEBIAN_PACKAGES.join(" ")
        )
    }

    /// A cargo command for the target, building the standard library with immediate abort.
    pub(crate) fn cargo(&self, directory: &Path, subcommand: &str) -> Result<Command> {
        let mut cargo = run::cargo_at(&self.cargo, directory);
        cargo.arg(subcommand).args([
            "--target",
            TARGET,
            "-Zbuild-std=std,panic_abort",
            "-Zbuild-std-features=optimize_for_size",
        ]);
        cargo.arg("-Zbuild-std-features=optimize_for_size"); // the library's sorts and formatting, mostly
        cargo.env("RUSTC", &self.rustc).env("RUSTC_BOOTSTRAP", "1");
        cargo.env("CARGO_ENCODED_RUSTFLAGS", self.flags()?.join("\u{1f}"));
        cargo.env_remove("RUSTFLAGS").env_remove("RUSTUP_TOOLCHAIN");
        if let Some(linker) = self.linker {
            cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        }
        Ok(cargo)
    }

    /// A clippy command for the target, for whose standard library the sources are enough. `None` where the toolchain has
    /// no clippy.
    pub(crate) fn clippy(&self) -> Option<Command> {
        let folder = self.rustc.parent()?;
        if !folder.join("cargo-clippy").is_file() || !folder.join("clippy-driver").is_file() {
            return None;
        }
        let mut cargo = run::cargo_at(folder.join("cargo-clippy"), &place::root());
        cargo.args(["clippy", "--target", TARGET, "-Zbuild-std=std,panic_abort"]);
        cargo.env("CARGO", &self.cargo).env("RUSTC", &self.rustc).env("RUSTC_BOOTSTRAP", "1");
        cargo.env_remove("RUSTFLAGS").env_remove("RUSTUP_TOOLCHAIN");
        Some(cargo)
    }

    /// Paths of this machine must not reach the module: it is the same bytes wherever it is built.
    fn flags(&self) -> Result<Vec<String>> {
        let cargo_home = match std::env::var_os("CARGO_HOME") {
            Some(home) => PathBuf::from(home),
            None => PathBuf::from(std::env::var_os("HOME").context("HOME is not set")?).join(".cargo"),
        };
        let remap = |from: &Path, to: &str| format!("--remap-path-prefix={}={to}", from.display());
        Ok(vec![
            "-Zunstable-options".into(),
            "-Cpanic=immediate-abort".into(),
            "-Zfmt-debug=none".into(),                    // nothing here is ever printed
            "--cfg=sha2_backend_soft=\"compact\"".into(), // loops instead of unrolled rounds
            "-Zinline-mir-threshold=20".into(),           // less copied before LLVM counts sizes
            remap(&cargo_home, "/cargo"),
            remap(&self.sources, "/rust"),
            remap(&self.sources.canonicalize().context("cannot find the standard library's sources")?, "/rust"),
            remap(&place::root(), "/nightsafe"), // last, so that it wins over a home around it
        ])
    }

    fn of_rustup() -> Option<Self> {
        // A toolchain's own binaries: rustup's stand-ins would look at the folder and the environment again
        let sysroot = PathBuf::from(run::answer(run::command("rustc", &place::root()).args(["--print", "sysroot"]))?);
        let (cargo, rustc) = (sysroot.join("bin/cargo"), sysroot.join("bin/rustc"));
        let linker = sysroot.join("lib/rustlib").join(host(&rustc)?).join("bin/rust-lld");
        let sources = sysroot.join(SOURCES);
        let complete = [&cargo, &rustc, &linker, &sources.join(STD_LOCK)].iter().all(|file| file.is_file());
        complete.then_some(Self { version: version(&rustc)?, cargo, rustc, linker: None, sources })
    }

    fn of_debian() -> Option<Self> {
        let (cargo, rustc) = (PathBuf::from("/usr/bin/cargo"), PathBuf::from("/usr/bin/rustc"));
        let sources = PathBuf::from(run::answer(run::command(&rustc, &place::root()).args(["--print", "sysroot"]))?)
            .join(SOURCES);
        let complete = cargo.is_file() && sources.join(STD_LOCK).is_file() && run::on_path(DEBIAN_LINKER);
        complete.then_some(Self { version: version(&rustc)?, cargo, rustc, linker: Some(DEBIAN_LINKER), sources })
    }
}

fn version(rustc: &Path) -> Option<String> {
    run::answer(Command::new(rustc).arg("-vV"))
}

fn host(rustc: &Path) -> Option<String> {
    version(rustc)?.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned)
}
