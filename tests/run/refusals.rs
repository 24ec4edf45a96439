//! Prompts that a server does not take: every error that the recordings and later releases have.

use std::collections::HashMap;

use serde_json::{Value, json};
use wanlint::run::prompt::Prompt;
use wanlint::run::refusal::Refused;
use wanlint::run::server::{ApiKey, Server, SubmitError};

use super::answers::client;
use super::stand_in::recording::session;
use super::stand_in::{Beat, Behaviour, StandIn, Trouble};

fn prompt() -> Prompt {
    Prompt::new(r#"{"1":{"class_type":"EmptyImage","inputs":{}}}"#.to_owned())
}

/// What a client says when the server answers so.
fn refused(status: u16, text: &str) -> Refused {
    let kind = if text.starts_with('{') { "application/json" } else { "text/plain" };
    let stand_in = StandIn::start(Behaviour { refusal: Some((status, kind, text.to_owned())), ..Behaviour::default() });
    match client(&stand_in).submit(&prompt(), "c") {
        Err(SubmitError::Refused(refused)) => *refused,
        other => panic!("{status} {text}: {other:?}"),
    }
}

/// Case, name of the error, node, its class, the name of the error at the node.
pub const RECORDED: [(&str, &str, &str, &str, &str); 20] = [
    ("unknown_node", "invalid_prompt", "2", "NoSuchNode", "missing_node_type"),
    ("missing_class_type", "invalid_prompt", "2", "", "missing_node_type"),
    ("missing_required", "prompt_outputs_failed_validation", "2", "ImageScale", "required_input_missing"),
    ("below_min", "prompt_outputs_failed_validation", "1", "EmptyImage", "value_smaller_than_min"),
    ("above_max", "prompt_outputs_failed_validation", "1", "EmptyImage", "value_bigger_than_max"),
    ("type_mismatch", "prompt_outputs_failed_validation", "3", "SaveImage", "return_type_mismatch"),
    ("combo_classic_list", "prompt_outputs_failed_validation", "2", "ImageScale", "value_not_in_list"),
    ("unconvertible_int", "prompt_outputs_failed_validation", "2", "ImageScale", "invalid_input_type"),
    ("bad_link_len1", "prompt_outputs_failed_validation", "2", "ImageScale", "bad_linked_input"),
    ("dangling_node", "prompt_outputs_failed_validation", "2", "ImageScale", "exception_during_inner_validation"),
    (
        "output_index_out_of_range",
        "prompt_outputs_failed_validation",
        "2",
        "ImageScale",
        "exception_during_inner_validation",
    ),
    ("numeric_node_id", "prompt_outputs_failed_validation", "2", "ImageScale", "exception_during_inner_validation"),
    ("custom_validation_loadimage", "prompt_outputs_failed_validation", "4", "LoadImage", "custom_validation_failed"),
    ("top_level_non_node_key", "invalid_prompt", "_meta", "", "missing_node_type"),
    ("ui_format_posted", "invalid_prompt", "nodes", "", "missing_node_type"),
    ("value_wrapper_list", "prompt_outputs_failed_validation", "1", "EmptyImage", "invalid_input_type"),
    ("null_for_int", "prompt_outputs_failed_validation", "1", "EmptyImage", "invalid_input_type"),
    ("cycle", "prompt_outputs_failed_validation", "", "", ""),
    ("no_outputs", "prompt_no_outputs", "", "", ""),
    ("no_prompt_key", "no_prompt", "", "", ""),
];

/// Status and body of the first answer in each case of the recorded session.
pub fn recorded() -> Option<HashMap<String, (u16, Value)>> {
    let mut case = String::new();
    let mut answers = HashMap::new();
    for line in session("11-invalid-prompts")? {
        match line["kind"].as_str() {
            Some("case") => case = line["name"].as_str().expect("a name").to_owned(),
            Some("http_response") => {
                let status = line["status"].as_u64().and_then(|status| u16::try_from(status).ok()).expect("a status");
                answers.entry(case.clone()).or_insert((status, line["body"].clone()));
            }
            _ => {}
        }
    }
    Some(answers)
}

#[test]
fn recorded_errors() {
    let Some(answers) = recorded() else { return };
    for (case, kind, node, class, node_kind) in RECORDED {
        let (status, body) = &answers[case];
        let refused = refused(*status, &body.to_string());
        assert_eq!(refused.kind, kind, "{case}");
        let first = refused.nodes.first();
        let found = first.map(|error| (error.node.as_str(), error.class.as_str(), error.kind.as_str()));
        assert_eq!(found.unwrap_or_default(), (node, class, node_kind), "{case}");
        assert!(refused.advice().is_some(), "{case}");
        assert_eq!(refused.is_cycle(), case == "cycle", "{case}");
        assert!(!refused.to_string().is_empty());
    }
    let (_, body) = &answers["non_json_body"];
    assert!(refused(500, body.as_str().expect("text")).to_string().contains("Server got itself in trouble"));
}

#[test]
fn errors_of_later_releases() {
    let outer = |kind: &str, extra: serde_json::Value| {
        json!({"error": {"type": kind, "message": "It is so.", "details": "", "extra_info": extra}, "node_errors": {}})
            .to_string()
    };
    let missing = outer("missing_node_type", json!({"node_id": "7", "class_type": null, "node_title": "Mine"}));
    assert_eq!(refused(400, &missing).nodes[0].node, "7");
    assert!(refused(400, &outer("invalid_prompt_id", json!({}))).advice().is_some_and(|text| text.contains("UUID")));
    let dotted = json!({"error": {"type": "prompt_outputs_failed_validation", "message": "", "details": ""}, "node_errors": {"5":
        {"class_type": "SaveVideo", "dependent_outputs": ["5"], "errors": [{"type": "required_input_missing", "message": "Required input is missing",
        "details": "crf", "extra_info": {"input_name": "codec.encoding.crf"}}]}}});
    assert_eq!(refused(400, &dotted.to_string()).nodes[0].input.as_deref(), Some("codec.encoding.crf"));
    let unknown = refused(400, &outer("moon_phase", json!({})));
    assert_eq!((unknown.kind.as_str(), unknown.advice()), ("moon_phase", None));
    assert!(unknown.to_string().ends_with("status 400: It is so"), "{unknown}");
    for status in [403, 404, 413, 502] {
        assert!(refused(status, "no").advice().is_some(), "{status}");
    }
}

/// The server takes the good half of a prompt and begins to run it: that half is cancelled, on old and on new servers.
#[test]
fn half_a_prompt_does_not_run() {
    let errors = json!({"4": {"class_type": "PreviewImage", "dependent_outputs": ["4"],
        "errors": [{"type": "exception_during_validation", "message": "Exception when validating node", "details": "'77'", "extra_info": {}}]}});
    let half = || Behaviour { node_errors: Some(errors.clone()), beats: vec![Beat::Forever], ..Behaviour::default() };
    for behaviour in
        [half(), half().old(), Behaviour { endless: true, ..half() }, Behaviour { endless: true, ..half().old() }]
    {
        let stand_in = StandIn::start(behaviour);
        let Err(SubmitError::Refused(refused)) = client(&stand_in).submit(&prompt(), "c") else {
            panic!("it took half")
        };
        assert_eq!(refused.nodes[0].node, "4");
        assert!(refused.to_string().contains("only a part"), "{refused}");
        assert!(stand_in.until(|state| state.queued().is_empty()), "it still runs: {:?}", stand_in.asked());
    }
}

#[test]
fn no_answer_to_a_prompt() {
    for (trouble, expected) in [
        (Trouble::Text("{}"), "missing field `prompt_id`"),
        (Trouble::Half, "broke off"),
        (Trouble::Slow(3000), "did not answer /prompt in time"),
        (Trouble::Noise, "no answer from"),
    ] {
        let stand_in = StandIn::start(Behaviour {
            troubles: HashMap::from([("/prompt", trouble.clone())]),
            ..Behaviour::default()
        });
        match client(&stand_in).submit(&prompt(), "c") {
            Err(SubmitError::Fault(fault)) => assert!(fault.to_string().contains(expected), "{trouble:?}: {fault}"),
            other => panic!("{trouble:?}: {other:?}"),
        }
    }
}

/// The answer is lost, the prompt is not: it does not run on unnoticed.
#[test]
fn a_prompt_whose_answer_is_lost_is_cancelled() {
    let troubles = HashMap::from([("/prompt", Trouble::Unheard)]);
    let stand_in = StandIn::start(Behaviour { troubles, beats: vec![Beat::Forever], ..Behaviour::default() });
    assert!(matches!(client(&stand_in).submit(&prompt(), "c"), Err(SubmitError::Fault(_))));
    assert!(stand_in.until(|state| state.queued().is_empty()), "it still runs: {:?}", stand_in.asked());
    assert_eq!(stand_in.state().interrupted.len(), 1);
}

#[test]
fn a_key_that_comes_back_is_not_repeated() {
    let text = r#"{"error": {"type": "x", "message": "bad body: {api_key_comfy_org: hunter2}", "details": ""}, "node_errors": {}}"#;
    let stand_in =
        StandIn::start(Behaviour { refusal: Some((400, "application/json", text.to_owned())), ..Behaviour::default() });
    let server = Server::new(stand_in.address(), ApiKey::new("hunter2"));
    let error = server.submit(&prompt().with_partner(true), "c").unwrap_err();
    assert_eq!(stand_in.asked()[0].1["extra_data"]["api_key_comfy_org"], "hunter2");
    assert!(error.to_string().contains("***") && !format!("{error:?}").contains("hunter2"), "{error:?}");
    // Without a node that asks for it the key stays here.
    assert!(server.submit(&prompt(), "c").is_err());
    assert_eq!(stand_in.asked()[1].1["extra_data"]["api_key_comfy_org"], serde_json::Value::Null);
}
