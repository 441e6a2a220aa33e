//! Freed memory is wiped. Strings that come from JavaScript are grown by the glue, which leaves parts of them behind
//! in memory that no destructor of ours sees; so the allocator does it.

use std::alloc::{GlobalAlloc, Layout, System};
use zeroize::Zeroize;

struct Wiping;

#[global_allocator]
static ALLOCATOR: Wiping = Wiping;

// `realloc` is left at its default, which allocates anew, copies, and frees the old place through `dealloc`
#[expect(unsafe_code, reason = "an allocator is unsafe by its signature; this one only adds a wipe")]
unsafe impl GlobalAlloc for Wiping {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc`
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: `place` came from `alloc` with this layout and nobody uses it any more
        unsafe {
            std::slice::from_raw_parts_mut(place, layout.size()).zeroize();
            System.dealloc(place, layout);
        }
    }
}
