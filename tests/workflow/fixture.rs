//! A saved workflow written by hand: stale widgets under links, a reroute, primitives, muted and bypassed nodes, named
//! wires, an object of values, a subgraph instance.

use wanlint::facts::workflow::facts;
use wanlint::read::json::JsonDoc;
use wanlint::workflow::format::{Format, Wrapper, detect};
use wanlint::workflow::graph::{Graph, Lost, Mode, Role, Value};
use wanlint::workflow::resolve::{Resolved, resolve};

use super::read;

pub const UI: &str = include_str!("small.ui.json");
const API: &str = include_str!("small.api.json");

fn value(graph: &Graph, id: &str, input: &str) -> Value {
    graph.input(graph.by_id(id).unwrap(), input).unwrap_or_else(|| panic!("{id}.{input}")).value.clone()
}

fn link_to(graph: &Graph, id: &str, slot: u32) -> Value {
    Value::Link { node: graph.by_id(id).unwrap(), slot }
}

#[test]
fn widgets_get_their_names_and_links_win() {
    let graph = read(UI).unwrap();
    assert_eq!(value(&graph, "10", "steps"), Value::Int(8), "from the PrimitiveNode, not the stale 20");
    assert_eq!(value(&graph, "10", "noise_seed"), Value::Int(7));
    assert_eq!(value(&graph, "10", "cfg"), Value::Float(3.5), "behind the control value");
    assert_eq!(value(&graph, "10", "end_at_step"), Value::Int(10000), "a missing tail gets the default");
    let steps = graph.input(graph.by_id("10").unwrap(), "steps").unwrap();
    assert_eq!((&UI[steps.span.range()], steps.from), ("8", graph.by_id("11")), "a fix belongs at the primitive");
}

#[test]
fn links_go_through_what_is_not_sent() {
    let graph = read(UI).unwrap();
    assert_eq!(value(&graph, "10", "model"), link_to(&graph, "1", 0), "reroute, then a bypassed LoRA");
    assert_eq!(value(&graph, "10", "latent_image"), link_to(&graph, "6", 0), "through Set and Get");
    let muted = Value::Dangling { id: "5".into(), why: Lost::Muted };
    assert_eq!(value(&graph, "10", "negative"), muted);
    let role = |id: &str| graph.get(graph.by_id(id).unwrap()).map(|node| (node.role, node.mode)).unwrap();
    assert_eq!(role("2"), (Role::Absent, Mode::Bypassed));
    assert_eq!(role("5"), (Role::Absent, Mode::Muted));
    assert_eq!(role("20"), (Role::Opaque, Mode::Active));
    assert_eq!(graph.unread.len(), 1);
}

#[test]
fn unknown_classes_are_read_by_name() {
    let graph = read(UI).unwrap();
    assert_eq!(value(&graph, "13", "frame_rate"), Value::Int(16));
    assert!(graph.input(graph.by_id("13").unwrap(), "videopreview").is_none());
    let facts = facts(&graph);
    assert_eq!(facts.fps[0].fps.value, Some(16.0));
    assert!(!facts.complete, "a custom node and a subgraph run");
    assert_eq!(facts.samplers.len(), 1, "VHS_VideoCombine counts as an output");
}

#[test]
fn values_are_followed_to_where_they_are_written() {
    let graph = read(API).unwrap();
    let size = graph.by_id("8").unwrap();
    let Resolved::Known { value, path, .. } = resolve(&graph, size, "height") else { panic!("not resolved") };
    assert_eq!((value, path.len()), (Value::Int(640), 2));
    let clip = graph.by_id("5").unwrap();
    let Resolved::Known { value, span, .. } = resolve(&graph, clip, "device") else { panic!("no default") };
    assert_eq!((value, &API[span.range()]), (Value::Text("default".into()), "\"CLIPLoader\""));
    assert_eq!(resolve(&graph, size, "no such input"), Resolved::Absent);
    let facts = facts(&graph);
    assert_eq!(facts.samplers[0].model.loras.len(), 1, "the switch is on");
    assert_eq!((facts.stages(), facts.total_steps), (vec![(0, 1)], Some(4)));
}

#[test]
fn formats_and_wrappers() {
    let kind = |text: &str| {
        let doc = JsonDoc::parse(text).unwrap();
        let found = detect(doc.root(text).unwrap());
        (found.format, found.wrapper)
    };
    assert_eq!(kind(UI), (Format::Ui { version: Some(0.4) }, Wrapper::None));
    assert_eq!(kind(&format!("{{\"prompt\":{API}}}")), (Format::Api, Wrapper::Prompt));
    assert_eq!(kind(&format!("{{\"workflow\":{UI}}}")).1, Wrapper::Workflow);
    let run = |id: &str| format!("\"{id}\":{{\"prompt\":[7,\"{id}\",{API},{{}},[\"9\"]],\"outputs\":{{}}}}");
    assert_eq!(kind(&format!("{{{}}}", run("a"))), (Format::Api, Wrapper::History));
    let two = format!("{{{},{}}}", run("a"), run("b"));
    for text in ["[]", "{}", "3", "{\"prompt\":\"a cat\"}", "{\"a\":{\"b\":1}}", "{\"a\":{\"prompt\":[1,2,3]}}", &two] {
        assert!(matches!(kind(text).0, Format::NotAWorkflow(_)), "{text}");
    }
    assert!(matches!(kind(&two).0, Format::NotAWorkflow(why) if why.contains("several runs")));
}

#[test]
fn duplicate_ids_keep_the_last() {
    let text = "{\"5\":{\"class_type\":\"VAELoader\",\"inputs\":{}},\"6\":{\"class_type\":\"X\",\"inputs\":{\"a\":[\"5\",0]}},\
                \"5\":{\"class_type\":\"CLIPLoader\",\"inputs\":{\"type\":\"sd\",\"type\":\"wan\"}}}";
    let graph = read(text).unwrap();
    assert_eq!((graph.nodes.len(), graph.class(graph.by_id("5").unwrap())), (2, "CLIPLoader"));
    assert_eq!(value(&graph, "5", "type"), Value::Text("wan".into()));
}
