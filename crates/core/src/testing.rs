//! A reproducible source of bytes for tests and vectors: SHA-256(name, block number) after block.

use crate::primitives::sha256;
use core::convert::Infallible;
use rand_core::{TryCryptoRng, TryRng};

/// The same name gives the same bytes, for ever: vectors are made from it.
pub(crate) struct TestRng {
    name: &'static str,
    block: u64,
    rest: Vec<u8>,
}

impl TestRng {
    /// The stream of that name.
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, block: 0, rest: Vec::new() }
    }
}

impl TryRng for TestRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_be_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for byte in out {
            if self.rest.is_empty() {
                self.rest = sha256(&[self.name.as_bytes(), &self.block.to_be_bytes()]).to_vec();
                self.block += 1;
            }
            *byte = self.rest.remove(0);
        }
        Ok(())
    }
}

impl TryCryptoRng for TestRng {}

/// Exactly these bytes, once.
pub(crate) struct BytesRng(std::vec::IntoIter<u8>);

impl BytesRng {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self(bytes.into_iter())
    }
}

impl TryRng for BytesRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("only bytes are drawn")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("only bytes are drawn")
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for byte in out {
            *byte = self.0.next().unwrap();
        }
        Ok(())
    }
}

impl TryCryptoRng for BytesRng {}
