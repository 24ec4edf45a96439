//! Media files made by hand: as small as a container allows, around one or two texts.

use wanlint::read::media::Container;

/// The texts of a file, by key.
pub type Texts<'a> = &'a [(&'a str, &'a str)];

/// Writes one file of every kind to `fuzz/corpus/media`, for the fuzz target to start from.
#[test]
#[ignore = "writes into the repository"]
fn seeds() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/media");
    std::fs::create_dir_all(&folder).unwrap();
    let texts = [("prompt", r#"{"1": {"class_type": "A", "inputs": {}}}"#), ("workflow", r#"{"nodes": []}"#)];
    all(&texts).into_iter().for_each(|(name, _, bytes)| std::fs::write(folder.join(name), bytes).unwrap());
}

/// One file of every kind and variant: a name that says which, what it is, its bytes.
pub fn all(texts: Texts) -> Vec<(&'static str, Container, Vec<u8>)> {
    use Container::*;
    let upper: Vec<(String, &str)> = texts.iter().map(|(key, text)| (key.to_uppercase(), *text)).collect();
    let upper: Vec<(&str, &str)> = upper.iter().map(|(key, text)| (key.as_str(), *text)).collect();
    vec![
        ("tEXt.png", Png, png(&chunks(b"tEXt", texts))),
        ("zTXt.png", Png, png(&chunks(b"zTXt", texts))),
        ("iTXt.png", Png, png(&chunks(b"iTXt", texts))),
        ("packed-iTXt.png", Png, png(&packed_itxt(texts))),
        ("comf.png", Png, animated_png(texts)),
        ("little.webp", WebP, webp(&tiff(texts, true, b""))),
        ("big.webp", WebP, webp(&tiff(texts, false, b"Exif\0\0"))),
        ("exif.avif", Avif, avif(&tiff(texts, false, b""))),
        ("end.mp4", Mp4, mp4(b"isom", &udta_meta(texts), false)),
        ("wide.mp4", Mp4, mp4(b"isom", &udta_meta(texts), true)),
        ("plain.mov", Mov, mp4(b"qt  ", &plain_meta(texts), false)),
        ("comment.mp4", Mp4, mp4(b"isom", &comment_meta(texts), false)),
        ("comment.mov", Mov, mp4(b"qt  ", &quicktime_comment(texts), false)),
        ("front.webm", WebM, webm("webm", &tags(&upper), &cluster(true))),
        ("behind.mkv", Mkv, webm("matroska", &cluster(false), &tags(&upper))),
        ("comment.webm", WebM, webm("webm", &tags(&[("COMMENT", &comment(texts))]), b"")),
        ("plain.flac", Flac, flac(texts)),
        ("tagged.flac", Mp3, [id3(4, 0, &[]), flac(texts)].concat()),
        ("opus.ogg", Ogg, ogg(b"OpusHead", b"OpusTags", texts)),
        ("vorbis.ogg", Ogg, ogg(b"\x01vorbis", b"\x03vorbis", texts)),
        ("flac.ogg", Ogg, ogg(b"\x7fFLAC", b"\x84\0\0\0", texts)),
        ("utf8.mp3", Mp3, id3(4, 0, &frames(4, 3, texts))),
        ("latin1.mp3", Mp3, id3(3, 0, &frames(3, 0, texts))),
        ("utf16.mp3", Mp3, id3(3, 0, &frames(3, 1, texts))),
        ("unsync.mp3", Mp3, unsync_id3(texts)),
        ("one.latent", Safetensors, safetensors(texts)),
    ]
}

pub fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    [&be(data.len()), &kind[..], data, &[0; 4]].concat()
}

pub fn png(chunks: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    out.extend(chunk(b"IHDR", &[0; 13]));
    out.extend(chunks.concat());
    out.extend(chunk(b"IDAT", &[0; 20]));
    out.extend(chunk(b"IEND", b""));
    out
}

pub fn chunks(kind: &[u8; 4], texts: Texts) -> Vec<Vec<u8>> {
    let one = |(key, text): &(&str, &str)| {
        let data = match kind {
            b"zTXt" => [b"\0".to_vec(), zlib(text)].concat(),
            b"iTXt" => [b"\0\0en\0\0", text.as_bytes()].concat(),
            _ => text.as_bytes().to_vec(),
        };
        chunk(kind, &[key.as_bytes(), b"\0", &data].concat())
    };
    texts.iter().map(one).collect()
}

pub fn zlib(text: impl AsRef<[u8]>) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec_zlib(text.as_ref(), 6)
}

fn packed_itxt(texts: Texts) -> Vec<Vec<u8>> {
    let one = |(key, text): &(&str, &str)| chunk(b"iTXt", &[key.as_bytes(), b"\0\x01\0\0x\0", &zlib(text)].concat());
    texts.iter().map(one).collect()
}

fn animated_png(texts: Texts) -> Vec<u8> {
    let mut out = png(&[]);
    out.truncate(out.len() - 12);
    out.extend(chunks(b"comf", texts).concat());
    out.extend(chunk(b"IEND", b""));
    out
}

pub fn webp(exif: &[u8]) -> Vec<u8> {
    // The picture has an odd size, so that a byte is filled in behind it.
    let mut chunks = [b"VP8 ".as_slice(), &[5, 0, 0, 0], b"image\0"].concat();
    chunks.extend([b"EXIF".as_slice(), &le(exif.len()), exif, &[0][..exif.len() % 2]].concat());
    [b"RIFF".as_slice(), &le(chunks.len() + 4), b"WEBP", &chunks].concat()
}

/// EXIF data: a number first, then the texts, as Pillow writes them.
pub fn tiff(texts: Texts, little: bool, prefix: &[u8]) -> Vec<u8> {
    let two = |value: u16| if little { value.to_le_bytes() } else { value.to_be_bytes() };
    let four = |value: usize| if little { le(value) } else { be(value) };
    let mut entries = [&two(0x0100)[..], &two(3), &four(1), &four(7)].concat();
    let mut data = Vec::new();
    let behind = 8 + 2 + 12 * (texts.len() + 1) + 4;
    for (index, (key, text)) in texts.iter().enumerate() {
        let text = format!("{key}:{text}\0");
        entries
            .extend([&two(0x0110 - index as u16)[..], &two(2), &four(text.len()), &four(behind + data.len())].concat());
        data.extend(text.bytes());
    }
    let head: &[u8] = if little { b"II*\0" } else { b"MM\0*" };
    [prefix, head, &four(8), &two(texts.len() as u16 + 1), &entries, &four(0), &data].concat()
}

pub fn part(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&be(content.len() + 8), &kind[..], content].concat()
}

/// `moov` at the end, as ComfyUI writes it.
pub fn mp4(brand: &[u8; 4], in_moov: &[u8], wide: bool) -> Vec<u8> {
    let mdat = match wide {
        true => [&[0, 0, 0, 1], &b"mdat"[..], &(16_u64 + 40).to_be_bytes(), &[7; 40]].concat(),
        false => part(b"mdat", &[7; 40]),
    };
    let moov = part(b"moov", &[part(b"mvhd", &[0; 100]), in_moov.to_vec()].concat());
    [part(b"ftyp", &[brand, &[0; 4][..]].concat()), part(b"free", b""), mdat, moov].concat()
}

fn keys_and_list(texts: Texts) -> Vec<u8> {
    let handler = part(b"hdlr", &[0; 25]);
    let names: Vec<u8> = texts.iter().flat_map(|(key, _)| part(b"mdta", key.as_bytes())).collect();
    let keys = part(b"keys", &[&[0; 4], &be(texts.len())[..], &names].concat());
    let item = |(index, (_, text)): (usize, &(&str, &str))| {
        let data = part(b"data", &[&[0, 0, 0, 1, 0, 0, 0, 0], text.as_bytes()].concat());
        part(&(index as u32 + 1).to_be_bytes(), &data)
    };
    let list = part(b"ilst", &texts.iter().enumerate().flat_map(item).collect::<Vec<u8>>());
    [handler, keys, list].concat()
}

pub fn udta_meta(texts: Texts) -> Vec<u8> {
    part(b"udta", &part(b"meta", &[vec![0; 4], keys_and_list(texts)].concat()))
}

/// QuickTime: no version in front of the content.
fn plain_meta(texts: Texts) -> Vec<u8> {
    part(b"meta", &keys_and_list(texts))
}

/// What Video Helper Suite writes: the prompt as a text, the workflow as an object.
fn comment(texts: Texts) -> String {
    let value = |(key, text): &(&str, &str)| match *key {
        "prompt" => format!("\"prompt\": {}", serde_json::Value::from(*text)),
        key => format!("\"{key}\": {text}"),
    };
    format!("{{{}}}", texts.iter().map(value).collect::<Vec<_>>().join(", "))
}

fn comment_meta(texts: Texts) -> Vec<u8> {
    let data = part(b"data", &[&[0, 0, 0, 1, 0, 0, 0, 0], comment(texts).as_bytes()].concat());
    let list = part(b"ilst", &part(b"\xa9cmt", &data));
    part(b"udta", &part(b"meta", &[vec![0; 4], part(b"hdlr", &[0; 25]), list].concat()))
}

/// The comment as ffmpeg writes it for QuickTime: the lower 16 bits of its length and a language in front.
fn quicktime_comment(texts: Texts) -> Vec<u8> {
    let comment = comment(texts);
    let text = [&(comment.len() as u16).to_be_bytes()[..], &[0x55, 0xc4], comment.as_bytes()].concat();
    part(b"udta", &[part(b"\xa9swr", b"\0\x04\x55\xc4Lavf"), part(b"\xa9cmt", &text)].concat())
}

pub fn element(id: &[u8], content: &[u8]) -> Vec<u8> {
    let size = (content.len() as u64 | 1 << 56).to_be_bytes();
    [id, &size, content].concat()
}

/// The header and a segment whose size is not known, as a stream has it.
pub fn webm(document: &str, first: &[u8], second: &[u8]) -> Vec<u8> {
    let kind = [b"\x42\x82", &[0x80 | document.len() as u8][..], document.as_bytes()].concat();
    let header = [b"\x1a\x45\xdf\xa3", &[0x80 | kind.len() as u8][..], &kind].concat();
    [header, b"\x18\x53\x80\x67\xff".to_vec(), first.to_vec(), second.to_vec()].concat()
}

pub fn tags(texts: Texts) -> Vec<u8> {
    let simple = |(key, text): &(&str, &str)| {
        element(b"\x67\xc8", &[element(b"\x45\xa3", key.as_bytes()), element(b"\x44\x87", text.as_bytes())].concat())
    };
    let target = element(b"\x63\xc0", b"");
    let tag = |text| element(b"\x73\x73", &[target.clone(), simple(text)].concat());
    element(b"\x12\x54\xc3\x67", &texts.iter().flat_map(tag).collect::<Vec<u8>>())
}

fn cluster(known: bool) -> Vec<u8> {
    let blocks = [element(b"\xe7", &[0]), element(b"\xa3", &[1; 30])].concat();
    if known {
        element(b"\x1f\x43\xb6\x75", &blocks)
    } else {
        [b"\x1f\x43\xb6\x75\x01\xff\xff\xff\xff\xff\xff\xff", &blocks[..]].concat()
    }
}

/// Vorbis comments.
pub fn comments(texts: Texts) -> Vec<u8> {
    let text = |text: &str| [&le(text.len()), text.as_bytes()].concat();
    let mut out = [text("Lavf"), le(texts.len() + 1).to_vec(), text("encoder=Lavc")].concat();
    out.extend(texts.iter().flat_map(|(key, value)| text(&format!("{key}={value}"))));
    out
}

pub fn flac(texts: Texts) -> Vec<u8> {
    let comments = comments(texts);
    let block = |kind: u8, data: &[u8]| [&[kind], &be(data.len())[1..], data].concat();
    [b"fLaC".to_vec(), block(0, &[0; 34]), block(4, &comments), block(0x81, &[0; 9])].concat()
}

/// Pages of three segments, with pages of another stream between them.
pub fn ogg(head: &[u8], mark: &[u8], texts: Texts) -> Vec<u8> {
    let first = [head, &[0; 11]].concat();
    let second = [mark, &comments(texts)].concat();
    let mut out = page(1, &[first.len() as u8], &first);
    let mut lacing: Vec<u8> = vec![255; second.len() / 255];
    lacing.push((second.len() % 255) as u8);
    let mut rest = second.as_slice();
    for sizes in lacing.chunks(3) {
        out.extend(page(2, &[4], b"else"));
        let (data, behind) = rest.split_at(sizes.iter().map(|&size| usize::from(size)).sum());
        out.extend(page(1, sizes, data));
        rest = behind;
    }
    out
}

pub fn page(serial: u32, lacing: &[u8], data: &[u8]) -> Vec<u8> {
    [b"OggS", &[0; 10][..], &serial.to_le_bytes(), &[0; 8], &[lacing.len() as u8], lacing, data].concat()
}

/// An ID3 tag with a picture in front of the given frames.
pub fn id3(version: u8, flags: u8, frames: &[u8]) -> Vec<u8> {
    let body = [frame(version, b"APIC", b"\0image/png\0\0\0PNG"), frames.to_vec(), vec![0; 16]].concat();
    [b"ID3", &[version, 0, flags][..], &syncsafe(body.len()), &body].concat()
}

pub fn frame(version: u8, id: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let size = if version == 4 { syncsafe(data.len()) } else { be(data.len()) };
    [&id[..], &size, &[0, 0], data].concat()
}

pub fn frames(version: u8, encoding: u8, texts: Texts) -> Vec<u8> {
    let coded = |text: &str| match encoding {
        1 => [0xfeff].into_iter().chain(text.encode_utf16()).chain([0]).flat_map(u16::to_le_bytes).collect(),
        _ => [text.as_bytes(), b"\0"].concat(),
    };
    let one = |(key, text): &(&str, &str)| frame(version, b"TXXX", &[vec![encoding], coded(key), coded(text)].concat());
    texts.iter().flat_map(one).collect()
}

/// The whole tag with a zero behind every 0xFF, which UTF-16 has plenty of.
fn unsync_id3(texts: Texts) -> Vec<u8> {
    let plain = frames(3, 1, texts);
    let body: Vec<u8> = plain.iter().flat_map(|&byte| if byte == 0xff { vec![byte, 0] } else { vec![byte] }).collect();
    [b"ID3", &[3, 0, 0x80][..], &syncsafe(body.len()), &body].concat()
}

fn syncsafe(size: usize) -> [u8; 4] {
    [size >> 21, size >> 14, size >> 7, size].map(|part| (part & 0x7f) as u8)
}

pub fn avif(exif: &[u8]) -> Vec<u8> {
    let exif = [&be(0), exif].concat();
    let entry =
        |number: u8, kind: &[u8; 4]| part(b"infe", &[&[2, 0, 0, 0, 0, number, 0, 0], &kind[..], b"\0"].concat());
    let items = part(b"iinf", &[&[0, 0, 0, 0, 0, 2], &entry(1, b"av01")[..], &entry(2, b"Exif")].concat());
    let meta = |place: usize| {
        let item =
            |number: u8, place: usize, size: usize| [&[0, number, 0, 0, 0, 1], &be(place)[..], &be(size)].concat();
        let table = [&[0, 0, 0, 0, 0x44, 0, 0, 2], &item(1, 0, 8)[..], &item(2, place, exif.len())].concat();
        part(b"meta", &[vec![0; 4], part(b"hdlr", &[0; 25]), part(b"iloc", &table), items.clone()].concat())
    };
    let front = part(b"ftyp", b"avif\0\0\0\0");
    let place = front.len() + meta(0).len() + 8;
    [front, meta(place), part(b"mdat", &exif)].concat()
}

pub fn safetensors(texts: Texts) -> Vec<u8> {
    let metadata: serde_json::Map<_, _> = texts.iter().map(|(key, text)| ((*key).to_owned(), (*text).into())).collect();
    let tensor = serde_json::json!({"dtype": "F32", "shape": [1], "data_offsets": [0, 4]});
    let header = serde_json::json!({"__metadata__": metadata, "latent_tensor": tensor}).to_string();
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &[0; 4]].concat()
}

pub fn be(value: usize) -> [u8; 4] {
    (value as u32).to_be_bytes()
}

pub fn le(value: usize) -> [u8; 4] {
    (value as u32).to_le_bytes()
}
