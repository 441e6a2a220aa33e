//! A thief with a copy of every file, who knows what to look for and how it may be written.

use std::fs;
use std::path::Path;

use base64ct::{Base64Unpadded, Base64UrlUnpadded, Encoding};
use nightsafe_core::encoding::hex;

/// Where these secrets lie in the files of a folder, in whatever form: file and form.
pub(crate) fn finds(folder: &Path, secrets: &[&[u8]]) -> Vec<String> {
    let forms: Vec<_> = secrets.iter().flat_map(|secret| forms(secret)).collect();
    let mut found = Vec::new();
    for file in files(folder) {
        let bytes = fs::read(folder.join(&file)).unwrap();
        let there = forms.iter().filter(|form| bytes.windows(form.len()).any(|window| window == form.as_slice()));
        found.extend(there.map(|form| format!("{file}: {}", String::from_utf8_lossy(form))));
    }
    found
}

/// Names of the files of a folder, without its subfolders.
pub(crate) fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
    let mut names: Vec<_> = files.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Plain, hex, base64 of both alphabets wherever in a longer text it begins, URL-encoded; of digits, in groups as well.
fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![secret.to_vec(), hex(secret).into_bytes(), hex(secret).to_uppercase().into_bytes()];
    for offset in 0..3 {
        let shifted = [&b"???"[..offset], secret].concat();
        // Characters that hold bits of the secret alone
        let (first, end) = ((offset * 8).div_ceil(6), shifted.len() * 8 / 6);
        for text in [Base64Unpadded::encode_string(&shifted), Base64UrlUnpadded::encode_string(&shifted)] {
            forms.push(text.as_bytes()[first..end].to_vec());
        }
    }
    let encoded: Vec<_> = secret.iter().map(|byte| url_encoded(*byte)).collect();
    forms.push(encoded.concat().into_bytes());
    forms.push(encoded.concat().replace("%20", "+").into_bytes());
    if secret.iter().all(u8::is_ascii_digit) {
        forms.extend([b' ', b'-', b'+'].map(|separator| secret.chunks(4).collect::<Vec<_>>().join(&separator)));
    }
    forms.sort();
    forms.dedup();
    forms
}

fn url_encoded(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }
}

#[test]
fn every_form_is_found_wherever_it_lies() {
    let folder = tempfile::tempdir().unwrap();
    let secret = b"Ada Lovelace";
    let texts = [
        "xx Ada Lovelace".to_owned(),
        hex(secret),
        Base64Unpadded::encode_string(b"1Ada Lovelace and more"),
        Base64UrlUnpadded::encode_string(b"12Ada Lovelace"),
        "name=Ada+Lovelace".to_owned(),
        "Ada%20Lovelace".to_owned(),
    ];
    for text in texts {
        fs::write(folder.path().join("file"), &text).unwrap();
        assert_eq!(finds(folder.path(), &[secret]).len(), 1, "{text}");
    }
    fs::write(folder.path().join("file"), "4242 4242 4242 4242, Ada L.").unwrap();
    assert_eq!(finds(folder.path(), &[b"4242424242424242"]).len(), 1);
    assert!(finds(folder.path(), &[secret]).is_empty());
}
