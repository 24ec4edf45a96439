//! Simple commands: what is collected, which built-ins matter, which wrappers are taken off.

use std::rc::Rc;

use super::super::script::{Assign, Command, Step, Word, base_name};
use super::super::traced::{Byte, text_of};
use super::words::{Argument, split};
use super::{Pending, Reader, arithmetic, set};
use crate::span::Span;

/// Options of `start` that take a value of their own.
const START_VALUES: [&str; 3] = ["/d", "/node", "/affinity"];

impl Reader<'_> {
    /// Reads the rest of a command and records it.
    pub(super) fn simple(&mut self, mut bytes: Vec<Byte>) {
        let start = bytes.first().map_or(self.lexer.offset(), |byte| byte.from);
        let mut end = bytes.last().map_or(start, |byte| byte.till);
        while let Some(byte) = self.lexer.peek() {
            if self.ends_command(byte) {
                break;
            }
            end = if byte.is_blank() { end } else { byte.till };
            if byte.is_live(b'<') || byte.is_live(b'>') {
                end = self.redirect(&mut bytes).max(end);
                continue;
            }
            bytes.push(byte);
            self.lexer.next();
        }
        self.command(&bytes, Span::new(start.min(end), end), false);
    }

    fn ends_command(&self, byte: Byte) -> bool {
        byte.live && (matches!(byte.value, b'\n' | b'&' | b'|') || (byte.value == b')' && self.levels.len() > 1))
    }

    /// Takes a redirection out of the command and returns its end.
    fn redirect(&mut self, bytes: &mut Vec<Byte>) -> u32 {
        drop_handle(bytes);
        let mut end = 0;
        while let Some(byte) = self.lexer.peek().filter(|byte| byte.live && b"<>&".contains(&byte.value)) {
            (end, _) = (byte.till, self.lexer.next());
        }
        super::skip_separators(&mut self.lexer, b" \t");
        while let Some(byte) = self.lexer.peek() {
            let ends = byte.live && (byte.is_blank() || b"&|<>\n".contains(&byte.value));
            if ends || self.ends_command(byte) {
                break;
            }
            (end, _) = (byte.till, self.lexer.next());
        }
        end
    }

    /// Records one command from its bytes. `inner`: it is the text of a `cmd /c`.
    fn command(&mut self, bytes: &[Byte], span: Span, inner: bool) {
        if !self.alive() {
            return;
        }
        let (name, rest) = builtin(bytes);
        let conditional = self.conditional();
        match name.as_str() {
            "set" => return self.assign(bytes, span),
            "goto" => {
                let target = text_of(rest);
                let known = !rest.iter().any(|byte| byte.unknown);
                return self.flow.goto(known.then_some(target.as_str()), span.start as usize, conditional);
            }
            "exit" => {
                self.record(split(bytes), 0, span);
                let back = text_of(rest).trim_start().get(..2).is_some_and(|option| option.eq_ignore_ascii_case("/b"));
                return if back { self.flow.exit(conditional) } else { self.flow.end(conditional) };
            }
            "setlocal" => self.set_local(&text_of(rest).to_ascii_lowercase()),
            "endlocal" => self.end_local(),
            "shift" => self.shift(rest),
            "call" => return self.call(bytes, rest, span, inner),
            _ => {}
        }
        self.program(bytes, span, inner);
    }

    /// `call :label`, `call set`, `call program`.
    fn call(&mut self, bytes: &[Byte], rest: &[Byte], span: Span, inner: bool) {
        let blank = rest.iter().take_while(|byte| byte.is_blank()).count();
        let target = &rest[blank..];
        if builtin(target).0 == "set" {
            // It is expanded a second time, which is not followed.
            let changes = target.iter().any(|byte| matches!(byte.value, b'%' | b'^' | b'!'));
            let doubt = |byte: &Byte| Byte { unknown: byte.unknown || changes, ..*byte };
            let equals = target.iter().position(|byte| byte.value == b'=').unwrap_or(target.len());
            let (name, value) = target.split_at(equals);
            let target: Vec<Byte> = name.iter().copied().chain(value.iter().map(doubt)).collect();
            return self.assign(&target, span);
        }
        self.program(bytes, span, inner);
        if target.first().is_some_and(|byte| byte.value == b':') {
            self.subroutine(&target[1..], span);
        }
    }

    fn assign(&mut self, bytes: &[Byte], span: Span) {
        if let Some(expression) = set::expression(bytes) {
            return self.compute(expression, bytes, span);
        }
        let Some(found) = set::read(bytes, self.certain()) else {
            return self.record(split(bytes), 0, span);
        };
        self.keep(&found.assign, found.value.map(Rc::from));
        self.push(Step::Assign(found.assign));
    }

    /// Remembers a value for the statements to come.
    fn keep(&mut self, assign: &Assign, bytes: Option<Rc<[Byte]>>) {
        if !assign.name.known || !self.alive() {
            return;
        }
        let path = if self.conditional() { Some(u32::MAX) } else { Some(self.flow.path) };
        let name = set::key(&assign.name.text);
        self.lexer.names.set(name.clone(), bytes.clone());
        self.pending.push(Pending::Set { name, bytes, path: path.filter(|_| !assign.certain) });
    }

    /// `set /a`: one assignment for each variable that the expression sets.
    fn compute(&mut self, expression: &[Byte], bytes: &[Byte], span: Span) {
        let names = &mut self.lexer.names;
        let mut lookup = |name: &str| {
            let (value, exact) = names.now(&set::key(name))?;
            (exact && value.iter().all(|byte| !byte.unknown)).then(|| text_of(&value))
        };
        let Some(computed) = arithmetic::compute(expression, &mut lookup) else {
            return self.refused(bytes, span);
        };
        if computed.is_empty() {
            return self.record(split(bytes), 0, span);
        }
        for one in computed {
            let (assign, value) = set::computed(expression, &one, span, self.certain());
            self.keep(&assign, value.map(Rc::from));
            self.push(Step::Assign(assign));
        }
    }

    /// What is no expression: its variable is not known.
    fn refused(&mut self, bytes: &[Byte], span: Span) {
        match set::read(bytes, self.certain()) {
            Some(found) => {
                self.keep(&found.assign, None);
                self.push(Step::Assign(found.assign));
            }
            None => self.record(split(bytes), 0, span),
        }
    }

    /// A program (or a built-in of no interest) behind its wrappers.
    fn program(&mut self, bytes: &[Byte], span: Span, inner: bool) {
        let arguments = split(bytes);
        let first = skip_wrappers(&arguments);
        if let Some(text) = inner_command(arguments.get(first..).unwrap_or_default()).filter(|_| !inner) {
            for part in commands_of(bytes.get(text..).unwrap_or_default()) {
                let place = part.first().zip(part.last()).map_or(span, |(a, b)| Span::new(a.from, b.till.max(a.from)));
                self.command(&part, place, true);
            }
            return;
        }
        self.record(arguments, first, span);
    }

    fn record(&mut self, arguments: Vec<Argument>, first: usize, span: Span) {
        let words: Vec<Word> = arguments.into_iter().skip(first).map(|argument| argument.word).collect();
        if !words.is_empty() {
            let certain = self.certain();
            self.push(Step::Command(Command { env: Vec::new(), words, span, certain }));
        }
    }
}

/// The built-in that a command names (also in `goto:eof`, `exit/b`) and what follows it.
fn builtin(bytes: &[Byte]) -> (String, &[Byte]) {
    let length = bytes.iter().take(9).take_while(|byte| byte.value.is_ascii_alphabetic()).count();
    let ends = bytes.get(length).is_none_or(|byte| byte.is_blank() || b"/:,;=\"".contains(&byte.value));
    if !ends {
        return (String::new(), &[]);
    }
    (text_of(&bytes[..length]).to_ascii_lowercase(), &bytes[length..])
}

/// The digit of `2>` belongs to the redirection when it stands alone.
fn drop_handle(bytes: &mut Vec<Byte>) {
    if let [before @ .., last] = bytes.as_slice()
        && last.live
        && last.value.is_ascii_digit()
        && before.last().is_none_or(|byte| byte.is_blank())
    {
        bytes.pop();
    }
}

/// Index of the program behind `call`, `start "title" /wait` and the like.
fn skip_wrappers(arguments: &[Argument]) -> usize {
    let mut index = 0;
    while let Some(argument) = arguments.get(index).filter(|argument| !argument.quoted) {
        match argument.word.text.to_ascii_lowercase().as_str() {
            "call" => index += 1,
            "start" => index = skip_start(arguments, index + 1),
            _ => break,
        }
    }
    index
}

/// The first word in quotes is the title, wherever it stands among the options.
fn skip_start(arguments: &[Argument], mut index: usize) -> usize {
    let mut titled = false;
    while let Some(argument) = arguments.get(index) {
        let option = argument.word.text.to_ascii_lowercase();
        index += match () {
            () if argument.quoted && !titled => {
                titled = true;
                1
            }
            () if !option.starts_with('/') => break,
            () if START_VALUES.contains(&option.as_str()) => 2,
            () => 1,
        };
    }
    index
}

/// For `cmd /c TEXT`: where TEXT begins in the command's bytes.
fn inner_command(arguments: &[Argument]) -> Option<usize> {
    let program = base_name(&arguments.first()?.word.text).to_ascii_lowercase();
    if !matches!(program.as_str(), "cmd" | "cmd.exe" | "%comspec%") {
        return None;
    }
    let options = arguments.get(1..)?;
    let last = options.iter().position(|option| matches!(option.word.text.as_str(), "/c" | "/C" | "/k" | "/K"))?;
    let only_options = options[..last].iter().all(|option| option.word.text.starts_with('/'));
    options.get(last + 1).filter(|_| only_options).map(|argument| argument.start)
}

/// As [`drop_handle`], in a text that is read anew.
fn drop_number(bytes: &mut Vec<Byte>) {
    if let [before @ .., last] = bytes.as_slice()
        && last.value.is_ascii_digit()
        && before.last().is_none_or(|byte| byte.is_blank())
    {
        bytes.pop();
    }
}

/// Skips `> file`, `>> file` and `>&1` behind their first sign.
fn skip_target(rest: &mut std::iter::Peekable<impl Iterator<Item = Byte>>) {
    while rest.next_if(|byte| matches!(byte.value, b'<' | b'>' | b'&')).is_some() {}
    while rest.next_if(|byte| byte.is_blank()).is_some() {}
    let mut quoted = false;
    while let Some(byte) = rest.peek() {
        if !quoted && !byte.unknown && (byte.is_blank() || b"&|<>".contains(&byte.value)) {
            return;
        }
        quoted ^= byte.value == b'"' && !byte.unknown;
        rest.next();
    }
}

/// The commands of `cmd /c "a && b"`, its outer quotes taken off.
fn commands_of(bytes: &[Byte]) -> Vec<Vec<Byte>> {
    let end = bytes.iter().rposition(|byte| byte.value == b'"');
    let inner = match (bytes.first(), end) {
        (Some(first), Some(last)) if first.value == b'"' && last > 0 => &bytes[1..last],
        _ => bytes,
    };
    let (mut quoted, mut commands) = (false, vec![Vec::new()]);
    let mut rest = inner.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        quoted ^= byte.value == b'"' && !byte.unknown;
        if matches!(byte.value, b'<' | b'>') && !quoted && !byte.unknown {
            commands.last_mut().into_iter().for_each(drop_number);
            skip_target(&mut rest);
        } else if matches!(byte.value, b'&' | b'|') && !quoted && !byte.unknown {
            commands.push(Vec::new());
        } else if let Some(last) = commands.last_mut()
            && !(last.is_empty() && byte.is_blank())
        {
            last.push(byte);
        }
    }
    commands
}
