//! `nightsafe snippet`: what a shop puts into its checkout page, and how anybody checks it.

use anyhow::{Context, Result, bail};

use crate::config::{Config, Origins};
use crate::data_dir::{DataDir, DataDirArg};
use crate::site::integrity;
use crate::site::release::{Pinned, Release};
use crate::term;

/// Prints the tag for the shop's checkout page, the policy lines that it needs, and a command that checks it
#[derive(clap::Args, Debug)]
pub(crate) struct SnippetArgs {
    #[command(flatten)]
    data: DataDirArg,
}

pub(crate) fn run(args: &SnippetArgs) -> Result<()> {
    let (data, config) = args.data.open()?;
    let release =
        Release::read(&data.release())?.context("the site is not built yet: run `nightsafe site build` first")?;
    check_element(&data, &release.fields.element)?;
    term::print(&snippet(&config, &release.fields.element, &release.fields.integrity_keys))
}

/// A tag whose hash fits no file would switch the shop's checkout off.
fn check_element(data: &DataDir, element: &Pinned) -> Result<()> {
    let path = data.fields().join(&element.file);
    let bytes = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    if integrity::sha384(&bytes) != element.integrity {
        bail!(
            "{} was changed after it was hashed: build the site again, and find out what changes files behind it",
            path.display()
        );
    }
    Ok(())
}

fn snippet(config: &Config, element: &Pinned, keys: &[String]) -> String {
    let Origins { fields, .. } = &config.origins;
    let Pinned { file, integrity } = element;
    let pin = element.pin(keys);
    format!(
        r#"<!-- 1. In the checkout page, inside the form that the shopper submits. The guard keeps the form from being
     submitted before the fields are there; the element takes it away. -->
<script type="module" src="{fields}/{file}"
        integrity="{pin}" crossorigin="anonymous"></script>
<nightsafe-card reference="YOUR-ORDER-REFERENCE">
  <p>The card fields are loading. If they do not appear, please reload this page.</p>
  <input required hidden aria-label="Card fields are not loaded yet">
  <noscript><p>Paying by card needs JavaScript. Please switch it on, or choose another way to pay.</p></noscript>
</nightsafe-card>

<!-- 2. The shop page's Content-Security-Policy needs these sources besides its own; no 'wasm-unsafe-eval'. Where it lists
     scripts by hash alone, leave the ed25519 keys out of the tag: Chromium wants all of a tag in such a policy.

script-src '{integrity}' {fields}/{file};
frame-src {fields};

     3. This says OK when what is served is what is pinned:

test "$(curl -fsS {fields}/{file} | openssl dgst -sha384 -binary | openssl base64 -A)" = "{digest}" && echo OK

     4. The form arrives with nightsafe_receipt, a signed receipt: keep it with the order. -->
"#,
        digest = integrity.strip_prefix("sha384-").unwrap_or(integrity),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(origin: impl Fn(u16) -> String) -> Config {
        Config {
            site: "demo.example".to_owned(),
            admin_user: "admin".to_owned(),
            vault_url_file: None,
            origins: Origins {
                shop: origin(1),
                fields: origin(2),
                ingest: origin(3),
                admin: origin(4),
                vault: origin(5),
            },
            bind: crate::config::Binds {
                fields: crate::config::default_bind("", 2),
                ingest: crate::config::default_bind("", 3),
                admin: crate::config::default_bind("", 4),
                vault: crate::config::default_bind("", 5),
            },
            sessions: nightsafe_vault::config::Sessions::default(),
            mail: None,
            release_log: crate::config::Witnesses::default(),
        }
    }

    #[test]
    fn the_tag_is_pinned_by_the_strict_form_and_comments_do_not_nest() {
        let element =
            Pinned { file: "element-0123456789abcdef.js".to_owned(), integrity: integrity::sha384(b"element") };
        let config = config(|port| format!("http://localhost:{port}"));
        let key = |letter: &str| format!("ed25519-{}=", letter.repeat(43));
        let text = snippet(&config, &element, &[key("A"), key("B")]);
        crate::site::markup::check_markup("snippet", &text).unwrap();
        assert_eq!(text.matches("<!--").count(), text.matches("-->").count());
        // Inside a comment, "--" would be an error and "-->" would end it too early
        for comment in text.split("<!--").skip(1) {
            let inside = comment.split("-->").next().unwrap();
            assert!(!inside.contains("--"), "{inside}");
        }
    }

    #[test]
    fn the_readme_shows_what_is_printed() {
        let element = Pinned { file: "element-….js".to_owned(), integrity: "sha384-…".to_owned() };
        let keys = ["ed25519-…", "ed25519-…"].map(str::to_owned);
        let text = snippet(&config(|_| "https://fields.example.com".to_owned()), &element, &keys);
        assert!(include_str!("../../../../README.md").contains(&format!("```html\n{text}```\n")), "{text}");
    }
}
