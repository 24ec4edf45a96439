//! `wanlint rule`: a rule's page, or the table of all rules.

mod markdown;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::output::to_file;
use super::{CLEAN, Streams, written};
use crate::rules::{self, RULES, Rule, select};

/// Columns of a page, margin included.
const WIDTH: usize = 100;

/// Arguments of `wanlint rule`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Code or name; without it all rules are listed
    #[arg(conflicts_with = "all")]
    code: Option<String>,
    /// The pages of all rules
    #[arg(long)]
    all: bool,
    /// Format of the page or the table
    #[arg(long, value_enum, default_value_t = Format::Text)]
    output_format: Format,
    /// With --all: write a file for each page, and a table that leads to them, into this folder
    #[arg(short, long, value_name = "DIR", requires = "all")]
    output: Option<PathBuf>,
}

/// Formats of pages and tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a terminal
    Text,
    /// For a repository or a site
    Markdown,
}

/// Prints the page or the table, or writes all pages.
///
/// # Errors
/// When no rule has that code or name, or a page cannot be written.
pub fn run(arguments: &Arguments, streams: &mut Streams) -> Result<u8, String> {
    let one = if arguments.output_format == Format::Text { page } else { markdown::page };
    if let Some(folder) = &arguments.output {
        return match arguments.output_format {
            Format::Text => Err("-o writes Markdown: add --output-format markdown".to_owned()),
            Format::Markdown => write_all(folder).map(|()| CLEAN),
        };
    }
    let text = match &arguments.code {
        Some(code) => one(rules::find(code).ok_or_else(|| select::unknown(code))?),
        None if arguments.all => RULES.iter().map(one).collect::<Vec<_>>().join("\n"),
        None if arguments.output_format == Format::Markdown => markdown::index(),
        None => table(),
    };
    written(streams.out.write_all(text.as_bytes()))?;
    Ok(CLEAN)
}

/// Writes `CODE-name.md` for every rule, and README.md. Other files of the folder stay.
fn write_all(folder: &Path) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    let pages = RULES.iter().map(|rule| (markdown::file_name(rule), markdown::page(rule)));
    for (name, text) in pages.chain([("README.md".to_owned(), markdown::index())]) {
        to_file(&folder.join(name), |out| out.write_all(text.as_bytes()))?;
    }
    Ok(())
}

/// All rules, a line each.
pub fn table() -> String {
    let width = RULES.iter().map(|rule| rule.name.len()).max().unwrap_or_default();
    RULES.iter().fold(String::new(), |mut out, rule| {
        let severity = rule.severity.to_string();
        let _ = writeln!(out, "{:9} {severity:7} {:width$}  {}", rule.code, rule.name, rule.title);
        out
    })
}

/// One rule as text.
pub fn page(rule: &Rule) -> String {
    let mut out = format!("{} {} ({}, since {})\n{}\n", rule.code, rule.name, rule.severity, rule.since, rule.title);
    prose(&mut out, "Why", rule.why);
    prose(&mut out, "What it says", rule.message);
    prose(&mut out, "What to do", rule.help);
    prose(&mut out, "Exceptions", rule.exceptions);
    examples(&mut out, "Fires on", rule.bad);
    examples(&mut out, "Silent on", rule.good);
    prose(&mut out, "Evidence", &rule.evidence.join("\n"));
    out
}

fn prose(out: &mut String, heading: &str, text: &str) {
    if text.trim().is_empty() {
        return;
    }
    let margin = textwrap::Options::new(WIDTH).initial_indent("  ").subsequent_indent("  ");
    let _ = write!(out, "\n{heading}\n");
    for line in text.trim_end().lines() {
        let _ = writeln!(out, "{}", textwrap::fill(line, &margin));
    }
}

fn examples(out: &mut String, heading: &str, examples: &[&str]) {
    let _ = write!(out, "\n{heading}\n");
    for example in examples {
        let Ok(example) = toml::from_str::<toml::Table>(example) else { continue };
        let _ = writeln!(out, "  - {}", command(&example));
        for (name, text) in example.get("files").and_then(toml::Value::as_table).into_iter().flatten() {
            file(out, name, text.as_str().unwrap_or("(generated)"));
        }
        if let Some(log) = example.get("log").and_then(toml::Value::as_str) {
            file(out, "comfyui.log", log.trim());
        }
        if let Some(workflow) = example.get("workflow").and_then(toml::Value::as_table) {
            let _ = writeln!(out, "    workflow.json: {}", changed(workflow));
        }
    }
}

/// The facts that an example states.
fn command(example: &toml::Table) -> String {
    let args =
        example.get("args").and_then(toml::Value::as_array).into_iter().flatten().filter_map(toml::Value::as_str);
    let quoted = args.map(|arg| if arg.contains(' ') { format!("\"{arg}\"") } else { arg.to_owned() });
    let command = match (example.contains_key("log"), example.contains_key("workflow")) {
        (false, _) => "wanlint check",
        (true, false) => "wanlint log comfyui.log",
        (true, true) => "wanlint log comfyui.log --workflow workflow.json",
    };
    std::iter::once(command.to_owned()).chain(quoted).collect::<Vec<_>>().join(" ")
}

fn file(out: &mut String, name: &str, text: &str) {
    let lines: Vec<&str> = text.trim().lines().collect();
    match lines.as_slice() {
        [line] => {
            let _ = writeln!(out, "    {name}: {line}");
        }
        lines => {
            let _ = writeln!(out, "    {name}:");
            lines.iter().for_each(|line| {
                let _ = writeln!(out, "      {line}");
            });
        }
    }
}

/// `two-pass with 98.length = 33`.
fn changed(workflow: &toml::Table) -> String {
    let base = workflow.get("base").and_then(toml::Value::as_str).unwrap_or_default();
    let set = workflow.get("set").and_then(toml::Value::as_table).into_iter().flatten();
    let set: Vec<String> = set.map(|(input, value)| format!("{input} = {value}")).collect();
    let base = format!("fixtures/rules/base/{base}.api.json");
    if set.is_empty() { base } else { format!("{base} with {}", set.join(", ")) }
}
