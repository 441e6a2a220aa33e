//! A whole roster as one file: the notes in order, with an empty line between.

use super::MAX_ENTRIES;

/// Most bytes of a file.
pub const MAX_FILE: usize = 8_388_608;

/// The file of these entries. Nothing is verified.
pub fn to_file(entries: &[impl AsRef<str>]) -> String {
    entries.iter().map(AsRef::as_ref).collect::<Vec<_>>().join("\n")
}

/// The signed entries of a file, at least one. Nothing is verified: see [`super::verify`].
///
/// `None` for every text that [`to_file`] would not write of them.
pub fn from_file(file: &str) -> Option<Vec<String>> {
    if file.len() > MAX_FILE {
        return None;
    }
    let (mut entries, mut rest) = (Vec::new(), Some(file));
    while let Some(here) = rest {
        if entries.len() == MAX_ENTRIES {
            return None;
        }
        // Neither a text nor signature lines have an empty line in them
        let (text, after) = here.split_once("\n\n")?;
        let (signatures, more) = match after.split_once("\n\n") {
            Some((signatures, more)) => (signatures, Some(more)),
            None => (after.strip_suffix('\n')?, None),
        };
        entries.push([text, "\n\n", signatures, "\n"].concat());
        rest = more;
    }
    (to_file(&entries) == file).then_some(entries)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{anchor, honest};
    use super::super::verify_at_any_time;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_written_is_read() {
        for last in 0..=5 {
            let list = honest().upto(last);
            let file = to_file(&list.entries);
            assert_eq!(from_file(&file).as_ref(), Some(&list.entries));
            assert_eq!(verify_at_any_time(&from_file(&file).unwrap(), &anchor()).unwrap(), list.roster());
        }
    }

    #[test]
    fn every_other_text_is_none() {
        let file = to_file(&honest().entries);
        assert!(from_file("").is_none() && from_file("\n").is_none() && from_file("\n\n").is_none());
        for other in [
            file.trim_end().to_owned(),
            format!("{file}\n"),
            format!("{file}\n\n"),
            format!("\n{file}"),
            file.replace("\n\n", "\n"),
            format!("{file}{}", honest().entries[0]),
        ] {
            let entries = from_file(&other).unwrap_or_default();
            assert!(verify_at_any_time(&entries, &anchor()).is_err(), "{other}");
        }
        assert!(from_file(&"x".repeat(MAX_FILE + 1)).is_none());
    }

    proptest! {
        #[test]
        fn any_text_is_answered(file in "[a—\n ]{0,40}") {
            if let Some(entries) = from_file(&file) {
                prop_assert_eq!(to_file(&entries), file);
            }
        }
    }
}
