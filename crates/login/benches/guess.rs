//! What one guess at a passphrase costs on one core, for somebody who has a copy of the database and `login.key`: a whole
//! sign-in on both sides, as there is no faster way to test a guess.
//!
//! `cargo bench -p nightsafe-login --bench guess [-- --json]`, better `cargo xtask bench login`. Right and wrong guesses
//! alternate; the figure is the median. `cargo test` runs it too, once, so that it does not rot.

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
    let guess = |passphrase: &[u8]| {
        let began = Instant::now();
        let tried = export_key(&setup, "anna", &made.record, passphrase, &stretch);
        (tried, began.elapsed())
    };
    let (mut wrong, mut right) = (Vec::new(), Vec::new());
    for _ in 0..guesses {
        let (tried, took) = guess(b"wrong");
        assert_eq!(tried.unwrap_err(), Error::WrongPassphrase);
        wrong.push(took);
        let (tried, took) = guess(b"right");
        assert_eq!(tried.unwrap(), made.export_key);
        right.push(took);
    }
    let Stretch { memory_kib, passes, lanes } = stretch;
    let [wrong, right] = [median(wrong), median(right)].map(|time| time.as_secs_f64() * 1000.0);
    if has("--json") {
        println!(
            "{{\"bench\":\"login\",\"memory_kib\":{memory_kib},\"passes\":{passes},\"lanes\":{lanes},\
             \"guesses\":{guesses},\"wrong_ms\":{wrong:.1},\"right_ms\":{right:.1}}}"
        );
    } else {
        println!("Argon2id, {memory_kib} KiB, {passes} passes, {lanes} lanes on one core; median of {guesses}");
        println!("a wrong guess {wrong:>7.1} ms   the right one {right:>7.1} ms");
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
