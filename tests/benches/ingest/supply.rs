//! Deposits to send: real sealed ones, each under many nonces. Made before any clock runs.

use nightsafe_tests::deposits::{Copy, SIX_FIELDS, Stencil, seal};
use nightsafe_tests::site::Published;

/// Deposits with bodies of their own.
const STENCILS: usize = 64;

pub(crate) struct Supply {
    stencils: Vec<Stencil>,
    copies: Vec<Copy>,
}

impl Supply {
    pub(crate) fn new(published: &Published, count: usize) -> Self {
        let seal = |number| Stencil::new(&seal(published, &format!("ORDER-{number}"), SIX_FIELDS));
        let stencils: Vec<_> = (0..STENCILS).map(seal).collect();
        let copies = (0..count).map(|number| stencils[number % STENCILS].copy()).collect();
        Self { stencils, copies }
    }

    /// The deposit of a number, with what it is a copy of.
    pub(crate) fn get(&self, number: usize) -> (&Copy, &Stencil) {
        (self.copies.get(number).expect("more was stored than was made"), &self.stencils[number % STENCILS])
    }

    /// Bytes of one deposit: on the wire, in the database.
    pub(crate) fn lengths(&self) -> (usize, usize) {
        let (copy, stencil) = self.get(0);
        (copy.head.len() + stencil.tail().len(), stencil.body().len())
    }
}
