//! Vorbis comments, as FLAC and Ogg have them: `prompt={...}`.

use super::{Fault, Texts};

/// Reads a block of comments that begins at `at` in its file.
pub(super) fn read(block: &[u8], at: u64, texts: &mut Texts) -> Result<(), Fault> {
    let outside = || Fault::broken(at, "a comment claims more bytes than the block of comments has");
    let (_vendor, rest) = text(block).ok_or_else(outside)?;
    let (count, mut rest) = number(rest).ok_or_else(outside)?;
    for _ in 0..count {
        let (comment, behind) = text(rest).ok_or_else(outside)?;
        if let Some(equals) = memchr::memchr(b'=', &comment[..comment.len().min(16)]) {
            texts.put(&comment[..equals], &comment[equals + 1..]);
        }
        rest = behind;
    }
    Ok(())
}

/// A text with its length in front, and what follows.
fn text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (size, rest) = number(bytes)?;
    rest.split_at_checked(size as usize)
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_le_bytes(*number), rest))
}
