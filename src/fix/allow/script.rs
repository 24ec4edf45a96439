//! Suppressions in scripts: a comment on the line above the command, in the language of the script.

use std::collections::BTreeMap;

use crate::discover::Kind;
use crate::facts::allow::{self, Scope};
use crate::fix::edit::spliced;
use crate::fix::{Edit, script};
use crate::project::{File, ScriptFile};
use crate::read::script::{Dialect, Script, Step};
use crate::read::{self, comment_at, compose};
use crate::source::Source;
use crate::span::Span;

/// A finding of the script: the code of its rule and where it begins.
pub(super) type Found<'a> = (&'a str, u32);

/// The comments for findings of a script, those at one place as one; `None` for findings that no comment covers.
pub(super) fn comments(file: &File, index: usize, found: &[Found], reason: &str) -> Vec<Option<Edit>> {
    let Kind::Script(dialect) = file.kind else { return vec![None; found.len()] };
    let places: Vec<Option<u32>> = found.iter().map(|found| place(file, dialect, *found, reason)).collect();
    let mut codes: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
    for (place, (code, _)) in places.iter().zip(found) {
        let codes = codes.entry(place.unwrap_or(u32::MAX)).or_default();
        if !codes.contains(code) {
            codes.push(code);
        }
    }
    let edit = |place: u32| {
        let text = comment(file, dialect, place, &codes[&place].join(", "), reason);
        Edit { file: index, span: Span::new(place, place), text }
    };
    places.into_iter().map(|place| place.map(edit)).collect()
}

/// Where the comment of a finding goes: at the beginning of a line.
fn place(file: &File, dialect: Dialect, found: Found, reason: &str) -> Option<u32> {
    if !is_plain(dialect, reason) {
        return None;
    }
    let mut places = places(file, dialect, found.1);
    places.find(|place| holds(file, dialect, found, *place, &comment(file, dialect, *place, found.0, reason)))
}

/// Texts that some reader of the script might obey in a comment, or continue on the next line.
fn is_plain(dialect: Dialect, reason: &str) -> bool {
    let obeyed = dialect == Dialect::Batch && reason.contains(['%', '!', '^', '&', '|', '<', '>']);
    !obeyed && !reason.ends_with(['\\', '`', '^'])
}

/// The beginnings of the lines above which a comment may cover an offset: of the commands around it, the innermost first, and of its
/// own line where the language has no lines that belong to the one above.
fn places(file: &File, dialect: Dialect, at: u32) -> impl Iterator<Item = u32> {
    let source = &file.source;
    let mut around: Vec<Span> = file.script().map(spans).unwrap_or_default();
    around.retain(|span| span.start <= at && at <= span.end);
    around.sort_by_key(|span| std::cmp::Reverse(span.start));
    let own =
        matches!(dialect, Dialect::Batch | Dialect::Shell | Dialect::Python | Dialect::Compose | Dialect::Service);
    let lines = around.into_iter().map(|span| span.start).chain(own.then_some(at));
    let first = |at: u32| source.line_span(first_line(source, dialect, source.line_of(at as usize))).start;
    lines.map(first).collect::<Vec<_>>().into_iter()
}

fn spans(of: &ScriptFile) -> Vec<Span> {
    let step = |step: &Step| match step {
        Step::Assign(assign) => assign.span,
        Step::Command(command) => command.span,
    };
    let inner = |script: &Script| script.steps.iter().map(step).collect::<Vec<_>>();
    let building = of.script.containers.iter().flat_map(|container| &container.building).map(step);
    let written = of.script.written.iter().flat_map(inner);
    let starts = of.launches.iter().map(|launch| launch.span);
    inner(&of.script).into_iter().chain(written).chain(building).chain(starts).collect()
}

/// The first of the lines that are continued up to this one.
fn first_line(source: &Source, dialect: Dialect, line: usize) -> usize {
    let sign = match dialect {
        Dialect::Batch => '^',
        Dialect::PowerShell => '`',
        _ => '\\',
    };
    let continued = |line: &usize| source.slice(source.line_span(line - 1)).ends_with(sign);
    (1..=line).rev().find(|line| !continued(line)).unwrap_or(0)
}

/// The comment as a line of its own, indented as the line below.
fn comment(file: &File, dialect: Dialect, place: u32, codes: &str, reason: &str) -> String {
    let text = file.source.text();
    let (above, below) = text.split_at_checked(place as usize).unwrap_or((text, ""));
    let indent = &below[..below.len() - below.trim_start_matches([' ', '\t']).len()];
    let sign = match dialect {
        Dialect::Batch if is_echoed(above) => "@REM",
        Dialect::Batch => "REM",
        _ => "#",
    };
    let end = if line_end(below).or_else(|| line_end(above)) == Some("\r\n") { "\r\n" } else { "\n" };
    format!("{indent}{sign} {}{codes} - {reason}{end}", allow::MARK)
}

/// A batch file shows its lines until it is told not to.
fn is_echoed(above: &str) -> bool {
    let off = |line: &str| line.trim_start_matches(['@', ' ', '\t']).to_ascii_lowercase().starts_with("echo off");
    !above.lines().any(off)
}

fn line_end(text: &str) -> Option<&str> {
    let at = text.find('\n')?;
    Some(if text[..at].ends_with('\r') { "\r\n" } else { "\n" })
}

/// The comment is one, it covers the finding, and the script starts what it started.
fn holds(file: &File, dialect: Dialect, (code, at): Found, place: u32, comment: &str) -> bool {
    let text = file.source.text();
    let span = Span::new(place, place);
    let Some(new) = spliced(text, [(span, comment)]) else { return false };
    let covered = at + if at >= place { comment.len() as u32 } else { 0 };
    !is_head(text, dialect, place)
        && is_comment(dialect, text, &new, place, comment)
        && covers(file, dialect, &new, code, covered)
        && script::says_the_same(file, &[(span, comment.to_owned())])
}

/// The first lines of a file may be for others than the language: the interpreter's name, an encoding, directives, a byte-order mark.
fn is_head(text: &str, dialect: Dialect, place: u32) -> bool {
    let mut lines = text.split_inclusive('\n');
    let heads = lines.by_ref().take(2).map(str::len).sum::<usize>();
    let first = place == 0 && text.starts_with(['#', '\u{feff}', '<']);
    let coding = dialect == Dialect::Python && (place as usize) < heads && text[..heads].contains("coding");
    first || coding
}

fn is_comment(dialect: Dialect, old: &str, new: &str, place: u32, comment: &str) -> bool {
    let sign = place + (comment.len() - comment.trim_start().len()) as u32;
    let below = old.get(place as usize..).unwrap_or_default().trim_start();
    match dialect {
        Dialect::Shell | Dialect::Python | Dialect::PowerShell => comment_at(dialect, new, sign) == Some(true),
        Dialect::Compose => compose::alike(old, new),
        // Below a here-document or a continued line stands no instruction.
        Dialect::Dockerfile => INSTRUCTIONS.iter().any(|word| starts_with_word(below, word)),
        Dialect::Batch | Dialect::Dotenv | Dialect::Service => true,
        Dialect::Notebook | Dialect::Settings(_) => false,
    }
}

/// Instructions of a Dockerfile that findings are about.
const INSTRUCTIONS: [&str; 7] = ["FROM", "RUN", "CMD", "ENTRYPOINT", "ENV", "ARG", "EXPOSE"];

fn starts_with_word(text: &str, word: &str) -> bool {
    let (start, rest) = (text.get(..word.len()), text.get(word.len()..).unwrap_or_default());
    start.is_some_and(|start| start.eq_ignore_ascii_case(word)) && rest.starts_with([' ', '\t'])
}

fn covers(file: &File, dialect: Dialect, new: &str, code: &str, at: u32) -> bool {
    let source = Source::from_text(file.source.path(), new);
    let allows = allow::in_script(&source, &read::read(dialect, new));
    let reaches = |scope: &Scope| matches!(scope, Scope::Range(span) if (span.start..=span.end).contains(&at));
    allows.iter().any(|allow| allow.rule == code && reaches(&allow.scope))
}
