//! What a word of a script is when the script runs here and now: what the reader left open, as far as the environment, the script's
//! place and its missing arguments decide it.

use std::path::{Path, PathBuf};

use super::expand::Expand;
use super::{ELSE, Host};
use crate::facts::launch::Launch;
use crate::project::ScriptFile;
use crate::read::script::{Dialect, Script, Word};
use crate::span::Span;

/// A script on its way to a start.
#[derive(Clone, Debug)]
pub(super) struct Context<'a> {
    pub host: &'a Host,
    /// The script's path, whole.
    pub path: &'a Path,
    pub text: &'a str,
    pub script: &'a Script,
    /// The script on the path that is taken: what it sets there is its own.
    pub taken: &'a Script,
    pub launch: &'a Launch,
    /// The folder that the script is in at this place.
    pub folder: PathBuf,
}

impl<'a> Context<'a> {
    pub fn new(host: &'a Host, path: &'a Path, text: &'a str, (file, launch): (&'a ScriptFile, &'a Launch)) -> Self {
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        Self { host, path, text, script: &file.script, taken: &file.script, launch, folder }
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
