//! What a word of a script is when the script runs here and now: what the reader left open, as far as the environment, the script's
//! place and its missing arguments decide it.

use std::path::{Path, PathBuf};

use super::{ELSE, Host, tidy};
use crate::facts::launch::Launch;
use crate::project::ScriptFile;
use crate::read::script::{Dialect, Script, Step, Word};
use crate::span::Span;

/// Deepest nesting of `$(...)` and `${...:-...}` that is followed.
const MAX_DEPTH: usize = 8;

/// A script on its way to a start.
#[derive(Clone, Debug)]
pub(super) struct Context<'a> {
    pub host: &'a Host,
    /// The script's path, whole.
    pub path: &'a Path,
    pub text: &'a str,
    pub script: &'a Script,
    pub launch: &'a Launch,
    /// The folder that the script is in at this place.
    pub folder: PathBuf,
}

impl<'a> Context<'a> {
    pub fn new(host: &'a Host, path: &'a Path, text: &'a str, (file, launch): (&'a ScriptFile, &'a Launch)) -> Self {
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        Self { host, path, text, script: &file.script, launch, folder }
    }

    /// The same in another folder.
    pub fn inside(&self, folder: &Path) -> Self {
        Self { folder: folder.to_path_buf(), ..self.clone() }
    }

    /// `launch.sh, line 7`.
    pub fn line(&self, span: Span) -> String {
        let before = self.text.as_bytes().get(..span.start as usize).unwrap_or_default();
        let name = self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        format!("{name}, line {}", memchr::memchr_iter(b'\n', before).count() + 1)
    }

    /// What stands in the script.
    pub fn source(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// What a word is; `None` when nothing is left of it, as of `"$@"` without arguments.
    pub fn value(&self, word: &Word) -> Result<Option<String>, String> {
        if word.known {
            return Ok(Some(word.text.clone()));
        }
        let unknown = || {
            let shown = if word.text.is_empty() { self.source(word.span) } else { &word.text };
            format!("{}: only a run of the script decides what {shown} is: {ELSE}", self.line(word.span))
        };
        let value = self.found(word).ok_or_else(unknown)?;
        let quoted = self.source(word.span).starts_with(['"', '\'']);
        if value.is_empty() {
            let all = matches!(word.text.as_str(), "$@" | "${@}");
            return Ok((quoted && !all).then_some(value));
        }
        // Without quotes a shell splits what comes out of a variable.
        let splits = !quoted && value.contains([' ', '\t', '*', '?']) && !word.text.contains([' ', '\t', '*', '?']);
        if splits { Err(unknown()) } else { Ok(Some(value)) }
    }

    /// A word that the reader left open.
    fn found(&self, word: &Word) -> Option<String> {
        let source = self.source(word.span).trim_matches('"');
        // `${PORT:-8188}`: the reader takes the default, which holds while the variable is not set.
        let default = self.script.dialect == Dialect::Shell && source.contains("${") && source.contains('-');
        if default {
            return self.expand(source, word.span.start);
        }
        // Something else than what stands there: it came out of something that only a run knows.
        let open = word.text.contains(['$', '%', '!', '`']) || word.text.starts_with('~');
        if source == word.text
            && let Some(whole) = self.around_default(word.span)
        {
            return self.expand(whole, word.span.start);
        }
        (open || source == word.text).then(|| self.expand(&word.text, word.span.start)).flatten()
    }

    /// The whole `${PORT:-8188}` of which a place is the default.
    fn around_default(&self, span: Span) -> Option<&str> {
        let (start, end) = (span.start as usize, span.end as usize);
        let before = self.text.get(..start)?.strip_suffix('-')?;
        let before = before.strip_suffix(':').unwrap_or(before);
        let name = before.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let from = name.strip_suffix("${")?.len();
        self.text.get(end..)?.starts_with('}').then(|| self.text.get(from..=end)).flatten()
    }

    /// A text with all its references replaced; `None` when one of them is not known.
    pub fn expand(&self, text: &str, at: u32) -> Option<String> {
        let expand = Expand { context: self, at, depth: 0 };
        match self.script.dialect {
            Dialect::Batch => expand.batch(text),
            Dialect::PowerShell => expand.powershell(text),
            _ => expand.shell(text),
        }
    }
}

struct Expand<'a> {
    context: &'a Context<'a>,
    /// Where the word stands: what is assigned before is the script's.
    at: u32,
    depth: usize,
}

impl Expand<'_> {
    /// A variable that comes from outside; `None` when the script has its own.
    fn outside(&self, name: &str) -> Option<String> {
        let (script, host) = (self.context.script, self.context.host);
        let own = script.steps.iter().any(|step| match step {
            Step::Assign(assign) => host.same_name(&assign.name.text, name) && assign.span.end <= self.at,
            Step::Command(command) => {
                let takes = |word: &Word| {
                    let (left, _) = word.text.split_once('=').unwrap_or((&word.text, ""));
                    host.same_name(left, name)
                };
                command.span.end <= self.at && command.words.iter().skip(1).any(takes)
            }
        });
        (!own).then(|| host.var(name).unwrap_or_default().to_owned())
    }

    fn here(&self) -> String {
        let folder = self.context.path.parent().unwrap_or(Path::new(""));
        folder.display().to_string()
    }

    fn batch(&self, text: &str) -> Option<String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['%', '!']) {
            out.push_str(&rest[..at]);
            let sign = &rest[at..=at];
            let behind = &rest[at + 1..];
            let (value, after) = self.batch_reference(sign, behind)?;
            out.push_str(&value);
            rest = after;
        }
        Some(out + rest)
    }

    fn batch_reference<'t>(&self, sign: &str, behind: &'t str) -> Option<(String, &'t str)> {
        if sign == "%" {
            let lower = behind.get(..behind.len().min(5)).unwrap_or(behind).to_ascii_lowercase();
            let path = self.context.path.display().to_string();
            for (name, value) in
                [("~dp0", self.here() + "\\"), ("~f0", path.clone()), ("~0", path.clone()), ("0", path)]
            {
                if lower.starts_with(name) {
                    return Some((value, &behind[name.len()..]));
                }
            }
            // No arguments are given.
            if let Some(after) = behind.strip_prefix(|sign: char| sign == '*' || sign.is_ascii_digit()) {
                return Some((String::new(), after));
            }
        }
        let (name, after) = behind.split_once(sign)?;
        let plain = !name.is_empty() && !name.contains([':', '%', '!', '~']);
        let folder = name.eq_ignore_ascii_case("cd").then(|| self.context.folder.display().to_string());
        Some((folder.or_else(|| plain.then(|| self.outside(name)).flatten())?, after))
    }

    fn powershell(&self, text: &str) -> Option<String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['$', '`']) {
            out.push_str(&rest[..at]);
            let behind = rest[at..].strip_prefix('$')?;
            let braced = behind.strip_prefix('{').and_then(|inside| inside.split_once('}'));
            let end = behind.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').unwrap_or(behind.len());
            let (name, after) = braced.unwrap_or((&behind[..end], &behind[end..]));
            // `$PSScriptRoot.Length`, `$x[0]`
            if after.starts_with(['.', '[']) {
                return None;
            }
            let lower = name.to_ascii_lowercase();
            out.push_str(&match lower.as_str() {
                "psscriptroot" => self.here(),
                "pscommandpath" => self.context.path.display().to_string(),
                "pwd" => self.context.folder.display().to_string(),
                "home" => self.outside("USERPROFILE")?,
                "args" => String::new(),
                _ => self.outside(&name[lower.strip_prefix("env:").map(|_| 4)?..])?,
            });
            rest = after;
        }
        Some(out + rest)
    }

    fn shell(&self, text: &str) -> Option<String> {
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
    fn plain(&self, word: &str, folder: &Path) -> Option<String> {
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
fn pieces(text: &str) -> Option<Vec<&str>> {
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
