//! No JSON makes the reader panic or hang.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use wanlint::catalog::nodes::Catalog;
use wanlint::facts::workflow::facts;
use wanlint::read::json::JsonDoc;
use wanlint::workflow::convert::{Options, convert};
use wanlint::workflow::format::detect;
use wanlint::workflow::graph::Graph;
use wanlint::workflow::resolve::{resolve, source};

const API: &str = include_str!("small.api.json");
const UI: &str = super::fixture::UI;
const SUBGRAPHS: &str = include_str!("subgraphs.ui.json");

/// Everything the room can be asked about a text.
fn exercise(text: &str) {
    let Ok(doc) = JsonDoc::parse(text) else { return };
    let Some(Ok(graph)) = doc.root(text).map(Graph::read) else { return };
    if let Ok(converted) = convert(&detect(doc.root(text).unwrap()), &Catalog::default(), Options { seed: Some(1) }) {
        serde_json::from_str::<serde_json::Value>(&converted.json).unwrap();
        assert!(converted.lost.iter().all(|(span, _)| text.get(span.range()).is_some()));
    }
    for node in &graph.nodes {
        assert!(node.inputs.iter().all(|input| text.get(input.span.range()).is_some()));
    }
    let all = facts(&graph);
    assert!(all.stages().iter().all(|&(a, b)| a < all.samplers.len() && b < all.samplers.len()));
    for node in graph.indices() {
        for name in ["steps", "width", "switch", "value", "model"] {
            let _ = (resolve(&graph, node, name), source(&graph, node, name));
        }
    }
}

/// Values that are wrong almost everywhere.
const PIECES: [&str; 22] = [
    "null",
    "true",
    "-1",
    "1e400",
    "18446744073709551615",
    "NaN",
    "\"\"",
    "\"3\"",
    "[]",
    "[\"3\",0]",
    "[\"1\",-1]",
    "[3,0]",
    "[[[]]]",
    "{}",
    "{\"inputs\":[]}",
    "[1,1,0,1,0,\"*\"]",
    "\"ComfySwitchNode\"",
    "\"Reroute\"",
    "4",
    "2",
    "\"PrimitiveNode\"",
    "0.5",
];

/// Replaces the value (or key) that a token index points at by another piece.
fn mutate(text: &str, edits: &[(usize, usize)]) -> String {
    let mut text = text.to_owned();
    for &(at, piece) in edits {
        let tokens: Vec<usize> = text.match_indices([':', ',', '[']).map(|(at, _)| at + 1).collect();
        let start = tokens[at % tokens.len()];
        let end = text[start..].find([',', ']', '}', ':']).map_or(text.len(), |end| start + end);
        text.replace_range(start..end, PIECES[piece % PIECES.len()]);
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_workflows_never_panic(edits in prop::collection::vec((0usize..2000, 0usize..22), 1..6)) {
        exercise(&mutate(API, &edits));
        exercise(&mutate(UI, &edits));
        exercise(&mutate(SUBGRAPHS, &edits));
    }
}

#[test]
fn circles_and_self_links_end() {
    let node = |class: &str, inputs: &str| format!("{{\"class_type\":\"{class}\",\"inputs\":{{{inputs}}}}}");
    let switch = "\"switch\":[\"1\",0],\"on_true\":[\"1\",0],\"on_false\":[\"1\",0]";
    for (class, inputs) in [
        ("ComfySwitchNode", switch),
        ("Reroute", "\"\":[\"1\",0]"),
        ("KSampler", "\"model\":[\"1\",0],\"latent_image\":[\"1\",0],\"steps\":[\"1\",0],\"positive\":[\"1\",0]"),
        ("LoraLoader", "\"model\":[\"1\",0],\"clip\":[\"1\",1]"),
        ("ComfyMathExpression", "\"expression\":[\"1\",0],\"values.a\":[\"1\",0]"),
        ("SetLatentNoiseMask", "\"samples\":[\"1\",0]"),
        ("SplitSigmas", "\"sigmas\":[\"1\",0]"),
        ("CLIPSetLastLayer", "\"clip\":[\"1\",0]"),
    ] {
        exercise(&format!("{{\"1\":{}}}", node(class, inputs)));
        let sampler =
            node("SamplerCustomAdvanced", "\"guider\":[\"1\",0],\"sigmas\":[\"1\",0],\"latent_image\":[\"1\",0]");
        exercise(&format!("{{\"1\":{},\"2\":{sampler},\"3\":{}}}", node(class, inputs), node("KSampler", switch)));
    }
    for class in ["Reroute", "PrimitiveNode", "GetNode", "SetNode", "KSampler"] {
        let one =
            "\"inputs\":[{\"name\":\"a\",\"type\":\"*\",\"link\":1}],\"outputs\":[{\"type\":\"*\",\"links\":[1]}]";
        let text = format!(
            "{{\"nodes\":[{{\"id\":1,\"type\":\"{class}\",\"mode\":4,{one},\"widgets_values\":[\"x\"]}}],\
             \"links\":[[1,1,0,1,0,\"*\"]]}}"
        );
        exercise(&text);
    }
}

#[test]
fn many_nodes_are_read_in_bounded_time() {
    let mut text = String::from("{");
    for id in 0..30_000 {
        let switch =
            format!("\"switch\":[\"{}\",0],\"on_true\":[\"{}\",0],\"on_false\":[\"{}\",0]", id + 1, id + 2, id + 3);
        let class = ["ComfySwitchNode", "LoraLoaderModelOnly", "KSamplerAdvanced"][id % 3];
        text += &format!(
            "\"{id}\":{{\"class_type\":\"{class}\",\"inputs\":{{{switch},\"model\":[\"{}\",0],\
             \"latent_image\":[\"{}\",0],\"steps\":[\"{}\",0],\"positive\":[\"0\",0]}}}},",
            id + 1,
            id + 3,
            id + 2
        );
    }
    text.pop();
    text.push('}');
    let start = Instant::now();
    exercise(&text);
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
    println!("30000 nodes: {:?}", start.elapsed());
}

/// A definition that holds `count` instances of another one.
fn definition(id: usize, inner: usize, count: usize) -> String {
    let nodes: Vec<String> = (0..count).map(|node| format!("{{\"id\":{node},\"type\":\"d{inner}\"}}")).collect();
    format!("{{\"id\":\"d{id}\",\"name\":\"s{id}\",\"nodes\":[{}]}}", nodes.join(","))
}

fn with_definitions(definitions: &[String]) -> String {
    let definitions = definitions.join(",");
    format!(
        "{{\"nodes\":[{{\"id\":1,\"type\":\"d0\"}}],\"links\":[],\"definitions\":{{\"subgraphs\":[{definitions}]}}}}"
    )
}

#[test]
fn subgraphs_that_grow_without_end_are_bounded() {
    let bomb: Vec<String> = (0..20).map(|id| definition(id, id + 1, 10)).collect();
    let deep: Vec<String> = (0..20_000).map(|id| definition(id, id + 1, 1)).collect();
    let circle = [definition(0, 1, 10), definition(1, 0, 10)];
    for (name, text) in
        [("bomb", with_definitions(&bomb)), ("deep", with_definitions(&deep)), ("circle", with_definitions(&circle))]
    {
        let start = Instant::now();
        let doc = JsonDoc::parse(&text).unwrap();
        let graph = Graph::read(doc.root(&text).unwrap()).unwrap();
        assert!(graph.nodes.len() <= 20_000 && !graph.unread.is_empty(), "{name}");
        exercise(&text);
        assert!(start.elapsed() < Duration::from_secs(20), "{name}: {:?}", start.elapsed());
    }
}

/// One input of a subgraph that feeds very many slots, in very many instances.
#[test]
fn wide_subgraphs_are_bounded() {
    let slots: Vec<String> =
        (0..2000).map(|slot| format!("{{\"name\":\"a{slot}\",\"type\":\"INT\",\"link\":{slot}}}")).collect();
    let links: Vec<String> = (0..2000).map(|slot| format!("[{slot},-10,0,1,{slot},\"INT\"]")).collect();
    let ids: Vec<String> = (0..2000).map(|slot| slot.to_string()).collect();
    let wide = format!(
        "{{\"id\":\"d0\",\"inputs\":[{{\"name\":\"x\",\"linkIds\":[{}]}}],\"nodes\":[{{\"id\":1,\"type\":\"X\",\"inputs\":[{}]}}],\"links\":[{}]}}",
        ids.join(","),
        slots.join(","),
        links.join(",")
    );
    let hosts: Vec<String> = (0..5000).map(|host| format!("{{\"id\":{host},\"type\":\"d0\"}}")).collect();
    let text = format!("{{\"nodes\":[{}],\"links\":[],\"definitions\":{{\"subgraphs\":[{wide}]}}}}", hosts.join(","));
    let start = Instant::now();
    exercise(&text);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}
