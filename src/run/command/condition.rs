//! Conditions of a script that can be told without running it: arguments that nobody gives, variables from outside, files.

use std::path::PathBuf;

use super::expand::{Expand, shell};
use super::words::Context;
use crate::read::script::{Dialect, Step};

/// Whether a condition holds, as it is written; `None` when only a run tells.
pub(super) fn holds(context: &Context, text: &str) -> Option<bool> {
    let expand = Expand { context, at: context.launch.span.start, depth: 0 };
    match context.script.dialect {
        Dialect::Shell => test(&expand, text),
        Dialect::Batch => comparison(&expand, text),
        _ => None,
    }
}

/// `[ -n "$X" ]`, `[[ $1 == low ]]`, `test -d venv`.
fn test(expand: &Expand, text: &str) -> Option<bool> {
    let text = text.trim();
    let double = text.strip_prefix("[[ ").and_then(|rest| rest.strip_suffix(" ]]"));
    let single = || text.strip_prefix("[ ").and_then(|rest| rest.strip_suffix(" ]")).or(text.strip_prefix("test "));
    let inside = double.or_else(single)?;
    let mut words = shell::pieces(inside)?;
    let negated = words.first() == Some(&"!");
    if negated {
        words.remove(0);
    }
    let value = |word: &str| {
        let value = expand.plain(word, &expand.context.folder)?;
        let quoted = word.starts_with(['"', '\'']);
        // Without quotes nothing is left of an empty word, and the test asks something else.
        (quoted || double.is_some() || !(value.is_empty() || value.contains(' '))).then_some(value)
    };
    let found = match words.as_slice() {
        [word] => !value(word)?.is_empty(),
        ["-n", word] => !value(word)?.is_empty(),
        ["-z", word] => value(word)?.is_empty(),
        ["-d", word] => file(expand, &value(word)?)?.is_dir(),
        ["-f", word] => file(expand, &value(word)?)?.is_file(),
        ["-e", word] => file(expand, &value(word)?)?.exists(),
        [left, "=" | "==", right] if !right.contains(['*', '?', '[']) => value(left)? == value(right)?,
        [left, "!=", right] if !right.contains(['*', '?', '[']) => value(left)? != value(right)?,
        _ => return None,
    };
    Some(found != negated)
}

/// `"%1"=="low"`, `not defined X`, `exist venv`.
fn comparison(expand: &Expand, text: &str) -> Option<bool> {
    let (mut rest, mut negated, mut any_case) = (text.trim(), false, false);
    while let Some((word, behind)) = rest.split_once(' ') {
        match word.to_ascii_lowercase().as_str() {
            "not" => negated = !negated,
            "/i" => any_case = true,
            _ => break,
        }
        rest = behind.trim_start();
    }
    let found = match rest.split_once(' ') {
        Some((word, name)) if word.eq_ignore_ascii_case("defined") => !expand.outside(name.trim())?.is_empty(),
        Some((word, path)) if word.eq_ignore_ascii_case("exist") => {
            file(expand, expand.batch(path)?.trim().trim_matches('"'))?.exists()
        }
        _ => {
            let (left, right) = rest.split_once("==")?;
            let (left, right) = (expand.batch(left.trim())?, expand.batch(right.trim())?);
            if any_case { left.eq_ignore_ascii_case(&right) } else { left == right }
        }
    };
    Some(found != negated)
}

/// A file that a condition names; `None` where nobody knows in which folder it is looked for.
fn file(expand: &Expand, name: &str) -> Option<PathBuf> {
    let context = expand.context;
    let moves = |step: &Step| match step {
        Step::Command(command) => command.words.first().is_some_and(|word| {
            let name = word.text.to_ascii_lowercase();
            ["cd", "chdir", "pushd", "popd"].contains(&name.as_str())
        }),
        Step::Assign(_) => false,
    };
    let path = context.host.path(&context.folder, name);
    let whole = PathBuf::from(name).is_absolute();
    (whole || !context.script.steps.iter().any(moves)).then_some(path)
}
