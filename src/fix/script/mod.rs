//! Verbs on scripts. Each proposes changes of the text and has the script read again: what comes out must be what was there, but
//! for what the verb is about. Where it is not, nothing is changed.

mod addition;
mod continuation;
mod flags;
mod gaps;
mod joining;
mod moving;
mod reading;
mod rewriting;
mod variables;
mod words;

use super::edit::spliced;
use super::{Edit, Refusal, Verb};
use crate::discover::Kind;
use crate::finding::Location;
use crate::project::{File, ScriptFile};
use crate::read::script::Dialect;
use crate::span::Span;

/// A script with its text.
struct Text<'a> {
    text: &'a str,
    dialect: Dialect,
    script: &'a ScriptFile,
    /// The starts in which the finding holds; empty when it is not about single starts.
    held: &'a [usize],
}

/// A change of the text that is not yet one of a file.
pub(super) type Change = (Span, String);

/// What a verb does at a place of a script.
///
/// # Errors
/// Why it cannot be done.
pub(super) fn at(act: (Verb, Location, &str), held: &[usize], file: &File) -> Result<Vec<Edit>, Refusal> {
    let (verb, at, text) = act;
    let unknown = || format!("nothing is known about such a fix in a {}", file.kind.name());
    let (Some(script), Kind::Script(dialect)) = (file.script(), file.kind) else { return Err(unknown()) };
    let of = Text { text: file.source.text(), dialect, script, held };
    let changes = match verb {
        Verb::RemoveFlag => flags::remove(&of, at.span),
        Verb::RemoveWord => flags::remove_word(&of, at.span),
        Verb::RemoveValue => flags::remove_value(&of, at.span, text),
        Verb::AddWords => words::add(&of, at.span, text),
        Verb::Replace => words::replace(&of, at.span, text),
        Verb::RemoveVariable => variables::remove(&of, at.span),
        Verb::SetVariable => variables::set(&of, at.span, text),
        Verb::RewriteVariable => rewriting::rewrite(&of, at.span),
        Verb::AddFlag => addition::add(&of, at.span, text),
        Verb::SetFlag => addition::set_flag(&of, at.span, text),
        Verb::PassVariable => addition::pass(&of, at.span),
        Verb::AddVariable => moving::add(&of, at.span, text),
        Verb::MoveVariable => moving::move_up(&of, at.span),
        Verb::Quote => words::quote(&of, at.span),
        Verb::JoinLine => joining::join(&of, at.span),
        Verb::PartWords => joining::part(&of, at.span),
        Verb::MoveComment => joining::comment_up(&of, at.span),
        Verb::Export => variables::export(&of, at.span),
        Verb::ContinueLine => continuation::continue_line(&of, at.span),
        Verb::Trim => continuation::trim(&of, at.span),
        Verb::LineFeeds => continuation::line_feeds(&of),
        _ => Err(unknown()),
    }?;
    Ok(changes.into_iter().map(|(span, text)| Edit { file: at.file, span, text }).collect())
}

/// True when a script with changes says the same: it starts the same programs in the same way.
pub(super) fn says_the_same(file: &File, changes: &[Change]) -> bool {
    let (Some(script), Kind::Script(dialect)) = (file.script(), file.kind) else { return false };
    let of = Text { text: file.source.text(), dialect, script, held: &[] };
    reading::holds(&of, changes, &reading::Wanted::SAME)
}

/// The text with changes, which are sorted here.
fn changed(text: &str, changes: &[Change]) -> Option<String> {
    let mut sorted: Vec<&Change> = changes.iter().collect();
    sorted.sort();
    spliced(text, sorted.into_iter().map(|(span, with)| (*span, with.as_str())))
}
