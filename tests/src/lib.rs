//! Tests that have no home in one crate; they are in `tests/across`.
