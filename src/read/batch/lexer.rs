//! The first two phases of cmd: percent expansion, then carets, quotes and continuation lines - byte by byte.

use std::collections::HashSet;
use std::rc::Rc;

use super::super::traced::{Byte, MAX_VALUE, Variables};

/// A variable's value that is being read in place of `%NAME%`.
struct Expansion {
    bytes: Rc<[Byte]>,
    next: usize,
    exact: bool,
    /// Delayed expansion comes after carets, quotes and operators were understood: its bytes mean nothing to cmd.
    inert: bool,
    from: u32,
    till: u32,
}

/// Reads a text as cmd does. Variables are looked up while reading, so they must be those from before the statement.
pub(super) struct Lexer<'a> {
    text: &'a [u8],
    position: usize,
    /// Bytes before this offset stand for something unknown.
    unknown_until: usize,
    expansion: Option<Expansion>,
    /// Bytes that expansions produced in this statement.
    expanded: usize,
    peeked: Option<Byte>,
    quoted: bool,
    /// Variables of the script.
    pub variables: Variables,
    /// The path that is read now (see [`Variables::get`]).
    pub path: u32,
    /// Inside the body of a `for`, where `%%i` is its variable.
    pub looping: bool,
    /// `!NAME!` is expanded too.
    pub delayed: bool,
    /// Variables that this statement has set: their values count only once it has ended.
    pub stale: HashSet<String>,
}

impl<'a> Lexer<'a> {
    pub fn new(text: &'a str) -> Self {
        let position = if text.starts_with('\u{feff}') { 3 } else { 0 };
        Self {
            text: text.as_bytes(),
            position,
            unknown_until: 0,
            expansion: None,
            expanded: 0,
            peeked: None,
            quoted: false,
            variables: Variables::default(),
            path: 0,
            looping: false,
            delayed: false,
            stale: HashSet::new(),
        }
    }

    /// Offset of the next byte that was not looked at.
    pub fn offset(&self) -> u32 {
        self.peeked.map_or(self.position as u32, |byte| byte.from)
    }

    /// The next byte without taking it.
    pub fn peek(&mut self) -> Option<Byte> {
        if self.peeked.is_none() {
            self.peeked = self.cooked();
        }
        self.peeked
    }

    /// The next byte.
    pub fn next(&mut self) -> Option<Byte> {
        let byte = self.peek();
        self.peeked = None;
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
        (self.peeked, self.expansion, self.quoted) = (None, None, false);
        let rest = self.text.get(self.position..).unwrap_or_default();
        self.position += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    }

    /// The text from an offset to here, as it is written.
    pub fn written(&self, start: usize) -> &'a str {
        self.text.get(start..self.position).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }

    /// A new statement begins: the limit on one statement's expansions starts again.
    pub fn statement(&mut self) {
        self.expanded = 0;
        self.stale.clear();
    }

    /// Phase 2: a byte after carets and quotes were understood.
    fn cooked(&mut self) -> Option<Byte> {
        let mut byte = self.expand()?;
        match byte.value {
            b'\n' => self.quoted = false,
            _ if !byte.live => {}
            b'"' => self.quoted = !self.quoted,
            b'^' if !self.quoted => return self.escaped(),
            _ => byte.live = !self.quoted,
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
            let at = self.position;
            let value = *self.text.get(at)?;
            if at >= self.unknown_until && self.begins_expansion(value) {
                continue;
            }
            self.position += 1;
            if value != b'\r' {
                let unknown = at < self.unknown_until;
                return Some(Byte { live: !unknown, unknown, ..Byte::written(value, at) });
            }
        }
    }

    fn next_of_value(&mut self) -> Option<Byte> {
        let open = self.expansion.as_mut()?;
        let Some(&byte) = open.bytes.get(open.next) else {
            self.expansion = None;
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
        let at = self.position;
        match self.text.get(at + 1) {
            Some(b'%') if self.looping => self.mark_until(self.loop_variable()),
            Some(b'%') => {
                // The second one disappears.
                self.position += 1;
                false
            }
            Some(b'0'..=b'9' | b'*') => self.mark_until(Some(at + 2)),
            Some(b'~') if self.argument_end().is_some() => self.mark_until(self.argument_end()),
            _ => self.named(),
        }
    }

    /// `%NAME%`: its value, or the text as written. A percent sign without a partner disappears, as in cmd.
    fn named(&mut self) -> bool {
        let Some(end) = self.closing(b'%') else {
            self.position += 1;
            return true;
        };
        self.value(end, false)
    }

    /// `!NAME!`: the value of this moment. Inside a loop, and once the statement itself has set it, that is not known.
    fn delayed(&mut self) -> bool {
        match self.closing(b'!') {
            Some(end) if !self.looping && !self.stale.contains(&self.name(end)) => self.value(end, true),
            end => self.mark_until(end),
        }
    }

    /// The name between the signs here and before `end`, as cmd compares it.
    fn name(&self, end: usize) -> String {
        let name = self.text.get(self.position + 1..end - 1).unwrap_or_default();
        String::from_utf8_lossy(name).to_lowercase()
    }

    /// Begins to read the variable's value, or leaves the text as written.
    fn value(&mut self, end: usize, inert: bool) -> bool {
        let path = self.path;
        let value = self.variables.get(&self.name(end), |exact_on| exact_on == path);
        let Some((bytes, exact)) = value.filter(|(bytes, _)| self.expanded + bytes.len() <= MAX_VALUE) else {
            return self.mark_until(Some(end));
        };
        self.expanded += bytes.len();
        let (from, till) = (self.position as u32, end as u32);
        self.expansion = Some(Expansion { bytes, next: 0, exact, inert, from, till });
        self.position = end;
        true
    }

    /// One past the next `sign` on this line.
    fn closing(&self, sign: u8) -> Option<usize> {
        let rest = self.text.get(self.position + 1..)?;
        let found = memchr::memchr2(sign, b'\n', rest)?;
        (rest.get(found) == Some(&sign)).then_some(self.position + found + 2)
    }

    /// End of `%%i`, `%%~nxi` inside a `for`.
    fn loop_variable(&self) -> Option<usize> {
        let after = self.position + 2;
        let length = match self.text.get(after)? {
            b'~' => 1 + letters(self.text.get(after + 1..)?),
            byte if byte.is_ascii_graphic() => 1,
            _ => 0,
        };
        Some(after + length)
    }

    /// End of `%~dp0`, `%~1`.
    fn argument_end(&self) -> Option<usize> {
        let after = self.position + 2;
        let digit = after + letters(self.text.get(after..)?);
        self.text.get(digit).filter(|byte| byte.is_ascii_digit() || **byte == b'*').map(|_| digit + 1)
    }

    fn mark_until(&mut self, end: Option<usize>) -> bool {
        self.unknown_until = end.unwrap_or(self.unknown_until);
        false
    }
}

fn letters(bytes: &[u8]) -> usize {
    bytes.iter().take(16).take_while(|byte| byte.is_ascii_alphabetic()).count()
}
