//! What stands between two arguments: blanks, a comma, a continued line. Taken out together with an argument.

use super::Text;
use crate::read::script::Dialect;
use crate::span::Span;

/// The bytes around an argument that separate it from others.
pub(super) struct Around {
    /// In front of it; lines may end in it.
    pub before: Span,
    /// Behind it, on the same line.
    pub after: Span,
    pub comma_before: bool,
    pub comma_after: bool,
    /// The lines on which nothing else stands, line end included, and whether they can go as they are.
    pub lines: Option<(Span, bool)>,
    /// It is the first on its line.
    pub first: bool,
}

/// The sign at the end of a line that continues it.
pub(super) const fn sign(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Batch => "^",
        Dialect::PowerShell => "`",
        Dialect::Notebook => "\\\\",
        _ => "\\",
    }
}

fn has_comma(dialect: Dialect) -> bool {
    !matches!(dialect, Dialect::Batch | Dialect::Shell | Dialect::Service | Dialect::Dotenv)
}

fn trimmed(text: &str) -> &str {
    text.trim_end_matches([' ', '\t'])
}

/// The text without a line end, a continuation sign in front of it included; `None` when it ends in none. In a notebook
/// lines are strings of a list.
fn without_line_end(text: &str, dialect: Dialect) -> Option<&str> {
    if dialect == Dialect::Notebook {
        let open = trimmed(text);
        let closed = open.strip_suffix('"').map(str::trim_end).and_then(|rest| rest.strip_suffix(','));
        let string = closed.and_then(|rest| rest.trim_end().strip_suffix('"')).unwrap_or(open);
        if let Some(line) = string.strip_suffix("\\n") {
            return Some(line.strip_suffix(sign(dialect)).unwrap_or(line));
        }
    }
    let line = text.strip_suffix('\n')?;
    let line = line.strip_suffix('\r').unwrap_or(line);
    Some(line.strip_suffix(sign(dialect)).unwrap_or(line))
}

/// What separates the text's end from what stands in front.
fn before(text: &str, dialect: Dialect) -> (usize, bool) {
    let mut rest = trimmed(text);
    loop {
        if has_comma(dialect)
            && let Some(item) = rest.strip_suffix(',')
        {
            return (trimmed(item).len(), true);
        }
        let item = match dialect {
            Dialect::Compose => rest.strip_suffix('-').filter(|line| trimmed(line).ends_with('\n')).map(trimmed),
            _ => None,
        };
        let line = item.unwrap_or(rest);
        match without_line_end(line, dialect) {
            Some(line) => rest = trimmed(line),
            None => return (rest.len(), false),
        }
    }
}

/// What separates the text's beginning from what stands behind, on the same line.
fn after(text: &str, dialect: Dialect) -> (usize, bool) {
    let blanks = |text: &str| text.len() - text.trim_start_matches([' ', '\t']).len();
    let first = blanks(text);
    match text[first..].strip_prefix(',').filter(|_| has_comma(dialect)) {
        Some(rest) => (first + 1 + blanks(rest), true),
        None => (first, false),
    }
}

/// What is around the bytes of a span.
pub(super) fn around(of: &Text, span: Span) -> Option<Around> {
    let (head, tail) = (of.text.get(..span.start as usize)?, of.text.get(span.end as usize..)?);
    let ((start, comma_before), (length, comma_after)) = (before(head, of.dialect), after(tail, of.dialect));
    let line_start = head.rfind('\n').map_or(0, |at| at + 1);
    let lead = &head[line_start..];
    let first = is_lead(lead, of.dialect);
    let line_end = tail.find('\n').map_or(tail.len(), |at| at + 1);
    let rest = &tail[..line_end];
    let lines = if first { alone(of, &head[..line_start], rest) } else { None };
    let lines = lines.map(|clean| {
        // Without a line end of its own it takes the one in front.
        let open = !rest.ends_with('\n');
        let from = if open { head[..line_start].trim_end_matches(['\n', '\r']).len() } else { line_start };
        (Span::new(from as u32, span.end + line_end as u32), clean)
    });
    Some(Around {
        before: Span::new(start as u32, span.start),
        after: Span::new(span.end, span.end + length as u32),
        comma_before,
        comma_after,
        lines,
        first,
    })
}

fn is_lead(lead: &str, dialect: Dialect) -> bool {
    let lead = lead.trim_start();
    match dialect {
        Dialect::Compose => lead.is_empty() || lead.trim_end() == "-",
        Dialect::Notebook => lead.is_empty() || lead.trim_end() == "\"",
        _ => lead.is_empty(),
    }
}

/// Whether nothing else stands on the line, and then whether the lines around it still belong together without it.
fn alone(of: &Text, above: &str, rest: &str) -> Option<bool> {
    let dialect = of.dialect;
    let ends = |line: &str| {
        let line = line.trim_end_matches(['\n', '\r']);
        let comma = has_comma(dialect) && trimmed(line).ends_with(',');
        match dialect {
            Dialect::Notebook => {
                line.trim_end_matches(['"', ',', ' ']).ends_with("\\\\\\n") || comma && !line.contains('"')
            }
            _ => line.ends_with(sign(dialect)) || comma,
        }
    };
    let plain = rest.trim_end_matches(['\n', '\r']);
    let body = match dialect {
        Dialect::Notebook => plain.trim_end_matches(['"', ',', ' ']).trim_end_matches("\\n").trim_end_matches("\\\\"),
        _ => plain.strip_suffix(sign(dialect)).unwrap_or(plain),
    };
    let body = body.trim().trim_start_matches(',').trim();
    let remark = body.starts_with('#') && matches!(dialect, Dialect::Shell | Dialect::Python | Dialect::Compose);
    (body.is_empty() || remark).then(|| ends(rest) || remark || !ends(above))
}

/// The bracket that the place stands in, and what is in front of it; strings in front are passed over.
pub(super) fn opener(text: &str) -> Option<(char, Option<char>)> {
    let (mut depth, mut quote) = (0_usize, None);
    let mut letters = text.chars().rev().peekable();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), letter) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, ')' | ']' | '}') => depth += 1,
            (None, '(' | '[' | '{') if depth == 0 => return Some((letter, letters.peek().copied())),
            (None, '(' | '[' | '{') => depth -= 1,
            _ => {}
        }
    }
    None
}
