//! Who may use whom: the table of the architecture, held against `cargo metadata`.

use crate::metadata::{Dependency, Workspace};
use anyhow::{Result, bail};

/// What a package of ours may use of ours. `None`: anything.
const OURS: &[(&str, Option<&[&str]>)] = &[
    ("nightsafe-core", Some(&[])),
    ("nightsafe-login", Some(&[])),
    ("nightsafe-passkey", Some(&[])),
    ("nightsafe-proto", Some(&["nightsafe-core"])),
    ("nightsafe-checkout-wasm", Some(&["nightsafe-core"])),
    ("nightsafe-admin-wasm", Some(&["nightsafe-core", "nightsafe-login", "nightsafe-proto", "nightsafe-wipe"])),
    ("nightsafe-passphrase", Some(&[])),
    ("nightsafe-passphrase-wasm", Some(&["nightsafe-passphrase", "nightsafe-wipe"])),
    ("nightsafe-wipe", Some(&[])),
    ("nightsafe-store", Some(&["nightsafe-core"])),
    ("nightsafe-serve", Some(&["nightsafe-core", "nightsafe-proto"])),
    ("nightsafe-ingest", Some(&["nightsafe-core", "nightsafe-proto", "nightsafe-store", "nightsafe-serve"])),
    (
        "nightsafe-vault",
        Some(&[
            "nightsafe-core",
            "nightsafe-proto",
            "nightsafe-store",
            "nightsafe-serve",
            "nightsafe-login",
            "nightsafe-passkey",
        ]),
    ),
    ("nightsafe-monitor", Some(&["nightsafe-core", "nightsafe-proto", "nightsafe-store", "nightsafe-serve"])),
    ("nightsafe", None),
    ("nightsafe-tests", None),
    ("nightsafe-fuzz", None),
    ("xtask", Some(&[])),
];

/// What only one package may use, so that there is one place for it.
const RESERVED: &[(&str, &[&str])] = &[
    ("sqlx", &["nightsafe-store"]),
    ("opaque-ke", &["nightsafe-login"]),
    ("ring", &["nightsafe-passkey", "nightsafe-tests"]),
    ("hpke", &["nightsafe-core"]),
    ("wasm-bindgen", &["nightsafe-checkout-wasm", "nightsafe-admin-wasm", "nightsafe-passphrase-wasm"]),
    ("zxcvbn", &["nightsafe-passphrase"]),
];

/// Refuses a dependency against the table, and a package that is not in it. Tests may use more.
pub(crate) fn check() -> Result<()> {
    let workspace = Workspace::read()?;
    let names: Vec<&str> = workspace.packages().map(|(name, _)| name).collect();
    let wrong: Vec<String> =
        workspace.packages().flat_map(|(name, package)| complaints(name, &package.dependencies, &names)).collect();
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n       "));
    }
    Ok(())
}

fn complaints(name: &str, dependencies: &[Dependency], workspace: &[&str]) -> Vec<String> {
    let Some((_, allowed)) = OURS.iter().find(|(package, _)| *package == name) else {
        return vec![format!("{name} is not in the table of crates/xtask/src/lint/directions.rs")];
    };
    let normal = dependencies.iter().filter(|dependency| dependency.kind.as_deref() != Some("dev"));
    normal
        .filter_map(|Dependency { name: used, .. }| {
            let used = used.as_str();
            let ours = workspace.contains(&used) && allowed.is_some_and(|allowed| !allowed.contains(&used));
            let reserved = RESERVED.iter().any(|(taken, by)| *taken == used && !by.contains(&name));
            (ours || reserved).then(|| format!("{name} may not use {used}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses(name: &str, used: &str, kind: Option<&str>) -> usize {
        let dependency = Dependency { name: used.into(), kind: kind.map(str::to_owned) };
        complaints(name, &[dependency], &["nightsafe-core", "nightsafe-vault", "nightsafe-ingest"]).len()
    }

    #[test]
    fn servers_never_use_each_other() {
        assert_eq!(uses("nightsafe-ingest", "nightsafe-vault", None), 1);
        assert_eq!(uses("nightsafe-ingest", "nightsafe-core", None), 0);
        assert_eq!(uses("nightsafe", "nightsafe-vault", None), 0);
    }

    #[test]
    fn reserved_crates_and_unknown_packages_are_refused_but_tests_may_use_more() {
        assert_eq!(uses("nightsafe-vault", "sqlx", None), 1);
        assert_eq!(uses("nightsafe-vault", "sqlx", Some("dev")), 0);
        assert_eq!(uses("nightsafe-store", "sqlx", None), 0);
        assert_eq!(uses("nightsafe-new", "serde", None), 1);
    }
}
