use nightsafe_core::encoding::{b64u, b64u_decode, hex, hex_array};

/// How far `created` may be from the verifier's clock, in seconds, to both sides.
pub const WINDOW: u64 = 60;

/// Makes each request a different one.
pub type Nonce = [u8; 16];

const LABEL: &str = "nightsafe=";
const COMPONENTS: &str = "(\"@method\" \"@authority\" \"@path\" \"content-digest\")";
const END: &str = "\";alg=\"ed25519\";tag=\"nightsafe-relay\"";
/// Longest value that is looked at. The longest good one has 162 bytes.
const MAX_INPUT: usize = 256;

/// The parameters of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Params {
    /// Unix seconds.
    pub(super) created: u64,
    pub(super) nonce: Nonce,
    /// C2SP id of the key.
    pub(super) key: [u8; 4],
}

impl Params {
    /// As they stand in the signature base.
    pub(super) fn to_text(self) -> String {
        let (created, nonce, key) = (self.created, b64u(&self.nonce), hex(&self.key));
        format!("{COMPONENTS};created={created};nonce=\"{nonce}\";keyid=\"{key}{END}")
    }

    /// The value of `Signature-Input`.
    pub(super) fn to_input(self) -> String {
        [LABEL, &self.to_text()].concat()
    }

    /// Reads [`Self::to_input`] and nothing else.
    pub(super) fn parse(input: &str) -> Option<Self> {
        if input.len() > MAX_INPUT {
            return None;
        }
        let rest = input.strip_prefix(LABEL)?.strip_prefix(COMPONENTS)?.strip_prefix(";created=")?;
        let (created, rest) = rest.split_once(";nonce=\"")?;
        let (nonce, rest) = rest.split_once("\";keyid=\"")?;
        let params = Self {
            created: created.parse().ok()?,
            nonce: b64u_decode(nonce)?.try_into().ok()?,
            key: hex_array(rest.strip_suffix(END)?)?,
        };
        // One spelling: no sign, no leading zero
        (params.to_input() == input).then_some(params)
    }
}

/// The value of `Signature`.
pub(super) fn signature_value(signature: &[u8; 64]) -> String {
    format!("{LABEL}:{}:", nightsafe_core::encoding::b64(signature))
}

/// Reads [`signature_value`].
pub(super) fn parse_signature(value: &str) -> Option<[u8; 64]> {
    let text = value.strip_prefix(LABEL)?.strip_prefix(':')?.strip_suffix(':')?;
    if text.len() > MAX_INPUT {
        return None;
    }
    nightsafe_core::encoding::b64_decode(text)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(created: u64, nonce: Nonce, key: [u8; 4]) {
            let params = Params { created, nonce, key };
            prop_assert!(params.to_input().len() <= MAX_INPUT);
            prop_assert_eq!(Params::parse(&params.to_input()), Some(params));
        }

        #[test]
        fn whatever_is_read_has_that_one_spelling(text in "nightsafe=\\PC{0,200}|\\PC{0,40}") {
            if let Some(params) = Params::parse(&text) {
                prop_assert_eq!(params.to_input(), text);
            }
        }

        #[test]
        fn signatures_are_read_back(bytes in proptest::collection::vec(any::<u8>(), 64)) {
            let signature: [u8; 64] = bytes.try_into().unwrap();
            prop_assert_eq!(parse_signature(&signature_value(&signature)), Some(signature));
        }
    }

    #[test]
    fn other_spellings_are_refused() {
        let good = Params { created: 1_700_000_000, nonce: [1; 16], key: [0xab; 4] }.to_input();
        assert!(Params::parse(&good).is_some());
        for (from, to) in [
            ("created=1", "created=+1"),
            ("created=1", "created=01"),
            ("created=1", "created=-1"),
            ("created=1", "created=1.0"),
            ("ed25519", "rsa-pss-sha512"),
            ("nightsafe-relay", "other"),
            ("\"@path\" ", ""),
            ("\"@path\"", "\"@query\""),
            ("\"@path\"", "\"@path\";req"),
            (";nonce", "; nonce"),
            ("abab", "ABAB"),
            ("nightsafe=(", "sig1=("),
            ("nightsafe=(", " nightsafe=("),
            ("-relay\"", "-relay\";expires=1"),
            ("-relay\"", "-relay\", sig2=()"),
        ] {
            let bad = good.replacen(from, to, 1);
            assert_ne!(bad, good, "{from}");
            assert!(Params::parse(&bad).is_none(), "{bad}");
        }
    }
}
