//! For Caddy: a `handle` for each path, of which one answers, and one for all else.

use nightsafe_core::release::Headers;

use super::{Answers, is_of_bytes};
use crate::static_files::OF_BYTES;

const HEAD: &str = "\
# All answers of one origin, for Caddy. Import this in its site block, which names the root and adds neither headers nor
# handlers. Written with the release, and no other one has the same: import it from the release's own folder.
# An error of a range, or of a condition, would have the headers of the file as well.
request_header -If-Match
request_header -If-Unmodified-Since
request_header -Range
";

pub(super) fn text(answers: &Answers) -> String {
    let mut text = HEAD.to_owned();
    for (path, own) in &answers.own {
        let (mut set, media_type) = answers.of(own);
        set.insert(nightsafe_core::release::CONTENT_TYPE.to_owned(), media_type);
        text.push_str(&format!("handle {path} {{\n"));
        headers(&mut text, &set);
        text.push_str("\tfile_server {\n\t\tprecompressed br gzip\n\t}\n}\n");
    }
    if let Some((folder, media_type)) = answers.below {
        let mut set = answers.all.clone();
        set.insert(nightsafe_core::release::CONTENT_TYPE.to_owned(), media_type.to_owned());
        text.push_str(&format!("handle {folder}* {{\n"));
        headers(&mut text, &set);
        text.push_str("\tfile_server\n}\n");
    }
    text.push_str("handle {\n");
    headers(&mut text, &answers.all);
    text.push_str("\trespond 404\n}\n");
    // An error has the headers of its path by then; of the file's bytes it has none
    if answers.own.values().flat_map(Headers::keys).any(|name| is_of_bytes(name)) {
        text.push_str("handle_errors {\n\theader {\n");
        text.extend(OF_BYTES.map(|name| format!("\t\t-{name}\n")));
        text.push_str("\t}\n}\n");
    }
    text
}

/// Between backticks nothing is an escape; values have none in them, and no placeholders, see [`Answers`].
fn headers(text: &mut String, headers: &Headers) {
    text.push_str("\theader {\n");
    for (name, value) in headers {
        text.push_str(&format!("\t\t{name} `{value}`\n"));
    }
    text.push_str("\t}\n");
}

#[cfg(test)]
mod tests {
    use super::super::tests::answers;
    use super::*;

    #[test]
    fn every_handler_has_all_headers() {
        let text = text(&answers());
        assert_eq!(text.matches("handle").count() - HEAD.matches("handle").count(), 4);
        assert_eq!(text.matches("X-Frame-Options `DENY`").count(), 4);
        let own = "handle /a.js {\n\theader {\n\t\tCache-Control `no-cache`\n\t\tContent-Type `text/javascript`\n";
        assert!(text.contains(own), "{text}");
        assert!(!text.contains("handle_errors"), "{text}");
        let mut signed = answers();
        signed.own.get_mut("/a.js").unwrap().insert("Signature".to_owned(), "s1=:AA==:".to_owned());
        let text = super::text(&signed);
        assert!(text.ends_with(
            "handle_errors {\n\theader {\n\t\t-signature\n\t\t-signature-input\n\t\t-unencoded-digest\n\t}\n}\n"
        ));
    }
}
