//! FLAC: the block of Vorbis comments.

use super::input::Input;
use super::{Fault, Texts, vorbis};

/// The type of a block of comments.
const COMMENTS: u8 = 4;

/// Reads a FLAC stream that begins at `start`.
pub(super) fn read(input: &mut Input<'_>, start: u64, texts: &mut Texts) -> Result<(), Fault> {
    let mut at = start + 4;
    loop {
        let [kind, a, b, c] = input.array::<4>(at)?;
        let size = u64::from(u32::from_be_bytes([0, a, b, c]));
        let left = input.len() - at - 4;
        if size > left {
            return Err(Fault::beyond(at, "the metadata block", size, left));
        }
        if kind & 0x7f == COMMENTS {
            let block = input.bytes(at + 4, size, "the block of comments")?;
            vorbis::read(&block, at + 4, texts)?;
        }
        at += 4 + size;
        // The highest bit marks the last block before the sound.
        if kind & 0x80 != 0 {
            return Ok(());
        }
    }
}
