//! Subgraphs written by hand: two instances of one definition, one of them without values, a muted one, a nested one, values
//! promoted in the new form and in the old, a bypassed node at the border.

use wanlint::catalog::nodes::Catalog;
use wanlint::read::json::JsonDoc;
use wanlint::workflow::convert::{Options, convert};
use wanlint::workflow::format::detect;
use wanlint::workflow::graph::{Graph, Lost, Role, Value};
use wanlint::workflow::resolve::{Resolved, resolve};

use super::read;

const TEXT: &str = include_str!("subgraphs.ui.json");

fn value(graph: &Graph, id: &str, input: &str) -> Option<Value> {
    graph.input(graph.by_id(id)?, input).map(|input| input.value.clone())
}

fn text(text: &str) -> Option<Value> {
    Some(Value::Text(text.into()))
}

fn link_to(graph: &Graph, id: &str) -> Option<Value> {
    Some(Value::Link { node: graph.by_id(id).unwrap(), slot: 0 })
}

/// The text under the span of an input.
fn written(graph: &Graph, id: &str, input: &str) -> &'static str {
    &TEXT[graph.input(graph.by_id(id).unwrap(), input).unwrap().span.range()]
}

#[test]
fn every_node_is_there_once_per_instance() {
    let graph = read(TEXT).unwrap();
    let ids: Vec<&str> = graph.real().map(|node| graph.get(node).unwrap().id.as_str()).collect();
    let root = ["1", "5", "6", "7", "8"];
    let inside = ["2:10", "2:11", "3:10", "3:11", "9:20", "2:12:20", "3:12:20"];
    assert_eq!(ids, [&root[..], &inside[..]].concat());
    assert!(graph.unread.is_empty(), "{:?}", graph.unread);
    assert_eq!(graph.get(graph.by_id("2").unwrap()).unwrap().role, Role::Absent);
    assert_eq!(graph.place(graph.by_id("1").unwrap()), "node 1");
    assert_eq!(graph.place(graph.by_id("2:10").unwrap()), "node 10 in subgraph 'Sampling' (instance 2)");
    assert_eq!(graph.place(graph.by_id("3:12:20").unwrap()), "node 20 in subgraph 'Words' (instance 3:12)");
}

#[test]
fn links_cross_the_borders() {
    let graph = read(TEXT).unwrap();
    assert_eq!(value(&graph, "2:10", "model"), link_to(&graph, "1"), "through the bypassed LoRA and out");
    assert_eq!(value(&graph, "5", "samples"), link_to(&graph, "2:10"), "into the definition");
    assert_eq!(value(&graph, "2:10", "positive"), link_to(&graph, "2:12:20"), "into a nested one");
    assert_eq!(value(&graph, "8", "samples"), link_to(&graph, "3:10"));
    let muted = Some(Value::Dangling { id: "4".into(), why: Lost::Muted });
    assert_eq!(value(&graph, "6", "samples"), muted, "a muted instance gives nothing");
}

#[test]
fn the_outermost_instance_has_the_last_word() {
    let graph = read(TEXT).unwrap();
    assert_eq!(value(&graph, "2:10", "steps"), Some(Value::Int(12)));
    assert_eq!(written(&graph, "2:10", "steps"), "12", "a fix belongs at the instance");
    assert_eq!(value(&graph, "2:11", "source"), Some(Value::Int(12)), "a socket gets the value too");
    assert_eq!(value(&graph, "2:12:20", "text"), text("a fox at night"));
    // The second instance holds no values: those inside count, the nearer to the outside the better.
    assert_eq!(value(&graph, "3:10", "steps"), Some(Value::Int(20)));
    assert_eq!(value(&graph, "3:11", "source"), Some(Value::Int(20)), "that of the widget beside it");
    assert_eq!(value(&graph, "3:12:20", "text"), text("the middle text"));
    assert_eq!(value(&graph, "9:20", "text"), text("from the old list"));
    let Resolved::Known { path, .. } = resolve(&graph, graph.by_id("2:10").unwrap(), "steps") else { panic!() };
    assert_eq!(path.last(), graph.by_id("2").as_ref(), "the instance holds it");
}

#[test]
fn conversion_gives_new_ids_where_the_browser_does() {
    let doc = JsonDoc::parse(TEXT).unwrap();
    let catalog = Catalog::default();
    let converted = convert(&detect(doc.root(TEXT).unwrap()), &catalog, Options::default()).unwrap();
    let json: serde_json::Value = serde_json::from_str(&converted.json).unwrap();
    // Node 5 of the definition has the id of one in the main graph; it is bypassed, so only its number is taken.
    assert_eq!(json["2:10"]["inputs"]["model"], serde_json::json!(["1", 0]));
    assert_eq!(json["2:12:20"]["inputs"]["text"], "a fox at night");
    assert_eq!(json["7"]["inputs"]["filename_prefix"], "%First.seed%/%date:yyyy%_77");
    assert_eq!(converted.lost.len(), 1, "the date is said: {:?}", converted.lost);
    assert!(json.get("4:10").is_none() && json["6"]["inputs"].get("samples").is_none());
}

/// Two definitions with a node 7 each, which the main graph has too.
#[test]
fn new_ids_are_told() {
    let definition = |id: &str| {
        format!(
            "{{\"id\":\"{id}\",\"nodes\":[{{\"id\":7,\"type\":\"SaveImage\"}},{{\"id\":9,\"type\":\"VAELoader\"}}]}}"
        )
    };
    let text = format!(
        "{{\"last_node_id\":7,\"nodes\":[{{\"id\":7,\"type\":\"a\"}},{{\"id\":2,\"type\":\"b\"}}],\"links\":[],\
         \"definitions\":{{\"subgraphs\":[{},{}]}}}}",
        definition("a"),
        definition("b")
    );
    let doc = JsonDoc::parse(&text).unwrap();
    let converted = convert(&detect(doc.root(&text).unwrap()), &Catalog::default(), Options::default()).unwrap();
    let renamed: Vec<_> = converted.renamed.iter().map(|(sent, written)| (&**sent, &**written)).collect();
    assert_eq!(renamed, [("7:8", "7:7"), ("2:10", "2:7"), ("2:11", "2:9")]);
}

/// A SetNode is seen in its own graph and in those inside; the nearest one counts.
#[test]
fn named_wires_have_a_scope() {
    let set = |id: u32, link: u32| {
        format!(
            "{{\"id\":{id},\"type\":\"SetNode\",\"inputs\":[{{\"name\":\"a\",\"type\":\"VAE\",\"link\":{link}}}],\
             \"widgets_values\":[\"vae\"]}}"
        )
    };
    let inside = |id: &str, more: &str, links: &str| {
        format!(
            "{{\"id\":\"{id}\",\"name\":\"{id}\",\"nodes\":[{{\"id\":20,\"type\":\"GetNode\",\"widgets_values\":[\"vae\"]}},\
             {{\"id\":21,\"type\":\"VAEDecode\",\"inputs\":[{{\"name\":\"vae\",\"type\":\"VAE\",\"link\":1}}]}}{more}],\
             \"links\":[{{\"id\":1,\"origin_id\":20,\"origin_slot\":0,\"target_id\":21,\"target_slot\":0}}{links}]}}"
        )
    };
    let own = format!(",{{\"id\":22,\"type\":\"VAELoader\"}},{}", set(23, 2));
    let own_link = ",{\"id\":2,\"origin_id\":22,\"origin_slot\":0,\"target_id\":23,\"target_slot\":0}";
    let text = format!(
        "{{\"nodes\":[{{\"id\":1,\"type\":\"VAELoader\"}},{},{{\"id\":3,\"type\":\"a\"}},{{\"id\":4,\"type\":\"b\"}}],\
         \"links\":[[1,1,0,2,0,\"VAE\"]],\"definitions\":{{\"subgraphs\":[{},{}]}}}}",
        set(2, 1),
        inside("a", "", ""),
        inside("b", &own, own_link)
    );
    let graph = read(&text).unwrap();
    assert_eq!(value(&graph, "3:21", "vae"), link_to(&graph, "1"), "from the main graph");
    assert_eq!(value(&graph, "4:21", "vae"), link_to(&graph, "4:22"), "its own wire of that name");
}

#[test]
fn what_cannot_be_followed_is_said() {
    let graph = |definition: &str| {
        let text = format!(
            "{{\"nodes\":[{{\"id\":1,\"type\":\"a\",\"mode\":0}},{{\"id\":2,\"type\":\"cccccccc-0000-0000-0000-000000000003\"}},\
             {{\"id\":3,\"type\":\"workflow>old\"}}],\"links\":[],\"definitions\":{{\"subgraphs\":[{definition}]}}}}"
        );
        let reasons: Vec<String> = read(&text).unwrap().unread.into_iter().map(|(_, why)| why).collect();
        reasons
    };
    let itself = "{\"id\":\"a\",\"name\":\"A\",\"nodes\":[{\"id\":1,\"type\":\"b\"}]},\
                  {\"id\":\"b\",\"name\":\"B\",\"nodes\":[{\"id\":1,\"type\":\"a\"}]}";
    let missing = ["the file does not define this subgraph", "the file does not define this group node"];
    assert_eq!(graph(itself), [&["the subgraph 'A' contains itself"][..], &missing[..]].concat());
    assert_eq!(graph("{\"id\":\"a\",\"nodes\":[]}"), missing);
}

#[test]
fn nothing_inside_a_bypassed_instance_takes_part() {
    let inner = "{\"id\":\"b\",\"nodes\":[{\"id\":3,\"type\":\"SaveImage\"}]}";
    let text = format!(
        "{{\"nodes\":[{{\"id\":1,\"type\":\"a\"}},{{\"id\":9,\"type\":\"b\",\"mode\":4}}],\"links\":[],\"definitions\":\
         {{\"subgraphs\":[{{\"id\":\"a\",\"nodes\":[{{\"id\":2,\"type\":\"b\",\"mode\":4}}]}},{inner}]}}}}"
    );
    let graph = read(&text).unwrap();
    assert_eq!(graph.real().count(), 0);
    assert_eq!(graph.get(graph.by_id("1:2:3").unwrap()).unwrap().role, Role::Absent);
    // The browser sends it all the same where the instance is itself inside a subgraph, and only there.
    let doc = JsonDoc::parse(&text).unwrap();
    let converted = convert(&detect(doc.root(&text).unwrap()), &Catalog::default(), Options::default()).unwrap();
    let json: serde_json::Value = serde_json::from_str(&converted.json).unwrap();
    assert_eq!(json.as_object().unwrap().keys().collect::<Vec<_>>(), ["1:2:3"]);
}
