//! Statements: keywords, blocks, assignments; everything else is a command.

use super::scan::{is_letter, skip};
use super::{Reader, scan};
use crate::read::route::Branch;
use crate::read::script::Word;
use crate::read::value::{Text, Value};
use crate::span::Span;

/// The one method that sets a variable of the process.
const SETTERS: [&str; 2] = ["[environment]::setenvironmentvariable(", "[system.environment]::setenvironmentvariable("];

impl Reader<'_> {
    /// Reads one statement, or a sign between statements.
    pub(super) fn statement(&mut self) {
        self.space();
        let Some(byte) = self.peek() else { return };
        let before = self.at;
        match byte {
            b'}' => self.close(),
            b'{' => self.block(),
            b';' | b'|' | b')' | b',' => self.at += 1,
            b'$' => self.dollar(),
            b'[' => self.bracket(),
            b'"' | b'\'' | b'(' => self.skip_rest(),
            b'@' if matches!(self.bytes.get(self.at + 1), Some(b'(' | b'{' | b'"' | b'\'')) => self.skip_rest(),
            _ if self.keyword() => {}
            _ => self.command(),
        }
        if byte != b'{' {
            self.pattern = before;
        }
        // Whatever was met, the reader goes on.
        self.at = self.at.max(before + 1);
        while !self.text.is_char_boundary(self.at.min(self.text.len())) {
            self.at += 1;
        }
    }

    /// `$x = ...`, `$x += ...`, `$x.Add(...)`; any other expression is skipped.
    fn dollar(&mut self) {
        let start = self.at;
        let Some(found) = self.name_at(start) else { return self.skip_rest() };
        self.at = found.end;
        if self.peek() == Some(b'.') {
            return self.method(&found.key);
        }
        self.blanks();
        let (append, length) = match self.rest() {
            [b'=', ..] => (false, 1),
            [b'+', b'=', ..] => (true, 2),
            [b'-' | b'*' | b'/' | b'%' | b'?', b'=', ..] => {
                self.names.forget(&found.key);
                return self.skip_rest();
            }
            _ => return self.skip_rest(),
        };
        self.at += length;
        self.space();
        let environment = found.environment();
        if found.outer {
            self.names.share(&found.key);
        }
        let name = Word::plain(&self.text[found.name.range()], found.name.start);
        if let Some(path) = self.joined_path().filter(|_| !append) {
            let span = self.since(start);
            return self.assign(name, path, span, environment);
        }
        if self.is_command() {
            // What a command gives back is not known; the command itself is read next.
            return self.names.forget(&found.key);
        }
        let value = self.value_to_end();
        let span = self.since(start);
        if append {
            self.names.localize(&found.key);
        }
        if append && self.names.extend(&found.key, value.items.clone()) {
            // Only what was added is uncertain here, so the list is not set anew.
            let whole = self.variable(&found.key, span).joined(span).word();
            return self.push_assign(name, whole, span, environment);
        }
        let value = if append { self.appended(&found.key, value, span) } else { value };
        let value = if environment { Value::text(value.joined(span)) } else { value };
        self.assign(name, value, span, environment);
    }

    /// True at the start of a command or statement that stands for a value.
    fn is_command(&self) -> bool {
        match self.rest() {
            [b'.', next, ..] => !next.is_ascii_digit(),
            [b'&' | b'\\' | b'{', ..] => true,
            [first, ..] => first.is_ascii_alphabetic(),
            [] => true,
        }
    }

    /// The value up to the end of the statement; unknown when it is more than wanlint follows.
    pub(super) fn value_to_end(&mut self) -> Value {
        let start = self.at;
        if let Some(value) = self.expression(0) {
            let end = self.at;
            self.blanks();
            if matches!(self.peek(), None | Some(b'\n' | b';' | b'}' | b')')) {
                self.at = end;
                return value;
            }
        }
        self.skip_rest();
        Value::text(Text::unknown(self.text, self.since(start)))
    }

    fn appended(&mut self, key: &str, value: Value, span: crate::span::Span) -> Value {
        match self.names.get(key) {
            Some(old) => old.plus(value, span),
            None => Value::text(value.joined(span).doubted()),
        }
    }

    /// `$list.Add("x")`.
    fn method(&mut self, key: &str) {
        let rest = &self.text.as_bytes()[self.at..];
        let lower: Vec<u8> = rest.iter().take(10).map(u8::to_ascii_lowercase).collect();
        let open = [&b".add("[..], b".addrange("].into_iter().find(|name| lower.starts_with(name));
        if let Some(name) = open {
            self.at += name.len();
            if let Some(value) = self.expression(1) {
                self.names.extend(key, value.items);
            } else {
                self.names.forget(key);
            }
        }
        self.skip_rest();
    }

    /// `[Environment]::SetEnvironmentVariable("X", "1")`; a cast in front of anything else is skipped.
    fn bracket(&mut self) {
        let start = self.at;
        let head: String = self.rest().iter().take(50).map(|byte| byte.to_ascii_lowercase() as char).collect();
        let Some(setter) = SETTERS.into_iter().find(|setter| head.starts_with(setter)) else {
            self.at = skip(self.bytes, self.at);
            self.blanks();
            return if self.peek() == Some(b'$') { self.dollar() } else { self.skip_rest() };
        };
        self.at += setter.len();
        let value = self.expression(1).unwrap_or_default();
        self.blanks();
        self.at += usize::from(self.peek() == Some(b')'));
        let span = self.since(start);
        let process = value.items.get(2).is_none_or(|target| target.letters().to_lowercase().ends_with("process"));
        if let [name, value, ..] = value.items.as_slice()
            && name.known()
        {
            let (name, value) = (name.word(), Value::text(value.clone()));
            if process {
                self.assign(name, value, span, true);
            } else {
                self.push_assign(name, value.joined(span).word(), span, false);
            }
        }
        self.skip_rest();
    }

    /// Reads a keyword with what belongs to it up to its block. False when there is none.
    fn keyword(&mut self) -> bool {
        let length = self.rest().iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let word = self.text[self.at..self.at + length].to_ascii_lowercase();
        let next = self.bytes.get(self.at + length).copied();
        if next.is_some_and(|next| is_letter(next) || b"-.\\/:=".contains(&next)) {
            return false;
        }
        match word.as_str() {
            "if" | "elseif" | "else" => self.asked(&word),
            "for" | "foreach" | "while" | "until" | "catch" | "trap" | "class" | "enum" | "workflow" => {
                self.guarded(length, true, false)
            }
            "switch" => self.guarded(length, !self.route.decided(), true),
            "try" | "finally" | "do" | "begin" | "process" | "end" => self.guarded(length, false, false),
            "function" | "filter" => self.function(length),
            "param" => self.parameters(length),
            "return" | "throw" | "default" => self.at += length,
            "using" | "break" | "continue" => self.at = scan::line_end(self.bytes, self.at),
            _ => return false,
        }
        true
    }

    /// An `if` with its condition, up to its block.
    fn asked(&mut self, word: &str) {
        let start = self.at;
        let fork = self.before.take().filter(|_| word != "if").unwrap_or(start as u32);
        self.at += word.len();
        self.space();
        let condition = self.at;
        if self.peek() == Some(b'(') {
            self.at = skip(self.bytes, self.at);
        }
        let at = self.since(condition);
        self.space();
        if self.peek() != Some(b'{') {
            return;
        }
        let written = self.text.get(at.range()).unwrap_or_default();
        let text = written.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(written);
        let inside = self.inside();
        self.arm(match word {
            "else" => Branch::otherwise(self.span(start, start + word.len()), "", fork, inside),
            _ => Branch::on(at, text, fork, inside),
        });
    }

    /// Everything up to the opening brace is the head: a condition, a name, parameters.
    fn guarded(&mut self, length: usize, conditional: bool, patterns: bool) {
        self.at += length;
        let mut subject = Span::default();
        loop {
            self.space();
            match self.peek() {
                Some(b'{') => return self.open(conditional, patterns.then_some(subject)),
                Some(b'(') => {
                    let start = self.at + 1;
                    self.forget_loop_variable();
                    self.at = skip(self.bytes, self.at);
                    subject = self.span(start, self.at.saturating_sub(1));
                }
                Some(b'[' | b'$' | b'-' | b'"' | b'\'') => self.at = skip(self.bytes, self.at).max(self.at + 1),
                Some(byte) if is_letter(byte) => self.at += 1,
                _ => return,
            }
        }
    }

    fn forget_loop_variable(&mut self) {
        let start =
            self.at + 1 + self.bytes[self.at + 1..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        if let Some(found) = self.name_at(start) {
            self.names.forget(&found.key);
        }
    }

    /// `param([int]$Port = 8188)`.
    fn parameters(&mut self, length: usize) {
        self.at += length;
        self.space();
        if self.peek() == Some(b'(') {
            self.parameter_list();
        }
    }

    /// Parameters of the script may be given by its caller, so their defaults are not known; those of a function are bound.
    pub(super) fn parameter_list(&mut self) {
        self.at += 1;
        loop {
            self.space();
            match self.peek() {
                None => return,
                Some(b')') => {
                    self.at += 1;
                    return;
                }
                Some(b'$') => self.parameter(),
                Some(b'[' | b'(' | b'{' | b'"' | b'\'' | b'@') => self.at = skip(self.bytes, self.at).max(self.at + 1),
                Some(_) => self.at += 1,
            }
        }
    }

    fn parameter(&mut self) {
        let Some(found) = self.name_at(self.at) else {
            self.at += 1;
            return;
        };
        self.at = found.end;
        self.blanks();
        self.names.forget(&found.key);
        let default = if self.peek() == Some(b'=') {
            self.at += 1;
            self.space();
            self.operand(1)
        } else {
            None
        };
        let value = match &mut self.bound {
            Some(bound) => bound.remove(&found.key).map_or(default, |given| given),
            None => default
                .map(|value| Value { items: value.items.into_iter().map(Text::doubted).collect(), list: value.list }),
        };
        if let Some(value) = value {
            self.names.set(&found.key, value);
        }
    }

    /// Skips an expression up to the end of the statement, a pipe or a block.
    pub(super) fn skip_rest(&mut self) {
        loop {
            self.blanks();
            match self.peek() {
                None | Some(b'\n' | b';' | b'|' | b')' | b'}' | b'{') => return,
                Some(b'"' | b'\'' | b'(' | b'[' | b'@' | b'$') => self.at = skip(self.bytes, self.at).max(self.at + 1),
                // A backtick may be the last byte.
                Some(b'`') => self.at = (self.at + 2).min(self.bytes.len()),
                Some(_) => self.at += 1,
            }
        }
    }
}
