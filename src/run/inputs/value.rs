//! A value as JSON of the input's type, inside its limits.

use std::ops::Range;

use super::{Change, Plan, Prompt, Slot};
use crate::catalog::nodes::{Options, Widget, WidgetKind};
use crate::read::json::{JsonDoc, JsonRef, Kind};
use crate::validate;
use crate::workflow::graph::Value;

type Edit = (Range<usize>, String);

/// The edit that writes a value into an input, and what it changes.
pub(super) fn write(prompt: &Prompt<'_>, plan: &Plan, slot: &Slot) -> Result<(Edit, Change), String> {
    let (node, input) = slot;
    let root = prompt.doc.root(prompt.json);
    let json = root.and_then(|root| root.get(prompt.id(*node))).ok_or("the node is gone")?;
    let old = json.get("inputs").and_then(|inputs| inputs.get(input));
    let widget = prompt.graph.spec(*node).and_then(|spec| spec.widget(input));
    let after = literal(widget, old, &plan.value)
        .map_err(|why| format!("{}: {input} of {} {why}", plan.flag, prompt.called(*node)))?;
    let edit = match (old, json.get("inputs").filter(|inputs| inputs.is_object())) {
        (Some(old), _) => (old.span().range(), after.clone()),
        (None, Some(inputs)) => added(inputs, input, &after),
        (None, None) => added(json, "inputs", &format!("{{{}:{after}}}", quoted(input))),
    };
    let change = Change {
        flag: plan.flag,
        node: prompt.id(*node).to_owned(),
        title: prompt.title(*node),
        input: input.clone(),
        before: old.map(|old| old.raw().to_owned()),
        after,
    };
    Ok((edit, change))
}

/// A new member at the end of an object. The comma goes when nothing is in front of it.
fn added(object: JsonRef<'_>, name: &str, value: &str) -> Edit {
    let at = object.span().end as usize - 1;
    (at..at, format!(",{}:{value}", quoted(name)))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The text as JSON of the type that the schema states, else of the type that stands there; half a sentence where it is none.
fn literal(widget: Option<&Widget>, old: Option<JsonRef<'_>>, text: &str) -> Result<String, String> {
    let Some(widget) = widget else { return like(old, text) };
    match widget.kind {
        WidgetKind::Int => whole(text).and_then(|json| inside(widget, json)),
        WidgetKind::Float(_) => number(text).and_then(|json| inside(widget, json)),
        WidgetKind::Bool => switch(text),
        WidgetKind::Text => Ok(quoted(text)),
        WidgetKind::Combo | WidgetKind::DynamicCombo => choice(widget, text),
        WidgetKind::Button | WidgetKind::Other => like(old, text),
    }
}

fn like(old: Option<JsonRef<'_>>, text: &str) -> Result<String, String> {
    let unknown = || "is of a type that nobody states here: --object-info tells it".to_owned();
    let old = old.ok_or_else(unknown)?;
    match old.kind() {
        Kind::Text | Kind::EscapedText => Ok(quoted(text)),
        Kind::True | Kind::False => switch(text),
        Kind::Number if old.raw().contains(['.', 'e', 'E']) => number(text),
        Kind::Number => number(text),
        Kind::Array => Err("is fed by another node, and its type is not known: --object-info tells it".to_owned()),
        Kind::Object | Kind::Null | Kind::NonFinite => Err(unknown()),
    }
}

fn switch(text: &str) -> Result<String, String> {
    match text {
        "true" | "false" => Ok(text.to_owned()),
        _ => Err(format!("takes true or false, not '{text}'")),
    }
}

/// Whole numbers of ComfyUI reach up to 2^64 - 1: seeds do.
fn whole(text: &str) -> Result<String, String> {
    let read: Option<i128> = text.trim().parse().ok();
    let held = read.filter(|number| (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(number));
    held.map(|number| number.to_string()).ok_or_else(|| format!("takes a whole number, not '{text}'"))
}

fn number(text: &str) -> Result<String, String> {
    let text = text.trim();
    let doc = JsonDoc::parse(text).ok();
    let root = doc.as_ref().and_then(|doc| doc.root(text));
    let good = root.is_some_and(|root| root.kind() == Kind::Number && root.as_f64().is_some_and(f64::is_finite));
    good.then(|| text.to_owned()).ok_or_else(|| format!("takes a number, not '{text}'"))
}

/// The limits that the server asks for; a node that checks for itself has none here.
fn inside(widget: &Widget, json: String) -> Result<String, String> {
    let number: f64 = json.parse().unwrap_or(f64::NAN);
    let (min, max) = (widget.range.min, widget.range.max);
    match (min, max) {
        _ if widget.own_check => Ok(json),
        (Some(min), _) if number < min => Err(format!("starts at {min}: {json} is too small")),
        (_, Some(max)) if number > max => Err(format!("ends at {max}: {json} is too large")),
        _ => Ok(json),
    }
}

/// A slip of the hand is told here; whether a server has a choice that no release is known to have, the check tells.
fn choice(widget: &Widget, text: &str) -> Result<String, String> {
    if text.trim().parse().ok().and_then(|number| widget.offers_number(number)) == Some(true) {
        return Ok(text.trim().to_owned());
    }
    let fixed = matches!(widget.options, Options::Fixed(_)) && !widget.own_check && !widget.multi;
    match validate::close(text, widget).filter(|_| fixed && widget.offers(text) == Some(false)) {
        Some(near) => Err(format!("has no choice '{text}'; is '{near}' meant?")),
        None => Ok(quoted(text)),
    }
}

/// True when a value in the graph is what a text says.
pub(super) fn is(value: &Value, text: &str) -> bool {
    match value {
        Value::Int(number) => text.trim().parse() == Ok(*number),
        Value::Float(number) => text.trim().parse() == Ok(*number),
        Value::Bool(flag) => text == flag.to_string(),
        Value::Text(held) => held == text,
        _ => false,
    }
}
