//! Online keys: Ed25519 signers of receipts and timestamps, in the private key form of the Go and C2SP note tools,
//! `PRIVATE+KEY+name+id+base64(0x01 || seed)`. They lie unwrapped, because a server signs with them unattended; what
//! they can do is limited to that.

use nightsafe_core::encoding::{b64, b64_decode};
use nightsafe_core::note::NoteSigner;
use zeroize::Zeroizing;

const PREFIX: &str = "PRIVATE+KEY+";
/// C2SP signature type of Ed25519.
const ED25519: u8 = 1;

/// The text of a key: one line, with its end.
pub fn to_text(signer: &NoteSigner) -> Zeroizing<String> {
    let mut bytes = Zeroizing::new(vec![ED25519]);
    bytes.reserve_exact(32);
    bytes.extend_from_slice(signer.seed().as_slice());
    let encoded = Zeroizing::new(b64(&bytes));
    let vkey = signer.vkey();
    Zeroizing::new([PREFIX, vkey.name(), "+", &vkey.id_hex(), "+", &encoded, "\n"].concat())
}

/// Reads [`to_text`], with or without the line's end; `None` for everything else.
pub fn parse(text: &str) -> Option<NoteSigner> {
    let (name, rest) = text.strip_suffix('\n').unwrap_or(text).strip_prefix(PREFIX)?.split_once('+')?;
    let (id, key) = rest.split_once('+')?;
    let bytes = Zeroizing::new(b64_decode(key)?);
    let (kind, seed) = bytes.split_first()?;
    let signer = NoteSigner::from_seed(name, seed.try_into().ok()?).ok()?;
    (*kind == ED25519 && signer.vkey().id_hex() == id).then_some(signer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_read_back_and_nothing_else_is() {
        let signer = NoteSigner::from_seed("demo.example/receipt", &[7; 32]).unwrap();
        let text = to_text(&signer);
        assert_eq!(parse(&text).unwrap().vkey(), signer.vkey());
        assert_eq!(parse(text.trim_end()).unwrap().vkey(), signer.vkey());
        for bad in [
            &text.replace("PRIVATE", "PUBLIC"),
            &text.replace("receipt", "timestamp"),
            &text.replace('\n', "x\n"),
            &text.replace('\n', "\n\n"),
            "",
        ] {
            assert!(parse(bad).is_none());
        }
    }
}
