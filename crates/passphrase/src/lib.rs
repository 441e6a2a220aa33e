//! Which new passphrases are good enough, and why others are not. By zxcvbn (Daniel Wheeler, USENIX Security 2016): it
//! counts the guesses that somebody needs who knows which words, names, dates and rows of keys people take.
//!
//! Apart from everything else because it carries 90,000 words: browsers fetch it on pages where a passphrase is chosen,
//! the checkout never does, and no server needs it.

#![forbid(unsafe_code)]

use zxcvbn::feedback::Warning;
use zxcvbn::{Score, zxcvbn};

/// Shortest new passphrase, in characters.
pub const LEAST: usize = 12;
/// Longest, in bytes, as everywhere in this system.
pub const MOST: usize = 1024;
/// What a passphrase has to reach, of 4: ten to the eighth guesses, each of which costs an Argon2id.
const ENOUGH: Score = Score::Three;

/// What is to be said of a passphrase. Holds nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// 0, found at once, to 4.
    pub score: u8,
    /// Whether it may be taken.
    pub enough: bool,
    /// One or two sentences: what is wrong with it and what to do, or that it is good.
    pub sentence: &'static str,
}

/// Judges a new passphrase. `words` are those that a guesser tries first: the person's name, the site's name; ours is
/// among them by itself.
pub fn judge(passphrase: &str, words: &[&str]) -> Verdict {
    let length = passphrase.chars().count();
    // What a name is made of is as easy to guess as the name
    let parts = words.iter().flat_map(|word| word.split(|letter: char| !letter.is_alphanumeric()));
    let known: Vec<&str> =
        words.iter().copied().chain(parts).chain(["nightsafe"]).filter(|word| word.len() > 2).collect();
    let entropy = zxcvbn(passphrase, &known);
    // Three known words with blanks between are three words to zxcvbn: what counts is what is left without them
    let rest = zxcvbn(&without(passphrase, &known), &known).score();
    let score = entropy.score().min(rest);
    let enough = length >= LEAST && passphrase.len() <= MOST && score >= ENOUGH;
    let sentence = match entropy.feedback().and_then(|feedback| feedback.warning()) {
        _ if passphrase.is_empty() => "Five or six words that have nothing to do with each other are best.",
        _ if passphrase.len() > MOST => "That is too long: take at most 1024 characters.",
        _ if enough && score == Score::Four => "Very good. Nobody guesses this one.",
        _ if enough => "Good. One more word would make it better still.",
        _ if length < LEAST => "Too short: take at least 12 characters, better five or six words.",
        _ if rest < ENOUGH && entropy.score() >= ENOUGH => {
            "Too easy to guess: most of it is your name, the site's, or ours. Take other words."
        }
        Some(warning) => reason(warning),
        None => "Too easy to guess. Add a word or two that have nothing to do with the others.",
    };
    Verdict { score: score.into(), enough, sentence }
}

/// In lower case, as guessers try it in any.
fn without(passphrase: &str, known: &[&str]) -> String {
    let mut words: Vec<String> = known.iter().map(|word| word.to_lowercase()).collect();
    // The whole name before its parts
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words.iter().fold(passphrase.to_lowercase(), |rest, word| rest.replace(word.as_str(), " ")).trim().to_owned()
}

fn reason(warning: Warning) -> &'static str {
    match warning {
        Warning::StraightRowsOfKeysAreEasyToGuess | Warning::ShortKeyboardPatternsAreEasyToGuess => {
            "Too easy to guess: it follows the keys of a keyboard. Take words that have nothing to do with each other."
        }
        Warning::RepeatsLikeAaaAreEasyToGuess | Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess => {
            "Too easy to guess: it says the same again and again. Take different words."
        }
        Warning::ThisIsATop10Password
        | Warning::ThisIsATop100Password
        | Warning::ThisIsACommonPassword
        | Warning::ThisIsSimilarToACommonlyUsedPassword => {
            "Too easy to guess: many people take this one, or one like it. Take words that have nothing to do with each other."
        }
        Warning::SequencesLikeAbcAreEasyToGuess => {
            "Too easy to guess: letters or digits follow each other, like abc or 6543. Take words instead."
        }
        Warning::RecentYearsAreEasyToGuess | Warning::DatesAreOftenEasyToGuess => {
            "Too easy to guess: years and dates are tried first. Take words instead."
        }
        Warning::AWordByItselfIsEasyToGuess => {
            "Too easy to guess: it is one word. Add four or five that have nothing to do with it."
        }
        Warning::NamesAndSurnamesByThemselvesAreEasyToGuess | Warning::CommonNamesAndSurnamesAreEasyToGuess => {
            "Too easy to guess: names are tried first. Take words that have nothing to do with each other."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(passphrase: &str) -> Verdict {
        judge(passphrase, &["Anna Karenina", "shop.example"])
    }

    #[test]
    fn what_is_easy_to_guess_is_refused_with_the_reason() {
        for (passphrase, reason) in [
            ("short", "Too short"),
            ("", "Five or six words"),
            ("passwordpassword", "the same again"),
            ("qwertyuiop[]", "the keys of a keyboard"),
            ("aaaaaaaaaaaa", "the same again"),
            ("abcdefghijkl", "follow each other"),
            ("annakarenina", "Too easy"),
            ("shop.example", "Too easy"),
            ("nightsafe123", "Too easy"),
            ("password1985", "Too easy"),
        ] {
            let Verdict { enough, sentence, .. } = verdict(passphrase);
            assert!(!enough && sentence.contains(reason), "{passphrase}: {sentence}");
        }
    }

    #[test]
    fn some_words_that_nobody_puts_together_are_enough() {
        for passphrase in ["correct horse battery staple", "nadi-keso-bira-fumo-dela-viso", "Käse Uhr Wolke Zaun"] {
            let Verdict { score, enough, sentence } = verdict(passphrase);
            assert!(enough && score >= 3 && sentence.contains("ood."), "{passphrase}: {score} {sentence}");
        }
    }

    #[test]
    fn a_name_is_known_in_its_parts_too_and_beside_it_there_must_be_enough() {
        let passphrase = "quimbelt zylopharg";
        assert!(judge(passphrase, &[]).enough);
        let known = judge(passphrase, &["Zylopharg Quimbelt"]);
        assert!(!known.enough && known.sentence.contains("your name"), "{known:?}");
        assert!(!verdict("Anna Shop Nightsafe Karenina").enough);
        assert!(verdict("anna counts wolves in brass buckets").enough);
    }

    #[test]
    fn length_alone_is_no_strength_and_strength_no_length() {
        assert!(!verdict(&"ab".repeat(40)).enough);
        let short = verdict("x9$Kq!v2Lp");
        assert!(short.score >= 3 && !short.enough, "{short:?}");
        let long = verdict(&"wolke zaun uhr ".repeat(100));
        assert!(!long.enough && long.sentence.contains("too long"));
    }
}
