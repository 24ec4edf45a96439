//! Commands: bare words, strings, variables and splatted lists as arguments.

use super::Reader;
use super::scan::{continuation, here, line_end, skip};
use crate::read::value::{Text, Value};

/// One argument: several texts when it is a list.
pub(super) type Argument = Vec<Text>;

impl Reader<'_> {
    /// A command with its arguments, up to the end of the statement, a pipe or a block.
    pub(super) fn command(&mut self) {
        let start = self.at;
        if self.call_operator() {
            return;
        }
        let mut arguments: Vec<Argument> = Vec::new();
        let mut end = self.at;
        let mut joins = false;
        loop {
            self.blanks();
            match self.rest() {
                [] | [b'\n' | b';' | b'|' | b'&' | b')' | b'}' | b'{', ..] => break,
                [b',', ..] => {
                    (joins, self.at) = (true, self.at + 1);
                    self.space();
                    continue;
                }
                [b'<' | b'>', ..] | [b'0'..=b'9' | b'*', b'>', ..] => self.redirection(),
                [b'-', b'-', b'%', ..] => self.verbatim(&mut arguments),
                [b'@', next, ..] if next.is_ascii_alphabetic() => self.splat(&mut arguments),
                _ => {
                    let argument = self.argument();
                    match arguments.last_mut().filter(|_| std::mem::take(&mut joins)) {
                        Some(last) => last.extend(argument),
                        None => arguments.push(argument),
                    }
                }
            }
            end = self.at;
        }
        self.at += usize::from(self.rest().starts_with(b"&"));
        let pattern = self.peek() == Some(b'{') && self.blocks.last().is_some_and(|block| block.patterns.is_some());
        if !arguments.is_empty() && !pattern {
            self.finish_command(arguments, self.span(start, end));
        }
    }

    /// Takes `&` and the dot that runs a script here. True when a block follows, which every run takes.
    fn call_operator(&mut self) -> bool {
        let called = match self.rest() {
            [b'&', ..] => true,
            [b'.', next, ..] => next.is_ascii_whitespace() || b"\"'${(".contains(next),
            _ => false,
        };
        if called {
            self.at += 1;
            self.blanks();
            if self.peek() == Some(b'{') {
                self.open(false, None);
                return true;
            }
        }
        false
    }

    /// `> file`, `2>&1`.
    fn redirection(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_digit() || b"<>*&".contains(&byte)) {
            let merged = self.peek() == Some(b'&');
            self.at += 1;
            if merged {
                self.at += usize::from(self.peek().is_some_and(|byte| byte.is_ascii_digit()));
                return;
            }
        }
        self.blanks();
        if !matches!(self.peek(), None | Some(b'\n' | b';' | b'|' | b')' | b'}' | b'{')) {
            self.argument();
        }
    }

    /// Behind `--%` everything goes to the program as it stands.
    fn verbatim(&mut self, arguments: &mut Vec<Argument>) {
        self.at += 3;
        let line = line_end(self.bytes, self.at);
        let end = memchr::memchr(b'|', &self.bytes[self.at..line]).map_or(line, |found| self.at + found);
        while self.at < end {
            if self.bytes[self.at].is_ascii_whitespace() {
                self.at += 1;
                continue;
            }
            let (start, mut quoted) = (self.at, false);
            let mut text = Text::empty(self.span(start, start));
            while self.at < end && (quoted || !self.bytes[self.at].is_ascii_whitespace()) {
                let next =
                    self.at + 1 + self.bytes[self.at + 1..].iter().take_while(|byte| **byte & 0xc0 == 0x80).count();
                if self.bytes[self.at] == b'"' {
                    quoted = !quoted;
                } else {
                    text.push_written(self.text, self.span(self.at, next), self.bytes[self.at] == b'%');
                }
                self.at = next;
            }
            text.place = self.span(start, self.at);
            arguments.push(vec![text]);
        }
    }

    /// `@name`: each element is an argument.
    fn splat(&mut self, arguments: &mut Vec<Argument>) {
        let start = self.at;
        self.at += 1;
        while self.peek().is_some_and(super::scan::is_letter) {
            self.at += 1;
        }
        let key = self.text[start + 1..self.at].to_lowercase();
        let value = self.variable(&key, self.span(start, self.at));
        arguments.extend(value.items.into_iter().map(|item| vec![item]));
    }

    /// One argument; the place moves on in any case.
    fn argument(&mut self) -> Argument {
        let start = self.at;
        match self.rest() {
            [b'"' | b'\'', ..] => return vec![self.string()],
            [b'@', b'"' | b'\'', ..] if here(self.bytes, start).is_some() => return vec![self.string()],
            [b'$' | b'(', ..] | [b'@', b'(' | b'{', ..] => {
                if let Some(Value { items, .. }) = self.whole_operand() {
                    return items;
                }
                self.at = start;
            }
            _ => {}
        }
        let text = self.bare();
        if self.at == start {
            self.at += 1;
        }
        vec![text]
    }

    /// A variable or bracket that is the whole argument.
    fn whole_operand(&mut self) -> Option<Value> {
        let bracket = self.peek() != Some(b'$');
        let value = self.operand(1)?;
        let ends = matches!(
            self.peek(),
            None | Some(b' ' | b'\t' | b'\r' | b'\n' | b';' | b'|' | b'&' | b')' | b'}' | b'{' | b',' | b'>')
        );
        (ends || bracket).then_some(value)
    }

    /// A bare word: variables, quotes and escapes inside it count.
    fn bare(&mut self) -> Text {
        let start = self.at;
        let option = self.peek() == Some(b'-');
        let mut text = Text::empty(self.span(start, start));
        while let Some(byte) = self.peek() {
            if continuation(self.bytes, self.at).is_some() {
                break;
            }
            self.at = match byte {
                b'`' => self.escape(&mut text, self.at),
                b'$' => self.reference(&mut text, self.at),
                b'"' | b'\'' => {
                    let inner = self.string();
                    text.bytes.extend(inner.bytes);
                    self.at
                }
                b'(' if self.at > start && option => {
                    let end = skip(self.bytes, self.at);
                    text.push_written(self.text, self.span(self.at, end), true);
                    end
                }
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'|' | b'&' | b'(' | b')' | b'{' | b'}' | b'<' | b'>' => break,
                b',' if !option => break,
                _ => {
                    let plain =
                        self.rest()[1..].iter().take_while(|next| !b" \t\r\n;|&(){}<>,`$\"'".contains(next)).count();
                    let end = self.at + 1 + plain;
                    text.push_written(self.text, self.span(self.at, end), false);
                    end
                }
            };
        }
        text.place = self.span(start, self.at);
        text
    }
}
