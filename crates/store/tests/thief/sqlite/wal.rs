//! SQLite's write-ahead log: page images in the order in which they were written, in groups that end with a commit; and
//! its index in shared memory, which lists the pages of that order.

use super::format::u32_at;

const HEAD: usize = 32;
const FRAME_HEAD: usize = 24;

/// One image of a page.
pub(crate) struct Frame {
    pub(crate) page: usize,
    /// Which transaction, counted from the oldest that is still in the file.
    pub(crate) transaction: usize,
    pub(crate) image: Vec<u8>,
}

/// All frames, oldest first. The log is written from its start again and again: frames behind the last one of the present
/// round are older than it, and are still there.
pub(crate) fn frames(log: &[u8]) -> Vec<Frame> {
    if log.len() < HEAD {
        return Vec::new();
    }
    let size = u32_at(log, 8);
    let salt = &log[16..24];
    let (present, older): (Vec<&[u8]>, Vec<&[u8]>) =
        log[HEAD..].chunks_exact(FRAME_HEAD + size).partition(|frame| &frame[8..16] == salt);
    let mut transaction = 0;
    let mut frames = Vec::new();
    for frame in older.into_iter().chain(present) {
        frames.push(Frame { page: u32_at(frame, 0), transaction, image: frame[FRAME_HEAD..].to_vec() });
        transaction += usize::from(u32_at(frame, 4) != 0);
    }
    frames
}

/// The page numbers in the index of the log, in the order in which the pages were written, also where they are left over.
pub(crate) fn index(shared: &[u8]) -> Vec<u32> {
    // 32 KiB each: page numbers, then a hash table of 16 KiB. The first one begins with two heads and the readers' marks
    let numbers = |(block, bytes): (usize, &[u8])| -> Vec<u32> {
        let start = if block == 0 { 136 } else { 0 };
        bytes[start..16_384].chunks_exact(4).map(|number| u32::from_ne_bytes(number.try_into().unwrap())).collect()
    };
    shared.chunks_exact(32_768).enumerate().flat_map(numbers).filter(|&number| number != 0).collect()
}
