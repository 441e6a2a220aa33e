//! What this browser remembers of the roster: where it ended, and whether anybody but the vault ever said so.

use nightsafe_core::roster::Remembered;

const UNCONFIRMED: &str = " unconfirmed";

/// Where the last roster ended that this browser verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) remembered: Remembered,
    /// A list that only the vault showed is held against later ones too, but nothing is granted because of it.
    pub(crate) is_sure: bool,
}

impl Place {
    pub(crate) fn to_text(self) -> String {
        let mark = if self.is_sure { "" } else { UNCONFIRMED };
        format!("{}{mark}", self.remembered.to_text())
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (place, is_sure) = text.strip_suffix(UNCONFIRMED).map_or((text, true), |place| (place, false));
        Some(Self { remembered: Remembered::parse(place)?, is_sure })
    }
}

/// How far a roster is known to be the current one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// There is no roster.
    None,
    /// By the timestamp note.
    Confirmed,
    /// It goes on from one that was confirmed to this browser.
    Remembered,
    /// By the vault alone.
    Unconfirmed,
}

impl Trust {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Confirmed => "confirmed",
            Self::Remembered => "remembered",
            Self::Unconfirmed => "unconfirmed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written_and_as_nothing_else() {
        let head = "ab".repeat(32);
        for (text, is_sure) in [(format!("7 {head}"), true), (format!("7 {head} unconfirmed"), false)] {
            let place = Place::parse(&text).unwrap();
            assert_eq!((place.is_sure, place.remembered.sequence), (is_sure, 7));
            assert_eq!(place.to_text(), text);
        }
        for text in
            [String::new(), "unconfirmed".into(), format!("7 {head} unconfirmed unconfirmed"), format!("7 {head} ")]
        {
            assert_eq!(Place::parse(&text), None, "{text}");
        }
    }
}
