//! Lies and cuts: a clear word, never a panic, and no more memory or time than a sound file takes.

use std::io::{Cursor, Read, Seek, SeekFrom};
use std::time::{Duration, Instant};

use wanlint::read::media::{Fault, MAX_READS, MAX_TEXT, Media};

use super::build::{self, all, be, chunk, element, le, page, part, png};
use super::{PROMPT, WORKFLOW, read, text};

/// What reading stopped at.
#[track_caller]
fn fault(bytes: &[u8], words: &[&str]) {
    let started = Instant::now();
    let media = read(bytes);
    let said = media.fault.map(|fault| fault.to_string()).unwrap_or_default();
    assert!(!words.is_empty() && words.iter().all(|word| said.contains(word)), "{said:?}");
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[test]
fn every_prefix_of_every_file() {
    for (name, _, bytes) in all(&[("prompt", PROMPT), ("workflow", WORKFLOW)]) {
        for end in 0..bytes.len() {
            let Some(media) = Media::read(&mut Cursor::new(&bytes[..end])).unwrap() else { continue };
            // What is found is whole, or reading stopped.
            assert!(media.prompt.is_none() || text(&media.prompt) == Some(PROMPT), "{name} cut at {end}");
            let both = media.prompt.is_some() && media.workflow.is_some();
            // An EBML file of no known size may end behind any element, an Ogg stream may be cut into pages.
            let may_end = name.ends_with(".webm") || name.ends_with(".mkv");
            let silent = media.fault.is_none() && !both && !may_end;
            assert!(!silent || bare(name, end), "{name} cut at {end} is taken for a whole file without texts");
        }
    }
}

/// Where the file really could end: behind a whole chunk, block or box, or at once behind its first bytes.
fn bare(name: &str, end: usize) -> bool {
    let webp = name.ends_with(".webp") && end < 34;
    let audio = name.ends_with(".mp3") && end < 10;
    let avif = name.ends_with(".avif") && end < 24;
    let tagged = name == "tagged.flac" && end < 60;
    webp || audio || avif || tagged
}

#[test]
fn sizes_that_lie() {
    let text = [b"prompt\0", PROMPT.as_bytes()].concat();
    let mut lying = chunk(b"tEXt", &text);
    lying[..4].copy_from_slice(&[0x7f, 0xff, 0xff, 0xff]);
    fault(&png(&[lying]), &["byte 33", "\"tEXt\" claims 2147483647 bytes", "are left"]);
    let webp = [b"RIFF\xff\xff\xff\xffWEBPEXIF", &le(u32::MAX as usize)[..]].concat();
    fault(&webp, &["byte 12", "claims 4294967295 bytes, 0 are left"]);
    let moov = [part(b"ftyp", b"isom"), [&[0, 0, 0, 1], &b"moov"[..], &[0xff; 8]].concat()].concat();
    fault(&moov, &["byte 12", "\"moov\" claims 18446744073709551615 bytes"]);
    fault(&[part(b"ftyp", b"isom"), be(7).to_vec(), b"moov".to_vec()].concat(), &["smaller than its own header"]);
    fault(b"fLaC\x04\xff\xff\xff", &["metadata block claims 16777215 bytes, 0 are left"]);
    fault(b"ID3\x04\0\0\x7f\x7f\x7f\x7f", &["ID3 tag claims 268435455 bytes, 0 are left"]);
    fault(b"ID3\x04\0\0\xff\xff\xff\xff", &["not one"]);
    fault(&build::id3(4, 0, b"TXXX\x7f\x7f\x7f\x7f\0\0"), &["frame of the ID3 tag"]);
    fault(&build::id3(3, 0x40, b""), &["ID3 tag"]);
    fault(b"\0\0\0\x05\0\0\0\0{\"a\": 1}", &["the header claims 83886080 bytes"]);
    let comments = [&le(4)[..], b"Lavf", &le(1), &le(u32::MAX as usize), b"prompt="].concat();
    let block = [b"fLaC\x84", &be(comments.len())[1..], &comments].concat();
    fault(&block, &["a comment claims more bytes"]);
}

#[test]
fn ebml_sizes_up_to_the_largest() {
    for size in [&b"\x01\xff\xff\xff\xff\xff\xff\xfe"[..], b"\x08\xff\xff\xff\xff"] {
        fault(&build::webm("webm", &[b"\x12\x54\xc3\x67", size].concat(), b""), &["the element 1254C367 claims"]);
    }
    fault(&build::webm("webm", b"\x12\x54\xc3\x67\xff", b""), &["the element 1254C367 has no size"]);
    fault(&build::webm("webm", b"\0\0\0\0", b""), &["an element of the file should begin here"]);
    let name = element(b"\x45\xa3", b"PROMPT");
    let tag = element(b"\x67\xc8", &[name, b"\x44\x87\x01\0\0\0\x7f\xff\xff\xff".to_vec()].concat());
    let tags = element(b"\x12\x54\xc3\x67", &element(b"\x73\x73", &tag));
    fault(&build::webm("webm", &tags, b""), &["the element 4487 claims"]);
}

#[test]
fn exif_offsets_that_lead_outside() {
    let sound = build::tiff(&[("prompt", PROMPT), ("workflow", WORKFLOW)], true, b"");
    for (at, value) in [(4, u32::MAX), (8 + 2 + 12 + 4, u32::MAX), (8 + 2 + 12 + 8, u32::MAX)] {
        let mut exif = sound.clone();
        exif[at..at + 4].copy_from_slice(&value.to_le_bytes());
        fault(&build::webp(&exif), &["EXIF"]);
        fault(&build::avif(&exif), &["EXIF"]);
    }
    // One field that leads outside does not hide the other.
    let mut exif = sound;
    exif[8 + 2 + 12 + 8..][..4].copy_from_slice(&[0xff; 4]);
    assert_eq!(text(&read(&build::webp(&exif)).workflow), Some(WORKFLOW));
    fault(&build::webp(b"not a TIFF file"), &["does not begin like a TIFF file"]);
}

#[test]
fn avif_tables_that_lie() {
    let sound = build::avif(&build::tiff(&[("prompt", PROMPT)], true, b""));
    let table = sound.windows(4).position(|window| window == b"iloc").unwrap() + 4;
    for at in [4, 12, 26, 28, 32].map(|at| table + at) {
        let mut bytes = sound.clone();
        bytes[at] = 0xff;
        let media = read(&bytes);
        assert!(media.prompt.is_none(), "byte {at}");
    }
}

#[test]
fn a_video_that_was_cut_off() {
    let whole = build::mp4(b"isom", &build::udta_meta(&[("prompt", PROMPT)]), false);
    let moov = whole.windows(4).position(|window| window == b"moov").unwrap() - 4;
    fault(&whole[..moov], &["ends without 'moov'", "still being written"]);
    fault(&whole[..moov - 10], &["\"mdat\" claims 48 bytes, 38 are left"]);
}

#[test]
fn bombs() {
    let large = build::zlib(vec![b' '; MAX_TEXT as usize + 1]);
    assert!(large.len() < 100_000);
    for kind in [b"zTXt", b"iTXt"] {
        let head: &[u8] = if kind == b"zTXt" { b"prompt\0\0" } else { b"prompt\0\x01\0\0\0" };
        let bytes = png(&[chunk(kind, &[head, &large].concat())]);
        fault(&bytes, &["byte", "larger than 16 MiB"]);
        assert!(matches!(read(&bytes).fault, Some(Fault::Limit { .. })));
        fault(&png(&[chunk(kind, &[head, b"no zlib stream"].concat())]), &["cannot be unpacked"]);
    }
    let exact = build::zlib(vec![b' '; MAX_TEXT as usize]);
    let bytes = png(&[chunk(b"zTXt", &[b"prompt\0\0", &exact[..]].concat())]);
    assert_eq!(read(&bytes).prompt.unwrap().len() as u64, MAX_TEXT);
}

#[test]
fn texts_beyond_the_limit_are_not_read() {
    let text = " ".repeat(MAX_TEXT as usize + 1);
    let texts: build::Texts = &[("prompt", &text), ("workflow", WORKFLOW)];
    let files = [
        png(&build::chunks(b"tEXt", texts)),
        build::mp4(b"isom", &build::udta_meta(texts), false),
        build::webm("webm", &build::tags(texts), b""),
        build::webp(&build::tiff(texts, true, b"")),
        build::ogg(b"OpusHead", b"OpusTags", texts),
        build::id3(4, 0, &build::frames(4, 3, texts)),
        build::safetensors(texts),
    ];
    for bytes in files {
        let media = read(&bytes);
        assert!(media.prompt.is_none());
        assert!(matches!(media.fault, Some(Fault::Limit { .. })), "{:?}", media.fault);
    }
}

/// A file of many GiB that repeats one part after a head, without being anywhere.
struct Endless {
    head: Vec<u8>,
    part: Vec<u8>,
    at: u64,
    read: u64,
}

const ENDLESS: u64 = 1 << 40;

impl Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = into.len().min((ENDLESS - self.at) as usize);
        for byte in &mut into[..count] {
            let behind = self.at.saturating_sub(self.head.len() as u64) as usize % self.part.len();
            *byte = *self.head.get(self.at as usize).unwrap_or(&self.part[behind]);
            self.at += 1;
        }
        self.read += count as u64;
        Ok(count)
    }
}

impl Seek for Endless {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.at = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::End(back) => ENDLESS.saturating_add_signed(back),
            SeekFrom::Current(by) => self.at.saturating_add_signed(by),
        };
        Ok(self.at)
    }
}

/// Gives up after some parts, and says so.
#[track_caller]
fn endless(name: &str, head: &[u8], part: &[u8]) {
    let mut file = Endless { head: head.to_vec(), part: part.to_vec(), at: 0, read: 0 };
    let media = Media::read(&mut file).unwrap().unwrap();
    let said = media.fault.unwrap().to_string();
    assert!(said.contains(&format!("more than {MAX_READS} parts")), "{name}: {said}");
    assert!(file.read < 1 << 30, "{name}: {} bytes were read", file.read);
}

#[test]
fn files_that_never_end() {
    endless("ogg", &page(1, &[], b""), &page(1, &[], b""));
    endless("another stream", &page(1, &[4], b"else"), &page(2, &[4], b"else"));
    endless("png", b"\x89PNG\r\n\x1a\n", &chunk(b"IDAT", b""));
    endless("webp", b"RIFF____WEBP", b"ABCD\0\0\0\0");
    endless("mp4", &part(b"ftyp", b"isom"), &part(b"free", b""));
    endless("flac", b"fLaC", b"\0\0\0\0");
    endless("webm", &build::webm("webm", b"", b""), &element(b"\xec", b""));
}

/// Only the parts around the texts are read of a large file.
#[test]
fn a_video_of_a_tebibyte_costs_nothing() {
    let tail = part(b"moov", &build::udta_meta(&[("prompt", PROMPT)]));
    let head = part(b"ftyp", b"isom\0\0\0\0");
    let size = ENDLESS - head.len() as u64 - tail.len() as u64;
    let head = [head, [&[0, 0, 0, 1], &b"mdat"[..], &size.to_be_bytes()].concat()].concat();
    let mut file = Tail { head, tail, at: 0, read: 0 };
    let media = Media::read(&mut file).unwrap().unwrap();
    assert_eq!(text(&media.prompt), Some(PROMPT));
    assert!(file.read < 50_000, "{}", file.read);
}

/// A file of [`ENDLESS`] bytes: a head, zeros, a tail.
struct Tail {
    head: Vec<u8>,
    tail: Vec<u8>,
    at: u64,
    read: u64,
}

impl Read for Tail {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = into.len().min((ENDLESS - self.at) as usize);
        let tail = ENDLESS - self.tail.len() as u64;
        for byte in &mut into[..count] {
            let of_tail = self.at.checked_sub(tail).and_then(|at| self.tail.get(at as usize));
            *byte = *self.head.get(self.at as usize).or(of_tail).unwrap_or(&0);
            self.at += 1;
        }
        self.read += count as u64;
        Ok(count)
    }
}

impl Seek for Tail {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        let mut place = Endless { head: Vec::new(), part: Vec::new(), at: self.at, read: 0 };
        self.at = place.seek(to)?;
        Ok(self.at)
    }
}
