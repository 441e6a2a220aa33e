//! An allocator that wipes what is freed, for WASM modules that hold secrets; and what wipes the stack.
//!
//! Destructors of ours zeroise what they know of. Texts that come from JavaScript are grown by the glue, JSON is read into
//! strings, and libraries copy what they are given: all of that goes through the allocator when it is freed.
//!
//! ```
//! #[global_allocator]
//! static ALLOCATOR: nightsafe_wipe::Wiping = nightsafe_wipe::Wiping(std::alloc::System);
//! # fn main() {}
//! ```

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;

/// Wipes each block before the allocator inside gets it back.
#[derive(Debug)]
pub struct Wiping<A = System>(pub A);

// `realloc` is left at its default, which allocates anew, copies, and frees the old place through `dealloc`
#[expect(unsafe_code, reason = "an allocator is unsafe by its signature")]
// SAFETY: places and layouts are those of the allocator inside
unsafe impl<A: GlobalAlloc> GlobalAlloc for Wiping<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as for the caller
        unsafe { self.0.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as for the caller
        unsafe { self.0.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: `place` came from `alloc` with this layout, and nobody uses it any more
        unsafe {
            // Argon2id frees 64 MiB: one fill of the memory, which nothing may leave out, as its place is looked at
            place.write_bytes(0, layout.size());
            black_box(place);
            self.0.dealloc(place, layout);
        }
    }
}

/// How deep the stack is overwritten: deeper than what is called here goes (ML-KEM's key generation is the deepest).
const DEEP: usize = 128 << 10;

/// Overwrites what calls that have returned left on the stack below the caller: secrets are moved by being copied, and only
/// the last copy is zeroised.
#[inline(never)]
pub fn stack() {
    let mut below = [0_u8; DEEP];
    // Looked at, so that it is really written
    black_box(&mut below);
}

#[cfg(test)]
mod tests {
    use std::cell::UnsafeCell;

    use super::*;

    /// Gives one block out, and keeps it when it is freed.
    struct OneBlock(UnsafeCell<[u8; 64]>);

    #[expect(unsafe_code, reason = "an allocator is unsafe by its signature")]
    // SAFETY: used for one block of at most 64 bytes at a time, without alignment
    unsafe impl GlobalAlloc for OneBlock {
        unsafe fn alloc(&self, _layout: Layout) -> *mut u8 {
            self.0.get().cast()
        }

        unsafe fn dealloc(&self, _place: *mut u8, _layout: Layout) {}
    }

    #[test]
    #[expect(unsafe_code, reason = "an allocator is unsafe to call")]
    fn what_is_freed_is_wiped_and_no_more() {
        let allocator = Wiping(OneBlock(UnsafeCell::new([0; 64])));
        let layout = Layout::from_size_align(40, 1).unwrap();
        // SAFETY: the block is 64 bytes, and nobody else has it
        let left = unsafe {
            let place = allocator.alloc(layout);
            std::slice::from_raw_parts_mut(place, 64).fill(7);
            allocator.dealloc(place, layout);
            *allocator.0.0.get()
        };
        assert_eq!(left, std::array::from_fn(|at| if at < 40 { 0 } else { 7 }));
    }
}
