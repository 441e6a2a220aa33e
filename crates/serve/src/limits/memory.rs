use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes that all bodies together may take up. Clones share them.
#[derive(Debug, Clone)]
pub struct Memory {
    free: Arc<Semaphore>,
    in_all: usize,
}

/// What one body takes up, until this is dropped.
#[derive(Debug)]
pub struct Share {
    memory: Memory,
    permit: Option<OwnedSemaphorePermit>,
}

impl Memory {
    /// `bytes` in all.
    pub fn new(bytes: usize) -> Self {
        let in_all = bytes.min(Semaphore::MAX_PERMITS);
        Self { free: Arc::new(Semaphore::new(in_all)), in_all }
    }

    /// A share of nothing, to be grown.
    pub fn share(&self) -> Share {
        Share { memory: self.clone(), permit: None }
    }

    /// Bytes that are taken.
    pub fn taken(&self) -> usize {
        self.in_all.saturating_sub(self.free.available_permits())
    }
}

impl Share {
    /// Takes `bytes` more; `false`, and nothing is taken, when there are not so many.
    #[must_use]
    pub fn grow(&mut self, bytes: usize) -> bool {
        let Ok(bytes) = u32::try_from(bytes) else { return false };
        let Ok(more) = Arc::clone(&self.memory.free).try_acquire_many_owned(bytes) else { return false };
        match self.permit.as_mut() {
            Some(permit) => permit.merge(more),
            None => self.permit = Some(more),
        }
        true
    }

    /// Gives all back.
    pub fn release(&mut self) {
        self.permit = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_given_back() {
        let memory = Memory::new(100);
        let mut first = memory.share();
        assert!(first.grow(40) && first.grow(40));
        assert!(!first.grow(40));
        let mut second = memory.share();
        assert!(second.grow(20));
        assert_eq!(memory.taken(), 100);
        drop(first);
        assert_eq!(memory.taken(), 20);
        second.release();
        assert_eq!(memory.taken(), 0);
    }
}
