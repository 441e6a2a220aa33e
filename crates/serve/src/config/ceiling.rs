use super::{Limits, Listen};

/// What a process takes up before anything is asked of it, its databases' caches, files that are being served, and the
/// allocator's losses.
const AT_REST: u64 = 64 << 20;
/// Buffers and state of one connection.
const OF_A_CONNECTION: u64 = 48 << 10;
/// An entry in the table of clients.
const OF_A_CLIENT: u64 = 128;

/// Bytes that a process stays below, whatever is sent to it: a sum over everything that is bounded.
#[derive(Debug, Clone, Copy)]
pub struct Ceiling(u64);

/// What a process takes up at rest.
impl Default for Ceiling {
    fn default() -> Self {
        Self(AT_REST)
    }
}

impl Ceiling {
    /// With `bytes` more.
    #[must_use]
    pub fn and(self, bytes: u64) -> Self {
        Self(self.0.saturating_add(bytes))
    }

    /// With `number` things of `each` bytes.
    #[must_use]
    pub fn and_times(self, number: usize, each: u64) -> Self {
        self.and((number as u64).saturating_mul(each))
    }

    /// With a listener's connections.
    #[must_use]
    pub fn and_listener(self, listen: &Listen) -> Self {
        self.and_times(listen.connections, OF_A_CONNECTION)
    }

    /// With the table of clients, and bodies, each of which is there twice at most: as it grows, or as what was read
    /// of it and what is made of it.
    #[must_use]
    pub fn and_limits(self, limits: &Limits) -> Self {
        self.and_times(limits.clients, OF_A_CLIENT).and_times(limits.body_bytes, 2)
    }

    /// The sum.
    pub fn bytes(self) -> u64 {
        self.0
    }

    /// What `--check-config` says of a good configuration.
    pub fn told(self) -> String {
        format!("the configuration is good; memory stays below {} MiB", self.0.div_ceil(1 << 20))
    }
}
