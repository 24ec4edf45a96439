//! `widgets_values`: from positions to names and values.

use std::borrow::Cow;

use super::browser;
use super::content::Content;
use super::graph::{MAX_INPUTS, Value};
use super::loras;
use crate::catalog::nodes::{Default, NodeSpec, Widget, WidgetKind};
use crate::read::json::{JsonRef, Kind};
use crate::span::Span;

/// A widget's value; without a span when it is the default of the schema.
pub(super) struct Given<'a> {
    pub name: Cow<'a, str>,
    pub kind: Option<WidgetKind>,
    pub content: Content<'a>,
    pub span: Option<Span>,
    /// True when the browser rewrites `{a|b}` in it before sending.
    pub dynamic_prompts: bool,
}

impl<'a> Given<'a> {
    /// A value whose widget is not in the catalogue.
    fn bare(name: Cow<'a, str>, json: JsonRef<'a>) -> Self {
        Self { name, kind: None, content: Content::Json(json), span: Some(json.span()), dynamic_prompts: false }
    }
}

/// By position. A missing tail gets the defaults, what is too much is dropped, a list that is no list counts as missing:
/// so does the browser, which ignores `widgets_values_named` for a class it knows.
pub(super) fn by_schema<'a>(spec: &NodeSpec, values: Option<JsonRef<'a>>) -> Vec<Given<'a>> {
    let mut given = Vec::with_capacity(spec.widgets.len());
    for Place { widget, json, content, .. } in Places::of(spec, values) {
        given.extend(content.map(|content| Given {
            name: Cow::Borrowed(widget.name),
            kind: Some(widget.kind),
            content,
            span: json.map(|json| json.span()),
            dynamic_prompts: widget.dynamic_prompts,
        }));
    }
    given
}

/// The widgets of a class one after the other, each with what stands at its position.
pub(crate) struct Places<'s, 'a, I> {
    widgets: std::slice::Iter<'s, Widget>,
    items: I,
    /// What each dynamic combo holds: it decides which widgets there are.
    chosen: Vec<(&'static str, String)>,
    values: std::marker::PhantomData<JsonRef<'a>>,
}

/// A widget and what stands at its position.
pub(crate) struct Place<'s, 'a> {
    pub widget: &'s Widget,
    /// The value; `None` behind the end of the list.
    pub json: Option<JsonRef<'a>>,
    /// What stands behind a seed: what happens to it after a run.
    pub control: Option<JsonRef<'a>>,
    content: Option<Content<'a>>,
}

impl<'s, 'a> Places<'s, 'a, ()> {
    /// The widgets of a class over a node's `widgets_values`.
    pub fn of(
        spec: &'s NodeSpec,
        values: Option<JsonRef<'a>>,
    ) -> Places<'s, 'a, impl Iterator<Item = JsonRef<'a>> + use<'a>> {
        let class = spec.class;
        let items = values.into_iter().flat_map(|values| values.items());
        let items = items.filter(move |value| !is_button(class, *value));
        Places { widgets: spec.widgets.iter(), items, chosen: Vec::new(), values: std::marker::PhantomData }
    }
}

impl<'a, I: Iterator<Item = JsonRef<'a>>> Places<'_, 'a, I> {
    /// True when the list has values for which there is no widget.
    pub fn has_more(mut self) -> bool {
        self.items.next().is_some()
    }
}

impl<'s, 'a, I: Iterator<Item = JsonRef<'a>>> Iterator for Places<'s, 'a, I> {
    type Item = Place<'s, 'a>;

    fn next(&mut self) -> Option<Place<'s, 'a>> {
        let chosen = &self.chosen;
        let choice = |name: &str| chosen.iter().find(|(known, _)| *known == name).map(|(_, key)| Cow::Borrowed(&**key));
        let widget = self.widgets.find(|widget| widget.shown(choice))?;
        let json = self.items.next();
        let control = if widget.control { self.items.next() } else { None };
        let content = content(widget, json);
        let text = || content.as_ref()?.value().as_text().map(str::to_owned);
        if let Some(key) = (widget.kind == WidgetKind::DynamicCombo).then(text).flatten() {
            self.chosen.push((widget.name, key));
        }
        Some(Place { widget, json, control, content })
    }
}

/// The rows of a Power Lora Loader, and what the browser sends around them.
pub(super) fn of_power_loras(values: Option<JsonRef<'_>>) -> Vec<Given<'_>> {
    let fixed = |(name, json): (&'static str, &'static str)| Given {
        name: Cow::Borrowed(name),
        kind: None,
        content: Content::Default(Cow::Borrowed(json)),
        span: None,
        dynamic_prompts: false,
    };
    let rows = loras::rows(values).map(|(name, json)| Given::bare(Cow::Owned(name), json));
    [fixed(loras::HEADER)].into_iter().chain(rows).chain([fixed(loras::BUTTON)]).collect()
}

/// True when every value fits the widget at its position. The schema of a custom node is that of one version of its pack: where
/// another one saved the file, positions may mean something else.
pub(super) fn fits(spec: &NodeSpec, values: Option<JsonRef<'_>>) -> bool {
    Places::of(spec, values).all(|place| {
        let control = |json: JsonRef<'_>| CONTROLS.iter().any(|control| json.is_text(control));
        place.json.is_none_or(|json| holds(place.widget, json)) && place.control.is_none_or(control)
    })
}

/// What may stand behind a seed.
const CONTROLS: [&str; 4] = ["fixed", "increment", "decrement", "randomize"];

fn holds(widget: &Widget, json: JsonRef<'_>) -> bool {
    match (widget.kind, json.kind()) {
        (WidgetKind::Int, Kind::Number) => json.as_f64().is_some_and(|number| number.fract() == 0.0),
        (WidgetKind::Float(_), Kind::Number) => true,
        (WidgetKind::Text, _) => json.as_str().is_some(),
        (WidgetKind::Bool, _) => json.as_bool().is_some(),
        (WidgetKind::Combo | WidgetKind::DynamicCombo, kind) => {
            json.as_str().is_some() || matches!(kind, Kind::Number | Kind::Null)
        }
        (WidgetKind::Int | WidgetKind::Float(_), _) => false,
        (WidgetKind::Button | WidgetKind::Other, _) => true,
    }
}

/// Files of older browsers hold the buttons of a 3D view among the values.
fn is_button(class: &str, value: JsonRef<'_>) -> bool {
    class == "Load3D" && ["upload3dmodel", "uploadExtraResources", "clear"].iter().any(|button| value.is_text(button))
}

/// By name, for classes without a schema: the named map, or values that are an object.
pub(super) fn by_name<'a>(values: JsonRef<'a>) -> Vec<Given<'a>> {
    let entries = values.entries().take(MAX_INPUTS).filter_map(|(key, json)| {
        let name = key.as_str()?;
        (!browser::is_kept(&name)).then(|| Given::bare(name, json))
    });
    entries.collect()
}

/// For classes without a schema: newer files list every widget among the inputs, in order. Only when the counts agree,
/// so that no control value can shift the rest.
pub(super) fn by_slots<'a>(names: &[Cow<'a, str>], values: JsonRef<'a>) -> Vec<Given<'a>> {
    if values.items().count() != names.len() {
        return Vec::new();
    }
    names.iter().zip(values.items()).map(|(name, json)| Given::bare(name.clone(), json)).collect()
}

/// What the browser makes of a stored value; `None` for a button and for a model list without a choice.
fn content<'a>(widget: &Widget, json: Option<JsonRef<'a>>) -> Option<Content<'a>> {
    if widget.kind == WidgetKind::Button {
        return None;
    }
    let Some(json) = json else { return default(widget) };
    match (widget.kind, json.kind()) {
        (WidgetKind::Text, Kind::Null) => Some(Content::Text(String::new())),
        (WidgetKind::Text, Kind::Object) => Some(Content::Text("[object Object]".into())),
        (WidgetKind::Text, Kind::Array) => Some(Content::Text(joined(json))),
        (WidgetKind::Combo | WidgetKind::DynamicCombo | WidgetKind::Other, Kind::Null) => default(widget),
        _ => Some(Content::Json(json)),
    }
}

/// A list as JavaScript turns it into text.
fn joined(list: JsonRef<'_>) -> String {
    let text = |item: JsonRef<'_>| item.as_str().unwrap_or(Cow::Borrowed(item.raw())).into_owned();
    list.items().map(text).collect::<Vec<_>>().join(",")
}

/// The default of the schema, or what the browser starts with where the schema has none.
fn default<'a>(widget: &Widget) -> Option<Content<'a>> {
    let stated = widget.default_json();
    let start = match widget.kind {
        _ if !stated.is_empty() => stated,
        WidgetKind::Int | WidgetKind::Float(_) => "0",
        WidgetKind::Text => "\"\"",
        WidgetKind::Bool => "false",
        WidgetKind::Combo | WidgetKind::DynamicCombo => return first_choice(widget),
        WidgetKind::Button | WidgetKind::Other => return None,
    };
    Some(Content::Default(Cow::Borrowed(start)))
}

fn first_choice<'a>(widget: &Widget) -> Option<Content<'a>> {
    match widget.default()? {
        Default::Text(text) => Some(Content::Text(text.into_owned())),
        _ => None,
    }
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
pub(super) fn rounded(json: JsonRef<'_>, target: Option<WidgetKind>) -> Content<'_> {
    let (Some(WidgetKind::Float(digits)), Some(number)) = (target, json.as_f64()) else { return Content::Json(json) };
    let scale = 10f64.powi(i32::from(digits));
    let scaled = number * scale;
    if scaled.abs() < 9.0e15 { Content::Number((scaled + 0.5).floor() / scale) } else { Content::Json(json) }
}
