//! Commands of PowerShell itself that set variables or start programs.

use super::command::Argument;
use super::{Reader, nested};
use crate::read::script::{Command, Step, Word, base_name};
use crate::read::value::{Text, Value};
use crate::read::{batch, embedded};
use crate::span::Span;

/// Deepest nesting of `Invoke-Expression`.
const MAX_NESTED: usize = 3;

/// Options of `Start-Process` without a value.
const SWITCHES: [&str; 5] = ["-nonewwindow", "-wait", "-passthru", "-usenewenvironment", "-loaduserprofile"];

impl Reader<'_> {
    /// Records a command, or does what it does to the environment.
    pub(super) fn finish_command(&mut self, arguments: Vec<Argument>, span: Span) {
        if self.call(&arguments) {
            return;
        }
        let name = arguments.first().and_then(|first| first.first()).map(Text::letters).unwrap_or_default();
        let name = base_name(&name).to_ascii_lowercase();
        match name.strip_suffix(".exe").unwrap_or(&name) {
            "start-process" | "saps" | "start" => self.record(started(&arguments), span),
            "set-item" | "si" | "new-item" | "ni" | "set-content" | "sc" if self.set_item(&arguments, span) => {}
            "remove-item" | "ri" | "rm" | "del" | "erase" | "clear-item" | "cli" => self.remove_item(arguments, span),
            "cmd" if self.through(&arguments, span, &["/c", "/k"]) => {}
            "powershell" | "pwsh" if self.through(&arguments, span, &["-command", "-c"]) => {}
            "invoke-expression" | "iex" if self.invoke(&arguments, span) => {}
            _ => self.record(arguments.into_iter().flatten().collect(), span),
        }
    }

    fn record(&mut self, words: Vec<Text>, span: Span) {
        let words: Vec<Word> = words.iter().map(Text::word).collect();
        if !words.is_empty() {
            let certain = self.names.certain();
            self.script.steps.push(Step::Command(Command { env: Vec::new(), words, span, certain }));
        }
    }

    /// `Set-Item Env:X 1`, also with `-Path` and `-Value`.
    fn set_item(&mut self, arguments: &[Argument], span: Span) -> bool {
        let plain: Vec<&Text> =
            arguments[1..].iter().flatten().filter(|text| !text.letters().starts_with('-')).collect();
        let [path, value, ..] = plain.as_slice() else { return false };
        let Some(name) = variable(path) else { return false };
        self.assign(name, Value::text((*value).clone()), span, true);
        true
    }

    /// `Remove-Item Env:X`: the variable is empty from here on.
    fn remove_item(&mut self, arguments: Vec<Argument>, span: Span) {
        let names: Vec<Word> = arguments[1..].iter().flatten().filter_map(variable).collect();
        self.record(arguments.into_iter().flatten().collect(), span);
        for name in names {
            let end = name.span.end;
            self.assign(name, Value::text(Text::empty(Span::new(end, end))), span, true);
        }
    }

    /// A command line handed to another shell.
    fn through(&mut self, arguments: &[Argument], span: Span, options: &[&str]) -> bool {
        let is_option = |argument: &Argument| {
            argument.first().is_some_and(|text| options.contains(&text.letters().to_ascii_lowercase().as_str()))
        };
        let Some(option) = arguments.iter().position(is_option) else { return false };
        let Some(text) = line(&arguments[option + 1..]) else { return false };
        let batch = options.contains(&"/c");
        if !batch && self.depth >= MAX_NESTED {
            return false;
        }
        let depth = self.depth + 1;
        let read = |text: &str| if batch { batch::read(text) } else { nested(text, depth) };
        let steps = embedded::read(&text.bytes, span, read);
        let certain = self.names.certain();
        self.script.steps.extend(embedded::isolated(steps, certain));
        true
    }

    /// `Invoke-Expression "..."`: the text is read in place of the command.
    fn invoke(&mut self, arguments: &[Argument], span: Span) -> bool {
        let Some(text) = line(&arguments[1..]).filter(|_| self.depth < MAX_NESTED) else { return false };
        let depth = self.depth + 1;
        let mut steps = embedded::read(&text.bytes, span, |text| nested(text, depth));
        let certain = self.names.certain();
        for step in &mut steps {
            match step {
                Step::Assign(assign) => assign.certain &= certain,
                Step::Command(command) => command.certain &= certain,
            }
        }
        self.script.steps.extend(steps);
        true
    }
}

/// `Env:X` or `Env:\X`.
fn variable(text: &Text) -> Option<Word> {
    let word = text.word();
    let head = word.text.get(..4).filter(|head| head.eq_ignore_ascii_case("env:"))?;
    let rest = &word.text[head.len()..];
    let from = head.len() + usize::from(rest.starts_with(['\\', '/']));
    let name = word.text.get(from..).filter(|name| !name.is_empty() && word.known)?;
    let at = word.at.get(from..).unwrap_or_default().to_vec();
    Some(Word { text: name.to_owned(), span: word.part(from, word.text.len()), known: true, at })
}

/// All arguments as one line.
fn line(arguments: &[Argument]) -> Option<Text> {
    let items: Vec<Text> = arguments.iter().flatten().cloned().collect();
    let place = items.first()?.place.to(items.last()?.place);
    Some(Value::list(items).joined(place))
}

/// Program and arguments of `Start-Process`.
fn started(arguments: &[Argument]) -> Vec<Text> {
    let (mut program, mut words, mut index) = (None, None, 1);
    while let Some(argument) = arguments.get(index) {
        index += 1;
        let letters = argument.first().map(Text::letters).unwrap_or_default().to_ascii_lowercase();
        let is = |name: &str, least: usize| letters.len() >= least && name.starts_with(&letters);
        if !letters.starts_with('-') || letters.starts_with("--") {
            let free = if program.is_none() { &mut program } else { &mut words };
            *free = free.take().or(Some(argument));
        } else if is("-filepath", 2) || is("-path", 3) {
            (program, index) = (arguments.get(index), index + 1);
        } else if is("-argumentlist", 2) || letters == "-args" {
            (words, index) = (arguments.get(index), index + 1);
        } else if !SWITCHES.iter().any(|switch| is(switch, 3)) {
            index += 1;
        }
    }
    let program = program.into_iter().flatten().cloned();
    program.chain(words.into_iter().flatten().flat_map(split)).collect()
}

/// `Start-Process` joins its arguments to one line, which the program splits again at blanks outside quotes.
fn split(text: &Text) -> Vec<Text> {
    let (mut parts, mut quoted) = (Vec::new(), false);
    let mut open: Option<Text> = None;
    for byte in &text.bytes {
        if byte.value == b'"' {
            quoted = !quoted;
        } else if matches!(byte.value, b' ' | b'\t' | b'\n' | b'\r') && !quoted && !byte.unknown {
            parts.extend(open.take());
        } else {
            open.get_or_insert_with(|| Text::empty(Span::new(byte.at, byte.at))).bytes.push(*byte);
        }
    }
    parts.extend(open);
    if let [only] = parts.as_mut_slice() {
        only.place = text.place;
        return parts;
    }
    parts.iter_mut().for_each(Text::settle);
    parts
}
