//! One node class: its inputs, its outputs, and where it is known from.

use std::borrow::Cow;

use super::{Era, encode};
use crate::read::json::JsonDoc;

/// One node class.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeSpec {
    /// The class name.
    pub class: &'static str,
    /// True when the server executes it for its own sake (it saves or shows something).
    pub output_node: bool,
    /// True for the few custom classes that are known here; all others are ComfyUI's own.
    pub custom: bool,
    /// True for nodes that call a paid service.
    pub partner: bool,
    /// True when the node takes inputs that its schema does not name.
    pub accepts_all: bool,
    /// The releases that have the class in this form.
    pub eras: Eras,
    /// Output types in the order of the slots.
    pub outputs: Vec<&'static str>,
    /// Inputs that own a widget, in the order of `widgets_values`.
    pub widgets: Vec<Widget>,
    /// Inputs that are sockets only.
    pub inputs: Vec<Socket>,
    /// Names of the outputs; shorter than `outputs` where the rest are named like their types.
    pub(super) output_names: Vec<&'static str>,
}

/// Which of the two known releases have a form of a class; neither for custom nodes and for a stated server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Eras {
    /// 0.3.64.
    pub old: bool,
    /// 0.33.0.
    pub new: bool,
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

/// Limits of a number.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Range {
    /// Smallest value that the server takes.
    pub min: Option<f64>,
    /// Largest value that the server takes.
    pub max: Option<f64>,
    /// Step of the browser's widget; the server does not ask for it.
    pub step: Option<f64>,
}

/// What a combo offers, each list as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Options {
    /// Not a combo.
    None,
    /// The same on every server of that release.
    Fixed(&'static str),
    /// Files of the server: known only when its `/object_info` was stated.
    Host(Option<&'static str>),
}

/// An input that owns a widget.
#[derive(Clone, Debug, PartialEq)]
pub struct Widget {
    /// Name, with dots inside dynamic combos; empty for a button.
    pub name: &'static str,
    /// What it holds.
    pub kind: WidgetKind,
    /// Its place among all inputs of the class, sockets included.
    pub rank: u16,
    /// True when the server does not insist on it.
    pub optional: bool,
    /// True when a `control_after_generate` value follows in `widgets_values`.
    pub control: bool,
    /// True when the browser rewrites `{a|b}` in it before sending.
    pub dynamic_prompts: bool,
    /// True when the node checks the value itself, so that the server asks neither for limits nor for the list.
    pub own_check: bool,
    /// True for a combo from which several values may be taken.
    pub multi: bool,
    /// True for a combo of the older kind, whose type is the list itself: every server checks it.
    pub classic: bool,
    /// Limits of a number.
    pub range: Range,
    /// What a combo offers.
    pub options: Options,
    /// Its type where that is none of the plain ones (`COLOR`, `FLOAT,INT`); empty else.
    pub(super) type_name: &'static str,
    pub(super) default: &'static str,
    pub(super) guard: &'static str,
}

/// An input that takes a link only.
#[derive(Clone, Debug, PartialEq)]
pub struct Socket {
    /// Name, with dots inside dynamic combos.
    pub name: &'static str,
    /// Type; several are joined with commas.
    pub kind: &'static str,
    /// Its place among all inputs of the class, widgets included.
    pub rank: u16,
    /// True when the server does not insist on it.
    pub optional: bool,
    /// For `COMFY_AUTOGROW_V3`: the inputs it stands for.
    pub autogrow: Option<Autogrow>,
    /// For `COMFY_MATCHTYPE_V3`: the name of the group whose types are the same; empty else.
    pub matching: &'static str,
    pub(super) guard: &'static str,
}

/// Inputs that appear as they are used: `images.image0`, `images.image1`, ...
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Autogrow {
    /// How many of them the server insists on.
    pub min: u16,
    /// Type of each.
    pub kind: &'static str,
    /// True when none of them is insisted on, whatever `min` says.
    pub optional: bool,
    pub(super) max: u16,
    /// `image`, or `=a,b,c` where each has a name of its own.
    pub(super) scheme: &'static str,
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

impl NodeSpec {
    /// True for a form that a release has; a custom class has one for all.
    pub fn is_of(&self, era: Era) -> bool {
        match era {
            Era::Old => self.custom || self.eras.old,
            Era::New => self.custom || self.eras.new,
            Era::Stated => false,
        }
    }

    /// The widget of this name: the first one when several choices of a dynamic combo have it.
    pub fn widget(&self, name: &str) -> Option<&Widget> {
        self.widgets.iter().find(|widget| widget.name == name)
    }

    /// The socket of this name.
    pub fn socket(&self, name: &str) -> Option<&Socket> {
        self.inputs.iter().find(|socket| socket.name == name)
    }

    /// The name of an input, where the class has it.
    pub fn input_name(&self, name: &str) -> Option<&'static str> {
        let widget = self.widget(name).map(|widget| widget.name);
        widget.or_else(|| self.socket(name).map(|socket| socket.name))
    }

    /// True when an output has this type.
    pub fn gives(&self, kind: &str) -> bool {
        self.outputs.contains(&kind)
    }

    /// The name of an output; its type where it has none of its own.
    pub fn output_name(&self, slot: usize) -> &'static str {
        let own = self.output_names.get(slot).copied().filter(|name| !name.is_empty());
        own.or_else(|| self.outputs.get(slot).copied()).unwrap_or_default()
    }
}

impl Widget {
    /// The default of the schema; `None` when it has none (model files, required texts).
    pub fn default(&self) -> Option<Default> {
        if self.default.is_empty() {
            return self.first_option().map(Default::Text);
        }
        let doc = JsonDoc::parse(self.default).ok()?;
        let value = doc.root(self.default)?;
        let whole = !self.default.contains(['.', 'e', 'E']);
        let number = value.as_i64().filter(|_| whole).map(Default::Int).or_else(|| value.as_f64().map(Default::Float));
        let text = || value.as_str().map(|text| Default::Text(Cow::Owned(text.into_owned())));
        number.or_else(|| value.as_bool().map(Default::Bool)).or_else(text).or(Some(Default::Other))
    }

    /// The default of the schema as JSON; empty when it has none or is the first choice of a combo.
    pub fn default_json(&self) -> &'static str {
        self.default
    }

    /// A combo without a default starts with its first choice. Only that one is decoded: some lists have hundreds.
    fn first_option(&self) -> Option<Cow<'static, str>> {
        let Options::Fixed(list) = self.options else { return None };
        let (first, _) = list.strip_prefix("[\"")?.split_once('"')?;
        match first.contains('\\') {
            true => self.options().into_iter().next().map(Cow::Owned),
            false => Some(Cow::Borrowed(first)),
        }
    }

    /// The list of a combo, numbers as they are written; empty where it is not known.
    pub fn options(&self) -> Vec<String> {
        let (Options::Fixed(list) | Options::Host(Some(list))) = self.options else { return Vec::new() };
        let doc = JsonDoc::parse(list).unwrap_or_default();
        let items = doc.root(list).into_iter().flat_map(|list| list.items());
        items.map(|item| item.as_str().unwrap_or(Cow::Borrowed(item.raw())).into_owned()).collect()
    }

    /// True when the list of a combo has this text; `None` where the list is not known.
    pub fn offers(&self, text: &str) -> Option<bool> {
        let (Options::Fixed(list) | Options::Host(Some(list))) = self.options else { return None };
        // The lists are written without escapes and blanks, so that a plain text can be looked for as it stands.
        if text.contains(['"', '\\']) || list.contains('\\') || text.chars().any(char::is_control) {
            return Some(self.options().iter().any(|option| option == text));
        }
        let quoted = ["\"", text, "\""].concat();
        let found = memchr::memmem::find_iter(list.as_bytes(), quoted.as_bytes());
        // Between two texts of a list stands `","`, which no text can match from its start.
        Some(found.into_iter().any(|at| matches!(list.as_bytes().get(at.wrapping_sub(1)), Some(b'[' | b','))))
    }

    /// True when the list of a combo has this number; `None` where the list is not known.
    pub fn offers_number(&self, number: f64) -> Option<bool> {
        let (Options::Fixed(list) | Options::Host(Some(list))) = self.options else { return None };
        let doc = JsonDoc::parse(list).unwrap_or_default();
        let mut items = doc.root(list).into_iter().flat_map(|list| list.items());
        Some(items.any(|item| item.as_f64() == Some(number)))
    }

    /// True for a whole number or another one.
    pub fn is_number(&self) -> bool {
        matches!(self.kind, WidgetKind::Int | WidgetKind::Float(_))
    }

    /// The type as links know it.
    pub fn kind_name(&self) -> &'static str {
        match self.kind {
            _ if !self.type_name.is_empty() => self.type_name,
            WidgetKind::Int => "INT",
            WidgetKind::Float(_) => "FLOAT",
            WidgetKind::Text => "STRING",
            WidgetKind::Bool => "BOOLEAN",
            WidgetKind::Combo => "COMBO",
            WidgetKind::DynamicCombo => "COMFY_DYNAMICCOMBO_V3",
            WidgetKind::Button | WidgetKind::Other => "",
        }
    }

    /// True when the widget exists, given the value that each surrounding dynamic combo holds.
    pub fn shown<'a>(&self, chosen: impl Fn(&str) -> Option<Cow<'a, str>>) -> bool {
        shown(self.name, self.guard, chosen)
    }
}

impl Socket {
    /// The place of an input that the socket grew, by its full name; `None` for every other.
    pub fn grown(&self, name: &str) -> Option<u16> {
        self.autogrow.as_ref()?.place(name.strip_prefix(self.name)?.strip_prefix('.')?)
    }

    /// True when the socket exists, given the value that each surrounding dynamic combo holds.
    pub fn shown<'a>(&self, chosen: impl Fn(&str) -> Option<Cow<'a, str>>) -> bool {
        shown(self.name, self.guard, chosen)
    }
}

fn shown<'a>(name: &str, guard: &str, chosen: impl Fn(&str) -> Option<Cow<'a, str>>) -> bool {
    // A search for a letter costs more than these few bytes: every widget of every node is asked.
    let mut ends = name.bytes().enumerate().filter(|(_, byte)| *byte == b'.').map(|(at, _)| at);
    guard.is_empty()
        || guard.as_bytes().split(|byte| *byte == b'/').all(|key| {
            let parent = ends.next().and_then(|end| name.get(..end));
            parent.and_then(&chosen).is_some_and(|value| {
                value.as_bytes() == key || key.contains(&b'%') && encode::name(&value).as_bytes() == key
            })
        })
}

impl Autogrow {
    /// The names of the inputs, without the name of the group in front.
    pub fn names(&self) -> impl Iterator<Item = Cow<'static, str>> + use<> {
        let (scheme, count) = (self.scheme, self.count());
        let listed = scheme.strip_prefix('=').into_iter().flat_map(|names| names.split(',')).map(Cow::Borrowed);
        let numbered = 0..if scheme.starts_with('=') { 0 } else { count };
        listed.chain(numbered.map(move |number| Cow::Owned(format!("{scheme}{number}"))))
    }

    /// How many there may be.
    pub fn count(&self) -> u16 {
        self.max
    }

    /// True when the group has an input of this name.
    pub fn has(&self, name: &str) -> bool {
        self.place(name).is_some()
    }

    /// The place of an input of this name.
    pub fn place(&self, name: &str) -> Option<u16> {
        if let Some(mut names) = self.scheme.strip_prefix('=').map(|names| names.split(',')) {
            return names.position(|known| known == name).and_then(|place| u16::try_from(place).ok());
        }
        let number = name.strip_prefix(self.scheme).filter(|rest| *rest == "0" || !rest.starts_with('0'));
        let number = number.filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
        number.and_then(|number| number.parse().ok()).filter(|number| *number < self.max)
    }
}
