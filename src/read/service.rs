//! systemd units: what a service starts, and in which environment.
//!
//! Followed: `Environment=`, `ExecStart=` with its prefixes and variables, continuation lines, and of the
//! rest what limits the process. An empty assignment resets a list, as in systemd. Specifiers (`%h`) stay as written, unknown.

use super::piece::{self, trim, written};
use super::script::{Assign, Container, Dialect, Script, Step, Word};
use super::traced::{Byte, MAX_VALUE, Variables, text_of, word_of};
use crate::span::Span;

/// Reads a unit.
pub fn read(text: &str) -> Script {
    let mut unit = Unit::default();
    for (line, span) in lines(text) {
        unit.line(&line, span);
    }
    unit.finish()
}

#[derive(Default)]
struct Unit {
    in_service: bool,
    assigns: Vec<Assign>,
    starts: Vec<(Vec<Byte>, Span)>,
    container: Container,
}

impl Unit {
    fn line(&mut self, line: &[Byte], span: Span) {
        if line.first().is_some_and(|first| first.value == b'[') {
            self.in_service = text_of(line) == "[Service]";
            self.container.span = if self.in_service { span } else { self.container.span };
            return;
        }
        let Some(equals) = line.iter().position(|byte| byte.value == b'=').filter(|_| self.in_service) else { return };
        let value = trim(&line[equals + 1..]);
        self.entry(&text_of(trim(&line[..equals])), value, span);
    }

    fn entry(&mut self, name: &str, value: &[Byte], span: Span) {
        let word = || Some(specified(value, span.end)).filter(|word| !word.text.is_empty());
        match name {
            "Environment" if value.is_empty() => self.assigns.clear(),
            "Environment" => self.assigns.extend(piece::split(value).iter().filter_map(|part| assign(part))),
            "EnvironmentFile" => self.container.env_files.extend(word()),
            "ExecStart" if value.is_empty() => self.starts.clear(),
            "ExecStart" => self.starts.push((value.to_vec(), span)),
            "WorkingDirectory" => self.container.folder = word(),
            "User" => self.container.user = word(),
            "MemoryMax" => self.container.memory = word(),
            _ => {}
        }
    }

    fn finish(self) -> Script {
        let mut script = Script::new(Dialect::Service);
        let mut variables = Variables::default();
        for assign in &self.assigns {
            let unknown = !assign.value.known;
            let bytes = assign.value.text.bytes().zip(&assign.value.at);
            let bytes: Vec<Byte> =
                bytes.map(|(value, &at)| Byte { unknown, ..Byte::written(value, at as usize) }).collect();
            variables.set(assign.name.text.clone(), &bytes, None);
        }
        script.steps.extend(self.assigns.into_iter().map(Step::Assign));
        for (line, span) in self.starts {
            script.steps.extend(piece::exec(&command(&line, &mut variables), span));
        }
        if !script.steps.is_empty() {
            script.containers.push(self.container);
        }
        script
    }
}

/// Logical lines without comments, each with its place.
fn lines(text: &str) -> Vec<(Vec<Byte>, Span)> {
    let (mut found, mut open, mut start) = (Vec::new(), Vec::new(), 0);
    for line in text.split_inclusive('\n') {
        let (from, end) = (start, start + line.trim_end().len());
        start += line.len();
        if line.trim_start().starts_with(['#', ';']) {
            continue;
        }
        let continued = text.as_bytes()[from..end].last() == Some(&b'\\');
        open.extend(written(text, from, end - usize::from(continued)));
        if continued {
            open.push(Byte::written(b' ', end - 1));
            continue;
        }
        found.extend(placed(&std::mem::take(&mut open)));
    }
    found.extend(placed(&open));
    found
}

fn placed(line: &[Byte]) -> Option<(Vec<Byte>, Span)> {
    let line = trim(line);
    Some((line.to_vec(), Span::new(line.first()?.at, line.last()?.till)))
}

/// A word with its specifiers (`%h`) marked; `%%` is a percent sign.
fn specifiers(bytes: &[Byte]) -> Vec<Byte> {
    let (mut found, mut index) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(&byte) = bytes.get(index) {
        index += 1;
        match bytes.get(index).filter(|_| byte.value == b'%') {
            Some(next) if next.value == b'%' => index += 1,
            Some(&next) if next.value.is_ascii_alphabetic() => {
                found.push(Byte { unknown: true, ..byte });
                found.push(Byte { unknown: true, ..next });
                index += 1;
                continue;
            }
            _ => {}
        }
        found.push(byte);
    }
    found
}

fn specified(bytes: &[Byte], empty_at: u32) -> Word {
    word_of(&specifiers(bytes), empty_at)
}

fn assign(part: &[Byte]) -> Option<Assign> {
    let equals = part.iter().position(|byte| byte.value == b'=').filter(|&at| at > 0)?;
    let end = part.last()?.till;
    let name = word_of(&part[..equals], 0);
    let value = specified(&part[equals + 1..], end);
    let span = Span::new(name.span.start, end);
    Some(Assign { name, value, span, certain: true, exported: true, quoted: false })
}

/// The arguments of `ExecStart=`: prefixes go, `$X` alone is split into words, `${X}` is put in as it is.
fn command(line: &[Byte], variables: &mut Variables) -> Vec<Vec<Byte>> {
    let prefix = line.iter().take_while(|byte| b"-@:+!|".contains(&byte.value)).count();
    let mut words = Vec::new();
    let mut expanded = 0;
    for word in piece::split(&line[prefix..]) {
        let whole = match word.as_slice() {
            [dollar, name @ ..] if dollar.value == b'$' && is_name(name) => value(name, variables, &mut expanded),
            _ => None,
        };
        match whole {
            Some(bytes) => words.extend(piece::split(&bytes)),
            None => words.push(specifiers(&braces(&word, variables, &mut expanded))),
        }
    }
    words
}

/// `${X}` inside a word; a variable that the unit does not set stays as written.
fn braces(word: &[Byte], variables: &mut Variables, expanded: &mut usize) -> Vec<Byte> {
    let (mut found, mut index) = (Vec::with_capacity(word.len()), 0);
    while let Some(&byte) = word.get(index) {
        let next = word.get(index + 1).map_or(0, |next| next.value);
        if byte.value != b'$' {
            found.push(byte);
            index += 1;
        } else if next == b'$' {
            found.push(byte);
            index += 2;
        } else {
            let (name, end) = name_at(word, index + 1);
            let known = value(name, variables, expanded).filter(|_| next == b'{');
            let written = word[index..end].iter().map(|&byte| Byte { unknown: true, ..byte });
            found.extend(known.unwrap_or_else(|| written.collect()));
            index = end;
        }
    }
    found
}

/// The name behind a dollar sign, and the index behind it.
fn name_at(word: &[Byte], start: usize) -> (&[Byte], usize) {
    let braced = word.get(start).is_some_and(|byte| byte.value == b'{');
    let from = start + usize::from(braced);
    let length = word.get(from..).unwrap_or_default().iter().take_while(|byte| is_letter(byte)).count();
    let closed = braced && word.get(from + length).is_some_and(|byte| byte.value == b'}');
    (word.get(from..from + length).unwrap_or_default(), from + length + usize::from(closed))
}

fn value(name: &[Byte], variables: &mut Variables, expanded: &mut usize) -> Option<Vec<Byte>> {
    let (bytes, _) = variables.get(&text_of(name), |_| true)?;
    *expanded += bytes.len();
    (*expanded <= MAX_VALUE).then(|| bytes.to_vec())
}

fn is_name(bytes: &[Byte]) -> bool {
    !bytes.is_empty() && bytes.iter().all(is_letter)
}

fn is_letter(byte: &Byte) -> bool {
    byte.value.is_ascii_alphanumeric() || byte.value == b'_'
}
