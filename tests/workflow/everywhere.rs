//! "Use Everywhere": links that the browser adds as it queues a workflow.

use wanlint::catalog::nodes::Catalog;
use wanlint::read::json::JsonDoc;
use wanlint::workflow::convert::{Converted, Options, convert};
use wanlint::workflow::format::detect;
use wanlint::workflow::graph::{Graph, Value};

use super::read;

/// A loader whose VAE and CLIP go into a sender, a decoder and an encoder that lack theirs.
fn workflow(sender: &str, extra: &str) -> String {
    format!(
        r#"{{"nodes":[
          {{"id":1,"type":"CheckpointLoaderSimple","outputs":[{{"type":"MODEL"}},{{"type":"CLIP"}},{{"type":"VAE"}}],"widgets_values":["x.safetensors"]}},
          {{"id":2,"type":"EmptyLatentImage","outputs":[{{"type":"LATENT"}}],"widgets_values":[640,384,1]}},
          {{"id":3,"type":"VAEDecode","title":"Make pictures","inputs":[{{"name":"samples","type":"LATENT","link":1}},{{"name":"vae","type":"VAE","link":null}}]}},
          {{"id":4,"type":"CLIPTextEncode","inputs":[{{"name":"clip","type":"CLIP","link":null}}],"widgets_values":["a cat"]}},
          {{"id":9,"inputs":[{{"name":"anything","type":"*","link":2}}],{sender}}}],
          "links":[[1,2,0,3,0,"LATENT"],[2,1,2,9,0,"VAE"]],"extra":{{{extra}}}}}"#
    )
}

const PLAIN: &str = r#""type":"Anything Everywhere","widgets_values":[]"#;
const NOTED: &str =
    r#""ue_links":[{"downstream":3,"downstream_slot":1,"upstream":"1","upstream_slot":2,"controller":9,"type":"VAE"}]"#;

fn sent(graph: &Graph, id: &str, input: &str, kind: &str) -> bool {
    graph.may_be_sent(graph.by_id(id).unwrap(), input, kind)
}

fn converted(text: &str) -> Converted {
    let doc = JsonDoc::parse(text).unwrap();
    convert(&detect(doc.root(text).unwrap()), &Catalog::default(), Options::default()).unwrap()
}

#[test]
fn a_sender_reaches_inputs_of_its_type() {
    let graph = read(&workflow(PLAIN, "")).unwrap();
    assert_eq!(graph.everywhere[0].kinds, ["VAE"], "what its input gets, not what its slot says");
    assert!(sent(&graph, "3", "vae", "VAE") && sent(&graph, "3", "vae", ""));
    assert!(!sent(&graph, "4", "clip", "CLIP"), "nobody sends a CLIP");
    let muted = read(&workflow(&format!("{PLAIN},\"mode\":2"), "")).unwrap();
    assert!(!sent(&muted, "3", "vae", "VAE"));
}

#[test]
fn titles_and_names_limit_it() {
    let old = |title: &str, input: &str| {
        let sender = format!(r#""type":"Anything Everywhere?","widgets_values":["{title}","{input}"]"#);
        sent(&read(&workflow(&sender, "")).unwrap(), "3", "vae", "VAE")
    };
    assert!(old(".*", ".*") && old("pictures", "vae") && old("^Make", "v.e"), "what is more than words may match");
    assert!(!old("Upscale", ".*") && !old(".*", "tiled|other"));
    let new = |regex: &str| {
        let sender = format!(r#"{PLAIN},"properties":{{"ue_properties":{{"version":"7.0",{regex}}}}}"#);
        sent(&read(&workflow(&sender, "")).unwrap(), "3", "vae", "VAE")
    };
    assert!(new(r#""title_regex":null"#) && new(r#""title_regex":"Upscale","title_regex_invert":true"#));
    assert!(!new(r#""input_regex":"clip""#));
}

#[test]
fn noted_links_are_links() {
    let text = workflow(PLAIN, NOTED);
    let graph = read(&text).unwrap();
    let vae = &graph.input(graph.by_id("3").unwrap(), "vae").unwrap().value;
    assert_eq!(*vae, Value::Link { node: graph.by_id("1").unwrap(), slot: 2 });
    let converted = converted(&text);
    let json: serde_json::Value = serde_json::from_str(&converted.json).unwrap();
    assert_eq!(json["3"]["inputs"]["vae"], serde_json::json!(["1", 2]));
    assert!(converted.lost.is_empty(), "{:?}", converted.lost);
}

#[test]
fn stale_notes_are_none() {
    let without = |sender: &str, extra: &str| {
        let graph = read(&workflow(sender, extra)).unwrap();
        graph.input(graph.by_id("3").unwrap(), "vae").is_none()
    };
    assert!(without(&format!("{PLAIN},\"mode\":4"), NOTED), "the sender is bypassed");
    assert!(without(PLAIN, &NOTED.replace("\"VAE\"", "\"MODEL\"")), "another type");
    assert!(without(PLAIN, &NOTED.replace("\"upstream\":\"1\"", "\"upstream\":\"77\"")), "a node that is gone");
    assert!(without(PLAIN, &NOTED.replace("\"downstream_slot\":1", "\"downstream_slot\":-1")));
    let taken = read(&workflow(PLAIN, &NOTED.replace("\"downstream_slot\":1", "\"downstream_slot\":0"))).unwrap();
    let samples = &taken.input(taken.by_id("3").unwrap(), "samples").unwrap().value;
    assert_eq!(*samples, Value::Link { node: taken.by_id("2").unwrap(), slot: 0 }, "its own link stays");
}

#[test]
fn what_no_file_says_is_lost_in_conversion() {
    let lost = converted(&workflow(PLAIN, "")).lost;
    assert!(lost.iter().any(|(_, why)| why.contains("Use Everywhere")), "{lost:?}");
}

#[test]
fn who_sends_is_told_by_class_or_mark() {
    let senders = |nodes: &str| read(&format!("{{\"nodes\":[{nodes}],\"links\":[]}}")).unwrap().everywhere;
    let plain = "{\"id\":1,\"type\":\"VAEDecode\",\"properties\":{\"ue_properties\":{\"version\":\"7.0\"}}}";
    assert!(senders(plain).is_empty(), "many files carry the property");
    let made =
        "{\"id\":1,\"type\":\"VAELoader\",\"outputs\":[{\"type\":\"VAE\"}],\"properties\":{\"ue_convert\":true}}";
    assert_eq!(senders(made)[0].kinds, ["VAE"]);
    assert_eq!(senders("{\"id\":1,\"type\":\"Seed Everywhere\"}")[0].kinds, ["INT"]);
}
