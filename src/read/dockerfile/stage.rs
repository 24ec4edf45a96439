//! One build stage: its variables, settings and what it starts.

use super::super::script::{Assign, Container, Step, base_name};
use super::super::traced::{Byte, Variables, text_of, word_of};
use super::piece;
use super::plain_words;
use super::words::{Scope, exec_form, words};
use crate::span::Span;

/// `CMD` or `ENTRYPOINT` with the place of the instruction.
#[derive(Clone)]
pub(super) enum Start {
    /// `["python", "main.py"]`.
    Exec(Vec<Vec<Byte>>, Span),
    /// `python main.py`, run by a shell.
    Shell(Vec<Byte>),
}

/// What the instructions of a stage have set so far.
#[derive(Clone, Default)]
pub(super) struct Stage {
    pub name: Option<String>,
    pub variables: Variables,
    pub steps: Vec<Step>,
    pub command: Option<Start>,
    command_inherited: bool,
    entry: Option<Start>,
    /// The program of `SHELL`; empty: `/bin/sh -c`.
    pub shell: Vec<Vec<Byte>>,
    pub container: Container,
}

impl Stage {
    /// What a stage hands on to one that is built from it: all but its name and its `ARG`s.
    pub fn inherited(&self) -> Self {
        let mut stage = self.clone();
        stage.command_inherited = true;
        stage.steps.retain(|step| !matches!(step, Step::Assign(assign) if !assign.exported));
        for step in &self.steps {
            if let Step::Assign(assign) = step
                && !assign.exported
            {
                stage.variables.forget(&assign.name.text);
            }
        }
        stage
    }

    pub fn scope(&mut self, escape: u8) -> Scope<'_> {
        Scope { variables: &mut self.variables, escape }
    }

    /// An `ENTRYPOINT` takes away the `CMD` of the stage below.
    pub fn entry(&mut self, start: Start) {
        self.entry = Some(start);
        if std::mem::take(&mut self.command_inherited) {
            self.command = None;
        }
    }

    /// `ENV A=1 B="x y"` and `ENV A value`. All values are those from before the instruction.
    pub fn env(&mut self, rest: &[Byte], span: Span, escape: u8) {
        let end = rest.iter().position(|byte| byte.is_blank() || byte.value == b'=').unwrap_or(rest.len());
        let old = rest.get(end).is_some_and(|byte| byte.is_blank());
        let pairs: Vec<(Vec<Byte>, Vec<Byte>)> = if old {
            let value = words(piece::trim(&rest[end..]), &mut self.scope(escape), true).pop();
            vec![(rest[..end].to_vec(), value.unwrap_or_default())]
        } else {
            words(rest, &mut self.scope(escape), false).into_iter().filter_map(pair).collect()
        };
        for (name, value) in pairs {
            self.variables.set(text_of(&name), &value, None);
            self.steps.push(Step::Assign(assign(&name, &value, span.end, true)));
        }
    }

    pub fn setting(&mut self, name: &str, rest: &[Byte], escape: u8) {
        let words = plain_words(rest, &mut self.scope(escape));
        match name {
            "USER" => self.container.user = words.into_iter().next(),
            "WORKDIR" => self.container.folder = words.into_iter().next(),
            "EXPOSE" => self.container.ports.extend(words),
            _ => {}
        }
    }

    /// `RUN`, behind its options.
    pub fn run(&self, mut rest: &[Byte], span: Span) -> Vec<Step> {
        while matches!(rest, [first, second, ..] if first.value == b'-' && second.value == b'-') {
            let end = rest.iter().position(|byte| byte.is_blank()).unwrap_or(rest.len());
            rest = piece::trim(&rest[end..]);
        }
        match exec_form(rest) {
            Some(list) => piece::exec(&list, span),
            None if self.posix() => piece::shell(rest),
            None => Vec::new(),
        }
    }

    fn posix(&self) -> bool {
        let shell = |bytes: &Vec<Byte>| base_name(&text_of(bytes)).trim_end_matches(".exe").ends_with("sh");
        self.shell.first().is_none_or(|first| shell(first) && text_of(first) != "pwsh")
    }

    /// What the container runs.
    pub fn starts(&mut self) -> Vec<Step> {
        match (self.entry.take(), self.command.take()) {
            (None, Some(Start::Exec(list, span))) => piece::exec(&list, span),
            (Some(Start::Exec(mut list, span)), command) => {
                match command {
                    Some(Start::Exec(more, _)) => list.extend(more),
                    Some(Start::Shell(text)) => list.extend(behind_shell(text)),
                    None => {}
                }
                piece::exec(&list, span)
            }
            (Some(Start::Shell(text)), _) | (None, Some(Start::Shell(text))) if self.posix() => self.shell_start(&text),
            _ => Vec::new(),
        }
    }

    /// The shell sees the variables of the image: they are set in front of its text and taken out of what comes back.
    fn shell_start(&mut self, text: &[Byte]) -> Vec<Step> {
        let shown = text_of(text);
        let mut bytes = Vec::new();
        let mut before = 0;
        let last = text.last().copied();
        for step in &self.steps {
            let Step::Assign(assign) = step else { continue };
            let name = assign.name.text.as_str();
            let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            let used = shown.contains(&format!("${name}")) || shown.contains(&format!("${{{name}"));
            let fits = assign.exported && assign.value.text.len() <= 4096 && !assign.value.text.contains(['\'', '\0']);
            let Some(at) = last.filter(|_| plain && used && fits && before < 64) else { continue };
            let own = |value: u8| Byte { value, ..at };
            bytes.extend(name.bytes().chain(*b"='").map(own));
            let unknown = !assign.value.known;
            let value = assign.value.text.bytes().zip(&assign.value.at);
            bytes.extend(value.map(|(value, &at)| Byte { unknown, ..Byte::written(value, at as usize) }));
            bytes.extend(b"'\n".map(own));
            before += 1;
        }
        bytes.extend_from_slice(text);
        piece::shell(&bytes).into_iter().skip(before).collect()
    }
}

/// `CMD text` behind an `ENTRYPOINT [...]`: the entry point gets `/bin/sh -c text`.
fn behind_shell(text: Vec<Byte>) -> Vec<Vec<Byte>> {
    let Some(&first) = text.first() else { return Vec::new() };
    let word = |word: &str| word.bytes().map(|value| Byte { value, till: first.from, ..first }).collect();
    vec![word("/bin/sh"), word("-c"), text]
}

/// `ARG X=1` and `ARG X`: what a build may override is not known.
pub(super) fn arg(rest: &[Byte], scope: &mut Scope<'_>) -> Vec<Assign> {
    let mut found = Vec::new();
    for word in words(rest, scope, false) {
        let end = word.last().map_or(0, |byte| byte.till);
        let Some((name, mut value)) = pair(word) else { continue };
        value.iter_mut().for_each(|byte| byte.unknown = true);
        scope.variables.set(text_of(&name), &value, None);
        found.push(assign(&name, &value, end, false));
    }
    found
}

/// Name and value of `X=1`.
fn pair(word: Vec<Byte>) -> Option<(Vec<Byte>, Vec<Byte>)> {
    let equals = word.iter().position(|byte| byte.value == b'=' && !byte.unknown).filter(|&at| at > 0)?;
    Some((word[..equals].to_vec(), word[equals + 1..].to_vec()))
}

fn assign(name: &[Byte], value: &[Byte], end: u32, exported: bool) -> Assign {
    let name = word_of(name, end);
    let last = value.last().filter(|last| last.at >= name.span.start).map(|last| last.till.max(last.at + 1));
    let value = word_of(value, last.unwrap_or(name.span.end));
    let end = value.span.end.max(name.span.end);
    let span = Span::new(name.span.start, if value.span.start >= name.span.start { end } else { name.span.end });
    Assign { name, value, span, certain: true, exported, quoted: false }
}
