//! Progress, on stderr: stdout belongs to results.

use std::time::{Duration, Instant};

/// A step that takes noticeable time: says its name at once and its duration at the end.
pub(crate) fn step<T>(name: &str, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    eprintln!("==> {name}");
    let start = Instant::now();
    let result = work()?;
    let taken = start.elapsed();
    if taken > Duration::from_secs(1) {
        eprintln!("    {name}: {}", duration(taken));
    }
    Ok(result)
}

/// A remark under the current step.
pub(crate) fn note(text: &str) {
    eprintln!("    {text}");
}

/// `4.2 s` or `3 min 05 s`.
pub(crate) fn duration(taken: Duration) -> String {
    let seconds = taken.as_secs();
    if seconds < 60 {
        format!("{:.1} s", taken.as_secs_f64())
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        assert_eq!(duration(Duration::from_millis(4_240)), "4.2 s");
        assert_eq!(duration(Duration::from_secs(185)), "3 min 05 s");
    }
}
