//! The first two phases of cmd: percent expansion, then carets, quotes and continuation lines - byte by byte.

use std::rc::Rc;

use super::super::traced::{Byte, MAX_VALUE};
use super::lookup::Names;
use super::modify;

/// A variable's value that is being read in place of `%NAME%`.
#[derive(Clone)]
struct Expansion {
    bytes: Rc<[Byte]>,
    next: usize,
    exact: bool,
    /// Delayed expansion comes after carets, quotes and operators were understood: its bytes mean nothing to cmd.
    inert: bool,
    from: u32,
    till: u32,
}

/// Where a text is being read.
#[derive(Clone, Default)]
pub(super) struct Cursor {
    position: usize,
    /// Bytes before this offset stand for something unknown.
    unknown_until: usize,
    expansion: Option<Expansion>,
    /// Bytes that expansions produced in this statement.
    expanded: usize,
    peeked: Option<Byte>,
    quoted: bool,
}

/// Reads a text as cmd does. Variables are looked up while reading, so they must be those from before the statement.
pub(super) struct Lexer<'a> {
    text: &'a [u8],
    /// Where it is read.
    pub cursor: Cursor,
    /// What names stand for.
    pub names: Names,
    /// Inside the body of a `for`, where `%%i` is its variable.
    pub looping: bool,
    /// `!NAME!` is expanded too.
    pub delayed: bool,
}

impl<'a> Lexer<'a> {
    pub fn new(text: &'a str) -> Self {
        let position = if text.starts_with('\u{feff}') { 3 } else { 0 };
        let (cursor, names) = (Cursor { position, ..Cursor::default() }, Names::default());
        Self { text: text.as_bytes(), cursor, names, looping: false, delayed: false }
    }

    /// Goes on reading at an offset of the text.
    pub fn jump(&mut self, position: usize) {
        self.cursor = Cursor { position, expanded: self.cursor.expanded, ..Cursor::default() };
    }

    /// Offset up to which the text was read.
    pub fn position(&self) -> usize {
        self.cursor.position
    }

    /// The offset to which reading can come back; `None` inside the value of a variable.
    pub fn mark(&self) -> Option<usize> {
        let inside = self.cursor.expansion.is_some();
        let at = self.cursor.peeked.map_or(self.cursor.position, |byte| byte.at as usize);
        (!inside && self.cursor.peeked.is_none_or(|byte| byte.from == byte.at)).then_some(at)
    }

    /// Offset of the next byte that was not looked at.
    pub fn offset(&self) -> u32 {
        self.cursor.peeked.map_or(self.cursor.position as u32, |byte| byte.from)
    }

    /// The next byte without taking it.
    pub fn peek(&mut self) -> Option<Byte> {
        if self.cursor.peeked.is_none() {
            self.cursor.peeked = self.cooked();
        }
        self.cursor.peeked
    }

    /// The next byte.
    pub fn next(&mut self) -> Option<Byte> {
        let byte = self.peek();
        self.cursor.peeked = None;
        byte
    }

    /// True at a line end that is not continued.
    pub fn at_line_end(&mut self) -> bool {
        self.peek().is_none_or(|byte| byte.is_live(b'\n'))
    }

    /// Skips comments and labels: the rest of the line as it is written, without carets or expansion.
    pub fn skip_line(&mut self) {
        if self.at_line_end() {
            return;
        }
        (self.cursor.peeked, self.cursor.expansion, self.cursor.quoted) = (None, None, false);
        let rest = self.text.get(self.cursor.position..).unwrap_or_default();
        self.cursor.position += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    }

    /// The text from an offset to here, as it is written.
    pub fn written(&self, start: usize) -> &'a str {
        self.text.get(start..self.cursor.position).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }

    /// The text between two offsets, as it is written.
    pub fn between(&self, start: u32, end: u32) -> &'a str {
        let bytes = self.text.get(start as usize..end as usize);
        bytes.and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }

    /// A new statement begins: the limit on one statement's expansions starts again.
    pub fn statement(&mut self) {
        self.cursor.expanded = 0;
        self.names.statement();
    }

    /// Phase 2: a byte after carets and quotes were understood.
    fn cooked(&mut self) -> Option<Byte> {
        let mut byte = self.expand()?;
        match byte.value {
            b'\n' => self.cursor.quoted = false,
            _ if !byte.live => {}
            b'"' => self.cursor.quoted = !self.cursor.quoted,
            b'^' if !self.cursor.quoted => return self.escaped(),
            _ => byte.live = !self.cursor.quoted,
        }
        Some(byte)
    }

    /// The byte after a caret. A caret before the line end joins the lines and escapes the first byte of the next one.
    fn escaped(&mut self) -> Option<Byte> {
        let mut byte = self.expand()?;
        if byte.value == b'\n' {
            byte = self.expand()?;
            if byte.value == b'\n' {
                return Some(byte);
            }
        }
        byte.live = false;
        Some(byte)
    }

    /// Phase 1: a byte after percent expansion.
    fn expand(&mut self) -> Option<Byte> {
        loop {
            if let Some(byte) = self.next_of_value() {
                return Some(byte);
            }
            let at = self.cursor.position;
            let value = *self.text.get(at)?;
            if at >= self.cursor.unknown_until && self.begins_expansion(value) {
                continue;
            }
            self.cursor.position += 1;
            if value != b'\r' {
                let unknown = at < self.cursor.unknown_until;
                return Some(Byte { live: !unknown, unknown, ..Byte::written(value, at) });
            }
        }
    }

    fn next_of_value(&mut self) -> Option<Byte> {
        let open = self.cursor.expansion.as_mut()?;
        let Some(&byte) = open.bytes.get(open.next) else {
            self.cursor.expansion = None;
            return None;
        };
        open.next += 1;
        let unknown = byte.unknown || !open.exact;
        Some(Byte { live: !byte.unknown && !open.inert, unknown, from: open.from, till: open.till, ..byte })
    }

    /// Understands what begins with `%` or `!` here; false when the byte stands for itself.
    fn begins_expansion(&mut self, value: u8) -> bool {
        match value {
            b'%' => self.percent(),
            b'!' if self.delayed => self.delayed(),
            _ => false,
        }
    }

    fn percent(&mut self) -> bool {
        let at = self.cursor.position;
        match self.text.get(at + 1) {
            Some(b'%') if self.looping => self.loop_variable(),
            Some(b'%') => {
                // The second one disappears.
                self.cursor.position += 1;
                false
            }
            Some(sign @ (b'0'..=b'9' | b'*')) => self.argument(*sign, at + 2, false),
            Some(b'~') if self.argument_end().is_some() => self.modified_argument(),
            _ => self.named(),
        }
    }

    /// `%NAME%`: its value, or the text as written. A percent sign without a partner disappears, as in cmd.
    fn named(&mut self) -> bool {
        let Some(end) = self.closing(b'%') else {
            self.cursor.position += 1;
            return true;
        };
        self.value(end, false)
    }

    /// `!NAME!`: the value of this moment.
    fn delayed(&mut self) -> bool {
        match self.closing(b'!') {
            Some(end) => self.value(end, true),
            None => self.mark_until(None),
        }
    }

    /// Begins to read the variable's value, or leaves the text as written.
    fn value(&mut self, end: usize, delayed: bool) -> bool {
        let written = self.text.get(self.cursor.position + 1..end - 1).unwrap_or_default();
        let written = String::from_utf8_lossy(written);
        let (name, change) = match written.split_once(':') {
            Some((name, change)) if !name.is_empty() => (name, Some(change)),
            _ => (&*written, None),
        };
        let key = name.to_lowercase();
        let found = if delayed { self.names.now(&key) } else { self.names.before(&key) };
        let found = match (found, change) {
            (Some((bytes, true)), Some(change)) => modify::apply(&bytes, change).map(|bytes| (bytes.into(), true)),
            (_, Some(_)) => None,
            (found, None) => found,
        };
        self.begin(found, end, delayed)
    }

    /// Begins to read a value written up to `end`; without one the text stands for something unknown.
    fn begin(&mut self, value: Option<(Rc<[Byte]>, bool)>, end: usize, inert: bool) -> bool {
        let fits = |bytes: &[Byte]| self.cursor.expanded + bytes.len() <= MAX_VALUE;
        let Some((bytes, exact)) = value.filter(|(bytes, _)| fits(bytes)) else {
            return self.mark_until(Some(end));
        };
        self.cursor.expanded += bytes.len();
        let (from, till) = (self.cursor.position as u32, end as u32);
        self.cursor.expansion = Some(Expansion { bytes, next: 0, exact, inert, from, till });
        self.cursor.position = end;
        true
    }

    /// `%1`, `%*`: an argument of the called label; those of the script are not known.
    fn argument(&mut self, sign: u8, end: usize, unquoted: bool) -> bool {
        let value = self.names.argument(sign, unquoted);
        self.begin(value.map(|bytes| (bytes, true)), end, false)
    }

    /// `%~1` without its quotes; further modifiers need the file system.
    fn modified_argument(&mut self) -> bool {
        let at = self.cursor.position;
        match (self.argument_end(), self.text.get(at + 2)) {
            (Some(end), Some(sign @ b'1'..=b'9')) => self.argument(*sign, end, true),
            (end, _) => self.mark_until(end),
        }
    }

    /// `%%i`, `%%~i` of a loop whose items are known.
    fn loop_variable(&mut self) -> bool {
        let after = self.cursor.position + 2;
        let rest = self.text.get(after..).unwrap_or_default();
        let (sign, length, unquoted) = match rest {
            [b'~', letter, next @ ..]
                if !b"fdpnxsatz$".contains(&letter.to_ascii_lowercase()) || letters(next) == 0 =>
            {
                (*letter, 2, true)
            }
            [letter, ..] if *letter != b'~' => (*letter, 1, false),
            _ => return self.mark_until(self.loop_variable_end()),
        };
        match self.names.item(sign, unquoted) {
            Some(bytes) => self.begin(Some((bytes, true)), after + length, true),
            None => self.mark_until(self.loop_variable_end()),
        }
    }

    /// One past the next `sign` on this line.
    fn closing(&self, sign: u8) -> Option<usize> {
        let rest = self.text.get(self.cursor.position + 1..)?;
        let found = memchr::memchr2(sign, b'\n', rest)?;
        (rest.get(found) == Some(&sign)).then_some(self.cursor.position + found + 2)
    }

    /// End of `%%i`, `%%~nxi` inside a `for`.
    fn loop_variable_end(&self) -> Option<usize> {
        let after = self.cursor.position + 2;
        let length = match self.text.get(after)? {
            b'~' => 1 + letters(self.text.get(after + 1..)?),
            byte if byte.is_ascii_graphic() => 1,
            _ => 0,
        };
        Some(after + length)
    }

    /// End of `%~dp0`, `%~1`.
    fn argument_end(&self) -> Option<usize> {
        let after = self.cursor.position + 2;
        let digit = after + letters(self.text.get(after..)?);
        self.text.get(digit).filter(|byte| byte.is_ascii_digit() || **byte == b'*').map(|_| digit + 1)
    }

    fn mark_until(&mut self, end: Option<usize>) -> bool {
        self.cursor.unknown_until = end.unwrap_or(self.cursor.unknown_until);
        false
    }
}

fn letters(bytes: &[u8]) -> usize {
    bytes.iter().take(16).take_while(|byte| byte.is_ascii_alphabetic()).count()
}
