//! MP3: `TXXX` frames of an ID3 tag, versions 2.3 and 2.4.

use std::borrow::Cow;

use super::input::Input;
use super::{Fault, Texts, flac, latin1};

/// The bit of the tag and of a frame (2.4) that says that every 0xFF was followed by a zero.
const TAG_UNSYNC: u8 = 0x80;
const EXTENDED: u8 = 0x40;

/// Format bits of a frame in version 2.4. Compressed and encrypted frames, which ffmpeg never writes, are not read.
const UNREAD: u8 = 0x0c;
const UNSYNC: u8 = 0x02;
const LENGTH: u8 = 0x01;

pub(super) fn read(input: &mut Input<'_>, texts: &mut Texts) -> Result<(), Fault> {
    let [i, d, three, version, _, flags, size @ ..] = input.array::<10>(0)?;
    if [i, d, three] != *b"ID3" {
        return Ok(());
    }
    let size = u64::from(syncsafe(size).ok_or_else(|| Fault::broken(6, "the size of the ID3 tag is not one"))?);
    let left = input.len() - 10;
    if size > left {
        return Err(Fault::beyond(0, "the ID3 tag", size, left));
    }
    // A FLAC file may carry the tag in front.
    if size + 14 <= input.len() && &input.array::<4>(10 + size)? == b"fLaC" {
        flac::read(input, 10 + size, texts)?;
    }
    if !(3..=4).contains(&version) || texts.complete() {
        return Ok(());
    }
    let mut body = input.bytes(10, size, "the ID3 tag")?;
    if version == 3 && flags & TAG_UNSYNC != 0 {
        body = resync(&body);
    }
    let start = if flags & EXTENDED != 0 { extended(&body, version) } else { Some(0) };
    match start.and_then(|start| body.get(start..)) {
        Some(body) => frames(body, version, texts),
        None => Err(Fault::broken(10, "the extended header claims more bytes than the ID3 tag has")),
    }
}

/// Bytes that the extended header takes.
fn extended(body: &[u8], version: u8) -> Option<usize> {
    let size = *body.first_chunk::<4>()?;
    // Version 2.3 does not count the size itself.
    if version == 3 { (u32::from_be_bytes(size) as usize).checked_add(4) } else { Some(syncsafe(size)? as usize) }
}

fn frames(mut body: &[u8], version: u8, texts: &mut Texts) -> Result<(), Fault> {
    while let Some((header, rest)) = body.split_first_chunk::<10>() {
        let [a, b, c, d, s0, s1, s2, s3, _, flags] = *header;
        // Zeros fill the rest of the tag.
        if a == 0 {
            break;
        }
        let size = [s0, s1, s2, s3];
        let size = if version == 4 { syncsafe(size) } else { Some(u32::from_be_bytes(size)) };
        let Some((frame, behind)) = size.and_then(|size| rest.split_at_checked(size as usize)) else {
            return Err(Fault::broken(10, "a frame of the ID3 tag claims more bytes than the tag has"));
        };
        let flags = if version == 4 { flags } else { flags_of_3(flags) };
        if [a, b, c, d] == *b"TXXX" && flags & UNREAD == 0 {
            txxx(frame, flags, texts);
        }
        body = behind;
    }
    Ok(())
}

/// The bits of version 2.3 for compressed and encrypted frames.
fn flags_of_3(flags: u8) -> u8 {
    if flags & 0xc0 != 0 { UNREAD } else { 0 }
}

fn txxx(frame: &[u8], flags: u8, texts: &mut Texts) {
    let plain = if flags & UNSYNC != 0 { Cow::Owned(resync(frame)) } else { Cow::Borrowed(frame) };
    let content = if flags & LENGTH != 0 { plain.get(4..).unwrap_or_default() } else { &plain };
    if let Some((key, text)) = content.split_first().and_then(|(&encoding, rest)| pair(encoding, rest)) {
        texts.put(&key, text);
    }
}

/// Description and value of a frame, as UTF-8.
fn pair(encoding: u8, rest: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    if matches!(encoding, 1 | 2) {
        let end = rest.chunks_exact(2).position(|unit| unit == [0, 0])? * 2;
        return Some((utf16(&rest[..end], encoding), utf16(&rest[end + 2..], encoding)));
    }
    let end = memchr::memchr(0, rest)?;
    let value = &rest[end + 1..];
    let value = value.strip_suffix(b"\0").unwrap_or(value);
    let decode = |bytes: &[u8]| if encoding == 0 { latin1(bytes) } else { bytes.to_vec() };
    Some((decode(&rest[..end]), decode(value)))
}

/// UTF-16 as UTF-8, without its byte-order mark and the zero behind it.
fn utf16(bytes: &[u8], encoding: u8) -> Vec<u8> {
    let (little, bytes) = match bytes {
        [0xff, 0xfe, rest @ ..] => (true, rest),
        [0xfe, 0xff, rest @ ..] => (false, rest),
        _ => (encoding == 1, bytes),
    };
    let unit = |pair: &[u8]| {
        let pair = [pair[0], pair[1]];
        if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) }
    };
    let units = bytes.chunks_exact(2).map(unit).take_while(|&unit| unit != 0);
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect::<String>().into_bytes()
}

/// A number of four bytes with seven bits each; `None` when a byte has the eighth.
fn syncsafe(bytes: [u8; 4]) -> Option<u32> {
    bytes.iter().try_fold(0, |number, &byte| (byte < 0x80).then_some(number << 7 | u32::from(byte)))
}

/// Takes out the zeros that were put behind every 0xFF.
fn resync(bytes: &[u8]) -> Vec<u8> {
    let mut last = 0;
    let kept = bytes.iter().copied().filter(|&byte| {
        let inserted = last == 0xff && byte == 0;
        last = byte;
        !inserted
    });
    kept.collect()
}
