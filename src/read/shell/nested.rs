//! Texts that are run as commands: `eval`, `bash -c`, `su -c`, `tmux`, `screen`.

use super::super::embedded;
use super::super::script::{Assign, Step, Word, base_name};
use super::super::traced::Byte;
use super::inner;
use super::walk::Walker;
use crate::span::Span;

/// Deepest nesting of such texts.
const MAX_DEPTH: usize = 4;

/// Shells whose `-c` takes a text.
pub(super) const SHELLS: [&str; 6] = ["sh", "bash", "ash", "dash", "zsh", "ksh"];

/// Programs that run the command that follows their own options.
const WRAPPERS: [&str; 17] = [
    "sudo",
    "doas",
    "setsid",
    "nice",
    "ionice",
    "time",
    "timeout",
    "stdbuf",
    "xvfb-run",
    "gosu",
    "su-exec",
    "runuser",
    "screen",
    "gnome-terminal",
    "xterm",
    "konsole",
    "x-terminal-emulator",
];

/// Options of `tmux new-session` and its like that take a value.
const TMUX_VALUES: [&str; 9] = ["-s", "-n", "-c", "-x", "-y", "-t", "-e", "-F", "-f"];

/// What a command hands on.
enum Handed<'w> {
    /// The text of these words, in this shell (`eval`).
    Here(&'w [Vec<Byte>]),
    /// The text of this word, in a shell of its own.
    Text(&'w [Byte]),
    /// These words are program and arguments.
    Words(usize),
}

impl Walker<'_> {
    /// Reads the text that a command runs. False when it runs none.
    pub(super) fn nested(&mut self, words: &[Word], parts: &[Vec<Byte>], env: &[Assign], place: Span) -> bool {
        if self.depth >= MAX_DEPTH {
            return false;
        }
        let (bytes, here) = match handed(words, parts) {
            Some(Handed::Here(parts)) => (joined(parts), true),
            Some(Handed::Text(bytes)) => (bytes.to_vec(), false),
            Some(Handed::Words(start)) => {
                let (words, certain) = (words[start..].to_vec(), self.certain());
                let env = env.to_vec();
                self.push(Step::Command(super::super::script::Command { env, words, span: place, certain }));
                return true;
            }
            None => return false,
        };
        if bytes.iter().all(|byte| byte.unknown) {
            return false;
        }
        self.run(&bytes, place, here, env);
        true
    }

    /// Reads a text in a shell of its own, or in this one.
    pub(super) fn run(&mut self, bytes: &[Byte], place: Span, here: bool, env: &[Assign]) {
        let depth = self.depth + 1;
        let steps = embedded::read(bytes, place, |text| inner(text, depth));
        let certain = self.certain();
        let steps = if here { steps } else { embedded::isolated(steps, certain) };
        for mut step in steps {
            match &mut step {
                Step::Assign(assign) => {
                    assign.certain &= certain;
                    self.take_over(assign, here);
                }
                Step::Command(command) => {
                    command.certain &= certain;
                    let own = std::mem::take(&mut command.env);
                    let outer = env.iter().filter(|outer| own.iter().all(|own| own.name.text != outer.name.text));
                    command.env = outer.cloned().chain(own.iter().cloned()).collect();
                }
            }
            self.push(step);
        }
    }

    /// An assignment of `eval` is one of this shell.
    fn take_over(&mut self, assign: &mut Assign, here: bool) {
        if !here {
            return;
        }
        let name = assign.name.text.clone();
        if assign.exported {
            self.exported.insert(name.clone());
        }
        assign.exported |= self.export_all || self.exported.contains(&name);
        let bytes = assign.value.text.bytes().zip(&assign.value.at);
        let unknown = !assign.value.known;
        let bytes: Vec<Byte> =
            bytes.map(|(value, &at)| Byte { unknown, ..Byte::written(value, at as usize) }).collect();
        self.scope.set(&name, &bytes);
    }
}

/// The words of a command with blanks between them.
pub(super) fn joined(parts: &[Vec<Byte>]) -> Vec<Byte> {
    let mut all: Vec<Byte> = Vec::new();
    for part in parts {
        if let Some(last) = all.last().copied() {
            all.push(Byte { value: b' ', ..last });
        }
        all.extend_from_slice(part);
    }
    all
}

fn handed<'w>(words: &[Word], parts: &'w [Vec<Byte>]) -> Option<Handed<'w>> {
    let (first, rest) = words.split_first()?;
    match base_name(&first.text) {
        "eval" => Some(Handed::Here(parts.get(1..)?)),
        "su" => after(words, &["-c", "--command"]).and_then(|at| parts.get(at)).map(|text| Handed::Text(text)),
        "tmux" => tmux(rest).and_then(|(at, alone)| chosen(parts, at + 1, alone)),
        "screen" if words.iter().any(|word| word.text == "stuff") => {
            after(words, &["stuff"]).and_then(|at| parts.get(at)).map(|text| Handed::Text(text))
        }
        name if SHELLS.contains(&name) => {
            shell_text(words, 0).and_then(|at| parts.get(at)).map(|text| Handed::Text(text))
        }
        name if WRAPPERS.contains(&name) => {
            let shell = rest.iter().position(|word| SHELLS.contains(&base_name(&word.text)))? + 1;
            shell_text(words, shell).and_then(|at| parts.get(at)).map(|text| Handed::Text(text))
        }
        _ => None,
    }
}

/// The word behind one of these.
fn after(words: &[Word], options: &[&str]) -> Option<usize> {
    words.iter().position(|word| options.contains(&word.text.as_str())).map(|at| at + 1)
}

/// The text behind the options of the shell at an index, `-c` or `-lc` among them.
fn shell_text(words: &[Word], shell: usize) -> Option<usize> {
    let options = words.get(shell + 1..)?;
    let count = options.iter().take_while(|word| word.text.starts_with('-')).count();
    let commands = |word: &Word| !word.text.starts_with("--") && word.text.contains('c');
    options[..count].iter().any(commands).then_some(shell + 1 + count)
}

/// A text when it stands alone, else program and arguments.
fn chosen(parts: &[Vec<Byte>], at: usize, alone: bool) -> Option<Handed<'_>> {
    let text = parts.get(at)?;
    Some(if alone { Handed::Text(text) } else { Handed::Words(at) })
}

/// Where the command of `tmux new-session -d -s x "..."` or `tmux send-keys -t x "..." C-m` is, and whether it is one text.
fn tmux(words: &[Word]) -> Option<(usize, bool)> {
    let name = words.iter().position(|word| !word.text.starts_with('-'))?;
    let starts = ["new-session", "new", "new-window", "neww", "split-window", "splitw", "respawn-pane", "respawnp"];
    let keys = matches!(words[name].text.as_str(), "send-keys" | "send");
    if !keys && !starts.contains(&words[name].text.as_str()) {
        return None;
    }
    let mut at = name + 1;
    while let Some(option) = words.get(at).filter(|word| word.text.starts_with('-')) {
        at += if TMUX_VALUES.contains(&option.text.as_str()) { 2 } else { 1 };
    }
    let enters =
        words.get(at + 1).is_some_and(|next| matches!(next.text.as_str(), "C-m" | "Enter" | "ENTER" | "KPEnter"));
    if keys { enters.then_some((at, true)) } else { (at < words.len()).then_some((at, at + 1 == words.len())) }
}
