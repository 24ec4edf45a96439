//! Nodes of official templates are bypassed, links cut and led elsewhere: the file is then what a program would have made of it that
//! reads JSON, does the same, and writes it again.

use serde_json::{Value, json};
use wanlint::catalog::nodes::Catalog;
use wanlint::discover::Kind;
use wanlint::finding::Location;
use wanlint::fix::{Act, Fix, Grade, Verb, edits};
use wanlint::project::{File, interpret};
use wanlint::read::json::{JsonDoc, JsonRef};
use wanlint::source::Source;
use wanlint::span::Span;

use super::{files, official, shared, written};

/// Of so many places one is taken: each change is read again, which takes its time.
const EVERY: usize = 23;

/// What was done, and why the rest was not.
#[derive(Default)]
struct Tally {
    done: usize,
    refused: Vec<String>,
}

#[test]
fn official_templates_are_rewired_as_json_would_be() {
    let Some(folder) = official::templates() else { return };
    let (mut bypassed, mut cut, mut led) = (Tally::default(), Tally::default(), Tally::default());
    let wan = |path: &std::path::PathBuf| path.file_name().unwrap().to_str().unwrap().contains("wan2");
    for path in files(&folder, ".json").into_iter().filter(wan) {
        let text = std::fs::read_to_string(&path).unwrap();
        let Some(template) = Template::new(&text) else { continue };
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        for (place, slot) in template.slots().into_iter().enumerate().filter(|(place, _)| place % EVERY == 0) {
            template.cut(&slot, &name, &mut cut);
            template.lead(&slot, &name, &mut led, place);
        }
        for node in template.nodes().into_iter().step_by(EVERY) {
            template.bypass(&node, &name, &mut bypassed);
        }
    }
    for (what, tally, least) in [("bypassed", &bypassed, 8), ("cut", &cut, 30), ("led", &led, 20)] {
        assert!(tally.done >= least, "{what}: {}, refused:\n{}", tally.done, tally.refused.join("\n"));
    }
}

/// The same of prompts, in every way in which they may be written.
#[test]
fn official_prompts_are_rewired_as_json_would_be() {
    let Some(folder) = shared("golden") else { return };
    let mut tally = Tally::default();
    let prompts = files(&folder, ".api.json").into_iter().filter(|path| path.to_str().unwrap().contains("wan2"));
    for (at, path) in prompts.enumerate() {
        let json: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let places = places(&json);
        for (id, name) in places.iter().skip(at % EVERY).step_by(EVERY) {
            changes(&json, id, name).into_iter().for_each(|change| done(change, &json, &mut tally));
        }
    }
    assert!(tally.done > 200 && tally.refused.len() < tally.done, "{}: {}", tally.done, tally.refused.join("\n"));
}

/// Nodes and their inputs.
fn places(json: &Value) -> Vec<(String, String)> {
    let of = |(id, node): (&String, &Value)| {
        let names = node["inputs"].as_object().unwrap().keys();
        names.map(|name| (id.clone(), name.clone())).collect::<Vec<_>>()
    };
    json.as_object().unwrap().iter().flat_map(of).collect()
}

/// What is done to a prompt, given its text, and what comes of it.
type Done = (Box<dyn Fn(&str) -> Act>, Value);

fn changes(json: &Value, id: &str, name: &str) -> Vec<Done> {
    let with = |change: &dyn Fn(&mut Value)| {
        let mut new = json.clone();
        change(&mut new);
        new
    };
    let (node, input) = (id.to_owned(), name.to_owned());
    let other = json.as_object().unwrap().keys().find(|other| *other != id).unwrap().clone();
    let act = move |text: &str, verb: Verb, new: &str| {
        let part = if verb == Verb::RenameInput { input.as_str() } else { "" };
        Act::At(verb, at(text, &node, part), new.to_owned())
    };
    let (rename, call, bypass) = (act.clone(), act.clone(), act);
    let (node, input, source) = (id.to_owned(), name.to_owned(), other.clone());
    let cut = {
        let (node, input) = (node.clone(), input.clone());
        move |text: &str| Act::Cut(vec![at(text, &node, &input)])
    };
    let mut all: Vec<Done> = vec![
        (Box::new(cut), with(&|new| drop(new[id]["inputs"].as_object_mut().unwrap().shift_remove(name)))),
        (
            Box::new(move |text| rename(text, Verb::RenameInput, "zz")),
            with(&|new| renamed(&mut new[id]["inputs"], name)),
        ),
        (Box::new(move |text| call(text, Verb::RenameClass, "Zz")), with(&|new| new[id]["class_type"] = json!("Zz"))),
    ];
    if let [link] =
        &json[id]["inputs"].as_object().unwrap().values().filter(|one| one.is_array()).collect::<Vec<_>>()[..]
    {
        let bypassed = with(&|new| {
            new.as_object_mut().unwrap().shift_remove(id);
            for node in new.as_object_mut().unwrap().values_mut() {
                let inputs = node["inputs"].as_object_mut().unwrap().values_mut();
                inputs.filter(|input| input.is_array() && input[0] == id).for_each(|input| *input = (*link).clone());
            }
        });
        all.push((Box::new(move |text| bypass(text, Verb::Bypass, "")), bypassed));
    }
    if json[id]["inputs"][name].is_array() {
        let expected = with(&|new| new[id]["inputs"][name] = json!([other, 3]));
        all.push((Box::new(move |text| Act::Link(at(text, &node, &input), at(text, &source, ""), 3)), expected));
    } else {
        let add = move |text: &str| Act::Add(at(text, &node, ""), "zz".to_owned(), "a \"b\"".to_owned());
        all.push((Box::new(add), with(&|new| new[id]["inputs"]["zz"] = json!("a \"b\""))));
    }
    all
}

fn renamed(inputs: &mut Value, name: &str) {
    let old = inputs.as_object().unwrap().clone();
    let new = old.into_iter().map(|(key, value)| (if key == name { "zz".to_owned() } else { key }, value));
    *inputs = Value::Object(new.collect());
}

fn done((act, expected): Done, json: &Value, tally: &mut Tally) {
    let pretty = |json: &Value| serde_json::to_string_pretty(json).unwrap();
    let both = written::ways(&pretty(json)).into_iter().zip(written::ways(&pretty(&expected)));
    for ((way, old), (_, expected)) in both.filter(|((way, _), _)| *way != "BOM") {
        let source = Source::from_text("w.json", old.as_str());
        let file = interpret(source, Kind::Json, true, true, &Catalog::default()).unwrap();
        let acts = vec![act(&old)];
        let fix = Fix { title: String::new(), grade: Grade::Safe, acts, starts: Vec::new(), instances: 1 };
        match edits(&fix, std::slice::from_ref(&file)) {
            Err(why) => return tally.refused.push(format!("{:?}: {why}", fix.acts)),
            Ok(edits) => {
                let mut new = old.clone();
                edits.iter().rev().for_each(|edit| new.replace_range(edit.span.range(), &edit.text));
                assert!(new == expected, "{:?}, {way}, is\n{new}", fix.acts);
                tally.done += 1;
            }
        }
    }
}

/// The place of an input, or without a name that of the class.
fn at(text: &str, node: &str, input: &str) -> Location {
    let doc = JsonDoc::parse(text).unwrap();
    let node = doc.root(text).unwrap().get(node).unwrap();
    let inputs = node.get("inputs").unwrap();
    let found = inputs.entries().find(|(key, _)| key.is_text(input)).map(|(key, _)| key.span());
    Location { file: 0, span: found.unwrap_or_else(|| node.get("class_type").unwrap().span()) }
}

/// A template with its text as a program would write it.
struct Template {
    text: String,
    json: Value,
    file: File,
}

/// A graph (`[]` is the root), a node in its list, and for a slot its place.
#[derive(Clone)]
struct At {
    graph: Vec<String>,
    node: usize,
    slot: usize,
}

impl Template {
    fn new(text: &str) -> Option<Self> {
        let json: Value = serde_json::from_str(text).unwrap();
        let text = serde_json::to_string_pretty(&json).unwrap();
        let file = interpret(Source::from_text("w.json", text.as_str()), Kind::Json, true, true, &Catalog::default())?;
        file.workflow()?;
        Some(Self { text, json, file })
    }

    fn graphs(&self) -> Vec<Vec<String>> {
        let inner = self.json["definitions"]["subgraphs"].as_array().map_or(0, Vec::len);
        let inner = (0..inner).map(|at| vec!["definitions".to_owned(), "subgraphs".to_owned(), at.to_string()]);
        std::iter::once(Vec::new()).chain(inner).collect()
    }

    fn nodes(&self) -> Vec<At> {
        let of = |graph: Vec<String>| {
            let count = pointed(&self.json, &graph)["nodes"].as_array().map_or(0, Vec::len);
            (0..count).map(move |node| At { graph: graph.clone(), node, slot: 0 })
        };
        self.graphs().into_iter().flat_map(of).collect()
    }

    fn slots(&self) -> Vec<At> {
        let of = |at: At| {
            let slots = self.node(&at)["inputs"].as_array().cloned().unwrap_or_default();
            let linked = slots.into_iter().enumerate().filter(|(_, slot)| slot["link"].is_i64());
            linked.map(move |(slot, _)| At { slot, ..at.clone() }).collect::<Vec<_>>()
        };
        self.nodes().into_iter().flat_map(of).collect()
    }

    fn node(&self, at: &At) -> &Value {
        &pointed(&self.json, &at.graph)["nodes"][at.node]
    }

    fn span(&self, at: &At, slot: bool) -> Span {
        let doc = JsonDoc::parse(&self.text).unwrap();
        let mut json: JsonRef = doc.root(&self.text).unwrap();
        for part in &at.graph {
            json = part.parse().map_or_else(|_| json.get(part).unwrap(), |index| json.item(index).unwrap());
        }
        let node = json.get("nodes").unwrap().item(at.node).unwrap();
        let slot = slot.then(|| node.get("inputs").unwrap().item(at.slot).unwrap().get("name").unwrap());
        slot.unwrap_or_else(|| node.get("type").unwrap()).span()
    }

    fn check(&self, act: Act, expected: &Value, name: String, tally: &mut Tally) {
        let fix = Fix { title: String::new(), grade: Grade::Safe, acts: vec![act], starts: Vec::new(), instances: 1 };
        match edits(&fix, std::slice::from_ref(&self.file)) {
            Err(why) => tally.refused.push(format!("{name}: {why}")),
            Ok(edits) => {
                let mut new = self.text.clone();
                edits.iter().rev().for_each(|edit| new.replace_range(edit.span.range(), &edit.text));
                assert!(new == serde_json::to_string_pretty(expected).unwrap(), "{name} is\n{new}");
                tally.done += 1;
            }
        }
    }

    fn at(&self, at: &At, slot: bool) -> Location {
        Location { file: 0, span: self.span(at, slot) }
    }

    fn bypass(&self, at: &At, name: &str, tally: &mut Tally) {
        let mut expected = self.json.clone();
        let node = &mut graph_of(&mut expected, &at.graph)["nodes"][at.node];
        let name = format!("{name}: node {}", node["id"]);
        node["mode"] = json!(4);
        self.check(Act::At(Verb::Bypass, self.at(at, false), String::new()), &expected, name, tally);
    }

    fn cut(&self, at: &At, name: &str, tally: &mut Tally) {
        let mut expected = self.json.clone();
        let graph = graph_of(&mut expected, &at.graph);
        let id = graph["nodes"][at.node]["inputs"][at.slot]["link"].take();
        graph["links"].as_array_mut().unwrap().retain(|link| link[0] != id && link["id"] != id);
        taken_off(graph, &id);
        let name = format!("{name}: {} {}", self.node(at)["id"], self.node(at)["inputs"][at.slot]["name"]);
        self.check(Act::Cut(vec![self.at(at, true)]), &expected, name, tally);
    }

    /// Leads a link to another output of its type.
    fn lead(&self, at: &At, name: &str, tally: &mut Tally, seed: usize) {
        let mut expected = self.json.clone();
        let graph = graph_of(&mut expected, &at.graph);
        let slot = &graph["nodes"][at.node]["inputs"][at.slot];
        let (id, kind, name) = (slot["link"].clone(), slot["type"].clone(), format!("{name}: {}", slot["name"]));
        let mut others = Vec::new();
        for (node, json) in graph["nodes"].as_array().unwrap().iter().enumerate().filter(|(node, _)| *node != at.node) {
            for (slot, output) in json["outputs"].as_array().into_iter().flatten().enumerate() {
                let mine = output["links"].as_array().is_some_and(|links| links.contains(&id));
                others.extend((output["type"] == kind && !mine).then_some((node, slot)));
            }
        }
        if others.is_empty() {
            return;
        }
        let (node, output) = others[seed % others.len()];
        taken_off(graph, &id);
        let (origin, list) =
            (graph["nodes"][node]["id"].clone(), &mut graph["nodes"][node]["outputs"][output]["links"]);
        match list.as_array_mut() {
            Some(list) => list.push(id.clone()),
            None => *list = json!([id]),
        }
        let kind = graph["nodes"][node]["outputs"][output]["type"].clone();
        for link in graph["links"].as_array_mut().unwrap() {
            if link[0] == id {
                (link[1], link[2], link[5]) = (origin.clone(), json!(output), kind.clone());
            } else if link["id"] == id {
                (link["origin_id"], link["origin_slot"]) = (origin.clone(), json!(output));
                link["type"] = kind.clone();
            }
        }
        let source = self.at(&At { node, ..at.clone() }, false);
        let act = Act::Link(self.at(at, true), source, u32::try_from(output).unwrap());
        self.check(act, &expected, name, tally);
    }
}

/// No output, and no input of the definition, lists the link any more.
fn taken_off(graph: &mut Value, id: &Value) {
    let outputs = graph["nodes"].as_array_mut().unwrap().iter_mut().filter_map(|node| node["outputs"].as_array_mut());
    for output in outputs.flatten().filter_map(|output| output.get_mut("links")?.as_array_mut()) {
        output.retain(|one| one != id);
    }
    let ports = graph.get_mut("inputs").and_then(Value::as_array_mut).into_iter().flatten();
    for port in ports.filter_map(|port| port.get_mut("linkIds")?.as_array_mut()) {
        port.retain(|one| one != id);
    }
}

fn pointed<'a>(json: &'a Value, path: &[String]) -> &'a Value {
    path.iter().fold(json, |json, part| part.parse::<usize>().map_or_else(|_| &json[part], |index| &json[index]))
}

fn graph_of<'a>(json: &'a mut Value, path: &[String]) -> &'a mut Value {
    let pointer: String = path.iter().map(|part| format!("/{part}")).collect();
    json.pointer_mut(&pointer).unwrap()
}
