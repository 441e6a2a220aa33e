//! How much memory the real program takes, at its peak: of a site as large as the demo's, and of servers that would have it take
//! more.

use std::process::{Command, Stdio};

use getrandom::SysRng;
use getrandom::rand_core::{Rng, UnwrapErr};

use crate::hostile::bomb;
use crate::program::rig_of_today;
use crate::rig::{CHECKOUT, Rig, WASM};
use crate::serving::{Answer, Way};

/// Of a check of the demo's site.
const BOUND: u64 = 30 << 20;
/// Of a check of anything at all: five visitors with a page of 4 MiB each, and what one of them makes of it at a time.
const BOUND_HOSTILE: u64 = 100 << 20;

/// What a bomb is made of: more than [`BOUND_HOSTILE`], once for each that would unpack it.
const BOMB: usize = 128 << 20;

/// Bytes that no compression makes smaller.
fn noise(bytes: usize) -> Vec<u8> {
    let mut noise = vec![0; bytes];
    UnwrapErr(SysRng).fill_bytes(&mut noise);
    noise
}

/// As large as what the demo serves, file by file.
fn rig() -> Rig {
    let mut rig = rig_of_today();
    rig.more = vec![
        ("/checkout-2.wasm", noise(83_165)),
        ("/checkout-portable-2.wasm", noise(93_020)),
        ("/element-2.js", noise(10_774)),
        ("/loader-2.js", noise(17_500)),
        ("/frame-2.html", noise(4_132)),
        ("/texts-de-2.json", noise(2_006)),
    ];
    rig.publish();
    rig.put_page();
    rig
}

/// Exit status and peak of the resident memory, in bytes.
fn peak(rig: &Rig) -> (i32, u64) {
    let folder = tempfile::tempdir().unwrap();
    let anchor = folder.path().join("anchor.txt");
    std::fs::write(&anchor, rig.anchor.encode()).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_nightsafe-monitor"))
        .args(["check", rig.release.fields.origin.as_str(), &rig.shop(), "--timeout", "20", "--anchor"])
        .arg(anchor)
        .arg("--state")
        .arg(folder.path().join("state.db"))
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut peak = 0;
    loop {
        // It only ever grows, and is gone with the process: the last look is as good as the end
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok());
        peak = kib.map_or(peak, |kib| kib << 10);
        if let Some(status) = child.try_wait().unwrap() {
            return (status.code().unwrap(), peak);
        }
        std::thread::yield_now();
    }
}

#[test]
fn a_check_takes_little_memory_and_a_hostile_one_not_much_more() {
    let rig = rig();
    let (status, honest) = peak(&rig);
    eprintln!("a check of a site like the demo's: {} KiB at its peak", honest >> 10);
    assert_eq!(status, 0);
    assert!((1 << 20..BOUND).contains(&honest), "{honest}");
    let scripts: String = (0..200_000).map(|number| format!("<script src=/{number}>")).collect();
    let elements = "<b>".repeat((4 << 20) / 3);
    // A reader that looks for doubled ones has to compare each with all
    let attributes = format!("<b {}>", (0..400_000).map(|number| format!("a{number} ")).collect::<String>());
    let plain = |body: String| Answer::new([], body);
    let endless = |start: &str| Answer { way: Way::Endless, ..Answer::new([], start) };
    let swollen =
        |encoding: &str| Answer::new([("content-encoding".to_owned(), encoding.to_owned())], bomb(encoding, BOMB));
    let (brotli, gzip) = (swollen("br"), swollen("gzip"));
    for (name, path, said) in [
        ("a page without an end", CHECKOUT, endless("<p>")),
        ("a page of scripts", CHECKOUT, plain(scripts)),
        ("a page of elements", CHECKOUT, plain(elements)),
        ("a page of attributes", CHECKOUT, plain(attributes)),
        ("a page that is a bomb of brotli", CHECKOUT, brotli.clone()),
        ("a page that is a bomb of gzip", CHECKOUT, gzip.clone()),
        ("a module that is a bomb of brotli", WASM, brotli),
        ("a module that is a bomb of gzip", WASM, gzip),
        ("a module without an end", WASM, endless("")),
        ("a release without an end", "/site-release.json", endless("")),
        ("a log without an end", "/log/checkpoint", endless("")),
    ] {
        rig.twist(move |asked, answer| {
            if asked.path == path {
                *answer = said.clone();
            }
        });
        let (status, taken) = peak(&rig);
        eprintln!("{name}: {} KiB at its peak", taken >> 10);
        assert_ne!(status, 0, "{name}");
        assert!(taken < BOUND_HOSTILE, "{name}: {taken}");
    }
}
