//! Binding over `nightsafe-passphrase` for the pages on which a passphrase is chosen: conversions, no logic. A module of
//! its own, fetched only there: the dictionaries weigh more than all that an admin opens deposits with.
//!
//! ```ts
//! /** Judges a new passphrase. `words` are what the person would not be asked to guess long for, one a line: the name,
//!  *  the site's name.
//!  *  Gives a digit from 0 (found at once) to 4, `+` when it is enough or `-`, and a sentence: `3+Good. …` */
//! export function judge(passphrase: string, words: string): string;
//! /** A QR code of a text (ISO/IEC 18004, error correction level Q): a line of `0` and `1` for each row, without the quiet zone.
//!  *  Empty when the text is too long. Here, because a recovery kit is as rare as a new passphrase. */
//! export function qr(text: string): string;
//! ```

use nightsafe_passphrase::Verdict;
use qrcodegen::{QrCode, QrCodeEcc};
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

/// A QR code, row by row.
#[wasm_bindgen]
pub fn qr(mut text: String) -> String {
    let code = QrCode::encode_text(&text, QrCodeEcc::Quartile);
    text.zeroize();
    code.map(|code| rows(&code)).unwrap_or_default()
}

fn rows(code: &QrCode) -> String {
    let row = |y| (0..code.size()).map(|x| if code.get_module(x, y) { '1' } else { '0' }).collect::<String>();
    (0..code.size()).map(row).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recovery_code_is_29_modules_wide_with_its_three_corners() {
        let text = qr("0123A-4567B-89CDE-FGHJK-MNPQR-STVWX-YZ012".into());
        let rows: Vec<&str> = text.lines().collect();
        assert_eq!((rows.len(), rows[0].len()), (29, 29));
        let corner = ["1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111"];
        for (row, corner) in rows.iter().zip(corner) {
            assert_eq!((&row[..7], &row[22..]), (corner, corner));
        }
        assert!(rows[22..].iter().zip(corner).all(|(row, corner)| &row[..7] == corner));
        assert_eq!(qr("x".repeat(5000)), "");
    }
}
