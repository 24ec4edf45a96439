//! What stands in a subgraph with two instances changes for both: only where it is wrong for both it is mended.

use serde_json::{Value, json};
use wanlint::cli::{Streams, run};

const SUBGRAPH: &str = "11111111-1111-4111-8111-111111111111";

#[test]
fn what_is_found_in_all_instances_is_mended() {
    assert_eq!(mended(&workflow(None)), Some(81));
    // The first instance holds a length of its own, which is right; the second has the one of the definition.
    assert_eq!(mended(&workflow(Some(81))), None);
}

/// The length in the definition after the fix; `None` when nothing was made.
fn mended(workflow: &Value) -> Option<i64> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.json");
    std::fs::write(&path, workflow.to_string()).unwrap();
    let words = ["wanlint", "check", "--no-detect", "--select", "WF010", "--fix", "--unsafe-fixes", "--show-fixes"];
    let args = words.into_iter().map(Into::into).chain([path.clone().into_os_string()]);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut streams = Streams { out: Box::new(&mut out), err: Box::new(&mut err), terminal: false };
    run(args, &mut streams);
    drop(streams);
    let said = String::from_utf8(out).unwrap() + &String::from_utf8(err).unwrap();
    assert!(said.contains("WF010"), "{said}");
    let new: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    (new != *workflow).then(|| {
        let length = &new["definitions"]["subgraphs"][0]["nodes"][0]["widgets_values"][2];
        length.as_i64().unwrap()
    })
}

/// Two instances of a subgraph with a latent of 80 frames; the first may hold another length.
fn workflow(own: Option<i64>) -> Value {
    let instance = |id: i64, link: i64, values: Vec<i64>| {
        let length = json!({"name": "length", "type": "INT", "widget": {"name": "length"}, "link": null});
        json!({"id": id, "type": SUBGRAPH, "mode": 0, "inputs": [length],
            "outputs": [{"name": "LATENT", "type": "LATENT", "links": [link]}], "widgets_values": values})
    };
    let save = |id: i64, link: i64| {
        json!({"id": id, "type": "SaveLatent", "mode": 0, "outputs": [], "widgets_values": ["a"],
            "inputs": [{"name": "samples", "type": "LATENT", "link": link}]})
    };
    let latent = json!({"id": 7, "type": "EmptyHunyuanLatentVideo", "mode": 0,
        "inputs": [{"name": "length", "type": "INT", "widget": {"name": "length"}, "link": 4}],
        "outputs": [{"name": "LATENT", "type": "LATENT", "links": [3]}], "widgets_values": [832, 480, 80, 1]});
    let link = |id: i64, from: (i64, i64), to: (i64, i64), kind: &str| json!({"id": id, "origin_id": from.0, "origin_slot": from.1, "target_id": to.0, "target_slot": to.1, "type": kind});
    json!({"version": 0.4,
        "nodes": [instance(1, 10, own.into_iter().collect()), instance(2, 11, Vec::new()), save(3, 10), save(4, 11)],
        "links": [[10, 1, 0, 3, 0, "LATENT"], [11, 2, 0, 4, 0, "LATENT"]],
        "definitions": {"subgraphs": [{"id": SUBGRAPH, "name": "Latent", "nodes": [latent],
            "inputs": [{"id": "a", "name": "length", "type": "INT", "linkIds": [4]}],
            "outputs": [{"id": "b", "name": "LATENT", "type": "LATENT", "linkIds": [3]}],
            "links": [link(3, (7, 0), (-20, 0), "LATENT"), link(4, (-10, 0), (7, 0), "INT")]}]}})
}
