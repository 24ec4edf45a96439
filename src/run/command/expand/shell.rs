//! References as shells write them: variables with defaults, the folder of the script by `cd`, `dirname` and `pwd`.

use std::path::{Path, PathBuf};

use super::Expand;
use crate::run::command::host::tidy;

/// Deepest nesting of `$(...)` and `${...:-...}` that is followed.
const MAX_DEPTH: usize = 8;

impl Expand<'_> {
    pub fn shell(&self, text: &str) -> Option<String> {
        if self.depth > MAX_DEPTH {
            return None;
        }
        let home = text.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let (mut out, mut rest) = match home {
            Some(rest) => (self.outside("HOME")?, rest),
            None => (String::new(), text),
        };
        while let Some(at) = rest.find(['$', '`']) {
            out.push_str(&rest[..at]);
            let behind = rest[at..].strip_prefix('$')?;
            let (value, after) = self.shell_reference(behind)?;
            out.push_str(&value);
            rest = after;
        }
        Some(out + rest)
    }

    fn shell_reference<'t>(&self, behind: &'t str) -> Option<(String, &'t str)> {
        if behind.starts_with("((") {
            return None;
        }
        if behind.starts_with('(') {
            let (inside, after) = behind.split_at(closing(behind, '(', ')')?);
            return Some((self.inner().commands(&inside[1..])?, &after[1..]));
        }
        if behind.starts_with('{') {
            let (inside, after) = behind.split_at(closing(behind, '{', '}')?);
            return Some((self.inner().braced(&inside[1..])?, &after[1..]));
        }
        let special = behind.chars().next()?;
        if matches!(special, '@' | '*') || special.is_ascii_digit() {
            let value = if special == '0' { self.context.path.display().to_string() } else { String::new() };
            return Some((value, &behind[1..]));
        }
        let end = behind.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(behind.len());
        let name = Some(&behind[..end]).filter(|name| !name.is_empty())?;
        Some((self.named(name)?, &behind[end..]))
    }

    fn named(&self, name: &str) -> Option<String> {
        match name {
            "PWD" => Some(self.context.folder.display().to_string()),
            "BASH_SOURCE" => Some(self.context.path.display().to_string()),
            _ => self.outside(name),
        }
    }

    /// `NAME`, `NAME:-default`, `BASH_SOURCE[0]`, `0%/*`.
    fn braced(&self, inside: &str) -> Option<String> {
        let end = inside.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inside.len());
        let (name, after) = inside.split_at(end);
        let value = match name.parse::<u32>() {
            Ok(0) => self.context.path.display().to_string(),
            Ok(_) => String::new(),
            Err(_) if name.is_empty() => return (inside == "@" || inside == "*").then(String::new),
            Err(_) => self.named(name)?,
        };
        match after {
            "" => Some(value),
            "[0]" if name == "BASH_SOURCE" => Some(value),
            "%/*" | "[0]%/*" => Some(value.rsplit_once('/')?.0.to_owned()),
            _ => {
                let default = after.strip_prefix(":-").or_else(|| after.strip_prefix('-'))?;
                let set =
                    if after.starts_with(':') { !value.is_empty() } else { self.context.host.var(name).is_some() };
                if set { Some(value) } else { self.inner().shell(default.trim_matches('"')) }
            }
        }
    }

    /// What simple commands about folders write: `cd X && pwd`, `dirname X`.
    fn commands(&self, text: &str) -> Option<String> {
        let mut folder = self.context.folder.clone();
        let mut written = String::new();
        for command in text.split("&&").flat_map(|part| part.split(';')) {
            let words: Vec<String> =
                pieces(command)?.iter().map(|word| self.plain(word, &folder)).collect::<Option<_>>()?;
            let words: Vec<&str> = words.iter().map(String::as_str).filter(|word| !word.contains('>')).collect();
            let options = |word: &&&str| matches!(**word, "-P" | "-L" | "-f" | "-e" | "--" | "/dev/null");
            match words.split_first()? {
                (&"cd", rest) => folder = tidy(&folder.join(rest.iter().find(|word| !options(word))?)),
                (&"pwd", _) => written = folder.display().to_string(),
                (&"dirname", rest) => {
                    let path = PathBuf::from(rest.iter().find(|word| !options(word))?);
                    written = path.parent()?.display().to_string();
                }
                (&("realpath" | "readlink"), rest) => {
                    let path = folder.join(rest.iter().find(|word| !options(word))?);
                    written = path.canonicalize().ok()?.display().to_string();
                }
                _ => return None,
            }
        }
        Some(written)
    }

    /// A word inside a command, without its quotes.
    pub fn plain(&self, word: &str, folder: &Path) -> Option<String> {
        let context = self.context.inside(folder);
        let inner = Expand { context: &context, at: self.at, depth: self.depth + 1 };
        match word.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
            Some(literal) => Some(literal.to_owned()),
            None => inner.shell(word.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(word)),
        }
    }

    fn inner(&self) -> Self {
        Self { context: self.context, at: self.at, depth: self.depth + 1 }
    }
}

/// Where the bracket closes that a text begins with.
fn closing(text: &str, opening: char, closing: char) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        if letter == opening {
            depth += 1;
        } else if letter == closing {
            depth -= 1;
            if depth == 0 {
                return Some(at);
            }
        }
    }
    None
}

/// The words of a command, quotes kept; blanks inside quotes and `$(...)` do not split.
pub fn pieces(text: &str) -> Option<Vec<&str>> {
    let (mut words, mut start, mut quote, mut depth) = (Vec::new(), None, None, 0_usize);
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1)?,
            '"' | '\'' if depth == 0 => match quote {
                Some(open) if open == letter => quote = None,
                Some(_) => {}
                None => quote = Some(letter),
            },
            _ => {}
        }
        if letter.is_whitespace() && quote.is_none() && depth == 0 {
            words.extend(start.take().map(|from: usize| &text[from..at]));
        } else {
            start.get_or_insert(at);
        }
    }
    words.extend(start.map(|from| &text[from..]));
    (depth == 0 && quote.is_none()).then_some(words)
}
