//! LAUNCH005-007: values that ComfyUI's parser refuses.

use crate::catalog::flags::{Arity, ValueType, nearest_of};
use crate::facts::launch::{Fault, Flag};
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
            sink.fire(rule, view.at(flag.whole), &[("flag", name(flag)), ("value", value)]);
        }
    }
    for (flag, word) in view.launch.flags.iter().filter_map(|flag| Some((flag, said_of(view, flag)?))) {
        let fill = [("flag", name(flag)), ("value", word.text.clone())];
        sink.fire(rule, view.at(word.span), &fill);
    }
}

/// The word behind a switch that says on or off, which the parser takes for an argument of its own.
fn said_of<'a>(view: &'a LaunchView, flag: &Flag) -> Option<&'a Word> {
    const WORDS: [&str; 8] = ["true", "false", "1", "0", "yes", "no", "on", "off"];
    let shapes = flag.spec.filter(|_| flag.known && !flag.with_equals)?.shapes(view.comfyui());
    let args = &view.launch.args;
    let at = args.iter().position(|word| word.span == flag.whole)?;
    let next = args.get(at + 1).filter(|word| word.known && view.launch.stray.contains(word))?;
    let switch = shapes.iter().all(|shape| shape.arity == Arity::None);
    (switch && WORDS.contains(&next.text.to_ascii_lowercase().as_str())).then_some(next)
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
        let nearest = nearest.map_or(String::new(), |near| format!(" The nearest is {near}."));
        let fill = [("flag", name(flag)), ("value", value), ("wanted", wanted), ("nearest", nearest)];
        sink.fire(rule, view.at(problem.span), &fill);
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
