//! The allocator: small, and it wipes what is freed.
//!
//! Strings that come from JavaScript are grown by the glue, which leaves parts of them behind in memory that no
//! destructor of ours sees. And the standard allocator alone would be a twentieth of the module. Blocks are powers of
//! two in size; a freed one goes to the list of its size and is never split or joined: the frame lives as long as a page
//! and seals a few times.

use std::alloc::{GlobalAlloc, Layout};
use std::arch::wasm32::memory_grow;
use std::cell::UnsafeCell;
use std::ptr::null_mut;
use zeroize::Zeroize;

const PAGE: usize = 65_536;
/// Blocks are at least this large, and aligned to it: nothing asks for more.
const SMALLEST: usize = 16;

struct Wiping(UnsafeCell<State>);

struct State {
    /// Freed blocks by the binary logarithm of their size; each begins with the address of the next.
    free: [*mut u8; 32],
    /// Memory that was never given out.
    fresh: usize,
    end: usize,
}

#[expect(unsafe_code, reason = "a module without threads: nobody else is here")]
// SAFETY: wasm32-unknown-unknown without atomics has one thread
unsafe impl Sync for Wiping {}

#[global_allocator]
static ALLOCATOR: Wiping = Wiping(UnsafeCell::new(State { free: [null_mut(); 32], fresh: 0, end: 0 }));

// `realloc` is left at its default, which allocates anew, copies, and frees the old place through `dealloc`
#[expect(unsafe_code, reason = "an allocator is unsafe by its signature")]
// SAFETY: a block given out is in no list, is at least as large as asked, aligned to 16, and within the memory
unsafe impl GlobalAlloc for Wiping {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some((size, class)) = block(layout) else {
            return null_mut();
        };
        // SAFETY: one thread, and nothing below calls back into the allocator
        let state = unsafe { &mut *self.0.get() };
        let Some(head) = state.free.get_mut(class) else {
            return null_mut();
        };
        if head.is_null() {
            return state.fresh(size);
        }
        let place = *head;
        // SAFETY: a block in a list begins with an address, written below
        *head = unsafe { place.cast::<*mut u8>().read() };
        place
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: `place` came from `alloc` with this layout and nobody uses it any more; one thread
        unsafe {
            std::slice::from_raw_parts_mut(place, layout.size()).zeroize();
            if let Some((_, class)) = block(layout)
                && let Some(head) = (*self.0.get()).free.get_mut(class)
            {
                place.cast::<*mut u8>().write(*head);
                *head = place;
            }
        }
    }
}

impl State {
    /// Memory that was never used, from the browser when there is none left.
    fn fresh(&mut self, size: usize) -> *mut u8 {
        if self.end.wrapping_sub(self.fresh) < size {
            let pages = size.div_ceil(PAGE);
            let before = memory_grow(0, pages).wrapping_mul(PAGE);
            // All ones: refused
            if before == usize::MAX.wrapping_mul(PAGE) {
                return null_mut();
            }
            if before != self.end {
                self.fresh = before;
            }
            self.end = before.wrapping_add(pages.wrapping_mul(PAGE));
        }
        let place = self.fresh;
        self.fresh = place.wrapping_add(size);
        std::ptr::with_exposed_provenance_mut(place)
    }
}

/// Size of the block for a layout, and its binary logarithm.
fn block(layout: Layout) -> Option<(usize, usize)> {
    let size = layout.size().max(SMALLEST).checked_next_power_of_two()?;
    (layout.align() <= SMALLEST).then_some((size, size.trailing_zeros() as usize))
}
