/// The signature base (RFC 9421 section 2.5): a line for each component, and last the parameters, without an end of
/// line. Values must hold no line feed; what comes out of a parsed request does not.
pub(super) fn signature_base(components: &[(&str, &str)], params: &str) -> String {
    let mut base = String::new();
    for (name, value) in components.iter().chain(&[("@signature-params", params)]) {
        if !base.is_empty() {
            base.push('\n');
        }
        for piece in ["\"", name, "\": ", value] {
            base.push_str(piece);
        }
    }
    base
}

#[cfg(test)]
mod tests {
    use nightsafe_core::encoding::{b64, b64_decode};
    use nightsafe_core::note::NoteSigner;

    use super::*;

    /// RFC 9421 appendix B.2.6, with the key of appendix B.1.4.
    #[test]
    fn the_ed25519_example_of_the_rfc() {
        let params = "(\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \"content-length\")\
                      ;created=1618884473;keyid=\"test-key-ed25519\"";
        let base = signature_base(
            &[
                ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
                ("@method", "POST"),
                ("@path", "/foo"),
                ("@authority", "example.com"),
                ("content-type", "application/json"),
                ("content-length", "18"),
            ],
            params,
        );
        // An RFC 8410 private key is 16 bytes of head and the seed
        let key = b64_decode("MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF").unwrap();
        let signer = NoteSigner::from_seed("test-key-ed25519", key[16..].try_into().unwrap()).unwrap();
        let public = b64_decode("MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=").unwrap();
        assert_eq!(signer.vkey().public_key(), &public[12..]);
        assert_eq!(
            b64(&signer.sign(base.as_bytes())),
            "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
        );
    }
}
