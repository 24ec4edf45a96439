//! EXIF: a small TIFF file whose text fields hold `key:text`. ComfyUI puts the prompt into field 0x0110 and the workflow into
//! 0x010F; nodes of others take other numbers, so every text field of the first directory is looked at.

use super::{Fault, Texts};

/// The field type for text.
const ASCII: u16 = 2;

/// Bytes of one entry of a directory.
const ENTRY: usize = 12;

struct Tiff<'a> {
    bytes: &'a [u8],
    little: bool,
}

/// Reads EXIF data that begins at `at` in its file.
pub(super) fn read(exif: &[u8], at: u64, texts: &mut Texts) -> Result<(), Fault> {
    let bytes = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
    let little = match bytes {
        [b'I', b'I', 42, 0, ..] => true,
        [b'M', b'M', 0, 42, ..] => false,
        _ => return Err(Fault::broken(at, "the EXIF data does not begin like a TIFF file")),
    };
    let tiff = Tiff { bytes, little };
    tiff.directory(texts).ok_or_else(|| Fault::broken(at, "an offset in the EXIF data leads outside it"))
}

impl Tiff<'_> {
    fn directory(&self, texts: &mut Texts) -> Option<()> {
        let start = self.u32(4)? as usize;
        let count = usize::from(self.u16(start)?);
        let mut sound = Some(());
        for entry in (0..count).map(|index| start + 2 + index * ENTRY) {
            // One field that leads nowhere does not hide the others.
            let field = self.field(entry);
            sound = sound.and(field.map(|_| ()));
            let Some(text) = field.flatten() else { continue };
            let colon = memchr::memchr(b':', &text[..text.len().min(16)]);
            if let Some(colon) = colon.filter(|&colon| texts.wants(&text[..colon])) {
                let end = memchr::memchr(0, text).unwrap_or(text.len());
                texts.put(&text[..colon], text.get(colon + 1..end).unwrap_or_default());
            }
        }
        sound
    }

    /// The text of a field; the inner `None` for fields that are no text, the outer one for those that lead outside.
    fn field(&self, entry: usize) -> Option<Option<&[u8]>> {
        let (kind, size) = (self.u16(entry + 2)?, self.u32(entry + 4)? as usize);
        if kind != ASCII {
            return Some(None);
        }
        let start = if size <= 4 { entry + 8 } else { self.u32(entry + 8)? as usize };
        self.bytes.get(start..start.checked_add(size)?).map(Some)
    }

    fn u16(&self, at: usize) -> Option<u16> {
        let bytes = self.bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    }

    fn u32(&self, at: usize) -> Option<u32> {
        let bytes = self.bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if self.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }
}
