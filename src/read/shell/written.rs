//! Scripts that a shell script writes: here-documents into `cat` and `tee`, and what plain `echo` and `printf` leave in a file.

use tree_sitter::Node;

use super::super::embedded;
use super::super::script::{Dialect, Script, Step, Word, base_name};
use super::super::syntax::span;
use super::super::traced::{Byte, text_of};
use super::expand::body;
use super::nested::{SHELLS, joined};
use super::walk::{Walker, children};
use crate::span::Span;

/// Most files that one script writes.
const MAX_FILES: usize = 32;

/// Longest written file that is read.
const MAX_WRITTEN: usize = 1 << 20;

/// Deepest nesting of written scripts.
const MAX_DEPTH: usize = 3;

/// A file and its text as far as it is known.
pub(super) struct Written {
    name: String,
    bytes: Vec<Byte>,
    place: Span,
    /// Every run writes it.
    certain: bool,
}

impl<'t> Walker<'t> {
    /// `cat > run.sh <<EOF`, `bash <<EOF`, `echo "..." > run.sh`. True when nothing else is to be done with the command.
    pub(super) fn writes(&mut self, node: Node<'t>, command: Node<'t>) -> bool {
        let redirects = self.targets(node);
        let heredoc =
            children(node).into_iter().map(|(_, child)| child).rfind(|child| child.kind() == "heredoc_redirect");
        let Some(heredoc) = heredoc else {
            if let [(target, append)] = redirects.as_slice()
                && let Some(text) = self.shown(command)
            {
                self.write(target, *append, text, span(node));
            }
            return false;
        };
        let text = self.document(heredoc);
        let (words, _) = if command.kind() == "command" { self.arguments(command, &[]) } else { Default::default() };
        if let Some(targets) = tee(&words) {
            targets.iter().for_each(|(target, append)| self.write(target, *append, text.clone(), span(node)));
        } else if is_cat(&words) {
            let behind = children(heredoc).into_iter().map(|(_, child)| child).find(|child| child.kind() == "pipeline");
            let piped = behind.map(|pipeline| self.tees(pipeline)).unwrap_or_default();
            for (target, append) in redirects.iter().chain(&piped) {
                self.write(target, *append, text.clone(), span(node));
            }
        } else if runs_input(&words) {
            self.run(&text, span(heredoc), false, &[]);
            return true;
        }
        false
    }

    /// `echo "..." | sudo tee file`.
    pub(super) fn piped(&mut self, node: Node<'t>) {
        let Some((_, first)) = children(node).into_iter().next().filter(|_| node.kind() == "pipeline") else { return };
        let Some(text) = self.shown(first) else { return };
        for (target, append) in self.tees(node) {
            self.write(&target, append, text.clone(), span(node));
        }
    }

    /// The files that the last command of a pipeline writes as `tee`.
    fn tees(&mut self, pipeline: Node<'t>) -> Vec<(Word, bool)> {
        let mut last = children(pipeline).into_iter().map(|(_, child)| child).rfind(Node::is_named);
        while let Some(inner) = last.filter(|node| node.kind() == "redirected_statement") {
            last = inner.child_by_field_name("body");
        }
        let Some(last) = last.filter(|last| last.kind() == "command") else { return Vec::new() };
        let (words, _) = self.arguments(last, &[]);
        tee(&words).unwrap_or_default()
    }

    /// Files behind `>` and `>>`, those on the line of `<<EOF` as well.
    fn targets(&mut self, node: Node<'t>) -> Vec<(Word, bool)> {
        let mut found = Vec::new();
        for (_, child) in children(node) {
            match child.kind() {
                "heredoc_redirect" => found.extend(self.targets(child)),
                "file_redirect" => {
                    let operator = children(child)
                        .into_iter()
                        .map(|(_, part)| self.slice(part))
                        .find(|part| part.starts_with('>'));
                    let target = child.child_by_field_name("destination").map(|target| self.parts(target));
                    let (Some(operator), Some([(word, _)])) = (operator, target.as_deref()) else { continue };
                    if child.child_by_field_name("descriptor").is_none() && matches!(operator, ">" | ">>" | ">|") {
                        found.push((word.clone(), operator == ">>"));
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// The body of a here-document: as it stands behind a quoted word, else with the variables of this script.
    fn document(&mut self, heredoc: Node<'t>) -> Vec<Byte> {
        let parts = children(heredoc);
        let of = |kind: &str| parts.iter().map(|(_, part)| *part).find(|part| part.kind() == kind);
        let (Some(word), Some(text)) = (of("heredoc_start"), of("heredoc_body")) else { return Vec::new() };
        let end = of("heredoc_end").map_or(text.end_byte(), |end| end.start_byte());
        let bytes = if self.slice(word).contains(['\'', '"', '\\']) {
            let written = self.text.as_bytes().get(text.start_byte()..end).unwrap_or_default();
            let place = |(index, &value): (usize, &u8)| Byte::written(value, text.start_byte() + index);
            written.iter().enumerate().map(place).collect()
        } else {
            body(self.text, text.start_byte(), end, &mut self.scope)
        };
        let indented = parts.iter().any(|(_, part)| part.kind() == "<<-");
        if indented { without_tabs(bytes) } else { bytes }
    }

    /// What `echo` or `printf` shows, when that is plain; of a block, what all its commands show.
    fn shown(&mut self, node: Node<'t>) -> Option<Vec<Byte>> {
        match node.kind() {
            "command" => {
                let (words, parts) = self.arguments(node, &[]);
                match words.first()?.text.as_str() {
                    "echo" => echo(&words, &parts),
                    "printf" => printf(&words, &parts),
                    _ => None,
                }
            }
            "compound_statement" => {
                let parts = children(node).into_iter().map(|(_, child)| child).filter(Node::is_named);
                let shown: Option<Vec<Vec<Byte>>> =
                    parts.filter(|part| part.kind() == "command").map(|part| self.shown(part)).collect();
                shown.map(|texts| texts.concat()).filter(|text| !text.is_empty())
            }
            _ => None,
        }
    }

    fn write(&mut self, target: &Word, append: bool, bytes: Vec<Byte>, place: Span) {
        let certain = self.certain();
        let room = self.files.len() < MAX_FILES;
        let written = || Written { name: target.text.clone(), bytes: Vec::new(), place, certain };
        let file = match self.files.iter().position(|file| file.name == target.text) {
            Some(at) => &mut self.files[at],
            None if room => {
                self.files.push(written());
                let last = self.files.len() - 1;
                &mut self.files[last]
            }
            None => return,
        };
        if !append {
            *file = written();
        }
        file.certain &= certain;
        if file.bytes.len() + bytes.len() <= MAX_WRITTEN {
            file.bytes.extend(bytes);
        }
    }

    /// Reads the files that are scripts.
    pub(super) fn finish_files(&mut self) {
        for file in std::mem::take(&mut self.files) {
            let Some(dialect) = dialect(&file).filter(|_| self.depth < MAX_DEPTH) else { continue };
            let depth = self.depth + 1;
            let read = |text: &str| match dialect {
                Dialect::Shell => super::inner(text, depth),
                other => super::super::read(other, text),
            };
            let mut steps = embedded::read(&file.bytes, file.place, read);
            for step in &mut steps {
                match step {
                    Step::Assign(assign) => assign.certain &= file.certain,
                    Step::Command(command) => command.certain &= file.certain,
                }
            }
            self.script.written.push(Script { steps, ..Script::new(dialect) });
        }
    }
}

/// The kind of a written file by its name, or by its first line.
fn dialect(file: &Written) -> Option<Dialect> {
    let name = base_name(&file.name).to_ascii_lowercase();
    let compose = name.contains("compose") && (name.ends_with(".yml") || name.ends_with(".yaml"));
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "sh" | "bash" => Some(Dialect::Shell),
        "bat" | "cmd" => Some(Dialect::Batch),
        "ps1" => Some(Dialect::PowerShell),
        "py" => Some(Dialect::Python),
        "service" => Some(Dialect::Service),
        "env" => Some(Dialect::Dotenv),
        _ if compose => Some(Dialect::Compose),
        _ if name == "dockerfile" => Some(Dialect::Dockerfile),
        _ => {
            let head = text_of(&file.bytes[..file.bytes.len().min(40)]);
            let shell = |line: &str| line.starts_with("#!") && line.trim_end().ends_with("sh");
            head.lines().next().is_some_and(shell).then_some(Dialect::Shell)
        }
    }
}

/// The files of `tee file`, also behind `sudo`, and whether it appends.
fn tee(words: &[Word]) -> Option<Vec<(Word, bool)>> {
    let at = words.iter().take(4).position(|word| base_name(&word.text) == "tee")?;
    let (options, files): (Vec<_>, Vec<_>) = words[at + 1..].iter().partition(|word| word.text.starts_with('-'));
    let append = options.iter().any(|option| matches!(option.text.as_str(), "-a" | "--append"));
    let before = words[..at].iter().all(|word| word.text == "sudo" || word.text.starts_with('-'));
    before.then(|| files.into_iter().map(|file| (file.clone(), append)).collect())
}

fn is_cat(words: &[Word]) -> bool {
    words.first().is_some_and(|first| first.text == "cat") && words[1..].iter().all(|word| word.text == "-")
}

/// A shell that reads its commands from its input.
fn runs_input(words: &[Word]) -> bool {
    let Some(at) = words.iter().take(6).position(|word| SHELLS.contains(&base_name(&word.text))) else { return false };
    let wrapped = at == 0 || matches!(words[0].text.as_str(), "sudo" | "su-exec" | "gosu" | "nohup" | "env");
    wrapped && words[at + 1..].iter().all(|word| matches!(word.text.as_str(), "-s" | "-l" | "-e" | "-x" | "-ex" | "-"))
}

fn without_tabs(bytes: Vec<Byte>) -> Vec<Byte> {
    let mut start = true;
    let keep = |byte: &Byte| {
        let tab = start && byte.value == b'\t';
        start = byte.value == b'\n' || tab;
        !tab
    };
    bytes.into_iter().filter(keep).collect()
}

/// The arguments of `echo` with blanks between them and a line end. Escapes (`-e`) are not followed.
fn echo(words: &[Word], parts: &[Vec<Byte>]) -> Option<Vec<Byte>> {
    let quiet = words.get(1).is_some_and(|word| word.text == "-n");
    let rest = &parts[1 + usize::from(quiet)..];
    let escapes = words.get(1).is_some_and(|word| matches!(word.text.as_str(), "-e" | "-ne" | "-en"));
    if escapes || rest.iter().flatten().any(|byte| byte.value == b'\\') {
        return None;
    }
    let mut all = joined(rest);
    end_line(&mut all, !quiet);
    (!all.is_empty()).then_some(all)
}

fn end_line(bytes: &mut Vec<Byte>, wanted: bool) {
    if let Some(last) = bytes.last().copied().filter(|_| wanted) {
        bytes.push(Byte { value: b'\n', unknown: false, ..last });
    }
}

/// `printf '%s\n' a b` and a format without directives.
fn printf(words: &[Word], parts: &[Vec<Byte>]) -> Option<Vec<Byte>> {
    let format = words.get(1)?;
    if format.text == "%s\\n" {
        let mut all = Vec::new();
        for part in parts.get(2..)? {
            all.extend_from_slice(part);
            end_line(&mut all, true);
        }
        return Some(all);
    }
    if words.len() > 2 || format.text.contains('%') {
        return None;
    }
    let (mut all, mut bytes) = (Vec::new(), parts.get(1)?.iter().copied());
    while let Some(byte) = bytes.next() {
        match byte.value {
            b'\\' if !byte.unknown => match bytes.next()?.value {
                b'n' => all.push(Byte { value: b'\n', ..byte }),
                b'\\' => all.push(byte),
                _ => return None,
            },
            _ => all.push(byte),
        }
    }
    Some(all)
}
