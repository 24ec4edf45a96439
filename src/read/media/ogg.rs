//! Ogg: the comments are the second packet of a stream and may go over many pages.

use super::input::Input;
use super::{Fault, MAX_TEXT, Texts, vorbis};

/// Bytes of a page before its table of segments.
const HEADER: u64 = 27;

/// What stands in front of the comments in the second packet: Opus, Vorbis, Theora, FLAC in Ogg (a block header).
const MARKS: [&[u8]; 3] = [b"OpusTags", b"\x03vorbis", b"\x81theora"];

pub(super) fn read(input: &mut Input<'_>, texts: &mut Texts) -> Result<(), Fault> {
    let mut packets = Packets::default();
    let mut at = 0;
    while packets.done < 2 {
        at = packets.page(input, at)?;
    }
    let packet = packets.second.as_slice();
    let comments = MARKS.iter().find_map(|mark| packet.strip_prefix(*mark));
    match comments.or_else(|| packets.is_flac.then(|| packet.get(4..)).flatten()) {
        Some(comments) => vorbis::read(comments, packets.second_at, texts),
        None => Ok(()),
    }
}

/// The first two packets of the stream that begins first.
#[derive(Default)]
struct Packets {
    serial: Option<u32>,
    done: u32,
    is_flac: bool,
    first_begun: bool,
    second: Vec<u8>,
    second_at: u64,
}

impl Packets {
    /// Reads one page; the place of the next.
    fn page(&mut self, input: &mut Input<'_>, at: u64) -> Result<u64, Fault> {
        let header = input.array::<{ HEADER as usize }>(at)?;
        if !header.starts_with(b"OggS") {
            return Err(Fault::broken(at, "a page of the Ogg stream should begin here"));
        }
        let serial = u32::from_le_bytes([header[14], header[15], header[16], header[17]]);
        let segments = input.bytes(at + HEADER, u64::from(header[26]), "the table of segments")?;
        let mut place = at + HEADER + segments.len() as u64;
        let end = place + segments.iter().map(|&size| u64::from(size)).sum::<u64>();
        if *self.serial.get_or_insert(serial) == serial {
            // A segment of less than 255 bytes ends its packet.
            for packet in segments.split_inclusive(|&size| size < 255) {
                let size = packet.iter().map(|&size| u64::from(size)).sum();
                self.part(input, place, size)?;
                place += size;
                self.done += u32::from(packet.last().is_some_and(|&size| size < 255));
                if self.done == 2 {
                    break;
                }
            }
        }
        Ok(end)
    }

    fn part(&mut self, input: &mut Input<'_>, at: u64, size: u64) -> Result<(), Fault> {
        if self.done == 0 {
            if !self.first_begun && size >= 5 {
                self.is_flac = &input.array::<5>(at)? == b"\x7fFLAC";
            }
            self.first_begun = true;
            return Ok(());
        }
        if self.second.is_empty() {
            self.second_at = at;
        }
        if self.second.len() as u64 + size > MAX_TEXT {
            return Err(Fault::too_large(self.second_at, "the packet of comments"));
        }
        self.second.extend(input.bytes(at, size, "a part of the comments")?);
        Ok(())
    }
}
