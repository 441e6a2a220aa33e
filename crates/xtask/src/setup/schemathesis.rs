//! Schemathesis, which tries what an OpenAPI document says: from PyPI, in a virtual environment below target/.

use super::apt;
use crate::{place, run, say};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

const VERSION: &str = "4.32.5";

/// Where the tests look for the program's path; set already, it is taken as it is.
pub(crate) const VARIABLE: &str = "NIGHTSAFE_SCHEMATHESIS";

/// Path of the program, installed where that is possible.
pub(crate) fn ensure() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os(VARIABLE) {
        return Ok(PathBuf::from(named));
    }
    let environment = place::target().join("schemathesis").join(VERSION);
    let program = environment.join("bin/schemathesis");
    if runs(&program) {
        return Ok(program);
    }
    say::step("schemathesis", || install(&environment)).with_context(|| {
        format!(
            "schemathesis {VERSION} cannot be installed: it needs python3 with venv, and PyPI. Elsewhere installed, \
             {VARIABLE} says where"
        )
    })?;
    if !runs(&program) {
        bail!("{} does not run", program.display());
    }
    Ok(program)
}

fn runs(program: &Path) -> bool {
    program.is_file() && run::answer(run::command(program, &place::root()).arg("--version")).is_some()
}

fn install(environment: &Path) -> Result<()> {
    if !run::on_path("python3") {
        bail!("there is no python3");
    }
    // Debian's python3 comes without the module that makes environments
    if make(environment).is_err() && apt::usable() {
        apt::install(&["python3-venv"])?;
        make(environment)?;
    }
    let mut pip = run::command(environment.join("bin/python"), &place::root());
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    run::quiet(pip.arg(format!("schemathesis=={VERSION}")))
}

fn make(environment: &Path) -> Result<()> {
    run::quiet(run::command("python3", &place::root()).args(["-m", "venv", "--clear"]).arg(environment))
}
