//! The programs under test, of the same profile as the running test.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// Where they are.
#[derive(Debug)]
pub struct Binaries {
    folder: PathBuf,
}

impl Binaries {
    /// Builds the programs under test, once in a process: `cargo test` on this package alone would run whatever lies there
    /// from before.
    pub fn get() -> &'static Self {
        static BUILT: OnceLock<Binaries> = OnceLock::new();
        BUILT.get_or_init(|| {
            // target/<profile>/deps/<this program>
            let program = std::env::current_exe().unwrap();
            let folder = program.ancestors().nth(2).unwrap().to_path_buf();
            let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
            cargo.args(["build", "--quiet", "--bins"]);
            for package in ["nightsafe", "nightsafe-ingest", "nightsafe-vault", "nightsafe-monitor"] {
                cargo.args(["-p", package]);
            }
            cargo.args(folder.ends_with("release").then_some("--release"));
            cargo.env("CARGO_TARGET_DIR", folder.parent().unwrap());
            cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
            assert!(cargo.status().unwrap().success(), "the programs under test do not build");
            Self { folder }
        })
    }

    /// Path of one of them.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}
