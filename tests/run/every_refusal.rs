//! What whoever runs the command sees of every refusal and failure that was recorded, and of those of later releases.

use serde_json::{Value, json};

use super::binary::{Desk, good};
use super::refusals::{RECORDED, recorded};
use super::stand_in::recording::{self, session};
use super::stand_in::{Beat, Behaviour, StandIn};

/// The server refuses so: exit code 3, these words, nothing came home and nothing is left.
fn refused(status: u16, body: &Value, words: &[&str]) {
    let text = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
    let kind = if body.is_string() { "text/plain" } else { "application/json" };
    let server = StandIn::start(Behaviour { refusal: Some((status, kind, text)), ..good(Vec::new()) });
    let desk = Desk::new();
    desk.run(&server, &[]).says(3, &[&["failed: "], words].concat());
    assert!(desk.outputs().is_empty(), "{:?}", desk.outputs());
    assert!(server.busy().is_empty());
}

#[test]
fn recorded_refusals_end_with_3() {
    let Some(answers) = recorded() else { return };
    // The desk's nodes have classes of their own: what the server calls a node is not what the file does.
    for (case, kind, node, _, _) in RECORDED {
        let (status, body) = &answers[case];
        let node = if node.is_empty() { String::new() } else { format!("node {node}") };
        let words = match kind {
            "prompt_no_outputs" => "needs a node that saves or shows something",
            "no_prompt" => "the server saw no prompt",
            _ if case == "cycle" => "depend on each other in a circle",
            _ => node.as_str(),
        };
        refused(*status, body, &[words]);
    }
    let (status, body) = &answers["non_json_body"];
    refused(*status, body, &["status 500", "its log says where"]);
}

#[test]
fn later_refusals_end_with_3() {
    let outer = |kind: &str, extra: Value, nodes: Value| json!({"error": {"type": kind, "message": "It is so.", "details": "", "extra_info": extra}, "node_errors": nodes});
    let at = |kind: &str, extra: Value| {
        json!({"2": {"class_type": "ImageScale", "dependent_outputs": ["3"],
            "errors": [{"type": kind, "message": "It is so.", "details": "", "extra_info": extra}]}})
    };
    let failed = "prompt_outputs_failed_validation";
    let missing = json!({"node_id": "2", "class_type": "ImageScale", "node_title": "ImageScale"});
    refused(400, &outer("missing_node_type", missing, json!({})), &["node 2", "failed to import"]);
    refused(400, &outer("invalid_prompt_id", json!({}), json!({})), &["lowercase UUID"]);
    let circle = at("dependency_cycle", json!({"node_id": "2", "cycle_nodes": ["2", "1", "2"]}));
    refused(400, &outer(failed, json!({}), circle), &["in a circle", "2 -> 1 -> 2"]);
    let dotted = at("required_input_missing", json!({"input_name": "codec.encoding.crf"}));
    refused(400, &outer(failed, json!({}), dotted), &["codec.encoding.crf", "connect the input"]);
    refused(400, &outer("moon_phase", json!({}), json!({})), &["status 400: It is so"]);
    refused(403, &json!("cross-site"), &["status 403", "permission"]);
    refused(413, &json!("too large"), &["status 413", "--max-upload-size"]);
}

/// A node that fails on a real server, as it was recorded: where, what, and why memory ran out.
#[test]
fn recorded_failures_end_with_3() {
    for (name, words) in [
        ("07-error-execution-shape", ["node 6", "RuntimeError"]),
        ("08-error-oom-synthetic", ["node 9", "torch.OutOfMemoryError"]),
    ] {
        let Some(session) = session(name) else { return };
        let prompt = recording::prompt(&session);
        let beats: Vec<Beat> = recording::beats(&session, &prompt);
        let (desk, server) = (Desk::new(), StandIn::start(good(beats)));
        desk.run(&server, &[]).says(3, &[&["failed: "], words.as_slice()].concat());
        assert!(desk.outputs().is_empty());
    }
}
