//! Notes, anchors, manifests, timestamps, rules and receipts: shared vectors, and peers of other hands.
//!
//! `NIGHTSAFE_WRITE_VECTORS=1 cargo test -p nightsafe-core --test policy` writes the vectors again.

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod manifest;
#[cfg(test)]
mod note;
#[cfg(test)]
mod receipt;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod sealing;
#[cfg(test)]
mod timestamp;
