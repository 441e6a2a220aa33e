//! For Caddy: a `handle` for each path, of which one answers, and one for all else.

use nightsafe_core::release::Headers;

use super::Answers;

const HEAD: &str = "\
# All answers of one origin, for Caddy. Import this in its site block, which names the root and adds neither headers nor
# handlers. Written with the release, and no other one has the same: import it from the release's own folder.
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
    }
}
