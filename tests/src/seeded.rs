//! Chance that can be repeated.

/// A small generator (splitmix64); not for keys.
#[derive(Debug, Clone)]
pub struct Seeded(u64);

impl Seeded {
    /// From `NIGHTSAFE_SEED` when it is set, else by chance. Prints what repeats the run.
    pub fn announced(what: &str) -> Self {
        let named = std::env::var("NIGHTSAFE_SEED").ok().and_then(|text| text.parse().ok());
        let seed = named.unwrap_or_else(|| {
            let mut bytes = [0; 4];
            getrandom::fill(&mut bytes).unwrap();
            u32::from_le_bytes(bytes).into()
        });
        eprintln!("{what}: NIGHTSAFE_SEED={seed}");
        Self(seed)
    }

    /// Another one, for another task.
    pub fn split(&mut self) -> Self {
        Self(self.next())
    }

    /// From 0 to below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// One of these.
    pub fn choose<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.below(from.len() as u64)).unwrap()]
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
