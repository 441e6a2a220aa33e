//! Compressed copies that lie beside a file.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_ENCODING;

/// How a copy is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Brotli,
    Gzip,
}

impl Encoding {
    /// The best first.
    pub(super) const ALL: [Self; 2] = [Self::Brotli, Self::Gzip];

    /// As requests and answers name it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// What the copy's name has behind that of the file.
    pub(super) const fn extension(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gz",
        }
    }
}

/// Which of them a client takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Accepted([bool; 2]);

impl Accepted {
    pub(super) fn read(headers: &HeaderMap) -> Self {
        Self(Encoding::ALL.map(|encoding| accepts(headers, encoding.name())))
    }

    pub(super) fn has(self, encoding: Encoding) -> bool {
        Encoding::ALL.into_iter().zip(self.0).any(|(one, is_taken)| one == encoding && is_taken)
    }
}

fn accepts(headers: &HeaderMap, name: &str) -> bool {
    headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            let is_it = parts.next().is_some_and(|coding| coding.eq_ignore_ascii_case(name));
            is_it && !parts.any(|weight| weight.trim_end_matches(['0', '.']) == "q=")
        })
}
