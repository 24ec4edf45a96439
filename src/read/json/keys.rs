//! Which objects may have a key twice: told while they are read, for a second look at those alone.

use std::ops::Range;

/// In which object each hash of a key was met last: nothing is to be cleared from one object to the next.
pub(super) struct Keys {
    last: [u32; Self::HASHES],
}

impl Keys {
    /// Hashes that are told apart: with the dozen of keys that a node has, one object in thirty has two that are equal.
    const HASHES: usize = 2048;

    pub fn new() -> Self {
        Self { last: [0; Self::HASHES] }
    }

    /// Notes a key (quotes included) of the object with this index. True when an earlier one may be the same: one of this object,
    /// or of an object inside of it, which stands at the place that this object's key had.
    #[inline(always)]
    pub fn may_repeat(&mut self, text: &[u8], key: Range<usize>, object: u32) -> bool {
        let last = &mut self.last[hash(text, key) as usize % Self::HASHES];
        std::mem::replace(last, object + 1) > object
    }
}

/// Made of the length and the last eight bytes, so that different keys may have the same.
#[inline(always)]
fn hash(text: &[u8], key: Range<usize>) -> u32 {
    let length = key.len();
    let own = match key.end.checked_sub(8) {
        Some(start) => eight(text, start) >> (64 - 8 * length.clamp(1, 8)),
        None => text[key].iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte)),
    };
    ((own ^ length as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
}

#[inline(always)]
fn eight(text: &[u8], start: usize) -> u64 {
    text.get(start..start + 8).and_then(|eight| eight.first_chunk()).map_or(0, |eight| u64::from_le_bytes(*eight))
}
