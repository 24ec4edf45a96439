//! References to variables and to the place of the script, replaced by what they are now.

pub(super) mod shell;

use std::path::Path;

use super::words::Context;
use crate::read::script::{Step, Word};

/// A text on its way to its value.
pub(super) struct Expand<'a> {
    pub context: &'a Context<'a>,
    /// Where the word stands: what is assigned before is the script's.
    pub at: u32,
    /// How many texts are around this one.
    pub depth: usize,
}

impl Expand<'_> {
    /// A variable that comes from outside; `None` when the script has its own.
    pub fn outside(&self, name: &str) -> Option<String> {
        let (script, host) = (self.context.taken, self.context.host);
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

    pub fn batch(&self, text: &str) -> Option<String> {
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

    pub fn powershell(&self, text: &str) -> Option<String> {
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
}
