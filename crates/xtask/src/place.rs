//! Where things are in the checkout.

use std::env;
use std::path::{Path, PathBuf};

/// The workspace's folder. Cargo says where the package is at run time, so a moved checkout works without a rebuild.
pub(crate) fn root() -> PathBuf {
    let package =
        env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    package.ancestors().nth(2).map_or_else(|| package.clone(), Path::to_path_buf)
}

/// `web/`: all TypeScript.
pub(crate) fn web() -> PathBuf {
    root().join("web")
}

/// `target/`, or what CARGO_TARGET_DIR names.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |directory| root().join(directory))
}

/// What `nightsafe site build --assets` takes. Fixed, because tools outside xtask name it.
pub(crate) fn assets() -> PathBuf {
    root().join("target/assets")
}

/// wasm-bindgen's glue and types; web/tsconfig.base.json maps `#checkout-wasm` and `#admin-wasm` to it.
pub(crate) fn glue() -> PathBuf {
    root().join("target/glue")
}
