//! What one guess at a passphrase costs on one core, for somebody who has a copy of the database and `login.key`: a whole
//! sign-in on both sides, as there is no faster way to test a guess.
//!
//! `cargo bench -p nightsafe-login --bench guess [-- --json]`, better `cargo xtask bench login`. `cargo test` runs it too, once, so that it does not rot.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench on inputs of its own")]

use nightsafe_login::{Error, ServerSetup, Stretch, export_key, register};
use std::time::{Duration, Instant};

const GUESSES: usize = 21;

fn main() {
    let has = |name: &str| std::env::args().any(|argument| argument == name);
    let guesses = if has("--bench") { GUESSES } else { 1 }; // cargo bench says so, cargo test does not
    let stretch = Stretch::STANDARD;
    let setup = ServerSetup::generate().unwrap();
    let made = register(&setup, "anna", b"right", &stretch).unwrap();
    let guess = |passphrase: &[u8]| export_key(&setup, "anna", &made.record, passphrase, &stretch);
    assert_eq!(guess(b"wrong").unwrap_err(), Error::WrongPassphrase);
    let mut times = Vec::new();
    for _ in 0..guesses {
        let began = Instant::now();
        // The right one: a wrong one costs whoever knows what the record was made with the same, and our own client more,
        // which then tries what records were made with before
        let key = guess(b"right").unwrap();
        times.push(began.elapsed());
        assert_eq!(key, made.export_key);
    }
    let Stretch { memory_kib, passes, lanes } = stretch;
    let each = median(times).as_secs_f64() * 1000.0;
    if has("--json") {
        println!(
            "{{\"bench\":\"login\",\"memory_kib\":{memory_kib},\"passes\":{passes},\"lanes\":{lanes},\
             \"guesses\":{guesses},\"guess_ms\":{each:.1}}}"
        );
    } else {
        println!("Argon2id with {memory_kib} KiB, {passes} passes, {lanes} lanes, on one core");
        println!("{each:.0} ms a guess, median of {guesses}");
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
