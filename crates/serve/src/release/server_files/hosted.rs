//! The file `_headers` of hosts of static sites. Where two rules are for one path, Cloudflare puts the values of both into one
//! header unless a line takes the inherited one away; Netlify knows no such line, and uses that of the later rule.

use super::Answers;

/// Cloudflare reads no more rules than this, and no longer lines.
const MOST_RULES: usize = 100;
const LONGEST_LINE: usize = 2000;

/// Nothing when Cloudflare would not read all of it: what it leaves out, no browser gets.
pub(super) fn cloudflare(answers: &Answers) -> Option<String> {
    let text = text(answers, true);
    let rules = answers.own.len().saturating_add(usize::from(answers.below.is_some()));
    let fits = rules < MOST_RULES && text.lines().all(|line| line.len() <= LONGEST_LINE);
    fits.then_some(text)
}

pub(super) fn netlify(answers: &Answers) -> String {
    text(answers, false)
}

fn text(answers: &Answers, takes_away: bool) -> String {
    let mut text = "/*\n".to_owned();
    for (name, value) in &answers.all {
        text.push_str(&format!("  {name}: {value}\n"));
    }
    for (path, own) in &answers.own {
        text.push_str(&format!("{path}\n"));
        for (name, value) in own {
            if takes_away {
                text.push_str(&format!("  ! {name}\n"));
            }
            text.push_str(&format!("  {name}: {value}\n"));
        }
    }
    if let Some((folder, media_type)) = answers.below {
        text.push_str(&format!("{folder}*\n"));
        if takes_away {
            text.push_str("  ! Content-Type\n");
        }
        text.push_str(&format!("  Content-Type: {media_type}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::tests::{answers, set};
    use super::*;

    #[test]
    fn what_a_path_has_of_its_own_takes_the_place_of_what_all_have() {
        let text = cloudflare(&answers()).unwrap();
        assert!(text.starts_with("/*\n  Cache-Control: no-store\n  X-Frame-Options: DENY\n/\n"));
        assert!(text.contains("/a.js\n  ! Cache-Control\n  Cache-Control: no-cache\n"));
        assert!(netlify(&answers()).contains("/a.js\n  Cache-Control: no-cache\n"));
        let mut many = answers();
        many.own.extend((0..100).map(|number| (format!("/{number}"), set(&[]))));
        assert_eq!(cloudflare(&many), None);
        let mut long = answers();
        long.all.insert("X-A".to_owned(), "a".repeat(2000));
        assert_eq!(cloudflare(&long), None);
    }
}
