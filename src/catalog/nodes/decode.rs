//! From a line of the catalog to a class. [`super::encode`] describes the lines.

use super::spec::{Autogrow, Eras, NodeSpec, Options, Range, Socket, Widget, WidgetKind};

/// The class of a line.
pub(super) fn line(line: &'static str) -> NodeSpec {
    let mut fields = line.trim_end_matches('\r').split('\t');
    let class = name(fields.next().unwrap_or_default());
    let flags = fields.next().unwrap_or_default();
    let slots = fields.next().unwrap_or_default().split('|').filter(|slot| !slot.is_empty());
    let (outputs, output_names) = slots.map(|slot| slot.split_once('/').unwrap_or((slot, ""))).unzip();
    let has = |flag: char| flags.contains(flag);
    let mut spec = NodeSpec {
        class,
        output_node: has('O'),
        custom: has('C'),
        partner: has('P'),
        accepts_all: has('A'),
        eras: Eras { old: has('o'), new: has('n') },
        outputs,
        widgets: Vec::new(),
        inputs: Vec::new(),
        output_names,
    };
    for (rank, field) in fields.enumerate() {
        input(&mut spec, field, u16::try_from(rank).unwrap_or(u16::MAX));
    }
    spec
}

/// What stands in front of the kind of an input.
struct Head {
    name: &'static str,
    optional: bool,
    guard: &'static str,
    rank: u16,
}

fn input(spec: &mut NodeSpec, field: &'static str, rank: u16) {
    let (guard, rest) = field.strip_prefix('@').and_then(|rest| rest.split_once('@')).unwrap_or(("", field));
    let Some(at) = rest.find([':', '=']) else { return };
    let optional = rest[..at].ends_with('?');
    let head = Head { name: name(rest[..at].trim_end_matches('?')), optional, guard, rank };
    let tail = &rest[at + 1..];
    match rest.as_bytes()[at] {
        b':' => spec.inputs.push(socket(head, tail)),
        _ => spec.widgets.push(widget(head, tail)),
    }
}

/// Names with marks of the line in them are written with `%` and the code of the mark. Each line is decoded once, so that
/// what is kept for ever here is bounded by the catalog.
fn name(written: &'static str) -> &'static str {
    if !written.contains('%') {
        return written;
    }
    let mut parts = written.split('%');
    let mut name = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.get(..2).and_then(|code| u8::from_str_radix(code, 16).ok());
        name.push(code.map_or('%', char::from));
        name.push_str(part.get(2..).unwrap_or_default());
    }
    Box::leak(name.into_boxed_str())
}

/// `TYPE`, `COMFY_MATCHTYPE_V3;group`, `COMFY_AUTOGROW_V3;min;max;names;TYPE`.
fn socket(head: Head, text: &'static str) -> Socket {
    let mut parts = text.split(';');
    let kind = parts.next().unwrap_or_default();
    let mut socket = Socket {
        name: head.name,
        kind,
        rank: head.rank,
        optional: head.optional,
        autogrow: None,
        matching: "",
        guard: head.guard,
    };
    match kind {
        "COMFY_MATCHTYPE_V3" => socket.matching = parts.next().unwrap_or_default(),
        "COMFY_AUTOGROW_V3" => socket.autogrow = autogrow(parts),
        _ => {}
    }
    socket
}

fn autogrow(mut parts: std::str::Split<'static, char>) -> Option<Autogrow> {
    let min = parts.next()?.parse().ok()?;
    let max = parts.next()?.parse().ok()?;
    let scheme = parts.next()?;
    let kind = parts.next()?;
    Some(Autogrow { min, max, scheme, kind: kind.trim_end_matches('?'), optional: kind.ends_with('?') })
}

fn widget(head: Head, text: &'static str) -> Widget {
    let mut rest = Rest(text);
    let (kind, classic) = kind(&mut rest);
    let type_name = if rest.takes('(') { rest.until(')') } else { "" };
    let (control, dynamic_prompts) = (rest.takes('+'), rest.takes('~'));
    let (own_check, multi) = (rest.takes('^'), rest.takes('*'));
    let range = if rest.takes('<') { range(rest.until('>')) } else { Range::default() };
    let combo = matches!(kind, WidgetKind::Combo | WidgetKind::DynamicCombo);
    let options = if combo { options(&mut rest) } else { Options::None };
    Widget {
        name: head.name,
        kind,
        rank: head.rank,
        optional: head.optional,
        control,
        dynamic_prompts,
        own_check,
        multi,
        classic,
        range,
        options,
        type_name,
        default: rest.0,
        guard: head.guard,
    }
}

/// The kind, and whether a combo is of the older form.
fn kind(rest: &mut Rest) -> (WidgetKind, bool) {
    let letter = rest.0.as_bytes().first().copied();
    rest.0 = rest.0.get(1..).unwrap_or_default();
    let kind = match letter {
        Some(b'i') => WidgetKind::Int,
        Some(b's') => WidgetKind::Text,
        Some(b'b') => WidgetKind::Bool,
        Some(b'c' | b'C') => WidgetKind::Combo,
        Some(b'd') => WidgetKind::DynamicCombo,
        Some(b'u') => WidgetKind::Button,
        Some(b'f') => {
            let digits = rest.0.as_bytes().first().map_or(0, |digit| digit.saturating_sub(b'0'));
            rest.0 = rest.0.get(1..).unwrap_or_default();
            WidgetKind::Float(digits)
        }
        _ => WidgetKind::Other,
    };
    (kind, letter == Some(b'c'))
}

fn range(text: &str) -> Range {
    let mut parts = text.split(',').map(|number| number.parse().ok());
    let mut next = || parts.next().flatten();
    Range { min: next(), max: next(), step: next() }
}

/// `[...]` or `#N;`, with `!` in front where the list is made of files of the server; `!` alone where they are unknown.
fn options(rest: &mut Rest) -> Options {
    let host = rest.takes('!');
    let list = if rest.takes('#') {
        Some(super::shared_list(rest.until(';')))
    } else if rest.0.starts_with('[') {
        Some(rest.list())
    } else {
        None
    };
    match (host, list) {
        (true, list) => Options::Host(list),
        (false, Some(list)) => Options::Fixed(list),
        (false, None) => Options::None,
    }
}

/// What is left of a field.
struct Rest(&'static str);

impl Rest {
    fn takes(&mut self, mark: char) -> bool {
        match self.0.strip_prefix(mark) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn until(&mut self, mark: char) -> &'static str {
        let (part, rest) = self.0.split_once(mark).unwrap_or((self.0, ""));
        self.0 = rest;
        part
    }

    /// A JSON list of texts and numbers, up to its closing bracket.
    fn list(&mut self) -> &'static str {
        let (mut quoted, mut escaped) = (false, false);
        let end = self.0.bytes().position(|byte| match byte {
            _ if escaped => {
                escaped = false;
                false
            }
            b'\\' => {
                escaped = true;
                false
            }
            b'"' => {
                quoted = !quoted;
                false
            }
            b']' => !quoted,
            _ => false,
        });
        let (list, rest) = self.0.split_at(end.map_or(self.0.len(), |end| end + 1));
        self.0 = rest;
        list
    }
}
