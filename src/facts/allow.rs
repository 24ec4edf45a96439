//! Suppressions as written: comments in scripts, `extra.wanlint.allow` in UI workflows, `_meta.wanlint_allow` in API prompts.

use crate::read::json::JsonRef;
use crate::read::script::{Dialect, Script, Step};
use crate::source::Source;
use crate::span::Span;

/// What introduces a suppression in a comment.
pub(crate) const MARK: &str = "wanlint: allow ";

/// One suppression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow {
    /// Code or name of the rule, as written.
    pub rule: String,
    /// Why, as written.
    pub reason: Option<String>,
    /// Where it is written.
    pub span: Span,
    /// What it covers.
    pub scope: Scope,
}

/// What a suppression covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Findings that begin inside this range.
    Range(Span),
    /// Findings about a node of the workflow; any when absent.
    Node(Option<String>),
}

/// Suppressions in the comments of a script: they cover their own line, and when nothing else stands there, the command
/// that begins on the next line with text, continuation lines included.
pub fn in_script(source: &Source, script: &Script) -> Vec<Allow> {
    let text = source.text();
    let places = memchr::memmem::find_iter(text.as_bytes(), MARK.as_bytes());
    places.filter_map(|at| in_comment(source, script, at)).flatten().collect()
}

fn in_comment(source: &Source, script: &Script, at: usize) -> Option<Vec<Allow>> {
    let line = source.line_of(at);
    let whole = source.line_span(line);
    let before = source.slice(Span::new(whole.start, at as u32));
    let code = in_front(before, script.dialect)?;
    let scope = if code.trim().is_empty() { next_command(source, script, line, whole) } else { whole };
    let written = source.slice(Span::new((at + MARK.len()) as u32, whole.end));
    let (rules, reason) = written.split_once(" - ").map_or((written, None), |(rules, reason)| (rules, Some(reason)));
    let one = |rule: &str| Allow {
        rule: rule.trim().to_owned(),
        reason: reason.map(|reason| reason.trim().to_owned()),
        span: Span::new(at as u32, whole.end),
        scope: Scope::Range(scope),
    };
    Some(rules.split(',').map(one).filter(|allow| !allow.rule.is_empty()).collect())
}

/// The code in front of a comment's marker; `None` when the text does not stand in a comment.
fn in_front(before: &str, dialect: Dialect) -> Option<&str> {
    let trimmed = before.trim_end();
    let ends = |marker: &str| {
        let start = trimmed.len().checked_sub(marker.len())?;
        let (code, end) = (trimmed.get(..start)?, trimmed.get(start..)?);
        end.eq_ignore_ascii_case(marker).then(|| code.trim_end_matches(['@', '&', ' ', '\t']))
    };
    match dialect {
        Dialect::Batch => ends("rem").or_else(|| ends("::")),
        Dialect::Service => ends("#").or_else(|| ends(";")),
        _ => ends("#"),
    }
}

/// The comment's line up to the end of the command that begins on the next line with text.
fn next_command(source: &Source, script: &Script, line: usize, own: Span) -> Span {
    let last = source.line_of(source.text().len());
    let spans = (line + 1..=last).map(|line| source.line_span(line));
    let Some(next) = spans.into_iter().find(|span| !is_idle(source.slice(*span))) else { return own };
    let inside = |span: &Span| (next.start..=next.end).contains(&span.start);
    let commands = script.steps.iter().map(span_of).filter(inside);
    own.to(commands.fold(next, Span::to))
}

fn span_of(step: &Step) -> Span {
    match step {
        Step::Assign(assign) => assign.span,
        Step::Command(command) => command.span,
    }
}

fn is_idle(line: &str) -> bool {
    let line = line.trim_start().trim_start_matches('@');
    let rem = line.get(..3).is_some_and(|word| word.eq_ignore_ascii_case("rem"));
    line.trim().is_empty() || rem || line.starts_with("::") || line.starts_with('#')
}

/// Suppressions in a workflow of either form.
pub fn in_workflow(root: JsonRef<'_>) -> Vec<Allow> {
    let list = root.get("extra").and_then(|extra| extra.get("wanlint")).and_then(|ours| ours.get("allow"));
    let in_extra = list.into_iter().flat_map(|list| list.items()).filter_map(|entry| from_json(entry, None));
    let nodes = root.entries().filter_map(|(id, node)| Some((id.as_str()?, node.get("_meta")?.get("wanlint_allow")?)));
    let in_meta = nodes.flat_map(|(id, entry)| {
        let id = id.into_owned();
        let entries: Vec<JsonRef<'_>> = if entry.is_array() { entry.items().collect() } else { vec![entry] };
        entries.into_iter().filter_map(move |entry| from_json(entry, Some(&id))).collect::<Vec<_>>()
    });
    in_extra.chain(in_meta).collect()
}

/// `"CODE"` or `{"rule": "CODE", "node": "12", "reason": "..."}`.
fn from_json(entry: JsonRef<'_>, id: Option<&str>) -> Option<Allow> {
    let text = |key: &str| entry.get(key).and_then(|value| value.as_str()).map(|text| text.into_owned());
    let number = |key: &str| entry.get(key).and_then(|value| value.as_i64()).map(|number| number.to_string());
    let rule = entry.as_str().map(|rule| rule.into_owned()).or_else(|| text("rule"))?;
    let node = id.map(str::to_owned).or_else(|| text("node")).or_else(|| number("node"));
    Some(Allow { rule, reason: text("reason"), span: entry.span(), scope: Scope::Node(node) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::json::JsonDoc;
    use crate::read::read;

    fn allows(dialect: Dialect, text: &str) -> Vec<(String, Option<String>, String)> {
        let source = Source::from_text("x", text);
        let found = in_script(&source, &read(dialect, text)).into_iter();
        let covered = |allow: &Allow| match &allow.scope {
            Scope::Range(span) => source.slice(*span).to_owned(),
            Scope::Node(_) => String::new(),
        };
        found.map(|allow| (allow.rule.clone(), allow.reason.clone(), covered(&allow))).collect()
    }

    #[test]
    fn a_comment_above_covers_the_whole_command() {
        let text =
            "REM wanlint: allow LAUNCH018, no-op - the game needs it\r\n\r\npython main.py ^\r\n  --lowvram\r\nrem\r\n";
        let found = allows(Dialect::Batch, text);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].0.as_str(), found[0].1.as_deref()), ("LAUNCH018", Some("the game needs it")));
        assert!(found[1].2.ends_with("--lowvram"), "{:?}", found[1].2);
    }

    #[test]
    fn a_comment_behind_covers_its_line_only() {
        let found = allows(Dialect::Shell, "export A=1 # wanlint: allow ENV001\nexport B=2\n");
        assert_eq!(found, [("ENV001".into(), None, "export A=1 # wanlint: allow ENV001".into())]);
        assert!(allows(Dialect::Shell, "echo 'wanlint: allow ENV001'\n").is_empty());
    }

    #[test]
    fn workflows_carry_them_in_both_forms() {
        let text = r#"{"extra": {"wanlint": {"allow": [{"rule": "WF010", "node": 12, "reason": "r"}]}},
            "3": {"class_type": "A", "_meta": {"wanlint_allow": ["WF011"]}}}"#;
        let doc = JsonDoc::parse(text).unwrap();
        let found = in_workflow(doc.root(text).unwrap());
        assert_eq!(found[0].scope, Scope::Node(Some("12".into())));
        assert_eq!((found[1].rule.as_str(), &found[1].scope), ("WF011", &Scope::Node(Some("3".into()))));
    }
}
