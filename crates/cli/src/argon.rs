//! `--argon2-*`: how hard a guess at a passphrase is.

use clap::Args;

use crate::term;

/// The weakest memory cost that OWASP still recommends; below it a warning is printed.
const FLOOR_KIB: u32 = 19_456;

/// Argon2id parameters for what this command wraps. They are stored with each wrapped item, so that items with
/// other parameters stay readable. The defaults are RFC 9106's second recommended option.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct ArgonArgs {
    /// Memory of Argon2id in KiB; below 19456 only for tests
    #[arg(long, value_name = "KIB", default_value_t = 65_536, hide = true,
          value_parser = clap::value_parser!(u32).range(8..=1_048_576))]
    argon2_memory_kib: u32,
    /// Passes of Argon2id over its memory
    #[arg(long, value_name = "N", default_value_t = 3, hide = true,
          value_parser = clap::value_parser!(u32).range(1..=16))]
    argon2_passes: u32,
    /// Lanes of Argon2id
    #[arg(long, value_name = "N", default_value_t = 4, hide = true,
          value_parser = clap::value_parser!(u32).range(1..=16))]
    argon2_lanes: u32,
}

impl ArgonArgs {
    /// Memory in KiB, passes, lanes; warns when guessing would be cheap.
    pub(crate) fn checked(self) -> (u32, u32, u32) {
        if self.argon2_memory_kib < FLOOR_KIB {
            term::warn(&format!(
                "Argon2id with {} KiB of memory makes guessing passphrases cheap: fit for tests only",
                self.argon2_memory_kib
            ));
        }
        (self.argon2_memory_kib, self.argon2_passes, self.argon2_lanes)
    }
}
