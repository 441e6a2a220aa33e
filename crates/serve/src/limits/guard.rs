use super::{Admission, Memory, Rate, RateLimits, Rates};
use crate::forwarded::Trust;

/// Bytes of bodies at once, when nothing else is said.
const BODY_BYTES: usize = 32 << 20;

/// Limits of an API.
#[derive(Debug)]
pub struct Guard {
    /// Whose requests are served.
    pub admission: Admission,
    /// For the bodies of requests.
    pub memory: Memory,
}

/// No rates; 32 MiB for bodies.
impl Default for Guard {
    fn default() -> Self {
        let unlimited = Rate { per_second: 0, burst: 1 };
        let rates = Rates::new(RateLimits { client: unlimited, all: unlimited, clients: 0 });
        Self { admission: Admission { trust: Trust::default(), rates }, memory: Memory::new(BODY_BYTES) }
    }
}
