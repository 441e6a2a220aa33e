//! `seeds FOLDER`: writes the seeds of each target into a folder of its name, and prints the names; behind those that are
//! read from requests, `request`.
#![allow(clippy::print_stdout, reason = "the names are this program's result")]

use std::fs;
use std::io::Result;
use std::path::PathBuf;

fn main() -> Result<()> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from).ok_or(std::io::ErrorKind::InvalidInput)?;
    for target in nightsafe_fuzz::TARGETS {
        let folder = folder.join(target.name);
        fs::create_dir_all(&folder)?;
        for (number, seed) in (target.seeds)().iter().enumerate() {
            fs::write(folder.join(format!("seed-{number:03}")), seed)?;
        }
        println!("{}{}", target.name, if target.of_requests { " request" } else { "" });
    }
    Ok(())
}
