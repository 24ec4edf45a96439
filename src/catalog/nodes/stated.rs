//! The schemas of a server, from its `/object_info`: the answer to the question which nodes and files it has.

use std::sync::OnceLock;

use super::spec::NodeSpec;
use super::{decode, encode};
use crate::read::json::JsonDoc;

/// Classes that every ComfyUI has: an answer with all of them is a whole one.
const ALWAYS: [&str; 4] = ["KSampler", "CLIPTextEncode", "VAEDecode", "SaveImage"];

/// A server's answer. Classes are decoded when they are asked for.
#[derive(Debug)]
pub struct Stated {
    text: String,
    doc: JsonDoc,
    classes: Vec<Class>,
}

#[derive(Debug)]
struct Class {
    /// Names and specs live as long as the process: there is one such answer in a run.
    name: &'static str,
    /// Its place among the entries of the document.
    entry: usize,
    spec: OnceLock<&'static NodeSpec>,
}

impl Stated {
    /// Reads the answer of `/object_info`, or of `/object_info/CLASS`.
    ///
    /// # Errors
    /// A sentence that says why the text is no such answer.
    pub fn read(text: String) -> Result<Self, String> {
        let doc = JsonDoc::parse(&text).map_err(|error| format!("not JSON: {error} (byte {})", error.offset))?;
        let mut classes = Vec::new();
        let root = doc.root(&text).filter(|root| root.is_object());
        let root = root.ok_or("not an object of node classes, as /object_info answers")?;
        for (entry, (key, spec)) in root.entries().enumerate() {
            let name = key.as_str().unwrap_or_default();
            if !spec.get("input").is_some_and(|input| input.is_object()) {
                return Err(format!("'{}' has no 'input': /object_info gives one for each class", shown(&name)));
            }
            classes.push(Class { name: keep(name.into_owned()), entry, spec: OnceLock::new() });
        }
        if classes.is_empty() {
            return Err("it holds no node class".to_owned());
        }
        // Of a class that is written twice the last one counts.
        classes.sort_by(|a, b| a.name.cmp(b.name).then(b.entry.cmp(&a.entry)));
        classes.dedup_by(|later, first| later.name == first.name);
        Ok(Self { text, doc, classes })
    }

    /// True when the server has told all its classes, not only some.
    pub fn is_whole(&self) -> bool {
        ALWAYS.iter().all(|class| self.find(class).is_some())
    }

    /// True when the server has the class.
    pub fn has(&self, class: &str) -> bool {
        self.find(class).is_some()
    }

    /// The class of this name.
    pub fn lookup(&self, class: &str) -> Option<&'static NodeSpec> {
        let class = self.find(class)?;
        Some(class.spec.get_or_init(|| Box::leak(Box::new(self.decode(class)))))
    }

    /// All class names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.classes.iter().map(|class| class.name)
    }

    fn find(&self, class: &str) -> Option<&Class> {
        let at = self.classes.binary_search_by(|known| known.name.cmp(class)).ok()?;
        self.classes.get(at)
    }

    fn decode(&self, class: &Class) -> NodeSpec {
        let entry = self.doc.root(&self.text).and_then(|root| root.entries().nth(class.entry));
        let line = entry.map(|(_, spec)| encode::line(class.name, spec, "")).unwrap_or_default();
        decode::line(keep(line))
    }
}

fn keep(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

/// The start of a name, for a message.
fn shown(name: &str) -> String {
    name.chars().take(60).collect()
}
