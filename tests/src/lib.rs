//! Tests across crates: shared vectors, interop, faults.
