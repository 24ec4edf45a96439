//! What a real server (0.3.64) answered to invalid prompts: each one that it refused is refused here, at the node it named.

use serde_json::Value;
use wanlint::finding::Severity;
use wanlint::outcome::Outcome;

use super::{lint_stated, shared};

/// Prompts that the server takes and that are wrong all the same: it fails when they run, or ignores what was meant.
const WORSE: [(&str, &str); 4] = [
    ("combo_v3_options", "WF006"),
    ("literal_on_link_input", "WF063"),
    ("unknown_input_ok", "WF058"),
    ("path_escape_prefix_exec_error", "WF055"),
];

#[test]
fn what_the_server_refuses_is_refused() {
    let Some(folder) = shared("comfy-recordings") else { return };
    let answer = folder.parent().unwrap().join("object_info-0.3.64-with-models.json");
    let text = std::fs::read_to_string(folder.join("11-invalid-prompts.jsonl")).unwrap();
    let (mut case, mut body, mut seen) = (String::new(), Value::Null, 0);
    for line in text.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        match event["kind"].as_str().unwrap() {
            "case" => case = event["name"].as_str().unwrap().to_owned(),
            "http_request" => body = event["body"].clone(),
            "http_response" if body["prompt"].is_object() => {
                seen += 1;
                judge(&case, &body, &event, &answer.to_string_lossy());
            }
            _ => {}
        }
    }
    assert!(seen >= 28, "{seen}");
}

fn judge(case: &str, body: &Value, response: &Value, answer: &str) {
    // An empty prompt is no workflow, which is said of the file.
    if body["prompt"].as_object().unwrap().is_empty() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("prompt.json");
    std::fs::write(&path, body.to_string()).unwrap();
    let outcome = lint_stated(&path, answer, "0.3.64");
    let errors: Vec<_> = outcome.findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
    let codes: Vec<_> = outcome.findings.iter().map(|finding| finding.rule.code).collect();
    println!("{case:32} {} {codes:?}", response["status"]);
    for node in blamed(&response["body"]) {
        assert!(names(&outcome, &node), "{case}: nothing is said about node {node}: {codes:?}");
    }
    let worse = WORSE.iter().find(|(name, _)| *name == case);
    match (response["status"].as_u64(), worse) {
        (_, Some((_, code))) => assert!(codes.contains(code), "{case}: {codes:?}"),
        (Some(200), _) if response["body"]["node_errors"].as_object().is_none_or(|errors| errors.is_empty()) => {
            assert!(errors.is_empty(), "{case} runs: {codes:?}");
        }
        _ => assert!(!errors.is_empty(), "{case} is refused"),
    }
}

/// The nodes that an answer names.
fn blamed(answer: &Value) -> Vec<String> {
    let errors = answer["node_errors"].as_object().into_iter().flatten();
    // The node that an exception broke off at is not always the one at fault: the link says which.
    let mut nodes: Vec<String> = errors.map(|(id, _)| id.clone()).collect();
    let details = answer["error"]["details"].as_str().unwrap_or_default();
    nodes.extend(details.strip_prefix("Node ID '#").and_then(|rest| rest.strip_suffix('\'')).map(str::to_owned));
    nodes.retain(|id| id != "nodes");
    nodes
}

fn names(outcome: &Outcome, node: &str) -> bool {
    let text = outcome.files[0].source.text();
    outcome.findings.iter().any(|finding| {
        let named = finding.node.as_ref().is_some_and(|found| found.id == node);
        named || text.get(finding.primary.span.range()) == Some(&format!("\"{node}\""))
    })
}
