//! Key encryption keys: Argon2id runs once per passphrase and salt, and says what it is busy with.

use anyhow::{Context, Result};
use clap::Args;
use nightsafe_core::custody::{Argon2Params, Kek, WrapContext, WrappedItem};
use zeroize::Zeroizing;

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

/// Keys derived from one passphrase so far, one for each salt.
pub(crate) struct Keks {
    passphrase: Passphrase,
    derived: Vec<Kek>,
}

impl Keks {
    pub(crate) fn new(passphrase: Passphrase) -> Self {
        Self { passphrase, derived: Vec::new() }
    }

    /// Unwraps an item, deriving its key when it is the first with its salt.
    pub(crate) async fn unwrap(
        &mut self,
        context: &WrapContext<'_>,
        wrapped: &WrappedItem,
        what: &str,
    ) -> Result<Zeroizing<Vec<u8>>> {
        let kek = self.fitting(wrapped, what).await?;
        kek.unwrap(context, wrapped).with_context(|| format!("cannot unlock {what}"))
    }

    /// The key that an item was wrapped with: it can wrap further items under the same passphrase and salt.
    pub(crate) async fn fitting(&mut self, wrapped: &WrappedItem, what: &str) -> Result<&Kek> {
        if !self.derived.iter().any(|kek| kek.fits(wrapped)) {
            announce(wrapped.params(), what);
            let (passphrase, params, salt) = (self.passphrase.clone(), wrapped.params(), *wrapped.salt());
            let kek = tokio::task::spawn_blocking(move || Kek::derive(passphrase.as_bytes(), params, salt)).await??;
            self.derived.push(kek);
        }
        self.derived.iter().find(|kek| kek.fits(wrapped)).context("no key was derived")
    }
}

fn announce(params: Argon2Params, what: &str) {
    term::progress(&format!("Argon2id over {} MiB for {what} ...", params.memory_kib().div_ceil(1024)));
}
