//! What is refused before anything is published: documents that run or load what nothing pins, and scripts that reach around
//! what pins them. Browsers ignore an `integrity` value that they cannot parse, and no policy of theirs covers workers.

use anyhow::{Result, bail};
use nightsafe_serve::release::html::{Element, elements};

use super::integrity::is_strict;

/// Elements that bring in other documents or change where addresses lead.
const NEVER: [&str; 8] = ["iframe", "frame", "object", "embed", "applet", "base", "portal", "fencedframe"];

/// What makes a worker or runs a text. Bundlers shorten names of ours, not those of the browser.
const REACHES: [&str; 7] =
    ["Worker(", "Worklet", "serviceWorker", "importScripts", "eval(", "Function(", "document.write"];

/// Refuses a document unless it loads one script, pins everything that it loads, and runs nothing else.
pub(crate) fn check_markup(name: &str, html: &str) -> Result<()> {
    let mut scripts = 0_usize;
    for element in elements(html)? {
        let tag = element.name();
        if NEVER.contains(&tag.as_str()) {
            bail!("{name} has a <{tag}>: the page loads its one script and style, and nothing else");
        }
        check_attributes(name, &tag, &element)?;
        let attributes = element.attributes();
        let value = |name: &str| attributes.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
        if tag == "meta" && value("http-equiv").is_some_and(|what| what.eq_ignore_ascii_case("refresh")) {
            bail!("{name} leads elsewhere by <meta http-equiv=\"refresh\">");
        }
        if tag == "script" {
            scripts = scripts.saturating_add(1);
            if value("src").is_none_or(str::is_empty) {
                bail!("{name} holds an inline script: scripts are files of their own, pinned by integrity");
            }
        } else if tag != "link" {
            continue;
        }
        match value("integrity") {
            Some(integrity) if is_strict(integrity) => {}
            Some(_) => bail!(
                "{name} has an integrity value that is not sha384- and 64 base64 characters, and at most two ed25519- keys: browsers ignore such values and run the file unchecked"
            ),
            None => bail!("{name} loads a <{tag}> without an integrity attribute"),
        }
        if !matches!(value("crossorigin"), Some("" | "anonymous")) {
            bail!("{name} loads a <{tag}> without crossorigin: Integrity-Policy would block it");
        }
    }
    if scripts != 1 {
        bail!("{name} must load exactly one script and loads {scripts}");
    }
    Ok(())
}

fn check_attributes(name: &str, tag: &str, element: &Element) -> Result<()> {
    for (attribute, value) in element.attributes() {
        if attribute.starts_with("on") {
            bail!("{name} has a <{tag}> with the handler {attribute}: handlers are set by the script that is pinned");
        }
        // Browsers drop blanks and control characters in front of and within the scheme
        let plain: String = value.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
        if plain.to_ascii_lowercase().starts_with("javascript:") {
            bail!("{name} has a <{tag}> with a javascript: address in {attribute}");
        }
    }
    Ok(())
}

/// Refuses a script that makes workers, runs texts or imports others: what they run is pinned by nothing.
pub(crate) fn check_script(name: &str, script: &str) -> Result<()> {
    if let Some(word) = REACHES.iter().find(|word| script.contains(**word)) {
        bail!("{name} holds {word}: what that runs, no integrity and no policy pins");
    }
    if imports(script) {
        bail!("{name} imports another script: the integrity of a script is not that of what it imports");
    }
    Ok(())
}

/// Whether a script may import others, statically or when it runs. The word alone may stand in a text.
fn imports(script: &str) -> bool {
    let is_word = |end: &str| end.ends_with(|last: char| last.is_alphanumeric() || "_$.".contains(last));
    // Where a statement can begin
    let is_start = |end: &str| end.trim_end().is_empty() || end.trim_end().ends_with([';', '}', ')', '/']);
    script.match_indices("import").any(|(at, word)| {
        let (before, behind) = script.split_at(at);
        let behind = behind.strip_prefix(word).unwrap_or_default().trim_start();
        let is_call = behind.starts_with('(') && !is_word(before);
        is_call || behind.starts_with(['{', '*', '"', '\'']) && is_start(before)
    })
}

#[cfg(test)]
mod tests {
    use super::super::integrity::sha384;
    use super::*;

    fn good() -> String {
        format!(r#"type="module" src="l.js" integrity="{}" crossorigin="anonymous""#, sha384(b"x"))
    }

    #[test]
    fn markup_with_a_weak_or_missing_pin_is_refused() {
        let pin = sha384(b"x");
        let script = |attributes: &str| check_markup("frame.html", &format!("<p>x</p><script {attributes}></script>"));
        let good = good();
        script(&good).unwrap();
        // Both mean anonymous
        script(&good.replace("=\"anonymous\"", "")).unwrap();
        script(&good.replace("\"anonymous\"", "\"\"")).unwrap();
        for bad in [
            good.replace(&pin, ""),
            good.replace("sha384-", "sha384:"),
            good.replace("integrity", "data-integrity"),
            good.replace("crossorigin", "x"),
            good.replace("anonymous", "use-credentials"),
            good.replace("src", "data-src"),
            good.replace("integrity", "INTEGRITY=\"\" integrity"),
        ] {
            assert!(script(&bad).is_err(), "{bad}");
        }
        assert!(check_markup("frame.html", "<p>no script</p>").is_err());
        assert!(check_markup("frame.html", &format!("<script {good}></script><script {good}></script>")).is_err());
        let sheet = format!(r#"<link rel="stylesheet" href="a.css"><script {good}></script>"#);
        assert!(check_markup("index.html", &sheet).is_err());
    }

    #[test]
    fn what_runs_beside_the_one_script_is_refused() {
        let good = good();
        for more in [
            "<p onclick=\"x()\">x</p>",
            "<svg><script>x()</script></svg>",
            "<svg onload=x()>",
            "<a href=\" java\nscript:x()\">x</a>",
            "<form action=javascript:x()></form>",
            "<iframe srcdoc=x></iframe>",
            "<object data=x></object>",
            "<base href=https://evil.example/>",
            "<meta http-equiv=Refresh content=\"0;url=https://evil.example/\">",
            "<link rel=modulepreload href=x.js>",
            "<script>x()</script>",
            "<template><script>x()</script></template>",
        ] {
            let page = format!("<!doctype html><title>x</title><script {good}></script>{more}");
            assert!(check_markup("frame.html", &page).is_err(), "{more}");
        }
    }

    #[test]
    fn scripts_that_reach_around_their_pin_are_refused() {
        check_script("loader.js", "fetch(a,{integrity:b});const worker=1;evaluate(2);x.import(a);say('to import')")
            .unwrap();
        for bad in [
            "new Worker(a)",
            "new SharedWorker(a)",
            "navigator.serviceWorker.register(a)",
            "(0,eval)(a);eval(b)",
            "new Function(a)",
            "CSS.paintWorklet.addModule(a)",
            "document.write(a)",
            "import\"./a.js\"",
            "a();import {b} from './b.js'",
            "import*as a from'./a.js'",
            "await import(a)",
        ] {
            assert!(check_script("loader.js", bad).is_err(), "{bad}");
        }
    }
}
