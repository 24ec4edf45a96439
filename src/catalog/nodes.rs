//! Facts about ComfyUI's own node classes (0.33.0, and what only 0.3.64 had), made by `catalog/make_nodes.py`.
//!
//! One line per class, sorted by name, fields separated by tabs:
//! `Class`, flags (`O` output node, `C` custom), output types joined with `|`, then one field per input in the order of
//! the widgets. `name:TYPE` is a socket, `name=…` a widget: its kind letter (`i f s b c d x`), for `f` one digit of
//! precision, `+` when a `control_after_generate` value follows it, `~` for dynamic prompts, then its default as JSON.
//! `?` after the name marks an optional input. `@key/key@` in front says which choices of the surrounding dynamic combos
//! show this input. `=u` is the value of an upload button: it has a slot and no name.
//! Nothing is read at start-up: a lookup searches the text itself and decodes one line.

use std::borrow::Cow;

use crate::read::json::JsonDoc;

static TEXT: &str = include_str!("../../catalog/nodes.txt");

/// One node class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeSpec {
    /// The class name.
    pub class: &'static str,
    /// True when the server executes it for its own sake (it saves or shows something).
    pub output_node: bool,
    /// True for the few custom classes that are known here; all others are ComfyUI's own.
    pub custom: bool,
    /// Output types in the order of the slots.
    pub outputs: Vec<&'static str>,
    /// Inputs that own a widget, in the order of `widgets_values`.
    pub widgets: Vec<Widget>,
    /// Inputs that are sockets only.
    pub inputs: Vec<Socket>,
}

/// What kind of value a widget holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WidgetKind {
    /// A whole number.
    Int,
    /// A number; the digits after the point to which a PrimitiveNode rounds.
    Float(u8),
    /// Text.
    Text,
    /// True or false.
    Bool,
    /// One of a list.
    Combo,
    /// One of a list, whose choice brings further inputs.
    DynamicCombo,
    /// The value of an upload button: a slot in `widgets_values` that is never sent.
    Button,
    /// Anything else (colours, curves, 3D views).
    Other,
}

/// An input that owns a widget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Widget {
    /// Name, with dots inside dynamic combos; empty for a button.
    pub name: &'static str,
    /// What it holds.
    pub kind: WidgetKind,
    /// True when the server does not insist on it.
    pub optional: bool,
    /// True when a `control_after_generate` value follows in `widgets_values`.
    pub control: bool,
    /// True when the browser rewrites `{a|b}` in it before sending.
    pub dynamic_prompts: bool,
    default: &'static str,
    guard: &'static str,
}

/// An input that takes a link only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Socket {
    /// Name, with dots inside dynamic combos.
    pub name: &'static str,
    /// Type; several are joined with commas.
    pub kind: &'static str,
    /// True when the server does not insist on it.
    pub optional: bool,
}

/// A widget's default value.
#[derive(Clone, Debug, PartialEq)]
pub enum Default {
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// A text or a choice.
    Text(Cow<'static, str>),
    /// True or false.
    Bool(bool),
    /// A list or an object.
    Other,
}

/// The class of this name; `None` when the catalogue does not have it (custom nodes, partner nodes, newer ones).
pub fn lookup(class: &str) -> Option<NodeSpec> {
    find(class).map(decode)
}

/// True when the catalogue has the class.
pub fn is_known(class: &str) -> bool {
    find(class).is_some()
}

/// All class names, sorted: for "did you mean".
pub fn names() -> impl Iterator<Item = &'static str> {
    TEXT.lines().map(name_of)
}

fn name_of(line: &'static str) -> &'static str {
    line.split('\t').next().unwrap_or_default()
}

/// Binary search over the bytes of the text: each probe moves back to the start of its line.
fn find(class: &str) -> Option<&'static str> {
    let bytes = TEXT.as_bytes();
    let (mut low, mut high) = (0, bytes.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = memchr::memrchr(b'\n', &bytes[low..middle]).map_or(low, |at| low + at + 1);
        let end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |at| start + at);
        let line = TEXT.get(start..end)?;
        match name_of(line).as_bytes().cmp(class.as_bytes()) {
            std::cmp::Ordering::Equal => return Some(line),
            std::cmp::Ordering::Less => low = (end + 1).min(high),
            std::cmp::Ordering::Greater => high = start,
        }
    }
    None
}

fn decode(line: &'static str) -> NodeSpec {
    let mut fields = line.trim_end_matches('\r').split('\t');
    let class = fields.next().unwrap_or_default();
    let flags = fields.next().unwrap_or_default();
    let outputs = fields.next().unwrap_or_default().split('|').filter(|kind| !kind.is_empty()).collect();
    let (mut widgets, mut inputs) = (Vec::new(), Vec::new());
    for field in fields {
        match input(field) {
            Some(Input::Widget(widget)) => widgets.push(widget),
            Some(Input::Socket(socket)) => inputs.push(socket),
            None => {}
        }
    }
    NodeSpec { class, output_node: flags.contains('O'), custom: flags.contains('C'), outputs, widgets, inputs }
}

enum Input {
    Widget(Widget),
    Socket(Socket),
}

fn input(field: &'static str) -> Option<Input> {
    let (guard, rest) = field.strip_prefix('@').and_then(|rest| rest.split_once('@')).unwrap_or(("", field));
    let at = rest.find([':', '='])?;
    let name = rest[..at].trim_end_matches('?');
    let optional = rest[..at].ends_with('?');
    let tail = &rest[at + 1..];
    if rest.as_bytes()[at] == b':' {
        return Some(Input::Socket(Socket { name, kind: tail, optional }));
    }
    let (kind, tail) = kind(tail);
    let (control, tail) = flag(tail, '+');
    let (dynamic_prompts, default) = flag(tail, '~');
    Some(Input::Widget(Widget { name, kind, optional, control, dynamic_prompts, default, guard }))
}

fn flag(text: &'static str, mark: char) -> (bool, &'static str) {
    text.strip_prefix(mark).map_or((false, text), |rest| (true, rest))
}

fn kind(text: &'static str) -> (WidgetKind, &'static str) {
    let rest = text.get(1..).unwrap_or_default();
    let kind = match text.as_bytes().first() {
        Some(b'i') => WidgetKind::Int,
        Some(b's') => WidgetKind::Text,
        Some(b'b') => WidgetKind::Bool,
        Some(b'c') => WidgetKind::Combo,
        Some(b'd') => WidgetKind::DynamicCombo,
        Some(b'u') => WidgetKind::Button,
        Some(b'f') => {
            let digits = rest.as_bytes().first().map_or(0, |digit| digit.saturating_sub(b'0'));
            return (WidgetKind::Float(digits), rest.get(1..).unwrap_or_default());
        }
        _ => WidgetKind::Other,
    };
    (kind, rest)
}

impl NodeSpec {
    /// The widget of this name: the first one when several choices of a dynamic combo have it.
    pub fn widget(&self, name: &str) -> Option<&Widget> {
        self.widgets.iter().find(|widget| widget.name == name)
    }

    /// The socket of this name.
    pub fn socket(&self, name: &str) -> Option<&Socket> {
        self.inputs.iter().find(|socket| socket.name == name)
    }

    /// True when an output has this type.
    pub fn gives(&self, kind: &str) -> bool {
        self.outputs.contains(&kind)
    }
}

impl Widget {
    /// The default of the schema; `None` when it has none (model files, required texts).
    pub fn default(&self) -> Option<Default> {
        let doc = JsonDoc::parse(self.default).ok()?;
        let value = doc.root(self.default)?;
        let whole = !self.default.contains(['.', 'e', 'E']);
        let number = value.as_i64().filter(|_| whole).map(Default::Int).or_else(|| value.as_f64().map(Default::Float));
        let text = || value.as_str().map(|text| Default::Text(Cow::Owned(text.into_owned())));
        number.or_else(|| value.as_bool().map(Default::Bool)).or_else(text).or(Some(Default::Other))
    }

    /// True when the widget exists, given the value that each surrounding dynamic combo holds.
    pub fn shown<'a>(&self, chosen: impl Fn(&str) -> Option<Cow<'a, str>>) -> bool {
        let mut ends = self.name.match_indices('.').map(|(at, _)| at);
        self.guard.is_empty()
            || self.guard.split('/').all(|key| {
                let parent = ends.next().and_then(|end| self.name.get(..end));
                parent.and_then(&chosen).as_deref() == Some(key)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_found_and_decodes() {
        let mut last = "";
        for name in names() {
            assert!(last < name, "{last} before {name}");
            last = name;
            let spec = lookup(name).unwrap();
            assert_eq!(spec.class, name);
            for widget in &spec.widgets {
                assert_eq!(widget.default().is_some(), !widget.default.is_empty(), "{name}.{}", widget.name);
            }
        }
        for absent in ["", "A", "zzzz", "KSample", "KSamplerAdvance", "\u{e9}"] {
            assert!(lookup(absent).is_none(), "{absent}");
        }
        assert!(TEXT.len() < 150_000);
    }

    #[test]
    fn reads_the_details() {
        let spec = lookup("KSamplerAdvanced").unwrap();
        assert_eq!(spec.outputs, ["LATENT"]);
        assert_eq!(spec.inputs.iter().map(|socket| socket.kind).collect::<Vec<_>>()[..2], ["MODEL", "CONDITIONING"]);
        let seed = spec.widget("noise_seed").unwrap();
        assert!(seed.control && seed.kind == WidgetKind::Int);
        let cfg = spec.widget("cfg").unwrap();
        assert_eq!((cfg.kind, cfg.default()), (WidgetKind::Float(1), Some(Default::Float(8.0))));
        assert!(lookup("SaveVideo").unwrap().output_node);
        let button = lookup("LoadImageMask").unwrap().widgets.pop().unwrap();
        assert_eq!((button.kind, button.name), (WidgetKind::Button, ""));
    }

    #[test]
    fn dynamic_combos_show_their_inputs() {
        let spec = lookup("SaveVideo").unwrap();
        let shown = |format: &'static str| {
            let chosen = move |name: &str| match name {
                "format" => Some(Cow::Borrowed(format)),
                "format.codec" => Some(Cow::Borrowed("h264")),
                _ => None,
            };
            spec.widgets.iter().filter(|widget| widget.shown(chosen)).map(|widget| widget.name).collect::<Vec<_>>()
        };
        assert!(shown("auto").contains(&"format.codec.encoding"));
        assert!(!shown("auto").contains(&"format.codec.encoding.crf"));
        assert!(!shown("no such").contains(&"format.codec"));
    }
}
