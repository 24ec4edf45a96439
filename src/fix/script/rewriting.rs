//! Assignments as their languages want them.

use super::reading::{Said, Wanted, holds};
use super::variables::{self, assign, line};
use super::{Change, Text, changed};
use crate::fix::Refusal;
use crate::read::script::{Assign, Command, Dialect, Script, Step, Word};
use crate::span::Span;

/// What stands at the place becomes an assignment that ComfyUI sees.
pub(super) fn rewrite(of: &Text, at: Span) -> Result<Vec<Change>, Refusal> {
    match of.dialect {
        Dialect::Batch => variables::rewrite(of, at),
        Dialect::Shell => shell(of, at),
        Dialect::PowerShell => powershell(of, at),
        Dialect::Dotenv => dotenv(of, at),
        Dialect::Dockerfile => dockerfile(of, at),
        _ => Err("there is one way to set a variable here".to_owned()),
    }
}

fn command<'a>(of: &'a Text, at: Span) -> Result<&'a Command, Refusal> {
    let mut steps = of.script.script.steps.iter();
    let found = steps.find_map(|step| match step {
        Step::Command(command) if command.span == at => Some(command),
        _ => None,
    });
    found.ok_or_else(|| "no command stands there".to_owned())
}

/// `X = 1`, `X =1`, `X= 1` and `export X = 1` become `export X=1`.
fn shell(of: &Text, at: Span) -> Result<Vec<Change>, Refusal> {
    let command = command(of, at)?;
    let words: Vec<&Word> = command.words.iter().skip_while(|word| word.text == "export").collect();
    let (name, value) = match (command.env.as_slice(), words.as_slice()) {
        ([], [name, sign, value]) if sign.text == "=" => (*name, (*value).clone()),
        ([], [name, value]) => (*name, after_sign(value)?),
        ([empty], [value]) if empty.value.text.is_empty() => (&empty.name, (*value).clone()),
        _ => return Err("it is not plain which word is the value".to_owned()),
    };
    let written = of.text.get(value.span.range()).unwrap_or_default();
    let own = command.env.iter().fold(at, |all, own| all.to(own.span));
    let new = format!("export {}={written}", name.text);
    gone(of, vec![(own, new)], at, (&name.text, &value))
}

/// The value of `=1`.
fn after_sign(word: &Word) -> Result<Word, Refusal> {
    let bare = word.text.strip_prefix('=').filter(|value| !value.is_empty()).ok_or("it has no value")?;
    let span = word.part(1, word.text.len());
    match span.range().len() == bare.len() {
        true => Ok(Word { text: bare.to_owned(), span, known: word.known, at: word.at[1..].to_vec() }),
        false => Err("the value is not written in one piece".to_owned()),
    }
}

/// `$X = 1` and `set X=1` become variables of the environment.
fn powershell(of: &Text, at: Span) -> Result<Vec<Change>, Refusal> {
    if let Ok(assign) = assign(of, at) {
        let name = assign.name.text.as_str();
        let place = of.text[at.range()].starts_with('$').then_some(at.start + 1).ok_or("it is no plain variable")?;
        let uses = of.text.to_ascii_lowercase().matches(&format!("${}", name.to_ascii_lowercase())).count();
        if uses > 1 {
            return Err(format!("the script itself uses ${name}"));
        }
        let changes = vec![(Span::new(place, place), "env:".to_owned())];
        return seen(of, changes, &Wanted::SAME, (name, &assign.value));
    }
    let command = command(of, at)?;
    let [_, word] = command.words.as_slice() else { return Err("it is not plain which word is the value".to_owned()) };
    let (name, value) = word.text.split_once('=').ok_or("it has no value")?;
    if value.contains(['"', '$', '`']) || !word.known {
        return Err("the value would need quotes".to_owned());
    }
    let value = Word { text: value.to_owned(), ..word.clone() };
    gone(of, vec![(at, format!("$env:{name} = \"{}\"", value.text))], at, (name, &value))
}

/// `export X="1" # one` becomes `X=1`.
fn dotenv(of: &Text, at: Span) -> Result<Vec<Change>, Refusal> {
    let assign = assign(of, at)?;
    let (name, value) = (&assign.name.text, &assign.value.text);
    if value.is_empty() || value.contains(['"', '\'', '\\', '$', '#', '`', '\n']) || value.trim() != value {
        return Err("without quotes the value would be another one".to_owned());
    }
    let (own, lead, _) = line(of.text, at);
    if of.text[at.range()].contains('\n') || !lead.trim().is_empty() || own.end < at.end {
        return Err("something else stands on the line of the assignment".to_owned());
    }
    becomes(of, vec![(at, format!("{name}={value}"))], &Wanted::SAME, (name, &assign.value))
}

/// `RUN export X=1` becomes `ENV X=1`.
fn dockerfile(of: &Text, at: Span) -> Result<Vec<Change>, Refusal> {
    let built = of.script.script.containers.iter().flat_map(|container| &container.building);
    let mut built = built.filter_map(|step| match step {
        Step::Assign(assign) if assign.span == at => Some(assign),
        _ => None,
    });
    let assign: &Assign = built.next().ok_or("no plain assignment stands there")?;
    let (own, _, rest) = line(of.text, at);
    let head = &of.text[own.start as usize..assign.name.span.start as usize];
    let words: Vec<&str> = head.split_whitespace().collect();
    let run = matches!(words.as_slice(), [run, export] if run.eq_ignore_ascii_case("run") && *export == "export");
    if !run || !rest.trim().is_empty() || !assign.value.known {
        return Err("something else stands on the line of the assignment".to_owned());
    }
    let start = own.start + (head.len() - head.trim_start().len()) as u32;
    let changes = vec![(Span::new(start, assign.name.span.start), "ENV ".to_owned())];
    seen(of, changes, &Wanted::SAME, (&assign.name.text, &assign.value))
}

/// A command goes, and a variable comes.
fn gone(of: &Text, changes: Vec<Change>, at: Span, new: (&str, &Word)) -> Result<Vec<Change>, Refusal> {
    let command = |span: Span, words: Vec<Said>| (span != at).then_some(words);
    seen(of, changes, &Wanted { command: &command, ..Wanted::SAME }, new)
}

/// Some start sees the variable, and all else is as it was.
fn seen(
    of: &Text,
    changes: Vec<Change>,
    wanted: &Wanted,
    (name, value): (&str, &Word),
) -> Result<Vec<Change>, Refusal> {
    becomes(of, changes, &Wanted { seen: Some((name, &value.text)), ..*wanted }, (name, value))
}

/// The variable has the value, and all else is as it was.
fn becomes(
    of: &Text,
    changes: Vec<Change>,
    wanted: &Wanted,
    (name, value): (&str, &Word),
) -> Result<Vec<Change>, Refusal> {
    let names = [name.to_owned()];
    let after = changed(of.text, &changes).map(|text| crate::read::read(of.dialect, &text));
    let set = |script: Script| {
        script.steps.iter().any(|step| match step {
            Step::Assign(assign) => assign.name.text == name && assign.value.text == value.text,
            Step::Command(_) => false,
        })
    };
    match value.known && after.is_some_and(set) && holds(of, &changes, &Wanted { names: &names, ..*wanted }) {
        true => Ok(changes),
        false => Err("more than the variable would change".to_owned()),
    }
}
