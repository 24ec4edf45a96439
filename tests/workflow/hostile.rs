//! No JSON makes the reader panic or hang.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use wanlint::facts::workflow::facts;
use wanlint::read::json::JsonDoc;
use wanlint::workflow::graph::Graph;
use wanlint::workflow::resolve::{resolve, source};

const API: &str = include_str!("small.api.json");
const UI: &str = super::fixture::UI;

/// Everything the room can be asked about a text.
fn exercise(text: &str) {
    let Ok(doc) = JsonDoc::parse(text) else { return };
    let Some(Ok(graph)) = doc.root(text).map(Graph::read) else { return };
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
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_workflows_never_panic(edits in prop::collection::vec((0usize..2000, 0usize..22), 1..6)) {
        exercise(&mutate(API, &edits));
        exercise(&mutate(UI, &edits));
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
