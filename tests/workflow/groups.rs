//! Group nodes of older browsers: what stands for several nodes is read as those nodes.

use wanlint::catalog::nodes::Catalog;
use wanlint::facts::workflow::facts;
use wanlint::read::json::JsonDoc;
use wanlint::workflow::convert::{Options, convert};
use wanlint::workflow::format::detect;
use wanlint::workflow::graph::{Graph, Role, Value};

use super::read;

/// A prompt, a primitive that sets the steps, a sampler whose cfg has a slot of its own, a decoder behind a reroute.
const NODES: &str = r#"[
  {"type":"CLIPTextEncode","inputs":[{"name":"clip","type":"CLIP","link":null}],"outputs":[{"name":"CONDITIONING"}],"widgets_values":["old"]},
  {"type":"CLIPTextEncode","title":"No","inputs":[{"name":"clip","type":"CLIP","link":null}],"outputs":[{"name":"CONDITIONING"}],"widgets_values":["old"]},
  {"type":"PrimitiveNode","outputs":[{"name":"INT","type":"INT","widget":{"name":"steps"}}],"widgets_values":[20,"fixed"]},
  {"type":"KSampler","inputs":[{"name":"model","type":"MODEL","link":7},{"name":"positive","type":"CONDITIONING"},{"name":"negative","type":"CONDITIONING"},
    {"name":"latent_image","type":"LATENT"},{"name":"steps","type":"INT","widget":{"name":"steps"}},{"name":"cfg","type":"FLOAT","widget":{"name":"cfg"}}],
    "outputs":[{"name":"LATENT"}],"widgets_values":[1,"fixed",20,8,"euler","normal",1]},
  {"type":"Reroute","inputs":[{"name":"","type":"*"}],"outputs":[{"name":"LATENT"}]},
  {"type":"VAEDecode","inputs":[{"name":"samples","type":"LATENT"},{"name":"vae","type":"VAE"}],"outputs":[{"name":"IMAGE"}]}]"#;
const WIRES: &str = r#"[[0,0,3,1,1,"CONDITIONING"],[1,0,3,2,1,"CONDITIONING"],[2,0,3,4,1,"INT"],[3,0,4,0,1,"LATENT"],[4,0,5,0,1,"LATENT"],[null,0,3,0,9,"MODEL"]]"#;
/// In the order of the nodes: both texts, the steps and their control, seed and control, sampler, scheduler, denoise.
const VALUES: &str = r#"["a {red|blue} cat","no",12,"fixed",99,"randomize","uni_pc","simple",0.5]"#;
const INPUTS: &str = r#"[{"name":"clip","type":"CLIP","link":1},{"name":"No clip","type":"CLIP","link":2},{"name":"model","type":"MODEL","link":3},
  {"name":"latent_image","type":"LATENT","link":4},{"name":"vae","type":"VAE","link":5},{"name":"cfg","type":"FLOAT","widget":{"name":"cfg"},"link":7}]"#;

fn workflow(values: &str, inputs: &str, mode: u8) -> String {
    format!(
        r#"{{"version":0.4,"nodes":[
          {{"id":1,"type":"CheckpointLoaderSimple","outputs":[{{"type":"MODEL"}},{{"type":"CLIP"}},{{"type":"VAE"}}],"widgets_values":["x.safetensors"]}},
          {{"id":2,"type":"EmptyLatentImage","widgets_values":[640,384,1]}},
          {{"id":4,"type":"PrimitiveFloat","widgets_values":[3.5]}},
          {{"id":5,"type":"workflow>Draw","mode":{mode},"inputs":{inputs},"outputs":[{{"type":"LATENT"}},{{"type":"IMAGE"}}],"widgets_values":{values}}},
          {{"id":6,"type":"SaveImage","inputs":[{{"name":"images","type":"IMAGE","link":6}}],"widgets_values":["x"]}}],
          "links":[[1,1,1,5,0,"CLIP"],[2,1,1,5,1,"CLIP"],[3,1,0,5,2,"MODEL"],[4,2,0,5,3,"LATENT"],[5,1,2,5,4,"VAE"],[6,5,1,6,0,"IMAGE"],[7,4,0,5,5,"FLOAT"]],
          "extra":{{"groupNodes":{{"Draw":{{"nodes":{NODES},"links":{WIRES},"external":[[3,0,"LATENT"]]}}}}}}}}"#
    )
}

fn value(graph: &Graph, id: &str, input: &str) -> Option<Value> {
    graph.input(graph.by_id(id)?, input).map(|input| input.value.clone())
}

fn link_to(graph: &Graph, id: &str, slot: u32) -> Option<Value> {
    Some(Value::Link { node: graph.by_id(id).unwrap(), slot })
}

#[test]
fn the_nodes_of_a_group_are_those_of_the_graph() {
    let text = workflow(VALUES, INPUTS, 0);
    let graph = read(&text).unwrap();
    assert!(graph.unread.is_empty(), "{:?}", graph.unread);
    assert_eq!(graph.get(graph.by_id("5").unwrap()).unwrap().role, Role::Absent);
    assert_eq!(value(&graph, "5:3", "steps"), Some(Value::Int(12)), "what the group shows for the primitive");
    assert_eq!(value(&graph, "5:3", "seed"), Some(Value::Int(99)));
    assert_eq!(value(&graph, "5:3", "scheduler"), Some(Value::Text("simple".into())));
    assert_eq!(value(&graph, "5:3", "cfg"), link_to(&graph, "4", 0), "a slot of the widget, at the end of the list");
    assert_eq!(value(&graph, "5:3", "negative"), link_to(&graph, "5:1", 0), "inside");
    assert_eq!(value(&graph, "5:1", "clip"), link_to(&graph, "1", 1), "the second of two with the same name");
    assert_eq!(value(&graph, "5:5", "samples"), link_to(&graph, "5:3", 0), "through the reroute");
    assert_eq!(value(&graph, "6", "images"), link_to(&graph, "5:5", 0), "out of the group by its second output");
    let steps = graph.input(graph.by_id("5:3").unwrap(), "steps").unwrap();
    assert_eq!(
        (&text[steps.span.range()], graph.place(graph.by_id("5:3").unwrap())),
        ("12", "node 3 in subgraph 'Draw' (instance 5)".into())
    );
}

#[test]
fn facts_and_conversion_see_them() {
    let text = workflow(VALUES, INPUTS, 0);
    let facts = facts(&read(&text).unwrap());
    assert_eq!((facts.total_steps, facts.complete), (Some(12), true));
    assert_eq!(facts.direct_size(&facts.samplers[0]).unwrap().width.value, Some(640));
    let doc = JsonDoc::parse(&text).unwrap();
    let converted = convert(&detect(doc.root(&text).unwrap()), &Catalog::default(), Options::default()).unwrap();
    let json: serde_json::Value = serde_json::from_str(&converted.json).unwrap();
    assert_eq!(json["5:0"]["inputs"]["text"], "a red cat", "prompts of its nodes are rewritten as others are");
    assert_eq!(json["5:3"]["inputs"]["steps"], 12);
    assert_eq!(json["6"]["inputs"]["images"], serde_json::json!(["5:5", 0]));
    assert!(json.get("5").is_none() && json.get("5:4").is_none());
}

#[test]
fn a_group_without_values_has_those_of_its_nodes() {
    let graph = read(&workflow("null", INPUTS, 0)).unwrap();
    assert_eq!(value(&graph, "5:3", "steps"), Some(Value::Int(20)));
}

#[test]
fn a_muted_group_has_no_nodes() {
    let graph = read(&workflow(VALUES, INPUTS, 2)).unwrap();
    assert!(graph.by_id("5:3").is_none() && graph.unread.is_empty());
}

#[test]
fn what_does_not_fit_is_not_guessed() {
    let why = |values: &str, inputs: &str| {
        let graph = read(&workflow(values, inputs, 0)).unwrap();
        assert_eq!(graph.get(graph.by_id("5").unwrap()).unwrap().role, Role::Opaque);
        graph.unread.into_iter().map(|(_, why)| why).collect::<Vec<_>>().join(";")
    };
    assert!(why("[1,2,3]", INPUTS).contains("the group node 'Draw' has other values than its nodes"));
    assert!(why(VALUES, &INPUTS.replace("\"vae\"", "\"other\"")).contains("no input 'other'"));
}
