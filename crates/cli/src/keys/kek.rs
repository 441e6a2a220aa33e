//! Key encryption keys: Argon2id takes its time, and says what for.

use anyhow::Result;
use clap::Args;
use nightsafe_core::custody::{Argon2Params, Kek, WrappedItem};

use super::rng;
use crate::passphrase::Passphrase;
use crate::term;

/// The weakest memory cost that OWASP still recommends; below it a warning is printed.
const FLOOR_KIB: u32 = 19_456;

/// Argon2id parameters for what this command wraps. They are stored with each wrapped item, so that items with other
/// parameters stay readable. The defaults are RFC 9106's second recommended option. Hidden from the short help: whoever
/// lowers them makes guessing cheaper.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct ArgonArgs {
    /// Memory of Argon2id in KiB; below 19456 for tests only
    #[arg(long, value_name = "KIB", default_value_t = 65_536, hide_short_help = true)]
    argon2_memory_kib: u32,
    /// Passes of Argon2id over its memory
    #[arg(long, value_name = "N", default_value_t = 3, hide_short_help = true)]
    argon2_passes: u32,
    /// Lanes of Argon2id
    #[arg(long, value_name = "N", default_value_t = 4, hide_short_help = true)]
    argon2_lanes: u32,
}

impl ArgonArgs {
    /// The parameters; warns when guessing would be cheap.
    pub(crate) fn checked(self) -> Result<Argon2Params> {
        let params = Argon2Params::new(self.argon2_memory_kib, self.argon2_passes, self.argon2_lanes)?;
        if params.memory_kib() < FLOOR_KIB {
            term::warn(&format!(
                "Argon2id with {} KiB of memory makes guessing passphrases cheap: fit for tests only",
                params.memory_kib()
            ));
        }
        Ok(params)
    }
}

/// Derives a key with a fresh salt, away from the async threads: it takes seconds.
pub(crate) async fn derive_new(passphrase: &Passphrase, params: Argon2Params, what: &str) -> Result<Kek> {
    announce(params, what);
    let passphrase = passphrase.clone();
    let derived = tokio::task::spawn_blocking(move || Kek::generate(passphrase.as_bytes(), params, &mut rng())).await?;
    Ok(derived?)
}

/// Derives the key that an item was wrapped with, away from the async threads. It can wrap further items, too.
pub(crate) async fn derive_for(passphrase: &Passphrase, wrapped: &WrappedItem, what: &str) -> Result<Kek> {
    announce(wrapped.params(), what);
    let (passphrase, params, salt) = (passphrase.clone(), wrapped.params(), *wrapped.salt());
    Ok(tokio::task::spawn_blocking(move || Kek::derive(passphrase.as_bytes(), params, salt)).await??)
}

pub(super) fn announce(params: Argon2Params, what: &str) {
    term::progress(&format!("Argon2id over {} MiB for {what} ...", params.memory_kib().div_ceil(1024)));
}
