//! Slips of the pen around the command that starts ComfyUI, seen only in the text: a broken continuation, flags that are left
//! behind on a line of their own. Facts with places; what they mean is for the rules.

use super::script::Dialect;
use crate::catalog::flags;
use crate::span::Span;

/// Lines behind a command among which its lost flags are looked for.
const NEAR: usize = 5;

/// What is odd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OddityKind {
    /// The sign that continues the line is followed by blanks, and the next line begins with a flag.
    BlankAfterContinuation,
    /// A line begins with a flag, and the line before is not continued.
    NotContinued,
    /// A comment between the lines of one command ends it.
    CommentInside,
    /// Flags stand behind a `pause`, an `exit` or an empty line.
    FlagsApart,
    /// Two flags meet without a blank, because the line end between them disappears.
    Glued,
    /// A comment stands among continued lines, and its words become arguments.
    CommentJoined,
}

/// One oddity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oddity {
    /// What is odd.
    pub kind: OddityKind,
    /// The place to show.
    pub span: Span,
    /// The flag that is lost or glued; empty for comments.
    pub flag: String,
}

/// The oddities of one command: `command` is where it is written.
pub fn around(dialect: Dialect, text: &str, command: Span) -> Vec<Oddity> {
    let sign = match dialect {
        Dialect::Batch => '^',
        Dialect::Shell => '\\',
        _ => return Vec::new(),
    };
    let reader = Reader { dialect, sign, lines: lines(text, command) };
    let mut found = reader.inside();
    found.extend(reader.behind());
    found
}

/// A line with its offset, without its end.
#[derive(Clone, Copy)]
struct Line<'a> {
    start: usize,
    text: &'a str,
    /// It belongs to the command as it is read.
    own: bool,
}

struct Reader<'a> {
    dialect: Dialect,
    sign: char,
    lines: Vec<Line<'a>>,
}

/// The lines of the command and the few behind it.
fn lines(text: &str, command: Span) -> Vec<Line<'_>> {
    let (from, till) = (command.start as usize, command.end as usize);
    let Some(before) = text.get(..from) else { return Vec::new() };
    let mut start = before.rfind('\n').map_or(0, |at| at + 1);
    let (mut lines, mut behind) = (Vec::new(), 0);
    for line in text.get(start..).unwrap_or_default().split_inclusive('\n') {
        let own = start < till;
        behind += usize::from(!own);
        if behind > NEAR {
            break;
        }
        lines.push(Line { start, text: line.trim_end_matches(['\r', '\n']), own });
        start += line.len();
    }
    lines
}

impl<'a> Line<'a> {
    fn trimmed(&self) -> &'a str {
        self.text.trim_start_matches([' ', '\t'])
    }

    /// The flag of ComfyUI that the line begins with.
    fn flag(&self) -> Option<&'a str> {
        let word = self.trimmed().split([' ', '\t', '=', '^', '\\']).next().filter(|word| word.starts_with("--"))?;
        (flags::lookup(word).is_some() || flags::by_prefix(word).len() == 1).then_some(word)
    }

    /// From the first letter to the last.
    fn span(&self) -> Span {
        let start = self.start + self.text.len() - self.trimmed().len();
        Span::new(start as u32, (start + self.trimmed().trim_end().len()) as u32)
    }

    fn is_empty(&self) -> bool {
        self.trimmed().is_empty()
    }
}

impl Reader<'_> {
    /// Lines that the command itself joins.
    fn inside(&self) -> Vec<Oddity> {
        let pairs = self.lines.windows(2).filter(|pair| pair[1].own && self.continues(pair[0]));
        pairs.filter_map(|pair| self.joined(pair[0], pair[1])).collect()
    }

    fn joined(&self, line: Line<'_>, next: Line<'_>) -> Option<Oddity> {
        let before = line.text.trim_end_matches(self.sign);
        if let Some(flag) = next.flag().filter(|_| next.trimmed() == next.text)
            && !before.is_empty()
            && !before.ends_with([' ', '\t'])
        {
            let end = (next.start + flag.len()) as u32;
            let start = line.start + before.rfind([' ', '\t']).map_or(0, |at| at + 1);
            return Some(Oddity { kind: OddityKind::Glued, span: Span::new(start as u32, end), flag: flag.to_owned() });
        }
        let comment = self.dialect == Dialect::Batch && self.is_comment(next);
        comment.then(|| Oddity { kind: OddityKind::CommentJoined, span: next.span(), flag: String::new() })
    }

    /// The first flag behind the command, and why it does not belong to it.
    fn behind(&self) -> Option<Oddity> {
        let end = self.lines.iter().rposition(|line| line.own)?;
        let (last, rest) = (self.lines[end], &self.lines[end + 1..]);
        let at = rest.iter().position(|line| line.flag().is_some())?;
        let (between, lost) = (&rest[..at], rest[at]);
        let flag = lost.flag()?.to_owned();
        let place = last.text.trim_end();
        if between.is_empty() && place.len() < last.text.len() && self.continues(Line { text: place, ..last }) {
            let start = last.start + place.len();
            let span = Span::new(start as u32 - 1, (last.start + last.text.len()) as u32);
            return Some(Oddity { kind: OddityKind::BlankAfterContinuation, span, flag });
        }
        let kind = self.cause(last, between)?;
        let comment = between.first().filter(|_| kind == OddityKind::CommentInside);
        Some(Oddity { kind, span: comment.map_or(lost.span(), Line::span), flag })
    }

    fn cause(&self, last: Line<'_>, between: &[Line<'_>]) -> Option<OddityKind> {
        let comments = between.iter().all(|line| self.is_comment(*line));
        match between {
            [] => Some(OddityKind::NotContinued).filter(|_| !self.continues(last)),
            _ if comments && self.continues(last) => Some(OddityKind::CommentInside),
            _ if between.iter().all(|line| line.is_empty() || self.is_comment(*line) || ends_the_script(*line)) => {
                Some(OddityKind::FlagsApart)
            }
            _ => None,
        }
    }

    /// The line ends in an odd number of continuation signs (an even one is so many escaped signs).
    fn continues(&self, line: Line<'_>) -> bool {
        let signs = line.text.len() - line.text.trim_end_matches(self.sign).len();
        let quoted = line.text.matches('"').count() % 2 == 1;
        signs % 2 == 1 && !(quoted && self.dialect == Dialect::Batch)
    }

    fn is_comment(&self, line: Line<'_>) -> bool {
        let text = line.trimmed();
        let rem = text.split([' ', '\t']).next().is_some_and(|word| word.eq_ignore_ascii_case("rem"));
        match self.dialect {
            Dialect::Batch => rem || text.starts_with("::"),
            _ => text.starts_with('#'),
        }
    }
}

/// `pause`, `exit` and the like: what follows on its own line was meant for the command above.
fn ends_the_script(line: Line<'_>) -> bool {
    let word = line.trimmed().trim_start_matches('@').split([' ', '\t', '/']).next().unwrap_or_default();
    ["pause", "exit", "read"].iter().any(|known| word.eq_ignore_ascii_case(known))
}
