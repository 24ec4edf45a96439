//! `widgets_values`: from positions to names and values.

use std::borrow::Cow;

use super::graph::{MAX_INPUTS, Value};
use crate::catalog::nodes::{Default, NodeSpec, Widget, WidgetKind};
use crate::read::json::{JsonRef, Kind};
use crate::span::Span;

/// A widget's value; without a span when it is the default of the schema.
pub(super) struct Given<'a> {
    pub name: Cow<'a, str>,
    pub kind: Option<WidgetKind>,
    pub value: Value,
    pub span: Option<Span>,
}

/// Keys of the named map and of object-shaped values that belong to the browser.
const BROWSER_KEYS: [&str; 4] = ["control_after_generate", "control_filter_list", "upload", "videopreview"];

/// By position. A missing tail gets the defaults, what is too much is dropped, a list that is no list counts as missing:
/// so does the browser, which ignores `widgets_values_named` for a class it knows.
pub(super) fn by_schema<'a>(spec: &NodeSpec, values: Option<JsonRef<'a>>) -> Vec<Given<'a>> {
    let mut items = values.into_iter().flat_map(|values| values.items());
    let mut chosen: Vec<(&'static str, String)> = Vec::new();
    let mut given = Vec::with_capacity(spec.widgets.len());
    for widget in &spec.widgets {
        let choice = |name: &str| chosen.iter().find(|(known, _)| *known == name).map(|(_, key)| Cow::Borrowed(&**key));
        if !widget.shown(choice) {
            continue;
        }
        let json = items.next();
        if widget.control {
            items.next();
        }
        let Some(value) = value(widget, json) else { continue };
        if let (WidgetKind::DynamicCombo, Value::Text(key)) = (widget.kind, &value) {
            chosen.push((widget.name, key.clone()));
        }
        let span = json.map(|json| json.span());
        given.push(Given { name: Cow::Borrowed(widget.name), kind: Some(widget.kind), value, span });
    }
    given
}

/// By name, for classes without a schema: the named map, or values that are an object.
pub(super) fn by_name<'a>(values: JsonRef<'a>) -> Vec<Given<'a>> {
    let entries = values.entries().take(MAX_INPUTS).filter_map(|(key, json)| {
        let name = key.as_str()?;
        let ours = !BROWSER_KEYS.contains(&&*name);
        ours.then(|| Given { name, kind: None, value: Value::literal(json), span: Some(json.span()) })
    });
    entries.collect()
}

/// For classes without a schema: newer files list every widget among the inputs, in order. Only when the counts agree,
/// so that no control value can shift the rest.
pub(super) fn by_slots<'a>(names: &[Cow<'a, str>], values: JsonRef<'a>) -> Vec<Given<'a>> {
    if values.items().count() != names.len() {
        return Vec::new();
    }
    let pair = |(name, json): (&Cow<'a, str>, JsonRef<'a>)| {
        let (name, value) = (name.clone(), Value::literal(json));
        Given { name, kind: None, value, span: Some(json.span()) }
    };
    names.iter().zip(values.items()).map(pair).collect()
}

/// What the browser makes of a stored value; `None` for a button and for a model list without a choice.
fn value(widget: &Widget, json: Option<JsonRef<'_>>) -> Option<Value> {
    if widget.kind == WidgetKind::Button {
        return None;
    }
    let Some(json) = json else { return default(widget) };
    match (widget.kind, json.kind()) {
        (WidgetKind::Text, Kind::Null) => Some(Value::Text(String::new())),
        (WidgetKind::Text, Kind::Object) => Some(Value::Text("[object Object]".into())),
        (WidgetKind::Text, Kind::Array) => Some(Value::Text(joined(json))),
        (WidgetKind::Combo | WidgetKind::DynamicCombo, Kind::Null) => default(widget),
        (WidgetKind::Other, Kind::Null) => Some(Value::Other),
        _ => Some(Value::literal(json)),
    }
}

/// A list as JavaScript turns it into text.
fn joined(list: JsonRef<'_>) -> String {
    let text = |item: JsonRef<'_>| item.as_str().unwrap_or(Cow::Borrowed(item.raw())).into_owned();
    list.items().map(text).collect::<Vec<_>>().join(",")
}

/// The default of the schema, or what the browser starts with where the schema has none.
fn default(widget: &Widget) -> Option<Value> {
    let start = match widget.kind {
        WidgetKind::Int => Some(Value::Int(0)),
        WidgetKind::Float(_) => Some(Value::Float(0.0)),
        WidgetKind::Text => Some(Value::Text(String::new())),
        WidgetKind::Bool => Some(Value::Bool(false)),
        WidgetKind::Other => Some(Value::Other),
        _ => None,
    };
    widget.default().map(Value::from).or(start)
}

impl From<Default> for Value {
    fn from(default: Default) -> Self {
        match default {
            Default::Int(value) => Self::Int(value),
            Default::Float(value) => Self::Float(value),
            Default::Text(text) => Self::Text(text.into_owned()),
            Default::Bool(value) => Self::Bool(value),
            Default::Other => Self::Other,
        }
    }
}

/// A PrimitiveNode's number as it arrives in the target: rounded to the decimals of the target's step.
pub(super) fn rounded(value: Value, target: Option<WidgetKind>) -> Value {
    let (Some(WidgetKind::Float(digits)), Value::Float(number)) = (target, &value) else { return value };
    let scale = 10f64.powi(i32::from(digits));
    let scaled = number * scale;
    if scaled.abs() < 9.0e15 { Value::Float((scaled + 0.5).floor() / scale) } else { value }
}
