//! The places that `nightsafe site build` fills in have to survive bundling, each exactly once.

use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;

const PLACEHOLDERS: &[(&str, &[&str])] = &[
    ("loader.js", &["__NIGHTSAFE_ANCHOR__", "__NIGHTSAFE_SRI__", "__NIGHTSAFE_TEXTS__"]),
    ("element.js", &["__NIGHTSAFE_FIELDS__", "__NIGHTSAFE_FRAME__"]),
    ("frame.html", &["__NIGHTSAFE_LOADER__", "__NIGHTSAFE_LOADER_INTEGRITY__"]),
    (
        "admin/admin.js",
        &[
            "__NIGHTSAFE_ANCHOR__",
            "__NIGHTSAFE_VAULT__",
            "__NIGHTSAFE_LOG_KEY__",
            "__NIGHTSAFE_PASSPHRASE__",
            "__NIGHTSAFE_SRI__",
        ],
    ),
    ("admin/index.html", &["__ADMIN_JS__", "__ADMIN_JS_INTEGRITY__", "__ADMIN_CSS__", "__ADMIN_CSS_INTEGRITY__"]),
];

/// Looks through the built assets.
pub(crate) fn check(assets: &Path) -> Result<()> {
    for (file, placeholders) in PLACEHOLDERS {
        let path = assets.join(file);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        for placeholder in *placeholders {
            let count = text.matches(placeholder).count();
            if count != 1 {
                bail!("{file} holds {placeholder} {count} times instead of once: keep it in one constant");
            }
        }
    }
    Ok(())
}
