//! From a saved workflow to the API prompt: what ComfyUI_frontend's `graphToPrompt` sends to the server.

mod extras;
mod ids;
mod js;
mod names;
mod notes;
mod prompts;

use ids::NewIds;
use prompts::Chooser;

use super::content::Content;
use super::format::{Detected, Format};
use super::graph::{Lost, Specs};
use super::ui::{self, Fed, Flat, Joined};
use crate::catalog::nodes::Catalog;
use crate::read::json::{JsonDoc, JsonRef};
use crate::span::Span;

/// JSON without blanks, laid out with two blanks per level.
pub use js::indented;

/// How to convert.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Chooses among `{a|b}` in prompts; without it the first option is taken.
    pub seed: Option<u64>,
}

/// An API prompt.
#[derive(Clone, Debug)]
pub struct Converted {
    /// The prompt as JSON.
    pub json: String,
    /// What could not be carried over, and where it is written.
    pub lost: Vec<(Span, String)>,
    /// Ids in the prompt that are not those of the file, and the latter: the browser numbers a node of a subgraph anew when
    /// another graph of the file has the same number. What the server says about `12:53` may be about `12:7` here.
    pub renamed: Vec<(String, String)>,
}

/// Why there is no API prompt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The place of the fault.
    pub span: Span,
    /// What is wrong, in words.
    pub message: String,
}

/// Converts a workflow. An API prompt comes out as it is, without what was around it.
///
/// # Errors
/// [`Refusal`] when the value is no workflow, or one that the browser could not send either: a subgraph without a
/// definition, a link from a node that is not there.
pub fn convert(found: &Detected<'_>, catalog: &Catalog, options: Options) -> Result<Converted, Refusal> {
    match &found.format {
        Format::NotAWorkflow(reason) => {
            Err(Refusal { span: Span::default(), message: format!("not a workflow: {reason}") })
        }
        Format::Api => {
            let mut json = String::new();
            js::exact(&mut json, found.root);
            Ok(Converted { json, lost: Vec::new(), renamed: Vec::new() })
        }
        Format::Ui { .. } => saved(found.root, catalog, options),
    }
}

fn saved(root: JsonRef<'_>, catalog: &Catalog, options: Options) -> Result<Converted, Refusal> {
    let mut specs = Specs::new(catalog);
    let flat = Flat::read(root, &mut specs);
    if let Some((span, message)) = ui::obstacle(&flat) {
        return Err(Refusal { span, message });
    }
    let mut lost: Vec<(Span, String)> = notes::everywhere(&ui::senders(&flat), &flat).into_iter().collect();
    let chooser = Chooser::new(options.seed);
    let mut converter = Converter { flat: &flat, specs, ids: NewIds::read(root), chooser, lost: &mut lost };
    let mut nodes = ui::sent(&flat).map(|node| converter.node(node)).collect::<Result<Vec<_>, _>>()?;
    // JavaScript puts keys that are whole numbers first, in rising order.
    nodes.sort_by_key(|node| node.id.parse::<u32>().map_or((1, 0), |id| (0, id)));
    let members: Vec<String> = nodes.iter().map(Sent::json).collect();
    let renamed =
        nodes.into_iter().filter(|node| node.id != node.written).map(|node| (node.id, node.written)).collect();
    Ok(Converted { json: format!("{{{}}}", members.join(",")), lost, renamed })
}

/// A node as it is sent.
struct Sent {
    id: String,
    /// Its id in the file.
    written: String,
    class: String,
    title: String,
    /// Names and values, the values as JSON.
    inputs: Vec<(String, String)>,
}

impl Sent {
    fn json(&self) -> String {
        let mut out = String::new();
        js::text(&mut out, &self.id);
        out.push_str(":{\"inputs\":{");
        for (index, (name, value)) in self.inputs.iter().enumerate() {
            out.push_str(if index == 0 { "" } else { "," });
            js::text(&mut out, name);
            out.push(':');
            out.push_str(value);
        }
        out.push_str("},\"class_type\":");
        js::text(&mut out, &self.class);
        out.push_str(",\"_meta\":{\"title\":");
        js::text(&mut out, &self.title);
        out.push_str("}}");
        out
    }
}

struct Converter<'f, 'a> {
    flat: &'f Flat<'a>,
    specs: Specs,
    ids: NewIds,
    chooser: Chooser,
    lost: &'f mut Vec<(Span, String)>,
}

impl Converter<'_, '_> {
    fn id(&self, node: u32) -> String {
        self.flat.path(node, &|definition, place| self.ids.get(definition, place))
    }

    fn node(&mut self, node: u32) -> Result<Sent, Refusal> {
        let raw = self.flat.raw(node);
        let spec = self.specs.index(&raw.class);
        let mut inputs = Vec::new();
        for joined in ui::inputs(self.flat, node, &mut self.specs, spec) {
            if let Some(value) = self.value(&raw.class, &joined)? {
                inputs.push((joined.name.into_owned(), value));
            }
        }
        let known = spec.and_then(|spec| self.specs.get(spec));
        if known.is_some() || ui::own_values(self.flat, node, &mut self.specs).is_empty() {
            self.lost.extend(notes::node(raw, &self.flat.id(node), known));
        }
        let added = extras::of(&raw.class, raw.values, |name| inputs.iter().any(|(input, _)| input == name));
        inputs.extend(added);
        let title = raw.json.get("title").and_then(|title| title.as_str());
        let class = raw.class.clone().into_owned();
        let title = title.map_or_else(|| class.clone(), |title| title.into_owned());
        Ok(Sent { id: self.id(node), written: self.flat.id(node), class, title, inputs })
    }

    /// An input's value as JSON; `None` for one that is left out.
    fn value(&mut self, class: &str, joined: &Joined<'_>) -> Result<Option<String>, Refusal> {
        let mut out = String::new();
        match &joined.fed {
            Fed::Link { node, slot } => {
                out.push('[');
                js::text(&mut out, &self.id(*node));
                out.push_str(&format!(",{slot}]"));
            }
            Fed::Lost { id, why: Lost::Missing } => {
                let message = format!("the input '{}' is linked to node {id}, which is not in the file", joined.name);
                return Err(Refusal { span: joined.span, message });
            }
            Fed::Lost { .. } => return Ok(None),
            Fed::Value(content) => match self.text(class, joined, content) {
                Some(text) => js::text(&mut out, &text),
                None => literal(&mut out, content),
            },
        }
        Ok(Some(out))
    }

    /// The text of an input that the browser rewrites before sending; `None` for every other.
    fn text(&mut self, class: &str, joined: &Joined<'_>, content: &Content<'_>) -> Option<String> {
        let name = joined.from.is_none() && names::is_file_name(class, &joined.name);
        if !name && !joined.dynamic_prompts {
            return None;
        }
        let value = content.value();
        let text = value.as_text()?;
        if name && text.contains("%date:") {
            self.lost.push((joined.span, notes::DATE.to_owned()));
        }
        Some(if name {
            names::filled(self.flat, &mut self.specs, text)
        } else {
            prompts::rewritten(text, &mut self.chooser)
        })
    }
}

fn literal(out: &mut String, content: &Content<'_>) {
    match content {
        Content::Json(json) => wrapped(out, *json),
        Content::Text(text) => js::text(out, text),
        Content::Number(number) => js::number(out, *number),
        Content::Default(text) => {
            let doc = JsonDoc::parse(text).ok();
            match doc.as_ref().and_then(|doc| doc.root(text)) {
                Some(json) => wrapped(out, json),
                None => out.push_str("null"),
            }
        }
    }
}

/// A list would read as a link on the server, so it is sent inside an object.
fn wrapped(out: &mut String, json: JsonRef<'_>) {
    let list = json.is_array();
    out.push_str(if list { "{\"__value__\":" } else { "" });
    js::value(out, json);
    out.push_str(if list { "}" } else { "" });
}
