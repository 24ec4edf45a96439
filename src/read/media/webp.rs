//! WebP: the `EXIF` chunk of a RIFF file.

use super::input::Input;
use super::{Fault, Texts, tiff};

pub(super) fn read(input: &mut Input<'_>, texts: &mut Texts) -> Result<(), Fault> {
    let mut at = 12;
    while at + 8 <= input.len() {
        let [kind @ .., a, b, c, d] = input.array::<8>(at)?;
        let size = u64::from(u32::from_le_bytes([a, b, c, d]));
        let left = input.len() - at - 8;
        if size > left {
            let name = String::from_utf8_lossy(&kind).into_owned();
            return Err(Fault::beyond(at, &format!("the chunk {name:?}"), size, left));
        }
        if &kind == b"EXIF" {
            let exif = input.bytes(at + 8, size, "the EXIF data")?;
            tiff::read(&exif, at + 8, texts)?;
        }
        // Chunks of odd size are filled up to an even one.
        at += 8 + size + size % 2;
    }
    Ok(())
}
