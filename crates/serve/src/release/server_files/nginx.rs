//! For nginx: a location for each path, and none for anything else. Where a location has an `add_header` of its own, nginx
//! forgets those of the server, so each location has all of them.

use nightsafe_core::release::Headers;

use super::{Answers, is_of_bytes};

const HEAD: &str = "\
# All answers of one origin, for nginx. Include this in its server { }, which names the root and adds neither headers nor
# locations. Written with the release, and no other one has the same: include it from the release's own folder.
types { }
default_type application/octet-stream;
gzip off;
gzip_static on;
gzip_vary on;
# An error of a range would have the headers of the file as well
max_ranges 0;
";

pub(super) fn text(answers: &Answers) -> String {
    let mut text = HEAD.to_owned();
    headers(&mut text, "", &answers.all);
    text.push_str("location / {\n    return 404;\n}\n");
    for (path, own) in &answers.own {
        let (set, media_type) = answers.of(own);
        text.push_str(&format!("location = {path} {{\n"));
        // A location of its own for the folder would be another one than its file's
        if path == "/" {
            text.push_str("    try_files /index.html =404;\n");
        }
        text.push_str(&format!("    default_type {};\n", quoted(&media_type)));
        headers(&mut text, "    ", &set);
        text.push_str("}\n");
    }
    if let Some((folder, media_type)) = answers.below {
        text.push_str(&format!("location {folder} {{\n    default_type {};\n", quoted(media_type)));
        headers(&mut text, "    ", &answers.all);
        text.push_str("}\n");
    }
    text
}

/// `always`: errors too. Not where a header is of the file's bytes, which those of an error are not.
fn headers(text: &mut String, indent: &str, headers: &Headers) {
    for (name, value) in headers {
        let when = if is_of_bytes(name) { "" } else { " always" };
        text.push_str(&format!("{indent}add_header {name} {}{when};\n", quoted(value)));
    }
}

/// Values have no backslash and no dollar sign in them; see [`Answers`].
fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::super::tests::answers;
    use super::*;

    #[test]
    fn every_location_has_all_headers() {
        let text = text(&answers());
        assert_eq!(text.matches("location ").count(), 4);
        assert_eq!(text.matches("add_header X-Frame-Options \"DENY\" always;").count(), 4);
        let own = "location = /a.js {\n    default_type \"text/javascript\";\n    add_header Cache-Control \"no-cache\" always;\n";
        assert!(text.contains(own), "{text}");
        let mut signed = answers();
        signed.own.get_mut("/a.js").unwrap().insert("Signature".to_owned(), "s1=:AA==:".to_owned());
        assert!(
            super::text(&signed)
                .contains("    add_header Signature \"s1=:AA==:\";\n    add_header X-Frame-Options \"DENY\" always;\n")
        );
        assert_eq!(quoted("(\"https://a\");x='y'"), "\"(\\\"https://a\\\");x='y'\"");
    }
}
