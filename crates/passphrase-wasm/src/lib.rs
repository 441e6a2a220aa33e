//! Binding over `nightsafe-passphrase` for the pages on which a passphrase is chosen: conversions, no logic. A module of
//! its own, fetched only there: the dictionaries weigh more than all that an admin opens deposits with.
//!
//! ```ts
//! /** Judges a new passphrase. `words` are what the person would not be asked to guess long for, one a line: the name,
//!  *  the site's name.
//!  *  Gives a digit from 0 (found at once) to 4, `+` when it is enough or `-`, and a sentence: `3+Good. …` */
//! export function judge(passphrase: string, words: string): string;
//! ```

use nightsafe_passphrase::Verdict;
use wasm_bindgen::prelude::wasm_bindgen;
use zeroize::Zeroize;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: nightsafe_wipe::Wiping = nightsafe_wipe::Wiping(std::alloc::System);

/// Judges a new passphrase.
#[wasm_bindgen]
pub fn judge(mut passphrase: String, words: &str) -> String {
    let words: Vec<&str> = words.lines().collect();
    let Verdict { score, enough, sentence } = nightsafe_passphrase::judge(&passphrase, &words);
    passphrase.zeroize();
    format!("{score}{}{sentence}", if enough { '+' } else { '-' })
}
