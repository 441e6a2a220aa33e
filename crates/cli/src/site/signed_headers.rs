//! Signatures of files for signature-based Subresource Integrity: HTTP Message Signatures (RFC 9421) in the one profile that
//! browsers read, over the digest of the bytes (RFC 9530) and the path that they were asked for under. `docs/spec/site-release.md`
//! says what is in them and what is left out.

use std::path::Path;

use anyhow::{Context, Result, bail};
use nightsafe_core::encoding::{b64, b64_decode};
use nightsafe_core::note::{NoteSigner, Vkey};
use nightsafe_core::release::Headers;
use nightsafe_serve::release::folder::read_headers;
use sha2::{Digest, Sha512};

use super::headers::SiteHeaders;
use super::release::SignedFiles;
use crate::keys::integrity_keys::pin;

const DIGEST: &str = "Unencoded-Digest";
const INPUT: &str = "Signature-Input";
const SIGNATURE: &str = "Signature";
const PARAMETERS: (&str, &str) = ("(\"unencoded-digest\";sf \"@path\";req);keyid=\"", "\";tag=\"ed25519-integrity\"");

/// From where signatures come.
pub(crate) enum Signatures<'a> {
    /// Made with this key, wherever pins list it.
    By(&'a NoteSigner),
    /// Those of before: the files are the same, and the key may be elsewhere.
    AsBefore,
}

/// A signature by the key that a pin lists.
struct Signature {
    pin: String,
    /// 64 bytes, base64.
    text: String,
}

/// Adds signatures of these files, which lie in `folder`, to their headers, so that each pin has one by a key that it lists.
/// Where it is not made, it is that of `before`, the headers file of what is served.
pub(super) fn add(
    headers: &mut SiteHeaders,
    files: &SignedFiles<'_>,
    folder: &Path,
    (signatures, before): (&Signatures<'_>, &Path),
) -> Result<()> {
    let before = if before.exists() { read_headers(before)? } else { SiteHeaders::new() };
    for (file, pins) in files {
        let path = format!("/{file}");
        let place = folder.join(file);
        let bytes = std::fs::read(&place)
            .with_context(|| format!("cannot read {}, which pins lead to: restore it from a copy", place.display()))?;
        let about = About { digest: format!("sha-512=:{}:", b64(&Sha512::digest(bytes))), path: &path };
        let made = match signatures {
            Signatures::By(signer) if pins.iter().any(|keys| keys.contains(&pin(signer))) => Some(about.sign(signer)),
            _ => None,
        };
        let mut signed: Vec<Signature> = made.into_iter().collect();
        let mut held = before.get(&path).map(|own| about.read(own)).unwrap_or_default();
        for keys in pins {
            let is_listed = |one: &Signature| keys.contains(&one.pin);
            if !signed.iter().any(is_listed) {
                let place = held.iter().position(is_listed);
                let place = place.with_context(|| {
                    format!("nothing signs {file} for the keys that a version of it lists: restore headers and keys from a copy")
                })?;
                signed.push(held.swap_remove(place));
            }
        }
        match headers.get_mut(&path) {
            Some(own) => own.extend(about.headers(&signed)),
            None => bail!("{file} is signed and has no headers: please report this"),
        }
    }
    Ok(())
}

/// What is signed.
struct About<'a> {
    digest: String,
    path: &'a str,
}

impl About<'_> {
    /// The signature base (RFC 9421 section 2.5). No `alg`, which browsers refuse. Neither `created` nor `expires`: the same
    /// bytes always get the same headers.
    fn base(&self, parameters: &str) -> String {
        let Self { digest, path } = self;
        format!("\"unencoded-digest\";sf: {digest}\n\"@path\";req: {path}\n\"@signature-params\": {parameters}")
    }

    fn sign(&self, signer: &NoteSigner) -> Signature {
        let pin = pin(signer);
        let text = b64(&signer.sign(self.base(&parameters(&pin)).as_bytes()));
        Signature { pin, text }
    }

    fn headers(&self, signatures: &[Signature]) -> Headers {
        let all = |what: &dyn Fn(&Signature) -> String| {
            let labelled = (1_usize..).zip(signatures).map(|(number, one)| format!("s{number}={}", what(one)));
            labelled.collect::<Vec<_>>().join(", ")
        };
        let inputs = all(&|one| parameters(&one.pin));
        let texts = all(&|one| format!(":{}:", one.text));
        [(DIGEST, self.digest.clone()), (INPUT, inputs), (SIGNATURE, texts)]
            .map(|(name, value)| (name.to_owned(), value))
            .into()
    }

    /// The good ones of those that were written here.
    fn read(&self, own: &Headers) -> Vec<Signature> {
        let of = |name: &str| own.get(name).map_or("", String::as_str).split(", ").collect::<Vec<_>>();
        let both = of(INPUT).into_iter().zip(of(SIGNATURE));
        both.filter_map(|(input, text)| {
            let key = input.split_once('=')?.1.strip_prefix(PARAMETERS.0)?.strip_suffix(PARAMETERS.1)?;
            let text = text.split_once('=')?.1.strip_prefix(':')?.strip_suffix(':')?;
            let pin = format!("ed25519-{key}");
            let vkey = Vkey::new("integrity", &b64_decode(key)?.try_into().ok()?).ok()?;
            let is_good = vkey.verify(self.base(&parameters(&pin)).as_bytes(), &b64_decode(text)?);
            is_good.then(|| Signature { pin, text: text.to_owned() })
        })
        .collect()
    }
}

fn parameters(pin: &str) -> String {
    let (before, after) = PARAMETERS;
    [before, pin.trim_start_matches("ed25519-"), after].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by Python with the `cryptography` package, from the text of RFC 9421 alone; the key is seven, 32 times.
    #[test]
    fn headers_are_those_of_another_implementation() {
        let signer = NoteSigner::from_seed("demo.example/integrity", &[7; 32]).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let file = "element-0123456789abcdef.js";
        std::fs::write(dir.path().join(file), "frame()").unwrap();
        let mut headers = SiteHeaders::from([(format!("/{file}"), Headers::new())]);
        let pins = [pin(&signer)];
        let files = SignedFiles::from([(file, vec![&pins[..]])]);
        add(&mut headers, &files, dir.path(), (&Signatures::By(&signer), Path::new("none"))).unwrap();
        let wanted = [
            (
                DIGEST,
                "sha-512=:ZLgZX790kF5V5f09w/4GzGBJe8X3mGssFrrH3S9NgqisqN7I6OEHEetPmB17rGGHPfi7ofsWyo9Rua0iZR6Jzw==:",
            ),
            (
                INPUT,
                "s1=(\"unencoded-digest\";sf \"@path\";req);keyid=\"6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=\";tag=\"ed25519-integrity\"",
            ),
            (
                SIGNATURE,
                "s1=:9ujrxisn935qVClGpenKRLXY/BZsDagpQ9hJLPeWARd/wdSlrIVMVL60PtwLw5979dovtpQu6eLSJeSeM9f8Cg==:",
            ),
        ];
        assert_eq!(
            headers[&format!("/{file}")],
            wanted.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
        );
    }

    #[test]
    fn every_pin_has_a_signature_by_a_key_that_it_lists_made_now_or_before() {
        let dir = tempfile::tempdir().unwrap();
        let signers = [7, 8, 9].map(|seed| NoteSigner::from_seed("demo.example/integrity", &[seed; 32]).unwrap());
        let [a, b, c] = &signers;
        let lists = [[pin(a), pin(b)], [pin(b), pin(c)]];
        std::fs::write(dir.path().join("a.js"), "a()").unwrap();
        let served = dir.path().join("headers.json");
        let add_to = |pins: &[usize], signatures: &Signatures<'_>| {
            let mut headers =
                SiteHeaders::from([("/a.js".to_owned(), Headers::from([("X-A".to_owned(), "b".to_owned())]))]);
            let files = SignedFiles::from([("a.js", pins.iter().map(|list| &lists[*list][..]).collect())]);
            add(&mut headers, &files, dir.path(), (signatures, &served)).map(|()| headers)
        };
        let count = |headers: &SiteHeaders| headers["/a.js"][INPUT].matches("keyid=").count();
        assert!(add_to(&[0], &Signatures::AsBefore).is_err() && add_to(&[0], &Signatures::By(c)).is_err());
        let one = add_to(&[0], &Signatures::By(a)).unwrap();
        assert_eq!((one["/a.js"].len(), count(&one)), (4, 1));
        std::fs::write(&served, serde_json::to_vec(&one).unwrap()).unwrap();
        assert_eq!(add_to(&[0], &Signatures::AsBefore).unwrap(), one);
        // One that both list is enough
        assert_eq!(count(&add_to(&[1, 0], &Signatures::By(b)).unwrap()), 1);
        // The key of before is gone, and so is the one that would follow
        let both = add_to(&[1, 0], &Signatures::By(c)).unwrap();
        let (input, signature) = (&both["/a.js"][INPUT], &both["/a.js"][SIGNATURE]);
        assert!(input.starts_with("s1=(") && input.contains(", s2=(") && count(&both) == 2, "{input}");
        assert!(signature.contains(", s2=:") && signature.ends_with(&one["/a.js"][SIGNATURE][3..]), "{signature}");
        std::fs::write(&served, serde_json::to_vec(&both).unwrap()).unwrap();
        assert_eq!(add_to(&[1, 0], &Signatures::AsBefore).unwrap(), both);
        assert_eq!(add_to(&[1, 0], &Signatures::By(c)).unwrap(), both);
        // Of other bytes it is none
        std::fs::write(dir.path().join("a.js"), "b()").unwrap();
        assert!(add_to(&[0], &Signatures::AsBefore).is_err() && add_to(&[0], &Signatures::By(b)).is_ok());
    }
}
