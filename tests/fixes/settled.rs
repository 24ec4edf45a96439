//! What holds of every run of `wanlint check --fix`, whatever the files: nothing but the bytes changes that the reports promise, no
//! file is broken, no error comes in, and a second run has nothing left to do.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;
use wanlint::catalog::nodes::Catalog;
use wanlint::cli::{Streams, run};
use wanlint::discover::Kind;
use wanlint::project::interpret;
use wanlint::read::script::Step;
use wanlint::source::Source;

/// Everything below a folder but model files, which are never written and may be as large as real ones.
pub type Tree = BTreeMap<String, Vec<u8>>;

/// Runs the fixes in a folder and looks at what they did; how many were made. `None` when there is nothing to check.
pub fn hold(folder: &Path, args: &[String], unsafe_too: bool) -> Result<Option<usize>, String> {
    let Some(first) = report(folder, args, &[]) else { return Ok(None) };
    let before = tree(folder);
    let fix: &[&str] = if unsafe_too { &["--fix", "--unsafe-fixes"] } else { &["--fix"] };
    let fixed = report(folder, args, fix).ok_or("the fixes end with an error")?;
    let after = tree(folder);
    let made = made(&fixed);
    let told = |why: String| format!("{why}\nmade: {made:#?}\n{}", shown(&before, &after));
    no_worse(&first, &fixed).map_err(told)?;
    parses(&before, &after).map_err(told)?;
    // What the engine tried together and took back it makes one by one.
    let promised = |most| promised(folder, args, (&first, &made, most), (&before, &after));
    promised(usize::MAX).or_else(|why| promised(1).map_err(|_| why)).map_err(told)?;
    let again = report(folder, args, fix).ok_or("a second run ends with an error")?;
    if tree(folder) != after || again["summary"]["applied"] != 0 {
        return Err(told(format!("a second run does more: {:#?}", self::made(&again))));
    }
    Ok(Some(made.len()))
}

/// `wanlint check` in this process; its JSON report, where there is something to check.
fn report(folder: &Path, args: &[String], more: &[&str]) -> Option<Value> {
    let mut words = ["wanlint", "check", "--no-detect", "--output-format", "json"].map(str::to_owned).to_vec();
    words.extend(args.iter().cloned().chain(more.iter().map(|word| (*word).to_owned())));
    words.push(folder.display().to_string());
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = run(
        words.iter().map(Into::into),
        &mut Streams { out: Box::new(&mut out), err: Box::new(&mut err), terminal: false },
    );
    (code < 2).then(|| serde_json::from_slice(&out).unwrap())
}

/// A fix that was made: code, path, line, title.
type Made = (String, String, u64, String);

fn made(report: &Value) -> Vec<Made> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let applied = report["fixes"].as_array().unwrap().iter().filter(|fix| fix["applied"] == true);
    let one =
        |fix: &Value| (text(&fix["code"]), text(&fix["path"]), fix["line"].as_u64().unwrap(), text(&fix["title"]));
    applied.map(one).collect()
}

fn findings(report: &Value) -> &[Value] {
    report["findings"].as_array().unwrap()
}

/// No error is found that was not there, and no more files are broken.
fn no_worse(first: &Value, fixed: &Value) -> Result<(), String> {
    let count = |report: &Value| {
        let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
        let bad = |one: &&Value| one["severity"] == "error" || one["code"].as_str().unwrap().starts_with("INPUT");
        for one in findings(report).iter().filter(bad) {
            *counts.entry((one["code"].to_string(), one["path"].to_string())).or_default() += 1;
        }
        counts
    };
    let (old, new) = (count(first), count(fixed));
    let more = new.iter().find(|(key, count)| old.get(key).unwrap_or(&0) < count);
    more.map_or(Ok(()), |(key, _)| Err(format!("the fixes bring {key:?}")))
}

/// What another reader took for JSON stays JSON, and what was text in UTF-8 stays that.
fn parses(before: &Tree, after: &Tree) -> Result<(), String> {
    for (name, old) in before {
        let new = after.get(name).ok_or_else(|| format!("{name} is gone"))?;
        let json = |bytes: &[u8]| serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok();
        if name.ends_with(".json") && json(old) && !json(new) {
            return Err(format!("{name} is JSON no longer"));
        }
        if std::str::from_utf8(old).is_ok() && std::str::from_utf8(new).is_err() {
            return Err(format!("{name} is UTF-8 no longer"));
        }
    }
    if before.len() == after.len() { Ok(()) } else { Err("a file is left behind".to_owned()) }
}

/// Makes by hand what the reports promise, and compares. Fixes that were found only after others are looked for in the report about
/// the files as they are with those.
fn promised(
    folder: &Path,
    args: &[String],
    (first, made, most): (&Value, &[Made], usize),
    (before, after): (&Tree, &Tree),
) -> Result<(), String> {
    let (mut files, mut left, mut report) = (before.clone(), made.to_vec(), first.clone());
    let mut touched = Touched::default();
    while !left.is_empty() {
        let edits = edits(&report, folder, &mut left, most);
        if edits.is_empty() {
            return Err(format!("no report offers {:?}", left[0]));
        }
        for (name, start, end, text) in edits {
            let bytes = files.get_mut(&name).ok_or_else(|| format!("{name} is not there"))?;
            touched.note(&bytes[start..end], &text);
            let text = if bytes.starts_with(b"\xff\xfe") { utf16(&text) } else { text.into_bytes() };
            bytes.splice(start..end, text);
        }
        if !left.is_empty() {
            write(folder, &files);
            report = self::report(folder, args, &[]).ok_or("the files cannot be checked between two fixes")?;
        }
    }
    write(folder, after);
    if files != *after {
        return Err(format!("other bytes were promised:\n{}", shown(after, &files)));
    }
    let mut scripts = before.iter().filter(|_| made.iter().all(only_words));
    scripts.try_for_each(|(name, old)| touched.explains(name, old, &after[name]))
}

/// A fix that takes words away or writes others in their place. Others make a script read otherwise: words come to a start that were
/// a command of their own, or are expanded.
fn only_words((_, _, _, title): &Made) -> bool {
    !title.starts_with("Delete the blanks") && ["Delete ", "Lower "].iter().any(|verb| title.starts_with(verb))
}

/// What the edits take away and write, without the signs that glue lines and words.
#[derive(Default)]
struct Touched {
    gone: Vec<String>,
    new: Vec<String>,
}

impl Touched {
    fn note(&mut self, old: &[u8], new: &str) {
        self.gone.push(bare(&String::from_utf8_lossy(old)));
        self.new.push(bare(new));
    }

    /// Every word that starts and other commands of a script lose or get is one of the edits.
    fn explains(&self, name: &str, old: &[u8], new: &[u8]) -> Result<(), String> {
        let (Some(old), Some(new)) = (words(name, old), words(name, new)) else { return Ok(()) };
        for (old, new) in old.iter().zip(&new) {
            let part = |list: &[String], word: &str| {
                list.iter().filter(|one| !one.is_empty()).any(|one| one.contains(word) || word.contains(one.as_str()))
            };
            if let Some(word) = old.difference(new).find(|word| !part(&self.gone, word)) {
                return Err(format!("{name} loses {word:?}"));
            }
            // What is left of a word when a part of it goes.
            let rest = |word: &str| {
                self.gone
                    .iter()
                    .filter(|gone| !gone.is_empty())
                    .any(|gone| old.iter().any(|old| old.replacen(gone, "", 1) == word))
            };
            if let Some(word) = new.difference(old).find(|word| !part(&self.new, word) && !rest(word)) {
                return Err(format!("{name} gets {word:?}"));
            }
        }
        Ok(())
    }
}

fn bare(text: &str) -> String {
    text.replace(['\0', '^', '\\', '`', '\r', '\n', '"', '\'', ' ', '\t'], "")
}

/// The words of all starts of a script, their variables, and the words of its other commands.
fn words(name: &str, bytes: &[u8]) -> Option<[BTreeSet<String>; 3]> {
    let kind = Kind::of(Path::new(name)).filter(|kind| matches!(kind, Kind::Script(_)))?;
    let utf16 = bytes.starts_with(b"\xff\xfe");
    let file = interpret(Source::from_bytes(name, bytes.to_vec()), kind, true, true, &Catalog::default())?;
    let script = file.script().filter(|_| !utf16)?;
    let starts = script.launches.iter().flat_map(|launch| &launch.args).map(|word| bare(&word.text));
    let others = script.script.steps.iter().filter_map(|step| match step {
        Step::Command(command) => {
            let start = script.launches.iter().any(|launch| launch.span == command.span);
            (!start).then_some(&command.words)
        }
        Step::Assign(_) => None,
    });
    let env = script.launches.iter().flat_map(|launch| &launch.env);
    let env = env.flat_map(|var| [bare(&var.name.text), bare(&var.value.text)]);
    Some([starts.collect(), env.collect(), others.flatten().map(|word| bare(&word.text)).collect()])
}

/// File, start, end and text.
type Edit = (String, usize, usize, String);

/// The edits of those fixes that a report offers, the last first; they are taken from the list up to the first that is not offered or
/// changes the same bytes as one in front of it, and no more than `most`.
fn edits(report: &Value, folder: &Path, left: &mut Vec<Made>, most: usize) -> Vec<Edit> {
    let (mut used, mut all) = (Vec::new(), Vec::<Edit>::new());
    while let Some((code, path, line, title)) = left.first().filter(|_| used.len() < most) {
        let offers = findings(report).iter().enumerate().find_map(|(index, one)| {
            let mine = !used.contains(&index)
                && one["code"] == **code
                && one["path"] == **path
                && one["start"]["line"] == *line;
            let fixes = one["fixes"].as_array().unwrap();
            let fix = fixes.iter().find(|fix| fix["title"] == **title && fix["grade"] != "display");
            fix.filter(|_| mine).map(|fix| (index, parts(fix, folder)))
        });
        let Some((index, parts)) = offers else { break };
        // As the engine has it: what only stands next to each other is mended together.
        let touch = |one: &Edit, two: &Edit| one.0 == two.0 && (one.1 == two.1 || (one.1 < two.2 && two.1 < one.2));
        let apart = |one: &Edit| !all.iter().any(|two| touch(one, two));
        if !parts.iter().all(apart) {
            break;
        }
        used.push(index);
        all.extend(parts);
        left.remove(0);
    }
    all.sort();
    all.reverse();
    all
}

fn parts(fix: &Value, folder: &Path) -> Vec<Edit> {
    let part = |edit: &Value| {
        let path = Path::new(edit["path"].as_str().unwrap()).strip_prefix(folder).unwrap();
        let [start, end] = ["start", "end"].map(|key| edit[key].as_u64().unwrap() as usize);
        (path.to_str().unwrap().to_owned(), start, end, edit["text"].as_str().unwrap().to_owned())
    };
    fix["edits"].as_array().unwrap().iter().map(part).collect()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

pub fn write(folder: &Path, files: &Tree) {
    for (name, bytes) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

pub fn tree(folder: &Path) -> Tree {
    let mut tree = Tree::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true if path.ends_with("models") => {}
                true => open.push(path),
                false => {
                    let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                    tree.insert(name, std::fs::read(&path).unwrap());
                }
            }
        }
    }
    tree
}

/// The files that differ, escaped: what is wrong is often a blank.
fn shown(before: &Tree, after: &Tree) -> String {
    let text = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).escape_debug().to_string();
        if text.len() > 4000 { "(long)".to_owned() } else { text }
    };
    let changed = before.iter().filter(|(name, old)| after.get(*name) != Some(*old));
    let one = |(name, old): (&String, &Vec<u8>)| {
        format!("--- {name}\n{}\n+++\n{}\n", text(old), after.get(name).map(|new| text(new)).unwrap_or_default())
    };
    changed.map(one).collect()
}

/// A folder of its own; where there is a disk in memory, flushing costs nothing.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}
