//! `wanlint convert` as it is called.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use super::shared;

const SMALL: &str = "tests/workflow/small.ui.json";
const SUBGRAPHS: &str = "tests/workflow/subgraphs.ui.json";

fn wanlint(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wanlint"));
    command.arg("convert").args(args).current_dir(env!("CARGO_MANIFEST_DIR")).env_clear().env("CI", "1");
    command
}

fn run(args: &[&str]) -> Output {
    wanlint(args).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn the_prompt_goes_to_standard_output_and_notes_beside_it() {
    let output = run(&[SUBGRAPHS]);
    assert_eq!(output.status.code(), Some(0));
    let json: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(json["2:10"]["inputs"]["steps"], 12);
    assert!(stderr(&output).starts_with("note: tests/workflow/subgraphs.ui.json:"), "{}", stderr(&output));
    assert!(stdout(&output).starts_with("{\n  \"1\": {\n    \"inputs\": {\n"), "laid out for people");
}

#[test]
fn a_file_or_standard_input_do_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("prompt.json");
    let output = run(&[SUBGRAPHS, "-o", target.to_str().unwrap()]);
    assert!(output.status.success() && output.stdout.is_empty());
    let mut child =
        wanlint(&["-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let text = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(SUBGRAPHS)).unwrap();
    child.stdin.take().unwrap().write_all(&text).unwrap();
    let piped = child.wait_with_output().unwrap();
    assert_eq!(stdout(&piped), std::fs::read_to_string(&target).unwrap());
    // What came out is an API prompt: converting it again changes nothing.
    assert_eq!(stdout(&run(&[target.to_str().unwrap()])), stdout(&piped));
}

#[test]
fn a_seed_chooses_among_the_options() {
    let first = stdout(&run(&[SUBGRAPHS]));
    assert!(first.contains("the inner text") || !first.contains("{text|words}"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("choice.json");
    let text =
        "{\"nodes\":[{\"id\":1,\"type\":\"CLIPTextEncode\",\"widgets_values\":[\"{a|b|c|d|e|f|g|h}\"]}],\"links\":[]}";
    std::fs::write(&path, text).unwrap();
    let chosen = |args: &[&str]| {
        let json: Value = serde_json::from_str(&stdout(&run(&[&[path.to_str().unwrap()], args].concat()))).unwrap();
        json["1"]["inputs"]["text"].as_str().unwrap().to_owned()
    };
    assert_eq!(chosen(&[]), "a");
    let with: Vec<String> = ["1", "2", "3", "4"].iter().map(|seed| chosen(&["--seed", seed])).collect();
    assert!(with.iter().any(|choice| choice != "a"), "{with:?}");
    assert_eq!(chosen(&["--seed", "3"]), with[2], "the same again");
}

#[test]
fn what_cannot_be_converted_is_said_at_its_place() {
    let refused = |text: &str| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.json");
        std::fs::write(&path, text).unwrap();
        let output = run(&[path.to_str().unwrap()]);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{text}");
        stderr(&output).split_once("w.json:").unwrap_or_else(|| panic!("{}", stderr(&output))).1.to_owned()
    };
    let missing = "{\"nodes\":[\n {\"id\":1,\"type\":\"VAEDecode\",\"inputs\":[{\"name\":\"samples\",\"type\":\"LATENT\",\"link\":1}]}],\
                   \"links\":[[1,9,0,1,0,\"LATENT\"]]}";
    assert!(refused(missing).starts_with("2:47: the input 'samples' is linked to node 9, which is not in the file"));
    let group = "{\"nodes\":[{\"id\":1,\"type\":\"workflow>old\"}],\"links\":[]}";
    assert!(refused(group).contains("node 1: the file does not define this group node"));
    assert!(refused("[1, 2]").contains("not a workflow"));
    assert!(refused("{\"nodes\": [").contains("the file ends"));
    let absent = run(&["no/such/file.json"]);
    assert!(absent.status.code() == Some(2) && stderr(&absent).contains("no/such/file.json"));
}

#[test]
fn values_without_names_are_reported_lost() {
    let output = run(&[SMALL]);
    assert_eq!(output.status.code(), Some(2), "it holds a subgraph without a definition");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("custom.json");
    std::fs::write(&path, "{\"nodes\":[{\"id\":7,\"type\":\"SomeCustomNode\",\"widgets_values\":[1,2]}],\"links\":[]}")
        .unwrap();
    let output = run(&[path.to_str().unwrap()]);
    let words = "node 7: SomeCustomNode is not in the catalog and the file does not name its inputs, so its 2 values are left out";
    assert!(stderr(&output).contains(words), "{}", stderr(&output));
    // With the server's own classes nothing is lost.
    let classes = folder.path().join("object_info.json");
    let schema = "{\"SomeCustomNode\":{\"input\":{\"required\":{\"a\":[\"INT\",{}],\"b\":[\"INT\",{}]}},\"output\":[\"INT\"],\
                  \"output_node\":false,\"category\":\"x\",\"name\":\"SomeCustomNode\"}}";
    std::fs::write(&classes, schema).unwrap();
    let output = run(&[path.to_str().unwrap(), "--object-info", classes.to_str().unwrap()]);
    let json: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!((json["7"]["inputs"]["a"].as_i64(), json["7"]["inputs"]["b"].as_i64()), (Some(1), Some(2)));
    assert_eq!(stderr(&output), "");
}

/// Files of ComfyUI 0.3.64 that hold a prompt and a workflow (here one without nodes): what comes out is what ran, with
/// every number as it was.
#[test]
fn media_files_give_the_prompt_that_ran() {
    let Some(folder) = shared("comfy-recordings/media") else { return };
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let Some(mut media) = wanlint::read::media::Media::open(&path).unwrap() else { continue };
        let output = run(&[path.to_str().unwrap()]);
        assert!(output.status.success(), "{}: {}", path.display(), stderr(&output));
        let ours: Value = serde_json::from_str(&stdout(&output)).unwrap();
        let ran: Value = serde_json::from_slice(&media.take(wanlint::read::media::Key::Prompt).unwrap()).unwrap();
        assert_eq!(ours, ran, "{}", path.display());
        seen += 1;
    }
    assert!(seen >= 9, "{seen}");
}
