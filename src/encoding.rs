//! Bytes become text: which encoding a file has, and how many bytes each character takes on disk.
//!
//! A byte-order mark decides; then what the file says of itself (`chcp 850` in a batch file, `# coding: gbk` in Python); then
//! whether it is valid UTF-8. What is left is guessed from the bytes and called an assumption.

use std::path::Path;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{BIG5, EUC_KR, GBK, SHIFT_JIS, UTF_16BE, UTF_16LE, WINDOWS_1252};
use oem_cp::code_table::{DECODING_TABLE_CP_MAP, ENCODING_TABLE_CP_MAP};

/// Bytes in which a UTF-16 file without a mark, or a line that names the encoding, is looked for.
const HEAD: usize = 4096;

/// How the bytes of a file became text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8 without a byte-order mark.
    Utf8,
    /// UTF-8 with a byte-order mark. The mark stays in the text, so offsets are those of the file.
    Utf8Bom,
    /// UTF-16, in either order of bytes.
    Utf16 {
        /// A byte-order mark says so. It is not part of the text.
        mark: bool,
    },
    /// A code page.
    Page {
        /// Which one.
        page: Page,
        /// The file names it. Otherwise it is the likeliest one by the bytes: an assumption.
        stated: bool,
    },
    /// JSON that is not UTF-8: every byte that was not understood is read as `?`; the first one lies at this offset.
    Unknown(u32),
}

/// A code page of Windows, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page(u16);

impl Page {
    /// The number that `chcp` takes.
    pub fn number(self) -> u16 {
        self.0
    }

    /// A page by its number; `None` for those that wanlint cannot read.
    pub fn new(number: u16) -> Option<Self> {
        let known = windows(number).is_some() || DECODING_TABLE_CP_MAP.contains_key(&number);
        known.then_some(Self(number))
    }

    /// The text; `None` when some bytes mean nothing in this page.
    fn decode(self, bytes: &[u8]) -> Option<String> {
        let text = match windows(self.0) {
            Some(encoding) => encoding.decode_without_bom_handling_and_without_replacement(bytes)?.into_owned(),
            None => DECODING_TABLE_CP_MAP.get(&self.0)?.decode_string_checked(bytes)?,
        };
        let size: usize = text.chars().map(|letter| self.width(letter)).sum();
        (size == bytes.len()).then_some(text)
    }

    /// The bytes of a text; `None` when the page has no letters for it.
    fn encode(self, text: &str) -> Option<Vec<u8>> {
        let Some(encoding) = windows(self.0) else {
            return oem_cp::encode_string_checked(text, ENCODING_TABLE_CP_MAP.get(&self.0)?);
        };
        let (bytes, _, lost) = encoding.encode(text);
        (!lost).then(|| bytes.into_owned())
    }

    /// Bytes that a character takes.
    fn width(self, letter: char) -> usize {
        let single = match self.0 {
            932 => matches!(letter, '\u{80}' | '\u{ff61}'..='\u{ff9f}'),
            936 => letter == '\u{20ac}',
            949 | 950 => false,
            _ => true,
        };
        if single || letter.is_ascii() { 1 } else { 2 }
    }
}

/// The encoding of a Windows page, as the web and Windows share it; the pages of DOS are tables of `oem_cp`.
fn windows(number: u16) -> Option<&'static encoding_rs::Encoding> {
    let named = match number {
        874 => "windows-874",
        932 => return Some(SHIFT_JIS),
        936 => return Some(GBK),
        949 => return Some(EUC_KR),
        950 => return Some(BIG5),
        1250 => "windows-1250",
        1251 => "windows-1251",
        1252 => return Some(WINDOWS_1252),
        1253 => "windows-1253",
        1254 => "windows-1254",
        1255 => "windows-1255",
        1256 => "windows-1256",
        1257 => "windows-1257",
        1258 => "windows-1258",
        _ => return None,
    };
    encoding_rs::Encoding::for_label(named.as_bytes())
}

impl Encoding {
    /// Bytes of a character on disk.
    pub fn width(self, letter: char) -> usize {
        match self {
            Self::Utf16 { .. } => 2 * letter.len_utf16(),
            Self::Page { page, .. } => page.width(letter),
            Self::Utf8 | Self::Utf8Bom | Self::Unknown(_) => letter.len_utf8(),
        }
    }

    /// True for bytes that no reader of workflows understands.
    pub fn is_odd(self) -> bool {
        !matches!(self, Self::Utf8 | Self::Utf8Bom)
    }

    /// True when offsets in the text are offsets in the file.
    pub fn keeps_offsets(self) -> bool {
        !matches!(self, Self::Utf16 { .. } | Self::Page { .. })
    }

    /// A text as it stands in a file of this encoding that begins with `file`, which tells the order of UTF-16's bytes. `None` when
    /// the encoding has no letters for it, or is not known.
    pub fn bytes_of(self, text: &str, file: &[u8]) -> Option<Vec<u8>> {
        let big = matches!(file, [0xfe, 0xff, ..] | [0, ..]);
        match self {
            Self::Utf8 | Self::Utf8Bom => Some(text.as_bytes().to_vec()),
            Self::Utf16 { .. } if big => Some(text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
            Self::Utf16 { .. } => Some(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
            Self::Page { page, .. } => page.encode(text),
            Self::Unknown(_) => None,
        }
    }

    /// Bytes in front of the text that are not part of it.
    pub fn head(self) -> usize {
        if self == (Self::Utf16 { mark: true }) { 2 } else { 0 }
    }
}

/// Decodes the bytes of a file. Its name says where an encoding may be stated.
pub fn decode(path: &Path, bytes: Vec<u8>) -> (String, Encoding) {
    if let Some(found) = utf16(&bytes) {
        return found;
    }
    let kind = path.extension().map(|extension| extension.to_ascii_lowercase());
    let kind = kind.as_deref().and_then(|kind| kind.to_str()).unwrap_or_default();
    if let Some(page) = stated(kind, &bytes)
        && let Some(text) = page.decode(&bytes)
    {
        return (text, Encoding::Page { page, stated: true });
    }
    match String::from_utf8(bytes) {
        Ok(text) if text.starts_with('\u{feff}') => (text, Encoding::Utf8Bom),
        Ok(text) => (text, Encoding::Utf8),
        Err(error) if matches!(kind, "json" | "ipynb") => {
            let first = error.utf8_error().valid_up_to() as u32;
            (question_marks(error.as_bytes()), Encoding::Unknown(first))
        }
        Err(error) => guessed(error.as_bytes()),
    }
}

fn utf16(bytes: &[u8]) -> Option<(String, Encoding)> {
    let (encoding, mark) = match bytes {
        [0xff, 0xfe, ..] => (UTF_16LE, true),
        [0xfe, 0xff, ..] => (UTF_16BE, true),
        [first, 0, ..] if *first != 0 && is_utf16(bytes, 1) => (UTF_16LE, false),
        [0, second, ..] if *second != 0 && is_utf16(bytes, 0) => (UTF_16BE, false),
        _ => return None,
    };
    let text = &bytes[if mark { 2 } else { 0 }..];
    Some((encoding.decode_without_bom_handling(text).0.into_owned(), Encoding::Utf16 { mark }))
}

/// Most letters of a script or workflow are ASCII, so every second byte of UTF-16 is zero and no other byte is.
fn is_utf16(bytes: &[u8], high: usize) -> bool {
    let units = bytes.chunks_exact(2).take(HEAD / 2);
    let (count, zeros, ends) = units.fold((0, 0, false), |(count, zeros, ends), unit| {
        (count + 1, zeros + usize::from(unit[high] == 0), ends || unit[1 - high] == 0 && unit[high] == 0)
    });
    count > 1 && !ends && 4 * zeros >= 3 * count
}

/// The page that a batch file switches to, or that the coding line of a Python script names.
fn stated(kind: &str, bytes: &[u8]) -> Option<Page> {
    let plain = || bytes.is_ascii() || bytes.starts_with(b"\xef\xbb\xbf");
    match kind {
        "bat" | "cmd" | "py" if plain() => None,
        "bat" | "cmd" => bytes.split(|byte| *byte == b'\n').find_map(chcp),
        "py" => bytes.split(|byte| *byte == b'\n').take(2).find_map(coding),
        _ => None,
    }
}

/// `chcp 850` in a line of a batch file. UTF-8 (65001) is no page of ours, so it answers nothing.
fn chcp(line: &[u8]) -> Option<Page> {
    let start = line.iter().take_while(|byte| b"@ \t(".contains(byte)).count();
    let line = line.get(start..)?;
    let rest = line.get(..4).filter(|word| word.eq_ignore_ascii_case(b"chcp")).and(line.get(4..))?;
    let rest = rest.get(..4).filter(|word| word.eq_ignore_ascii_case(b".com")).and(rest.get(4..)).unwrap_or(rest);
    let blank = rest.iter().take_while(|byte| b" \t".contains(byte)).count();
    let digits = rest.iter().skip(blank).take_while(|byte| byte.is_ascii_digit()).count();
    let number = std::str::from_utf8(rest.get(blank..blank + digits)?).ok()?;
    Page::new(number.parse().ok().filter(|_| blank > 0)?)
}

/// `# -*- coding: gbk -*-` (PEP 263).
fn coding(line: &[u8]) -> Option<Page> {
    let line = String::from_utf8_lossy(line);
    let line = Some(line.trim_start()).filter(|line| line.starts_with('#'))?;
    let rest = line.split_once("coding")?.1.strip_prefix([':', '='])?.trim_start();
    let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && !"-_.".contains(letter));
    let label = rest[..end.unwrap_or(rest.len())].replace('_', "-").replace("latin-", "latin");
    let encoding = encoding_rs::Encoding::for_label(label.as_bytes())?;
    let same = |number: &u16| windows(*number) == Some(encoding);
    PAGES.iter().copied().find(same).and_then(Page::new)
}

/// Pages that a guess may give and a coding line may name.
const PAGES: [u16; 14] = [1252, 932, 936, 949, 950, 1250, 1251, 1253, 1254, 1255, 1256, 1257, 1258, 874];

fn guessed(bytes: &[u8]) -> (String, Encoding) {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let likely = detector.guess(None, Utf8Detection::Deny);
    let number = PAGES.iter().copied().find(|number| windows(*number) == Some(likely));
    let number = number.unwrap_or(if likely == encoding_rs::IBM866 { 866 } else { 1252 });
    let page = Page(number);
    match page.decode(bytes) {
        Some(text) => (text, Encoding::Page { page, stated: false }),
        // Every byte is a character in this page.
        None => {
            let text = WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned();
            (text, Encoding::Page { page: Page(1252), stated: false })
        }
    }
}

/// Keeps every offset: each byte that is not UTF-8 becomes one `?`.
fn question_marks(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '?'));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, bytes: &[u8]) -> (String, Encoding) {
        decode(Path::new(name), bytes.to_vec())
    }

    fn page(number: u16, stated: bool) -> Encoding {
        Encoding::Page { page: Page(number), stated }
    }

    #[test]
    fn a_batch_file_says_its_page() {
        for (line, number) in [("chcp 850", 850), ("@CHCP 437 >nul", 437), ("chcp.com 866", 866), ("chcp 1252", 1252)] {
            let bytes = [line.as_bytes(), b"\r\ncd \x81"].concat();
            assert_eq!(read("a.bat", &bytes).1, page(number, true), "{line}");
        }
        assert_eq!(read("a.bat", b"chcp 850\r\ncd M\x81ller").0, "chcp 850\r\ncd M\u{fc}ller");
        // Not a command of that name, not a page, not a batch file.
        for (name, line) in
            [("a.bat", "rem chcp 850"), ("a.bat", "chcp 99999"), ("a.bat", "chcp850"), ("a.sh", "chcp 850")]
        {
            let bytes = [line.as_bytes(), b"\ncd M\xfcller"].concat();
            assert_eq!(read(name, &bytes).1, page(1252, false), "{line}");
        }
        assert_eq!(read("a.bat", "chcp 65001\r\ncd \u{fc}".as_bytes()).1, Encoding::Utf8);
    }

    #[test]
    fn second_bytes_are_no_operators() {
        // In code page 936 the second byte of a character may be `|` or a caret.
        let bytes = b"chcp 936\r\necho \xcc\x7c\xd6\xd0\xb0\x5e\r\n";
        let (text, encoding) = read("a.bat", bytes);
        assert_eq!((text.contains('|'), text.contains('^'), encoding), (false, false, page(936, true)));
        let size: usize = text.chars().map(|letter| encoding.width(letter)).sum();
        assert_eq!(size, bytes.len());
        let guess = "rem \u{542f}\u{52a8}\u{811a}\u{672c}\u{ff0c}\u{8bf7}\u{52ff}\u{4fee}\u{6539}\r\n";
        let bytes = GBK.encode(guess).0;
        assert_eq!(read("a.bat", &bytes), (guess.to_owned(), page(936, false)));
    }

    #[test]
    fn utf16_in_both_orders_with_and_without_a_mark() {
        for text in ["python main.py\r\n", "echo \u{1f389} \u{e9}\u{4e2d} and more letters"] {
            let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            for (mark, bytes) in [(&b"\xff\xfe"[..], &little), (b"\xfe\xff", &big), (b"", &little), (b"", &big)] {
                let bytes = [mark, bytes].concat();
                let encoding = Encoding::Utf16 { mark: !mark.is_empty() };
                assert_eq!(read("a.ps1", &bytes), (text.to_owned(), encoding));
            }
        }
        assert_eq!(read("a.bin", b"a\0\0\0b\0\0\0").1, Encoding::Utf8);
    }

    #[test]
    fn python_names_its_encoding() {
        assert_eq!(read("a.py", b"# -*- coding: gbk -*-\nx = '\xd6\xd0'").1, page(936, true));
        assert_eq!(
            read("a.py", b"#!python\n# coding=latin-1\nx = '\xfc'").0,
            "#!python\n# coding=latin-1\nx = '\u{fc}'"
        );
        assert_eq!(read("a.json", b"{\"a\": \"\xfc\"}"), ("{\"a\": \"?\"}".to_owned(), Encoding::Unknown(7)));
    }
}
