//! Commands and assignments of a shell script.

use tree_sitter::Node;

use super::super::script::{Assign, Command, Step, Word};
use super::super::syntax::span;
use super::super::traced::{Byte, word_of};
use super::expand::{fields, parts, value};
use super::scope::{ELEMENT_END, array_key};
use super::walk::{Walker, children, swallowed};
use crate::span::Span;

/// An assignment as it was read.
struct Read {
    assign: Assign,
    /// The value for later expansion.
    bytes: Vec<Byte>,
    array: bool,
}

impl<'t> Walker<'t> {
    /// A command with its prefix assignments; `extra` are arguments found behind a redirection.
    pub(super) fn command(&mut self, node: Node<'t>, extra: &[Node<'t>]) {
        let mut env = self.prefix.clone();
        for (_, child) in children(node) {
            if child.kind() == "variable_assignment" {
                env.extend(self.read_assignment(child, child.start_byte()).map(|read| read.assign));
            }
        }
        env.iter_mut().for_each(|assign| assign.exported = true);
        let (words, parts) = self.arguments(node, extra);
        self.note_builtin(&words, &parts);
        if self.enter(&words, &parts, &env) {
            return;
        }
        let count = words.len();
        let words = self.unwrap(words, &mut env);
        let place = extra.last().map_or(span(node), |last| span(node).to(span(*last)));
        if !words.is_empty() && !self.nested(&words, &parts[count - words.len()..], &env, place) {
            self.push(Step::Command(Command { env, words, span: place, certain: self.certain() }));
        }
    }

    /// The words of a command, and their bytes.
    pub(super) fn arguments(&mut self, node: Node<'t>, extra: &[Node<'t>]) -> (Vec<Word>, Vec<Vec<Byte>>) {
        let mut nodes = Vec::new();
        for (_, child) in children(node) {
            match child.kind() {
                "variable_assignment" | "heredoc_redirect" | "herestring_redirect" | "subshell" => {}
                "file_redirect" => nodes.extend(swallowed(child)),
                _ => nodes.push(child),
            }
        }
        nodes.extend(extra);
        let words = nodes.into_iter().flat_map(|node| self.parts(node)).collect::<Vec<_>>();
        words.into_iter().unzip()
    }

    /// The fields that a word gives.
    pub(super) fn parts(&mut self, node: Node<'t>) -> Vec<(Word, Vec<Byte>)> {
        parts(self.text, node.start_byte(), node.end_byte(), &mut self.scope)
    }

    fn word(&mut self, node: Node<'t>, words: &mut Vec<Word>) {
        words.extend(self.parts(node).into_iter().map(|(word, _)| word));
    }

    /// Built-ins that change how the rest is read.
    fn note_builtin(&mut self, words: &[Word], parts: &[Vec<Byte>]) {
        let text = |index: usize| words.get(index).map_or("", |word| word.text.as_str());
        let leaves = text(0) == "exit" || (text(0) == "exec" && words.len() > 1);
        match (text(0), text(1), text(2)) {
            ("set", "-a", _) | ("set", "-o", "allexport") => self.export_all = true,
            ("set", "+a", _) | ("set", "+o", "allexport") => self.export_all = false,
            ("set", "--", _) => self.set_arguments(&parts[2..]),
            ("shift", ..) => self.shift(words),
            ("return", ..) => self.leave(),
            ("read", ..) => words.iter().skip(1).for_each(|word| self.scope.variables.forget(&word.text)),
            _ => {}
        }
        self.ended |= leaves && self.certain() && self.inside() == 0;
    }

    /// Takes off `exec`, `nohup`, `command` and `env`, whose assignments join the command's own.
    fn unwrap(&mut self, words: Vec<Word>, env: &mut Vec<Assign>) -> Vec<Word> {
        let mut rest = words.as_slice();
        loop {
            rest = match rest {
                [first, inner @ ..] if first.text == "exec" => skip_options(inner, &["-a"]),
                [first, next, ..] if first.text == "command" && next.text.starts_with('-') => break,
                [first, inner @ ..] if matches!(first.text.as_str(), "nohup" | "command" | "builtin") => inner,
                [first, inner @ ..] if first.text == "env" => self.take_env(inner, env),
                _ => break,
            };
        }
        rest.to_vec()
    }

    fn take_env<'w>(&self, words: &'w [Word], env: &mut Vec<Assign>) -> &'w [Word] {
        let options = ["-u", "--unset", "-C", "--chdir"];
        let mut rest = skip_options(words, &options);
        let taken = &words[..words.len() - rest.len()];
        for pair in taken.windows(2).filter(|pair| matches!(pair[0].text.as_str(), "-u" | "--unset")) {
            env.push(self.taken_away(&pair[1]));
        }
        while let [first, inner @ ..] = rest
            && let Some(assign) = self.as_assignment(first)
        {
            env.push(assign);
            rest = inner;
        }
        rest
    }

    /// `env -u NAME`: whatever the variable was, the program does not get it. No value is known of it.
    fn taken_away(&self, name: &Word) -> Assign {
        let end = name.span.end;
        let value = Word { text: String::new(), span: Span::new(end, end), known: false, at: Vec::new() };
        let (span, certain) = (name.span, self.certain());
        Assign { name: name.clone(), value, span, certain, exported: true, quoted: false }
    }

    /// `NAME=value` written as a word.
    fn as_assignment(&self, word: &Word) -> Option<Assign> {
        let equals = word.text.find('=').filter(|&at| is_name(&word.text[..at]))?;
        let piece = |from: usize, to: usize, known: bool| Word {
            text: word.text[from..to].to_owned(),
            span: if from == to { Span::new(word.span.end, word.span.end) } else { word.part(from, to) },
            known,
            at: word.at[from..to].to_vec(),
        };
        let (name, value) = (piece(0, equals, true), piece(equals + 1, word.text.len(), word.known));
        Some(Assign { name, value, span: word.span, certain: self.certain(), exported: true, quoted: false })
    }

    /// `X=1` as a command of its own, or as an argument of `export`.
    pub(super) fn assignment(&mut self, node: Node<'t>, export: bool, start: usize) {
        let Some(Read { mut assign, bytes, array }) = self.read_assignment(node, start) else { return };
        if export {
            self.exported.insert(assign.name.text.clone());
        }
        self.store(&assign.name.text, &bytes, array);
        assign.exported = !array && (self.export_all || self.exported.contains(&assign.name.text));
        self.push(Step::Assign(assign));
    }

    /// Keeps a value; an array also under its own name, which stands for its first element.
    fn store(&mut self, name: &str, bytes: &[Byte], array: bool) {
        if array {
            self.scope.set(&array_key(name), bytes);
            let first = bytes.iter().take_while(|byte| byte.value != ELEMENT_END).copied().collect::<Vec<_>>();
            return self.scope.set(name, &first);
        }
        self.scope.variables.forget(&array_key(name));
        self.scope.set(name, bytes);
    }

    fn read_assignment(&mut self, node: Node<'t>, start: usize) -> Option<Read> {
        let name = node.child_by_field_name("name").filter(|name| name.kind() == "variable_name")?;
        let place = name.start_byte();
        let text = self.slice(name);
        let parts = children(node);
        let appends = parts.iter().any(|(_, child)| child.kind() == "+=");
        let given = parts.into_iter().find(|(field, _)| *field == Some("value")).map(|(_, child)| child);
        let array = given.is_some_and(|given| given.kind() == "array");
        let (mut word, mut bytes) = self.value(given, node.end_byte());
        if appends {
            let key = if array { array_key(text) } else { text.to_owned() };
            let before = self.scope.value(&key);
            let known = before.is_some() || array;
            bytes.splice(0..0, before.unwrap_or_default());
            word = Word { span: word.span, ..shown(&bytes, node.end_byte() as u32) };
            word.known &= known;
        }
        let span = Span::new(start as u32, node.end_byte() as u32);
        let name = Word::plain(text, place as u32);
        let assign = Assign { name, value: word, span, certain: self.certain(), exported: false, quoted: false };
        Some(Read { assign, bytes, array })
    }

    fn value(&mut self, given: Option<Node<'t>>, end: usize) -> (Word, Vec<Byte>) {
        match given {
            None => (word_of(&[], end as u32), Vec::new()),
            Some(array) if array.kind() == "array" => self.array(array),
            Some(node) => value(self.text, node.start_byte(), node.end_byte(), &mut self.scope),
        }
    }

    fn array(&mut self, node: Node<'t>) -> (Word, Vec<Byte>) {
        let mut bytes = Vec::new();
        for (_, child) in children(node).into_iter().filter(|(_, child)| child.is_named() && child.kind() != "comment")
        {
            for field in fields(self.text, child.start_byte(), child.end_byte(), &mut self.scope) {
                let last = field.at.last().copied().unwrap_or(field.span.start);
                let unknown = !field.known;
                let pairs = field.text.bytes().zip(field.at).chain([(ELEMENT_END, last)]);
                bytes.extend(pairs.map(|(value, at)| Byte { unknown, ..Byte::written(value, at as usize) }));
            }
        }
        (Word { span: span(node), ..shown(&bytes, node.end_byte() as u32) }, bytes)
    }

    /// `export`, `declare`, `local`, `readonly`.
    pub(super) fn declaration(&mut self, node: Node<'t>) {
        let parts = children(node);
        if parts.iter().any(|(_, part)| self.slice(*part) == "=") {
            return self.refused(node, &parts);
        }
        let keyword = parts.first().map_or("", |(_, first)| first.kind());
        if matches!(keyword, "local" | "declare" | "typeset") {
            self.keep_local(&parts);
        }
        let option = |letter: char| {
            parts.iter().any(|(_, part)| {
                let text = self.slice(*part);
                part.kind() == "word" && text.starts_with('-') && text.contains(letter)
            })
        };
        let export = (keyword == "export" && !option('n')) || (keyword != "export" && option('x'));
        let mut start = node.start_byte();
        for (_, part) in parts.into_iter().skip(1) {
            match part.kind() {
                "variable_assignment" => self.assignment(part, export, start),
                "variable_name" if export => self.export_name(part, start),
                "string" | "concatenation" | "raw_string" if export => self.export_word(part),
                _ => continue,
            }
            start = part.end_byte();
            while self.text.as_bytes().get(start).is_some_and(u8::is_ascii_whitespace) {
                start += 1;
            }
        }
    }

    /// `export X = 1`: no assignment but names that `export` refuses. Kept as a command, so that the facts show it.
    fn refused(&mut self, node: Node<'t>, parts: &[(Option<&'static str>, Node<'t>)]) {
        let words = parts.iter().map(|(_, part)| Word::plain(self.slice(*part), part.start_byte() as u32)).collect();
        self.push(Step::Command(Command { env: Vec::new(), words, span: span(node), certain: self.certain() }));
    }

    /// `export X` after `X=1`: from here on programs see it.
    fn export_name(&mut self, node: Node<'t>, start: usize) {
        let text = self.slice(node);
        self.exported.insert(text.to_owned());
        let Some(bytes) = self.scope.value(text) else { return };
        let name = Word::plain(text, node.start_byte() as u32);
        let value = word_of(&bytes, node.end_byte() as u32);
        let span = Span::new(start as u32, node.end_byte() as u32);
        let certain = self.certain();
        self.push(Step::Assign(Assign { name, value, span, certain, exported: true, quoted: false }));
    }

    /// `export "X=1"`.
    fn export_word(&mut self, node: Node<'t>) {
        let (word, bytes) = value(self.text, node.start_byte(), node.end_byte(), &mut self.scope);
        let Some(assign) = self.as_assignment(&word) else { return };
        self.exported.insert(assign.name.text.clone());
        let value = bytes.get(assign.name.text.len() + 1..).unwrap_or_default();
        self.store(&assign.name.text, value, false);
        self.push(Step::Assign(assign));
    }

    /// Recorded as a command, for the facts; the variables are no longer known.
    pub(super) fn unset(&mut self, node: Node<'t>) {
        let mut words = vec![Word::plain("unset", node.start_byte() as u32)];
        for (_, part) in children(node).into_iter().skip(1) {
            self.word(part, &mut words);
        }
        for word in &words[1..] {
            self.scope.variables.forget(&word.text);
            self.scope.variables.forget(&array_key(&word.text));
            self.exported.remove(&word.text);
        }
        self.push(Step::Command(Command { env: Vec::new(), words, span: span(node), certain: self.certain() }));
    }
}

/// The value as a word: elements of an array with blanks between them.
fn shown(bytes: &[Byte], empty_at: u32) -> Word {
    let end = bytes.iter().rposition(|byte| byte.value != ELEMENT_END).map_or(0, |last| last + 1);
    let spaced = |byte: &Byte| Byte { value: if byte.value == ELEMENT_END { b' ' } else { byte.value }, ..*byte };
    word_of(&bytes[..end].iter().map(spaced).collect::<Vec<_>>(), empty_at)
}

fn skip_options<'w>(words: &'w [Word], with_value: &[&str]) -> &'w [Word] {
    let mut rest = words;
    while let [first, inner @ ..] = rest
        && first.text.starts_with('-')
    {
        rest = inner.get(usize::from(with_value.contains(&first.text.as_str()))..).unwrap_or_default();
    }
    rest
}

fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
