//! Signatures of files for signature-based Subresource Integrity: HTTP Message Signatures (RFC 9421) in the one profile that
//! browsers read, over the digest of the bytes (RFC 9530) and the path that they were asked for under. `docs/spec/site-release.md`
//! says what is in them and what is left out.

use std::path::Path;

use anyhow::{Context, Result, bail};
use nightsafe_core::encoding::b64;
use nightsafe_core::note::NoteSigner;
use nightsafe_core::release::Headers;
use nightsafe_serve::release::folder::read_headers;
use sha2::{Digest, Sha512};

use super::headers::SiteHeaders;
use super::release::Pinned;

const DIGEST: &str = "Unencoded-Digest";
const INPUT: &str = "Signature-Input";
const SIGNATURE: &str = "Signature";

/// From where signatures come.
pub(crate) enum Signatures<'a> {
    /// Made with this key.
    By(&'a NoteSigner),
    /// Those of the headers of before: the files are the same, and the key may be elsewhere.
    AsBefore,
}

/// Adds them to the headers of these files, which lie in `folder`; `before` is the headers file of what is served.
pub(super) fn add(
    headers: &mut SiteHeaders,
    files: &[&Pinned],
    folder: &Path,
    (signatures, before): (&Signatures<'_>, &Path),
) -> Result<()> {
    let before = match signatures {
        Signatures::AsBefore if before.exists() => read_headers(before)?,
        _ => SiteHeaders::new(),
    };
    for Pinned { file, .. } in files {
        let path = format!("/{file}");
        let signed = match signatures {
            Signatures::By(signer) => {
                let bytes = std::fs::read(folder.join(file)).with_context(|| format!("cannot read {file}"))?;
                sign(&bytes, &path, signer)
            }
            Signatures::AsBefore => taken_over(before.get(&path))
                .with_context(|| format!("what is served has no signature of {file}: run `nightsafe site build`"))?,
        };
        match headers.get_mut(&path) {
            Some(own) => own.extend(signed),
            None => bail!("{file} is signed and has no headers: please report this"),
        }
    }
    Ok(())
}

fn taken_over(own: Option<&Headers>) -> Option<Headers> {
    let of = |name: &str| Some((name.to_owned(), own?.get(name)?.clone()));
    [DIGEST, INPUT, SIGNATURE].map(of).into_iter().collect()
}

/// No `alg`, which browsers refuse. Neither `created` nor `expires`: the same bytes always get the same headers.
fn sign(bytes: &[u8], path: &str, signer: &NoteSigner) -> Headers {
    let digest = format!("sha-512=:{}:", b64(&Sha512::digest(bytes)));
    let parameters = format!(
        "(\"unencoded-digest\";sf \"@path\";req);keyid=\"{}\";tag=\"ed25519-integrity\"",
        b64(signer.vkey().public_key())
    );
    let base =
        format!("\"unencoded-digest\";sf: {digest}\n\"@path\";req: {path}\n\"@signature-params\": {parameters}");
    let signature = b64(&signer.sign(base.as_bytes()));
    let headers = [(DIGEST, digest), (INPUT, format!("s1={parameters}")), (SIGNATURE, format!("s1=:{signature}:"))];
    headers.map(|(name, value)| (name.to_owned(), value)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by Python with the `cryptography` package, from the text of RFC 9421 alone; the key is seven, 32 times.
    #[test]
    fn headers_are_those_of_another_implementation() {
        let signer = NoteSigner::from_seed("demo.example/integrity", &[7; 32]).unwrap();
        let headers = sign(b"frame()", "/element-0123456789abcdef.js", &signer);
        let wanted = [
            (DIGEST, "sha-512=:ZLgZX790kF5V5f09w/4GzGBJe8X3mGssFrrH3S9NgqisqN7I6OEHEetPmB17rGGHPfi7ofsWyo9Rua0iZR6Jzw==:"),
            (INPUT, "s1=(\"unencoded-digest\";sf \"@path\";req);keyid=\"6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=\";tag=\"ed25519-integrity\""),
            (SIGNATURE, "s1=:9ujrxisn935qVClGpenKRLXY/BZsDagpQ9hJLPeWARd/wdSlrIVMVL60PtwLw5979dovtpQu6eLSJeSeM9f8Cg==:"),
        ];
        assert_eq!(headers, wanted.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    }

    #[test]
    fn what_is_served_keeps_its_signatures_where_the_key_is_not_at_hand() {
        let dir = tempfile::tempdir().unwrap();
        let signer = NoteSigner::from_seed("demo.example/integrity", &[7; 32]).unwrap();
        let file = Pinned { file: "a.js".to_owned(), integrity: String::new() };
        std::fs::write(dir.path().join("a.js"), "a()").unwrap();
        let served = dir.path().join("headers.json");
        let bare = || SiteHeaders::from([("/a.js".to_owned(), Headers::from([("X-A".to_owned(), "b".to_owned())]))]);
        let added = |signatures: &Signatures<'_>| {
            let mut headers = bare();
            add(&mut headers, &[&file], dir.path(), (signatures, &served)).map(|()| headers)
        };
        assert!(added(&Signatures::AsBefore).is_err());
        std::fs::write(&served, serde_json::to_vec(&bare()).unwrap()).unwrap();
        assert!(added(&Signatures::AsBefore).is_err());
        let made = added(&Signatures::By(&signer)).unwrap();
        assert_eq!(made["/a.js"].len(), 4);
        std::fs::write(&served, serde_json::to_vec(&made).unwrap()).unwrap();
        assert_eq!(added(&Signatures::AsBefore).unwrap(), made);
        let strange = Pinned { file: "b.js".to_owned(), integrity: String::new() };
        let added = add(&mut bare(), &[&strange], dir.path(), (&Signatures::By(&signer), &served));
        assert!(added.is_err());
    }
}
