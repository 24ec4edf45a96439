//! What a variant changes, as it is written: `--flag`, `--flag value`, `!--flag`, `X=1`, `!X`, `NODE.input=value`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::catalog::flags::{self, Arity};

/// One change against the baseline.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Change {
    /// A flag of the start: added, or given other values.
    Flag {
        /// Its name with the dashes.
        name: String,
        /// Its values.
        #[serde(default)]
        values: Vec<String>,
    },
    /// A flag that is taken out.
    NoFlag {
        /// Its name with the dashes.
        name: String,
    },
    /// A variable of the environment.
    Env {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
    /// A variable that is taken out.
    NoEnv {
        /// Its name.
        name: String,
    },
    /// A value of the workflow: `NODE.input=value`, as `wanlint run --set` takes it.
    Input {
        /// The whole of it.
        set: String,
    },
}

impl fmt::Display for Change {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag { name, values } if values.is_empty() => out.write_str(name),
            Self::Flag { name, values } => write!(out, "{name} {}", values.join(" ")),
            Self::NoFlag { name } | Self::NoEnv { name } => write!(out, "!{name}"),
            Self::Env { name, value } => write!(out, "{name}={value}"),
            Self::Input { set } => out.write_str(set),
        }
    }
}

impl Change {
    /// It is about the start, so that another server is needed for it.
    pub const fn needs_restart(&self) -> bool {
        !matches!(self, Self::Input { .. })
    }

    /// What it is about: two changes of the same thing contradict each other.
    fn subject(&self) -> &str {
        match self {
            Self::Flag { name, .. } | Self::NoFlag { name } | Self::Env { name, .. } | Self::NoEnv { name } => name,
            Self::Input { set } => set.split_once('=').map_or(set, |(slot, _)| slot),
        }
    }
}

/// Takes a flag with its values out of some arguments, however it is written there; whether it was there.
pub fn without_flag(args: &mut Vec<String>, name: &str) -> bool {
    let most = flags::lookup(name).and_then(|spec| spec.shape(None)).map_or(1, |shape| most_values(shape.arity));
    let is_it = |arg: &String| whole(arg.split_once('=').map_or(arg.as_str(), |(flag, _)| flag)) == name;
    let before = args.len();
    while let Some(at) = args.iter().position(|arg| arg.starts_with("--") && is_it(arg)) {
        let values = if args[at].contains('=') { 0 } else { most };
        let more = args.iter().skip(at + 1).take(values).take_while(|word| is_value(word)).count();
        args.drain(at..=at + more);
    }
    args.len() < before
}

/// A variant as it is written on the command line: `NAME: CHANGE CHANGE ...`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated {
    /// Its name.
    pub name: String,
    /// What is changed.
    pub changes: Vec<Change>,
}

impl FromStr for Stated {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let how = "write it as NAME: CHANGES, as in \"sage: --use-sage-attention\" or \"less: !--reserve-vram X=1 98.length=49\"";
        let (name, rest) = text.split_once(':').ok_or_else(|| format!("--variant '{text}': {how}"))?;
        Self::new(name, &words(rest).map_err(|why| format!("--variant '{}': {why}", name.trim()))?)
            .map_err(|why| format!("--variant '{}': {why}", name.trim()))
    }
}

impl Stated {
    /// A variant of a name and its changes one by one, as a configuration has them.
    ///
    /// # Errors
    /// As [`Stated::new`].
    pub fn listed(name: &str, changes: &[String]) -> Result<Self, String> {
        let mut all = Vec::new();
        for change in changes {
            // Only a flag has values behind it; titles of nodes have blanks.
            match change.trim_start().starts_with('-') {
                true => all.extend(words(change)?),
                false => all.push(change.trim().to_owned()),
            }
        }
        Self::new(name, &all)
    }

    /// A variant of a name and the words of its changes.
    ///
    /// # Errors
    /// Half a sentence about the word that is no change.
    pub fn new(name: &str, words: &[String]) -> Result<Self, String> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > MOST_LETTERS || name.chars().any(char::is_control) {
            return Err(format!("a name has 1 to {MOST_LETTERS} letters"));
        }
        let changes = changes(words)?;
        match changes.as_slice() {
            [] => Err("it changes nothing: the baseline runs anyway".to_owned()),
            _ => Ok(Self { name: name.to_owned(), changes }),
        }
    }
}

/// Most letters of a name: it heads a row of a table.
const MOST_LETTERS: usize = 60;

/// Words as a shell parts them: quotes hold blanks together.
fn words(text: &str) -> Result<Vec<String>, String> {
    let (mut all, mut word, mut open): (Vec<String>, Option<String>, Option<char>) = (Vec::new(), None, None);
    for letter in text.chars() {
        match (letter, open) {
            (quote, Some(opened)) if quote == opened => open = None,
            ('"' | '\'', None) => {
                open = Some(letter);
                word.get_or_insert_default();
            }
            (blank, None) if blank.is_whitespace() => all.extend(word.take()),
            (letter, _) => word.get_or_insert_default().push(letter),
        }
    }
    all.extend(word);
    match open {
        Some(quote) => Err(format!("the quote {quote} is not closed")),
        None => Ok(all),
    }
}

fn changes(words: &[String]) -> Result<Vec<Change>, String> {
    let mut all: Vec<Change> = Vec::new();
    let mut rest = words;
    while let Some((first, more)) = rest.split_first() {
        let (change, taken) = change(first, more)?;
        if let Some(other) = all.iter().find(|other| other.subject() == change.subject()) {
            return Err(format!("both '{other}' and '{change}' are about {}", change.subject()));
        }
        all.push(change);
        rest = more.get(taken..).unwrap_or_default();
    }
    Ok(all)
}

/// The change that a word begins, and how many of the next ones belong to it.
fn change(word: &str, next: &[String]) -> Result<(Change, usize), String> {
    if let Some(name) = word.strip_prefix('!') {
        return without(name).map(|change| (change, 0));
    }
    if word.starts_with('-') {
        return flag(word, next);
    }
    let Some((name, value)) = word.split_once('=') else {
        return Err(format!(
            "'{word}' is no change: flags begin with --, '!' takes one out, X=1 is a variable, NODE.input=value a value of the workflow"
        ));
    };
    match (is_variable(name), name.rsplit_once('.')) {
        (true, _) => Ok((Change::Env { name: name.to_owned(), value: value.to_owned() }, 0)),
        (false, Some((node, input))) if !node.is_empty() && !input.is_empty() => {
            Ok((Change::Input { set: word.to_owned() }, 0))
        }
        _ => Err(format!("'{name}' is neither the name of a variable nor NODE.input")),
    }
}

fn without(name: &str) -> Result<Change, String> {
    match name {
        _ if name.starts_with("--") && name.contains('=') => {
            Err(format!("'!{name}': a flag is taken out with all its values: write it without '='"))
        }
        _ if name.starts_with("--") => Ok(Change::NoFlag { name: whole(name) }),
        _ if is_variable(name) => Ok(Change::NoEnv { name: name.to_owned() }),
        _ => Err(format!("'!{name}': '!' takes out a flag (!--reserve-vram) or a variable (!X)")),
    }
}

fn is_variable(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|letter| letter.is_ascii_alphabetic() || letter == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// The whole name of a flag that is written short, where only one begins so.
fn whole(name: &str) -> String {
    match flags::by_prefix(name).as_slice() {
        _ if flags::lookup(name).is_some() => name.to_owned(),
        [only] => only.name.to_owned(),
        _ => name.to_owned(),
    }
}

fn flag(word: &str, next: &[String]) -> Result<(Change, usize), String> {
    let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
    let name = whole(name);
    let spec = flags::lookup(&name);
    if spec.is_none()
        && let Some(near) = flags::nearest(&name)
    {
        return Err(format!("no ComfyUI has a flag {name}: {near} is meant?"));
    }
    let most = spec.and_then(|spec| spec.shape(None)).map_or(1, |shape| most_values(shape.arity));
    if let Some(value) = value {
        return match most {
            0 => Err(format!("{name} takes no value")),
            _ => Ok((Change::Flag { name, values: vec![value.to_owned()] }, 0)),
        };
    }
    let values: Vec<String> = next.iter().take(most).take_while(|word| is_value(word)).cloned().collect();
    let taken = values.len();
    Ok((Change::Flag { name, values }, taken))
}

/// A word that stands behind a flag is its value unless it begins a change of its own. `-1` is a number.
fn is_value(word: &str) -> bool {
    let number = word.parse::<f64>().is_ok();
    let assigns = word.split_once('=').is_some_and(|(name, _)| is_variable(name) || name.contains('.'));
    number || !(word.starts_with('-') || word.starts_with('!') || assigns)
}

const fn most_values(arity: Arity) -> usize {
    match arity {
        Arity::None => 0,
        Arity::One | Arity::Optional => 1,
        Arity::Any | Arity::Some => usize::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Stated, String> {
        text.parse()
    }

    fn words_of(text: &str) -> Vec<String> {
        read(text).unwrap().changes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn changes_are_read() {
        assert_eq!(words_of("sage: --use-sage-attention"), ["--use-sage-attention"]);
        assert_eq!(words_of("a: --use-sage-attention X=1 !Y"), ["--use-sage-attention", "X=1", "!Y"]);
        assert_eq!(words_of("no reserve: !--reserve-vram"), ["!--reserve-vram"]);
        assert_eq!(words_of("r: --reserve-vram=2 98.length=49"), ["--reserve-vram 2", "98.length=49"]);
        assert_eq!(
            words_of("r: --reserve-vram 2 --fast fp16_accumulation"),
            ["--reserve-vram 2", "--fast fp16_accumulation"]
        );
        assert_eq!(words_of("t: \"KSampler (Advanced).cfg=1.5\""), ["KSampler (Advanced).cfg=1.5"]);
        let name = read("t: '129:86.cfg=1' X=").unwrap();
        assert_eq!((name.name.as_str(), name.changes.len()), ("t", 2));
        assert!(!name.changes[0].needs_restart() && name.changes[1].needs_restart());
    }

    #[test]
    fn what_is_no_change_is_refused() {
        for (text, why) in [
            ("--use-sage-attention", "write it as NAME: CHANGES"),
            (": --lowvram", "a name has 1 to 60 letters"),
            ("x:", "it changes nothing"),
            ("x: word", "'word' is no change"),
            ("x: --use-sage-atention", "--use-sage-attention is meant?"),
            ("x: --lowvram=1", "--lowvram takes no value"),
            ("x: !word!", "'!' takes out a flag"),
            ("x: !--reserve-vram=4", "write it without '='"),
            ("x: X=1 X=2", "are about X"),
            ("x: --lowvram !--lowvram", "are about --lowvram"),
            ("x: 98.=1", "neither the name of a variable nor NODE.input"),
            ("x: 'open", "the quote ' is not closed"),
        ] {
            let said = read(text).unwrap_err();
            assert!(said.contains(why), "{text}: {said}");
        }
    }

    #[test]
    fn flags_are_taken_out_with_their_values() {
        let out = |args: &str, name: &str| {
            let mut args: Vec<String> = args.split(' ').map(str::to_owned).collect();
            let found = without_flag(&mut args, name);
            (found, args.join(" "))
        };
        assert_eq!(
            out("--normalvram --reserve-vram 4 --port 1", "--reserve-vram"),
            (true, "--normalvram --port 1".to_owned())
        );
        assert_eq!(out("--reserve-vram=4 --port 1 --reserve-vram 2", "--reserve-vram"), (true, "--port 1".to_owned()));
        assert_eq!(out("--fast fp16_accumulation cublas_ops --port 1", "--fast"), (true, "--port 1".to_owned()));
        assert_eq!(out("--lowvram --port 1", "--reserve-vram"), (false, "--lowvram --port 1".to_owned()));
    }
}
