//! Prompts on a real ComfyUI, where there is one: `WANLINT_TEST_COMFYUI=/path/to/ComfyUI cargo test --test run real`. It runs on the CPU,
//! and the nodes need no weights.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wanlint::run::outputs::fetch;
use wanlint::run::process::{Patience, Stopped};
use wanlint::run::prompt::{Prompt, fresh_id};
use wanlint::run::server::{Server, SubmitError};
use wanlint::run::socket::Events;
use wanlint::run::watch::{Ended, Limits, Moment, watch};

use super::real::Real;

const LIMITS: Limits = Limits {
    quiet: Some(Duration::from_secs(120)),
    overall: Some(Duration::from_secs(300)),
    unreachable: Duration::from_secs(20),
};

fn node(class: &str, inputs: Value) -> Value {
    json!({"class_type": class, "inputs": inputs, "_meta": {"title": class}})
}

fn image(width: i64) -> Value {
    node("EmptyImage", json!({"width": width, "height": 48, "batch_size": 1, "color": 255}))
}

fn scale(from: &str, size: u32) -> Value {
    node(
        "ImageScale",
        json!({"image": [from, 0], "upscale_method": "lanczos", "width": size, "height": size, "crop": "disabled"}),
    )
}

fn save(from: &str) -> Value {
    node("SaveImage", json!({"images": [from, 0], "filename_prefix": "wan/test"}))
}

/// A prompt that takes seconds, and between whose nodes the server can be interrupted.
fn long(size: u32) -> Prompt {
    let mut nodes = json!({"0": image(64), "end": save("60")});
    for number in 1..=60u32 {
        nodes[number.to_string()] = scale(&(number - 1).to_string(), size + number % 2);
    }
    Prompt::new(nodes.to_string())
}

#[test]
fn prompts_on_a_real_server() {
    let Some(Real { folder, mut started, server, .. }) = Real::start() else { return };
    let home = folder.path().join("home");
    a_picture_comes_home(&server, &home);
    a_picture_goes_there(&server, &home.join("wan/test_00001_.png"));
    refused(&server);
    only_ours_is_interrupted(&server);
    let queue = server.queue().unwrap();
    assert!(queue.running.is_empty() && queue.pending.is_empty(), "{queue:?}");
    assert!(server.logs().unwrap().is_some_and(|log| log.contains("got prompt")));
    assert_eq!(started.stop(Patience::default()), Stopped::Asked);
}

fn run(server: &Server, prompt: &Prompt, stop: &dyn Fn() -> bool) -> (Ended, Vec<Moment>) {
    let (mut events, why) = Events::open(server.address(), &fresh_id());
    assert_eq!(why, None);
    let accepted = server.submit(prompt, events.client_id()).unwrap();
    let mut moments = Vec::new();
    let ended = watch(server, &mut events, &accepted, &LIMITS, stop, &mut |moment| moments.push(moment.clone()));
    (ended, moments)
}

fn a_picture_comes_home(server: &Server, home: &Path) {
    let prompt = Prompt::new(json!({"1": image(64), "2": scale("1", 96), "3": save("2")}).to_string());
    let (ended, moments) = run(server, &prompt, &|| false);
    let Ended::Success(files) = ended else { panic!("{ended:?}") };
    assert!(
        moments.contains(&Moment::Node("2".into())) && moments.contains(&Moment::Finished("3".into())),
        "{moments:?}"
    );
    let saved = fetch(server, &files, home, &|| false, &mut |_| {}).remove(0).unwrap();
    let bytes = std::fs::read(home.join("wan/test_00001_.png")).unwrap();
    assert!(bytes.starts_with(b"\x89PNG") && bytes.len() as u64 == saved.size);
    // The same again: everything is there already but for the picture's new name.
    let again = Prompt::new(prompt.json().to_owned());
    let (ended, moments) = run(server, &again, &|| false);
    assert!(matches!(ended, Ended::Success(_)), "{ended:?}");
    assert!(
        moments.iter().any(|moment| matches!(moment, Moment::Cached(nodes) if nodes.contains(&"2".to_owned()))),
        "{moments:?}"
    );
}

fn a_picture_goes_there(server: &Server, picture: &Path) {
    let name = server.upload("my \"own\" ü.png", std::fs::File::open(picture).unwrap()).unwrap();
    let load = node("LoadImage", json!({ "image": name }));
    let (ended, _) = run(server, &Prompt::new(json!({"1": load, "2": save("1")}).to_string()), &|| false);
    assert!(matches!(ended, Ended::Success(_)), "{name}: {ended:?}");
}

/// Every kind of refusal, in the words of whichever release this is.
fn refused(server: &Server) {
    let cases = [
        ("missing_node_type", json!({"1": node("NoSuchNode", json!({})), "3": save("1")})),
        ("value_smaller_than_min", json!({"1": image(0), "3": save("1")})),
        ("required_input_missing", json!({"1": node("EmptyImage", json!({"width": 64})), "3": save("1")})),
        ("exception_during_validation", json!({"3": save("77")})),
        ("custom_validation_failed", json!({"1": node("LoadImage", json!({"image": "absent.png"})), "3": save("1")})),
        ("cycle", json!({"1": scale("2", 64), "2": scale("1", 64), "3": save("2")})),
        ("prompt_no_outputs", json!({"1": image(64)})),
        ("half", json!({"1": image(64), "3": save("1"), "4": save("77")})),
    ];
    for (kind, nodes) in cases {
        let error = server.submit(&Prompt::new(nodes.to_string()), &fresh_id()).unwrap_err();
        let SubmitError::Refused(refused) = error else { panic!("{kind}: {error:?}") };
        assert!(refused.advice().is_some(), "{kind}: {refused:?}");
        match kind {
            "cycle" => assert!(refused.is_cycle(), "{refused:?}"),
            "half" => assert!(refused.queued.is_some() && refused.nodes[0].node == "4", "{refused:?}"),
            "prompt_no_outputs" => assert_eq!(refused.kind, kind),
            kind => assert_eq!(refused.nodes[0].kind, kind, "{refused:?}"),
        }
    }
}

fn only_ours_is_interrupted(server: &Server) {
    let theirs = long(512);
    let others = |server: &Server, prompt: &Prompt| server.submit(prompt, &fresh_id()).unwrap();
    let begun = Instant::now();
    let ours = long(1024);
    // Somebody else's waits behind ours, and one of ours behind it.
    let (mut events, _) = Events::open(server.address(), &fresh_id());
    let first = server.submit(&ours, events.client_id()).unwrap();
    others(server, &theirs);
    let (waiting, _) = run(server, &long(256), &|| begun.elapsed() > Duration::from_millis(500));
    assert!(matches!(waiting, Ended::Interrupted(_)), "{waiting:?}");
    let ended = watch(server, &mut events, &first, &LIMITS, &|| true, &mut |_| {});
    assert!(matches!(ended, Ended::Interrupted(_)), "{ended:?}");
    let end = Instant::now() + Duration::from_secs(120);
    let history = loop {
        match server.history(theirs.id()).unwrap() {
            Some(history) => break history,
            None => assert!(Instant::now() < end, "the other prompt does not end"),
        }
        std::thread::sleep(Duration::from_millis(200));
    };
    assert_eq!(history.end, wanlint::run::history::End::Success);
}
