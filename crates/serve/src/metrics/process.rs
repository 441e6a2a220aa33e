use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::Hook;

/// Registers what there is to say of the process itself; gives what looks it up.
pub(super) fn register(registry: &mut Registry, server: &'static str, version: &'static str) -> Hook {
    registry.register("build", "Which server this is", Info::new([("server", server), ("version", version)]));
    let memory = Gauge::<i64>::default();
    let description = "Resident memory of the process";
    registry.register_with_unit("process_resident_memory", description, Unit::Bytes, memory.clone());
    let started = Gauge::<i64>::default();
    registry.register_with_unit("process_uptime", "Time since the process started", Unit::Seconds, started.clone());
    let start = std::time::Instant::now();
    Box::new(move || {
        memory.set(resident_bytes().unwrap_or(0));
        started.set(i64::try_from(start.elapsed().as_secs()).unwrap_or(i64::MAX));
    })
}

/// From proc_pid_statm(5): the second number, in pages.
fn resident_bytes() -> Option<i64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: i64 = text.split(' ').nth(1)?.parse().ok()?;
    pages.checked_mul(i64::try_from(rustix::param::page_size()).ok()?)
}
