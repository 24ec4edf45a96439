//! Pages of rules as Markdown, and the table that leads to them.

use std::fmt::Write as _;

use super::{changed, command};
use crate::fix::Remedy;
use crate::rules::{RULES, Rule};

/// The families in the order of the table, with what they are about.
const FAMILIES: [(&str, &str); 12] = [
    ("LAUNCH", "Starts of ComfyUI and their flags"),
    ("ENV", "Variables"),
    ("WF", "Workflows"),
    ("MODEL", "Model files"),
    ("MEM", "Memory"),
    ("GPU", "Cards and drivers"),
    ("PERF", "Time"),
    ("SEC", "Who can get in, and what gets out"),
    ("INPUT", "Files that cannot be read as what they are"),
    ("CONF", "Suppressions and wanlint.toml"),
    ("LOG", "Logs (`wanlint log`)"),
    ("", "Others"),
];

/// The name of a page's file.
pub fn file_name(rule: &Rule) -> String {
    format!("{}-{}.md", rule.code, rule.name)
}

/// One rule.
pub fn page(rule: &Rule) -> String {
    let mut out = format!("# {} {}\n\n{}.\n\n", rule.code, rule.name, escaped(rule.title));
    let _ = writeln!(out, "{}, since wanlint {}{}. {}\n", rule.severity, rule.since, off(rule), fixable(rule));
    section(&mut out, "Why", &escaped(rule.why));
    section(&mut out, "What it says", &quoted(rule.message));
    section(&mut out, "What to do", &escaped(rule.help));
    section(&mut out, "Fixes", &remedies(rule.remedies));
    let allow = format!("Allow it where it stands with `wanlint: allow {} - reason`.", rule.name);
    let exceptions = rule.exceptions.trim();
    let told = exceptions.contains("wanlint: allow");
    section(
        &mut out,
        "Exceptions",
        &if told { escaped(exceptions) } else { format!("{}\n\n{allow}", escaped(exceptions)) },
    );
    examples(&mut out, "Fires on", rule.bad);
    examples(&mut out, "Silent on", rule.good);
    let evidence: Vec<String> = rule.evidence.iter().map(|line| format!("- {}", escaped(line))).collect();
    section(&mut out, "Evidence", &evidence.join("\n"));
    out.truncate(out.trim_end().len());
    out + "\n"
}

/// All rules by family, each with a link to its page.
pub fn index() -> String {
    let mut out = "# Rules\n\n".to_owned();
    let _ = writeln!(
        out,
        "{} rules, a page each. `wanlint rule CODE` prints the same. Written by `wanlint rule --all --output-format markdown -o docs/rules` \
         from the files below `rules/`.",
        RULES.len()
    );
    for (family, about) in FAMILIES {
        let known = |rule: &&Rule| FAMILIES.iter().any(|(name, _)| *name == rule.family());
        let rules: Vec<&Rule> = match family {
            "" => RULES.iter().filter(|rule| !known(rule)).collect(),
            _ => RULES.iter().filter(|rule| rule.family() == family).collect(),
        };
        if rules.is_empty() {
            continue;
        }
        let _ = write!(out, "\n## {about}\n\n| rule | severity | fix | |\n|---|---|---|---|\n");
        for rule in rules {
            let _ = writeln!(
                out,
                "| [{} {}]({}) | {}{} | {} | {} |",
                rule.code,
                rule.name,
                file_name(rule),
                rule.severity,
                off(rule),
                grades(rule),
                escaped(rule.title).replace('|', "\\|")
            );
        }
    }
    out
}

fn off(rule: &Rule) -> &'static str {
    if rule.default { "" } else { ", off by default" }
}

/// `safe, display`.
fn grades(rule: &Rule) -> String {
    let mut grades: Vec<_> = rule.remedies.iter().map(|remedy| remedy.grade).collect();
    grades.sort_unstable();
    grades.dedup();
    grades.iter().map(|grade| grade.name()).collect::<Vec<_>>().join(", ")
}

fn fixable(rule: &Rule) -> String {
    match grades(rule) {
        none if none.is_empty() => "No fix.".to_owned(),
        grades => format!("Fix: {grades}."),
    }
}

fn section(out: &mut String, heading: &str, text: &str) {
    if !text.trim().is_empty() {
        let _ = write!(out, "## {heading}\n\n{}\n\n", text.trim());
    }
}

fn quoted(text: &str) -> String {
    escaped(text.trim()).lines().map(|line| format!("> {line}\n")).collect()
}

fn remedies(all: &[Remedy]) -> String {
    let line = |remedy: &Remedy| format!("- {}: {}\n", remedy.grade.name(), escaped(remedy.title));
    all.iter().map(line).collect()
}

/// Text in which only backquotes and addresses mean something.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (index, part) in text.trim().split('`').enumerate() {
        if index > 0 {
            out.push('`');
        }
        match index % 2 {
            1 => out.push_str(part),
            _ => part.split_inclusive(' ').for_each(|word| push(&mut out, word)),
        }
    }
    out
}

fn push(out: &mut String, word: &str) {
    if word.starts_with("https://") {
        out.push_str(word);
        return;
    }
    for letter in word.chars() {
        if matches!(letter, '*' | '_' | '<' | '[' | '\\') {
            out.push('\\');
        }
        out.push(letter);
    }
}

fn examples(out: &mut String, heading: &str, examples: &[&str]) {
    let _ = write!(out, "## {heading}\n\n");
    for example in examples {
        let Ok(example) = toml::from_str::<toml::Table>(example) else { continue };
        let _ = writeln!(out, "`{}`\n", command(&example));
        for (name, text) in example.get("files").and_then(toml::Value::as_table).into_iter().flatten() {
            block(out, name, text.as_str().unwrap_or("(made for the test)"));
        }
        if let Some(log) = example.get("log").and_then(toml::Value::as_str) {
            block(out, "comfyui.log", log);
        }
        if let Some(workflow) = example.get("workflow").and_then(toml::Value::as_table) {
            let _ = writeln!(out, "`workflow.json`: `{}`\n", changed(workflow));
        }
        for (path, what) in example.get("models").and_then(toml::Value::as_table).into_iter().flatten() {
            let _ = writeln!(out, "`models/{path}`: {}\n", what.as_str().unwrap_or("made for the test"));
        }
        outcome(out, &example);
    }
}

/// What the fix makes of an example.
fn outcome(out: &mut String, example: &toml::Table) {
    for (place, text) in example.get("fixed").and_then(toml::Value::as_table).into_iter().flatten() {
        match text.as_str().filter(|_| example.get("files").is_some_and(|files| files.get(place).is_some())) {
            Some(text) => block(out, &format!("{place}, mended"), text),
            None => drop(writeln!(out, "Mended: `{place} = {text}`\n")),
        }
    }
    for gone in example.get("gone").and_then(toml::Value::as_array).into_iter().flatten() {
        let _ = writeln!(out, "Mended: `{}` is gone\n", gone.as_str().unwrap_or_default());
    }
    if let Some(why) = example.get("not_fixed").and_then(toml::Value::as_str) {
        let _ = writeln!(out, "Not mended: {}\n", escaped(why));
    }
}

/// A file as it stands, within a fence that is longer than any in it.
fn block(out: &mut String, name: &str, text: &str) {
    let text = text.trim_matches(['\r', '\n']).replace("\r\n", "\n");
    let mut fence = "```".to_owned();
    while text.contains(&fence) {
        fence.push('`');
    }
    let _ = write!(out, "`{name}`:\n\n{fence}\n{text}\n{fence}\n\n");
}
