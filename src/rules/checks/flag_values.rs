//! LAUNCH005-007: values that ComfyUI's parser refuses.

use crate::catalog::flags::{Arity, ValueType, nearest_of};
use crate::facts::launch::{Fault, Flag};
use crate::fix::{Act, Verb};
use crate::read::script::Word;
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::LaunchView;

/// A flag that needs a value and has none. Silent where an argument is unknown: it may hold the value.
pub fn missing(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    for problem in view.launch.problems(view.comfyui()) {
        let Some(flag) = view.launch.flags.get(problem.flag) else { continue };
        if problem.fault == Fault::MissingValue && !followed_by_unknown(view, flag) {
            sink.fire(rule, view.at(problem.span), &[("flag", name(flag))]);
        }
    }
}

/// True when the next argument is not known.
fn followed_by_unknown(view: &LaunchView, flag: &Flag) -> bool {
    let args = &view.launch.args;
    let at = args.iter().position(|word| word.span == flag.whole);
    at.and_then(|at| args.get(at + 1)).is_some_and(|next| !next.known)
}

/// A switch with a value: `--flag=true`, or the word behind it.
pub fn unexpected(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    let problems = view.launch.problems(view.comfyui());
    for problem in problems.iter().filter(|problem| problem.fault == Fault::UnexpectedValue) {
        if let Some(flag) = view.launch.flags.get(problem.flag) {
            let value = flag.value().map(|word| word.text.clone()).unwrap_or_default();
            let fill = [("flag", name(flag)), ("value", value.clone())];
            let finding = sink.fire(rule, view.at(flag.whole), &fill);
            let verb = match value.to_ascii_lowercase() {
                value if ON.contains(&value.as_str()) => Some(("bare", Verb::Replace, flag.written.clone())),
                value if OFF.contains(&value.as_str()) => Some(("delete", Verb::RemoveFlag, String::new())),
                _ => None,
            };
            if let Some((way, verb, text)) = verb {
                finding.offer(way, vec![Act::At(verb, view.at(flag.whole), text)], &fill);
            }
        }
    }
    for (flag, word) in view.launch.flags.iter().filter_map(|flag| Some((flag, said_of(view, flag)?))) {
        let fill = [("flag", name(flag)), ("value", word.text.clone())];
        let (way, gone) = match OFF.contains(&word.text.to_ascii_lowercase().as_str()) {
            true => ("delete", flag.whole.to(word.span)),
            false => ("bare", word.span),
        };
        let act = Act::At(Verb::RemoveWord, view.at(gone), String::new());
        sink.fire(rule, view.at(word.span), &fill).offer(way, vec![act], &fill);
    }
}

/// Words that say that a switch is on.
const ON: [&str; 4] = ["true", "1", "yes", "on"];

/// Words that say that it is off.
const OFF: [&str; 4] = ["false", "0", "no", "off"];

/// The word behind a switch that says on or off, which the parser takes for an argument of its own.
fn said_of<'a>(view: &'a LaunchView, flag: &Flag) -> Option<&'a Word> {
    let shapes = flag.spec.filter(|_| flag.known && !flag.with_equals)?.shapes(view.comfyui());
    let args = &view.launch.args;
    let at = args.iter().position(|word| word.span == flag.whole)?;
    let next = args.get(at + 1).filter(|word| word.known && view.launch.stray.contains(word))?;
    let switch = shapes.iter().all(|shape| shape.arity == Arity::None);
    let said = next.text.to_ascii_lowercase();
    (switch && (ON.contains(&said.as_str()) || OFF.contains(&said.as_str()))).then_some(next)
}

/// A value of another type, none of the choices, or one too many.
pub fn wrong(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    for problem in view.launch.problems(view.comfyui()) {
        let Some(flag) = view.launch.flags.get(problem.flag) else { continue };
        let value = flag.values.iter().find(|word| word.span == problem.span).or(flag.value());
        let value = value.map(|word| word.text.clone()).unwrap_or_default();
        let (wanted, nearest) = match &problem.fault {
            Fault::WrongType { wanted } => (type_name(*wanted).to_owned(), None),
            Fault::WrongChoice { choices } => {
                let near = nearest_of(&value.replace('-', "_"), choices.iter().copied());
                (format!("one of {}", choices.join(", ")), near)
            }
            Fault::TooManyValues { limit: 1 } => ("one value".to_owned(), None),
            Fault::TooManyValues { limit } => (format!("{limit} values at most"), None),
            Fault::MissingValue | Fault::UnexpectedValue => continue,
        };
        let words = nearest.map_or(String::new(), |near| format!(" The nearest is {near}."));
        let fill = [("flag", name(flag)), ("value", value.clone()), ("wanted", wanted), ("nearest", words)];
        let finding = sink.fire(rule, view.at(problem.span), &fill);
        if let Fault::WrongChoice { choices } = &problem.fault
            && let Some((way, verb, text)) = choice(flag, &value, choices, nearest)
        {
            let place = if verb == Verb::RemoveValue { flag.whole } else { problem.span };
            let fill = [("flag", name(flag)), ("value", value.clone()), ("new", text.clone())];
            finding.offer(way, vec![Act::At(verb, view.at(place), text)], &fill);
        }
    }
}

/// What may stand in place of a word that is none of the choices: the same word in other letters or a near one; of a list of
/// features one less; the usual method of previews.
fn choice(
    flag: &Flag,
    value: &str,
    choices: &[&'static str],
    nearest: Option<&'static str>,
) -> Option<(&'static str, Verb, String)> {
    let plain = |text: &str| text.to_ascii_lowercase().replace('-', "_");
    if let Some(same) = choices.iter().find(|choice| plain(choice) == plain(value)) {
        return Some(("same-word", Verb::Replace, (*same).to_owned()));
    }
    match (nearest, flag.name) {
        (Some(near), _) => Some(("nearest", Verb::Replace, near.to_owned())),
        (None, Some("--fast")) => Some(("less", Verb::RemoveValue, value.to_owned())),
        (None, Some("--preview-method")) => Some(("nearest", Verb::Replace, "auto".to_owned())),
        _ => None,
    }
}

fn type_name(wanted: ValueType) -> &'static str {
    match wanted {
        ValueType::Int => "a whole number",
        ValueType::Float => "a number",
        ValueType::Text => "a text",
        ValueType::Dir => "a folder",
    }
}

fn name(flag: &Flag) -> String {
    flag.name.unwrap_or(&flag.written).to_owned()
}
