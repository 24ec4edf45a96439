//! Reads pieces of a file at stated places, and refuses what the file cannot hold.

use std::io::{self, Read, Seek, SeekFrom};

/// Longest text that is read, in bytes (16 MiB): the largest workflows are near one MiB.
pub const MAX_TEXT: u64 = 16 << 20;

/// Most pieces of one file that are looked at. A film of some hours has ten thousand parts.
pub const MAX_READS: u32 = 1_000_000;

/// Pieces up to this size come out of one block that is read at once.
const BLOCK: usize = 4096;

/// Why a media file could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The operating system refused.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A claim of the file is false.
    #[error("at byte {at}: {what}")]
    Broken {
        /// Offset in the media file.
        at: u64,
        /// What is wrong there.
        what: String,
    },
    /// More than is read.
    #[error("at byte {at}: {what}")]
    Limit {
        /// Offset in the media file.
        at: u64,
        /// What is too much.
        what: String,
    },
}

impl Fault {
    /// A claim of the file is false.
    pub(super) fn broken(at: u64, what: impl Into<String>) -> Self {
        Self::Broken { at, what: what.into() }
    }

    /// A text is larger than [`MAX_TEXT`].
    pub(super) fn too_large(at: u64, what: &str) -> Self {
        Self::Limit { at, what: format!("{what} is larger than {} MiB", MAX_TEXT >> 20) }
    }

    /// A part claims more bytes than what is around it has.
    pub(super) fn beyond(at: u64, part: &str, size: u64, left: u64) -> Self {
        Self::broken(at, format!("{part} claims {size} bytes, {left} are left"))
    }
}

/// What [`Input`] reads from.
pub(super) trait Seekable: Read + Seek {}
impl<T: Read + Seek> Seekable for T {}

/// A file of known length.
pub(super) struct Input<'a> {
    from: &'a mut dyn Seekable,
    len: u64,
    reads: u32,
    block: Vec<u8>,
    block_at: u64,
}

impl<'a> Input<'a> {
    pub fn new(from: &'a mut dyn Seekable) -> io::Result<Self> {
        let len = from.seek(SeekFrom::End(0))?;
        Ok(Self { from, len, reads: 0, block: Vec::new(), block_at: 0 })
    }

    /// Length of the file.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// The first bytes, as many as there are.
    pub fn head(&mut self) -> io::Result<Vec<u8>> {
        self.fill(0)?;
        Ok(self.block[..self.block.len().min(super::HEAD)].to_vec())
    }

    /// `N` bytes at a place.
    pub fn array<const N: usize>(&mut self, at: u64) -> Result<[u8; N], Fault> {
        let mut bytes = [0; N];
        self.read_into(at, &mut bytes)?;
        Ok(bytes)
    }

    /// `size` bytes at a place, at most [`MAX_TEXT`].
    pub fn bytes(&mut self, at: u64, size: u64, what: &str) -> Result<Vec<u8>, Fault> {
        self.room(at, size)?;
        if size > MAX_TEXT {
            return Err(Fault::too_large(at, what));
        }
        let mut bytes = vec![0; size as usize];
        self.read_into(at, &mut bytes)?;
        Ok(bytes)
    }

    /// Up to eight bytes at a place, at least one: fewer only where the file ends.
    pub fn few(&mut self, at: u64) -> Result<([u8; 8], usize), Fault> {
        let count = self.len.saturating_sub(at).clamp(1, 8) as usize;
        let mut bytes = [0; 8];
        self.read_into(at, &mut bytes[..count])?;
        Ok((bytes, count))
    }

    /// A big-endian number of 32 bits.
    pub fn u32(&mut self, at: u64) -> Result<u32, Fault> {
        self.array(at).map(u32::from_be_bytes)
    }

    fn room(&self, at: u64, size: u64) -> Result<(), Fault> {
        let left = self.len.saturating_sub(at);
        match size <= left {
            true => Ok(()),
            false => {
                Err(Fault::broken(at, format!("the file ends here or {left} bytes further on, and is not complete")))
            }
        }
    }

    fn read_into(&mut self, at: u64, into: &mut [u8]) -> Result<(), Fault> {
        self.room(at, into.len() as u64)?;
        self.reads += 1;
        if self.reads > MAX_READS {
            return Err(Fault::Limit { at, what: format!("more than {MAX_READS} parts") });
        }
        if into.len() > BLOCK {
            self.from.seek(SeekFrom::Start(at))?;
            return Ok(self.from.read_exact(into)?);
        }
        let held = at >= self.block_at && at + into.len() as u64 <= self.block_at + self.block.len() as u64;
        if !held {
            self.fill(at)?;
        }
        let from = (at - self.block_at) as usize;
        let held = self.block.get(from..from + into.len()).ok_or(io::Error::from(io::ErrorKind::UnexpectedEof))?;
        into.copy_from_slice(held);
        Ok(())
    }

    fn fill(&mut self, at: u64) -> io::Result<()> {
        self.from.seek(SeekFrom::Start(at))?;
        self.block.clear();
        self.block_at = at;
        (&mut *self.from).take(BLOCK as u64).read_to_end(&mut self.block)?;
        Ok(())
    }
}
